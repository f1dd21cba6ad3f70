//! A feed that does as it should: it tells the version of the moment, page by page.

use std::collections::BTreeMap;
use std::time::Duration;

use peergate::Fingerprint;
use peergate::feed::Request;
use serde_json::{Value, json};

use super::world::{Reply, nanoseconds};

/// A list, and how it came about.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed {
    /// Identities by fingerprints.
    pub(super) entries: BTreeMap<String, String>,
    log: Vec<Value>,
    /// As the log is cut: how much of it is gone.
    cut: usize,
}

impl Feed {
    pub(super) fn put(&mut self, client: u64, identity: &str) {
        self.put_raw(client, identity, entry(client, identity));
    }

    /// With an entry of another form.
    pub(super) fn put_raw(&mut self, client: u64, identity: &str, entry: Value) {
        self.entries.insert(fingerprint(client), identity.to_owned());
        self.log.push(json!({ "put": entry }));
    }

    pub(super) fn delete(&mut self, client: u64) {
        self.entries.remove(&fingerprint(client));
        self.log.push(json!({ "delete": { "certificate": fingerprint(client) } }));
    }

    /// One version a change.
    pub(super) fn version(&self) -> usize {
        self.cut + self.log.len()
    }

    /// Forgets what no client asks for any more.
    pub(super) fn forget(&mut self) {
        self.cut = self.version();
        self.log.clear();
    }

    /// Answers a request; a held one when its time is over.
    pub(super) fn answer(&self, request: &Request, now: u64) -> Reply {
        let field = |name: &str| {
            let fields = request.path.split(['?', '&']);
            fields.filter_map(|field| field.split_once('=')).find(|(own, _)| *own == name)
        };
        let number = |name: &str| field(name).map(|(_, text)| text.parse::<usize>().unwrap());
        let reply = Reply { at: Some(now + LATENCY), status: Some(200), ..Reply::default() };
        let Some(after) = number("after") else {
            return Reply { body: self.whole().into(), ..reply };
        };
        let Some(known) = after.checked_sub(self.cut).filter(|_| after <= self.version()) else {
            return Reply { status: Some(410), ..reply };
        };
        if after == self.version() {
            let wait = Duration::from_secs(number("wait").unwrap_or_default() as u64);
            let at = Some(now + LATENCY + nanoseconds(wait));
            return Reply { at, status: Some(204), ..reply };
        }
        let changes: Vec<&Value> =
            self.log[known..].iter().take(number("limit").unwrap()).collect();
        let cursor = after + changes.len();
        let page = json!({
            "version": self.version(), "cursor": cursor.to_string(),
            "more": cursor < self.version(), "changes": changes,
        });
        Reply { body: page.to_string().into(), ..reply }
    }

    /// Answers a request for a plain file.
    pub(super) fn file(&self, request: &Request, now: u64) -> Reply {
        let etag = format!("\"{}\"", self.version());
        let is_known = request.if_none_match.as_deref() == Some(&etag);
        let (status, body) = if is_known { (304, String::new()) } else { (200, self.whole()) };
        Reply { at: Some(now + LATENCY), status: Some(status), etag, body: body.into() }
    }

    /// All of it in one page.
    pub(super) fn whole(&self) -> String {
        let puts = self.entries.iter().map(|(fingerprint, identity)| {
            format!(
                r#"{{"put":{{"certificate":"{fingerprint}","identity":"{identity}","apis":["*"]}}}}"#
            )
        });
        format!(
            r#"{{"version":{0},"cursor":"{0}","more":false,"reset":true,"changes":[{1}]}}"#,
            self.version(),
            puts.collect::<Vec<_>>().join(",")
        )
    }
}

pub(super) fn entry(client: u64, identity: &str) -> Value {
    json!({ "certificate": fingerprint(client), "identity": identity, "apis": ["*"] })
}

pub(super) fn fingerprint(client: u64) -> String {
    Fingerprint::of(&client.to_be_bytes()).to_string()
}

/// How long an answer takes.
pub(super) const LATENCY: u64 = 5_000_000;
