//! Runs Peergate's core inside a proxy-wasm host: the only crate that names proxy-wasm.
//!
//! Nothing here may panic: a trap ends every stream of the worker. What the host fails to answer refuses
//! the request (`internal`).

mod contexts;
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
#[expect(unsafe_code, reason = "the raw proxy-wasm ABI: one module, behind safe functions")]
mod sys;
mod waiting;
mod watch;

use std::cell::RefCell;
use std::rc::Rc;

/// Makes a `cdylib` a module: has the host call this function of ours once per VM, before anything else.
/// `_initialize` is the name by which hosts know the entry point of WASI's reactors.
#[macro_export]
macro_rules! main {
    ($register:path) => {
        #[expect(unsafe_code, reason = "the module's entry point, which the linker has to find")]
        mod entry {
            unsafe extern "C" {
                /// Made by the linker. Without a call of it in the module, it would call it in every export.
                fn __wasm_call_ctors();
            }

            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                // SAFETY: nothing has run before it, and it runs once.
                unsafe { __wasm_call_ctors() };
                $register();
            }
        }
    };
}

/// Makes the VM's plugins HTTP filters.
pub fn register() {
    contexts::register(|| Rc::new(RefCell::new(http::Root::default())));
}

/// Makes the VM's plugins sync services.
pub fn register_service() {
    contexts::register(|| Rc::new(RefCell::new(service::Service::default())));
}
