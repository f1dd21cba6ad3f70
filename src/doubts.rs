//! What a valid policy may not mean: for those who want to be warned.

use crate::config::{Problems, problem::At};
use crate::list::List;
use crate::policy::{Api, Enforcement, ListId, Policy, Preflight, Ruling, Unmatched};
use crate::target::{MatchRule, Method};

impl Policy {
    /// What only the whole of it tells, each with its place: methods that a rule leaves to weaker ones, lists that
    /// nobody names, preflights that never come where they are to pass.
    ///
    /// Of two rules only such are compared of which one matches all that the other does; and policies by what they
    /// ask for, not by whom their lists admit.
    ///
    /// # Example
    /// ```
    /// let text = br#"{"version": 1, "apis": [
    ///     {"name": "a", "match": {"path_prefix": "/a", "methods": ["POST"]}, "policy": "mandatory", "certificate": {"allow": ["l"]}},
    ///     {"name": "b", "policy": "open"}
    /// ], "lists": {"l": {"entries": [{"spki_sha256": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}]}}}"#;
    /// let doubts = peergate::Policy::read(text)?.doubts();
    /// assert!(doubts.to_string().starts_with("apis[0].match.methods: "));
    /// # Ok::<(), peergate::Problems>(())
    /// ```
    pub fn doubts(&self) -> Problems {
        let mut doubts = Problems::default();
        let at_apis = At::ROOT.field("apis");
        for api in &self.apis {
            let at = at_apis.index(api.position);
            let of_api = |one: &MatchRule| self.of_api(one);
            self.rules(&api.matches, &api.ruling, of_api, &at, &mut doubts);
            let at_operations = at.field("operations");
            for (index, operation) in api.operations.iter().enumerate() {
                let at = at_operations.index(index);
                let of_operation = |one: &MatchRule| Some(of_operation(api, one));
                self.rules(&operation.matches, &operation.ruling, of_operation, &at, &mut doubts);
            }
            preflights(api, &at, &mut doubts);
        }
        self.unnamed_lists(&mut doubts);
        doubts
    }

    /// Looks at the rules of one `match`.
    fn rules<'p>(
        &'p self,
        rules: &[MatchRule],
        ruling: &Ruling,
        find: impl Fn(&MatchRule) -> Option<Met<'p>>,
        at: &At<'_>,
        doubts: &mut Problems,
    ) {
        let at_match = at.field("match");
        for (index, rule) in rules.iter().enumerate() {
            let at_item = at_match.index(index);
            let at_rule = if rules.len() > 1 { &at_item } else { &at_match };
            self.methods(rule, ruling, &find, at_rule, doubts);
        }
    }

    /// Whom the requests meet that a rule would match but for its methods.
    fn methods<'p>(
        &'p self,
        rule: &MatchRule,
        ruling: &Ruling,
        find: impl Fn(&MatchRule) -> Option<Met<'p>>,
        at: &At<'_>,
        doubts: &mut Problems,
    ) {
        let Some(own) = &rule.methods else { return };
        let other = |method: &Method| {
            let methods = Some(vec![method.clone()]);
            find(&MatchRule { methods, ..rule.clone() })
        };
        let reports = |met: &Met<'_>| is_weaker(met.ruling, ruling) && !met.is_for_method;
        let at = at.field("methods");
        // A method that nobody names stands for all of them.
        let (rest, head) = (Method::of("*"), Method::of("HEAD"));
        let is_rest_open =
            self.unmatched == Unmatched::Allow && !passes_anybody(self.enforcement, ruling);
        match other(&rest) {
            Some(met) if reports(&met) => {
                let Met { name, .. } = met;
                return doubts.report(
                    &at,
                    format_args!("other methods than these fall under {name}, which asks for less"),
                );
            }
            None if is_rest_open => {
                return doubts.report(&at, "other methods than these fall under `default: allow`");
            }
            _ => {}
        }
        if own.contains(&Method::of("GET")) && !own.contains(&head) {
            match other(&head) {
                Some(met) if reports(&met) => doubts.report(
                    &at,
                    format_args!(
                        "HEAD is not beside GET, and falls under {}, which asks for less",
                        met.name
                    ),
                ),
                None if self.unmatched == Unmatched::Deny => {
                    doubts.report(
                        &at,
                        "HEAD is not beside GET, and is refused where no API matches it",
                    );
                }
                _ => {}
            }
        }
    }

    /// Under whom a request falls that a rule matches: the first API that matches all of it.
    fn of_api(&self, rule: &MatchRule) -> Option<Met<'_>> {
        self.apis.iter().find_map(|api| {
            let covering = api.matches.iter().find(|other| other.covers(rule))?;
            let met = of_operation(api, rule);
            Some(Met { is_for_method: met.is_for_method || covering.methods.is_some(), ..met })
        })
    }

    fn unnamed_lists(&self, doubts: &mut Problems) {
        let at_lists = At::ROOT.field("lists");
        for (id, list) in self.lists.iter().enumerate() {
            if !self.apis.iter().flat_map(Api::rulings).any(|ruling| names(ruling, id)) {
                doubts.report(&at_lists.field(List::name(list)), "no policy goes by it");
            }
        }
    }
}

