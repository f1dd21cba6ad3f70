//! How the policy comes to Envoy.

use super::finding::Findings;
use super::manager::Manager;

/// Warns of a policy that stands in the listener.
pub(crate) fn check(manager: &Manager<'_>, peergate: usize, findings: &mut Findings) {
    if let Some(own) = manager.filters.get(peergate).filter(|own| !own.is_discovered) {
        findings.warn(
            &own.place,
            "the policy is written into the listener: when it changes, connections that are open keep the old \
             one for as long as the listener drains (600 s unless --drain-time-s says otherwise); let it come \
             by ECDS",
        );
    }
}
