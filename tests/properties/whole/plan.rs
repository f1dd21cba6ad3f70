//! Policies of several APIs with all kinds of blocks.

use peergate::{Credential, Policy};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::credentials::requirements::plan::{certificate, hash};

/// What the requests of an API, or of one of its operations, must show.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) alternatives: Vec<Vec<Credential>>,
    pub(super) is_open: bool,
    check: Vec<Credential>,
    /// The methods whose refusals are passed over.
    ignores: Vec<Credential>,
    pub(super) allow: Vec<&'static str>,
    pub(super) require: Vec<&'static str>,
    deny: Vec<&'static str>,
    /// Whether the lists that are allowed everywhere are allowed here.
    pub(super) inherits: bool,
    pub(super) validity: &'static str,
    pub(super) bound: &'static str,
    enforcement: Option<&'static str>,
    has_rate: bool,
}

/// An API under `/<name>`, and maybe another rule for `/<name>/op`.
#[derive(Clone, Debug)]
pub(super) struct ApiPlan {
    pub(super) name: &'static str,
    rule: Rule,
    operation: Option<Rule>,
    preflight: Option<&'static str>,
}

/// A whole policy.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) apis: Vec<ApiPlan>,
    pub(super) allow: Vec<&'static str>,
    pub(super) deny: Vec<&'static str>,
    pub(super) enforcement: &'static str,
    pub(super) sni: &'static str,
    preflight: &'static str,
    pub(super) default: &'static str,
}

/// The rule that a request meets, with what its API and the policy say around it.
pub(super) struct Met<'p> {
    pub(super) api: &'p ApiPlan,
    pub(super) rule: &'p Rule,
    pub(super) is_shadow: bool,
    pub(super) passes_preflight: bool,
}

impl Plan {
    /// The rule for a normal path.
    pub(super) fn met(&self, path: &str) -> Option<Met<'_>> {
        let mut segments = path.split('/').skip(1);
        let name = segments.next()?;
        let api = self.apis.iter().find(|api| api.name == name)?;
        let operation = (segments.next() == Some("op")).then_some(api.operation.as_ref()).flatten();
        let rule = operation.unwrap_or(&api.rule);
        let enforcement = rule.enforcement.or(api.rule.enforcement).unwrap_or(self.enforcement);
        Some(Met {
            api,
            rule,
            is_shadow: enforcement == "shadow",
            passes_preflight: api.preflight.unwrap_or(self.preflight) == "pass",
        })
    }

    fn document(&self) -> Value {
        let pin = |name| json!({"sha256": hash(name), "identity": name});
        json!({
            "version": 1,
            "lists": {
                "pins": {"entries": [pin("partner"), pin("expired")]},
                "renewed": {"entries": [{"pem": certificate("partner-renewed").pem}]},
                "keys": {"entries": [{"spki_sha256": certificate("employee").leaf.key().to_string()}]},
                "authority": {"entries": [{"ca": certificate("authority").pem}]},
                "blocked": {"entries": [{"pem": certificate("rsa").pem}]},
                "suspects": {"entries": [
                    {"pem": certificate("partner").pem}, {"pem": certificate("employee").pem},
                ]},
                "registered": {"feed": {"cluster": "feed", "path": "/"}},
            },
            "global": {
                "allow": self.allow, "deny": self.deny, "enforcement": self.enforcement,
                "sni": self.sni, "cors_preflight": self.preflight,
            },
            "apis": self.apis.iter().map(ApiPlan::document).collect::<Vec<_>>(),
            "default": self.default,
            "forward": {"identity": "x-client-identity", "method": "x-client-auth"},
        })
    }
}

impl<'p> Met<'p> {
    /// The lists that deny certificates here: those of the operation's block, or else of its API's.
    pub(super) fn deny(&self) -> &'p [&'static str] {
        let has_block = |rule: &&Rule| rule.names(Credential::Certificate);
        let rule = [self.rule, &self.api.rule].into_iter().find(has_block);
        rule.map_or(&[], |rule| &rule.deny)
    }
}

impl ApiPlan {
    fn document(&self) -> Value {
        let mut api = self.rule.document();
        api["name"] = self.name.into();
        api["match"] = json!({"path_prefix": format!("/{}", self.name)});
        if let Some(preflight) = self.preflight {
            api["cors_preflight"] = preflight.into();
        }
        if let Some(rule) = &self.operation {
            let mut operation = rule.document();
            operation["match"] = json!({"path_prefix": format!("/{}/op", self.name)});
            api["operations"] = json!([operation]);
        }
        api
    }
}

