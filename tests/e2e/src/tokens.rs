//! Tokens that Envoy verifies ahead of the filter.

use peergate_lab::token::TokenIssuer;
use serde_json::{Value, json};

use crate::gateway::Bootstrap;

/// An identity provider, as `jwt_authn` is told of it.
#[derive(Clone, Debug)]
pub struct Provider {
    name: String,
    config: Value,
}

impl Provider {
    /// Whoever issues tokens, with the keys at hand. Its tokens stand where Envoy looks unless told
    /// otherwise, and what it says of them goes where the filter looks unless told otherwise.
    pub fn new(name: &str, issuer: &TokenIssuer) -> Self {
        let config = json!({
            "issuer": issuer.issuer(),
            "local_jwks": { "inline_string": issuer.jwks() },
            "payload_in_metadata": "jwt_payload",
            "failed_status_in_metadata": "jwt_failed_status",
        });
        Self { name: name.to_owned(), config }
    }

    /// Sets a field of Envoy's `JwtProvider`.
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.config[name] = value.into();
        self
    }

    /// Leaves a field out.
    pub fn without(mut self, name: &str) -> Self {
        self.config.as_object_mut().expect("an object").remove(name).expect("the field is there");
        self
    }
}

impl Bootstrap {
    /// Has Envoy verify tokens directly ahead of the filter, and in no other way, and let every request pass.
    /// Returns what says so, to change.
    pub fn verify_tokens(&mut self, providers: impl IntoIterator<Item = Provider>) -> &mut Value {
        self.http_filters().retain(|filter| filter["name"] != JWT_AUTHN);
        let providers = providers.into_iter().map(|provider| (provider.name, provider.config));
        let filter = json!({
            "name": JWT_AUTHN,
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
                "providers": providers.collect::<serde_json::Map<_, _>>(),
                "rules": [{
                    "match": { "prefix": "/" },
                    "requires": { "allow_missing_or_failed": {} },
                }],
            },
        });
        &mut self.insert_ahead(filter)["typed_config"]
    }

    /// What was said of how Envoy verifies tokens, to change.
    pub fn jwt_authn(&mut self) -> &mut Value {
        let mut filters = self.http_filters().iter_mut();
        let filter =
            filters.find(|filter| filter["name"] == JWT_AUTHN).expect("tokens are verified");
        &mut filter["typed_config"]
    }
}

const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";
