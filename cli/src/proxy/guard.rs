//! The guard: the RBAC filter that refuses what peergate did not let pass, also where Envoy left peergate out.

use super::exempt;
use super::filter::{Config, Filter};
use super::finding::Findings;
use super::manager::Manager;
use super::place::Place;
use super::proto::Part;
use super::resources::Index;

/// Whether a guard stands behind the filter.
pub(crate) fn stands(manager: &Manager<'_>, peergate: usize) -> bool {
    manager.behind(peergate).any(is_guard)
}

/// Whether a filter is a guard, or is meant as one.
pub(crate) fn is_meant(filter: &Filter<'_>) -> bool {
    filter.may_be(RBAC) && mentions(filter)
}

/// Looks for the guard behind the filter, and for what the guard is there for.
pub(crate) fn check(manager: &Manager<'_>, peergate: usize, findings: &mut Findings) {
    let Some(own) = manager.filters.get(peergate) else { return };
    let judged = exempt::judged(manager, own);
    let is_guard = |filter: &Filter<'_>| is_guard(filter) || guards_these(filter, &judged);
    let guard = manager.behind(peergate).position(is_guard);
    match guard {
        None => missing(manager, peergate, findings),
        Some(between) => {
            for filter in manager.behind(peergate).take(between) {
                findings.warn(
                    &filter.place,
                    "stands between peergate and its guard: it sees requests that nobody has judged",
                );
            }
            let guard = manager.behind(peergate).nth(between);
            guard.into_iter().for_each(|guard| routes_without(manager, guard, findings));
        }
    }
    let is_guarded = guard.is_some() || unseen(manager, peergate).is_some();
    let mut tell =
        |place: &Place, what: &str| match is_guarded {
            true => findings
                .warn(place, format_args!("{what}: the guard refuses what comes here with 403")),
            false => findings
                .error(place, format_args!("{what}, and there is no guard: all of it passes")),
        };
    let is_of_routes =
        guard.and_then(|guard| manager.behind(peergate).nth(guard)).is_some_and(exempts);
    if own.is_disabled && !is_of_routes {
        tell(&own.place, "peergate is disabled where no route asks for it");
    }
    for part in manager.overrides(own.name).iter().filter(|part| is_off(part)) {
        tell(&part.place, "peergate is disabled here");
    }
    if let Config::Known(_, message) = &own.config {
        message.walk(&mut |part| {
            let is_open = part.place.is_field(&["failure_policy", "failurePolicy"])
                && part.text() == Some("FAIL_OPEN")
                || part.place.is_field(&["fail_open", "failOpen"]) && part.is(true);
            if is_open {
                tell(&part.place, "peergate is left out where its VM fails");
            }
            !part.place.is_field(&["configuration"])
        });
    }
}

/// There is no guard; a filter that could be meant as one is told.
fn missing(manager: &Manager<'_>, peergate: usize, findings: &mut Findings) {
    let mut candidates = manager.behind(peergate).filter(|filter| filter.may_be(RBAC));
    if let Some(unseen) = unseen(manager, peergate) {
        return findings.warn(
            &unseen.place,
            "comes by ECDS, and whether it is the guard cannot be seen here: give the file it comes from, too",
        );
    }
    match candidates.find(|filter| mentions(filter)) {
        Some(candidate) if has_matcher(candidate) => findings.error(
            &candidate.place,
            "is no guard: it has a `matcher`, and Envoy goes by that alone; say `rules` without one",
        ),
        Some(candidate) => findings.error(
            &candidate.place,
            "is no guard: it has to let pass by the filter state wasm.peergate = allowed, by nothing else, and \
             everywhere",
        ),
        None => findings.error(
            &manager.filters_place,
            "no guard behind peergate: where Envoy leaves peergate out, as it does for a route that disables it \
             or a VM that failed, all requests pass",
        ),
    }
}

/// What may be the guard, and comes from where it cannot be seen.
fn unseen<'m, 'd>(manager: &'m Manager<'d>, peergate: usize) -> Option<&'m Filter<'d>> {
    let is_unseen = |filter: &&Filter<'_>| matches!(filter.config, Config::Elsewhere(_));
    manager.behind(peergate).filter(is_unseen).find(|filter| filter.may_be(RBAC))
}

/// Whether its `rules`, if it has any, are none that Envoy goes by.
fn has_matcher(filter: &Filter<'_>) -> bool {
    matches!(&filter.config, Config::Known(_, message) if message.get(MATCHER).is_some())
}

fn mentions(filter: &Filter<'_>) -> bool {
    filter.messages().iter().any(|(_, message)| !message.texts_with(STATE).is_empty())
}

/// What routes say of the guard: other rules, or none.
fn routes_without(manager: &Manager<'_>, guard: &Filter<'_>, findings: &mut Findings) {
    for part in manager.overrides(guard.name) {
        let is_kept = match part.message() {
            Some((kind, message)) if kind.ends_with(FILTER_CONFIG) => {
                let own = message.get("config").and_then(|config| config.message());
                !message.is_true("disabled")
                    && own.is_none_or(|(_, message)| route_guards(&message))
            }
            Some((_, message)) => route_guards(&message),
            None => false,
        };
        if !is_kept {
            findings.error(
                &part.place,
                "takes the guard away: what Envoy leaves peergate out for passes here",
            );
        }
    }
}

