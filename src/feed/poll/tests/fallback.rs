//! Two feeds.

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn two() -> Talk {
    let mut talk = Talk::new(feed("first"));
    talk.keeping.feeds.fallback = Some(feed("second"));
    talk.position = position(0, 5, "f-5", "e");
    talk
}

/// Lets the first fail for as long as it may.
fn failing() -> Talk {
    let mut talk = two();
    assert_eq!(talk.request().unwrap().feed, 0);
    talk.answer(503);
    let start = talk.now;
    loop {
        let pause = talk.due_in();
        let left = 60_000 - (talk.now - start) / 1_000_000;
        talk.pass(pause.min(left));
        if pause >= left {
            return talk;
        }
        assert_eq!(talk.request().unwrap().feed, 0);
        talk.answer(503);
    }
}

#[test]
fn the_second_stands_in_after_a_time_and_until_the_first_answers() {
    let mut talk = failing();
    let request = talk.request().unwrap();
    assert_eq!((request.feed, &*request.path), (1, "/second?limit=1000"));
    assert_eq!(request.if_none_match, None);
    let turn = talk.page(&Page { reset: true, ..page(5, "s-5", false) }).unwrap();
    let expected = Some(position(1, 5, "s-5", "\"tag\""));
    assert_eq!(turn, Turn { way: Way::BeginReset, position: expected });

    // It goes on with its own cursor, and the first is tried every 60 seconds.
    let start = talk.now;
    let mut tries = Vec::new();
    while tries.len() < 3 {
        talk.wait();
        let request = talk.request().unwrap();
        if request.feed == 0 {
            assert_eq!(request.path, "/first?limit=1000");
            tries.push((talk.now - start) / 1_000_000_000);
            talk.answer(503);
        } else {
            assert_eq!(request.path, "/second?limit=1000&after=s-5");
            assert_eq!(request.if_none_match.as_deref(), Some("\"tag\""));
            assert_eq!(talk.answer(304), Answer::NothingNew);
        }
    }
    assert_eq!(tries, [60, 120, 180]);

    talk.pass(60_000);
    assert_eq!(talk.request().unwrap().feed, 0);
    let turn = talk.page(&page(6, "f-6", true)).unwrap();
    assert_eq!(turn, Turn { way: Way::BeginReset, position: None });
    assert_eq!(talk.request().unwrap().feed, 0, "it answers, so all is loaded from it");
    let turn = talk.page(&page(6, "f-7", false)).unwrap();
    assert_eq!(turn.position, Some(position(0, 6, "f-7", "\"tag\"")));
    talk.wait();
    assert_eq!(talk.request().unwrap().path, "/first?limit=1000&after=f-7");
}

#[test]
fn an_answer_of_the_first_begins_the_time_anew() {
    let mut talk = two();
    talk.request().unwrap();
    talk.answer(503);
    talk.pass(59_000);
    talk.request().unwrap();
    assert_eq!(talk.answer(304), Answer::NothingNew);
    talk.pass(11_000);
    assert_eq!(talk.request().unwrap().feed, 0);
    talk.answer(503);
    talk.pass(59_999);
    assert_eq!(talk.request().unwrap().feed, 0);
}

#[test]
fn one_that_is_behind_does_not_stand_in() {
    let mut talk = failing();
    assert_eq!(talk.request().unwrap().feed, 1);
    let rollback = Failure::Rollback { known: 5, found: 4 };
    assert_eq!(talk.page(&page(4, "s-4", false)), Err(rollback));
    assert_eq!(talk.position.feed, 0);
    // Both are asked, each in its own time, and the first goes on where it was.
    let mut asked = [0, 0];
    for _ in 0..30 {
        talk.wait();
        let request = talk.request().unwrap();
        asked[usize::from(request.feed)] += 1;
        if request.feed == 0 {
            assert_eq!(request.path, "/first?limit=1000&after=f-5");
        }
        talk.answer(503);
    }
    assert!(asked[0] > 5 && asked[1] > 5, "{asked:?}");
    talk.pass(60_000);
    assert_eq!(talk.request().unwrap().feed, 0);
    assert_eq!(talk.answer(304), Answer::NothingNew);
    talk.wait();
    assert_eq!(talk.request().unwrap().feed, 0);
}

#[test]
fn a_reset_from_the_second_is_not_left_in_the_middle() {
    let mut talk = failing();
    assert_eq!(talk.request().unwrap().feed, 1);
    talk.page(&Page { reset: true, ..page(5, "s-1", true) }).unwrap();
    talk.pass(120_000);
    let request = talk.request().unwrap();
    assert_eq!((request.feed, &*request.path), (1, "/second?limit=1000&after=s-1"));
    talk.page(&Page { reset: true, ..page(5, "s-2", false) }).unwrap();
    assert_eq!(talk.request().unwrap().feed, 0);
}

#[test]
fn who_takes_over_from_another_tries_the_first_and_goes_on_with_the_second() {
    let mut talk = two();
    talk.position = position(1, 5, "s-5", "");
    assert_eq!(talk.request().unwrap().path, "/first?limit=1000");
    talk.answer(503);
    assert_eq!(talk.request().unwrap().path, "/second?limit=1000&after=s-5", "at once");
}

#[test]
fn a_position_at_a_feed_that_is_gone_is_none() {
    let mut talk = two();
    talk.position = position(1, 5, "s-5", "e");
    talk.keeping.feeds.fallback = None;
    let request = talk.request().unwrap();
    assert_eq!((&*request.path, request.if_none_match), ("/first?limit=1000", None));
}
