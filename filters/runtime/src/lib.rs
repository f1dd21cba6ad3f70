//! Runs Peergate's core inside a proxy-wasm host: the only crate that names proxy-wasm.
//!
//! Nothing here may panic: a trap ends every stream of the worker. What the host fails to answer refuses
//! the request (`internal`).

mod followers;
mod gate;
mod host;
mod http;
mod live;
mod look;
mod metrics;
mod once_a_day;
mod pace;
mod pairs;
mod plugin;
mod service;
mod shared;
mod signature;
mod standings;
#[expect(unsafe_code, reason = "the raw proxy-wasm imports: one module, behind safe functions")]
mod sys;
mod waiting;
mod watch;

pub use proxy_wasm::main;

/// Registers the HTTP filter with the SDK's dispatcher; called once per VM, before anything else.
pub fn register() {
    proxy_wasm::set_root_context(|_| Box::new(http::Root::default()));
}

/// Registers the sync service with the SDK's dispatcher; called once per VM, before anything else.
pub fn register_service() {
    proxy_wasm::set_root_context(|_| Box::new(service::Service::default()));
}
