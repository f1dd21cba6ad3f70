//! Making an answer.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::content::Content;
use super::cursor::Cursor;
use super::fault::Fault;
use super::journal::Kind;
use super::page::Page;
use super::poll::{Asked, Poll};

/// An answer before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) tag: Option<String>,
    pub(super) body: Bytes,
    pub(super) kind: Kind,
    pub(super) version: Option<u64>,
    pub(super) changes: usize,
    /// The cursor of a page of changes.
    pub(super) cursor: Option<String>,
}

impl Reply {
    /// Answers from this content, with the fault in what is said. How it is sent is not said here.
    pub(super) fn new(content: &Content, poll: &Poll, fault: Option<&Fault>) -> Self {
        let mut reply = match &poll.asked {
            Asked::Changes { after, limit, .. } => page(content, after.as_deref(), *limit, fault),
            Asked::Plain => tagged(content, poll, fault, plain),
            Asked::ClientSslAuth => tagged(content, poll, fault, client_ssl_auth),
            Asked::Wrong(status) => Self::bare(*status, Kind::Error),
        };
        match fault {
            Some(Fault::Status(status)) => reply = Self::bare(*status, Kind::Error),
            Some(Fault::Garbage) => {
                reply.status = 200;
                reply.body = Bytes::from_static(b"\x00\xff<html>{\"version\": 1, ");
            }
            Some(Fault::Huge) => {
                let mut body = Vec::from(reply.body);
                body.resize(Fault::HUGE.max(body.len()), b' ');
                reply.body = body.into();
            }
            _ => {}
        }
        reply
    }

    /// Returns the bytes of it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|it| it.canonical_reason());
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason.unwrap_or("Unknown"));
        if let Some(tag) = &self.tag {
            head += &format!("etag: {tag}\r\n");
        }
        if !matches!(self.status, 204 | 304) {
            let length = self.body.len();
            head += &format!("content-type: application/json\r\ncontent-length: {length}\r\n");
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }

    fn bare(status: u16, kind: Kind) -> Self {
        let body = match status {
            204 | 304 => Bytes::new(),
            _ => Bytes::from(json!({ "status": status }).to_string()),
        };
        Self { status, tag: None, body, kind, version: None, changes: 0, cursor: None }
    }

    pub(super) fn whole(body: String, kind: Kind, version: u64, changes: usize) -> Self {
        let (body, version) = (body.into(), Some(version));
        Self { status: 200, tag: None, body, kind, version, changes, cursor: None }
    }
}

fn page(content: &Content, after: Option<&str>, limit: usize, fault: Option<&Fault>) -> Reply {
    let cursor = after.map(Cursor::parse);
    let part = match cursor {
        Some(None) => None,
        cursor => content.after(cursor.flatten(), limit),
    };
    let Some(part) = part else { return Reply::bare(410, Kind::Gone) };
    let asked = after.is_some() && !part.reset;
    if asked && part.changes.is_empty() && !fault.is_some_and(Fault::forces) {
        return Reply::bare(204, Kind::Nothing);
    }
    let mut page = Page::new(content.version(), part, fault);
    if let Some(Fault::Loop) = fault {
        page.more = true;
        if let Some(after) = after {
            page.cursor = after.to_owned();
        }
    }
    page.reply(fault)
}

/// Answers with a file, or with 304 to a client that has it.
fn tagged(
    content: &Content,
    poll: &Poll,
    fault: Option<&Fault>,
    file: fn(&Content, Option<&Fault>) -> Reply,
) -> Reply {
    let tag = content.tag();
    let mut reply = match poll.has(&tag) && !fault.is_some_and(Fault::forces) {
        true => Reply::bare(304, Kind::NotModified),
        false => file(content, fault),
    };
    reply.tag = Some(tag);
    reply
}

fn plain(content: &Content, fault: Option<&Fault>) -> Reply {
    let part = content.after(None, usize::MAX).expect("a load needs no cursor");
    let reply = Page::new(content.version(), part, fault).reply(fault);
    Reply { cursor: None, ..reply }
}

fn client_ssl_auth(content: &Content, fault: Option<&Fault>) -> Reply {
    let part = content.after(None, usize::MAX).expect("a load needs no cursor");
    let approved = |text: &&str| {
        let change: Value = serde_json::from_str(text).expect("the log holds JSON");
        let entry = &change["put"];
        let digest = entry.get("certificate").filter(|_| entry["active"] != json!(false))?;
        Some(json!({ "fingerprint_sha256": digest }))
    };
    let mut list: Vec<Value> = part.changes.iter().filter_map(approved).collect();
    if let Some(Fault::Poisoned(entry)) = fault {
        list.insert(0, entry.clone());
    }
    let count = list.len();
    let body = match fault {
        Some(Fault::WrongTypes(_)) => json!({ "certificates": {} }),
        _ => json!({ "certificates": list }),
    };
    Reply::whole(body.to_string(), Kind::Reset, content.version(), count)
}
