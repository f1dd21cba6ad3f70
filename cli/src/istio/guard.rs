//! The guard behind the plugin, and what else EnvoyFilters put around it.

use peergate::Policy;

use crate::proxy::Findings;
use crate::proxy::manager::Manager;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;
use crate::proxy::resources::Index;
use crate::proxy::tokens::JWT_AUTHN;
use crate::proxy::upgrades::unjudged;
use crate::proxy::{guard, rates, rerouting, tokens, writers};

use super::chain::{Chain, NOTHING, Taken, as_before, overrides, read};
use super::merged;
use super::mesh::Mesh;
use super::patch::{INBOUND, Patch, Point, Reach};
use super::plugin::Plugin;
use super::presence::{Presence, ROUTER};
use super::scope::Cover;

/// Looks at the filters of a server; whether there is a guard.
pub(super) fn check(
    plugin: &Plugin<'_>,
    plugins: &[Plugin<'_>],
    mesh: &Mesh<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    policy: &Policy,
    findings: &mut Findings,
) -> bool {
    let chain = Chain::of(plugin, plugins, mesh, patches, point);
    let (place, name) = (plugin.place().clone(), plugin.filter_name());
    for (taken, place) in &chain.taken {
        match taken {
            Taken::Peergate => findings.error(
                place,
                "takes peergate away: nothing is judged, and what no guard refuses passes",
            ),
            Taken::Put(part) if guard::is_meant(&read(part)) => findings
                .error(place, "takes the guard away: what Envoy leaves peergate out for passes"),
            Taken::Put(_) => {}
        }
    }
    if !chain.has_peergate() {
        return false;
    }
    let (filters, own) = chain.filters(&place, &name);
    let manager = Manager {
        place: place.clone(),
        config: Part { place: place.clone(), value: &NOTHING },
        filters_place: place.clone(),
        filters,
        routes: overrides(patches, point),
        unseen_routes: None,
    };
    let stands = guard::stands(&manager, own);
    let unmade = chain.unsure.iter().find_map(unmade);
    let meant = || patches.iter().find_map(|patch| meant_as_guard(patch, point));
    let meant = unmade.or_else(meant);
    match meant.filter(|_| !stands) {
        Some((place, why)) => {
            findings.error(&place, format_args!("{NO_GUARD}: {why}"));
        }
        None => guard::check(&manager, own, findings),
    }
    rerouting::check(&manager, own, policy, findings);
    rates::check(&manager, own, policy, findings);
    if manager.ahead(own).any(|filter| filter.may_be(JWT_AUTHN)) {
        tokens::check(&manager, own, policy, findings);
    } else if policy.expected_tokens().next().is_some() {
        writers::check(&manager, own, findings);
    }
    upgrades(plugin, &manager, patches, point, findings);
    partial_guards(patches, point, findings);
    if stands {
        unsure_guards(&chain, findings);
    }
    guards_elsewhere(plugin, patches, point, findings);
    changes(&chain, &manager, findings);
    stands
}

/// Looks at upgrades that EnvoyFilters give filters of their own: those of the server are not asked then.
fn upgrades<'d>(
    plugin: &Plugin<'_>,
    manager: &Manager<'d>,
    patches: &[Patch<'d>],
    point: &Point<'_>,
    findings: &mut Findings,
) {
    let nothing_else = Index::of_documents([]);
    for upgrade in merged::upgrades(patches, point) {
        let Some(upgrade) = manager.upgrade(&upgrade, &nothing_else) else { continue };
        let own = plugin.filter_name();
        match upgrade.filters.iter().position(|filter| as_before(filter.name) == own) {
            Some(own) => guard::check(&upgrade, own, findings),
            None => unjudged(&upgrade, findings),
        }
    }
}

/// What is put there as a guard and is none here: where, and why.
fn meant_as_guard(patch: &Patch<'_>, point: &Point<'_>) -> Option<(Place, String)> {
    if !puts_guard(patch) {
        return None;
    }
    let place = patch.part.place.clone();
    let named = patch.filter();
    let why = match patch.reaches(point) {
        Reach::No(why) => why,
        _ => match patch.operation {
            "INSERT_BEFORE" | "INSERT_AFTER" | "INSERT_FIRST" | "REPLACE" if named.is_empty() => {
                "it names no filter (`subFilter`) to stand at, and goes ahead of all of them or behind the router".to_owned()
            }
            "INSERT_FIRST" => "INSERT_FIRST puts it ahead of peergate".to_owned(),
            "INSERT_BEFORE" | "INSERT_AFTER" | "REPLACE" => {
                format!("{} {named} puts it nowhere behind peergate, or it has other rules", patch.operation)
            }
            other => format!("the operation {other:?} puts it nowhere behind peergate"),
        },
    };
    // One that is in its place and has other rules is told as such.
    let is_placed = patch.operation == "INSERT_BEFORE" && named == ROUTER;
    let is_elsewhere = matches!(patch.reaches(point), Reach::No(_)) || !is_placed;
    is_elsewhere.then_some((place, why))
}

/// A guard by a filter that nothing here makes: where, and why it is nowhere.
fn unmade((place, named, presence): &(Place, &str, Presence)) -> Option<(Place, String)> {
    let Presence::Unmade(maker) = presence else { return None };
    let why = format!(
        "it is placed by {named}, and without {maker} (none here is for these workloads) Istio puts no such filter there; \
         INSERT_BEFORE {ROUTER} always finds its place"
    );
    Some((place.clone(), why))
}

/// Tells of guards by filters that may not be there. Of plugins' names more is told elsewhere.
fn unsure_guards(chain: &Chain<'_>, findings: &mut Findings) {
    let unsure = chain.unsure.iter().filter(|(_, named, _)| !named.starts_with(PLUGINS));
    for (place, named, _) in unsure {
        findings.warn(
            place,
            format_args!(
                "finds its place by {named}, and where that is not there the guard is left out: INSERT_BEFORE {ROUTER} \
                 always finds it"
            ),
        );
    }
}

/// Whether a patch puts something there that verifies tokens.
pub(super) fn puts_verifier(patch: &Patch<'_>) -> bool {
    let value = patch.value.as_ref().filter(|_| patch.apply_to == "HTTP_FILTER");
    value.is_some_and(|value| read(value).may_be(JWT_AUTHN))
}

/// Whether a patch puts something there that is meant as a guard.
fn puts_guard(patch: &Patch<'_>) -> bool {
    let value = patch.value.as_ref().filter(|_| patch.apply_to == "HTTP_FILTER");
    value.is_some_and(|value| guard::is_meant(&read(value)))
}

/// Tells of guards that are for some of the plugin's workloads or servers alone.
fn partial_guards(patches: &[Patch<'_>], point: &Point<'_>, findings: &mut Findings) {
    let guards: Vec<&Patch<'_>> = patches.iter().filter(|patch| puts_guard(patch)).collect();
    let is_whole = |patch: &&&Patch<'_>| matches!(patch.reaches(point), Reach::Yes);
    if guards.iter().any(|patch| is_whole(&patch)) {
        return;
    }
    for patch in guards {
        if let Reach::Partly(why) = patch.reaches(point) {
            findings.warn(
                &patch.part.place,
                format_args!("the guard may not stand everywhere that peergate does: {why}"),
            );
        }
    }
}

/// Tells of guards that are for more than the plugin is: nothing passes there.
fn guards_elsewhere(
    plugin: &Plugin<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    findings: &mut Findings,
) {
    let guards = patches.iter().filter(|patch| puts_guard(patch) && patch.is_for(point));
    for patch in guards {
        if plugin.scope.cover(&patch.scope) != Cover::All {
            findings.warn(
                &patch.part.place,
                format_args!(
                    "the guard is for {}, and peergate for {}: where only the guard stands, every request is refused",
                    patch.scope, plugin.scope
                ),
            );
        }
        if patch.filter().starts_with(PLUGINS) {
            findings.warn(
                &patch.part.place,
                "finds its place by the plugin's name, which Istio 1.30 changes: the guard is left out from then on; \
                 INSERT_BEFORE envoy.filters.http.router always finds it",
            );
        }
        let context = patch.part.get("match").map(|it| it.text_of("context")).unwrap_or_default();
        if point.context == INBOUND && context != point.context {
            findings.warn(
                &patch.part.place,
                "does not say `context: SIDECAR_INBOUND`: the guard stands on the way out as well, and refuses what the \
                 workload asks of others",
            );
        }
    }
}

/// Tells of patches of the configuration that the plugin gets by ECDS.
pub(super) fn configurations(plugin: &Plugin<'_>, patches: &[Patch<'_>], findings: &mut Findings) {
    let own = format!("{}.{}", plugin.resource.namespace, plugin.resource.name);
    for patch in patches.iter().filter(|patch| patch.apply_to == "EXTENSION_CONFIG") {
        if patch.value.as_ref().is_some_and(|value| value.text_of("name").ends_with(&own)) {
            findings.warn(
                &patch.part.place,
                "changes what peergate's filter gets in a way that is not looked at here",
            );
        }
    }
}

/// Tells of patches that change the guard.
fn changes(chain: &Chain<'_>, manager: &Manager<'_>, findings: &mut Findings) {
    for (name, place) in &chain.changes {
        let of_guard =
            manager.filters.iter().any(|filter| filter.name == *name && guard::is_meant(filter));
        if of_guard {
            findings.error(
                place,
                "changes the guard: what peergate did not let pass may pass; say all of it where the guard is put there",
            );
        }
    }
}

/// How the names of plugins' filters begin.
const PLUGINS: &str = "extensions.istio.io/";

const NO_GUARD: &str = "is no guard behind peergate, and there is no other";
