//! Peergate on a gateway of a real Istio.

mod people;
mod reasons;