/// Under whom a request falls.
struct Met<'p> {
    name: String,
    ruling: &'p Ruling,
    /// A rule that gives its method: somebody has thought of it.
    is_for_method: bool,
}

/// The operation of an API that matches all of a rule, or the API.
fn of_operation<'p>(api: &'p Api, rule: &MatchRule) -> Met<'p> {
    let met = api.operations.iter().enumerate().find_map(|(index, operation)| {
        let covering = operation.matches.iter().find(|other| other.covers(rule))?;
        Some(Met {
            name: format!("apis[{}].operations[{index}] of {:?}", api.position, api.name.as_str()),
            ruling: &operation.ruling,
            is_for_method: covering.methods.is_some(),
        })
    });
    met.unwrap_or_else(|| Met {
        name: format!("apis[{}] ({:?})", api.position, api.name.as_str()),
        ruling: &api.ruling,
        is_for_method: false,
    })
}

/// Whether what passes under one ruling would not under the other, since it shows a part of what that asks for.
fn is_weaker(one: &Ruling, other: &Ruling) -> bool {
    if other.enforcement == Enforcement::Shadow {
        return false;
    }
    if one.enforcement == Enforcement::Shadow {
        return true;
    }
    let strict = &other.requirement.alternatives;
    one.requirement.alternatives.iter().any(|shown| {
        let is_enough = |asked: &Vec<_>| asked.iter().all(|one| shown.contains(one));
        let is_part = |asked: &Vec<_>| shown.iter().all(|one| asked.contains(one));
        !strict.iter().any(is_enough) && strict.iter().any(is_part)
    })
}

/// Whether requests pass whatever they show.
fn passes_anybody(enforcement: Enforcement, ruling: &Ruling) -> bool {
    let is_shadow = enforcement == Enforcement::Shadow || ruling.enforcement == Enforcement::Shadow;
    is_shadow || ruling.requirement.alternatives.iter().any(Vec::is_empty)
}

/// Reports an API that lets preflights pass and matches none.
fn preflights(api: &Api, at: &At<'_>, doubts: &mut Problems) {
    let leaves_out = |rule: &MatchRule| {
        rule.methods.as_ref().is_some_and(|methods| !methods.contains(&Method::of("OPTIONS")))
    };
    if api.preflight == Preflight::Pass && api.matches.iter().all(leaves_out) {
        doubts.report(
            &at.field("match"),
            "leaves out OPTIONS: no preflight comes here, although `cors_preflight: pass` holds",
        );
    }
}

