//! What `jwt_authn` requires of requests: nothing, if the policy is to decide.

use super::filter::Filter;
use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;
use super::providers::Provider;

/// Looks at the rules of a filter.
pub(crate) fn check(config: &Part<'_>, providers: &[Provider<'_>], findings: &mut Findings) {
    let rules = config.items_of("rules");
    let by_state = config.get("filter_state_rules");
    if let Some(by_state) = &by_state {
        findings.note(&by_state.place, "what filter state asks for is not looked at here");
    }
    if rules.is_empty() && by_state.is_none() {
        match config.get("requirement_map") {
            Some(map) => findings
                .note(&map.place, "nothing is verified but on routes that name a requirement"),
            None => findings.error(
                &config.place,
                "has no rules: nothing is verified, and every token is refused",
            ),
        }
    }
    if !rules.is_empty() && !rules.iter().any(matches_all) {
        findings.note(
            &config.place.field("rules"),
            "no rule is for all paths (`match: { prefix: / }`): what none matches is not verified, and tokens \
             are refused there",
        );
    }
    for rule in &rules {
        let by_name = rule.get("requirement_name").and_then(|name| named(config, name.text()?));
        match rule.get("requires").or(by_name) {
            Some(requirement) => look_at(&requirement, providers, findings),
            None => findings.note(&rule.place, "requires nothing: what it matches is not verified"),
        }
    }
}

/// Whether some request goes on although its token does not hold.
pub(crate) fn lets_bad_tokens_pass(config: &Part<'_>) -> bool {
    let of_rules = config.items_of("rules").into_iter().filter_map(|rule| rule.get("requires"));
    let by_name = config.get("requirement_map");
    let by_name = by_name.iter().flat_map(Part::entries).map(|(_, part)| part);
    of_rules.chain(by_name).any(|requirement| refuses(&requirement).is_none())
}

/// Looks at what virtual hosts and routes say of a filter.
pub(crate) fn check_routes(
    manager: &Manager<'_>,
    filter: &Filter<'_>,
    config: &Part<'_>,
    findings: &mut Findings,
) {
    for part in manager.overrides(filter.name) {
        let Some((_, message)) = part.message() else { continue };
        let inner = message.get("config").and_then(|config| config.message());
        let own = inner.as_ref().map_or(&message, |(_, inner)| inner);
        if message.is_true("disabled") || own.is_true("disabled") {
            findings.warn(&part.place, "verifies nothing here: tokens are refused");
        } else if let Some(name) = own.get("requirement_name")
            && let Some(requirement) = name.text().and_then(|name| named(config, name))
        {
            look_at(&requirement, &[], findings);
        }
    }
}

fn look_at(requirement: &Part<'_>, providers: &[Provider<'_>], findings: &mut Findings) {
    if let Some(refused) = refuses(requirement) {
        findings.note(
            &requirement.place,
            format_args!(
                "answers 401 (or 403) to {refused} by itself, ahead of peergate: whatever else the policy would \
                 take, and without a reason of peergate's"
            ),
        );
    }
    if requirement.get(MISSING_OR_FAILED).is_none() {
        return;
    }
    for (index, provider) in providers.iter().enumerate() {
        let same = |other: &&Provider<'_>| other.issuer == provider.issuer;
        if let Some(other) = providers.iter().take(index).find(same) {
            findings.warn(
                &provider.part.place,
                format_args!(
                    "has the issuer of {:?} too: under a bare `{MISSING_OR_FAILED}` Envoy takes one of them by \
                     chance. Require each by itself, as `peergate render envoy` does, or have one",
                    other.name
                ),
            );
        }
    }
}

/// What a requirement has Envoy itself refuse; `None` if nothing.
fn refuses(requirement: &Part<'_>) -> Option<&'static str> {
    const WITHOUT: &str = "a request without a good token";
    const BAD: &str = "a token that does not hold";
    let inner = |field| Some(requirement.get(field)?.items_of("requirements"));
    if let Some(any) = inner("requires_any") {
        let refused: Option<Vec<&str>> = any.iter().map(refuses).collect();
        let refused = refused?;
        return Some(if refused.contains(&BAD) { BAD } else { WITHOUT });
    }
    if let Some(all) = inner("requires_all") {
        return all.iter().find_map(refuses);
    }
    if requirement.get("provider_name").is_some()
        || requirement.get("provider_and_audiences").is_some()
    {
        return Some(WITHOUT);
    }
    requirement.get("allow_missing").map(|_| BAD)
}

fn named<'d>(config: &Part<'d>, name: &str) -> Option<Part<'d>> {
    config.get("requirement_map")?.entries().find(|(key, _)| *key == name).map(|(_, part)| part)
}

/// Whether a rule is for every request.
fn matches_all(rule: &Part<'_>) -> bool {
    let fields = rule.get("match");
    let fields = fields.as_ref().and_then(|fields| fields.value.as_object());
    fields.is_some_and(|fields| {
        fields.len() == 1
            && fields.get("prefix").is_some_and(|prefix| prefix == "/" || prefix == "")
    })
}

const MISSING_OR_FAILED: &str = "allow_missing_or_failed";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::proxy::place::Place;

    #[test]
    fn what_envoy_refuses_by_itself_is_known() {
        let provider = || json!({ "provider_name": "p" });
        let missing = || json!({ "allow_missing": {} });
        let either = || json!({ "allow_missing_or_failed": {} });
        let any = |items: &[Value]| json!({ "requires_any": { "requirements": items } });
        let all = |items: &[Value]| json!({ "requiresAll": { "requirements": items } });
        let (without, bad) = ("a request without a good token", "a token that does not hold");
        for (requirement, refused) in [
            (either(), None),
            (json!({}), None),
            (provider(), Some(without)),
            (json!({ "provider_and_audiences": { "provider_name": "p" } }), Some(without)),
            (missing(), Some(bad)),
            (any(&[provider(), either()]), None),
            (any(&[provider(), missing()]), Some(bad)),
            (any(&[provider(), provider()]), Some(without)),
            (all(&[any(&[provider(), either()]), any(&[provider(), either()])]), None),
            (all(&[either(), any(&[provider(), missing()])]), Some(bad)),
        ] {
            let part = Part { place: Place::file("f".to_owned()), value: &requirement };
            assert_eq!(refuses(&part), refused, "{requirement}");
        }
    }
}
