//! A file of cases, ready to be run.

use std::rc::Rc;

use peergate::dynamic::Offline;
use peergate::{Headers, Memory, Policy, Reason};
use serde_json::Value;

use crate::difference::{Comparison, Difference};
use crate::expectation::Expectation;
use crate::fixture::Fixture;
use crate::staging;
use crate::unusable::Unusable;

/// Loads a file that a file of cases names, as JSON; the error says why it cannot be read.
pub type Load<'l> = &'l dyn Fn(&str) -> Result<Value, String>;

/// The cases of one file.
#[derive(Debug)]
pub struct Table {
    description: String,
    cases: Vec<Case>,
}

/// One case, and where it stands.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) place: String,
    pub(crate) description: String,
    pub(crate) subject: Subject,
}

#[derive(Debug)]
pub(crate) enum Subject {
    /// A request and what must become of it.
    Request(Box<Staged>),
    /// What is wrong with a policy.
    Problems {
        /// As the case says.
        expected: Vec<String>,
        /// As the core says.
        found: Vec<String>,
    },
}

/// All that a decision takes.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) policy: Rc<Policy>,
    /// What lies in shared data before any of them.
    pub(crate) shared: Offline,
    /// Requests that came before, and how often each did.
    pub(crate) before: Vec<(Arrived, u16)>,
    pub(crate) arrived: Arrived,
    pub(crate) trailers: Vec<(String, String)>,
    pub(crate) expect: Expectation,
}

/// A request, and what the host shows of it.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// All but shared data, which the requests of a case have in common.
    pub(crate) fixture: Fixture,
    pub(crate) headers: Vec<(String, String)>,
}

/// A case that was run.
#[derive(Clone, Debug)]
pub struct Checked<'t> {
    /// Where it stands in its file, as in `cases[3]`.
    pub place: &'t str,
    /// What it shows.
    pub description: &'t str,
    /// Why the policy let the request pass or refused it; `None` for a policy that must be rejected.
    pub reason: Option<Reason>,
    /// What does not hold.
    pub differences: Vec<Difference>,
}

impl Checked<'_> {
    /// Whether everything is as expected.
    pub fn passed(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Table {
    /// Reads a file of cases and what it refers to.
    ///
    /// # Errors
    /// Why its cases cannot be run.
    pub fn read(document: Value, load: Load<'_>) -> Result<Self, Unusable> {
        let (description, cases) = staging::read(document, load)?;
        Ok(Self { description, cases })
    }

    /// What the file is about.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Runs every case.
    pub fn run(&self) -> Vec<Checked<'_>> {
        self.cases.iter().map(Case::run).collect()
    }
}

impl Case {
    fn run(&self) -> Checked<'_> {
        let (reason, differences) = match &self.subject {
            Subject::Request(staged) => staged.judge(),
            Subject::Problems { expected, found } => {
                let mut comparison = Comparison::default();
                comparison.equal("problems", Some(expected.clone()), found.clone());
                (None, comparison.into_differences())
            }
        };
        Checked { place: &self.place, description: &self.description, reason, differences }
    }
}

impl Staged {
    fn judge(&self) -> (Option<Reason>, Vec<Difference>) {
        // A copy: rates are counted in it, and a case may be run again.
        let (mut shared, mut memory) = (self.shared.clone(), Memory::default());
        for (earlier, times) in &self.before {
            let fixture = Fixture { shared, ..earlier.fixture.clone() };
            let headers = as_headers(&earlier.headers);
            for _ in 0..*times {
                self.policy.judge(&headers, &fixture, &mut memory);
            }
            shared = fixture.shared;
        }
        let fixture = Fixture { shared, ..self.arrived.fixture.clone() };
        let headers = as_headers(&self.arrived.headers);
        let verdict = self.policy.judge(&headers, &fixture, &mut memory);
        let effects = self.policy.effects(&verdict, &headers);
        let trailers = as_headers(&self.trailers);
        let removed: Vec<&[u8]> = self.policy.spoofed_trailers(&trailers).collect();
        let differences = self.expect.clone().compare(&verdict, &effects, &removed);
        (Some(verdict.reason()), differences)
    }
}

fn as_headers(lines: &[(String, String)]) -> Headers<'_> {
    Headers::new(lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect())
}
