//! What a policy's rules match requests by, and what it needs of a connection: for those who hold a proxy against it.

use crate::policy::{Api, Credential, Policy, Ruling, ServerNameRule, Unmatched};
use crate::target::{MatchRule, PathPattern};
use crate::token::BoundRule;

/// Something that a rule matches requests by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Where the policy says so, as in `apis[0].match.hosts[1]`.
    pub place: String,
    /// What it says; hosts are in lower case.
    pub text: String,
}

impl Policy {
    /// The hosts of all rules: exact ones, and `*.suffix`.
    pub fn matched_hosts(&self) -> Vec<Matched> {
        self.matched("hosts", |rule| rule.hosts.iter().flatten().map(ToString::to_string).collect())
    }

    /// The names of Envoy's virtual hosts that rules go by.
    pub fn matched_virtual_hosts(&self) -> Vec<Matched> {
        self.matched("virtual_hosts", |rule| rule.virtual_hosts.clone().unwrap_or_default())
    }

    /// The names of Envoy's routes that rules go by.
    pub fn matched_routes(&self) -> Vec<Matched> {
        self.matched("routes", |rule| rule.routes.clone().unwrap_or_default())
    }

    /// The values of `path_prefix` of all rules, none of which ends in a slash but `/` itself.
    pub fn matched_prefixes(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().flat_map(Api::rules).filter_map(|rule| match &rule.path {
            Some(PathPattern::Prefix(prefix)) => Some(&**prefix),
            _ => None,
        })
    }

    /// Whether some rule matches paths.
    pub fn matches_paths(&self) -> bool {
        self.apis.iter().flat_map(Api::rules).any(|rule| rule.path.is_some())
    }

    /// Whether hosts compare without their port.
    pub fn ignores_port(&self) -> bool {
        self.authority.ignore_port
    }

    /// Whether a host with a trailing dot is refused, because Envoy should have removed the dot.
    pub fn ignores_trailing_dot(&self) -> bool {
        self.authority.ignore_trailing_dot
    }

    /// Whether a request whose host is none of those that rules name can pass.
    pub fn has_rules_for_other_hosts(&self) -> bool {
        self.unmatched == Unmatched::Allow
            || self.apis.iter().flat_map(|api| &api.matches).any(|rule| rule.hosts.is_none())
    }

    /// Whether some request needs a client certificate, or is looked at for one.
    pub fn looks_at_certificates(&self) -> bool {
        self.rulings().any(|ruling| {
            let is_bound =
                |rule: &_| ruling.requirement.names(Credential::Jwt) && needs_bound(rule);
            ruling.requirement.names(Credential::Certificate)
                || ruling.jwt.as_deref().is_some_and(|rule| is_bound(&rule.bound))
        })
    }

    /// Whether some request passes without a client certificate.
    pub fn passes_without_certificate(&self) -> bool {
        let without = |alternative: &Vec<_>| !alternative.contains(&Credential::Certificate);
        self.unmatched == Unmatched::Allow
            || self.rulings().any(|ruling| ruling.requirement.alternatives.iter().any(without))
    }

    /// Whether the host is held against the server name of the handshake.
    pub fn looks_at_server_name(&self) -> bool {
        self.sni != ServerNameRule::Unchecked
    }

    /// Whether requests of connections without a server name are refused.
    pub fn requires_server_name(&self) -> bool {
        self.sni == ServerNameRule::Required
    }

    /// Whether it trusts an authority for which it has no intermediates: the connection has to show them.
    pub fn relies_on_presented_chains(&self) -> bool {
        self.trusts.iter().any(|trust| trust.intermediates.is_empty())
    }

    fn rulings(&self) -> impl Iterator<Item = &Ruling> {
        self.apis.iter().flat_map(Api::rulings)
    }

    /// What every rule says in a field.
    fn matched(&self, field: &str, texts: impl Fn(&MatchRule) -> Vec<String>) -> Vec<Matched> {
        let mut found = Vec::new();
        for (place, rule) in self.placed_rules() {
            for (index, text) in texts(rule).into_iter().enumerate() {
                found.push(Matched { place: format!("{place}.{field}[{index}]"), text });
            }
        }
        found
    }

    /// Every rule, and where it is.
    fn placed_rules(&self) -> impl Iterator<Item = (String, &MatchRule)> {
        self.apis.iter().flat_map(|api| {
            let own = placed(format!("apis[{}]", api.position), &api.matches);
            let operations = api.operations.iter().enumerate().flat_map(|(index, operation)| {
                let owner = format!("apis[{}].operations[{index}]", api.position);
                placed(owner, &operation.matches)
            });
            own.chain(operations)
        })
    }
}

/// The rules of one `match`, each with its place: `apis[0].match`, or `apis[0].match[1]` in a list of several.
fn placed(owner: String, rules: &[MatchRule]) -> impl Iterator<Item = (String, &MatchRule)> {
    let is_list = rules.len() > 1;
    rules.iter().enumerate().map(move |(index, rule)| {
        let place = match is_list {
            true => format!("{owner}.match[{index}]"),
            false => format!("{owner}.match"),
        };
        (place, rule)
    })
}

fn needs_bound(rule: &BoundRule) -> bool {
    *rule == BoundRule::Required
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_rules_match_is_told_with_its_place() {
        let text = r#"{
          "version": 1,
          "global": { "sni": "required", "authority": { "ignore_port": true } },
          "apis": [
            { "name": "a", "match": [
                { "hosts": ["A.example", "*.b.example"], "virtual_hosts": ["v"] },
                { "hosts": ["c.example"], "path_prefix": "/c" }
              ], "policy": ["jwt"], "jwt": { "issuers": ["i"], "bound": "required" },
              "operations": [{ "match": { "routes": ["r"] }, "policy": "open" }] }
          ]
        }"#;
        let policy = Policy::read(text.as_bytes()).unwrap();
        let told = |found: Vec<Matched>| -> Vec<String> {
            found.into_iter().map(|it| format!("{} {}", it.place, it.text)).collect()
        };
        assert_eq!(
            told(policy.matched_hosts()),
            [
                "apis[0].match[0].hosts[0] a.example",
                "apis[0].match[0].hosts[1] *.b.example",
                "apis[0].match[1].hosts[0] c.example",
            ]
        );
        assert_eq!(told(policy.matched_virtual_hosts()), ["apis[0].match[0].virtual_hosts[0] v"]);
        assert_eq!(told(policy.matched_routes()), ["apis[0].operations[0].match.routes[0] r"]);
        assert_eq!(policy.matched_prefixes().collect::<Vec<_>>(), ["/c"]);
        assert!(policy.matches_paths() && policy.ignores_port() && !policy.ignores_trailing_dot());
        assert!(!policy.has_rules_for_other_hosts() && !policy.relies_on_presented_chains());
        assert!(policy.looks_at_certificates() && policy.passes_without_certificate());
        assert!(policy.looks_at_server_name() && policy.requires_server_name());
    }

    #[test]
    fn a_policy_may_do_without_all_of_it() {
        let text = r#"{ "version": 1, "apis": [{ "name": "a", "policy": "open" }] }"#;
        let policy = Policy::read(text.as_bytes()).unwrap();
        assert!(policy.matched_hosts().is_empty() && policy.has_rules_for_other_hosts());
        assert!(!policy.looks_at_certificates() && policy.passes_without_certificate());
        assert!(!policy.looks_at_server_name() && !policy.matches_paths());
    }
}
