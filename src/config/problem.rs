//! What is wrong with a configuration, and where.

use std::cmp::Ordering;
use std::fmt;

/// One problem of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, as in `apis[2].certificate.allow[0]`; empty for the configuration as a whole.
    pub path: String,
    /// What it is, as in `unknown list "x"`.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "configuration" } else { &self.path };
        write!(out, "{path}: {}", self.message)
    }
}

/// All problems of a configuration, in the order of reading; never empty when it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn report(&mut self, at: &At<'_>, message: impl fmt::Display) {
        self.tell(at, &message);
    }

    /// Once for all kinds of messages, of which there are many.
    fn tell(&mut self, at: &At<'_>, message: &dyn fmt::Display) {
        if self.0.len() <= MOST {
            self.push(Problem { path: at.to_string(), message: message.to_string() });
        }
    }

    fn push(&mut self, problem: Problem) {
        // A configuration can repeat one mistake a million times; each is told with its whole place.
        match self.0.len().cmp(&MOST) {
            Ordering::Less => self.0.push(problem),
            Ordering::Equal => self.0.push(Problem {
                path: String::new(),
                message: "has more problems than are told here".to_owned(),
            }),
            Ordering::Greater => {}
        }
    }

    /// Adds those of a part, up to as many as are told.
    pub(crate) fn append(&mut self, other: Self) {
        for problem in other.0 {
            self.push(problem);
        }
    }

    /// Keeps a parsed value, or reports why it is none.
    pub(crate) fn keep<T, E: fmt::Display>(
        &mut self,
        at: &At<'_>,
        read: Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.report(at, error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The problems, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            problem.fmt(out)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A place in the configuration, kept as the way to it: nothing is written out unless it is reported.
#[derive(Clone, Copy)]
pub(crate) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Field(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    pub(crate) const ROOT: Self = Self { parent: None, step: Step::Root };

    pub(crate) fn field(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Field(name) }
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(out)?;
        }
        let first = self.parent.is_none_or(|parent| matches!(parent.step, Step::Root));
        let step = match self.step {
            Step::Field(name) => match name.char_indices().nth(LONGEST_KEY) {
                Some((end, _)) => Step::Field(name.get(..end).unwrap_or_default()),
                None => self.step,
            },
            step => step,
        };
        match step {
            Step::Root => Ok(()),
            Step::Index(index) => write!(out, "[{index}]"),
            Step::Field(name) if is_plain(name) && first => out.write_str(name),
            Step::Field(name) if is_plain(name) => write!(out, ".{name}"),
            Step::Field(name) => write!(out, "[{name:?}]"),
        }
    }
}

/// How many problems are told.
const MOST: usize = 200;

/// Characters of a key that a place shows.
const LONGEST_KEY: usize = 100;

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_place_reads_like_the_configuration() {
        let apis = At::ROOT.field("apis");
        let api = apis.index(2);
        let certificate = api.field("certificate");
        let allow = certificate.field("allow");
        assert_eq!(allow.index(0).to_string(), "apis[2].certificate.allow[0]");
        assert_eq!(At::ROOT.to_string(), "");
        assert_eq!(At::ROOT.field("a b").field("c").to_string(), "[\"a b\"].c");
        let long = "k".repeat(30_000);
        assert_eq!(At::ROOT.field(&long).to_string(), "k".repeat(LONGEST_KEY));
    }

    #[test]
    fn no_more_are_told_than_anybody_reads() {
        let mut problems = Problems::default();
        for index in 0..1_000_000 {
            problems.report(&At::ROOT.index(index), "wrong");
        }
        assert_eq!(problems.iter().count(), MOST + 1);
        assert_eq!(
            problems.to_string().lines().last(),
            Some("configuration: has more problems than are told here")
        );
    }
}
