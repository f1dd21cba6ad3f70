//! A schema and the reader that it describes, held against each other.

use std::process::Command;

use jsonschema::Validator;
use serde_json::Value;

use crate::reader::{Reader, Told};
use crate::tree::{Place, inlined, places};

/// A reader, and its schema.
pub(crate) struct Pair {
    pub(crate) reader: Reader,
    pub(crate) schema: Value,
    validator: Validator,
}

impl Pair {
    /// The schema that the command prints.
    pub(crate) fn of(reader: Reader) -> Self {
        let mut schema: Value = serde_json::from_str(&printed(reader)).unwrap();
        // The one form of answers that this reader reads.
        let form = match reader {
            Reader::Page => Some(0),
            Reader::Approved => Some(1),
            Reader::Policy | Reader::Sync => None,
        };
        if let Some(form) = form {
            let mut one = schema["oneOf"][form].take();
            one["$defs"] = schema["$defs"].take();
            schema = one;
        }
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        Self { reader, schema, validator }
    }

    pub(crate) fn all() -> [Self; 4] {
        Reader::ALL.map(Self::of)
    }

    /// Whether the schema takes a document.
    pub(crate) fn takes(&self, document: &Value) -> bool {
        self.validator.is_valid(document)
    }

    /// The schema without references.
    pub(crate) fn inlined(&self) -> Value {
        inlined(&self.schema, &self.schema["$defs"])
    }

    /// Every form of every place.
    pub(crate) fn places(&self) -> Vec<Place> {
        places(&self.schema)
    }

    /// Whether schema and reader agree on a document, as far as a schema can; else how they do not.
    pub(crate) fn agree(&self, document: &Value) -> Result<Verdict, String> {
        let problems = self.reader.problems(document);
        if !self.takes(document) {
            let why = || {
                let errors = self.validator.iter_errors(document);
                errors
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect::<Vec<_>>()
            };
            return match problems.is_empty() {
                true => Err(format!("the reader takes it, the schema does not: {:?}", why())),
                false => Ok(Verdict::Refused),
            };
        }
        match problems.iter().find(|problem| !is_left(problem)) {
            Some(problem) => Err(format!(
                "the schema takes it, and could tell: {}: {}",
                problem.path, problem.message
            )),
            None if problems.is_empty() => Ok(Verdict::Taken),
            None => Ok(Verdict::Left),
        }
    }
}

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Both take it.
    Taken,
    /// Both refuse it.
    Refused,
    /// The reader refuses it for what no schema tells.
    Left,
}

/// What the command prints.
pub(crate) fn printed(reader: Reader) -> String {
    let flag = match reader {
        Reader::Policy => None,
        Reader::Sync => Some("--sync"),
        Reader::Page | Reader::Approved => Some("--feed"),
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_peergate"));
    let output = command.arg("schema").args(flag).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a problem is one that the schema leaves to the reader.
pub(crate) fn is_left(problem: &Told) -> bool {
    LEFT.iter().any(|left| problem.message.contains(left))
}

/// What the schema leaves to the reader, by parts of messages. All else it has to tell itself.
const LEFT: &[&str] = &[
    // A schema sees no key twice: parsers do.
    "duplicate key",
    // Names that stand for something elsewhere, and what that is.
    "unknown list",
    "has no feed, and no other list holds API keys",
    "has `issued` entries, which only refuse",
    "has `ca` entries, which only admit",
    "skips invalid entries: what it is to deny would pass unnoticed",
    "denies by sha256, which a holder can change",
    "nobody could pass: what must hold a certificate denies it as well",
    "missing: no list admits anybody here",
    "another API is named",
    // The same thing in two spellings, or in two places.
    "given twice",
    "says the same of a certificate as",
    "is the same as the first",
    "is the same header as",
    "`forward` sets this header for the upstream",
    "reads what from[",
    "jwt.from reads the same place",
    "is where the payload is",
    // What is matched by nothing, or needed for nothing.
    "never chosen: an earlier rule matches all of it",
    "leave nothing to the API's own policy",
    "never needed: any_of[",
    "anonymous always holds: it can only be the last",
    "no policy here looks at",
    "no policy here tells clients apart",
    "no alternative of the policy has",
    // Of an operation: what it needs its API may have.
    "missing: the policy names",
    // Settings of which one bounds another.
    "has a port, which `global.authority.ignore_port` leaves out",
    "ends in a dot, which `global.authority.ignore_trailing_dot` leaves out",
    "must be larger than the feed's interval, and than its wait plus 10s",
    // Lengths of time, which have several spellings, and dates.
    "ten years at the most",
    "expected 60s at the most",
    "expected 1s at least",
    "expected 1s to 24h",
    "expected whole seconds, 300s at the most",
    "expected a date and time",
    // What Envoy and HTTP have names for: the reader's list is the only one.
    "has another meaning to Envoy or HTTP",
    "say which one: { cookie: NAME }",
    // More than a regular expression tells of hosts, paths, SPIFFE IDs and secrets.
    "expected an ASCII host name",
    "expected a host name, or \"*.\"",
    "expected a path as `/a/b`",
    "write it as \"/",
    "expected a SPIFFE ID",
    "expected 16 bytes at least",
    // What is in PEM.
    "PEM block in it does not decode",
    "expected one certificate, found several",
    "expected a certificate, found",
    "expected a revocation list, found",
    "holds a private key",
    "not an X.509 certificate",
    "not a well-formed",
    "not an authority",
    "an authority without a name",
    "its key is not accepted",
    "its issuer may not sign it",
    "has an extension twice",
    "has a key identifier that is marked critical",
    "has the critical extension",
    "more than 32 certificates",
    "a delta revocation list",
    "an indirect revocation list",
    "a revocation list for some reasons alone",
    "an earlier one is by the same issuer",
    // How long an entry of a feed is.
    "more than the 4096 that it may have",
    // Numbers that JSON has several spellings for.
    "expected u64",
];
