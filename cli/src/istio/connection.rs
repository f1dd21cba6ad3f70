//! The HTTP connection manager of a server: paths, hosts, and what it tells of certificates.

use peergate::Policy;

use crate::proxy::manager::Manager;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;
use crate::proxy::{Findings, forwarded, hosts, paths};

use super::merged;
use super::mesh::Mesh;
use super::patch::{Patch, Point};

/// Looks at what Istio and EnvoyFilters say of a server; `server` is where it is.
pub(super) fn check(
    server: &Place,
    mesh: &Mesh<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    let manager = merged::manager(mesh, patches, point);
    let routes = merged::routes(patches, point);
    let place = manager.place.unwrap_or_else(|| server.clone());
    let config = Part { place: place.clone(), value: &manager.value };
    let routes_place = routes.place.unwrap_or_else(|| server.clone());
    let manager = Manager {
        filters_place: place.clone(),
        place,
        config,
        filters: Vec::new(),
        routes: vec![Part { place: routes_place, value: &routes.value }],
        unseen_routes: None,
    };
    hosts::check(&manager, policy, findings);
    paths::check(&manager, policy, findings);
    forwarded::check(&manager, policy, findings);
}