impl Rule {
    fn names(&self, method: Credential) -> bool {
        self.alternatives.iter().flatten().chain(&self.check).any(|named| *named == method)
    }

    fn document(&self) -> Value {
        let words = |methods: &[Credential]| -> Vec<&str> {
            methods.iter().map(|method| method.word()).collect()
        };
        let mut any_of: Vec<Value> =
            self.alternatives.iter().map(|methods| words(methods).into()).collect();
        if self.is_open {
            any_of.push("anonymous".into());
        }
        let mut rule = json!({"policy": {"any_of": any_of}});
        if !self.check.is_empty() {
            rule["policy"]["check"] = words(&self.check).into();
        }
        let mut certificate = json!({"validity": self.validity, "inherit": self.inherits});
        for (field, lists) in
            [("allow", &self.allow), ("require", &self.require), ("deny", &self.deny)]
        {
            if !lists.is_empty() {
                certificate[field] = json!(lists);
            }
        }
        let jwt =
            json!({"issuers": ["https://idp.example"], "scopes": ["read"], "bound": self.bound});
        let api_key = json!({"lists": ["registered"], "from": [{"header": "x-api-key"}]});
        for (method, mut block) in Credential::ALL.into_iter().zip([certificate, jwt, api_key]) {
            if self.names(method) {
                let is_ignored = self.ignores.contains(&method);
                block["if_refused"] = if is_ignored { "ignore" } else { "deny" }.into();
                rule[method.word()] = block;
            }
        }
        if let Some(enforcement) = self.enforcement {
            rule["enforcement"] = enforcement.into();
        }
        if self.has_rate && !self.alternatives.is_empty() {
            rule["rate"] = json!({"requests": 1000, "per": "1s"});
        }
        rule
    }
}

fn rules() -> impl Strategy<Value = Rule> {
    let some = |least| subsequence(Credential::ALL.to_vec(), least..=3);
    let lists = |of: Vec<&'static str>, most| {
        let count = of.len().min(most);
        prop_oneof![1 => Just(Vec::new()), 1 => subsequence(of, 1..=count)]
    };
    let requirement =
        (prop::collection::vec(some(1), 0..4), prop::bool::weighted(0.3), some(0), some(0));
    let certificate = (
        subsequence(vec!["pins", "renewed", "keys", "authority", "registered"], 1..=3),
        lists(vec!["pins", "keys", "authority", "registered"], 2),
        lists(vec!["blocked", "suspects", "registered"], 2),
        any::<bool>(),
        select(vec!["required", "when_known", "unchecked"]),
    );
    let rest = (
        select(vec!["required", "if_claimed", "unchecked"]),
        prop_oneof![4 => Just(None), 1 => Just(Some("enforce")), 1 => Just(Some("shadow"))],
        prop::bool::weighted(0.2),
    );
    (requirement, certificate, rest).prop_map(|(requirement, certificate, rest)| {
        let (alternatives, is_open, check, ignores) = requirement;
        let (allow, require, deny, inherits, validity) = certificate;
        let (bound, enforcement, has_rate) = rest;
        Rule {
            // What nobody can pass is no policy.
            is_open: is_open || alternatives.is_empty(),
            alternatives,
            check,
            ignores,
            allow,
            require,
            deny,
            inherits,
            validity,
            bound,
            enforcement,
            has_rate,
        }
    })
}

/// Plans whose policy is good, and that policy.
pub(super) fn plans() -> impl Strategy<Value = (Plan, Policy)> {
    let preflight = || select(vec!["pass", "check", "check"]);
    let api = move |name| {
        (rules(), prop::option::of(rules()), prop::option::weighted(0.3, preflight())).prop_map(
            move |(rule, operation, preflight)| ApiPlan { name, rule, operation, preflight },
        )
    };
    let global = (
        subsequence(vec!["renewed", "registered"], 0..=1),
        subsequence(vec!["blocked", "registered"], 0..=2),
        prop_oneof![5 => Just("enforce"), 1 => Just("shadow")],
        select(vec!["unchecked", "when_present", "required"]),
        preflight(),
        select(vec!["deny", "deny", "allow"]),
    );
    (api("a"), api("b"), global).prop_filter_map("no good policy", |(a, b, global)| {
        let (allow, deny, enforcement, sni, preflight, default) = global;
        let apis = vec![a, b];
        let plan = Plan { apis, allow, deny, enforcement, sni, preflight, default };
        let policy = Policy::read(plan.document().to_string().as_bytes()).ok()?;
        Some((plan, policy))
    })
}
