//! Authorities that did not admit a certificate, and why, for those who want to know.

use std::fmt;

use crate::authority::Fault;
use crate::list::List;
use crate::reason::Reason;

/// An authority that was asked about a certificate and does not admit it.
#[derive(Clone, Debug)]
pub struct Tried<'p> {
    pub(crate) list: &'p List,
    pub(crate) position: usize,
    pub(crate) miss: Miss,
}

/// Why an authority does not admit a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// Its names are not what `subject` asks for.
    Subject,
    /// It has not the one name that is to identify its holder.
    Identity,
    /// There is no path.
    Path(Fault),
}

impl Miss {
    /// The reason of a refusal that goes by it.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::Subject | Self::Identity => Reason::CertificateNotAllowed,
            Self::Path(fault) => fault.reason(),
        }
    }
}

impl<'p> Tried<'p> {
    /// The list, and the position of the entry in it, from 0.
    pub fn entry(&self) -> (&'p str, Option<usize>) {
        (self.list.name(), Some(self.list.written_position(self.position)))
    }

    /// The reason that a refusal by it alone goes by.
    pub fn reason(&self) -> Reason {
        self.miss.reason()
    }
}

impl fmt::Display for Tried<'_> {
    /// Says what was wrong, in words.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.miss {
            Miss::Subject => out.write_str("its names are not those that `subject` asks for"),
            Miss::Identity => {
                out.write_str("it has not exactly one name of the kind that `identity` asks for")
            }
            Miss::Path(fault) => fault.fmt(out),
        }
    }
}
