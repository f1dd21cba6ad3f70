//! That the host answers as Envoy does.

mod calls;
mod streams;

use super::*;
use crate::answer::Reply;
use crate::pairs;
use crate::stream::Stage;

/// The turn of a stream's own callback.
fn own(stream: Stream) -> Turn {
    let mut turn = Turn::default();
    turn.contexts.add_stream(STREAM, stream);
    turn.contexts.enter(STREAM);
    turn
}

/// The turn of a root context's callback, beside a stream.
fn beside(stream: Stream) -> Turn {
    let mut turn = own(stream);
    turn.contexts.add_root(ROOT);
    turn.contexts.enter(ROOT);
    turn
}

fn reply(status: u32) -> Reply {
    Reply::new(status, b"a b", b"", Vec::new(), -1).unwrap()
}

const ROOT: u32 = 1;
const STREAM: u32 = 2;

#[test]
fn header_maps_behave_as_envoys() {
    let mut turn = own(Stream::default());
    for (name, value) in [(":path", "/"), ("a", "1"), ("b", "2"), ("A", "3")] {
        turn.add_header(0, name.as_bytes(), value.as_bytes()).unwrap();
    }
    assert_eq!(turn.header(0, b"A"), Ok(b"1".to_vec()));
    assert_eq!(turn.header(0, b"c"), Err(Status::NOT_FOUND));
    turn.replace_header(0, b"A", b"4").unwrap();
    turn.replace_header(0, b":PATH", b"/x").unwrap();
    turn.remove_header(0, b"B").unwrap();
    turn.remove_header(0, b"absent").unwrap();
    let expected = [(b":path".to_vec(), b"/x".to_vec()), (b"a".to_vec(), b"4".to_vec())];
    assert_eq!(turn.pairs(0).and_then(|bytes| pairs::read(&bytes)), Ok(expected.to_vec()));
    // A map is at hand in its own callback alone. Where it is not, it reads as empty.
    assert_eq!(turn.pairs(1), Ok(Vec::new()));
    assert_eq!(turn.add_header(1, b"a", b"1"), Err(Status::BAD_ARGUMENT));
    turn.stream().unwrap().stage = Stage::Trailers;
    assert_eq!(turn.pairs(0), Ok(Vec::new()));
    assert_eq!(turn.header(0, b"a"), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.set_pairs(0, b""), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.add_header(1, b"a", b"1"), Ok(()));
    assert!(turn.pairs(1).is_ok_and(|bytes| !bytes.is_empty()));
    assert_eq!(turn.pairs(8), Err(Status::BAD_ARGUMENT));
}

#[test]
fn filter_state_is_read_as_it_was_set() {
    let mut turn = own(Stream::default());
    assert_eq!(turn.property(b"x"), Err(Status::NOT_FOUND));
    turn.set_property(b"x", b"1").unwrap();
    assert_eq!(turn.property(b"x"), Ok(b"1".to_vec()));
    assert_eq!(turn.property(b"filter_state\0wasm.x"), Ok(b"1".to_vec()));
    assert_eq!(Turn::default().set_property(b"x", b"1"), Err(Status::NOT_FOUND));
}

#[test]
fn a_plugin_knows_its_name_with_and_without_a_stream() {
    let mut turn = Turn { name: "edge".to_owned(), ..Turn::default() };
    assert_eq!(turn.property(b"plugin_name"), Ok(b"edge".to_vec()));
    assert_eq!(turn.property(b"plugin_root_id"), Ok(Vec::new()));
    assert_eq!(turn.property(b"plugin_names"), Err(Status::NOT_FOUND));
    assert_eq!(turn.property(b"connection\0mtls"), Err(Status::NOT_FOUND));
    turn.contexts.add_stream(STREAM, Stream::default());
    turn.contexts.enter(STREAM);
    turn.set_property(b"plugin_name", b"state").unwrap();
    assert_eq!(turn.property(b"plugin_name"), Ok(b"edge".to_vec()));
    assert_eq!(turn.property(b"filter_state\0wasm.plugin_name"), Ok(b"state".to_vec()));
}

#[test]
fn a_request_has_metadata_even_if_no_filter_has_said_anything() {
    assert_eq!(Turn::default().property(b"metadata"), Err(Status::NOT_FOUND));
    assert_eq!(own(Stream::default()).property(b"metadata"), Ok(Vec::new()));
    let mut stream = Stream::default();
    stream.properties.insert(b"metadata".to_vec(), b"said".to_vec());
    assert_eq!(own(stream).property(b"metadata"), Ok(b"said".to_vec()));
}

