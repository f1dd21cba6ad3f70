//! Peergate in a sidecar of a real Istio.

mod callers;
mod chains;
mod connections;
mod feed;
