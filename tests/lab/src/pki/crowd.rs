//! Many leaves for floods.

use super::Leaf;

/// Describes this many clients, each of another name: `client-0`, `client-1`, …
///
/// For [`Authority::issue_many`](super::Authority::issue_many) and
/// [`Identity::self_signed_many`](super::Identity::self_signed_many).
pub fn crowd(count: usize) -> impl Iterator<Item = Leaf> {
    (0..count).map(|number| Leaf::client(&format!("client-{number}")))
}
