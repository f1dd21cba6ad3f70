//! The raw imports of the proxy-wasm ABI 0.2.1 that the filter uses, and its exports.
//!
//! Our own and not the SDK's: its wrappers panic on statuses that they do not list and on header bytes
//! that are not UTF-8, its `Status` enumeration lacks values that hosts return, and its local reply cannot
//! carry response code details.

mod exports;
mod imports;

/// A status that is not OK, as the host's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u32);

impl Status {
    /// Nothing of that name.
    pub(crate) const NOT_FOUND: Self = Self(1);
    /// The value is no longer the one that was read.
    pub(crate) const CAS_MISMATCH: Self = Self(8);
}

/// The first bytes of a buffer, at most as many as said.
pub(crate) fn buffer(buffer: u32, limit: usize) -> Result<Vec<u8>, Status> {
    // SAFETY: see `returned`.
    returned(|data, size| unsafe { imports::proxy_get_buffer_bytes(buffer, 0, limit, data, size) })
}

pub(crate) fn time() -> Result<u64, Status> {
    let mut time = 0;
    // SAFETY: the host writes one u64 through the pointer, which outlives the call.
    check(unsafe { imports::proxy_get_current_time_nanoseconds(&raw mut time) })?;
    Ok(time)
}

/// A clock of WASI, in nanoseconds. What its number means, and that of a failure, WASI says.
pub(crate) fn clock(clock: u32) -> Result<u64, Status> {
    let mut time = 0;
    // SAFETY: the host writes one u64 through the pointer, which outlives the call.
    check(unsafe { imports::clock_time_get(clock, 1, &raw mut time) })?;
    Ok(time)
}

pub(crate) fn header_pairs(map: u32) -> Result<Vec<u8>, Status> {
    // SAFETY: see `returned`.
    returned(|data, size| unsafe { imports::proxy_get_header_map_pairs(map, data, size) })
}

pub(crate) fn remove_header(map: u32, name: &[u8]) -> Result<(), Status> {
    // SAFETY: the host reads a slice that outlives the call.
    check(unsafe { imports::proxy_remove_header_map_value(map, name.as_ptr(), name.len()) })
}

pub(crate) fn replace_header(map: u32, name: &[u8], value: &[u8]) -> Result<(), Status> {
    // SAFETY: the host reads slices that outlive the call.
    check(unsafe {
        imports::proxy_replace_header_map_value(
            map,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    })
}

pub(crate) fn log(level: u32, message: &[u8]) -> Result<(), Status> {
    // SAFETY: the host reads a slice that outlives the call.
    check(unsafe { imports::proxy_log(level, message.as_ptr(), message.len()) })
}

pub(crate) fn property(path: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: the host reads a slice that outlives the call; for the result see `returned`.
    returned(|data, size| unsafe {
        imports::proxy_get_property(path.as_ptr(), path.len(), data, size)
    })
}

pub(crate) fn set_property(path: &[u8], value: &[u8]) -> Result<(), Status> {
    // SAFETY: the host reads slices that outlive the call.
    check(unsafe {
        imports::proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len())
    })
}

/// Answers the stream's request; `headers` are serialised pairs.
pub(crate) fn send_local_response(
    status: u32,
    details: &[u8],
    body: &[u8],
    headers: &[u8],
    grpc_status: i32,
) -> Result<(), Status> {
    // SAFETY: the host reads slices that outlive the call.
    check(unsafe {
        imports::proxy_send_local_response(
            status,
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            grpc_status,
        )
    })
}

pub(crate) fn define_metric(kind: u32, name: &[u8]) -> Result<u32, Status> {
    let mut id = 0;
    // SAFETY: the host reads a slice and writes one u32, both of which outlive the call.
    check(unsafe { imports::proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) })?;
    Ok(id)
}

pub(crate) fn increment_metric(id: u32, offset: i64) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    check(unsafe { imports::proxy_increment_metric(id, offset) })
}

pub(crate) fn record_metric(id: u32, value: u64) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    check(unsafe { imports::proxy_record_metric(id, value) })
}

pub(crate) fn set_tick_period(milliseconds: u32) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    check(unsafe { imports::proxy_set_tick_period_milliseconds(milliseconds) })
}

/// A value and its compare-and-swap number.
pub(crate) fn shared_data(key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
    let mut cas = 0;
    // SAFETY: the host reads a slice and writes one u32, both of which outlive the call; for the value
    // see `returned`.
    let value = returned(|data, size| unsafe {
        imports::proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
    })?;
    Ok((value, cas))
}

pub(crate) fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
    // SAFETY: the host reads slices that outlive the call.
    check(unsafe {
        imports::proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
    })
}

/// Makes a call without body and trailers; `headers` are serialised pairs, the time is in milliseconds.
pub(crate) fn http_call(cluster: &[u8], headers: &[u8], timeout: u32) -> Result<u32, Status> {
    let (none, mut token) = (&[][..], 0);
    // SAFETY: the host reads slices and writes one u32, all of which outlive the call.
    check(unsafe {
        imports::proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            none.as_ptr(),
            0,
            none.as_ptr(),
            0,
            timeout,
            &raw mut token,
        )
    })?;
    Ok(token)
}

pub(crate) fn set_effective_context(context: u32) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    check(unsafe { imports::proxy_set_effective_context(context) })
}

pub(crate) fn continue_stream(kind: u32) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    check(unsafe { imports::proxy_continue_stream(kind) })
}

pub(crate) fn close_stream(kind: u32) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    check(unsafe { imports::proxy_close_stream(kind) })
}

pub(crate) fn call_foreign_function(name: &[u8], argument: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: the host reads slices that outlive the call; for the result see `returned`.
    returned(|data, size| unsafe {
        imports::proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            argument.as_ptr(),
            argument.len(),
            data,
            size,
        )
    })
}

fn check(status: u32) -> Result<(), Status> {
    if status == 0 { Ok(()) } else { Err(Status(status)) }
}

/// Takes over bytes that the host allocated here by `proxy_on_memory_allocate`. An empty result comes as
/// a null pointer.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let mut data = std::ptr::null_mut();
    let mut size = 0;
    check(call(&raw mut data, &raw mut size))?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: `proxy_on_memory_allocate` made a vector of exactly this capacity, which the host filled and
    // nobody else owns.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}
