//! A filter that does nothing, as anybody would write it with the SDK. What a request costs with it is
//! the price of a Wasm filter as such.
//!
//! Natively there is nothing in it: it is a module or nothing.

#[cfg(target_arch = "wasm32")]
mod filter;
