//! What feeds of dynamic lists say, for those who make them.

mod answer;
mod checking;
mod entries;
mod fetch;
mod key;
mod warning;

pub(crate) use answer::read;
pub(crate) use checking::Checking;
pub(crate) use entries::Entries;
pub(crate) use fetch::{Address, Client, Tls};
pub(crate) use warning::Against;
