//! What is found in a configuration.

use std::fmt;

use super::place::Place;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Somebody may pass who must not, or a limit or a credential never holds.
    Error,
    /// Somebody may be refused who should pass, or what matters cannot be seen.
    Warning,
    /// Good to know.
    Note,
}

impl fmt::Display for Weight {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// Something that is found, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) weight: Weight,
    file: String,
    /// The place in it; empty if it is all of it.
    place: String,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weight, file, place, what } = self;
        let colon = if place.is_empty() { "" } else { ": " };
        write!(out, "{file}: {weight}: {place}{colon}{what}")
    }
}

/// All that is found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    all: Vec<Finding>,
    /// How many HTTP connection managers have the filter, or how many plugins with it there are.
    pub(crate) seen: usize,
}

impl Findings {
    pub(crate) fn error(&mut self, place: &Place, what: impl fmt::Display) {
        self.add(Weight::Error, place, &what);
    }

    pub(crate) fn warn(&mut self, place: &Place, what: impl fmt::Display) {
        self.add(Weight::Warning, place, &what);
    }

    pub(crate) fn note(&mut self, place: &Place, what: impl fmt::Display) {
        self.add(Weight::Note, place, &what);
    }

    /// In the order in which they were found.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.all.iter()
    }

    pub(crate) fn count(&self, weight: Weight) -> usize {
        self.all.iter().filter(|finding| finding.weight == weight).count()
    }

    /// Once each: several managers may share what is found.
    fn add(&mut self, weight: Weight, place: &Place, what: &dyn fmt::Display) {
        let (file, place) = (place.of_file().to_owned(), place.to_string());
        let finding = Finding { weight, file, place, what: what.to_string() };
        if !self.all.contains(&finding) {
            self.all.push(finding);
        }
    }
}
