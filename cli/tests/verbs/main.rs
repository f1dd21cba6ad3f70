//! The command as its users run it: what it prints, and how it exits.

mod authorities;
mod check;
mod explain;
mod feed;
mod feed_warnings;
mod fingerprint;
mod lists;
mod peergate;
mod server;
mod test;
