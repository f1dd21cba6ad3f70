//! The command as its users run it: what it prints, and how it exits.

mod authorities;
mod check;
mod explain;
mod fingerprint;
mod peergate;
mod test;
