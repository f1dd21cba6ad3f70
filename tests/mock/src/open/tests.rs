//! That streams go the way that Envoy's go. The filter's part is played here: what it asks of the host is
//! asked on its root context, as on a tick.

use super::*;
use crate::abi::{proxy_close_stream, proxy_continue_stream, proxy_set_effective_context};
use crate::call::Call;
use crate::fault::Fault;
use crate::lifecycle::callback;
use crate::status::Status;

fn request() -> Request {
    Request::get("https://api.example.com/").header("a", "1").route("own")
}

/// The filter refuses all, and cannot say so: it holds them.
fn held(filter: &Filter, request: Request) -> OpenStream<'_> {
    let fault = Fault::status(Call::LocalResponse, Status::INTERNAL_FAILURE);
    let stream = filter.open(&request.fault(fault)).unwrap();
    assert_eq!(stream.state(), StreamState::Paused);
    stream
}

/// A tick on which the filter acts for a stream.
fn act(filter: &Filter, id: u32, act: impl FnOnce()) -> Turn {
    let done = filter.take_turn(Turn::default(), || {
        callback(filter.root, || {
            assert_eq!(proxy_set_effective_context(id), 0);
            act();
        });
    });
    done.unwrap().1
}

fn ask<T>(ask: impl FnOnce(&mut Turn) -> Result<T, Status>) -> Result<T, Status> {
    world::ask(ask)
}

#[test]
fn a_held_stream_is_let_go_later() {
    let filter = Filter::unconfigured();
    let stream = held(&filter, request());
    act(&filter, stream.id, || {
        assert_eq!(ask(|turn| turn.header(0, b"a")), Ok(b"1".to_vec()));
        assert_eq!(ask(|turn| turn.property(b"xds\0route_name")), Ok(b"own".to_vec()));
        ask(|turn| turn.replace_header(0, b"a", b"2")).unwrap();
        ask(|turn| turn.set_property(b"x", b"1")).unwrap();
        assert_eq!(proxy_continue_stream(0), 0);
        // Not before the callback has returned.
        let stage = |turn: &mut Turn| Ok(turn.contexts.get(stream.id).map(|stream| stream.stage));
        assert_eq!(ask(stage), Ok(Some(Stage::Headers)));
        assert_eq!(ask(|turn| turn.replace_header(0, b"a", b"3")), Err(Status::BAD_ARGUMENT));
    });
    assert_eq!(stream.state(), StreamState::Passed);
    // It is there still, without its headers.
    act(&filter, stream.id, || {
        assert_eq!(ask(|turn| turn.pairs(0)), Ok(Vec::new()));
        assert_eq!(ask(|turn| turn.property(b"xds\0route_name")), Ok(b"own".to_vec()));
        assert_eq!(proxy_continue_stream(0), 0);
    });
    let answer = stream.close();
    assert!(answer.passed() && !answer.paused() && answer.reply().is_none());
    assert_eq!(answer.upstream_headers("a"), ["2"]);
    assert_eq!(answer.filter_state("wasm.x"), Some("1"));
    assert_eq!(answer.count(Call::ContinueStream), 2);
}

#[test]
fn trailers_come_when_the_headers_are_gone() {
    let filter = Filter::unconfigured();
    let stream = held(&filter, request().trailer("t", "1"));
    let turn = act(&filter, stream.id, || assert_eq!(proxy_continue_stream(0), 0));
    // Without a policy it refuses them: after the callback, and on the same tick.
    assert_eq!(turn.calls.last().map(|made| made.call), Some(Call::LocalResponse));
    assert_eq!(stream.state(), StreamState::Answered);
    assert_eq!(stream.answer().status(), Some(503));
    assert!(!stream.close().passed());
}

#[test]
fn a_held_stream_is_answered_later() {
    let filter = Filter::unconfigured();
    let (stream, other) = (held(&filter, request()), held(&filter, request()));
    act(&filter, stream.id, || {
        let reply = crate::Reply::new(403, b"late", b"", Vec::new(), -1).unwrap();
        assert_eq!(ask(|turn| turn.reply(reply)), Ok(()));
        // It is looked at for as long as the callback runs.
        assert_eq!(ask(|turn| turn.header(0, b"a")), Ok(b"1".to_vec()));
        assert_eq!(proxy_continue_stream(0), 0);
    });
    assert_eq!((stream.state(), other.state()), (StreamState::Answered, StreamState::Paused));
    // Its context has gone with it.
    let status = Status(callback(filter.root, || {
        let act = || proxy_set_effective_context(stream.id);
        filter.take_turn(Turn::default(), act).unwrap().0
    }));
    assert_eq!(status, Status::BAD_ARGUMENT);
    let answer = stream.close();
    assert_eq!((answer.status(), answer.details(), answer.passed()), (Some(403), "late", false));
    assert!(other.close().paused());
}

#[test]
fn a_stream_is_reset_however_far_it_has_come() {
    let filter = Filter::unconfigured();
    for passed in [false, true] {
        let stream = held(&filter, request());
        if passed {
            act(&filter, stream.id, || assert_eq!(proxy_continue_stream(0), 0));
        }
        act(&filter, stream.id, || assert_eq!(proxy_close_stream(0), 0));
        assert_eq!(stream.state(), StreamState::Reset);
        let answer = stream.close();
        assert!(answer.reset() && answer.reply().is_none());
        assert_eq!(answer.passed(), passed);
    }
}

#[test]
fn a_stream_ends_with_whom_it_was_opened_for() {
    let filter = Filter::unconfigured();
    let stream = held(&filter, request());
    let id = stream.id;
    assert!(stream.answer().paused());
    drop(stream);
    assert!(!world::has_stream(id));
    let turn = Turn::default();
    let status = filter.take_turn(turn, || proxy_set_effective_context(id)).unwrap().0;
    assert_eq!(Status(status), Status::BAD_ARGUMENT);
}

#[test]
fn a_sent_request_that_is_held_ends_held() {
    let fault = Fault::empty(Call::LocalResponse);
    let answer = Filter::unconfigured().send(&request().fault(fault)).unwrap();
    assert!(answer.paused() && !answer.passed() && !answer.reset());
    assert!(!Filter::unconfigured().send(&request()).unwrap().paused());
}

/// The process ends, so this runs itself in another.
#[test]
fn a_stream_that_is_ended_twice_ends_the_process() {
    const TWICE: &str = "PEERGATE_MOCK_END_TWICE";
    if std::env::var_os(TWICE).is_some() {
        let filter = Filter::unconfigured();
        let stream = held(&filter, request());
        act(&filter, stream.id, || {
            proxy_close_stream(0);
            proxy_close_stream(0);
        });
        return;
    }
    let ended = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "open::tests::a_stream_that_is_ended_twice_ends_the_process"])
        .env(TWICE, "")
        .output()
        .unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("the filter ended a stream twice before it returned"), "{said}");
}