/// Whether a ruling goes by a list.
fn names(ruling: &Ruling, id: ListId) -> bool {
    let certificate = ruling.certificate.iter().chain([&ruling.bound]);
    let mut certificate = certificate.flat_map(|rule| [&rule.allow, &rule.require, &rule.deny]);
    certificate.any(|ids| ids.contains(&id))
        || ruling.api_key.as_ref().is_some_and(|rule| rule.lists.contains(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// What is told of a policy with these APIs, and what else it says.
    fn told(apis: &str, more: &str) -> Vec<String> {
        let entries = format!(r#"{{"entries": [{{"sha256": "{}"}}]}}"#, "ab".repeat(32));
        let text =
            format!(r#"{{"version": 1, "lists": {{"l": {entries}}}, "apis": [{apis}]{more}}}"#);
        let policy = Policy::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        policy.doubts().iter().map(ToString::to_string).collect()
    }

    const STRICT: &str = r#""policy": "mandatory", "certificate": {"allow": ["l"]}"#;

    #[test]
    fn methods_that_fall_to_a_weaker_policy() {
        let strict = |rule: &str| format!(r#"{{"name": "s", "match": {{{rule}}}, {STRICT}}}"#);
        let after = |rule: &str, then: &str| told(&format!("{}, {then}", strict(rule)), "");
        let open = r#"{"name": "o", "policy": "open"}"#;
        let posts = r#""path_prefix": "/a", "methods": ["POST"]"#;
        assert_eq!(
            after(posts, open),
            [
                r#"apis[0].match.methods: other methods than these fall under apis[1] ("o"), which asks for less"#
            ]
        );
        assert_eq!(
            after(posts, r#"{"name": "o", "match": {"path_prefix": "/b"}, "policy": "open"}"#),
            [""; 0]
        );
        // Somebody has thought of it.
        assert_eq!(
            after(
                posts,
                r#"{"name": "o", "match": {"methods": ["GET", "HEAD"]}, "policy": "open"}"#
            ),
            [""; 0]
        );
        assert_eq!(after(posts, &format!(r#"{{"name": "t", {STRICT}}}"#)), [""; 0]);
        let shadow = format!(r#"{{"name": "t", "enforcement": "shadow", {STRICT}}}"#);
        assert_eq!(after(posts, &shadow).len(), 1);
        let more = r#", "default": "allow""#;
        assert_eq!(
            told(&strict(posts), more),
            ["apis[0].match.methods: other methods than these fall under `default: allow`"]
        );
        let operation = format!(
            r#"{{"name": "a", "policy": "open", "operations": [{{"match": {{"methods": ["DELETE"]}}, {STRICT}}}]}}"#
        );
        assert_eq!(
            told(&operation, ""),
            [
                r#"apis[0].operations[0].match.methods: other methods than these fall under apis[0] ("a"), which asks for less"#
            ]
        );
    }

    #[test]
    fn head_belongs_beside_get() {
        let with = |methods: &str| {
            told(&format!(r#"{{"name": "s", "match": {{"methods": [{methods}]}}, {STRICT}}}"#), "")
        };
        assert_eq!(with(r#""GET", "HEAD""#), [""; 0]);
        assert_eq!(
            with(r#""GET""#),
            [
                "apis[0].match.methods: HEAD is not beside GET, and is refused where no API matches it"
            ]
        );
    }

    #[test]
    fn preflights_and_lists_that_never_matter() {
        let api = |methods: &str, rest: &str| {
            format!(
                r#"{{"name": "s", "match": {{"methods": [{methods}]}}, "cors_preflight": "pass", {rest}}}"#
            )
        };
        assert_eq!(
            told(&api(r#""POST""#, STRICT), ""),
            [
                "apis[0].match: leaves out OPTIONS: no preflight comes here, although `cors_preflight: pass` holds"
            ]
        );
        assert_eq!(told(&api(r#""POST", "OPTIONS""#, STRICT), ""), [""; 0]);
        assert_eq!(
            told(&api(r#""OPTIONS""#, r#""policy": "open""#), ""),
            ["lists.l: no policy goes by it"]
        );
    }
}
