//! What arguments may look like. Each is quoted all the same where it is put.

use std::net::Ipv6Addr;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::failure::Failure;

use super::quote;
use super::server::Server;

/// A host and a port: `name:80`, `192.0.2.1:80`, `[2001:db8::1]:80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected HOST:PORT";
        let (host, port) = text.rsplit_once(':').ok_or(EXPECTED)?;
        let port = port.parse().map_err(|_| EXPECTED)?;
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host = match bracketed {
            Some(host) if host.parse::<Ipv6Addr>().is_ok() => host,
            None if is_dns_name(host) => host,
            _ => return Err(EXPECTED),
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

impl Endpoint {
    /// Reads where a feed is, `HOST:PORT` or `https://HOST`, and whether it is asked over TLS.
    pub(crate) fn of_feed(address: &str) -> Option<(Self, bool)> {
        let Some(rest) = address.strip_prefix("https://") else {
            return Some((address.parse().ok()?, false));
        };
        let has_more = rest.trim_end_matches('/').contains(['/', '?']);
        let Server { host, port } = Server::of(address).filter(|_| !has_more)?;
        Some((Self { host, port }, true))
    }
}

/// A label, `key=value`.
#[derive(Clone, Debug)]
pub(crate) struct Label(String, String);

impl FromStr for Label {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = |text: &str| text.bytes().all(|byte| is_plain(byte) || byte == b'/');
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && plain(key) && plain(value) => {
                Ok(Self(key.to_owned(), value.to_owned()))
            }
            _ => Err("expected KEY=VALUE"),
        }
    }
}

impl Label {
    pub(crate) fn key(&self) -> &str {
        &self.0
    }

    pub(crate) fn value(&self) -> &str {
        &self.1
    }
}

/// Writes the labels of a selector, one a line.
///
/// # Errors
/// A key that is there twice: a workload has one label of a key.
pub(crate) fn labels(labels: &[Label]) -> Result<String, Failure> {
    let mut lines = String::new();
    for (index, Label(key, value)) in labels.iter().enumerate() {
        if let Some(Label(_, first)) = labels.iter().take(index).find(|label| label.key() == key) {
            return Err(Failure::Input(format!(
                "--selector: {key} is given twice, as {first:?} and as {value:?}, and a workload has one label of that \
                 key: render for each by itself, or select by a label that both have"
            )));
        }
        lines.push_str(&format!("{}: {}\n", quote::text(key), quote::text(value)));
    }
    Ok(lines)
}

/// Where the module is fetched.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Module {
    /// Where the module is: oci://…, https://… or http://…
    #[arg(long, value_parser = url)]
    url: String,
    /// SHA-256 of the module; of an image, of its manifest
    #[arg(long, value_parser = sha256)]
    sha256: Option<String>,
    /// Secret for the registry of an image
    #[arg(long, value_name = "NAME", value_parser = resource)]
    image_pull_secret: Option<String>,
}

impl Module {
    /// As the fields of an Istio WasmPlugin.
    pub(crate) fn istio(&self) -> String {
        let secret = self.image_pull_secret.as_deref();
        let fields = [
            ("url", Some(&*self.url)),
            ("sha256", self.sha256.as_deref()),
            ("imagePullSecret", secret),
        ];
        let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        given.map(|(name, value)| format!("{name}: {}\n", quote::text(value))).collect()
    }

    /// As the `code` of an Envoy Gateway extension.
    pub(crate) fn envoy_gateway(&self) -> String {
        let (kind, field) = match self.url.starts_with("oci://") {
            true => ("Image", "image"),
            false => ("HTTP", "http"),
        };
        let mut source = json!({ "url": self.url });
        if let Some(source) = source.as_object_mut() {
            let secret = self.image_pull_secret.as_ref();
            source.extend(self.sha256.iter().map(|hash| ("sha256".to_owned(), json!(hash))));
            source.extend(secret.map(|name| ("pullSecretRef".to_owned(), json!({ "name": name }))));
        }
        quote::yaml(&Value::from_iter([("type", json!(kind)), (field, source)]))
    }
}

fn url(text: &str) -> Result<String, &'static str> {
    let known = ["oci://", "https://", "http://"];
    let rest = known.iter().find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(text.to_owned())
        }
        _ => Err("expected oci://, https:// or http:// and a place"),
    }
}

