//! Envoy's own filter that verifies tokens, ahead of peergate.

use crate::failure::Failure;

use super::jwks::Source;
use super::quote;
use super::server::{self, Server};
use super::template::fill;
use super::tokens::{Places, Tokens, flow, has_twofold_issuer};

/// The filter, as an item of `http_filters`; empty if there are no tokens.
///
/// # Errors
/// As [`fill`].
pub(crate) fn filter(needed: &[Tokens<'_>], sources: &[Source]) -> Result<String, Failure> {
    if needed.is_empty() {
        return Ok(String::new());
    }
    let names = names(needed);
    let mut providers = String::new();
    for ((tokens, name), source) in needed.iter().zip(&names).zip(sources) {
        if shares_payload(needed, tokens) {
            providers.push_str("# Another issuer's tokens stand under the same name: peergate tells them apart by `iss`.\n");
        }
        providers.push_str(&provider(tokens, name, source)?);
    }
    let requires = match has_twofold_issuer(needed) {
        false => "requires: { allow_missing_or_failed: {} }".to_owned(),
        true => {
            let one = |name: &String| {
                let template = include_str!("templates/jwt-requires-one.yaml");
                fill(template, &[("name", &quote::text(name))])
            };
            let each: String = names.iter().map(one).collect::<Result<_, _>>()?;
            fill(include_str!("templates/jwt-requires.yaml"), &[("providers", &each)])?
        }
    };
    let values = [("providers", &*providers), ("requires", &*requires)];
    fill(include_str!("templates/jwt-authn.yaml"), &values)
}

/// The clusters of servers that have keys, as items of `clusters`; `ca` is where Envoy finds the authorities
/// that they are trusted by.
///
/// # Errors
/// As [`fill`].
pub(crate) fn clusters(sources: &[Source], ca: &str) -> Result<String, Failure> {
    let mut known: Vec<String> = Vec::new();
    let mut text = String::new();
    for server in sources.iter().filter_map(Source::server) {
        let name = cluster(server);
        if known.contains(&name) {
            continue;
        }
        let cluster = server::cluster(&name, &server.host, server.port, Some(ca))?;
        text.push_str(&server::item(&cluster));
        known.push(name);
    }
    Ok(text)
}

fn provider(tokens: &Tokens<'_>, name: &str, source: &Source) -> Result<String, Failure> {
    let audiences = match &tokens.audiences[..] {
        [] => String::new(),
        audiences => format!("audiences: {}", flow(audiences)),
    };
    let keys = match source {
        Source::File(path) => {
            let path = quote::text(path);
            format!(
                "# Read at the start, and with every change of the listener.\nlocal_jwks: {{ filename: {path} }}"
            )
        }
        Source::Server { url, server } => fill(
            include_str!("templates/jwks-server.yaml"),
            &[("url", &quote::text(url)), ("cluster", &quote::text(&cluster(server)))],
        )?,
    };
    fill(
        include_str!("templates/jwt-provider.yaml"),
        &[
            ("name", &quote::text(name)),
            ("issuer", &quote::text(tokens.issuer)),
            ("audiences", &audiences),
            ("payload", &quote::text(tokens.payload)),
            ("failed_status", &quote::text(tokens.failed_status)),
            ("places", &places(tokens)),
            ("keys", &keys),
        ],
    )
}

fn places(tokens: &Tokens<'_>) -> String {
    let places = Places::of(tokens.from);
    let mut lines = Vec::new();
    if !places.headers.is_empty() {
        lines.push("from_headers:".to_owned());
        lines.extend(places.headers.iter().map(|(name, prefix)| {
            let prefix = prefix.as_ref().map(|prefix| quote::text(prefix));
            let prefix = prefix.map(|prefix| format!(", value_prefix: {prefix}"));
            format!("- {{ name: {}{} }}", quote::text(name), prefix.unwrap_or_default())
        }));
    }
    for (field, names) in [("from_params", &places.parameters), ("from_cookies", &places.cookies)] {
        if !names.is_empty() {
            lines.push(format!("{field}: {}", flow(names)));
        }
    }
    lines.join("\n")
}

/// The providers' names: their issuers, with the payload where an issuer has several.
fn names(needed: &[Tokens<'_>]) -> Vec<String> {
    let is_single = |issuer: &str| needed.iter().filter(|it| it.issuer == issuer).count() < 2;
    let name = |tokens: &Tokens<'_>| match is_single(tokens.issuer) {
        true => tokens.issuer.to_owned(),
        false => format!("{} {}", tokens.issuer, tokens.payload),
    };
    needed.iter().map(name).collect()
}

fn shares_payload(needed: &[Tokens<'_>], tokens: &Tokens<'_>) -> bool {
    let is_like = |other: &&Tokens<'_>| other.payload == tokens.payload;
    needed.iter().filter(is_like).count() > 1
}

fn cluster(server: &Server) -> String {
    match server.port {
        443 => format!("peergate-jwks-{}", server.host),
        port => format!("peergate-jwks-{}-{port}", server.host),
    }
}
