//! Calls to other services, their answers, and the clocks.

use super::*;

#[test]
fn a_call_needs_a_cluster_and_a_request() {
    let pairs = |names: &[&str]| {
        let fields: Vec<_> =
            names.iter().map(|name| (name.as_bytes().to_vec(), b"x".to_vec())).collect();
        pairs::write(&fields).unwrap()
    };
    let whole = pairs(&[":method", ":path", ":authority"]);
    let mut turn = Turn { unknown_clusters: ["nobody".to_owned()].into(), ..Turn::default() };
    assert_eq!(turn.http_call(b"nobody", &whole, b"", 1), Err(Status::BAD_ARGUMENT));
    for missing in [&[":path", ":authority"], &[":method", ":authority"], &[":method", ":path"]] {
        let headers = pairs(missing);
        assert_eq!(turn.http_call(b"feed", &headers, b"", 1), Err(Status::BAD_ARGUMENT));
    }
    assert_eq!(turn.http_call(b"feed", b"", b"", 1), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.http_call(b"feed", b"\xff", b"", 1), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.http_call(b"feed", &whole, b"", u32::MAX), Err(Status::BAD_ARGUMENT));
    assert!(turn.http_calls.is_empty());
    assert_eq!(turn.http_call(b"feed", &whole, b"body", 1500), Ok(4));
    assert_eq!(turn.http_call(b"feed", &whole, b"", 0), Ok(8));
    let first = &turn.http_calls[0];
    assert_eq!((first.token, first.cluster.as_str()), (4, "feed"));
    assert_eq!((first.header(":Path"), first.header("a")), (Some("x"), None));
    assert_eq!((first.body.as_slice(), first.timeout), (&b"body"[..], Duration::from_millis(1500)));
}

#[test]
fn an_answer_is_there_while_the_filter_is_told_of_it() {
    let response = CallResponse::new(200).header("ETag", "7").body("abc");
    let mut turn = Turn { response: Some(response), ..Turn::default() };
    let expected = vec![(b":status".to_vec(), b"200".to_vec()), (b"etag".to_vec(), b"7".to_vec())];
    assert_eq!(turn.pairs(6).and_then(|bytes| pairs::read(&bytes)), Ok(expected));
    assert_eq!(turn.header(6, b":status"), Ok(b"200".to_vec()));
    assert_eq!(turn.remove_header(6, b"etag"), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.pairs(7), Ok(Vec::new()));
    assert_eq!(turn.buffer(4, 0, 2), Ok(b"ab".to_vec()));
    assert_eq!(turn.buffer(4, 1, usize::MAX), Ok(b"bc".to_vec()));
    assert_eq!(turn.buffer(4, 9, 1), Ok(Vec::new()));
    for response in [None, Some(CallResponse::failed().header("a", "1").body("b"))] {
        let mut turn = Turn { response, ..Turn::default() };
        assert_eq!(turn.pairs(6), Ok(Vec::new()));
        assert_eq!(turn.header(6, b":status"), Err(Status::BAD_ARGUMENT));
        assert_eq!(turn.buffer(4, 0, 9), Err(Status::NOT_FOUND));
    }
}

#[test]
fn the_clocks_are_two() {
    let mut turn = Turn { clock: Some(7), ..Turn::default() };
    assert_eq!(turn.wasi_time(0), Ok(7));
    let first = turn.wasi_time(1).unwrap();
    assert!(turn.wasi_time(1).unwrap() >= first);
    assert_eq!(turn.wasi_time(2), Err(Status(58)));
    turn.monotonic = Some(Duration::from_micros(3));
    assert_eq!(turn.wasi_time(1), Ok(3000));
}

#[test]
fn every_call_about_others_can_fail() {
    let calls = [
        Call::HttpCall,
        Call::EffectiveContext,
        Call::ContinueStream,
        Call::CloseStream,
        Call::Monotonic,
    ];
    let struck = |fault: fn(Call) -> Fault| {
        let mut turn = own(Stream::default());
        turn.faults = calls.map(fault).into();
        let results = [
            turn.http_call(b"feed", b"", b"", 1).map(u64::from),
            turn.set_effective_context(9).map(|()| 0),
            turn.continue_stream(0).map(|()| 0),
            turn.close_stream(0).map(|()| 0),
            turn.wasi_time(1),
        ];
        let stream = turn.contexts.get(STREAM).unwrap();
        assert!(!stream.reset && !stream.resumed && turn.http_calls.is_empty());
        let lines: Vec<String> = turn.calls.iter().map(|made| made.to_string()).collect();
        let expected = [
            "proxy_http_call feed",
            "proxy_set_effective_context 9",
            "proxy_continue_stream 0",
            "proxy_close_stream 0",
            "clock_time_get ",
        ];
        assert_eq!(lines, expected);
        results
    };
    assert_eq!(struck(|call| Fault::status(call, Status(999))), [Err(Status(999)); 5]);
    assert_eq!(struck(Fault::empty), [Ok(0); 5]);
}
