//! Clients with a part in every trouble, each with one connection.

use std::time::{Duration, Instant};

use peergate_e2e::Gateway;
use peergate_lab::client::H2;
use peergate_lab::pki::{Authority, Identity, Leaf};

use super::PATIENCE;

/// Who is who.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// On the list all the time.
    Listed,
    /// Taken from the list before the trouble.
    Revoked,
    /// Never on it.
    Stranger,
    /// Taken from the list while the trouble lasts.
    Leaving,
    /// Put on the list meanwhile.
    Coming,
    /// The same.
    Other,
    /// On the list until something is wrong with his entry.
    Poisoned,
}

/// All of them, connected.
pub(super) struct Cast(Vec<(Identity, H2)>);

impl Cast {
    pub(super) async fn new(gateway: &Gateway, authority: &Authority) -> Self {
        let mut all = Vec::new();
        for who in ALL {
            let identity = authority.issue(Leaf::client(&format!("{who:?}")));
            let client = gateway.client(Some(&identity));
            let h2 = client.h2(gateway.address()).await.expect("a connection");
            all.push((identity, h2));
        }
        Self(all)
    }

    pub(super) fn identity(&self, who: Who) -> &Identity {
        &self.0[who as usize].0
    }

    /// Whether somebody passes where a list decides.
    pub(super) async fn passes(&self, list: &str, who: Who) -> bool {
        let path = format!("/{list}");
        let answer = self.0[who as usize].1.get("localhost", &path, &[]).await;
        match answer.expect("an answer").status {
            200 => true,
            // Nothing is known yet.
            403 | 503 => false,
            status => panic!("{list}: {who:?}: {status}"),
        }
    }

    /// Waits until somebody passes, or does not.
    pub(super) async fn until(&self, list: &str, who: Who, passes: bool) {
        let start = Instant::now();
        while self.passes(list, who).await != passes {
            assert!(start.elapsed() < PATIENCE, "{list}: {who:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What holds at all times.
    pub(super) async fn must_be_right(&self, list: &str) {
        assert!(self.passes(list, Who::Listed).await, "{list}");
        assert!(!self.passes(list, Who::Revoked).await, "{list}");
        assert!(!self.passes(list, Who::Stranger).await, "{list}");
    }
}

/// In the order of their numbers.
const ALL: [Who; 7] = [
    Who::Listed,
    Who::Revoked,
    Who::Stranger,
    Who::Leaving,
    Who::Coming,
    Who::Other,
    Who::Poisoned,
];
