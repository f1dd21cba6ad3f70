//! The shape of a file of cases.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, de};
use serde_json::Value;

use crate::connection::Connection;
use crate::contents::Dynamic;
use crate::expectation::Expectation;
use crate::request::Request;

/// A file: requests to one policy, and policies that must be rejected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// What the file is about.
    pub(crate) description: String,
    /// When requests come in, unless a case says otherwise.
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// The policy, here or in a file of its own.
    #[serde(default)]
    pub(crate) policy: Option<Value>,
    #[serde(default)]
    pub(crate) policy_file: Option<String>,
    /// What is on the lists that have a feed, unless a case says otherwise.
    #[serde(default)]
    pub(crate) dynamic: Dynamic,
    #[serde(default)]
    pub(crate) cases: Vec<Case>,
    #[serde(default)]
    pub(crate) rejected: Vec<Rejected>,
    /// Read by [`Certificates`], before placeholders are filled in.
    #[serde(default, rename = "certificates")]
    _certificates: de::IgnoredAny,
    #[serde(default, rename = "certificates_file")]
    _certificates_file: de::IgnoredAny,
}

/// The part of a file that the rest refers to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Certificates {
    /// PEM of certificates and revocation lists, by name.
    #[serde(default)]
    pub(crate) certificates: BTreeMap<String, String>,
    /// A file with more of them.
    #[serde(default)]
    pub(crate) certificates_file: Option<String>,
}

/// A request, and what must become of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What it shows.
    pub(crate) description: String,
    /// When the request comes in.
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// A policy in place of the file's.
    #[serde(default)]
    pub(crate) policy: Option<Value>,
    /// What is on lists, in place of what the file says of them.
    #[serde(default)]
    pub(crate) dynamic: Dynamic,
    /// Requests that came before, in order.
    #[serde(default)]
    pub(crate) before: Vec<Earlier>,
    #[serde(default)]
    pub(crate) connection: Connection,
    #[serde(default)]
    pub(crate) request: Request,
    pub(crate) expect: Expectation,
}

/// A request that came before that of a case, whatever became of it; what is left out, the case says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Earlier {
    /// How often it came.
    #[serde(default = "once")]
    pub(crate) times: NonZeroU16,
    #[serde(default)]
    pub(crate) at: Option<String>,
    #[serde(default)]
    pub(crate) connection: Option<Connection>,
    #[serde(default)]
    pub(crate) request: Option<Request>,
}

fn once() -> NonZeroU16 {
    NonZeroU16::MIN
}

/// A policy that must be rejected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rejected {
    /// What it shows.
    pub(crate) description: String,
    /// The policy, or its text where JSON cannot say it (a duplicate key, say).
    #[serde(default)]
    pub(crate) policy: Option<Value>,
    #[serde(default)]
    pub(crate) policy_text: Option<String>,
    /// Every problem that it has, in order, as `path: message`.
    pub(crate) problems: Vec<String>,
}

/// One of a few values, each by its word.
pub(crate) fn by_word<'de, T: Copy, D: Deserializer<'de>>(
    input: D,
    known: &[T],
    word: fn(T) -> &'static str,
) -> Result<T, D::Error> {
    let text = String::deserialize(input)?;
    let found = known.iter().find(|value| word(**value) == text);
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = known.iter().map(|value| word(*value)).collect();
        D::Error::custom(format_args!("unknown word {text:?}; known are: {}", known.join(", ")))
    })
}
