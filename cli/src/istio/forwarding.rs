//! What the mesh's own configuration says of `x-forwarded-client-cert`.

use peergate::Policy;

use crate::proxy::Findings;

use super::mesh::Mesh;

/// Looks at modes that keep what clients send, and at annotations of workloads.
pub(super) fn check(mesh: &Mesh<'_>, policy: &Policy, findings: &mut Findings) {
    if !policy.looks_at_certificates() {
        return;
    }
    for resource in &mesh.resources {
        let metadata = match resource.spec().get("template") {
            Some(template) => template.get("metadata"),
            None => resource.part.get("metadata"),
        };
        let annotation =
            metadata.and_then(|it| it.get("annotations")?.get("proxy.istio.io/config"));
        let Some(annotation) = annotation else { continue };
        let text = annotation.text().unwrap_or_default();
        let keeps = ["FORWARD_ONLY", "APPEND_FORWARD"].iter().any(|mode| text.contains(mode));
        if keeps && text.to_ascii_lowercase().contains("clientcert") {
            findings.warn(
                &annotation.place,
                "lets clients write x-forwarded-client-cert: upstreams may believe it; use SANITIZE_SET",
            );
        }
    }
}
