//! Peergate on a gateway of a real Istio.

mod broken;
mod chain;
mod cors;
mod drain;
mod dynamic;
mod guard;
mod listeners;
mod live;
mod module;
mod names;
mod paths;
mod reasons;
mod spoofing;
mod tokens;
