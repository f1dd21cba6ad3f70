use super::*;
use crate::digest::Fingerprint;
use crate::dynamic::entry::Session;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn key(name: &str) -> Key {
    Key { kind: Kind::Certificate, digest: Fingerprint::of(name.as_bytes()).digest() }
}

fn session(identity: &str) -> Content {
    let identity = Some(identity.into());
    Content::Session(Box::new(Session { identity, ..Session::default() }))
}

fn put(name: &str, identity: &str) -> Written {
    Written::from(&Change::Put(key(name), session(identity)))
}

fn delete(name: &str) -> Written {
    Written::from(&Change::Delete(key(name)))
}

fn denial(name: &str) -> Key {
    Key { kind: Kind::DenyKey, ..key(name) }
}

fn deny(name: &str) -> Written {
    Written::from(&Change::Put(denial(name), Content::Deny(None)))
}

/// What a reader finds under each of the names.
fn seen(bytes: &[u8], names: &str) -> String {
    let found = |name: &str| match find(bytes, &key(name)).unwrap() {
        Some(Content::Session(session)) => session.identity.unwrap().to_string(),
        Some(Content::Deny(_)) => "denied".to_owned(),
        None => "-".to_owned(),
    };
    names.split(' ').map(found).collect::<Vec<_>>().join(" ")
}

fn edit<'b>(bytes: &'b [u8], edit: impl FnOnce(&mut Bucket<'b>)) -> Vec<u8> {
    let mut bucket = Bucket::read(bytes).unwrap();
    edit(&mut bucket);
    bucket.write()
}

#[test]
fn changes_are_seen_at_once() {
    let changes = [put("b", "0"), put("a", "1"), put("b", "2")];
    let bytes = edit(&[], |bucket| bucket.change(&changes));
    assert_eq!(seen(&bytes, "a b c"), "1 2 -");
    assert_eq!(edit(&bytes, |bucket| bucket.change(&changes)), bytes, "the same again");
    let gone = [put("a", "3"), delete("a")];
    let bytes = edit(&bytes, |bucket| bucket.change(&gone));
    assert_eq!(seen(&bytes, "a b c"), "- 2 -");
    assert_eq!(Bucket::read(&bytes).unwrap().count().certificates, 1);
}

#[test]
fn a_reset_is_seen_once_it_is_committed() {
    let written = ["a1", "b2", "c3"].map(|text| put(&text[..1], &text[1..]));
    let old = edit(&[], |bucket| bucket.change(&written));
    let next = ["a1", "b5", "d4"].map(|text| put(&text[..1], &text[1..]));
    let staged = edit(&old, |bucket| bucket.stage(1, &next));
    assert_eq!(seen(&staged, "a b c d"), "1 2 3 -");
    let committed = edit(&staged, |bucket| assert!(!bucket.commit(1)));
    assert_eq!(seen(&committed, "a b c d"), "1 5 - 4");
    assert_eq!(edit(&committed, |bucket| assert!(!bucket.settle())), committed);
}

#[test]
fn an_interrupted_reset_leaves_nothing() {
    let (a, b, c) = (put("a", "1"), [put("b", "2")], put("c", "3"));
    let (first, second) = ([a.clone(), b[0].clone()], [a, c]);
    let old = edit(&[], |bucket| bucket.change(&first));
    let half = edit(&old, |bucket| bucket.stage(1, &second));
    // What the first reset confirmed is not what the second one did.
    let other = edit(&half, |bucket| bucket.stage(2, &b));
    assert_eq!(seen(&edit(&other, |bucket| assert!(!bucket.commit(2))), "a b c"), "- 2 -");
    assert_eq!(seen(&edit(&half, |bucket| assert!(!bucket.commit(2))), "a b c"), "- - -");
    let settled = edit(&half, |bucket| assert!(bucket.settle()));
    assert_eq!(seen(&settled, "a b c"), "1 2 -");
}

#[test]
fn within_a_reset_the_last_word_holds() {
    let (a, other, gone) = (put("a", "1"), put("a", "2"), delete("a"));
    let first = [a.clone()];
    let old = edit(&[], |bucket| bucket.change(&first));
    for (said, seen_then) in [
        ([&a, &other], "2"),
        ([&other, &a], "1"),
        ([&a, &gone], "-"),
        ([&other, &gone], "-"),
        ([&gone, &a], "1"),
    ] {
        let said = said.map(Clone::clone);
        let one_by_one = edit(&old, |bucket| {
            said.iter().for_each(|change| bucket.stage(1, std::slice::from_ref(change)));
            assert!(!bucket.commit(1));
        });
        let at_once = edit(&old, |bucket| {
            bucket.stage(1, &said);
            assert!(!bucket.commit(1));
        });
        assert_eq!([seen(&one_by_one, "a"), seen(&at_once, "a")], [seen_then, seen_then]);
    }
}

