//! The functions of proxy-wasm's ABI 0.2.1, of which a module imports some: defined natively, under the
//! same names. None of them may panic: unwinding must not cross the ABI.

use crate::answer::Reply;
use crate::pairs;
use crate::status::Status;
use crate::world::{ask, turn};

/// What the filter exports, of which the packager leaves in each module what it has a use for.
pub(crate) mod exports {
    unsafe extern "C" {
        pub(super) safe fn proxy_on_memory_allocate(size: usize) -> *mut u8;
        pub(crate) safe fn proxy_on_context_create(context: u32, root: u32);
        pub(crate) safe fn proxy_on_configure(context: u32, size: usize) -> bool;
        pub(crate) safe fn proxy_on_request_headers(context: u32, count: usize, end: bool) -> u32;
        pub(crate) safe fn proxy_on_request_trailers(context: u32, count: usize) -> u32;
        pub(crate) safe fn proxy_on_tick(context: u32);
        pub(crate) safe fn proxy_on_http_call_response(
            context: u32,
            token: u32,
            headers: usize,
            body: usize,
            trailers: usize,
        );
        pub(crate) safe fn proxy_on_done(context: u32) -> bool;
        pub(crate) safe fn proxy_on_delete(context: u32);
    }
}

/// A slice that the filter passes.
///
/// # Safety
/// It is valid for the length of the call; null if it is empty, perhaps.
unsafe fn slice<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if data.is_null() || size == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(data, size) }
}

/// Hands a number over.
///
/// # Safety
/// The pointer is valid.
unsafe fn put<T>(result: Result<T, Status>, place: *mut T) -> u32 {
    done(result.map(|value| {
        // SAFETY: the caller's promise.
        unsafe { place.write(value) }
    }))
}

/// Hands bytes over, in memory that the filter allocates. No bytes are a null pointer, as in Envoy.
///
/// # Safety
/// The pointers are valid.
unsafe fn give(result: Result<Vec<u8>, Status>, data: *mut *mut u8, size: *mut usize) -> u32 {
    done(result.map(|bytes| {
        let place = if bytes.is_empty() {
            std::ptr::null_mut()
        } else {
            exports::proxy_on_memory_allocate(bytes.len())
        };
        // SAFETY: the filter has just allocated as many bytes; the rest is the caller's promise.
        unsafe {
            if !place.is_null() {
                bytes.as_ptr().copy_to_nonoverlapping(place, bytes.len());
            }
            data.write(place);
            size.write(bytes.len());
        }
    }))
}

fn done(result: Result<(), Status>) -> u32 {
    result.map_or_else(|Status(number)| number, |()| 0)
}

/// Defines calls that the mock answers. Each body gets the arguments under their names.
macro_rules! calls {
    ($(fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block)*) => {
        $(
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "C" fn $name($($argument: $kind),*) -> u32 {
                // SAFETY: the filter passes slices and places that are valid for the length of the call.
                unsafe { $body }
            }
        )*
    };
}

