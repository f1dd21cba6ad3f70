//! The guard behind the plugin, which EnvoyPatchPolicies put there, and what else they do to filters.

use peergate::Policy;
use serde_json::Value;

use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::filter::{Config, Filter};
use crate::proxy::manager::Manager;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;
use crate::proxy::{guard, rates, rerouting, writers};

use super::GATEWAY_API;
use super::anchor::Anchor;
use super::changes;
use super::exempt;
use super::gateway::Gateway;
use super::listeners;
use super::overrides;
use super::patch::{Patch, Spot};
use super::plugin::Plugin;
use super::target::Target;

/// Looks at the filters of Envoy's listener of this name; whether there is a guard.
pub(super) fn check(
    plugin: &Plugin<'_>,
    gateway: &Gateway<'_>,
    listener: &str,
    patches: &[Patch<'_>],
    resources: &[Resource<'_>],
    policy: &Policy,
    findings: &mut Findings,
) -> bool {
    let routes = plugin.routes();
    let own: Vec<&Patch<'_>> = patches
        .iter()
        .filter(|it| it.kind == "Listener" && it.name == listener && it.is_for(gateway))
        .collect();
    // A guard may let the requests of other routes pass.
    let rest: Vec<Option<Value>> = own.iter().map(|patch| rest_of(patch, &routes)).collect();
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    for (patch, rest) in own.iter().zip(&rest) {
        let Some(value) = &patch.value else { continue };
        let filter = || read(value, rest.as_ref());
        match patch.spot() {
            Some(Spot::Before(name)) => match Anchor::of(name, resources) {
                Anchor::Router => behind.push(filter()),
                Anchor::Sometimes => {
                    if guard::is_meant(&filter()) {
                        findings.warn(
                            &patch.part.place,
                            format_args!(
                                "puts the guard before {name}, and not every filter chain has that: where it is missing \
                                 there is no guard; envoy.filters.http.router is always there"
                            ),
                        );
                    }
                    behind.push(filter());
                }
                // It may be there for all that can be seen here, and is no guard.
                Anchor::Missing if guard::is_meant(&filter()) => {}
                Anchor::Missing => behind.push(filter()),
                Anchor::Elsewhere => ahead.push(filter()),
            },
            Some(Spot::At(0)) => ahead.push(filter()),
            Some(Spot::At(_)) => {
                if guard::is_meant(&filter()) {
                    findings.warn(
                        &patch.part.place,
                        "puts the guard there by number: with another filter ahead it does not stand behind peergate; \
                         `jsonPath: \"..http_filters[?(@.name=='envoy.filters.http.router')]\"` always does",
                    );
                }
                behind.push(filter());
            }
            Some(Spot::End) | None => {}
        }
    }
    let place = plugin.item.place.clone();
    let peergate = Filter {
        place: place.clone(),
        name: plugin.item.text_of("name"),
        config: Config::Elsewhere(vec!["envoy.extensions.filters.http.wasm.v3.Wasm"]),
        is_disabled: false,
        is_discovered: false,
    };
    let position = ahead.len();
    let filters = ahead.into_iter().chain([peergate]).chain(behind).collect();
    let manager = manager(filters, &place, patches, gateway);
    let stands = guard::stands(&manager, position);
    let meant = patches.iter().filter(|patch| is_meant(patch, &routes));
    match meant.filter(|_| !stands).find_map(|patch| misplaced(patch, gateway, listener, resources)) {
        Some((place, why)) => {
            findings.error(&place, format_args!("is no guard behind peergate for the listener {listener}: {why}"));
        }
        None if stands => guard::check(&manager, position, findings),
        None => findings.error(
            &gateway.place,
            format_args!(
                "the listener {listener} has no guard behind peergate (EnvoyPatchPolicy): where Envoy leaves peergate \
                 out, as for a route with an EnvoyExtensionPolicy of its own or a VM that failed, all requests pass"
            ),
        ),
    }
    rerouting::check(&manager, position, policy, findings);
    rates::check(&manager, position, policy, findings);
    if policy.expected_tokens().next().is_some() {
        writers::check(&manager, position, findings);
    }
    if stands && !routes.is_empty() {
        for (patch, rest) in own.iter().zip(&rest) {
            unexempt(patch, rest.as_ref(), &routes, gateway, resources, findings);
        }
    }
    let name =
        manager.filters.get(position..).unwrap_or_default().iter().find(|it| guard::is_meant(it));
    let name = name.map(|guard| guard.name).unwrap_or_default();
    for patch in own {
        changes::check(patch, name, stands, findings);
    }
    for patch in patches.iter().filter(|it| it.is_for(gateway)) {
        changes::replacing(patch, listener, findings);
    }
    for patch in of_routes(patches, gateway) {
        overrides::check(patch, &[name], findings);
    }
    stands
}

fn manager<'d>(
    filters: Vec<Filter<'d>>,
    place: &Place,
    patches: &[Patch<'d>],
    gateway: &Gateway<'_>,
) -> Manager<'d> {
    static NOTHING: Value = Value::Null;
    let whole = of_routes(patches, gateway).filter(|patch| !overrides::is_inside(patch));
    Manager {
        place: place.clone(),
        config: Part { place: place.clone(), value: &NOTHING },
        filters_place: place.clone(),
        filters,
        routes: whole.filter_map(|patch| patch.value.clone()).collect(),
        unseen_routes: None,
    }
}

/// The patches of a Gateway's route configurations.
fn of_routes<'p, 'd>(
    patches: &'p [Patch<'d>],
    gateway: &Gateway<'_>,
) -> impl Iterator<Item = &'p Patch<'d>> {
    patches.iter().filter(|it| it.kind == "RouteConfiguration" && it.is_for(gateway))
}

