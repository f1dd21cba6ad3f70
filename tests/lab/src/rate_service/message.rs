//! The few fields of `RateLimitRequest` and `RateLimitResponse` that are used, in protobuf.

use super::Descriptor;

/// What Envoy asks about one request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Question {
    /// The filter's `domain`.
    pub domain: String,
    /// What to count.
    pub descriptors: Vec<Descriptor>,
    /// How much it counts: `hits_addend`, or 1.
    pub hits: u32,
}

impl Question {
    /// Reads a message. None: it is not one.
    pub(super) fn read(message: &[u8]) -> Option<Self> {
        let mut question = Self { hits: 1, ..Self::default() };
        for (number, field) in fields(message)? {
            match (number, field) {
                (1, Field::Bytes(domain)) => question.domain = text(domain)?,
                (2, Field::Bytes(descriptor)) => {
                    question.descriptors.push(read_descriptor(descriptor)?);
                }
                (3, Field::Number(hits)) if hits > 0 => question.hits = hits.try_into().ok()?,
                _ => {}
            }
        }
        Some(question)
    }
}

/// Writes the answer: whether each descriptor is over its limit, and so the whole.
pub(super) fn answer(over: &[bool]) -> Vec<u8> {
    let code = |over: bool| if over { OVER_LIMIT } else { OK };
    let mut message = vec![NUMBER_1, code(over.contains(&true))];
    for over in over {
        message.extend([BYTES_2, 2, NUMBER_1, code(*over)]);
    }
    message
}

/// Reads a list of entries.
fn read_descriptor(message: &[u8]) -> Option<Descriptor> {
    let mut descriptor = Descriptor::new();
    for (number, field) in fields(message)? {
        if let (1, Field::Bytes(entry)) = (number, field) {
            let mut pair = (String::new(), String::new());
            for (number, field) in fields(entry)? {
                match (number, field) {
                    (1, Field::Bytes(key)) => pair.0 = text(key)?,
                    (2, Field::Bytes(value)) => pair.1 = text(value)?,
                    _ => {}
                }
            }
            descriptor.push(pair);
        }
    }
    Some(descriptor)
}

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Splits a message into its fields, each with its number. Fixed ones are left out.
fn fields(mut message: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        let number = tag >> 3;
        match tag & 7 {
            0 => fields.push((number, Field::Number(varint(&mut message)?))),
            1 => drop(take(&mut message, 8)?),
            2 => {
                let length = varint(&mut message)?;
                let bytes = take(&mut message, usize::try_from(length).ok()?)?;
                fields.push((number, Field::Bytes(bytes)));
            }
            5 => drop(take(&mut message, 4)?),
            _ => return None,
        }
    }
    Some(fields)
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = message.split_at_checked(length)?;
    *message = rest;
    Some(taken)
}

fn text(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

const OK: u8 = 1;
const OVER_LIMIT: u8 = 2;

/// The tags of field 1, a number, and of field 2, bytes.
const NUMBER_1: u8 = 0x08;
const BYTES_2: u8 = 0x12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read() {
        let message =
            b"\x0a\x01d\x12\x0a\x0a\x08\x0a\x02id\x12\x02ab\x12\x06\x0a\x04\x0a\x02k2\x18\x03";
        let question = Question::read(message).unwrap();
        assert_eq!(question.domain, "d");
        assert_eq!(question.hits, 3);
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(question.descriptors, [vec![pair("id", "ab")], vec![pair("k2", "")]]);
    }

    #[test]
    fn a_broken_question_is_not_read() {
        for message in [&b"\x0a\x05d"[..], b"\x0a", b"\xff", b"\x0b", b"\x0a\x01\xff"] {
            assert_eq!(Question::read(message), None, "{message:?}");
        }
    }

    #[test]
    fn one_descriptor_over_its_limit_is_enough() {
        assert_eq!(answer(&[false, true]), b"\x08\x02\x12\x02\x08\x01\x12\x02\x08\x02");
        assert_eq!(answer(&[false]), b"\x08\x01\x12\x02\x08\x01");
        assert_eq!(answer(&[]), b"\x08\x01");
    }
}
