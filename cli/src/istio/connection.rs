//! The HTTP connection manager of a server: paths, hosts, and what it tells of certificates.

use peergate::Policy;
use serde_json::{Value, json};

use crate::proxy::manager::Manager;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;
use crate::proxy::{Findings, forwarded, hosts, paths};

use super::merged::{self, Merged};
use super::mesh::Mesh;
use super::patch::{INBOUND, Patch, Point};

/// Looks at what Istio and EnvoyFilters say of a server; `server` is where it is.
pub(super) fn check(
    server: &Place,
    mesh: &Mesh<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    let mut manager = merged::manager(mesh, patches, point);
    let mut routes = merged::routes(patches, point);
    if point.context == INBOUND {
        in_sidecar(&mut manager, &mut routes, server, policy, findings);
    }
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

/// In a sidecar the mesh has verified what the last element of x-forwarded-client-cert tells, and earlier ones are those
/// of earlier hops: it is appended to, and goes on to the application. Envoy before 1.38 has the certificate from there
/// alone.
fn in_sidecar(
    manager: &mut Merged,
    routes: &mut Merged,
    place: &Place,
    policy: &Policy,
    findings: &mut Findings,
) {
    let at = |pointer: &str| manager.value.pointer(pointer).cloned();
    let tells = |field: &str| {
        at(&format!("/set_current_client_cert_details/{field}")) == Some(Value::Bool(true))
    };
    if policy.looks_at_certificates() && !tells("cert") && !tells("chain") {
        findings.note(
            manager.place.as_ref().unwrap_or(place),
            "before Istio 1.30 nothing tells peergate the whole certificate of a caller: say \
             `set_current_client_cert_details: { cert: true }`",
        );
    }
    let appends = at("/forward_client_cert_details") == Some("APPEND_FORWARD".into());
    for (value, field, usual) in [
        (&mut manager.value, "forward_client_cert_details", appends.then(|| "SANITIZE_SET".into())),
        (&mut routes.value, "request_headers_to_remove", Some(json!(["x-forwarded-client-cert"]))),
    ] {
        if let (Some(fields), Some(usual)) = (value.as_object_mut(), usual) {
            fields.insert(field.to_owned(), usual);
        }
    }
}
