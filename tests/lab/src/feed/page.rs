//! A page of changes, right or wrong.

use serde_json::json;

use super::content::Part;
use super::fault::{Fault, Member};
use super::journal::Kind;
use super::reply::Reply;

/// A page, to be spoiled.
pub(super) struct Page<'a> {
    version: u64,
    pub(super) cursor: String,
    pub(super) more: bool,
    reset: bool,
    changes: Vec<&'a str>,
    /// A change that goes before the others.
    first: Option<String>,
}

impl<'a> Page<'a> {
    pub(super) fn new(version: u64, part: Part<'a>, fault: Option<&Fault>) -> Self {
        let Part { cursor, more, reset, changes } = part;
        let first = match fault {
            Some(Fault::Poisoned(entry)) => Some(json!({ "put": entry }).to_string()),
            Some(Fault::BadDelete(key)) => Some(json!({ "delete": key }).to_string()),
            _ => None,
        };
        Self { version, cursor: cursor.to_string(), more, reset, changes, first }
    }

    pub(super) fn reply(self, fault: Option<&Fault>) -> Reply {
        let wrong = |member| fault == Some(&Fault::WrongTypes(member));
        let version = match wrong(Member::Version) {
            true => format!("\"{}\"", self.version),
            false => self.version.to_string(),
        };
        let cursor = match wrong(Member::Cursor) {
            true => json!(7),
            false => json!(self.cursor),
        };
        let more = match wrong(Member::More) {
            true => json!(self.more.to_string()),
            false => json!(self.more),
        };
        let reset = match wrong(Member::Reset) {
            true => json!(u8::from(self.reset)),
            false => json!(self.reset),
        };
        let changes: Vec<&str> = self.first.as_deref().into_iter().chain(self.changes).collect();
        let list = match wrong(Member::Changes) {
            true => String::from("{}"),
            false => format!("[{}]", changes.join(",")),
        };
        // By hand: the changes are JSON already, and there may be a million of them.
        let body = format!(
            "{{\"version\":{version},\"cursor\":{cursor},\"more\":{more},\"reset\":{reset},\
             \"changes\":{list}}}"
        );
        let kind = if self.reset { Kind::Reset } else { Kind::Changes };
        let reply = Reply::whole(body, kind, self.version, changes.len());
        Reply { cursor: Some(self.cursor), ..reply }
    }
}
