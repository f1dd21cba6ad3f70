//! One feed: what it is asked, and when.

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_first_request_asks_for_everything_at_once() {
    let mut talk = Talk::new(feed("c"));
    let request = talk.request().unwrap();
    let expected = Request {
        feed: 0,
        path: "/c?limit=1000".into(),
        if_none_match: None,
        timeout: Duration::from_secs(10),
    };
    assert_eq!(request, expected);
    assert_eq!(talk.request(), None, "one at a time");
}

#[test]
fn a_request_says_what_is_known() {
    let mut talk = Talk::new(Feed {
        path: "/c?x=y".into(),
        wait: Duration::from_secs(30),
        page: 7,
        ..feed("c")
    });
    talk.position = position(0, 3, "a b&c=%/ü~", "\"e\"");
    let request = talk.request().unwrap();
    assert_eq!(request.path, "/c?x=y&limit=7&after=a%20b%26c%3D%25%2F%C3%BC~&wait=30");
    assert_eq!(request.if_none_match.as_deref(), Some("\"e\""));
    assert_eq!(request.timeout, Duration::from_secs(40));

    let format = Format::ClientSslAuth { apis: crate::dynamic::Grant::All };
    let mut talk = Talk::new(Feed { format, ..feed("c") });
    talk.position = position(0, 0, "", "e");
    let request = talk.request().unwrap();
    assert_eq!((&*request.path, request.if_none_match.as_deref()), ("/c", Some("e")));
}

#[test]
fn pages_come_one_after_the_other_and_then_there_is_a_pause() {
    let mut talk = Talk::new(feed("c"));
    talk.position = position(0, 1, "c-1", "old");
    talk.request().unwrap();
    let turn = talk.page(&page(2, "c-2", true)).unwrap();
    assert_eq!(turn, Turn { way: Way::Change, position: Some(position(0, 2, "c-2", "")) });
    assert_eq!(talk.due_in(), 0);
    let request = talk.request().unwrap();
    assert_eq!(request.path, "/c?limit=1000&after=c-2");
    assert_eq!(request.if_none_match, None, "a tag of the state, not of the page");
    // Nine seconds, and up to two more by chance.
    talk.random = 0;
    let turn = talk.page(&page(2, "c-3", false)).unwrap();
    assert_eq!(turn.position, Some(position(0, 2, "c-3", "\"tag\"")));
    assert_eq!(talk.due_in(), 9_000);
    talk.pass(9_000);
    talk.request().unwrap();
    talk.random = 2_000_000_000;
    talk.answer(304);
    assert_eq!(talk.due_in(), 11_000);
}

#[test]
fn a_page_without_changes_and_with_more_is_no_reason_to_hurry() {
    let mut talk = Talk::new(feed("c"));
    talk.position = position(0, 1, "c-1", "");
    talk.request().unwrap();
    talk.page(&Page { changes: vec![], ..page(2, "c-2", true) }).unwrap();
    assert_eq!(talk.due_in(), 1_000);
}

#[test]
fn a_long_poll_is_asked_again_at_once_unless_it_is_none() {
    let file = Page { reset: true, ..page(1, "c-1", false) };
    for (took, say, pause) in [
        (1_000, None, 0),
        (999, None, 1_000),
        (0, Some(page(2, "c-2", false)), 0),
        // A plain file, which is always the same.
        (0, Some(file.clone()), 1_000),
        (1_000, Some(file), 0),
        (0, Some(Page { changes: vec![], ..page(1, "c-2", false) }), 1_000),
    ] {
        let mut talk = Talk::new(Feed { wait: Duration::from_secs(30), ..feed("c") });
        talk.position = position(0, 1, "c-1", "");
        talk.request().unwrap();
        talk.pass(took);
        match &say {
            None => assert_eq!(talk.answer(204), Answer::NothingNew),
            Some(page) => drop(talk.page(page).unwrap()),
        }
        assert_eq!(talk.due_in(), pause, "{took} {say:?}");
    }
}

