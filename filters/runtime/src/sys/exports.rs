//! The functions that the host calls, as they are (ABI 0.2.1). Which of them a module exports, the packager
//! says: of those that streams cost, no more than the module has a use for.

use crate::contexts::{self, Action};
use crate::{host, http};

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Memory that the host fills and [`super::returned`] takes over.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    let mut bytes = std::mem::ManuallyDrop::new(Vec::<u8>::with_capacity(size));
    bytes.as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(context: u32, root: u32) {
    contexts::create(context, root);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(context: u32, _size: usize) -> bool {
    contexts::plugin(context, |plugin| plugin.configure()).unwrap_or_default()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(context: u32) {
    contexts::plugin(context, |plugin| plugin.tick()).unwrap_or_default();
}

/// The answer to a call; the callback is the root context's.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(
    _root: u32,
    token: u32,
    headers: usize,
    body: usize,
    _trailers: usize,
) {
    host::answered(token, headers, body);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(context: u32, _count: usize, _end: bool) -> Action {
    contexts::judge(context).map_or_else(http::refuse, |judge| judge.headers(context))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(context: u32, _count: usize) -> Action {
    contexts::judge(context).map_or_else(http::refuse, |judge| judge.trailers(context))
}

/// Whether the host may delete the context at once, which is always so.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_done(context: u32) -> bool {
    contexts::plugin(context, |plugin| plugin.stop()).unwrap_or_default();
    true
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(context: u32) {
    contexts::delete(context);
}
