//! Dynamic lists: what a feed says of certificates and API keys, kept where every worker sees it.

mod bucket;
pub(crate) mod codec;
mod count;
mod entry;
mod hand;
mod head;
mod lease;
mod list;
mod offline;
pub(crate) mod read;
mod record;
mod space;
mod standing;
mod store;

#[cfg(all(test, not(target_family = "wasm")))]
pub(crate) use bucket::Bucket;
pub use bucket::Corrupt;
pub(crate) use bucket::{Written, find as find_in_bucket};
pub(crate) use codec::Input;
pub use count::Count;
pub use entry::{Change, Content, Grant, Key, Kind, Rate, Session};
pub(crate) use hand::{Act, Edited, Hand, Stop, Term, Updated};
pub(crate) use head::Head;
pub(crate) use head::Position;
#[cfg(all(test, not(target_family = "wasm")))]
pub(crate) use lease::Lease;
pub use lease::Owner;
pub use list::DynamicList;
pub use offline::{Heard, Offline};
pub use space::Space;
pub(crate) use space::{BUCKET_KEY, BucketNumber, NUMBER_LENGTH, bucket_of};
pub use standing::Standing;
pub use store::{ONLY_IF_ABSENT, Store};
