//! A filter that refuses its policy.

use std::fmt;

use crate::call::Log;

/// A filter that refuses its policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub(crate) logs: Vec<Log>,
}

impl LoadError {
    /// What the filter logged: why it refuses.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the filter refuses the policy")?;
        self.logs.iter().try_for_each(|log| write!(out, "\n{}", log.message))
    }
}

impl std::error::Error for LoadError {}
