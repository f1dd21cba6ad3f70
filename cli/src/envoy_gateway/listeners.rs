//! Envoy's listeners of a Gateway: a port has one, and with HTTP/3 two.

use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::gateway::Gateway;
use super::patch::Patch;
use super::setting::Setting;
use super::target::Target;
use super::traffic::policy_for;
use super::{GATEWAY_API, POLICIES};

/// What Envoy's listeners of a Gateway are called; where the Gateway is not here, those that are patched.
pub(super) fn all(
    gateway: &Gateway<'_>,
    patches: &[Patch<'_>],
    resources: &[Resource<'_>],
    setting: Setting,
    findings: &mut Findings,
) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    match &gateway.resource {
        Some(resource) => {
            for listener in gateway.listeners.iter().filter(|it| is_http(&it.part)) {
                add(&listener.envoy_name);
                let neighbours = resource.spec().items_of("listeners").into_iter();
                let mut neighbours = neighbours.filter(|it| port(it) == port(&listener.part));
                if neighbours.any(|it| has_http3(gateway, &it, resources)) {
                    add(&quic(&listener.envoy_name));
                }
            }
            shared(gateway, resource, resources, setting, findings);
        }
        None => {
            let begin = if setting.is_by_port { "tcp-" } else { &gateway.prefix() };
            let patched = patches.iter().filter(|it| it.kind == "Listener" && it.is_for(gateway));
            patched.filter(|it| it.name.starts_with(begin)).for_each(|it| add(it.name));
            if names.is_empty() {
                names.push(format!("{begin}{}", if setting.is_by_port { "443" } else { "https" }));
            }
            if is_http3_asked_for(gateway, resources) {
                let plain = names.clone().into_iter().filter(|it| !it.ends_with("-quic"));
                let quic: Vec<String> = plain.map(|it| quic(&it)).collect();
                names.extend(quic.into_iter().filter(|it| !names.contains(it)).collect::<Vec<_>>());
            }
            findings.note(
                &gateway.place,
                format_args!(
                    "the Gateway {} is not here, nor can its listeners be seen: give its file, too",
                    gateway.name
                ),
            );
        }
    }
    sets(gateway, resources, findings);
    names
}

/// What Envoy's listener for HTTP/3 is called that stands beside another one.
pub(super) fn quic(name: &str) -> String {
    match name.strip_prefix("tcp-").filter(|port| !port.contains('/')) {
        Some(port) => format!("udp-{port}"),
        None => format!("{name}-quic"),
    }
}

fn is_http(listener: &Part<'_>) -> bool {
    ["HTTP", "HTTPS"].contains(&listener.text_of("protocol"))
}

fn port(listener: &Part<'_>) -> Option<u64> {
    listener.get("port").and_then(|port| port.value.as_u64())
}

/// Whether a ClientTrafficPolicy asks for HTTP/3 at a listener: it is there for all listeners of the port.
fn has_http3(gateway: &Gateway<'_>, listener: &Part<'_>, resources: &[Resource<'_>]) -> bool {
    let policy = policy_for(gateway, listener.text_of("name"), resources);
    policy.is_some_and(|it| it.spec().get("http3").is_some())
}

/// Whether a ClientTrafficPolicy asks for it somewhere at a Gateway that is not here.
fn is_http3_asked_for(gateway: &Gateway<'_>, resources: &[Resource<'_>]) -> bool {
    let policies = resources.iter().filter(|it| it.is(POLICIES, "ClientTrafficPolicy"));
    policies.filter(|it| it.spec().get("http3").is_some()).any(|it| {
        let is_it = |it: &Target<'_>| it.is("Gateway", gateway.namespace, gateway.name);
        Target::all(it, resources).iter().any(is_it)
    })
}

/// Looks for ports that merged Gateways share: which one is the first nobody can tell here.
fn shared(
    gateway: &Gateway<'_>,
    own: &Resource<'_>,
    resources: &[Resource<'_>],
    setting: Setting,
    findings: &mut Findings,
) {
    if !setting.merges || setting.is_by_port {
        return;
    }
    let gateways = resources.iter().filter(|it| it.is(GATEWAY_API, "Gateway"));
    for other in gateways.filter(|it| (it.namespace, it.name) != (own.namespace, own.name)) {
        let ports: Vec<_> = other.spec().items_of("listeners").iter().map(port).collect();
        for listener in gateway.listeners.iter().filter(|it| ports.contains(&port(&it.part))) {
            findings.warn(
                &listener.part.place,
                format_args!(
                    "has its port in common with the Gateway {}, and Gateways are merged: Envoy's listener is named after \
                     the first of them, which cannot be seen here",
                    other.name
                ),
            );
        }
    }
}

/// Tells of listeners of ListenerSets that are not among the Gateway's own.
fn sets(gateway: &Gateway<'_>, resources: &[Resource<'_>], findings: &mut Findings) {
    let own = gateway.resource.as_ref().map(|it| it.spec().items_of("listeners"));
    let ports: Vec<_> = own.iter().flatten().map(port).collect();
    for set in resources.iter().filter(|it| ["ListenerSet", "XListenerSet"].contains(&it.kind)) {
        let Some(parent) = set.spec().get("parentRef") else { continue };
        let namespace = parent.get("namespace").and_then(|it| it.text()).unwrap_or(set.namespace);
        if (namespace, parent.text_of("name")) != (gateway.namespace, gateway.name) {
            continue;
        }
        let listeners = set.spec().items_of("listeners").into_iter();
        for listener in listeners.filter(|it| is_http(it) && !ports.contains(&port(it))) {
            findings.warn(
                &listener.place,
                format_args!(
                    "is at a port of its own of the Gateway {}, and listeners of ListenerSets are not looked at: peergate \
                     may be there, and its guard has to be, too",
                    gateway.name
                ),
            );
        }
    }
}
