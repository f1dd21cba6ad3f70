//! Which tokens a policy needs verified, as Envoy can be told of them.

use peergate::{ExpectedTokens, Location, Policy};
use serde_json::Value;

use crate::failure::Failure;

/// Tokens of one issuer that are verified alike. Envoy knows nothing of APIs: it reads tokens for all of them.
#[derive(Debug)]
pub(crate) struct Tokens<'p> {
    pub(crate) issuer: &'p str,
    /// What any API takes; empty if some API takes every token. The filter holds each to its own.
    pub(crate) audiences: Vec<&'p str>,
    pub(crate) payload: &'p str,
    pub(crate) failed_status: &'p str,
    pub(crate) from: &'p [Location],
    /// Where the policy says so first.
    pub(crate) place: String,
}

/// The tokens that a policy needs verified, in its order.
///
/// # Errors
/// What no Envoy could do: tokens of one issuer that APIs want read in different ways. It reads each once, so
/// that one API would take a token from where only another lets it be.
pub(crate) fn needed(policy: &Policy) -> Result<Vec<Tokens<'_>>, Failure> {
    let mut needed: Vec<Tokens<'_>> = Vec::new();
    for expected in policy.expected_tokens() {
        for issuer in expected.issuers() {
            match needed.iter_mut().find(|known| known.is_alike(&expected, issuer)) {
                Some(known) => known.join(&expected),
                None => {
                    let tokens = Tokens::new(&expected, issuer);
                    if let Some(earlier) = needed.iter().find(|known| known.collides(&tokens)) {
                        return Err(tokens.refused(earlier));
                    }
                    needed.push(tokens);
                }
            }
        }
    }
    Ok(needed)
}

impl<'p> Tokens<'p> {
    fn new(expected: &ExpectedTokens<'p>, issuer: &'p str) -> Self {
        Self {
            issuer,
            audiences: expected.audiences().collect(),
            payload: expected.payload(),
            failed_status: expected.failed_status(),
            from: expected.from(),
            place: expected.place(),
        }
    }

    fn is_alike(&self, expected: &ExpectedTokens<'_>, issuer: &str) -> bool {
        self.issuer == issuer
            && self.payload == expected.payload()
            && self.failed_status == expected.failed_status()
            && self.from.len() == expected.from().len()
            && self.from.iter().all(|own| expected.from().iter().any(|other| own == other))
    }

    fn join(&mut self, expected: &ExpectedTokens<'p>) {
        let mut more = expected.audiences().peekable();
        if more.peek().is_none() {
            self.audiences.clear();
        } else if !self.audiences.is_empty() {
            for audience in more {
                if !self.audiences.contains(&audience) {
                    self.audiences.push(audience);
                }
            }
        }
    }

    /// Whether Envoy cannot have both: it would read some token for one of them only.
    fn collides(&self, other: &Self) -> bool {
        let overlaps = |own: &Location| other.from.iter().any(|other| own.overlaps(other));
        self.issuer == other.issuer
            && (self.payload == other.payload || self.from.iter().any(overlaps))
    }

    fn refused(&self, earlier: &Self) -> Failure {
        let (place, issuer) = (&self.place, self.issuer);
        Failure::Input(format!(
            "{place}: tokens of {issuer:?} are read otherwise than {} says, and Envoy reads each token once, \
             for all APIs: give both the same payload, failed_status and from, or to each a payload of its own \
             and places that the other does not read",
            earlier.place
        ))
    }
}

/// Whether the tokens of some issuer are verified in two ways: then Envoy has to be told to do both.
pub(crate) fn has_twofold_issuer(needed: &[Tokens<'_>]) -> bool {
    needed.iter().enumerate().any(|(index, tokens)| {
        needed.iter().take(index).any(|earlier| earlier.issuer == tokens.issuer)
    })
}

/// The places of requests by their kind, as Envoy and all who configure it tell them apart.
#[derive(Debug, Default)]
pub(crate) struct Places<'p> {
    /// Names of headers, and what stands before the token.
    pub(crate) headers: Vec<(&'p str, Option<String>)>,
    pub(crate) parameters: Vec<&'p str>,
    pub(crate) cookies: Vec<&'p str>,
}

impl<'p> Places<'p> {
    pub(crate) fn of(locations: &'p [Location]) -> Self {
        let mut places = Self::default();
        for location in locations {
            match location {
                Location::Header { name, scheme } => {
                    let prefix = scheme.as_ref().map(|scheme| format!("{scheme} "));
                    places.headers.push((name, prefix));
                }
                Location::Query(name) => places.parameters.push(name),
                Location::Cookie(name) => places.cookies.push(name),
            }
        }
        places
    }
}

/// A list of texts in YAML's flow style.
pub(crate) fn flow(texts: &[&str]) -> String {
    super::quote::yaml_line(&Value::from(texts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(apis: &[Value]) -> Policy {
        let apis: Vec<Value> = apis
            .iter()
            .enumerate()
            .map(|(index, jwt)| {
                json!({ "name": format!("a{index}"), "match": { "path": format!("/{index}") },
                        "policy": ["jwt"], "jwt": jwt })
            })
            .collect();
        Policy::read(json!({ "version": 1, "apis": apis }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn tokens_that_are_read_alike_are_verified_once() {
        let policy = policy(&[
            json!({ "issuers": ["a", "b"], "audiences": ["x"] }),
            json!({ "issuers": ["a"], "audiences": ["y", "x"] }),
            json!({ "issuers": ["b"], "from": [
                { "query": "access_token" }, { "header": "authorization", "scheme": "Bearer" }] }),
            json!({ "issuers": ["a"], "payload": "p", "from": [{ "cookie": "t" }] }),
        ]);
        let needed = needed(&policy).map_err(|failure| failure.to_string()).unwrap();
        let told: Vec<_> = needed
            .iter()
            .map(|it| (it.issuer, it.audiences.clone(), it.payload, &*it.place))
            .collect();
        let expected = [
            ("a", vec!["x", "y"], "jwt_payload", "apis[0].jwt"),
            ("b", vec![], "jwt_payload", "apis[0].jwt"),
            ("a", vec![], "p", "apis[3].jwt"),
        ];
        assert_eq!(told, expected);
        assert!(has_twofold_issuer(&needed));
    }

    #[test]
    fn what_envoy_would_read_for_one_api_only_is_refused() {
        for other in [
            json!({ "issuers": ["a"], "from": [{ "cookie": "t" }] }),
            json!({ "issuers": ["b", "a"], "failed_status": "f" }),
            json!({ "issuers": ["a"], "payload": "p" }),
            json!({ "issuers": ["a"], "payload": "p", "from": [{ "header": "authorization" }] }),
        ] {
            let policy = policy(&[json!({ "issuers": ["a"] }), other.clone()]);
            let told = needed(&policy).map_err(|failure| failure.to_string()).unwrap_err();
            let begin = "apis[1].jwt: tokens of \"a\" are read otherwise than apis[0].jwt says";
            assert!(told.starts_with(begin), "{other}: {told}");
        }
    }
}
