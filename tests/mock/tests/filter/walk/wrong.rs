//! The calls of a turn, and all that may go wrong with each.

use std::collections::HashMap;

use peergate_mock::{Call, Fault, HostCall, Status};

/// A call of a recorded turn.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) made: HostCall,
    /// Which of its kind it is in that turn, from 1. Its argument may be another one the next time: keys of
    /// shared data depend on chance.
    nth: usize,
    /// Which it is of those with its argument.
    pub(super) same: usize,
    /// Whether all was decided by then.
    pub(super) is_after: bool,
}

impl Place {
    pub(super) fn argument(&self) -> &str {
        &self.made.argument
    }

    /// Whether another run has come to it.
    pub(super) fn is_reached(&self, calls: &[HostCall]) -> bool {
        calls.iter().filter(|made| made.call == self.made.call).count() >= self.nth
    }
}

/// The places of a turn in which these calls were made.
pub(super) fn places(calls: &[HostCall]) -> Vec<Place> {
    let (mut kinds, mut all) = (HashMap::new(), HashMap::new());
    let mut is_after = false;
    let count = |call: &HostCall| {
        let nth = kinds.entry(call.call).or_insert(0);
        *nth += 1;
        let same = all.entry(call.clone()).or_insert(0);
        *same += 1;
        is_after |= call.call == Call::IncrementMetric;
        Place { made: call.clone(), nth: *nth, same: *same, is_after }
    };
    calls.iter().map(count).collect()
}

/// What goes wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It fails.
    Status(u32),
    /// It returns nothing, or does nothing and says that it has.
    Empty,
    /// It returns these bytes.
    Bytes(Vec<u8>),
}

impl Wrong {
    /// All that may go wrong with a call.
    pub(super) fn all(call: Call) -> Vec<Self> {
        // Every status of the ABI, and some that are none.
        let statuses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 58, 999, u32::MAX];
        let mut all: Vec<Self> = statuses.map(Self::Status).into();
        all.push(Self::Empty);
        if returns_bytes(call) {
            all.extend(garbage().into_iter().map(Self::Bytes));
        }
        all
    }

    /// One of each kind, but for what nobody can notice.
    pub(super) fn some(call: Call) -> Vec<Self> {
        let is_some = |wrong: &Self| match wrong {
            Self::Status(number) => [1, 8, 10].contains(number),
            Self::Empty => true,
            Self::Bytes(bytes) => bytes == LARGE_PAIRS || bytes.len() > 1 << 16,
        };
        Self::all(call).into_iter().filter(|wrong| is_some(wrong) && !wrong.is_lie(call)).collect()
    }

    pub(super) fn at(&self, place: &Place) -> Fault {
        let call = place.made.call;
        let fault = match self {
            Self::Status(number) => Fault::status(call, Status(*number)),
            Self::Empty => Fault::empty(call),
            Self::Bytes(bytes) => Fault::returns(call, bytes.clone()),
        };
        fault.nth(place.nth)
    }

    /// Whether it says that there is no such thing, which is no fault.
    pub(super) fn is_absence(&self, call: Call) -> bool {
        match self {
            Self::Status(number) => *number == Status::NOT_FOUND.0,
            // A property is never empty, and a value of shared data may be.
            Self::Empty => call == Call::Property,
            Self::Bytes(_) => false,
        }
    }

    /// Whether the host says that it has done what it has not. Nobody can notice that.
    pub(super) fn is_lie(&self, call: Call) -> bool {
        *self == Self::Empty && !returns_bytes(call) && !returns_number(call)
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(number) => write!(out, "status {number}"),
            Self::Empty => out.write_str("empty"),
            Self::Bytes(bytes) => {
                let start: String =
                    bytes.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
                write!(out, "{} bytes {start}", bytes.len())
            }
        }
    }
}

fn returns_bytes(call: Call) -> bool {
    matches!(
        call,
        Call::Property
            | Call::HeaderPairs
            | Call::SharedData
            | Call::Buffer
            | Call::ForeignFunction
    )
}

fn returns_number(call: Call) -> bool {
    matches!(call, Call::Time | Call::Monotonic | Call::DefineMetric | Call::HttpCall)
}

/// What is nowhere a value: too short, cut off, of other formats, not text, far too large.
fn garbage() -> Vec<Vec<u8>> {
    vec![
        b"\0".to_vec(),
        vec![0xff; 4],
        b"-----BEGIN CERTIFICATE-----\n".to_vec(),
        b"{}".to_vec(),
        vec![7; 300],
        LARGE_PAIRS.to_vec(),
        vec![0xff; 1 << 20],
    ]
}

/// A header map of one pair, whose value says that it is 9 bytes long and is not.
const LARGE_PAIRS: &[u8] = b"\x01\0\0\0\x01\0\0\0\x09\0\0\0a\0b\0";
