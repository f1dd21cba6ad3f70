//! Who verifies tokens: the providers of a SecurityPolicy.

use std::path::Path;

use peergate::Policy;
use serde_json::{Value, json};

use crate::document;
use crate::failure::Failure;
use crate::render::jwks::{self, Source};
use crate::render::tokens::{self, Places, Tokens};

/// The providers that a policy's tokens need; none if it looks at none.
///
/// # Errors
/// An issuer whose keys are nowhere, and what Envoy Gateway cannot keep apart.
pub(super) fn providers(policy: &Policy, jwks: &[String]) -> Result<Vec<Value>, Failure> {
    let needed = tokens::needed(policy)?;
    let sources = jwks::sources(&needed, jwks)?;
    refuse_shared_payloads(&needed)?;
    needed.iter().zip(&sources).map(|(tokens, source)| provider(tokens, source)).collect()
}

/// Envoy Gateway puts what it has verified under the name of the provider, of which each has one issuer.
fn refuse_shared_payloads(needed: &[Tokens<'_>]) -> Result<(), Failure> {
    for (index, tokens) in needed.iter().enumerate() {
        let earlier = needed.iter().take(index).find(|earlier| earlier.payload == tokens.payload);
        if let Some(earlier) = earlier {
            let (place, payload, issuer) = (&tokens.place, tokens.payload, tokens.issuer);
            return Err(Failure::Input(format!(
                "{place}.payload: {payload:?} is for tokens of {:?} too, and not only of {issuer:?}: Envoy Gateway \
                 has a name for each issuer, so give each issuer an API, or an operation, with a payload of its own",
                earlier.issuer
            )));
        }
    }
    Ok(())
}

/// A provider whose name is that of the payload.
fn provider(tokens: &Tokens<'_>, source: &Source) -> Result<Value, Failure> {
    let mut provider = json!({ "name": tokens.payload, "issuer": tokens.issuer });
    let places = Places::of(tokens.from);
    let headers = places.headers.iter().map(|(name, prefix)| match prefix {
        Some(prefix) => json!({ "name": name, "valuePrefix": prefix }),
        None => json!({ "name": name }),
    });
    let from = [
        ("headers", headers.collect()),
        ("params", places.parameters.iter().map(|name| json!(name)).collect()),
        ("cookies", places.cookies.iter().map(|name| json!(name)).collect::<Vec<_>>()),
    ];
    let from = from.into_iter().filter(|(_, names)| !names.is_empty());
    let from = from.map(|(kind, names)| (kind.to_owned(), json!(names)));
    let (field, keys) = match source {
        Source::Server { url, .. } => ("remoteJWKS", json!({ "uri": url })),
        Source::File(path) => {
            ("localJWKS", json!({ "type": "Inline", "inline": document::text(Path::new(path))? }))
        }
    };
    if let Some(provider) = provider.as_object_mut() {
        provider.insert("extractFrom".to_owned(), from.collect());
        provider.insert(field.to_owned(), keys);
    }
    Ok(provider)
}
