//! What has Istio verify tokens.

use std::path::Path;

use peergate::Policy;

use crate::document;
use crate::failure::Failure;
use crate::render::jwks::{self, Source};
use crate::render::quote;
use crate::render::template::fill;
use crate::render::tokens::{self, Places, Tokens, flow};

use super::place::Place;

/// Where the keys of tokens' issuers are.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Keys {
    /// Where the keys of an issuer of tokens are: https://HOST/PATH for Istio to fetch, or the absolute path of
    /// a file here to put into the manifest; may be given several times
    #[arg(long, value_name = "ISSUER=SOURCE")]
    jwks: Vec<String>,
}

impl Keys {
    /// The RequestAuthentication; empty if the policy looks at no tokens.
    ///
    /// # Errors
    /// Tokens that Istio cannot be told of, or whose keys are nowhere.
    pub(super) fn render(&self, policy: &Policy, place: &Place) -> Result<String, Failure> {
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
            include_str!("../templates/istio-request-authentication.yaml"),
            &[
                ("name", &place.name),
                ("namespace", &place.namespace),
                ("selector", &place.selector),
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
        include_str!("../templates/istio-jwt-rule.yaml"),
        &values.each_ref().map(|(name, value)| (*name, &**value)),
    )
}

/// Under what name Istio puts the payload of a token into the metadata, whatever the token.
const PAYLOAD: &str = "payload";