fn sha256(text: &str) -> Result<String, &'static str> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("expected 64 hex digits")
    }
}

/// A name of a Kubernetes resource (RFC 1123).
pub(crate) fn resource(text: &str) -> Result<String, &'static str> {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let plain = |byte: u8| is_plain(byte) && byte != b'_' && !byte.is_ascii_uppercase();
    if edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.len() <= 253
        && text.bytes().all(plain)
    {
        Ok(text.to_owned())
    } else {
        Err("expected a name of lower-case letters, digits, `-` and `.`")
    }
}

/// A name for what is rendered for Istio, whose names for Envoy's metrics of the filter begin with it. Alert rules,
/// dashboard and relabelling know these by the word in it.
pub(crate) fn plugin(text: &str) -> Result<String, &'static str> {
    match resource(text) {
        Ok(name) if name == PEERGATE || name.starts_with("peergate-") => Ok(name),
        Ok(_) => Err(
            "expected `peergate`, or a name that begins with `peergate-`: alerts on the filter go by that",
        ),
        Err(why) => Err(why),
    }
}

/// What is rendered is called so if nothing else is said.
pub(crate) const PEERGATE: &str = "peergate";

/// A host name or `*.suffix`. Not `*`: connections are told apart by the server name.
pub(crate) fn host(text: &str) -> Result<String, &'static str> {
    match resource(text.strip_prefix("*.").unwrap_or(text)) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected a host name in lower case, or `*.` and one"),
    }
}

/// A file that Envoy reads as YAML, which it tells by the name.
pub(crate) fn yaml_file(text: &str) -> Result<String, &'static str> {
    if text.ends_with(".yaml") {
        Ok(text.to_owned())
    } else {
        Err("expected a name ending in .yaml")
    }
}

fn is_dns_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_hosts_with_ports() {
        let endpoint = |host: &str| Ok(Endpoint { host: host.to_owned(), port: 80 });
        for (text, host) in [("a.b:80", "a.b"), ("192.0.2.1:80", "192.0.2.1"), ("[::1]:80", "::1")]
        {
            assert_eq!(text.parse(), endpoint(host), "{text}");
        }
        for text in ["a", ":80", "a:", "a:99999", "::1:80", "[a]:80", "a b:80", "a\n:80"] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_what_kubernetes_takes() {
        for good in ["a", "api.example.com", "a-1"] {
            assert!(resource(good).is_ok() && host(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a b", "a\n", "*", "é"] {
            assert!(resource(bad).is_err() && host(bad).is_err(), "{bad}");
        }
        assert!(host("*.example.com").is_ok());
        assert!(host("*.").is_err());
    }

    #[test]
    fn plugins_have_names_that_alerts_know() {
        for good in ["peergate", "peergate-orders", "peergate-orders.v2"] {
            assert!(plugin(good).is_ok(), "{good}");
        }
        for bad in ["", "orders", "peergate-", "peergateway", "Peergate", "peergate_orders"] {
            assert!(plugin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_selector_has_a_key_once() {
        let written = |text: &str| {
            let parsed: Vec<Label> = text.split(',').map(|label| label.parse().unwrap()).collect();
            labels(&parsed).map_err(|failure| failure.to_string())
        };
        assert_eq!(written("a=1,b=1"), Ok("\"a\": \"1\"\n\"b\": \"1\"\n".to_owned()));
        for twice in ["a=1,a=2", "a=1,b=2,a=1"] {
            assert!(
                written(twice).unwrap_err().starts_with("--selector: a is given twice"),
                "{twice}"
            );
        }
    }

    #[test]
    fn modules_are_where_a_url_says() {
        for bad in ["", "oci://", "file:///x.wasm", "oci://a b", "oci://a\nx: y"] {
            assert!(url(bad).is_err(), "{bad}");
        }
        let module = |url: &str| Module {
            url: url.to_owned(),
            sha256: Some("ab".to_owned()),
            image_pull_secret: None,
        };
        let code = |url| serde_saphyr::from_str::<Value>(&module(url).envoy_gateway()).unwrap();
        assert_eq!(
            code("oci://a/b:1"),
            json!({ "type": "Image", "image": { "url": "oci://a/b:1", "sha256": "ab" } })
        );
        assert_eq!(code("http://a/b")["type"], "HTTP");
        assert_eq!(module("http://a/b").istio(), "url: \"http://a/b\"\nsha256: \"ab\"\n");
    }
}
