//! How Envoy Gateway runs, as far as patches are concerned.

use crate::manifest::resource::{ENVOY_GATEWAY, Resource};
use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::POLICIES;

/// What decides over the names of listeners, and whom patches are for. What cannot be seen is as it is by default.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Setting {
    /// All Gateways of a class are one Envoy's, and patches are for the GatewayClass (`mergeGateways`).
    pub(super) merges: bool,
    /// Listeners are named after their ports (`XDSNameSchemeV2`).
    pub(super) is_by_port: bool,
}

impl Setting {
    pub(super) fn read(resources: &[Resource<'_>]) -> Self {
        let flags = configuration(resources, "runtimeFlags").map(|it| it.items_of("enabled"));
        let defaults = configuration(resources, "envoyProxy");
        let mut proxies = resources.iter().filter(|it| it.is(POLICIES, "EnvoyProxy"));
        let merges = |part: Part<'_>| part.is_true("mergeGateways");
        Self {
            merges: proxies.any(|it| merges(it.spec())) || defaults.is_some_and(merges),
            is_by_port: flags
                .is_some_and(|it| it.iter().any(|it| it.text() == Some("XDSNameSchemeV2"))),
        }
    }
}

/// A field of Envoy Gateway's configuration, if that is here.
fn configuration<'d>(resources: &[Resource<'d>], field: &str) -> Option<Part<'d>> {
    let configuration = resources.iter().find(|it| it.kind == ENVOY_GATEWAY)?;
    configuration.part.get(field).or_else(|| configuration.spec().get(field))
}

/// Whether Envoy Gateway hears EnvoyPatchPolicies.
pub(super) fn enabled(resources: &[Resource<'_>], findings: &mut Findings) {
    let patches = resources.iter().find(|it| it.is(POLICIES, "EnvoyPatchPolicy"));
    let here = resources.iter().find(|it| it.kind == ENVOY_GATEWAY);
    match (patches, here) {
        (Some(patches), None) => findings.note(
            patches.place(),
            "is heard only where the configuration of Envoy Gateway says `extensionApis: { enableEnvoyPatchPolicy: true }`, \
             which cannot be seen here",
        ),
        (Some(_), Some(here)) => {
            let apis = configuration(resources, "extensionApis");
            if !apis.as_ref().is_some_and(|apis| apis.is_true("enableEnvoyPatchPolicy")) {
                findings.error(
                    apis.as_ref().map_or(here.place(), |apis| &apis.place),
                    "does not say `enableEnvoyPatchPolicy: true`: the guard is not there, and what Envoy leaves peergate \
                     out for passes",
                );
            }
        }
        (None, _) => {}
    }
}
