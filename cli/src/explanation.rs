//! A decision in words.

use std::fmt::Write;

use peergate::{Credential, Effects, Reason, Reply, Verdict};
use serde_json::{Map, Value, json};

use crate::certificate::rfc3339;
use crate::contents::Contents;
use crate::output::on_one_line;

/// A decision on a request.
pub(crate) struct Explanation<'v> {
    pub(crate) verdict: &'v Verdict<'v>,
    pub(crate) effects: &'v Effects<'v>,
    /// When the request came in.
    pub(crate) now: i64,
    /// How many certificates the client sent besides its leaf.
    pub(crate) presented: usize,
    /// Whether something was said of a token.
    pub(crate) has_token: bool,
    /// The lists that a feed fills.
    pub(crate) lists: &'v Contents,
}

impl Explanation<'_> {
    /// For people: one fact a line.
    pub(crate) fn text(&self) -> String {
        let (verdict, effects) = (self.verdict, self.effects);
        let accepted = verdict.accepted();
        let mut lines = Lines(String::new());
        lines.put("outcome", verdict.outcome().word());
        lines.put("reason", verdict.reason().word());
        lines.put("api", verdict.api().map_or("none", |api| api.as_str()));
        if let Some(alternatives) = verdict.asked_for() {
            let words = alternatives.iter().map(|alternative| all_of(alternative));
            lines.put("asked for", &words.collect::<Vec<_>>().join(", or "));
        }
        if !verdict.checked().is_empty() {
            lines.put("checked too", &words(verdict.checked()).join(", "));
        }
        if let Some(credential) = verdict.credential() {
            lines.put("credential", credential.word());
        }
        lines.put("identity", &accepted.map_or("none".to_owned(), |it| it.identity()));
        lines.put("method", &accepted.map_or("none".to_owned(), |it| it.method()));
        if let Some(fingerprint) = verdict.presented() {
            lines.put("certificate", &fingerprint.to_string());
        }
        if let Some(accepted) = accepted {
            if let Some(entry) = accepted.entry() {
                lines.put("admitted by", &place(entry));
            }
            if let Some(list) = accepted.key_list() {
                lines.put("key held by", &place((list, None)));
            }
            if let Some(fingerprint) = accepted.bound_to() {
                lines.put("bound to", &fingerprint.to_string());
            }
            if let Some(path) = accepted.path() {
                lines.put("path", &way(path));
            }
        }
        for tried in verdict.tried() {
            lines.put("not by", &format!("{}: {tried}", place(tried.entry())));
        }
        lines.put("time", &rfc3339(self.now));
        if let Some(reply) = &effects.reply {
            lines.put("status", &format!("{} (gRPC {})", reply.status, reply.grpc));
            lines.put("details", &reply.details);
            for (name, value) in &reply.headers {
                lines.put("reply header", &format!("{name}: {value}"));
            }
            lines.put("body", &reply.body);
        }
        for name in &effects.remove {
            lines.put("removed", &String::from_utf8_lossy(name));
        }
        for (name, value) in &effects.set {
            lines.put("set", &format!("{name}: {}", String::from_utf8_lossy(value)));
        }
        for note in self.notes() {
            lines.put("note", &note);
        }
        lines.0
    }

    /// For programs.
    pub(crate) fn document(&self) -> Value {
        let (verdict, effects) = (self.verdict, self.effects);
        let accepted = verdict.accepted();
        let reply = effects.reply.as_ref();
        let set = effects.set.iter();
        let set = set.map(|(name, value)| (*name, String::from_utf8_lossy(value).into_owned()));
        let removed = effects.remove.iter().map(|name| String::from_utf8_lossy(name));
        json!({
            "outcome": verdict.outcome().word(),
            "reason": verdict.reason().word(),
            "api": verdict.api().map(ToString::to_string),
            "asked_for": verdict.asked_for().map(|alternatives| {
                alternatives.iter().map(|alternative| words(alternative)).collect::<Vec<_>>()
            }),
            "checked": words(verdict.checked()),
            "credential": verdict.credential().map(Credential::word),
            "identity": accepted.map(|accepted| accepted.identity()),
            "method": accepted.map(|accepted| accepted.method()),
            "certificate": verdict.presented().map(|fingerprint| fingerprint.to_string()),
            "admitted_by": accepted.and_then(|accepted| accepted.entry()).map(place),
            "key_held_by": accepted.and_then(|it| it.key_list()).map(|list| place((list, None))),
            "bound_to": accepted.and_then(|it| it.bound_to()).map(|it| it.to_string()),
            "path": accepted.and_then(|accepted| accepted.path()),
            "not_by": verdict.tried().iter().map(|tried| json!({
                "entry": place(tried.entry()),
                "reason": tried.reason().word(),
                "because": tried.to_string(),
            })).collect::<Vec<_>>(),
            "at": rfc3339(self.now),
            "status": reply.map(|reply| reply.status),
            "grpc_status": reply.map(|reply| reply.grpc),
            "details": reply.map(|reply| reply.details.as_str()),
            "reply_headers": object(reply.iter().flat_map(|reply| reply_headers(reply))),
            "body": reply.map(|reply| reply.body.as_str()),
            "set": object(set),
            "removed": removed.collect::<Vec<_>>(),
            "state": object(effects.state.iter().map(|(name, value)| (*name, value.clone().into_owned()))),
            "notes": self.notes(),
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.presented > 0 {
            notes.push(format!(
                "{} presented besides the leaf: a path to an authority may lead over them, and only the \
                 leaf is ever matched against lists",
                if self.presented == 1 {
                    "1 certificate was".to_owned()
                } else {
                    format!("{} certificates were", self.presented)
                }
            ));
        }
        notes.extend(self.lists.notes.iter().cloned());
        if !self.has_token && self.verdict.credential() == Some(Credential::Jwt) {
            let note = "no token counts as verified here unless --jwt-payload gives its claims";
            notes.push(note.to_owned());
        }
        if self.verdict.reason() == Reason::ListStale {
            let unfilled = self.lists.unfilled.iter();
            notes.extend(unfilled.map(|name| {
                format!(
                    "the list {name} counts as never loaded: say what is on it with --list {name}=FILE, an \
                     answer of its feed or its entries"
                )
            }));
        }
        notes
    }
}

/// What an alternative asks for.
fn all_of(credentials: &[Credential]) -> String {
    if credentials.is_empty() { "nothing".to_owned() } else { words(credentials).join(" and ") }
}

fn words(credentials: &[Credential]) -> Vec<&'static str> {
    credentials.iter().map(|credential| credential.word()).collect()
}

/// An entry as problems name it.
fn place((list, entry): (&str, Option<usize>)) -> String {
    match entry {
        Some(entry) => format!("lists.{list}.entries[{entry}]"),
        None => format!("lists.{list}, by its feed"),
    }
}

/// A path in words, from the client's certificate to the authority.
fn way(path: &[Box<str>]) -> String {
    match path {
        [] => "issued by the authority itself".to_owned(),
        path => format!("issued by {}, and so to the authority", path.join(", under ")),
    }
}

fn reply_headers(reply: &Reply) -> impl Iterator<Item = (&str, String)> {
    reply.headers.iter().map(|(name, value)| (*name, value.to_string()))
}

fn object<'a>(entries: impl Iterator<Item = (&'a str, String)>) -> Value {
    let entries = entries.map(|(name, value)| (name.to_owned(), Value::from(value)));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// Names and values in two columns.
struct Lines(String);

impl Lines {
    fn put(&mut self, name: &str, value: &str) {
        // A text that is built in memory has nothing to fail by.
        _ = writeln!(self.0, "{name:<13} {}", on_one_line(value));
    }
}
