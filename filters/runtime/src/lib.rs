//! Runs Peergate's core inside a proxy-wasm host: the only crate that names proxy-wasm.
//!
//! Nothing here may panic: a trap ends every stream of the worker. What the host fails to answer refuses
//! the request (`internal`).

mod gate;
mod host;
mod http;
mod once_a_day;
mod pairs;
mod signature;
#[expect(unsafe_code, reason = "the raw proxy-wasm imports: one module, behind safe functions")]
mod sys;
mod watch;

pub use proxy_wasm::main;

/// Registers the HTTP filter with the SDK's dispatcher; called once per VM, before anything else.
pub fn register() {
    proxy_wasm::set_root_context(|_| Box::new(http::Root::default()));
}
