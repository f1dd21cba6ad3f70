//! Resources for a Gateway of Envoy Gateway.

use std::path::Path;

use peergate::Policy;
use serde_json::{Value, json};

use crate::document;
use crate::failure::Failure;

use super::argument::{Module, resource};
use super::jwks::{self, Source};
use super::template::fill;
use super::tokens::{self, Places, Tokens};
use super::{GUARD, quote};

/// ClientTrafficPolicy, EnvoyExtensionPolicy and EnvoyPatchPolicy for Envoy Gateway 1.9 or later, and a
/// SecurityPolicy for tokens.
#[derive(clap::Args)]
pub(crate) struct EnvoyGateway {
    #[command(flatten)]
    module: Module,
    /// Where the Gateway is
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = resource)]
    namespace: String,
    /// Name of the Gateway
    #[arg(long, value_name = "NAME", value_parser = resource)]
    gateway: String,
    /// Its listeners, one for each port: the first there
    #[arg(
        long = "listener",
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "https",
        value_parser = resource
    )]
    listeners: Vec<String>,
    /// Where the keys of an issuer of tokens are: https://HOST/PATH for Envoy to fetch, or the absolute path of
    /// a file here to put into the manifest; may be given several times
    #[arg(long, value_name = "ISSUER=SOURCE")]
    jwks: Vec<String>,
}

impl EnvoyGateway {
    pub(crate) fn render(&self, policy: &Policy, document: &Value) -> Result<String, Failure> {
        let Self { module, namespace, gateway, listeners, .. } = self;
        let patches = |listener: &String| {
            let name = format!("{namespace}/{gateway}/{listener}");
            let values = [("listener", &*quote::text(&name)), ("guard", GUARD)];
            fill(include_str!("templates/envoy-gateway-listener.yaml"), &values)
        };
        let listeners: String = listeners.iter().map(patches).collect::<Result<_, Failure>>()?;
        fill(
            include_str!("templates/envoy-gateway.yaml"),
            &[
                ("namespace", &quote::text(namespace)),
                ("gateway", &quote::text(gateway)),
                ("code", &module.envoy_gateway()),
                ("policy", &quote::yaml(document)),
                ("security_policy", &self.security_policy(policy)?),
                ("listeners", &listeners),
            ],
        )
    }

    /// What has Envoy Gateway verify tokens; empty if there are none.
    fn security_policy(&self, policy: &Policy) -> Result<String, Failure> {
        let needed = tokens::needed(policy)?;
        let sources = jwks::sources(&needed, &self.jwks)?;
        refuse_shared_payloads(&needed)?;
        if needed.is_empty() {
            return Ok(String::new());
        }
        let providers = needed.iter().zip(&sources).map(|(tokens, it)| provider(tokens, it));
        let providers = providers.collect::<Result<Vec<_>, _>>()?;
        fill(
            include_str!("templates/envoy-gateway-jwt.yaml"),
            &[
                ("namespace", &quote::text(&self.namespace)),
                ("gateway", &quote::text(&self.gateway)),
                ("providers", &quote::yaml(&Value::from(providers))),
            ],
        )
    }
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
