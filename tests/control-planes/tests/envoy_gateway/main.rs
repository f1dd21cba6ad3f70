//! Peergate on a Gateway of a real Envoy Gateway.

mod people;
mod reasons;
