//! The HTTP filters of a server, as Istio puts them in order and EnvoyFilters change them.

use serde_json::Value;

use crate::proxy::filter::{Config, Filter};
use crate::proxy::guard;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

use super::mesh::Mesh;
use super::patch::{Patch, Point, Reach};
use super::plugin::{Phase, Plugin};
use super::presence::{Presence, ROUTER};

/// A filter in its place.
struct Slot<'d> {
    name: String,
    what: What<'d>,
    /// Whether others find it there.
    presence: Presence,
}

enum What<'d> {
    /// One that Istio puts there by itself, or another plugin.
    Istios,
    /// The plugin.
    Peergate,
    /// What an EnvoyFilter puts there.
    Put(Part<'d>),
}

/// What is taken away.
pub(super) enum Taken<'d> {
    Peergate,
    Put(Part<'d>),
}

/// The filters of a server.
pub(super) struct Chain<'d> {
    slots: Vec<Slot<'d>>,
    /// Where EnvoyFilters take the plugin away, or what an EnvoyFilter has put there.
    pub(super) taken: Vec<(Taken<'d>, Place)>,
    /// Patches that change the plugin or filters which EnvoyFilters put there: what becomes of them is not
    /// reckoned out.
    pub(super) changes: Vec<(String, Place)>,
    /// Where EnvoyFilters put guards by a filter that may not be there, by its name; such a guard counts only if
    /// something here makes that filter.
    pub(super) unsure: Vec<(Place, &'d str, Presence)>,
}

impl<'d> Chain<'d> {
    /// Puts the filters of a server in order.
    pub(super) fn of(
        plugin: &Plugin<'d>,
        plugins: &[Plugin<'d>],
        mesh: &Mesh<'_>,
        patches: &[Patch<'d>],
        point: &Point<'_>,
    ) -> Self {
        let slots = usual(plugin, plugins, mesh);
        let mut chain = Self { slots, taken: Vec::new(), changes: Vec::new(), unsure: Vec::new() };
        let of_filters = patches.iter().filter(|patch| patch.apply_to == "HTTP_FILTER");
        let of_filters: Vec<&Patch<'d>> = of_filters.filter(|patch| patch.is_for(point)).collect();
        // What is merged is merged into what the others have made.
        let (merging, placing): (Vec<_>, Vec<_>) =
            of_filters.into_iter().partition(|patch| patch.operation.starts_with("MERGE"));
        for patch in placing {
            chain.apply(patch, patch.reaches(point) == Reach::Yes);
        }
        merging.into_iter().for_each(|patch| chain.merge(patch));
        chain
    }

    /// The plugin, and what EnvoyFilters put around it; with the position of the plugin.
    pub(super) fn filters(&self, plugin: &'d Place, name: &'d str) -> (Vec<Filter<'d>>, usize) {
        let mut filters = Vec::new();
        let mut own = 0;
        // What stands behind the router is never asked.
        for slot in self.slots.iter().take_while(|slot| slot.name != ROUTER) {
            match &slot.what {
                What::Istios => {}
                What::Peergate => {
                    own = filters.len();
                    let config = Config::Elsewhere(vec![WASM]);
                    let place = plugin.clone();
                    filters.push(Filter {
                        place,
                        name,
                        config,
                        is_disabled: false,
                        is_discovered: true,
                    });
                }
                What::Put(part) => filters.push(read(part)),
            }
        }
        (filters, own)
    }

    /// Whether the plugin is among them.
    pub(super) fn has_peergate(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.what, What::Peergate))
    }

    fn apply(&mut self, patch: &Patch<'d>, is_for_all: bool) {
        let named = patch.filter();
        let anchor = as_before(named);
        let found = self.slots.iter().position(|slot| slot.name == anchor);
        let by = found.and_then(|at| self.slots.get(at)).map_or(Presence::Sure, |it| it.presence);
        let is_guard = patch.value.as_ref().is_some_and(|value| guard::is_meant(&read(value)));
        let is_placed_by = !["INSERT_FIRST", "ADD", "REMOVE"].contains(&patch.operation);
        if is_guard && is_placed_by && by != Presence::Sure {
            self.unsure.push((patch.part.place.clone(), named, by));
            if matches!(by, Presence::Unmade(_)) {
                return;
            }
        }
        let place = |value: &Part<'d>| Slot {
            name: value.text_of("name").to_owned(),
            what: What::Put(value.clone()),
            presence: if is_placed_by { by } else { Presence::Sure }.placing(is_for_all),
        };
        let new = patch.value.as_ref().map(place);
        let end = self.slots.len();
        match (patch.operation, new, found) {
            ("INSERT_FIRST", Some(new), _) => self.slots.insert(0, new),
            ("INSERT_BEFORE", Some(new), Some(at)) => self.slots.insert(at, new),
            ("INSERT_BEFORE", Some(new), None) if named.is_empty() => self.slots.insert(0, new),
            ("INSERT_AFTER", Some(new), Some(at)) => {
                self.slots.insert(at.saturating_add(1).min(end), new);
            }
            ("INSERT_AFTER", Some(new), None) if named.is_empty() => self.slots.push(new),
            ("ADD", Some(new), _) => self.slots.push(new),
            ("REPLACE", Some(new), Some(at)) => {
                self.take(at, patch);
                self.slots.insert(at.min(self.slots.len()), new);
            }
            ("REMOVE", _, Some(at)) => self.take(at, patch),
            _ => {}
        }
    }

    /// What is merged into the plugin, which comes by ECDS, has no effect.
    fn merge(&mut self, patch: &Patch<'d>) {
        let named = patch.filter();
        let is_all = patch.filter().is_empty();
        for slot in &self.slots {
            if matches!(slot.what, What::Put(_)) && (is_all || slot.name == named) {
                self.changes.push((slot.name.clone(), patch.part.place.clone()));
            }
        }
    }

    fn take(&mut self, at: usize, patch: &Patch<'d>) {
        let taken = match self.slots.remove(at).what {
            What::Istios => return,
            What::Peergate => Taken::Peergate,
            What::Put(part) => Taken::Put(part),
        };
        self.taken.push((taken, patch.part.place.clone()));
    }
}

