//! Loading everything.

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn reset(version: u64, cursor: &str, more: bool) -> Page {
    Page { reset: true, ..page(version, cursor, more) }
}

#[test]
fn the_position_moves_with_the_last_page_alone() {
    for says_so in [true, false] {
        let page = |cursor, more| Page { reset: says_so, ..page(7, cursor, more) };
        let mut talk = Talk::new(feed("c"));
        talk.request().unwrap();
        let turn = talk.page(&page("a", true)).unwrap();
        assert_eq!(turn, Turn { way: Way::BeginReset, position: None });
        assert_eq!(talk.request().unwrap().path, "/c?limit=1000&after=a");
        let turn = talk.page(&page("b", true)).unwrap();
        assert_eq!(turn, Turn { way: Way::ContinueReset, position: None });
        assert_eq!(talk.request().unwrap().path, "/c?limit=1000&after=b");
        let turn = talk.page(&page("c", false)).unwrap();
        let position = position(0, 7, "c", "\"tag\"");
        assert_eq!(turn, Turn { way: Way::ContinueReset, position: Some(position) });
        talk.wait();
        talk.request().unwrap();
        let turn = talk.page(&super::page(8, "d", false)).unwrap();
        assert_eq!(turn.way, Way::Change, "{says_so}");
    }
}

#[test]
fn a_whole_file_is_a_reset_each_time() {
    let mut talk = Talk::new(feed("c"));
    for version in 1..4 {
        talk.request().unwrap();
        let turn = talk.page(&reset(version, "file", false)).unwrap();
        let position = position(0, version, "file", "\"tag\"");
        assert_eq!(turn, Turn { way: Way::BeginReset, position: Some(position) });
        talk.wait();
    }
    let whole = Page { version: None, cursor: "".into(), ..reset(0, "", false) };
    talk.request().unwrap();
    let turn = talk.page(&whole).unwrap();
    assert_eq!(turn.position, Some(position(0, 3, "", "\"tag\"")), "it has no version");
}

#[test]
fn it_can_begin_in_the_middle_of_changes() {
    let mut talk = Talk::new(feed("c"));
    talk.position = position(0, 1, "c-1", "");
    talk.request().unwrap();
    talk.page(&page(1, "c-2", true)).unwrap();
    talk.request().unwrap();
    let turn = talk.page(&reset(2, "r-1", true)).unwrap();
    assert_eq!(turn, Turn { way: Way::BeginReset, position: None });
    // What stops in the middle begins where it began.
    talk.request().unwrap();
    talk.answer(503);
    talk.wait();
    assert_eq!(talk.request().unwrap().path, "/c?limit=1000&after=c-2");
    assert_eq!(talk.page(&reset(2, "r-1", true)).unwrap().way, Way::BeginReset);
}

#[test]
fn it_can_begin_anew_in_an_answer_that_did_not_call_itself_one() {
    let mut talk = Talk::new(feed("c"));
    talk.request().unwrap();
    talk.page(&page(1, "a", true)).unwrap();
    talk.request().unwrap();
    assert_eq!(talk.page(&reset(1, "b", true)).unwrap().way, Way::BeginReset);
    talk.request().unwrap();
    assert_eq!(talk.page(&reset(1, "c", false)).unwrap().way, Way::ContinueReset);
}

#[test]
fn its_first_page_may_speak_for_all() {
    let mut talk = Talk::new(feed("c"));
    talk.request().unwrap();
    assert_eq!(talk.page(&reset(7, "a", true)).unwrap().way, Way::BeginReset);
    talk.request().unwrap();
    assert_eq!(talk.page(&page(7, "b", true)).unwrap().way, Way::ContinueReset);
    talk.request().unwrap();
    let last = talk.page(&page(7, "c", false)).unwrap();
    assert_eq!((last.way, last.position.is_some()), (Way::ContinueReset, true));
}

