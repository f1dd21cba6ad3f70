//! VirtualServices: hosts, names of virtual hosts and routes, and what routes go by.

use peergate::{Matched, Policy};

use crate::manifest::hosts::{self, Served};
use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::proto::Part;
use crate::proxy::routes::edited;

use super::mesh::{Mesh, NETWORKING};
use super::server::Server;

/// A Gateway, and its servers.
pub(super) struct Gateway<'m, 'd> {
    pub(super) resource: &'m Resource<'d>,
    pub(super) servers: Vec<Server<'d>>,
}

/// Looks at what the Gateways of the plugin serve.
pub(super) fn check(
    gateways: &[Gateway<'_, '_>],
    mesh: &Mesh<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    let Some(first) = gateways.first() else { return };
    let services: Vec<&Resource<'_>> = mesh
        .all(NETWORKING, "VirtualService")
        .filter(|service| gateways.iter().any(|gateway| is_bound(service, gateway.resource)))
        .collect();
    let mut served = Vec::new();
    for server in gateways.iter().flat_map(|gateway| &gateway.servers) {
        for (part, host) in &server.hosts {
            served.push(Served { place: part.place.clone(), host });
        }
    }
    hosts::unjudged(&served, policy, findings);
    hosts::unserved(&served, policy, &first.resource.spec().place, findings);
    for service in &services {
        let own: Vec<Part<'_>> = service.spec().items_of("hosts");
        let own: Vec<Served<'_>> = own
            .iter()
            .filter_map(|part| Some(Served { place: part.place.clone(), host: part.text()? }))
            .filter(|own| !served.iter().any(|it| it.host == own.host))
            .collect();
        hosts::unjudged(&own, policy, findings);
        routes_of(service, policy, findings);
    }
    names(gateways, &services, policy, findings);
}

/// Whether a VirtualService is bound to a Gateway.
fn is_bound(service: &Resource<'_>, gateway: &Resource<'_>) -> bool {
    service.spec().items_of("gateways").iter().filter_map(Part::text).any(|named| {
        let (namespace, name) = named.split_once('/').unwrap_or((service.namespace, named));
        namespace == gateway.namespace && name == gateway.name
    })
}

/// Looks for the names of virtual hosts and routes that the policy goes by.
fn names(
    gateways: &[Gateway<'_, '_>],
    services: &[&Resource<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    let Some(first) = gateways.first() else { return };
    let place = services.first().map_or_else(|| first.resource.spec().place, |it| it.spec().place);
    let ports: Vec<u64> =
        gateways.iter().flat_map(|it| &it.servers).filter_map(|server| server.port).collect();
    let hosts: Vec<&str> = services
        .iter()
        .flat_map(|service| service.spec().items_of("hosts"))
        .filter_map(|host| host.text())
        .collect();
    for Matched { place: asking, text } in policy.matched_virtual_hosts() {
        let (host, port) = text.rsplit_once(':').unwrap_or((&text, ""));
        let is_port = port.parse().is_ok_and(|port: u64| ports.is_empty() || ports.contains(&port));
        if !is_port {
            findings.warn(
                &place,
                format_args!(
                    "{asking} is for the virtual host {text}, and Istio names them after a host and the port of a \
                     server, as in api.example.com:443: it matches nothing"
                ),
            );
        } else if !services.is_empty() && !hosts.contains(&host) {
            findings.warn(
                &place,
                format_args!("no VirtualService has the host {host}, which {asking} is for"),
            );
        }
    }
    let wanted = policy.matched_routes();
    let Some(named) = route_names(services) else {
        if let Some(Matched { place: asking, .. }) = wanted.first() {
            findings.note(
                &place,
                format_args!("whether it has the routes of {asking} cannot be seen here"),
            );
        }
        return;
    };
    for Matched { place: asking, text } in wanted {
        if !named.contains(&text) {
            findings.warn(
                &place,
                format_args!(
                    "no VirtualService has a route (`http[].name`) {text}, which {asking} is for"
                ),
            );
        }
    }
}

/// The names that Istio gives routes; none if they cannot be known.
fn route_names(services: &[&Resource<'_>]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for route in services.iter().flat_map(|service| service.spec().items_of("http")) {
        // Istio puts the names of both together.
        if route.get("delegate").is_some() {
            return None;
        }
        let name = route.text_of("name");
        names.push(name.to_owned());
        let of_matches = route.items_of("match");
        let of_matches = of_matches.iter().map(|rule| rule.text_of("name"));
        names.extend(of_matches.filter(|it| !it.is_empty()).map(|it| format!("{name}.{it}")));
    }
    (!services.is_empty()).then_some(names)
}

/// Looks at what the routes of a service go by.
fn routes_of(service: &Resource<'_>, policy: &Policy, findings: &mut Findings) {
    for rule in service.spec().items_of("http").iter().flat_map(|route| route.items_of("match")) {
        let folds = rule.get("ignoreUriCase").filter(|it| it.is(true));
        if let Some(folds) = folds.filter(|_| policy.matches_paths()) {
            findings.warn(
                &folds.place,
                "matches paths without regard to case: the policy does not, and another spelling falls under other rules \
                 there",
            );
        }
        for (field, is_header) in
            [("headers", true), ("withoutHeaders", true), ("queryParams", false)]
        {
            for (name, part) in rule.get(field).iter().flat_map(Part::entries) {
                let what = match is_header {
                    true => edited(policy, Some(name), None),
                    false => edited(policy, None, Some(name)),
                };
                if let Some(what) = what {
                    findings.warn(
                        &part.place,
                        format_args!(
                            "goes by {what}: the route is chosen anew after that, so that a request may take another one \
                             than it was judged for"
                        ),
                    );
                }
            }
        }
    }
}
