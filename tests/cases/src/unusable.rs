//! Why a file of cases cannot be run.

use std::fmt;

use peergate::Problems;
use serde_json::Value;

use crate::reader::Malformed;

/// What is wrong with a file of cases, or with a policy that it tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// The file does not have the form of one.
    Malformed {
        /// Where, as in `cases[3].request.method`; empty for the file as a whole.
        at: String,
        /// The description of the case that it is in.
        case: Option<String>,
        /// What it is.
        message: String,
    },
    /// A policy is invalid: where it stands, or the file that it is in, and its problems.
    Policy(String, Problems),
}

impl Unusable {
    pub(crate) fn in_file(Malformed { at, message }: Malformed, document: &Value) -> Self {
        let case = at.split_once("].").and_then(|(case, _)| {
            let (cases, index) = case.split_once('[')?;
            let description = document.get(cases)?.get(index.parse::<usize>().ok()?)?;
            Some(description.get("description")?.as_str()?.to_owned())
        });
        Self::Malformed { at, case, message }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { at, case, message } => {
                if !at.is_empty() {
                    write!(out, "{at}: ")?;
                }
                out.write_str(message)?;
                case.iter().try_for_each(|case| write!(out, " (in {case:?})"))
            }
            Self::Policy(place, problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    let line_feed = if index > 0 { "\n" } else { "" };
                    write!(out, "{line_feed}{place}: {problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Unusable {}
