//! PeerAuthentications: what callers of a sidecar show.

use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::age::Age;
use super::mesh::{Mesh, SECURITY};
use super::plugin::Plugin;
use super::scope::{Cover, Scope};

/// Looks at the PeerAuthentication that decides for the plugin's workloads, and at what it says of single ports.
pub(super) fn check(plugin: &Plugin<'_>, mesh: &Mesh<'_>, findings: &mut Findings) {
    let nearest = nearest(plugin, mesh);
    undecided(&nearest, mesh, findings);
    let modes = nearest.iter().filter_map(|resource| resource.spec().get("mtls"));
    match modes.filter_map(|mtls| mode(&mtls)).next() {
        Some(mode) => judge(&mode, findings),
        None => findings.note(
            nearest.first().map_or(plugin.place(), |resource| resource.place()),
            "no PeerAuthentication here has its workloads take TLS alone: by itself Istio takes callers without as well, \
             who have no certificate",
        ),
    }
    let Some(ports) = nearest.first().and_then(|it| it.spec().get("portLevelMtls")) else { return };
    for (_, port) in ports.entries() {
        if let Some(mode) = mode(&port) {
            judge(&mode, findings);
        }
    }
}

/// What is said there, if it is not left to others.
fn mode<'d>(mtls: &Part<'d>) -> Option<Part<'d>> {
    mtls.get("mode").filter(|mode| mode.text() != Some("UNSET"))
}

/// Those that are for the plugin's workloads: one that selects them goes before one for the namespace, and that before
/// one for the mesh; of two alike the older.
fn nearest<'m, 'd>(plugin: &Plugin<'d>, mesh: &'m Mesh<'d>) -> Vec<&'m Resource<'d>> {
    let scope = |resource: &Resource<'d>| Scope::of(resource, mesh.root);
    let all = mesh.all(SECURITY, "PeerAuthentication");
    let own = all.filter(|it| scope(it).cover(&plugin.scope) != Cover::Nothing);
    let mut own: Vec<&Resource<'d>> = own.collect();
    own.sort_by_key(|resource| (place_of(resource, mesh), Age::of(resource)));
    own
}

/// Where a resource stands in that order, but for its age.
fn place_of(resource: &Resource<'_>, mesh: &Mesh<'_>) -> (bool, bool) {
    (Scope::of(resource, mesh.root).is_whole_namespace(), resource.namespace == mesh.root)
}

/// Tells of another one of the same place, where nobody knows which will be the older.
fn undecided(nearest: &[&Resource<'_>], mesh: &Mesh<'_>, findings: &mut Findings) {
    let Some((first, others)) = nearest.split_first() else { return };
    for other in others {
        let is_alike = place_of(first, mesh) == place_of(other, mesh);
        if is_alike && Age::of(first).is_open(&Age::of(other)) {
            findings.warn(
                other.place(),
                format_args!(
                    "is for workloads of {} as well: the older one holds, and neither is applied yet",
                    first.name
                ),
            );
        }
    }
}

fn judge(mode: &Part<'_>, findings: &mut Findings) {
    match mode.text() {
        Some("STRICT") => {}
        Some("DISABLE") => findings.error(
            &mode.place,
            "callers are asked for no certificate, and the policy looks at them: whoever needs one is refused (no_tls)",
        ),
        _ => findings.note(
            &mode.place,
            "takes callers without TLS as well, who have no certificate: say STRICT",
        ),
    }
}
