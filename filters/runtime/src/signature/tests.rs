//! That questions are what Envoy reads, and that nothing passes for an answer that it does not give.

use super::*;

/// What Envoy 1.36 to 1.40 say of a signature that does not hold.
const REFUSED: &[u8] = b"\x12\x26Failed to verify digest. Error code: 0";

#[test]
fn a_question_is_what_envoy_reads() {
    let long = [7; 300];
    let expected = [&b"\x0a\x06sha256\x12\x02\x30\x00\x1a\x00\x22\xac\x02"[..], &long].concat();
    assert_eq!(question("sha256", b"\x30\x00", b"", &long), Some(expected));
}

#[test]
fn lengths_are_written_in_as_many_bytes_as_they_need() {
    for (length, expected) in [
        (0, &b"\x00"[..]),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16_383, b"\xff\x7f"),
        (16_384, b"\x80\x80\x01"),
    ] {
        let mut bytes = Vec::new();
        write_length(&mut bytes, length).unwrap();
        assert_eq!(bytes, expected);
        assert_eq!(varint(&mut &*bytes), u64::try_from(length).ok());
    }
}

#[test]
fn envoys_answers_are_understood() {
    assert_eq!(answer(b"\x08\x01"), Some(true));
    assert_eq!(answer(REFUSED), Some(false));
    // What proto3 leaves out may be there.
    assert_eq!(answer(b"\x08\x01\x12\x00"), Some(true));
    assert_eq!(answer(&[b"\x08\x00", REFUSED].concat()), Some(false));
    assert_eq!(answer(&[REFUSED, b"\x08\x00"].concat()), Some(false));
}

#[test]
fn what_envoy_could_not_verify_is_no_answer() {
    for error in [
        "",
        "Failed to initialize digest verify.",
        "sha3 is not supported.",
        "failed to verify digest",
        "Not: Failed to verify digest",
    ] {
        let length = u8::try_from(error.len()).unwrap();
        let bytes = [&[0x12, length], error.as_bytes()].concat();
        assert_eq!(answer(&bytes), None, "{error}");
    }
    assert_eq!(answer(b""), None);
    assert_eq!(answer(b"\x08\x00"), None);
}

#[test]
fn contradictions_and_repetitions_are_no_answer() {
    for bytes in [
        &[b"\x08\x01", REFUSED].concat()[..],
        b"\x08\x01\x12\x01?",
        b"\x08\x01\x08\x01",
        b"\x08\x00\x08\x01",
        b"\x08\x01\x12\x00\x12\x00",
        &[REFUSED, REFUSED].concat(),
        b"\x08\x02",
        b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        assert_eq!(answer(bytes), None, "{bytes:x?}");
    }
}

#[test]
fn unknown_fields_are_passed_over() {
    for field in [
        &b"\x18\x05"[..],
        b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x19\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\x1a\x03abc",
        b"\x1d\x01\x02\x03\x04",
        b"\xfa\xff\xff\xff\x0f\x00",
    ] {
        assert_eq!(answer(&[field, b"\x08\x01"].concat()), Some(true), "{field:x?}");
        assert_eq!(answer(&[REFUSED, field].concat()), Some(false), "{field:x?}");
        for length in 1..field.len() {
            let bytes = [b"\x08\x01", &field[..length]].concat();
            assert_eq!(answer(&bytes), None, "{bytes:x?}");
        }
    }
}

#[test]
fn malformed_answers_are_none() {
    for bytes in [
        &b"\x08"[..],
        b"\x08\x81",
        b"\x12",
        b"\x12\x27Failed to verify digest. Error code: 0",
        b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        // Field 0; known fields of other kinds; groups; kinds that are none.
        b"\x00\x01\x08\x01",
        b"\x0a\x01\x01",
        b"\x0d\x01\x00\x00\x00",
        b"\x10\x01",
        b"\x1b\x1c\x08\x01",
        b"\x1e\x08\x01",
        b"\x1f\x08\x01",
        // Numbers that are longer than need be, and longer than 64 bits.
        b"\x08\x81\x00",
        b"\x88\x00\x01",
        b"\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02\x08\x01",
        b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x08\x01",
        // Something behind it.
        b"\x08\x01\x00",
        b"\x08\x01true",
    ] {
        assert_eq!(answer(bytes), None, "{bytes:x?}");
    }
    for length in 0..REFUSED.len() {
        assert_eq!(answer(&REFUSED[..length]), None, "{length}");
    }
}

#[test]
fn truth_has_one_form_of_two_bytes() {
    let answers = (0..=u16::MAX).map(u16::to_le_bytes);
    let truths: Vec<_> = answers.filter(|bytes| answer(bytes) == Some(true)).collect();
    assert_eq!(truths, [*b"\x08\x01"]);
}
