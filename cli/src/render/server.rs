//! Servers that Envoy asks: where they are, and how it knows that it is them.

use std::net::{Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;

use crate::failure::Failure;

use super::quote;
use super::template::fill;

/// A server that is asked over TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Server {
    /// Reads the server from a URL; `None` if it is no `https://HOST`, with a port or without, or says more of
    /// it than that.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        if uri.scheme_str() != Some("https") || authority.as_str().contains('@') {
            return None;
        }
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str().ends_with(authority.host()) => 443,
            None => return None,
        };
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port })
    }
}

/// A cluster of one server; `ca` is where Envoy finds the authorities by which the
/// server is trusted, `None` where there is no TLS.
///
/// # Errors
/// As [`fill`].
pub(crate) fn cluster(
    name: &str,
    host: &str,
    port: u16,
    ca: Option<&str>,
) -> Result<String, Failure> {
    let name = quote::text(name);
    let socket = ca.map(|ca| transport_socket(host, ca)).transpose()?.unwrap_or_default();
    fill(
        include_str!("templates/cluster.yaml"),
        &[
            ("cluster", &name),
            ("host", &quote::text(host)),
            ("port", &port.to_string()),
            ("transport_socket", &socket),
        ],
    )
}

/// Writes a mapping as an item of a list.
pub(crate) fn item(mapping: &str) -> String {
    let line = |(index, line): (usize, &str)| {
        let start = if index == 0 { "- " } else { "  " };
        format!("{start}{line}\n")
    };
    mapping.lines().enumerate().map(line).collect()
}

fn transport_socket(host: &str, ca: &str) -> Result<String, Failure> {
    let is_address = host.parse::<Ipv4Addr>().is_ok() || host.parse::<Ipv6Addr>().is_ok();
    let quoted = quote::text(host);
    let (kind, server_name) = match is_address {
        true => ("IP_ADDRESS", String::new()),
        false => ("DNS", format!("sni: {quoted}")),
    };
    fill(
        include_str!("templates/upstream-tls.yaml"),
        &[
            ("server_name", &server_name),
            ("ca", &quote::text(ca)),
            ("kind", kind),
            ("host", &quoted),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_their_urls() {
        for (url, host, port) in [
            ("https://h/k?x=y", "h", 443),
            ("https://h:8443/k", "h", 8443),
            ("https://[::1]/k", "::1", 443),
            ("https://[::1]:1", "::1", 1),
            ("https://h", "h", 443),
        ] {
            assert_eq!(Server::of(url), Some(Server { host: host.to_owned(), port }), "{url}");
        }
        for url in
            ["h", "http://h/", "https://", "https:///k", "https://u:p@h/", "https://h:/k", "/k"]
        {
            assert_eq!(Server::of(url), None, "{url}");
        }
    }
}
