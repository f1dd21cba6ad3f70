//! Where buckets lie in shared data.

use crate::digest::Digest;
use crate::dynamic::{BUCKET_KEY, Space, bucket_of};

/// A table of 65,536 slots, chosen by the first bytes of a digest. A slot is a value of shared data of
/// [`LARGEST`](super::slot::LARGEST) bytes at the most, and is there from its first use on, since shared data
/// cannot be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table(Space);

impl Table {
    /// For those who are on a list: plugins that have the list in common count together.
    pub(crate) fn of_list(list: Space) -> Self {
        Self(Space::of(STORED, &[b"list", list.prefix()]))
    }

    /// For the clients of a plugin's APIs, wherever they are known from.
    pub(crate) fn of_plugin(plugin: &[u8]) -> Self {
        Self(Space::of(STORED, &[b"plugin", plugin]))
    }

    /// The key of somebody's slot.
    pub(super) fn slot(&self, who: &Digest) -> [u8; BUCKET_KEY] {
        self.0.bucket(bucket_of(who))
    }
}

/// The format of what is stored.
const STORED: &str = "peergate-rate-1";
