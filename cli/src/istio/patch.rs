//! The patches of EnvoyFilters, and where they reach.

use crate::proxy::proto::Part;

use super::age::Age;
use super::mesh::{Mesh, NETWORKING};
use super::scope::{Cover, Scope};

/// A patch of an EnvoyFilter.
#[derive(Clone, Debug)]
pub(super) struct Patch<'d> {
    pub(super) part: Part<'d>,
    pub(super) apply_to: &'d str,
    pub(super) operation: &'d str,
    /// What is put there.
    pub(super) value: Option<Part<'d>>,
    pub(super) scope: Scope<'d>,
    /// How many of the plugin's workloads it is for.
    cover: Cover,
    order: Order<'d>,
}

/// By priority, those of the root namespace before others, then by age and name.
type Order<'d> = (i64, bool, Age<'d>);

/// A server whose connections a patch may be for.
#[derive(Clone, Debug, Default)]
pub(super) struct Point<'d> {
    /// The context of its patches: `GATEWAY` or `SIDECAR_INBOUND`.
    pub(super) context: &'d str,
    pub(super) port: Option<u64>,
    /// The ports of all servers.
    pub(super) ports: Vec<u64>,
    /// Server names of its filter chain; none if it is for all.
    pub(super) names: Vec<&'d str>,
}

/// Whether a patch is for a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Yes,
    /// Only under a condition, or nobody can tell from here: why.
    Partly(String),
    No(String),
}

/// All patches, in the order in which Istio applies them, each with what it is to a scope.
pub(super) fn all<'d>(mesh: &Mesh<'d>, scope: &Scope<'d>) -> Vec<Patch<'d>> {
    let mut all = Vec::new();
    for filter in mesh.all(NETWORKING, "EnvoyFilter") {
        let own = Scope::of(filter, mesh.root);
        let cover = own.cover(scope);
        let is_root = filter.namespace == mesh.root;
        let spec = filter.spec();
        let priority = spec.get("priority").and_then(|it| it.value.as_i64()).unwrap_or_default();
        let patches = spec.items_of("configPatches");
        let takes_away = patches.iter().filter_map(|it| it.get("patch"));
        let takes_away = takes_away
            .into_iter()
            .any(|it| ["REMOVE", "REPLACE"].contains(&it.text_of("operation")));
        let order = (priority, !is_root, Age::of(filter).taking_away(takes_away));
        all.extend(patches.into_iter().map(|part| Patch::read(part, own.clone(), cover, order)));
    }
    all.sort_by_key(|patch| patch.order);
    all
}

impl<'d> Patch<'d> {
    fn read(part: Part<'d>, scope: Scope<'d>, cover: Cover, order: Order<'d>) -> Self {
        let patch = part.get("patch");
        Self {
            apply_to: part.text_of("applyTo"),
            operation: patch.as_ref().map(|it| it.text_of("operation")).unwrap_or_default(),
            value: patch.and_then(|it| it.get("value")),
            scope,
            cover,
            order,
            part,
        }
    }

    /// Whether it is for the plugin's workloads, and for this server.
    pub(super) fn reaches(&self, point: &Point<'_>) -> Reach {
        if self.cover == Cover::Nothing {
            return Reach::No(format!("it is for {}, and the plugin is for others", self.scope));
        }
        let rule = self.part.get("match");
        let context = rule.as_ref().map(|it| it.text_of("context")).unwrap_or_default();
        if !["", "ANY", point.context].contains(&context) {
            return Reach::No(format!(
                "its context is {context}, and here it is {}",
                point.context
            ));
        }
        let mut doubts = Vec::new();
        if self.cover == Cover::Some {
            doubts.push(format!("it is for {} alone", self.scope));
        }
        if rule.as_ref().is_some_and(|it| it.get("proxy").is_some()) {
            doubts.push("it is for some versions of the proxy alone".to_owned());
        }
        if let Some(listener) = rule.and_then(|it| it.get("listener"))
            && let Err(why) = of_listener(&listener, point, &mut doubts)
        {
            return Reach::No(why);
        }
        let network = self.network_filter().unwrap_or(MANAGER);
        if self.apply_to == "HTTP_FILTER" && network != MANAGER {
            return Reach::No(format!("it is for the network filter {network:?}"));
        }
        match doubts.is_empty() {
            true => Reach::Yes,
            false => Reach::Partly(doubts.join(", and ")),
        }
    }

    /// Whether it is for this server, for some of its workloads at least.
    pub(super) fn is_for(&self, point: &Point<'_>) -> bool {
        !matches!(self.reaches(point), Reach::No(_))
    }

    /// The filter of requests that it names.
    pub(super) fn filter(&self) -> &'d str {
        let named = self.named_filter().and_then(|filter| filter.get("subFilter"));
        named.map(|it| it.text_of("name")).unwrap_or_default()
    }

    /// The filter of connections that it names; none if it is for all.
    pub(super) fn network_filter(&self) -> Option<&'d str> {
        self.named_filter().map(|filter| filter.text_of("name"))
    }

    fn named_filter(&self) -> Option<Part<'d>> {
        let listener = self.part.get("match")?.get("listener")?;
        listener.get("filterChain")?.get("filter")
    }
}

/// Whether the match of a listener is for a server; says why not.
fn of_listener(
    listener: &Part<'_>,
    point: &Point<'_>,
    doubts: &mut Vec<String>,
) -> Result<(), String> {
    let number = listener.get("portNumber").and_then(|it| it.value.as_u64());
    if let Some(number) = number.filter(|number| Some(*number) != point.port) {
        if point.ports.contains(&number) {
            return Err(format!("it is for port {number} alone"));
        }
        doubts.push(format!("it is for port {number} alone"));
    }
    for field in ["name", "portName", "listenerFilter"] {
        if let Some(named) = listener.get(field).and_then(|it| it.text()) {
            doubts.push(format!("it is for listeners with {field} {named:?} alone"));
        }
    }
    let Some(chain) = listener.get("filterChain") else { return Ok(()) };
    if let Some(sni) = chain.get("sni").and_then(|it| it.text())
        && !point.names.contains(&sni)
    {
        return Err(format!("it is for the server name {sni} alone"));
    }
    for field in ["name", "transportProtocol", "applicationProtocols", "destinationPort"] {
        if chain.get(field).is_some() {
            doubts.push(format!("it is for filter chains with its {field} alone"));
        }
    }
    Ok(())
}

/// The context of gateways.
pub(super) const GATEWAY: &str = "GATEWAY";

/// The context of what comes into sidecars.
pub(super) const INBOUND: &str = "SIDECAR_INBOUND";

/// The filter of connections that reads requests.
pub(super) const MANAGER: &str = "envoy.filters.network.http_connection_manager";
