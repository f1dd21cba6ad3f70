//! Peergate on a Gateway of a real Envoy Gateway.

mod apis;
mod broken;
mod chains;
mod changes;
mod drain;
mod feeds;
mod guard;
mod listeners;
mod modules;
mod reasons;
mod routes;
mod spoofing;
mod tokens;
