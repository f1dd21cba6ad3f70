//! Where what was found differs from what was expected.

use std::fmt;

use serde_json::Value;

/// One field of an expectation that does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The field, as in `reason`.
    pub field: &'static str,
    /// What the case says.
    pub expected: Value,
    /// What the policy makes of the request.
    pub found: Value,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: expected {}, found {}", self.field, self.expected, self.found)
    }
}

/// Compares field by field; what is not expected is not looked at.
#[derive(Debug, Default)]
pub(crate) struct Comparison(Vec<Difference>);

impl Comparison {
    pub(crate) fn equal(
        &mut self,
        field: &'static str,
        expected: Option<impl Into<Value>>,
        found: impl Into<Value>,
    ) {
        let Some(expected) = expected.map(Into::into) else { return };
        let found = found.into();
        if expected != found {
            self.0.push(Difference { field, expected, found });
        }
    }

    /// Each of the texts must be in the found one, or must not be.
    pub(crate) fn holds(
        &mut self,
        field: &'static str,
        texts: &[String],
        found: &str,
        wanted: bool,
    ) {
        for text in texts.iter().filter(|text| found.contains(text.as_str()) != wanted) {
            self.0.push(Difference { field, expected: text.as_str().into(), found: found.into() });
        }
    }

    pub(crate) fn into_differences(self) -> Vec<Difference> {
        self.0
    }
}
