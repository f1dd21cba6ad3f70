//! Why a command could not do its work.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use peergate::Problems;

/// What is told on standard error, and the exit status that goes with it.
pub(crate) enum Failure {
    /// A file or argument: `path: why`.
    Input(String),
    /// A policy that is neither YAML nor JSON: where, and why.
    Syntax(String, String),
    /// An answer of a feed that the filter would refuse: whose, and why.
    Refused(String),
    /// A policy with problems.
    Policy(String, Problems),
}

impl Failure {
    /// Something about a file.
    pub(crate) fn file(path: &Path, why: impl fmt::Display) -> Self {
        Self::Input(format!("{}: {why}", path.display()))
    }

    pub(crate) fn status(&self) -> ExitCode {
        match self {
            Self::Input(_) => ExitCode::from(1),
            Self::Refused(_) | Self::Syntax(..) | Self::Policy(..) => ExitCode::from(3),
        }
    }

    /// Whether it is a policy that is to blame.
    pub(crate) fn is_of_policy(&self) -> bool {
        matches!(self, Self::Syntax(..) | Self::Policy(..))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(why) | Self::Refused(why) => out.write_str(why),
            Self::Syntax(file, why) => write!(out, "{file}: {why}"),
            Self::Policy(file, problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    let line_feed = if index > 0 { "\n" } else { "" };
                    write!(out, "{line_feed}{file}: {problem}")?;
                }
                Ok(())
            }
        }
    }
}
