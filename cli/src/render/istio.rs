//! Resources for a gateway of Istio.

use std::path::Path;

use peergate::Policy;
use serde_json::Value;

use crate::document;
use crate::failure::Failure;

use super::argument::{Label, Module, host, labels, resource};
use super::jwks::{self, Source};
use super::service_entry::Feeds;
use super::template::fill;
use super::tokens::{self, Places, Tokens, flow};
use super::{GUARD, quote};

/// Gateway, WasmPlugin and EnvoyFilter for Istio 1.27 or later, a RequestAuthentication
/// for tokens, and a ServiceEntry for each feed.
#[derive(clap::Args)]
pub(crate) struct Istio {
    #[command(flatten)]
    module: Module,
    /// Where the gateway runs
    #[arg(long, value_name = "NAME", default_value = "istio-system", value_parser = resource)]
    namespace: String,
    /// Labels of the gateway
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_delimiter = ',',
        default_value = "istio=ingressgateway"
    )]
    selector: Vec<Label>,
    /// Host names that the gateway serves, each a name or `*.suffix`
    #[arg(long, value_delimiter = ',', required = true, value_parser = host)]
    hosts: Vec<String>,
    /// Where clients connect
    #[arg(long, default_value_t = 443)]
    port: u16,
    /// Secret with the server's certificate and key
    #[arg(long, value_name = "NAME", value_parser = resource)]
    credential: String,
    /// Where the keys of an issuer of tokens are: https://HOST/PATH for Istio to fetch, or the absolute path of
    /// a file here to put into the manifest; may be given several times
    #[arg(long, value_name = "ISSUER=SOURCE")]
    jwks: Vec<String>,
    #[command(flatten)]
    feeds: Feeds,
}

impl Istio {
    pub(crate) fn render(&self, policy: &Policy, document: &Value) -> Result<String, Failure> {
        let feeds = self.feeds.render(policy, document, &self.namespace, &self.selector)?;
        let connection = |host: &String| {
            fill(include_str!("templates/istio-connection.yaml"), &[("host", &quote::text(host))])
        };
        let connections: String =
            self.hosts.iter().map(connection).collect::<Result<_, Failure>>()?;
        fill(
            include_str!("templates/istio.yaml"),
            &[
                ("namespace", &quote::text(&self.namespace)),
                ("selector", &labels(&self.selector)),
                ("port", &self.port.to_string()),
                ("hosts", &Value::from(&*self.hosts).to_string()),
                ("credential", &quote::text(&self.credential)),
                ("request_authentication", &self.request_authentication(policy)?),
                ("feeds", &feeds),
                ("module", &self.module.istio()),
                ("policy", &quote::yaml(document)),
                ("guard", GUARD),
                ("connections", &connections),
            ],
        )
    }

    /// What has Istio verify tokens; empty if there are none.
    fn request_authentication(&self, policy: &Policy) -> Result<String, Failure> {
        let needed = tokens::needed(policy)?;
        let sources = jwks::sources(&needed, &self.jwks)?;
        if let Some(tokens) = needed.iter().find(|tokens| tokens.payload != PAYLOAD) {
            return Err(Failure::Input(format!(
                "{}.payload: has to be {PAYLOAD:?} here: under no other name does Istio put what it has verified",
                tokens.place
            )));
        }
        if needed.is_empty() {
            return Ok(String::new());
        }
        let rules: String = needed
            .iter()
            .zip(&sources)
            .map(|(tokens, source)| rule(tokens, source))
            .collect::<Result<_, _>>()?;
        fill(
            include_str!("templates/istio-request-authentication.yaml"),
            &[
                ("namespace", &quote::text(&self.namespace)),
                ("selector", &labels(&self.selector)),
                ("rules", &rules),
            ],
        )
    }
}

/// How tokens of an issuer are verified.
fn rule(tokens: &Tokens<'_>, source: &Source) -> Result<String, Failure> {
    let keys = match source {
        Source::Server { url, .. } => format!("jwksUri: {}", quote::text(url)),
        Source::File(path) => format!("jwks: {}", quote::text(&document::text(Path::new(path))?)),
    };
    let places = Places::of(tokens.from);
    let mut lines = Vec::new();
    if !places.headers.is_empty() {
        lines.push("fromHeaders:".to_owned());
        lines.extend(places.headers.iter().map(|(name, prefix)| {
            let prefix = prefix.as_ref().map(|prefix| quote::text(prefix));
            let prefix = prefix.map(|prefix| format!(", prefix: {prefix}")).unwrap_or_default();
            format!("- {{ name: {}{prefix} }}", quote::text(name))
        }));
    }
    for (field, names) in [("fromParams", &places.parameters), ("fromCookies", &places.cookies)] {
        if !names.is_empty() {
            lines.push(format!("{field}: {}", flow(names)));
        }
    }
    let values =
        [("issuer", quote::text(tokens.issuer)), ("keys", keys), ("places", lines.join("\n"))];
    fill(
        include_str!("templates/istio-jwt-rule.yaml"),
        &values.each_ref().map(|(name, value)| (*name, &**value)),
    )
}

/// Under what name Istio puts the payload of a token into the metadata, whatever the token.
const PAYLOAD: &str = "payload";