#[test]
fn failures_are_followed_by_longer_and_longer_pauses() {
    let mut talk = Talk::new(feed("c"));
    for most in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        for (random, pause) in
            [(u64::MAX / 2, None), (0, Some(500)), (most * 1_000_000_000, Some(most * 1_000))]
        {
            let mut talk = talk.clone();
            talk.random = random;
            talk.request().unwrap();
            assert_eq!(talk.answer(500), Answer::Failed(Failure::Status(500)));
            let due = talk.due_in();
            assert!((500..=most * 1_000).contains(&due), "{due} of {most}");
            assert!(pause.is_none_or(|pause| due == pause), "{due} of {most}");
        }
        talk.request().unwrap();
        talk.answer(500);
        talk.pass(60_000);
    }
    talk.position = position(0, 1, "c", "");
    talk.request().unwrap();
    talk.answer(204);
    talk.pass(11_000);
    talk.random = 3_000_000_000;
    talk.request().unwrap();
    talk.answer(500);
    assert!(talk.due_in() <= 1_000, "counted anew after an accepted answer");
}

#[test]
fn every_answer_is_one_of_a_few() {
    let too_large = Response { status: Some(200), etag: None, body_bytes: 1_048_577 };
    let with = |status| Response { status, etag: None, body_bytes: 1_048_576 };
    for (response, expected, word) in [
        (with(Some(200)), Answer::Body, "ok"),
        (with(Some(204)), Answer::NothingNew, "nothing_new"),
        (with(Some(304)), Answer::NothingNew, "nothing_new"),
        (with(Some(410)), Answer::StartAgain, "start_again"),
        (too_large, Answer::Failed(Failure::TooLarge), "too_large"),
        (with(None), Answer::Failed(Failure::Unreachable), "unreachable"),
        (with(Some(206)), Answer::Failed(Failure::Status(206)), "status"),
        (with(Some(302)), Answer::Failed(Failure::Status(302)), "status"),
        (with(Some(504)), Answer::Failed(Failure::Status(504)), "status"),
    ] {
        let mut talk = Talk::new(feed("c"));
        talk.position = position(0, 1, "c", "");
        talk.request().unwrap();
        let answer = talk.poll.answered(talk.now, 0, &response);
        assert_eq!((answer.word(), &answer), (word, &expected));
        assert!(crate::feed::WORDS.contains(&word));
    }
}

#[test]
fn nothing_can_be_no_news_to_who_knows_nothing() {
    for status in [204, 304] {
        let mut talk = Talk::new(feed("c"));
        talk.request().unwrap();
        assert_eq!(talk.answer(status), Answer::Failed(Failure::Status(status)));
    }
}

#[test]
fn tags_that_cannot_be_sent_back_are_not_kept() {
    let long = "x".repeat(257);
    for (etag, kept) in [
        ("W/\"a\"", "W/\"a\""),
        ("a b", ""),
        ("a\n", ""),
        ("é", ""),
        (&long, ""),
        (&long[1..], &long[1..]),
    ] {
        let mut talk = Talk::new(feed("c"));
        talk.request().unwrap();
        let response = Response { status: Some(200), etag: Some(etag.as_bytes()), body_bytes: 0 };
        assert_eq!(talk.poll.answered(0, 0, &response), Answer::Body);
        let turn = talk.poll.accept(0, 0, &talk.position, &page(1, "c", false)).unwrap();
        assert_eq!(&*turn.position.unwrap().etag, kept);
    }
}

#[test]
fn a_version_never_falls() {
    let mut talk = Talk::new(feed("c"));
    talk.position = position(0, 5, "c-5", "");
    talk.request().unwrap();
    let failure = talk.page(&Page { reset: true, ..page(4, "c-4", false) }).unwrap_err();
    assert_eq!(failure, Failure::Rollback { known: 5, found: 4 });
    assert_eq!(failure.word(), "rollback");
    assert_eq!(failure.to_string(), "the feed has gone back from version 5 to 4");
    talk.wait();
    talk.request().unwrap();
    assert!(talk.page(&page(5, "c-6", false)).is_ok());
}

#[test]
fn a_page_that_leads_to_itself_is_refused() {
    let mut talk = Talk::new(feed("c"));
    talk.position = position(0, 1, "c", "");
    talk.request().unwrap();
    assert_eq!(talk.page(&page(1, "c", true)), Err(Failure::Loop));
    talk.wait();
    talk.request().unwrap();
    assert!(talk.page(&page(1, "c", false)).is_ok(), "there is no more, so it leads nowhere");
}

#[test]
fn a_request_that_cannot_be_sent_is_a_failure() {
    let mut talk = Talk::new(feed("c"));
    talk.request().unwrap();
    talk.poll.refused(talk.now, 700_000_000, &Failure::Unreachable);
    assert_eq!(talk.due_in(), 700);
    talk.poll.refused(talk.now, 0, &Failure::Unreachable);
    assert_eq!(talk.due_in(), 700, "nothing was asked");
}
