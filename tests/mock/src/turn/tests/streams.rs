//! What is done to streams, in their own callbacks and in others.

use super::*;
use crate::stream::{Next, SecondEnd};

#[test]
fn a_root_context_has_nothing_of_a_streams() {
    let mut turn = beside(Stream::default());
    assert_eq!(turn.pairs(0), Ok(Vec::new()));
    assert_eq!(turn.header(0, b":path"), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.replace_header(0, b"a", b"b"), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.set_property(b"x", b"1"), Err(Status::NOT_FOUND));
    for kind in 0..6 {
        let (ended, unknown) = (Ok(()), Err(Status::BAD_ARGUMENT));
        let upstream = Err(Status::UNIMPLEMENTED);
        let gone_on = if kind == 3 { upstream } else { ended };
        assert_eq!(turn.continue_stream(kind), if kind > 3 { unknown } else { gone_on });
        assert_eq!(turn.close_stream(kind), if kind > 3 { unknown } else { ended });
    }
    assert_eq!(turn.reply(reply(403)), Ok(()));
    assert_eq!(turn.contexts.next_touched(), None);
}

#[test]
fn a_callback_acts_for_whom_it_says() {
    let headers = vec![(b":path".to_vec(), b"/".to_vec())];
    let mut turn = beside(Stream { headers, ..Stream::default() });
    turn.set_effective_context(STREAM).unwrap();
    assert_eq!(turn.header(0, b":path"), Ok(b"/".to_vec()));
    turn.set_property(b"x", b"1").unwrap();
    // Who is not there takes nobody's place.
    assert_eq!(turn.set_effective_context(3), Err(Status::BAD_ARGUMENT));
    turn.replace_header(0, b"a", b"1").unwrap();
    for own in [0, ROOT] {
        turn.set_effective_context(own).unwrap();
        assert_eq!(turn.property(b"x"), Err(Status::NOT_FOUND));
        turn.set_effective_context(STREAM).unwrap();
        assert_eq!(turn.property(b"x"), Ok(b"1".to_vec()));
    }
    // The next callback acts for itself.
    turn.contexts.enter(ROOT);
    assert_eq!(turn.property(b"x"), Err(Status::NOT_FOUND));
    // What was asked in its name is the stream's too.
    let stream = turn.contexts.get(STREAM).unwrap();
    assert_eq!(stream.calls.first().map(|made| made.call), Some(Call::HeaderValue));
    stream.gone = true;
    assert_eq!(turn.set_effective_context(STREAM), Err(Status::BAD_ARGUMENT));
}

#[test]
fn a_stream_that_goes_on_loses_its_headers() {
    let fields = vec![(b"a".to_vec(), b"1".to_vec())];
    let mut turn = beside(Stream { headers: fields.clone(), ..Stream::default() });
    turn.set_effective_context(STREAM).unwrap();
    turn.set_property(b"x", b"1").unwrap();
    turn.continue_stream(0).unwrap();
    assert_eq!(turn.pairs(0), Ok(Vec::new()));
    assert_eq!(turn.header(0, b"a"), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.remove_header(0, b"a"), Err(Status::BAD_ARGUMENT));
    assert_eq!(turn.property(b"x"), Ok(b"1".to_vec()));
    assert_eq!(turn.continue_stream(0), Ok(()));
    assert_eq!(turn.contexts.next_touched(), Some(STREAM));
    assert_eq!(turn.contexts.get(STREAM).unwrap().headers, fields);
}

#[test]
fn a_stream_advances_as_far_as_it_is_let() {
    let trailers = vec![(b"t".to_vec(), b"1".to_vec())];
    let mut stream = Stream { trailers, ..Stream::default() };
    assert_eq!((stream.advance(false), stream.stage), (Next::Wait, Stage::Headers));
    (stream.resumed, stream.released) = (true, true);
    assert_eq!((stream.advance(false), stream.stage), (Next::Trailers(1), Stage::Trailers));
    assert!(!stream.released && !stream.resumed);
    assert_eq!((stream.advance(false), stream.stage), (Next::Wait, Stage::Trailers));
    assert_eq!((stream.advance(true), stream.stage), (Next::Wait, Stage::Passed));
    stream.end(None, false).unwrap();
    assert_eq!(stream.advance(true), Next::End);
    stream.gone = true;
    assert_eq!(stream.advance(true), Next::Wait);
}

#[test]
fn a_stream_ends_once() {
    for first in [Some(reply(403)), None] {
        for second in [Some(reply(503)), None] {
            for own in [true, false] {
                let mut stream = Stream::default();
                stream.end(first.clone(), own).unwrap();
                let passed_over = own && first.is_some() && second.is_some();
                let expected = if passed_over { Ok(()) } else { Err(SecondEnd) };
                assert_eq!(stream.end(second.clone(), own), expected);
                assert_eq!((stream.reply, stream.reset), (first.clone(), first.is_none()));
            }
        }
    }
    let mut gone = Stream { gone: true, ..Stream::default() };
    assert_eq!(gone.end(None, true), Ok(()));
    assert!(!gone.reset);
}
