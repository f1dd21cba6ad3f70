//! Resources for Istio: around a gateway, and around a workload's sidecar.

mod extension;
mod gateway;
mod patches;
mod place;
mod request_authentication;
mod service_entry;
mod sidecar;

pub(crate) use gateway::Istio;
pub(crate) use sidecar::IstioSidecar;
