//! Two filters that say how long it takes Envoy to get from one of them to the other: whatever stands
//! between them is measured, to the nanosecond, wherever else the machine is busy.
//!
//! The first is configured by `start`, the second by anything else, both in one VM. The second answers every
//! request by four numbers, nanoseconds of the phases below: the request's headers, and of the request
//! before it the response's headers, the log and the end. Envoy does each phase of a request in one go, and
//! answers it before it takes the next, so that no two of them mix.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::abi;

/// Contexts: the first one's plugin, and the streams of both.
static START: AtomicU32 = AtomicU32::new(0);
static FIRST: AtomicU32 = AtomicU32::new(0);

/// When the filter that is called earlier in a phase was done.
static SINCE: AtomicU64 = AtomicU64::new(0);

/// How long each phase of the last request took.
static TOOK: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

const REQUEST: usize = 0;
const RESPONSE: usize = 1;
const LOG: usize = 2;
const END: usize = 3;

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;

fn begin() {
    SINCE.store(abi::clock(), Relaxed);
}

fn end(phase: usize) {
    if let Some(took) = TOOK.get(phase) {
        took.store(abi::clock().wrapping_sub(SINCE.load(Relaxed)), Relaxed);
    }
}

fn is_first(stream: u32) -> bool {
    FIRST.load(Relaxed) == stream
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(root: u32, _size: usize) -> u32 {
    abi::with_configuration(|text| {
        if text == b"start" {
            START.store(root, Relaxed);
        }
    });
    1
}

/// Envoy makes a filter's context when the request's headers come to that filter.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(context: u32, root: u32) {
    if root != 0 && root == START.load(Relaxed) {
        FIRST.store(context, Relaxed);
    } else if root != 0 {
        end(REQUEST);
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(stream: u32, _count: u32, _end: u32) -> u32 {
    crate::memory::clear();
    if is_first(stream) {
        begin();
        return CONTINUE;
    }
    let took = TOOK.each_ref().map(|took| took.load(Relaxed).to_string());
    abi::answer(took.join(" ").as_bytes());
    PAUSE
}

/// Responses come to the second filter first.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(stream: u32, _count: u32, _end: u32) -> u32 {
    if is_first(stream) {
        end(RESPONSE)
    } else {
        begin()
    }
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_log(stream: u32) {
    if is_first(stream) { begin() } else { end(LOG) }
}

/// Done and deletion of one filter come before those of the next.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_done(stream: u32) -> u32 {
    if !is_first(stream) {
        end(END);
    }
    1
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(stream: u32) {
    if is_first(stream) {
        begin();
    }
}
