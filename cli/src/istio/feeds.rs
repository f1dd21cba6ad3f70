//! The clusters of feeds, which Istio makes of ServiceEntries and Services.

use peergate::Policy;

use crate::manifest::feeds::{Feed, all};
use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

use super::mesh::{Mesh, NETWORKING};

/// Looks for what every feed of the policy names; `place` is where the policy is.
pub(super) fn check(place: &Place, mesh: &Mesh<'_>, policy: &Policy, findings: &mut Findings) {
    for feed in all(policy) {
        let parts: Vec<&str> = feed.cluster.split('|').collect();
        let named = match parts.as_slice() {
            ["outbound", port, _, host] => port.parse().ok().map(|port: u64| (port, *host)),
            _ => None,
        };
        match named {
            Some((port, host)) => look_for(&feed, port, host, place, mesh, findings),
            None if is_patched_in(feed.cluster, mesh) => {}
            None => findings.warn(
                place,
                format_args!(
                    "the feed of the list {} is at the cluster {:?}, and Istio makes none of that name: it has to be \
                     `outbound|PORT||HOST`, of a ServiceEntry or Service",
                    feed.list, feed.cluster
                ),
            ),
        }
    }
}

fn look_for(
    feed: &Feed<'_>,
    port: u64,
    host: &str,
    place: &Place,
    mesh: &Mesh<'_>,
    findings: &mut Findings,
) {
    let list = feed.list;
    let entries = mesh.all(NETWORKING, "ServiceEntry");
    let entries =
        entries.filter(|it| it.spec().items_of("hosts").iter().any(|it| it.text() == Some(host)));
    let services = mesh.all("", "Service").filter(|service| is_called(service, host));
    let found: Vec<&Resource<'_>> = entries.chain(services).collect();
    let Some(first) = found.first() else {
        let what = format!(
            "the feed of the list {list} is at {host}, and there is no ServiceEntry or Service for it here: without one \
             the list is never loaded, and refuses"
        );
        match host.ends_with(".svc.cluster.local") {
            true => findings.note(place, what),
            false => findings.warn(place, what),
        }
        return;
    };
    let has_port = |resource: &&Resource<'_>| {
        let ports = resource.spec().items_of("ports");
        let ports = ports.iter().filter_map(|it| it.get("number").or_else(|| it.get("port")));
        ports.into_iter().any(|it| it.value.as_u64() == Some(port))
    };
    if !found.iter().any(has_port) {
        findings.warn(
            &first.spec().place,
            format_args!("has no port {port}, at which the feed of the list {list} is asked: the list is never loaded"),
        );
    }
    if feed.has_keys {
        encrypted(feed, (port, host), first, mesh, findings);
    }
}

/// Looks whether API keys come over TLS.
fn encrypted(
    feed: &Feed<'_>,
    (port, host): (u64, &str),
    entry: &Resource<'_>,
    mesh: &Mesh<'_>,
    findings: &mut Findings,
) {
    let rules =
        mesh.all(NETWORKING, "DestinationRule").filter(|it| it.spec().text_of("host") == host);
    let tls: Vec<Part<'_>> = rules.flat_map(|it| settings(it, port)).collect();
    let is_on = |tls: &Part<'_>| !["", "DISABLE"].contains(&tls.text_of("mode"));
    if !tls.iter().any(is_on) && !host.ends_with(".svc.cluster.local") {
        findings.warn(
            &entry.spec().place,
            format_args!(
                "no DestinationRule has TLS for it, and API keys of the list {} come from there: whoever is on the way \
                 reads their hashes, and can add his own",
                feed.list
            ),
        );
    }
    for tls in tls.iter().filter(|tls| tls.is_true("insecureSkipVerify")) {
        findings.warn(&tls.place, "does not verify the server from which API keys come: whoever is on the way can add his own");
    }
}

/// What a DestinationRule says of TLS for a port, before what it says for all.
fn settings<'d>(rule: &Resource<'d>, port: u64) -> Vec<Part<'d>> {
    let Some(policy) = rule.spec().get("trafficPolicy") else { return Vec::new() };
    let of_ports = policy.items_of("portLevelSettings").into_iter();
    let number = |part: &Part<'d>| part.get("port").and_then(|it| it.get("number")?.value.as_u64());
    let of_port: Vec<Part<'d>> = of_ports.filter(|part| number(part) == Some(port)).collect();
    match of_port.is_empty() {
        true => policy.get("tls").into_iter().collect(),
        false => of_port.into_iter().filter_map(|part| part.get("tls")).collect(),
    }
}

/// Whether a Service is reached under a host name.
fn is_called(service: &Resource<'_>, host: &str) -> bool {
    let name = format!("{}.{}.svc", service.name, service.namespace);
    host.strip_prefix(&*name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether an EnvoyFilter adds a cluster of that name.
fn is_patched_in(cluster: &str, mesh: &Mesh<'_>) -> bool {
    let patches =
        mesh.all(NETWORKING, "EnvoyFilter").flat_map(|it| it.spec().items_of("configPatches"));
    patches.into_iter().any(|patch| {
        let value = patch.get("patch").and_then(|patch| patch.get("value"));
        patch.text_of("applyTo") == "CLUSTER"
            && value.is_some_and(|it| it.text_of("name") == cluster)
    })
}
