//! The command as its users run it: what it prints, and how it exits.

mod authorities;
mod check;
mod envoy;
mod explain;
mod explain_tokens;
mod feed;
mod feed_warnings;
mod fingerprint;
mod hash_key;
mod lists;
mod manifests;
mod peergate;
mod server;
mod test;