/// A filter that an EnvoyFilter puts there.
pub(super) fn read<'d>(part: &Part<'d>) -> Filter<'d> {
    let typed = part.get("typed_config").and_then(|config| config.message());
    let elsewhere = part.get("config_discovery").map(|discovery| {
        let urls = discovery.items_of("type_urls");
        let kinds = urls.iter().filter_map(Part::text);
        Config::Elsewhere(kinds.map(|url| url.rsplit('/').next().unwrap_or(url)).collect())
    });
    let known = typed.map(|(kind, message)| Config::Known(kind, message));
    Filter {
        place: part.place.clone(),
        name: part.text_of("name"),
        is_discovered: known.is_none() && elsewhere.is_some(),
        config: known.or(elsewhere).unwrap_or(Config::Unknown),
        is_disabled: part.is_true("disabled"),
    }
}

/// The order of Istio (1.27 to 1.30), without what EnvoyFilters do.
fn usual<'d>(plugin: &Plugin<'d>, plugins: &[Plugin<'d>], mesh: &Mesh<'_>) -> Vec<Slot<'d>> {
    let istios = |name: &str| Slot {
        name: name.to_owned(),
        what: What::Istios,
        presence: Presence::of(name, plugin, mesh),
    };
    let mut slots = vec![istios("istio.metadata_exchange")];
    for phase in [Phase::Authn, Phase::Authz, Phase::Stats, Phase::Unspecified] {
        match phase {
            Phase::Authn | Phase::Unspecified => {}
            Phase::Authz => slots.push(istios("envoy.filters.http.jwt_authn")),
            Phase::Stats => slots.push(istios("envoy.filters.http.rbac")),
        }
        let mut own: Vec<&Plugin<'d>> = plugins.iter().filter(|it| it.phase() == phase).collect();
        own.sort_by_key(|it| std::cmp::Reverse(it.priority()));
        slots.extend(own.into_iter().map(|it| {
            let is_own = std::ptr::eq(it.resource.part.value, plugin.resource.part.value);
            let (what, presence) = match is_own {
                true => (What::Peergate, Presence::Sure),
                false => (What::Istios, Presence::Likely),
            };
            Slot { name: it.filter_name(), what, presence }
        }));
    }
    let rest = [
        "istio.alpn",
        "envoy.filters.http.grpc_stats",
        "envoy.filters.http.fault",
        "envoy.filters.http.cors",
    ];
    slots.extend(rest.into_iter().map(istios));
    slots.extend(["istio.stats", ROUTER].into_iter().map(istios));
    slots
}

/// What EnvoyFilters say of single routes and of virtual hosts, for this server.
pub(super) fn overrides<'d>(patches: &[Patch<'d>], point: &Point<'_>) -> Vec<Part<'d>> {
    let of_routes = patches.iter().filter(|patch| {
        ["ROUTE_CONFIGURATION", "VIRTUAL_HOST", "HTTP_ROUTE"].contains(&patch.apply_to)
    });
    let reaching = of_routes.filter(|patch| patch.is_for(point) && patch.operation != "REMOVE");
    reaching.filter_map(|patch| patch.value.clone()).collect()
}

/// The name of a filter before Istio 1.30, which calls those of WasmPlugins otherwise.
pub(super) fn as_before(name: &str) -> String {
    let plugin = name.strip_prefix("extensions.istio.io/trafficextension/");
    let plugin = plugin.and_then(|plugin| plugin.strip_suffix("~istio-translated-wasmplugin"));
    plugin.map_or_else(
        || name.to_owned(),
        |plugin| format!("extensions.istio.io/wasmplugin/{plugin}"),
    )
}

/// A configuration without anything in it.
pub(super) static NOTHING: Value = Value::Null;

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
