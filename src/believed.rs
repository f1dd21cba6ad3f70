//! The names of fields by which an upstream learns who the client is.

use crate::carrier::xfcc;
use crate::header_name::reads_as;
use crate::lengths::Lengths;
use crate::policy::Forward;

/// The names that a policy forwards under, and that of Envoy's carrier.
#[derive(Clone, Debug)]
pub(crate) struct Believed {
    names: Vec<Box<str>>,
    lengths: Lengths,
}

impl Believed {
    pub(crate) fn of(forward: &Forward) -> Self {
        let names = forward.names().map(|name| name.as_str()).chain([xfcc::NAME]);
        let names: Vec<Box<str>> = names.map(Box::from).collect();
        Self { lengths: names.iter().map(|name| name.len()).collect(), names }
    }

    /// Whether an upstream may take a field of that name for one of these.
    pub(crate) fn reads(&self, name: &[u8]) -> bool {
        // Most names are none of these by their length alone.
        self.lengths.contains(name.len()) && self.names.iter().any(|own| reads_as(own, name))
    }

    /// The lengths of all the names.
    pub(crate) fn lengths(&self) -> Lengths {
        self.lengths
    }
}
