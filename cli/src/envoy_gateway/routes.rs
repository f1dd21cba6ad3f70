//! HTTPRoutes: hosts, names of virtual hosts and routes, and what routes go by.

use peergate::{Matched, Policy};

use crate::manifest::hosts::{self, Served};
use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::proto::Part;
use crate::proxy::routes::edited;

use super::GATEWAY_API;
use super::gateway::Gateway;
use super::plugin::Plugin;
use super::setting::Setting;

/// Looks at what the Gateways of the plugin serve.
pub(super) fn check(
    plugin: &Plugin<'_>,
    gateways: &[Gateway<'_>],
    resources: &[Resource<'_>],
    setting: Setting,
    policy: &Policy,
    findings: &mut Findings,
) {
    let own = plugin.routes();
    let routes: Vec<&Resource<'_>> = resources
        .iter()
        .filter(|it| it.group == GATEWAY_API && it.kind.ends_with("Route"))
        .filter(|route| match own.is_empty() {
            true => gateways.iter().any(|gateway| gateway.has(route)),
            false => own.iter().any(|it| it.is(route.kind, route.namespace, route.name)),
        })
        .collect();
    let hosts_of_routes: Vec<Part<'_>> =
        routes.iter().flat_map(|route| route.spec().items_of("hostnames")).collect();
    let served = |part: &Part<'_>| part.place.clone();
    let of_routes: Vec<Served<'_>> = hosts_of_routes
        .iter()
        .filter_map(|part| Some(Served { place: served(part), host: part.text()? }))
        .collect();
    let listeners = gateways.iter().flat_map(|gateway| &gateway.listeners);
    let of_listeners: Vec<Served<'_>> = listeners
        .map(|listener| {
            let hostname = listener.part.get("hostname");
            let place = hostname.as_ref().map_or(&listener.part.place, |it| &it.place).clone();
            Served { place, host: hostname.and_then(|it| it.text()).unwrap_or("*") }
        })
        .collect();
    let told = if of_routes.is_empty() { &of_listeners } else { &of_routes };
    hosts::unjudged(told, policy, findings);
    let place = gateways.first().map_or(&plugin.item.place, |gateway| &gateway.place);
    // What a route takes no host of, it takes of its listeners; a route of another host may be elsewhere.
    hosts::unserved(&of_listeners, policy, place, findings);
    for route in &routes {
        goes_by(route, policy, findings);
    }
    names(plugin, gateways, &routes, setting, policy, findings);
}

/// Looks at what a route goes by.
fn goes_by(route: &Resource<'_>, policy: &Policy, findings: &mut Findings) {
    for rule in route.spec().items_of("rules").iter().flat_map(|rule| rule.items_of("matches")) {
        let headers = rule.items_of("headers").into_iter().map(|part| (part, true));
        let parameters = rule.items_of("queryParams").into_iter().map(|part| (part, false));
        for (part, is_header) in headers.chain(parameters) {
            let name = part.text_of("name");
            let what = match is_header {
                true => edited(policy, Some(name), None),
                false => edited(policy, None, Some(name)),
            };
            if let Some(what) = what {
                findings.warn(
                    &part.place,
                    format_args!(
                        "goes by {what}: the route is chosen anew after that, so that a request may take another one than \
                         it was judged for"
                    ),
                );
            }
        }
    }
}

/// Looks for the names of virtual hosts and routes that the policy goes by.
fn names(
    plugin: &Plugin<'_>,
    gateways: &[Gateway<'_>],
    routes: &[&Resource<'_>],
    setting: Setting,
    policy: &Policy,
    findings: &mut Findings,
) {
    let place = &plugin.item.place;
    for Matched { place: asking, text } in policy.matched_virtual_hosts() {
        if setting.is_by_port {
            if text.contains(['/', '.']) {
                findings.warn(
                    place,
                    format_args!(
                        "{asking} is for the virtual host {text}, and with XDSNameSchemeV2 Envoy Gateway names them after \
                         the host alone, as in api_example_com: it matches nothing"
                    ),
                );
            }
            continue;
        }
        let parts: Vec<&str> = text.split('/').collect();
        let [namespace, name, listener, host] = parts.as_slice() else {
            findings.warn(
                place,
                format_args!(
                    "{asking} is for the virtual host {text}, and Envoy Gateway names them after namespace, Gateway, \
                     listener and host, as in default/eg/https/api_example_com: it matches nothing"
                ),
            );
            continue;
        };
        let gateway = gateways.iter().find(|it| (it.namespace, it.name) == (*namespace, *name));
        let has_it = gateway.is_some_and(|gateway| {
            gateway.resource.is_none() || gateway.listeners.iter().any(|it| it.name == *listener)
        });
        if !has_it || host.contains('.') {
            findings.warn(
                place,
                format_args!("no listener here has the virtual host {text}, which {asking} is for"),
            );
        }
    }
    for Matched { place: asking, text } in policy.matched_routes() {
        let Some(name) = Name::read(&text) else {
            findings.warn(
                place,
                format_args!(
                    "{asking} is for the route {text}, and Envoy Gateway names them as in \
                     httproute/default/orders/rule/0/match/0/api_example_com: it matches nothing"
                ),
            );
            continue;
        };
        let is_it =
            |route: &&&Resource<'_>| (route.namespace, route.name) == (name.namespace, name.route);
        match routes.iter().find(is_it) {
            Some(route) if name.is_of(route) => {}
            None if routes.is_empty() => {
                findings.note(
                    place,
                    format_args!("whether there is the route of {asking} cannot be seen here"),
                );
            }
            _ => findings.warn(
                place,
                format_args!("no HTTPRoute here makes the route {text}, which {asking} is for"),
            ),
        }
    }
}

/// The name that Envoy Gateway gives a route.
struct Name<'n> {
    namespace: &'n str,
    route: &'n str,
    rule: usize,
    number: usize,
    host: &'n str,
}

impl<'n> Name<'n> {
    fn read(text: &'n str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let ["httproute" | "grpcroute", namespace, route, "rule", rule, "match", number, host] =
            *parts
        else {
            return None;
        };
        let (rule, number) = (rule.parse().ok()?, number.parse().ok()?);
        (!host.contains('.')).then_some(Self { namespace, route, rule, number, host })
    }

    fn is_of(&self, route: &Resource<'_>) -> bool {
        let spec = route.spec();
        let rules = spec.items_of("rules");
        let matches = rules.get(self.rule).map(|rule| rule.items_of("matches").len().max(1));
        let hosts = spec.items_of("hostnames");
        let is_host =
            |host: &Part<'_>| host.text().is_some_and(|it| it.replace('.', "_") == self.host);
        matches.is_some_and(|count| self.number < count)
            && (hosts.is_empty() || hosts.iter().any(is_host))
    }
}
