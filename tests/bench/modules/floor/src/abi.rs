//! Host calls that take slices. What the host returns is thrown away, statuses are not looked at.

use crate::imports as host;
use crate::memory;

const REQUEST_HEADERS: u32 = 0;
const PLUGIN_CONFIGURATION: u32 = 7;
const COUNTER: u32 = 0;
const MONOTONIC: u32 = 1;

/// Does something with the plugin's configuration.
pub(crate) fn with_configuration(read: impl FnOnce(&[u8])) {
    returned(
        // SAFETY: the host writes an address and a size through pointers that outlive the call.
        |data, size| unsafe {
            host::proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, usize::MAX, data, size)
        },
        read,
    );
}

pub(crate) fn pairs() {
    returned(
        // SAFETY: as in `with_configuration`.
        |data, size| unsafe { host::proxy_get_header_map_pairs(REQUEST_HEADERS, data, size) },
        |_| {},
    );
}

pub(crate) fn size() {
    let mut size = 0;
    // SAFETY: the host writes one number through a pointer that outlives the call.
    unsafe { host::proxy_get_header_map_size(REQUEST_HEADERS, &raw mut size) };
}

pub(crate) fn value(name: &[u8]) {
    returned(
        // SAFETY: the host reads a slice that outlives the call; for the rest as in `with_configuration`.
        |data, size| unsafe {
            host::proxy_get_header_map_value(REQUEST_HEADERS, name.as_ptr(), name.len(), data, size)
        },
        |_| {},
    );
}

pub(crate) fn remove(name: &[u8]) {
    // SAFETY: the host reads a slice that outlives the call.
    unsafe {
        host::proxy_remove_header_map_value(REQUEST_HEADERS, name.as_ptr(), name.len());
    }
}

pub(crate) fn replace(name: &[u8], value: &[u8]) {
    // SAFETY: the host reads slices that outlive the call.
    unsafe {
        host::proxy_replace_header_map_value(
            REQUEST_HEADERS,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        );
    }
}

/// Reads a property; does something with its value.
pub(crate) fn property(path: &[u8], read: impl FnOnce(&[u8])) {
    returned(
        // SAFETY: the host reads a slice that outlives the call; for the rest as in `with_configuration`.
        |data, size| unsafe { host::proxy_get_property(path.as_ptr(), path.len(), data, size) },
        read,
    );
}

pub(crate) fn set_property(path: &[u8], value: &[u8]) {
    // SAFETY: the host reads slices that outlive the call.
    unsafe {
        host::proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len());
    }
}

pub(crate) fn shared_data(key: &[u8]) {
    let mut cas = 0;
    returned(
        // SAFETY: the host reads a slice and writes a number; for the rest as in `with_configuration`.
        |data, size| unsafe {
            host::proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
        },
        |_| {},
    );
}

pub(crate) fn set_shared_data(key: &[u8], value: &[u8]) {
    // SAFETY: the host reads slices that outlive the call.
    unsafe {
        host::proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), 0);
    }
}

/// Calls a function of Envoy's own; does something with what it returns.
pub(crate) fn foreign(name: &[u8], argument: &[u8], read: impl FnOnce(&[u8])) {
    returned(
        // SAFETY: the host reads slices that outlive the call; for the rest as in `with_configuration`.
        |data, size| unsafe {
            host::proxy_call_foreign_function(
                name.as_ptr(),
                name.len(),
                argument.as_ptr(),
                argument.len(),
                data,
                size,
            )
        },
        read,
    );
}

pub(crate) fn define_counter(name: &[u8]) -> u32 {
    let mut id = 0;
    // SAFETY: the host reads a slice and writes a number, both of which outlive the call.
    unsafe { host::proxy_define_metric(COUNTER, name.as_ptr(), name.len(), &raw mut id) };
    id
}

pub(crate) fn count(counter: u32) {
    // SAFETY: no memory is shared.
    unsafe { host::proxy_increment_metric(counter, 1) };
}

pub(crate) fn time() {
    let mut time = 0;
    // SAFETY: the host writes one number through a pointer that outlives the call.
    unsafe { host::proxy_get_current_time_nanoseconds(&raw mut time) };
}

/// Nanoseconds since some beginning.
pub(crate) fn clock() -> u64 {
    let mut time = 0;
    // SAFETY: the host writes one number through a pointer that outlives the call.
    unsafe { host::clock_time_get(MONOTONIC, 1, &raw mut time) };
    time
}

/// Answers the request by 200 with a body.
pub(crate) fn answer(body: &[u8]) {
    let (none, not_grpc) = (std::ptr::null(), -1);
    // SAFETY: the host reads a slice that outlives the call, and nothing of what has no bytes.
    unsafe {
        host::proxy_send_local_response(200, none, 0, body.as_ptr(), body.len(), none, 0, not_grpc);
    }
}

/// Makes a call that returns data, and has it read.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32, read: impl FnOnce(&[u8])) {
    let mut data = std::ptr::null_mut();
    let mut size = 0;
    if call(&raw mut data, &raw mut size) != 0 || data.is_null() {
        return;
    }
    // SAFETY: the host has filled as many bytes of what `memory` gave it, and nobody writes them before
    // the next request.
    read(unsafe { std::slice::from_raw_parts(data, size) });
    memory::free(data, size);
}
