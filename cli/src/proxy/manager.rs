//! HTTP connection managers: their filters in order, and their routes.

use super::filter::Filter;
use super::place::Place;
use super::proto::Part;
use super::resources::Index;

/// An HTTP connection manager.
pub(crate) struct Manager<'d> {
    pub(crate) place: Place,
    pub(crate) config: Part<'d>,
    /// Where its filters are.
    pub(crate) filters_place: Place,
    pub(crate) filters: Vec<Filter<'d>>,
    /// The route configurations that can be seen.
    pub(crate) routes: Vec<Part<'d>>,
    /// Where it says that its routes come from elsewhere.
    pub(crate) unseen_routes: Option<Place>,
}

impl<'d> Manager<'d> {
    /// All of a configuration's.
    pub(crate) fn all(index: &Index<'d>) -> Vec<Self> {
        let messages = index.messages("http_connection_manager.v3.HttpConnectionManager");
        messages.map(|part| Self::read(part, index)).collect()
    }

    fn read(part: &Part<'d>, index: &Index<'d>) -> Self {
        let list = part.get("http_filters");
        let filters_place = list.as_ref().map_or(&part.place, |list| &list.place).clone();
        let filters = part.items_of("http_filters");
        let filters = filters.iter().map(|filter| Filter::read(filter, index)).collect();
        let mut routes: Vec<Part<'_>> = part.get("route_config").into_iter().collect();
        let mut unseen_routes = None;
        if let Some(discovered) = part.get("rds") {
            let name = discovered.text_of("route_config_name");
            match index.named("envoy.config.route.v3.RouteConfiguration", name) {
                Some(found) => routes.push(found),
                None => unseen_routes = Some(discovered.place),
            }
        }
        if let Some(scoped) = part.get("scoped_routes") {
            unseen_routes = Some(scoped.place);
        }
        let (place, config) = (part.place.clone(), part.clone());
        Self { place, config, filters_place, filters, routes, unseen_routes }
    }

    /// The filters of each kind of upgrade (`Upgrade: websocket`) that has its own: the same manager with these in the
    /// place of the others. Requests for one go past all others.
    pub(crate) fn upgrades(&self, index: &Index<'d>) -> Vec<Self> {
        let upgrades = self.config.items_of("upgrade_configs").into_iter();
        upgrades.filter_map(|upgrade| self.upgrade(&upgrade, index)).collect()
    }

    /// The same for one of `upgrade_configs`; none if it has no filters of its own.
    pub(crate) fn upgrade(&self, upgrade: &Part<'d>, index: &Index<'d>) -> Option<Self> {
        let list = upgrade.get("filters")?;
        let filters: Vec<_> = list.items().map(|filter| Filter::read(&filter, index)).collect();
        (!filters.is_empty()).then(|| Self {
            place: upgrade.place.clone(),
            config: self.config.clone(),
            filters_place: list.place,
            filters,
            routes: self.routes.clone(),
            unseen_routes: self.unseen_routes.clone(),
        })
    }

    /// The place of the filter peergate among the filters.
    pub(crate) fn peergate(&self) -> Option<usize> {
        self.filters.iter().position(Filter::is_peergate)
    }

    /// What stands ahead of a filter.
    pub(crate) fn ahead(&self, position: usize) -> impl Iterator<Item = &Filter<'d>> {
        self.filters.iter().take(position)
    }

    /// What stands behind a filter.
    pub(crate) fn behind(
        &self,
        position: usize,
    ) -> std::iter::Skip<std::slice::Iter<'_, Filter<'d>>> {
        self.filters.iter().skip(position.saturating_add(1))
    }

    /// What virtual hosts and routes say of a filter of this name: a message of some type. The route
    /// configurations are gone through from the outer to the inner.
    pub(crate) fn overrides(&self, name: &str) -> Vec<Part<'d>> {
        let mut found = Vec::new();
        for routes in &self.routes {
            routes.walk(&mut |part| {
                let of_filters =
                    part.place.is_field(&["typed_per_filter_config", "typedPerFilterConfig"]);
                if of_filters {
                    let own = part.entries().find(|(filter, _)| *filter == name);
                    found.extend(own.map(|(_, part)| part));
                }
                !of_filters
            });
        }
        found
    }
}