#[test]
fn denials_of_a_reset_come_first_and_go_last() {
    let denied = |bytes: &[u8]| {
        let is_denied = |name: &&str| find(bytes, &denial(name)).unwrap().is_some();
        ["a", "b", "c"].into_iter().filter(is_denied).collect::<String>()
    };
    let (first, next) =
        ([put("s", "1"), deny("a"), deny("b")], [put("s", "2"), deny("b"), deny("c")]);
    let old = edit(&[], |bucket| bucket.change(&first));
    let staged = edit(&old, |bucket| bucket.stage(1, &next));
    assert_eq!((denied(&staged), seen(&staged, "s")), ("ab".to_owned(), "1".to_owned()));
    let revealed = edit(&staged, |bucket| bucket.reveal(1));
    assert_eq!((denied(&revealed), seen(&revealed, "s")), ("abc".to_owned(), "1".to_owned()));
    let committed = edit(&revealed, |bucket| assert!(bucket.commit(1)));
    assert_eq!((denied(&committed), seen(&committed, "s")), ("abc".to_owned(), "2".to_owned()));
    let lifted = edit(&committed, |bucket| bucket.lift(1));
    assert_eq!((denied(&lifted), seen(&lifted, "s")), ("bc".to_owned(), "2".to_owned()));
    for bytes in [&staged, &lifted] {
        let again = edit(bytes, |bucket| {
            bucket.settle();
        });
        assert_eq!(
            Bucket::read(&again).unwrap().records.iter().filter(|r| r.is_confirmed).count(),
            0
        );
    }
    // Whoever takes over meanwhile drops none.
    let settled = edit(&committed, |bucket| assert!(bucket.settle()));
    assert_eq!(denied(&settled), "abc");
}

#[test]
fn what_was_lost_is_told_until_a_later_reset_is_over() {
    let (a, next) = ([put("a", "1")], [put("b", "2")]);
    let lost = |round| {
        let mut bucket = Bucket::lost(round);
        bucket.change(&a);
        bucket.write()
    };
    for (during, reset, is_found) in [(None, 1, true), (Some(1), 1, false), (Some(1), 2, true)] {
        let bytes = lost(during);
        assert_eq!(find(&bytes, &key("a")), Err(Corrupt));
        assert_eq!(find(&bytes, &key("c")), Err(Corrupt));
        let staged = edit(&bytes, |bucket| bucket.stage(reset, &next));
        assert_eq!(find(&staged, &key("a")), Err(Corrupt));
        let committed = edit(&staged, |bucket| assert!(!bucket.commit(reset)));
        assert_eq!(Bucket::read(&committed).unwrap().is_lost(), !is_found);
        match is_found {
            true => assert_eq!(seen(&committed, "a b"), "- 2"),
            false => assert_eq!(find(&committed, &key("b")), Err(Corrupt)),
        }
    }
}

#[test]
fn one_bucket_may_have_all_changes_of_a_page() {
    let digest = |number: u32| {
        let mut digest = [0; 32];
        digest[28..].copy_from_slice(&number.to_be_bytes());
        digest
    };
    let puts: Vec<Written> = (0..65_536)
        .map(|number| {
            let key = Key { kind: Kind::Certificate, digest: digest(number) };
            Written::from(&Change::Put(key, Content::Session(Box::default())))
        })
        .collect();
    // As fast as it is long: with a walk for each of them it would not end.
    let bytes = edit(&[], |bucket| bucket.change(&puts));
    let bytes = edit(&bytes, |bucket| bucket.stage(1, &puts));
    let bytes = edit(&bytes, |bucket| assert!(!bucket.commit(1)));
    assert_eq!(Bucket::read(&bytes).unwrap().count().certificates, 65_536);
}

#[test]
fn garbage_is_told_from_a_bucket() {
    for bytes in [&b"garbage"[..], &[0; 9], &[0xff; 60]] {
        assert_eq!(find(bytes, &key("a")), Err(Corrupt));
        assert_eq!(Bucket::read(bytes), Err(Corrupt));
    }
}
