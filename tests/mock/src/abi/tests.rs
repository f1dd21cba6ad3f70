//! That what crosses the ABI arrives.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::foreign::ForeignFunction;
use crate::turn::Turn;
use crate::world;

/// Calls the host as a filter does, and takes over the bytes that it hands over.
fn bytes(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let (mut data, mut size) = (std::ptr::null_mut(), 0);
    match call(&raw mut data, &raw mut size) {
        0 if data.is_null() => Ok(Vec::new()),
        // SAFETY: the filter's allocator made a boxed slice of exactly as many bytes.
        0 => Ok(unsafe { Vec::from_raw_parts(data, size, size) }),
        status => Err(Status(status)),
    }
}

fn shared(key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
    let mut number = 0;
    // SAFETY: slices and places outlive the call.
    let value = bytes(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut number)
    })?;
    Ok((value, number))
}

fn share(key: &[u8], value: &[u8], number: u32) -> u32 {
    // SAFETY: the slices outlive the call.
    unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), number) }
}

fn foreign(name: &[u8], argument: &[u8]) -> Result<Vec<u8>, Status> {
    let (start, length) = (argument.as_ptr(), argument.len());
    // SAFETY: slices and places outlive the call.
    bytes(|data, size| unsafe {
        proxy_call_foreign_function(name.as_ptr(), name.len(), start, length, data, size)
    })
}

#[test]
fn shared_data_arrives_with_its_number() {
    let done = world::take_turn(Turn::default(), || {
        assert_eq!(shared(b"a"), Err(Status::NOT_FOUND));
        assert_eq!(share(b"a", b"\x00\xff", 9), 0);
        assert_eq!(shared(b"a"), Ok((b"\x00\xff".to_vec(), 1)));
        assert_eq!(Status(share(b"a", b"b", 9)), Status::CAS_MISMATCH);
        assert_eq!(share(b"a", b"", 1), 0);
        assert_eq!(shared(b"a"), Ok((Vec::new(), 2)));
    });
    assert!(done.is_some());
}

#[test]
fn a_foreign_function_gets_its_argument_and_may_ask_the_host() {
    let reversed = ForeignFunction::new(|argument| {
        share(b"seen", argument, 0);
        Ok(argument.iter().rev().copied().collect())
    });
    let failing = ForeignFunction::new(|_| Err(Status::BAD_ARGUMENT));
    let functions =
        [("reverse", reversed), ("fail", failing)].map(|(name, body)| (name.to_owned(), body));
    let turn = Turn { foreign_functions: BTreeMap::from(functions), ..Turn::default() };
    let done = world::take_turn(turn, || {
        assert_eq!(foreign(b"reverse", b"abc"), Ok(b"cba".to_vec()));
        assert_eq!(shared(b"seen").map(|(value, _)| value), Ok(b"abc".to_vec()));
        assert_eq!(foreign(b"reverse", b""), Ok(Vec::new()));
        assert_eq!(foreign(b"fail", b""), Err(Status::BAD_ARGUMENT));
        assert_eq!(foreign(b"absent", b""), Err(Status::NOT_FOUND));
    });
    assert!(done.is_some());
}

#[test]
fn a_period_arrives() {
    let done = world::take_turn(Turn::default(), || proxy_set_tick_period_milliseconds(1500));
    let (status, turn) = done.unwrap();
    assert_eq!((status, turn.tick_period), (0, Some(Duration::from_millis(1500))));
}