fn route_guards(message: &Part<'_>) -> bool {
    message.get("rbac").is_some_and(|rbac| guards(&rbac))
}

/// Looks for others that say what the guard goes by: they may be filters of listeners, connections or requests, or
/// stand with routes.
pub(crate) fn forgers(index: &Index<'_>, findings: &mut Findings) {
    for message in index.messages("set_filter_state.v3.Config") {
        message.walk(&mut |part| {
            if part.place.is_field(&["object_key", "objectKey"]) && part.text() == Some(STATE) {
                findings.error(&part.place, FORGES);
            }
            true
        });
    }
    for kind in ["lua.v3.Lua", "lua.v3.LuaPerRoute"] {
        for script in index.messages(kind).flat_map(|message| message.texts_with(STATE)) {
            let text = script.text().unwrap_or_default();
            let names_it = ['"', '\'']
                .into_iter()
                .any(|quote| text.contains(&format!("{quote}{STATE}{quote}")));
            if names_it && text.contains("filterState") && text.contains(":set(") {
                findings.error(&script.place, FORGES);
            }
        }
    }
}

fn is_guard(filter: &Filter<'_>) -> bool {
    match &filter.config {
        Config::Known(kind, message) => {
            kind.ends_with(RBAC) && !filter.is_disabled && guards(message)
        }
        Config::Elsewhere(_) | Config::Unknown => false,
    }
}

/// Whether it is a guard for these routes and no others.
fn guards_these(filter: &Filter<'_>, judged: &[&str]) -> bool {
    let is_exempt = |policy: &Part<'_>| {
        let prefixes = exempt::prefixes(policy).unwrap_or_default();
        let is_guarded = |route: &&str| prefixes.iter().any(|prefix| route.starts_with(prefix));
        !judged.is_empty() && judged.iter().all(is_guarded)
    };
    match &filter.config {
        Config::Known(kind, message) => {
            kind.ends_with(RBAC) && !filter.is_disabled && guards_but_for(message, is_exempt)
        }
        Config::Elsewhere(_) | Config::Unknown => false,
    }
}

/// Whether a guard lets requests pass by their routes.
fn exempts(guard: &Filter<'_>) -> bool {
    let Config::Known(_, message) = &guard.config else { return false };
    let policies = message.get("rules").and_then(|rules| rules.get("policies"));
    policies.is_some_and(|it| it.entries().any(|(_, policy)| exempt::prefixes(&policy).is_some()))
}

/// The rules that an RBAC of requests or of connections goes by: where it has a `matcher` as well, Envoy ignores them.
pub(crate) fn enforced<'d>(rbac: &Part<'d>) -> Option<Part<'d>> {
    rbac.get("rules").filter(|_| rbac.get(MATCHER).is_none())
}

/// Whether every policy of an RBAC goes by what peergate said, or lets pass what has no route and so goes nowhere.
fn guards(rbac: &Part<'_>) -> bool {
    guards_but_for(rbac, |_| false)
}

/// The same but for policies that are exempt. `action` is ALLOW unless it says otherwise.
fn guards_but_for(rbac: &Part<'_>, is_exempt: impl Fn(&Part<'_>) -> bool) -> bool {
    let Some(rules) = enforced(rbac) else { return false };
    let action = rules.get("action");
    let allows = action.is_none_or(|action| action.text() == Some("ALLOW") || action.value == 0);
    let policies: Vec<_> = rules.get("policies").iter().flat_map(Part::entries).collect();
    let goes_by_state = |policy: &Part<'_>| {
        let principals = policy.items_of("principals");
        !principals.is_empty() && principals.iter().all(is_allowed)
    };
    let holds = |(_, policy): &(&str, Part<'_>)| {
        goes_by_state(policy) || exempt::is_without_route(policy) || is_exempt(policy)
    };
    allows && policies.iter().any(|(_, policy)| goes_by_state(policy)) && policies.iter().all(holds)
}

/// Whether only requests that peergate let pass are of this principal.
fn is_allowed(principal: &Part<'_>) -> bool {
    let all = principal.get("and_ids").map(|and| and.items_of("ids")).unwrap_or_default();
    let any = principal.get("or_ids").map(|or| or.items_of("ids")).unwrap_or_default();
    let says_so = principal.get("filter_state").is_some_and(|state| {
        let text = state.get("string_match");
        state.text_of("key") == STATE && text.is_some_and(|text| text.text_of("exact") == "allowed")
    });
    says_so || all.iter().any(is_allowed) || (!any.is_empty() && any.iter().all(is_allowed))
}

/// Whether it disables its filter.
fn is_off(part: &Part<'_>) -> bool {
    part.message()
        .is_some_and(|(kind, message)| kind.ends_with(FILTER_CONFIG) && message.is_true("disabled"))
}

const FORGES: &str = "writes the filter state by which the guard knows what peergate let pass";

/// What an RBAC goes by in place of its rules.
const MATCHER: &str = "matcher";

const STATE: &str = "wasm.peergate";

const RBAC: &str = "filters.http.rbac.v3.RBAC";

const FILTER_CONFIG: &str = "config.route.v3.FilterConfig";
