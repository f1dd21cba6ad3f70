//! What the host calls. It needs no more than the version, the memory and the request's headers; a
//! feature adds one that does nothing.

use std::cell::OnceCell;

use crate::abi;
use crate::calls::Calls;

/// What the configuration says.
struct Configured(OnceCell<Calls>);

// SAFETY: a module has one thread.
unsafe impl Sync for Configured {}

static CALLS: Configured = Configured(OnceCell::new());

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(_root: u32, _size: usize) -> u32 {
    let mut is_valid = true;
    let mut read = |text: &[u8]| match Calls::read(text) {
        // One configuration in one VM: each variant's VM has a name of its own.
        Some(calls) => is_valid = CALLS.0.set(calls).is_ok(),
        None => is_valid = false,
    };
    abi::with_configuration(&mut read);
    u32::from(is_valid)
}

#[cfg(not(feature = "bare"))]
#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(_stream: u32, _count: u32, _end: u32) -> u32 {
    match CALLS.0.get() {
        Some(calls) if !calls.make() => PAUSE,
        _ => CONTINUE,
    }
}

/// One that takes so many numbers and returns none, or the one that lets the stream go on.
macro_rules! idle {
    ($($feature:literal: $name:ident($($argument:ident),*) $(-> $answer:expr)?;)*) => {$(
        #[cfg(feature = $feature)]
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: u32),*) $(-> idle!(@number $answer))? {
            $($answer)?
        }
    )*};
    (@number $answer:expr) => { u32 };
}

idle! {
    "on_context_create": proxy_on_context_create(_context, _parent);
    "on_delete": proxy_on_delete(_context);
    "on_done": proxy_on_done(_context) -> 1;
    "on_log": proxy_on_log(_context);
    "on_request_body": proxy_on_request_body(_context, _size, _end) -> CONTINUE;
    "on_request_trailers": proxy_on_request_trailers(_context, _count) -> CONTINUE;
    "on_response_headers": proxy_on_response_headers(_context, _count, _end) -> CONTINUE;
    "on_response_body": proxy_on_response_body(_context, _size, _end) -> CONTINUE;
    "on_response_trailers": proxy_on_response_trailers(_context, _count) -> CONTINUE;
}
