//! A plugin that refuses its configuration.

use std::fmt;

use crate::call::Log;

/// A filter that refuses its policy, or a service that refuses its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub(crate) logs: Vec<Log>,
}

impl LoadError {
    /// What it logged: why it refuses.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the configuration is refused")?;
        self.logs.iter().try_for_each(|log| write!(out, "\n{}", log.message))
    }
}

impl std::error::Error for LoadError {}
