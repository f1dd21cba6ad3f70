use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn places_are_told_as_they_were_written() {
    for skipped in [&[][..], &[0], &[3], &[0, 1, 2], &[1, 3, 5], &[2, 3, 9], &[7, 8]] {
        let written: Vec<usize> = (0..20).filter(|at| !skipped.contains(at)).collect();
        for (place, position) in written.iter().enumerate() {
            assert_eq!(written_position(place, skipped), *position, "{place} of {skipped:?}");
        }
    }
}

#[test]
fn entries_say_what_was_said_of_them() {
    let pin = |number: u8| Pin::Fingerprint(Fingerprint::of(&[number]));
    let said = |identity: Option<&str>, not_after: Option<i64>| Entry {
        identity: identity.map(Into::into),
        validity: not_after.map(|not_after| Validity { not_before: 0, not_after }),
        ..Entry::default()
    };
    let mut list = List::with_room(9);
    for (number, entry) in [
        (0, said(None, None)),
        (1, said(Some("one"), None)),
        (2, said(Some("two"), Some(2))),
        (3, said(None, Some(3))),
        (4, said(None, None)),
    ] {
        list.push(pin(number), entry).unwrap();
    }
    let list = list.sorted().unwrap();
    let identities = [None, Some("one"), Some("two"), None, None];
    let ends = [None, None, Some(2), Some(3), None];
    for (number, (identity, end)) in (0..).zip(identities.into_iter().zip(ends)) {
        let place = list.admits(Fingerprint::of(&[number]), None).unwrap();
        assert_eq!(list.identity(place), identity);
        assert_eq!(list.entry(place).validity.map(|validity| validity.not_after), end);
    }
    assert_eq!(list.entries().map(|(place, _)| place).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(list.admits(Fingerprint::of(&[5]), None), None);
}
