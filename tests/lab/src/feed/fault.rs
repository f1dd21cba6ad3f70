//! What a feed can be told to do wrong.

use std::time::Duration;

use serde_json::{Value, json};

/// Something that a feed does wrong.
///
/// Unless it says otherwise, a fault is answered with at once: a long poll that is being held when
/// the fault is set gets it there and then.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Every answer is late by so much. Long polls are held as ever, and late when they end.
    Slow(Duration),
    /// The headers and half the body, then silence until the client closes.
    Stalled,
    /// Half of the body that `content-length` promises, then the end of the connection.
    Truncated,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// An answer in which this member has a wrong type.
    WrongTypes(Member),
    /// This status, with a short body.
    Status(u16),
    /// A TCP reset in place of an answer.
    Reset,
    /// Every page twice: who asks after a page gets that page again, cursor and all, and then what
    /// follows. Long polls are held as ever. In [`CHANGES`](super::CHANGES) only.
    DuplicatePages,
    /// A page whose cursor is the one that was asked after, with more to come. Pages only.
    Loop,
    /// Every other answer, the first included, is a reset from a replica that knows nothing newer
    /// than what was there when the fault was set. The others are as ever.
    LaggingReplica,
    /// This put before the changes of every page that is sent, or before the certificates of
    /// `client_ssl_auth` as it is. Long polls are held as ever.
    Poisoned(Value),
    /// The deletion of this key before the changes of every answer. Pages only.
    BadDelete(Value),
    /// An answer of [`Fault::HUGE`] bytes, right in all else.
    Huge,
    /// Connections are closed as soon as they are accepted, and open ones when the fault is set.
    Refuse,
}

/// A member of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Member {
    /// `version`, as text.
    Version,
    /// `cursor`, as a number.
    Cursor,
    /// `more`, as text.
    More,
    /// `reset`, as a number.
    Reset,
    /// `changes`, or `certificates` of `client_ssl_auth`, as an object.
    Changes,
}

impl Fault {
    /// The bytes of a huge answer, more than any configuration allows.
    pub const HUGE: usize = 9 << 20;

    /// Puts an entry with a member that does not exist, for the certificate of this fingerprint.
    pub fn unknown_member(certificate: &str) -> Self {
        Self::poison(certificate, "surprise", json!(true))
    }

    /// Puts an entry whose end is no date, for the certificate of this fingerprint.
    pub fn bad_date(certificate: &str) -> Self {
        Self::poison(certificate, "expires", json!("2027-13-32T00:00:00Z"))
    }

    /// Puts an entry with a label of so many bytes, for the certificate of this fingerprint.
    pub fn long_label(certificate: &str, bytes: usize) -> Self {
        Self::poison(certificate, "labels", json!({ "plan": "x".repeat(bytes) }))
    }

    fn poison(certificate: &str, member: &str, value: Value) -> Self {
        let mut entry = json!({ "certificate": certificate, "identity": "poison", "apis": ["*"] });
        entry[member] = value;
        Self::Poisoned(entry)
    }

    /// Says whether an answer is due at once, and has a body, whatever there is to say.
    pub(super) fn forces(&self) -> bool {
        match self {
            Self::Slow(_) | Self::DuplicatePages | Self::LaggingReplica | Self::Poisoned(_) => {
                false
            }
            Self::Stalled
            | Self::Truncated
            | Self::Garbage
            | Self::WrongTypes(_)
            | Self::Status(_)
            | Self::Reset
            | Self::Loop
            | Self::BadDelete(_)
            | Self::Huge
            | Self::Refuse => true,
        }
    }
}
