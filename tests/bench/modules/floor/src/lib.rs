//! A filter that makes the host calls that a policy of pinned certificates cannot do without, and decides
//! nothing: the floor under what a Wasm filter with such a policy can cost.
//!
//! It speaks the raw ABI, without the SDK, and exports no more than Envoy needs. Which calls it makes for
//! each request its configuration says, so that each can be measured alone: see `calls`.
//!
//! Natively there is nothing in it: it is a module or nothing. All of its code is unsafe or close to it
//! (the ABI passes addresses); nothing else in the workspace depends on it.

#![cfg_attr(
    all(target_arch = "wasm32", any(feature = "bare", feature = "stopwatch")),
    expect(dead_code, reason = "nothing makes calls")
)]

#[cfg(target_arch = "wasm32")]
mod abi;
#[cfg(all(target_arch = "wasm32", not(feature = "stopwatch")))]
mod calls;
#[cfg(all(target_arch = "wasm32", not(feature = "stopwatch")))]
mod exports;
#[cfg(target_arch = "wasm32")]
mod imports;
#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(target_arch = "wasm32")]
mod start;
#[cfg(all(target_arch = "wasm32", feature = "stopwatch"))]
mod stopwatch;
