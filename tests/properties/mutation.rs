//! Good inputs, spoiled: they get further into a parser than noise does.

use proptest::prelude::*;
use proptest::sample::Index;

/// One thing that is done to a text.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Truncate(Index),
}

/// A few mutations; none at all among them.
pub(crate) fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let at = any::<Index>;
    let mutation = prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        2 => (at(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        2 => (at(), 1..33_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        1 => (at(), 1..65_usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        1 => at().prop_map(Mutation::Truncate),
    ];
    prop::collection::vec(mutation, 0..5)
}

/// The text with all of it done.
pub(crate) fn apply(text: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for mutation in mutations {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        let range = |at: &Index, wanted: usize| {
            let start = at.index(length);
            start..(start + wanted).min(length)
        };
        match mutation {
            Mutation::Set(at, byte) => bytes[at.index(length)] = *byte,
            Mutation::Insert(at, new) => {
                bytes.splice(range(at, 0), new.iter().copied());
            }
            Mutation::Remove(at, wanted) => drop(bytes.drain(range(at, *wanted))),
            Mutation::Repeat(at, wanted) => {
                let again = bytes[range(at, *wanted)].to_vec();
                bytes.splice(range(at, 0), again);
            }
            Mutation::Truncate(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}
