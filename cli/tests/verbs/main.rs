//! The command as its users run it: what it prints, and how it exits.

mod check;
mod explain;
mod fingerprint;
mod peergate;
mod test;
