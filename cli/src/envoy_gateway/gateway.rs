//! Gateways, and the listeners that Envoy Gateway makes of theirs.

use crate::manifest::resource::Resource;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

use super::plugin::Plugin;
use super::setting::Setting;
use super::target::Target;
use super::{GATEWAY_API, POLICIES};

/// A Gateway that a plugin is for.
pub(super) struct Gateway<'d> {
    pub(super) namespace: &'d str,
    pub(super) name: &'d str,
    /// Where it is, or is named.
    pub(super) place: Place,
    /// Its listeners that the plugin is for; none if it is not here.
    pub(super) listeners: Vec<Listener<'d>>,
    pub(super) resource: Option<Resource<'d>>,
}

/// A listener of a Gateway.
pub(super) struct Listener<'d> {
    pub(super) part: Part<'d>,
    pub(super) name: &'d str,
    /// What Envoy's listener is called: of several on one port it is named after the first, or after the port.
    pub(super) envoy_name: String,
}

impl<'d> Gateway<'d> {
    /// The Gateways that a plugin is for: those that it names, and those of the routes that it names.
    pub(super) fn all(
        plugin: &Plugin<'d>,
        resources: &[Resource<'d>],
        setting: Setting,
    ) -> Vec<Self> {
        let mut named = Vec::new();
        for target in &plugin.targets {
            if target.kind == "Gateway" {
                named.push((target.namespace, target.name, target.section, target.place.clone()));
            }
            let is_it = |it: &&Resource<'d>| {
                it.group == GATEWAY_API
                    && it.kind.ends_with("Route")
                    && target.is(it.kind, it.namespace, it.name)
            };
            named.extend(resources.iter().filter(is_it).flat_map(parents));
        }
        if named.is_empty() {
            // Routes that are not here: the Gateways that are patched for them.
            for patches in resources.iter().filter(|it| it.is(POLICIES, "EnvoyPatchPolicy")) {
                let targets = Target::all(patches, resources).into_iter();
                let gateways = targets.filter(|it| it.kind == "Gateway");
                named.extend(gateways.map(|it| (it.namespace, it.name, "", it.place)));
            }
        }
        let mut found: Vec<Self> = Vec::new();
        for (namespace, name, section, place) in named {
            let known = found.iter().position(|it| (it.namespace, it.name) == (namespace, name));
            // Of two listeners that are named all are looked at.
            let section = if known.is_some() { "" } else { section };
            let read = Self::read(namespace, name, section, &place, resources, setting);
            match known.and_then(|index| found.get_mut(index)) {
                Some(known) => *known = read,
                None => found.push(read),
            }
        }
        found
    }

    fn read(
        namespace: &'d str,
        name: &'d str,
        section: &'d str,
        place: &Place,
        resources: &[Resource<'d>],
        setting: Setting,
    ) -> Self {
        let is_it = |it: &&Resource<'d>| {
            it.is(GATEWAY_API, "Gateway") && (it.namespace, it.name) == (namespace, name)
        };
        let resource = resources.iter().find(is_it).cloned();
        let listeners =
            resource.as_ref().map(|it| it.spec().items_of("listeners")).unwrap_or_default();
        let port = |part: &Part<'_>| part.get("port").and_then(|port| port.value.as_u64());
        let first = |part: &Part<'d>| {
            let first = listeners.iter().find(|other| port(other) == port(part));
            first.unwrap_or(part).text_of("name")
        };
        let own = listeners.iter().filter(|part| ["", part.text_of("name")].contains(&section));
        let own = own.map(|part| Listener {
            part: part.clone(),
            name: part.text_of("name"),
            envoy_name: match port(part).filter(|_| setting.is_by_port) {
                Some(port) => format!("tcp-{port}"),
                None => format!("{namespace}/{name}/{}", first(part)),
            },
        });
        let place = resource.as_ref().map_or(place, |it| it.place()).clone();
        Self { namespace, name, place, listeners: own.collect(), resource }
    }

    /// What Envoy's listeners of it are called, before the name of the listener.
    pub(super) fn prefix(&self) -> String {
        format!("{}/{}/", self.namespace, self.name)
    }

    /// Whether a route belongs to it.
    pub(super) fn has(&self, route: &Resource<'_>) -> bool {
        parents(route)
            .iter()
            .any(|(namespace, name, ..)| (*namespace, *name) == (self.namespace, self.name))
    }
}

/// The Gateways that a route belongs to: namespace, name, listener, and where it says so.
fn parents<'d>(route: &Resource<'d>) -> Vec<(&'d str, &'d str, &'d str, Place)> {
    let parents = route.spec().items_of("parentRefs").into_iter();
    let gateways = parents.filter(|part| ["", "Gateway"].contains(&part.text_of("kind")));
    let read = |part: Part<'d>| {
        let namespace = part.get("namespace").and_then(|it| it.text()).unwrap_or(route.namespace);
        (namespace, part.text_of("name"), part.text_of("sectionName"), part.place)
    };
    gateways.map(read).collect()
}
