//! Host calls that go wrong.

use crate::call::Call;
use crate::status::Status;

/// A host call that goes wrong, for tests of what the filter makes of it.
///
/// # Example
/// ```
/// use peergate_mock::{Call, Fault, Status};
///
/// // The second read of a property fails as inside Envoy; the whole certificate comes empty.
/// let faults = [
///     Fault::status(Call::Property, Status::INTERNAL_FAILURE).nth(2),
///     Fault::empty(Call::Property).on("connection.peer_certificate"),
/// ];
/// # let _ = faults;
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    call: Call,
    argument: Option<String>,
    nth: Option<usize>,
    effect: Effect,
    /// How often a call has met the fault's conditions but for `nth`.
    met: usize,
}

/// What happens instead.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// It fails.
    Status(Status),
    /// It claims to have been carried out, and returns these bytes if it returns bytes at all.
    Bytes(Vec<u8>),
}

impl Fault {
    /// The call fails with a status. [`Status::OK`] makes it claim to have been carried out.
    pub fn status(call: Call, status: Status) -> Self {
        match status {
            Status::OK => Self::empty(call),
            _ => Self::new(call, Effect::Status(status)),
        }
    }

    /// The call claims to have been carried out, and is not: it returns these bytes if it returns bytes
    /// at all. The clock then stands at 1970, and any other number is 0, but for that of a value of shared
    /// data: it is the true one unless the value is empty.
    pub fn returns(call: Call, bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(call, Effect::Bytes(bytes.into()))
    }

    /// The call claims to have been carried out, and returns nothing.
    pub fn empty(call: Call) -> Self {
        Self::returns(call, [])
    }

    fn new(call: Call, effect: Effect) -> Self {
        Self { call, argument: None, nth: None, effect, met: 0 }
    }

    /// Only calls with this argument: see [`Call`] for what that is.
    #[must_use]
    pub fn on(mut self, argument: impl Into<String>) -> Self {
        self.argument = Some(argument.into());
        self
    }

    /// Only the nth such call of a request, tick or answer, from 1.
    #[must_use]
    pub fn nth(mut self, nth: usize) -> Self {
        self.nth = Some(nth);
        self
    }

    /// What happens to a call; `None` if it is not meant.
    pub(crate) fn strike(&mut self, call: Call, argument: &str) -> Option<Effect> {
        if call != self.call || self.argument.as_ref().is_some_and(|wanted| wanted != argument) {
            return None;
        }
        self.met = self.met.saturating_add(1);
        self.nth.is_none_or(|nth| nth == self.met).then(|| self.effect.clone())
    }
}