#[test]
fn what_is_no_part_of_it_ends_it() {
    let mut talk = Talk::new(feed("c"));
    talk.request().unwrap();
    talk.page(&reset(7, "a", true)).unwrap();
    talk.request().unwrap();
    let rollback = Failure::Rollback { known: 7, found: 6 };
    assert_eq!(talk.page(&reset(6, "b", true)), Err(rollback));
    talk.wait();
    assert_eq!(talk.request().unwrap().path, "/c?limit=1000");
    for status in [204, 304] {
        let mut talk = Talk::new(feed("c"));
        talk.request().unwrap();
        talk.page(&reset(7, "a", true)).unwrap();
        talk.request().unwrap();
        assert_eq!(talk.answer(status), Answer::Failed(Failure::Status(status)));
    }
}

#[test]
fn a_page_that_comes_twice_does_not_end_it() {
    let mut talk = Talk::new(feed("c"));
    talk.request().unwrap();
    talk.page(&reset(7, "a", true)).unwrap();
    talk.request().unwrap();
    assert_eq!(talk.page(&reset(7, "a", true)), Err(Failure::Loop));
    talk.wait();
    assert_eq!(talk.request().unwrap().path, "/c?limit=1000&after=a");
    assert_eq!(talk.page(&reset(7, "b", true)).unwrap().way, Way::ContinueReset);
    // What leads nowhere else does.
    for _ in 0..2 {
        talk.request().unwrap();
        assert_eq!(talk.page(&reset(7, "b", true)), Err(Failure::Loop));
        talk.wait();
    }
    assert_eq!(talk.request().unwrap().path, "/c?limit=1000");
}

#[test]
fn a_feed_that_has_forgotten_is_asked_for_everything() {
    for (is_stale, pause) in [(false, 7_000), (true, 0)] {
        let mut talk = Talk::new(feed("c"));
        talk.position = position(0, 4, "c-4", "e");
        talk.is_stale = is_stale;
        talk.random = 7_000_000_000;
        talk.request().unwrap();
        assert_eq!(talk.answer(410), Answer::StartAgain);
        assert_eq!(talk.due_in(), pause);
        talk.wait();
        let request = talk.request().unwrap();
        assert_eq!((&*request.path, request.if_none_match), ("/c?limit=1000", None));
        // Changes alone would leave what is gone meanwhile.
        assert_eq!(talk.page(&page(4, "d-4", true)).unwrap().way, Way::BeginReset);
        talk.request().unwrap();
        talk.answer(500);
        talk.wait();
        assert_eq!(talk.request().unwrap().path, "/c?limit=1000", "it has not remembered");
        let turn = talk.page(&page(4, "d-5", false)).unwrap();
        assert_eq!((turn.way, turn.position.unwrap().cursor), (Way::BeginReset, "d-5".into()));
        talk.wait();
        assert_eq!(talk.request().unwrap().path, "/c?limit=1000&after=d-5");
    }
}

#[test]
fn to_be_told_so_again_and_again_is_a_failure() {
    let mut talk = Talk::new(feed("c"));
    talk.is_stale = true;
    talk.request().unwrap();
    assert_eq!(talk.answer(410), Answer::Failed(Failure::Status(410)), "nothing was remembered");
    assert!(talk.due_in() >= 500);

    let mut talk = Talk::new(feed("c"));
    talk.is_stale = true;
    talk.position = position(0, 4, "c-4", "");
    talk.request().unwrap();
    assert_eq!(talk.answer(410), Answer::StartAgain);
    talk.request().unwrap();
    talk.page(&reset(4, "r", true)).unwrap();
    talk.request().unwrap();
    assert_eq!(talk.answer(410), Answer::Failed(Failure::Status(410)));
    assert!(talk.due_in() >= 500);
    talk.wait();
    assert_eq!(talk.request().unwrap().path, "/c?limit=1000");
    talk.page(&reset(4, "s", false)).unwrap();
    talk.wait();
    talk.request().unwrap();
    assert_eq!(talk.answer(410), Answer::StartAgain, "all was well between");
}
