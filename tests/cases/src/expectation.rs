//! `expect`: what must become of a request.

use std::collections::BTreeMap;

use peergate::{Credential, Effects, Outcome, Reason, Verdict};
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::{Map, Value};

use crate::difference::{Comparison, Difference};
use crate::format::by_word;

/// What is expected; only the outcome and the reason must be given. Null says that there is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    #[serde(deserialize_with = "outcome")]
    outcome: Outcome,
    #[serde(deserialize_with = "reason")]
    reason: Reason,
    /// The API that decided.
    #[serde(default, deserialize_with = "given")]
    api: Option<Option<String>>,
    /// Who the client is.
    #[serde(default, deserialize_with = "given")]
    identity: Option<Option<String>>,
    /// The credentials that let it pass.
    #[serde(default, deserialize_with = "given")]
    method: Option<Option<String>>,
    /// The certificate that the credentials are bound to.
    #[serde(default, deserialize_with = "given")]
    bound_to: Option<Option<String>>,
    /// The kind of credential that was refused, or is missing.
    #[serde(default, deserialize_with = "given")]
    credential: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    status: Option<Option<u16>>,
    #[serde(default, deserialize_with = "given")]
    grpc_status: Option<Option<u8>>,
    /// Response code details.
    #[serde(default, deserialize_with = "given")]
    details: Option<Option<String>>,
    /// All headers of the reply, besides those that Envoy adds.
    #[serde(default)]
    reply_headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    body_contains: Vec<String>,
    #[serde(default)]
    body_lacks: Vec<String>,
    /// All headers that are set.
    #[serde(default)]
    set: Option<BTreeMap<String, String>>,
    /// All headers that are removed; one that comes once and is set is replaced instead.
    #[serde(default)]
    removed: Option<Vec<String>>,
    /// All trailers that are removed.
    #[serde(default)]
    removed_trailers: Option<Vec<String>>,
    /// All filter state that is set.
    #[serde(default)]
    state: Option<BTreeMap<String, String>>,
}

impl Expectation {
    /// Where what became of a request differs.
    pub(crate) fn compare(
        self,
        verdict: &Verdict<'_>,
        effects: &Effects<'_>,
        removed_trailers: &[&[u8]],
    ) -> Vec<Difference> {
        let mut comparison = Comparison::default();
        comparison.equal("outcome", Some(self.outcome.word()), verdict.outcome().word());
        comparison.equal("reason", Some(self.reason.word()), verdict.reason().word());
        comparison.equal("api", self.api, verdict.api().map(ToString::to_string));
        let accepted = verdict.accepted();
        comparison.equal("identity", self.identity, accepted.map(|accepted| accepted.identity()));
        comparison.equal("method", self.method, accepted.map(|accepted| accepted.method()));
        let bound_to = accepted.and_then(|accepted| accepted.bound_to());
        comparison.equal("bound_to", self.bound_to, bound_to.map(|bound| bound.to_string()));
        comparison.equal("credential", self.credential, verdict.credential().map(Credential::word));

        let reply = effects.reply.as_ref();
        comparison.equal("status", self.status, reply.map(|reply| reply.status));
        comparison.equal("grpc_status", self.grpc_status, reply.map(|reply| reply.grpc));
        comparison.equal("details", self.details, reply.map(|reply| reply.details.clone()));
        let headers = reply.map_or(&[][..], |reply| &reply.headers).iter();
        let headers = headers.map(|(name, value)| (*name, value.as_bytes()));
        comparison.equal("reply_headers", self.reply_headers.map(object), texts(headers));
        let body = reply.map_or("", |reply| &reply.body);
        comparison.holds("body_contains", &self.body_contains, body, true);
        comparison.holds("body_lacks", &self.body_lacks, body, false);

        let set = effects.set.iter().map(|(name, value)| (*name, &**value));
        comparison.equal("set", self.set.map(object), texts(set));
        comparison.equal("removed", self.removed.map(sorted), names(&effects.remove));
        let trailers = self.removed_trailers.map(sorted);
        comparison.equal("removed_trailers", trailers, names(removed_trailers));
        let state = effects.state.iter().map(|(name, value)| (*name, value.as_bytes()));
        comparison.equal("state", self.state.map(object), texts(state));
        comparison.into_differences()
    }
}

fn object(entries: BTreeMap<String, String>) -> Value {
    Value::Object(entries.into_iter().map(|(name, value)| (name, value.into())).collect())
}

/// An entry that is there twice is shown as a list, which no expectation equals.
fn texts<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> Value {
    let mut object = Map::new();
    for (name, value) in entries {
        let value = Value::from(String::from_utf8_lossy(value));
        let value = match object.remove(name) {
            Some(earlier) => Value::Array(vec![earlier, value]),
            None => value,
        };
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

fn names(names: &[&[u8]]) -> Vec<String> {
    sorted(names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}

/// A field that is there, null or not.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

fn outcome<'de, D: Deserializer<'de>>(input: D) -> Result<Outcome, D::Error> {
    by_word(input, &[Outcome::Allowed, Outcome::Denied, Outcome::Shadowed], Outcome::word)
}

fn reason<'de, D: Deserializer<'de>>(input: D) -> Result<Reason, D::Error> {
    by_word(input, &Reason::ALL, Reason::word)
}