#[test]
fn metrics_behave_as_envoys() {
    let mut turn = Turn::default();
    let counter = turn.define_metric(0, b"c").unwrap();
    let gauge = turn.define_metric(1, b"g").unwrap();
    turn.increment_metric(counter, 2).unwrap();
    turn.record_metric(gauge, 5).unwrap();
    turn.increment_metric(gauge, -1).unwrap();
    assert_eq!((turn.metric(counter), turn.metric(gauge)), (Ok(2), Ok(4)));
    turn.record_metric(counter, 3).unwrap();
    turn.record_metric(gauge, 3).unwrap();
    assert_eq!((turn.metric(counter), turn.metric(gauge)), (Ok(5), Ok(3)));
    turn.record_metric(gauge, u64::MAX).unwrap();
    assert_eq!(turn.metric(gauge), Ok(u64::MAX));
    for offset in [0, -1] {
        assert_eq!(turn.increment_metric(counter, offset), Err(Status::BAD_ARGUMENT));
    }
    assert_eq!(turn.increment_metric(9, 1), Err(Status::NOT_FOUND));
    assert_eq!(turn.record_metric(9, 1), Err(Status::NOT_FOUND));
    assert_eq!(turn.metrics.len(), 2);
    assert_eq!(turn.define_metric(3, b"x"), Err(Status::BAD_ARGUMENT));
}

#[test]
fn a_second_reply_is_passed_over() {
    let mut turn = own(Stream::default());
    turn.reply(reply(403)).unwrap();
    turn.reply(reply(500)).unwrap();
    assert_eq!(turn.stream().unwrap().reply, Some(reply(403)));
    assert_eq!((reply(403).details.as_str(), reply(403).grpc_status), ("a_b", None));
}

#[test]
fn a_call_that_is_not_there_is_logged_and_refused() {
    let mut turn = Turn::default();
    assert_eq!(turn.unimplemented("proxy_grpc_call"), Status::UNIMPLEMENTED);
    assert_eq!(turn.logs.len(), 1);
    assert_eq!(turn.calls.len(), 1);
}

#[test]
fn the_last_period_holds_and_none_ends_it() {
    let mut turn = Turn::default();
    for (milliseconds, period) in
        [(1, Some(Duration::from_millis(1))), (5000, Some(Duration::from_secs(5))), (0, None)]
    {
        turn.set_tick_period(milliseconds).unwrap();
        assert_eq!(turn.tick_period, period);
    }
}

#[test]
fn every_call_of_a_plugin_is_noted_with_what_it_was_asked_for() {
    let mut turn = Turn::default();
    turn.set_tick_period(250).unwrap();
    turn.set_shared_data(b"key", b"value", 0).unwrap();
    turn.shared_data(b"key").unwrap();
    assert_eq!(turn.foreign_function(b"sign").err(), Some(Status::NOT_FOUND));
    let lines: Vec<String> = turn.calls.iter().map(ToString::to_string).collect();
    let expected = [
        "proxy_set_tick_period_milliseconds 250",
        "proxy_set_shared_data key",
        "proxy_get_shared_data key",
        "proxy_call_foreign_function sign",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn every_call_of_a_plugin_can_fail() {
    let calls = [Call::TickPeriod, Call::SharedData, Call::SetSharedData, Call::ForeignFunction];
    let faults = |fault: fn(Call) -> Fault| Turn {
        faults: calls.map(fault).into(),
        shared: SharedData::new(),
        ..Turn::default()
    };
    let mut failing = faults(|call| Fault::status(call, Status::CAS_MISMATCH));
    failing.shared.set("key", "value");
    assert_eq!(failing.set_tick_period(1), Err(Status::CAS_MISMATCH));
    assert_eq!(failing.shared_data(b"key"), Err(Status::CAS_MISMATCH));
    assert_eq!(failing.set_shared_data(b"key", b"", 0), Err(Status::CAS_MISMATCH));
    assert_eq!(failing.foreign_function(b"sign").err(), Some(Status::CAS_MISMATCH));
    let mut lying = faults(|call| Fault::returns(call, *b"lie"));
    assert_eq!(lying.set_tick_period(1), Ok(()));
    assert_eq!(lying.tick_period, None);
    assert_eq!(lying.shared_data(b"key"), Ok((b"lie".to_vec(), 1)));
    assert_eq!(lying.set_shared_data(b"key", b"", 0), Ok(()));
    assert_eq!(lying.shared.get("key"), None);
    let answer = lying.foreign_function(b"sign").and_then(|function| function.call(b""));
    assert_eq!(answer, Ok(b"lie".to_vec()));
}
