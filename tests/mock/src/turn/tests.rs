//! That the host answers as Envoy does.

use super::*;
use crate::stream::Phase;

#[test]
fn header_maps_behave_as_envoys() {
    let mut turn = Turn { stream: Some(Stream::default()), ..Turn::default() };
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
    // A map is at hand in its own callback alone.
    assert_eq!(turn.pairs(1), Err(Status::BAD_ARGUMENT));
    turn.stream().unwrap().phase = Phase::Trailers;
    assert_eq!(turn.set_pairs(0, b""), Err(Status::BAD_ARGUMENT));
    assert!(turn.pairs(1).is_ok());
}

#[test]
fn filter_state_is_read_as_it_was_set() {
    let mut turn = Turn { stream: Some(Stream::default()), ..Turn::default() };
    assert_eq!(turn.property(b"x"), Err(Status::NOT_FOUND));
    turn.set_property(b"x", b"1").unwrap();
    assert_eq!(turn.property(b"x"), Ok(b"1".to_vec()));
    assert_eq!(turn.property(b"filter_state\0wasm.x"), Ok(b"1".to_vec()));
    assert_eq!(Turn::default().set_property(b"x", b"1"), Err(Status::NOT_FOUND));
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
    for offset in [0, -1] {
        assert_eq!(turn.increment_metric(counter, offset), Err(Status::BAD_ARGUMENT));
    }
    assert_eq!(turn.increment_metric(9, 1), Err(Status::NOT_FOUND));
    assert_eq!(turn.define_metric(3, b"x"), Err(Status::BAD_ARGUMENT));
}

#[test]
fn a_second_reply_is_passed_over() {
    let mut turn = Turn { stream: Some(Stream::default()), ..Turn::default() };
    let reply = |status| Reply::new(status, b"a b", b"", Vec::new(), -1).unwrap();
    turn.reply(reply(403)).unwrap();
    turn.reply(reply(500)).unwrap();
    assert_eq!(turn.stream().unwrap().reply, Some(reply(403)));
    assert_eq!((reply(403).details.as_str(), reply(403).grpc_status), ("a_b", None));
}

#[test]
fn a_call_that_is_not_there_is_logged_and_refused() {
    let mut turn = Turn::default();
    assert_eq!(turn.unimplemented("proxy_http_call"), Status::UNIMPLEMENTED);
    assert_eq!(turn.logs.len(), 1);
    assert_eq!(turn.calls.len(), 1);
}