calls! {
    fn proxy_log(level: u32, data: *const u8, size: usize) {
        let message = slice(data, size);
        done(ask(|turn| turn.log(level, message)))
    }
    fn proxy_get_log_level(level: *mut u32) {
        put(ask(|turn| turn.log_level()), level)
    }
    fn proxy_get_current_time_nanoseconds(time: *mut u64) {
        put(ask(|turn| turn.time()), time)
    }
    fn proxy_get_buffer_bytes(
        buffer: u32, start: usize, length: usize, data: *mut *mut u8, size: *mut usize,
    ) {
        give(ask(|turn| turn.buffer(buffer, start, length)), data, size)
    }
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) {
        give(ask(|turn| turn.pairs(map)), data, size)
    }
    fn proxy_set_header_map_pairs(map: u32, data: *const u8, size: usize) {
        done(ask(|turn| turn.set_pairs(map, slice(data, size))))
    }
    fn proxy_get_header_map_value(
        map: u32, name: *const u8, name_size: usize, data: *mut *mut u8, size: *mut usize,
    ) {
        give(ask(|turn| turn.header(map, slice(name, name_size))), data, size)
    }
    fn proxy_add_header_map_value(
        map: u32, name: *const u8, name_size: usize, value: *const u8, value_size: usize,
    ) {
        let (name, value) = (slice(name, name_size), slice(value, value_size));
        done(ask(|turn| turn.add_header(map, name, value)))
    }
    fn proxy_replace_header_map_value(
        map: u32, name: *const u8, name_size: usize, value: *const u8, value_size: usize,
    ) {
        let (name, value) = (slice(name, name_size), slice(value, value_size));
        done(ask(|turn| turn.replace_header(map, name, value)))
    }
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) {
        done(ask(|turn| turn.remove_header(map, slice(name, name_size))))
    }
    fn proxy_get_property(
        path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize,
    ) {
        give(ask(|turn| turn.property(slice(path, path_size))), data, size)
    }
    fn proxy_set_property(
        path: *const u8, path_size: usize, value: *const u8, value_size: usize,
    ) {
        let (path, value) = (slice(path, path_size), slice(value, value_size));
        done(ask(|turn| turn.set_property(path, value)))
    }
    fn proxy_send_local_response(
        status: u32, details: *const u8, details_size: usize, body: *const u8, body_size: usize,
        headers: *const u8, headers_size: usize, grpc_status: i32,
    ) {
        let (details, body) = (slice(details, details_size), slice(body, body_size));
        let headers = pairs::read(slice(headers, headers_size));
        done(headers.and_then(|headers| {
            let reply = Reply::new(status, details, body, headers, grpc_status)?;
            ask(|turn| turn.reply(reply))
        }))
    }
    fn proxy_define_metric(kind: u32, name: *const u8, name_size: usize, id: *mut u32) {
        put(ask(|turn| turn.define_metric(kind, slice(name, name_size))), id)
    }
    fn proxy_get_metric(id: u32, value: *mut u64) {
        put(ask(|turn| turn.metric(id)), value)
    }
    fn proxy_get_shared_data(
        key: *const u8, key_size: usize, data: *mut *mut u8, size: *mut usize, number: *mut u32,
    ) {
        let found = ask(|turn| turn.shared_data(slice(key, key_size)));
        give(
            found.map(|(value, found)| {
                number.write(found);
                value
            }),
            data,
            size,
        )
    }
    fn proxy_set_shared_data(
        key: *const u8, key_size: usize, value: *const u8, value_size: usize, number: u32,
    ) {
        let (key, value) = (slice(key, key_size), slice(value, value_size));
        done(ask(|turn| turn.set_shared_data(key, value, number)))
    }
    fn proxy_http_call(
        cluster: *const u8, cluster_size: usize, headers: *const u8, headers_size: usize,
        body: *const u8, body_size: usize, _trailers: *const u8, _trailers_size: usize,
        timeout: u32, token: *mut u32,
    ) {
        let (cluster, headers) = (slice(cluster, cluster_size), slice(headers, headers_size));
        let body = slice(body, body_size);
        // As Envoy does, to see whether it can.
        token.write(0);
        put(ask(|turn| turn.http_call(cluster, headers, body, timeout)), token)
    }
    // WASI's `clock_time_get`, under a name that is no other library's.
    fn wasi_clock_time_get(clock: u32, _precision: u64, time: *mut u64) {
        put(ask(|turn| turn.wasi_time(clock)), time)
    }
    fn proxy_call_foreign_function(
        name: *const u8, name_size: usize, argument: *const u8, argument_size: usize,
        data: *mut *mut u8, size: *mut usize,
    ) {
        let function = ask(|turn| turn.foreign_function(slice(name, name_size)));
        let argument = slice(argument, argument_size);
        give(function.and_then(|function| function.call(argument)), data, size)
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_record_metric(id: u32, value: u64) -> u32 {
    done(ask(|turn| turn.record_metric(id, value)))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_increment_metric(id: u32, offset: i64) -> u32 {
    done(ask(|turn| turn.increment_metric(id, offset)))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_set_tick_period_milliseconds(period: u32) -> u32 {
    done(ask(|turn| turn.set_tick_period(period)))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn proxy_set_effective_context(context: u32) -> u32 {
    done(ask(|turn| turn.set_effective_context(context)))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn proxy_continue_stream(kind: u32) -> u32 {
    done(ask(|turn| turn.continue_stream(kind)))
}

#[unsafe(no_mangle)]
pub(crate) extern "C" fn proxy_close_stream(kind: u32) -> u32 {
    done(ask(|turn| turn.close_stream(kind)))
}

/// Defines calls that the filter has no use for: they are logged and refused.
macro_rules! unimplemented_calls {
    ($(fn $name:ident($($kind:ty),*);)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name($(_: $kind),*) -> u32 {
                let Status(number) = turn(|turn| turn.unimplemented(stringify!($name)))
                    .unwrap_or(Status::UNIMPLEMENTED);
                number
            }
        )*
    };
}

/// A slice's beginning.
type Data = *const u8;
/// Where bytes are handed over.
type Place = *mut *mut u8;
/// Where a size is handed over.
type Size = *mut usize;

unimplemented_calls! {
    fn proxy_set_buffer_bytes(u32, usize, usize, Data, usize);
    fn proxy_register_shared_queue(Data, usize, *mut u32);
    fn proxy_resolve_shared_queue(Data, usize, Data, usize, *mut u32);
    fn proxy_dequeue_shared_queue(u32, Place, Size);
    fn proxy_enqueue_shared_queue(u32, Data, usize);
    fn proxy_grpc_call(
        Data, usize, Data, usize, Data, usize, Data, usize, Data, usize, u32, *mut u32
    );
    fn proxy_grpc_stream(Data, usize, Data, usize, Data, usize, Data, usize, *mut u32);
    fn proxy_grpc_send(u32, Data, usize, bool);
    fn proxy_grpc_cancel(u32);
    fn proxy_grpc_close(u32);
    fn proxy_get_status(*mut u32, Place, Size);
    fn proxy_done();
}

#[cfg(test)]
mod tests;
