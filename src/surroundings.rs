//! What a policy takes for granted of the proxy around it, for those who set one up or check it.

use std::sync::Arc;

use crate::location::Location;
use crate::policy::{Api, Credential, ForwardedState, Policy, Ruling};
use crate::token::JwtRule;

/// Tokens that somebody ahead of the filter has to verify.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedTokens<'p> {
    api: usize,
    operation: Option<usize>,
    rule: &'p JwtRule,
}

impl<'p> ExpectedTokens<'p> {
    /// Where the policy says so: `apis[0].jwt`, or `apis[0].operations[1].jwt`.
    pub fn place(&self) -> String {
        match self.operation {
            None => format!("apis[{}].jwt", self.api),
            Some(operation) => format!("apis[{}].operations[{operation}].jwt", self.api),
        }
    }

    /// Whose tokens they are: the values of `iss`.
    pub fn issuers(&self) -> impl Iterator<Item = &'p str> {
        self.rule.issuers.iter().map(|text| &**text)
    }

    /// Whom they are for, one of these; any if there are none.
    pub fn audiences(&self) -> impl Iterator<Item = &'p str> {
        self.rule.audiences.iter().map(|text| &**text)
    }

    /// Under what name the verified payload stands in the metadata of `jwt_authn`.
    pub fn payload(&self) -> &'p str {
        &self.rule.payload
    }

    /// Under what name it says there why it accepts none.
    pub fn failed_status(&self) -> &'p str {
        &self.rule.failed_status
    }

    /// Where clients put them.
    pub fn from(&self) -> &'p [Location] {
        &self.rule.from
    }
}

impl Policy {
    /// Tokens that are looked at, each rule once.
    pub fn expected_tokens(&self) -> impl Iterator<Item = ExpectedTokens<'_>> {
        self.apis.iter().flat_map(|api| {
            let mut seen: Vec<&Arc<JwtRule>> = Vec::new();
            let mut expected = Vec::new();
            for (operation, ruling) in rulings(api) {
                let Some(rule) = looked_at(ruling, Credential::Jwt, ruling.jwt.as_ref()) else {
                    continue;
                };
                // Of a rule that an operation leaves to its API, the API's place is told.
                let is_inherited =
                    api.ruling.jwt.as_ref().is_some_and(|own| Arc::ptr_eq(own, rule));
                if !seen.iter().any(|known| Arc::ptr_eq(known, rule)) {
                    seen.push(rule);
                    let operation = operation.filter(|_| !is_inherited);
                    expected.push(ExpectedTokens { api: api.position, operation, rule });
                }
            }
            expected
        })
    }

    /// Where tokens and keys stand that are looked at.
    pub fn credential_locations(&self) -> impl Iterator<Item = &Location> {
        self.apis.iter().flat_map(rulings).flat_map(|(_, ruling)| ruling.locations(|_| true))
    }

    /// Where tokens and keys stand that are taken away before the upstream, each with the place of its API
    /// from 0.
    pub fn stripped(&self) -> impl Iterator<Item = (usize, &Location)> {
        let stripping = self.apis.iter().filter(|api| api.strips);
        stripping.flat_map(|api| {
            let locations = rulings(api).flat_map(|(_, ruling)| ruling.locations(|_| true));
            locations.map(|location| (api.position, location))
        })
    }

    /// The names of the lists whose API keys are looked at, each once.
    pub fn key_lists(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (_, ruling) in self.apis.iter().flat_map(rulings) {
            let rule = looked_at(ruling, Credential::ApiKey, ruling.api_key.as_ref());
            let ids = rule.into_iter().flat_map(|rule| &rule.lists);
            for name in ids.filter_map(|id| self.lists.get(*id)).map(|list| list.name()) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// The words of `forward.filter_state`: each is told in filter state `wasm.peergate_<word>`.
    pub fn forwarded_states(&self) -> impl Iterator<Item = &'static str> {
        self.forward.states.iter().copied().map(ForwardedState::word)
    }

    /// Whether a header of that name is removed from requests or set on them, because upstreams learn from
    /// it who the client is; the name in lower case.
    pub fn forwards_in(&self, header: &str) -> bool {
        self.believed.reads(header.as_bytes())
    }
}

/// The rules of an API and its operations; of the API first.
fn rulings(api: &Api) -> impl Iterator<Item = (Option<usize>, &Ruling)> {
    let operations = api.operations.iter().enumerate();
    let operations = operations.map(|(place, operation)| (Some(place), &operation.ruling));
    std::iter::once((None, &api.ruling)).chain(operations)
}

/// The block of a method, where the requirement looks at it.
fn looked_at<T>(ruling: &Ruling, credential: Credential, block: Option<T>) -> Option<T> {
    block.filter(|_| ruling.requirement.names(credential))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const POLICY: &str = r#"{
      "version": 1,
      "lists": { "keys": { "feed": { "cluster": "c", "path": "/p" } } },
      "apis": [
        { "name": "a", "match": { "path_prefix": "/a" }, "policy": "open",
          "jwt": { "issuers": ["one"] },
          "operations": [
            { "match": { "path": "/a/1" }, "policy": ["jwt"] },
            { "match": { "path": "/a/2" }, "policy": ["jwt"], "jwt": { "issuers": ["two"], "audiences": ["x"] } },
            { "match": { "path": "/a/3" }, "policy": ["jwt"] }
          ] },
        { "name": "b", "policy": { "any_of": ["api_key", "jwt"] }, "strip": true,
          "jwt": { "issuers": ["one"], "payload": "p", "failed_status": "f", "from": [{ "cookie": "t" }] },
          "api_key": { "lists": ["keys"], "from": [{ "header": "x-api-key" }] } }
      ],
      "forward": { "identity": "x-client-identity", "filter_state": ["api", "identity"] }
    }"#;

    #[test]
    fn every_rule_is_told_once_with_its_place() {
        let policy = Policy::read(POLICY.as_bytes()).unwrap();
        let told: Vec<_> = policy
            .expected_tokens()
            .map(|it| (it.place(), it.issuers().next().unwrap(), it.payload()))
            .collect();
        let expected = [
            ("apis[0].jwt".to_owned(), "one", "jwt_payload"),
            ("apis[0].operations[1].jwt".to_owned(), "two", "jwt_payload"),
            ("apis[1].jwt".to_owned(), "one", "p"),
        ];
        assert_eq!(told, expected);
        let last = policy.expected_tokens().last().unwrap();
        assert_eq!((last.failed_status(), last.from().len()), ("f", 1));
        assert_eq!(policy.expected_tokens().nth(1).unwrap().audiences().next(), Some("x"));
    }

    #[test]
    fn what_is_taken_away_and_told_is_known() {
        let policy = Policy::read(POLICY.as_bytes()).unwrap();
        let stripped: Vec<_> =
            policy.stripped().map(|(api, location)| (api, location.to_string())).collect();
        assert_eq!(stripped, [(1, "cookie t".to_owned()), (1, "header x-api-key".to_owned())]);
        // Of the API `a` only operations look at tokens: three, each in two places.
        assert_eq!(policy.credential_locations().count(), 8);
        assert_eq!(policy.key_lists(), ["keys"]);
        assert_eq!(policy.forwarded_states().collect::<Vec<_>>(), ["api", "identity"]);
        assert!(policy.forwards_in("x_client.identity") && !policy.forwards_in("x-api-key"));
    }
}
