//! What commands print.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use crate::failure::Failure;

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Prints to standard output; a reader that has gone is a failure and no crash.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let written = io::stdout().lock().write_all(text.as_bytes());
    written.map_err(|error| Failure::Input(format!("standard output: {error}")))
}

/// Prints a JSON document.
pub(crate) fn print_json(document: &Value) -> Result<(), Failure> {
    print(&format!("{document:#}\n"))
}

/// A text that others wrote, on one line: control characters cannot reach the terminal, and a line feed
/// cannot end a comment.
pub(crate) fn on_one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.into() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(on_one_line("a\n\u{1b}[31m\u{85}é"), "a\\n\\u{1b}[31m\\u{85}é");
    }
}