/// What is left of a guard's configuration without its rules for other routes.
fn rest_of(patch: &Patch<'_>, routes: &[&Target<'_>]) -> Option<Value> {
    let (_, message) = patch.value.as_ref()?.get("typed_config")?.message()?;
    message.get("rules")?;
    Some(exempt::without(&message, routes))
}

fn read<'d>(value: &Part<'d>, rest: Option<&'d Value>) -> Filter<'d> {
    let typed = value.get("typed_config").and_then(|config| config.message());
    let typed = typed.map(|(kind, message)| match rest {
        Some(rest) => (kind, Part { place: message.place, value: rest }),
        None => (kind, message),
    });
    Filter {
        place: value.place.clone(),
        name: value.text_of("name"),
        config: typed.map_or(Config::Unknown, |(kind, message)| Config::Known(kind, message)),
        is_disabled: value.is_true("disabled"),
        is_discovered: false,
    }
}

fn is_meant(patch: &Patch<'_>, routes: &[&Target<'_>]) -> bool {
    let rest = rest_of(patch, routes);
    patch.value.as_ref().is_some_and(|value| guard::is_meant(&read(value, rest.as_ref())))
}

/// Why what is meant as a guard is none for a listener; none if it is for another one, or in its place.
fn misplaced(
    patch: &Patch<'_>,
    gateway: &Gateway<'_>,
    listener: &str,
    resources: &[Resource<'_>],
) -> Option<(Place, String)> {
    let place = patch.part.place.clone();
    if !patch.is_for(gateway) {
        return (patch.name == listener).then(|| (place, patch.why_not_for(gateway)));
    }
    if patch.kind != "Listener" {
        return Some((place, format!("it patches a {}", patch.kind)));
    }
    if patch.name != listener {
        let is_known = gateway
            .listeners
            .iter()
            .any(|it| it.envoy_name == patch.name || listeners::quic(&it.envoy_name) == patch.name);
        // Of a Gateway that is not here any listener may be there.
        let prefix = gateway.prefix();
        let is_unseen = gateway.resource.is_none()
            && [patch.name, listener].iter().all(|it| it.starts_with(&prefix));
        return (!is_known && !is_unseen).then(|| {
            (place, format!("it is for {:?}, which Envoy Gateway makes none of here", patch.name))
        });
    }
    let why = match patch.spot() {
        None => "its operation and paths put no filter there".to_owned(),
        Some(Spot::End) => "it stands behind the router, which nothing passes".to_owned(),
        Some(Spot::Before(name)) if Anchor::of(name, resources) == Anchor::Elsewhere => {
            format!("before {name} it does not stand behind peergate")
        }
        Some(Spot::Before(name)) if Anchor::of(name, resources) == Anchor::Missing => {
            format!("nothing here has Envoy Gateway make {name}, and a path that finds no filter puts none there")
        }
        Some(Spot::At(0)) => "it stands ahead of all filters".to_owned(),
        Some(Spot::Before(_) | Spot::At(_)) => {
            "it has to let pass by the filter state wasm.peergate = allowed, by nothing else, and on every route of \
             peergate"
                .to_owned()
        }
    };
    Some((place, why))
}

/// Tells of a guard that refuses the requests of all routes but those of the plugin.
fn unexempt(
    patch: &Patch<'_>,
    rest: Option<&Value>,
    routes: &[&Target<'_>],
    gateway: &Gateway<'_>,
    resources: &[Resource<'_>],
    findings: &mut Findings,
) {
    let message = patch.value.as_ref().and_then(|value| value.get("typed_config")?.message());
    let is_whole = message.is_some_and(|(_, message)| rest == Some(message.value));
    let mut others =
        resources.iter().filter(|it| it.group == GATEWAY_API && gateway.has(it)).peekable();
    let is_seen = others.peek().is_some();
    let is_all =
        is_seen && others.all(|it| routes.iter().any(|own| own.is(it.kind, it.namespace, it.name)));
    if is_meant(patch, routes) && is_whole && !is_all {
        findings.warn(
            &patch.part.place,
            "stands before all routes of the listener, and peergate is for some: the guard refuses the others",
        );
    }
}
