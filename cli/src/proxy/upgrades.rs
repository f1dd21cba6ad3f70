//! Upgrades (`Upgrade: websocket`) with filters of their own, which take the place of all others.

use peergate::Policy;

use super::finding::Findings;
use super::manager::Manager;
use super::resources::Index;
use super::{delivery, guard, rates, rerouting, tokens};

/// Looks at the filters of each upgrade as at those of all other requests.
pub(crate) fn check(
    manager: &Manager<'_>,
    index: &Index<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    for upgrade in manager.upgrades(index) {
        let Some(peergate) = upgrade.peergate() else {
            unjudged(&upgrade, findings);
            continue;
        };
        tokens::check(&upgrade, peergate, policy, findings);
        rates::check(&upgrade, peergate, policy, findings);
        guard::check(&upgrade, peergate, findings);
        rerouting::check(&upgrade, peergate, policy, findings);
        delivery::check(&upgrade, peergate, findings);
    }
}

/// Tells of an upgrade whose filters do not have peergate among them.
pub(crate) fn unjudged(upgrade: &Manager<'_>, findings: &mut Findings) {
    findings.error(
        &upgrade.filters_place,
        "no peergate among them: a request for this upgrade goes through these filters alone, and passes unjudged; \
         without `filters` it goes through those of all others",
    );
}
