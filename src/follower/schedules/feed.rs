//! The feed of the schedules: replicas that lag, pages, resets, faults; but one past.

use serde_json::{Value, json};

use super::chance::Chance;
use super::history::History;

/// What a feed is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nature {
    /// A plain file: all of the list each time.
    pub(super) is_plain: bool,
    /// The chance of a fault, in a hundred.
    pub(super) faults: u64,
    /// Whether pages have the version that they lead to, and not that of the moment.
    pub(super) has_own_versions: bool,
    /// No fault, no lag and nothing forgotten.
    pub(super) is_calm: bool,
}

/// An answer on its way.
pub(super) struct Sent {
    pub(super) status: Option<u16>,
    pub(super) etag: String,
    pub(super) body: Vec<u8>,
}

/// Answers a request. Another feed's cursor would be an error of the follower.
pub(super) fn answer(
    history: &History,
    chance: &mut Chance,
    nature: Nature,
    feed: u8,
    path: &str,
    etag: Option<&str>,
) -> Sent {
    let mut may_be = |number: u64| !nature.is_calm && chance.below(100) < number;
    let (is_fault, is_forgotten, is_reset) = (may_be(nature.faults), may_be(6), may_be(12));
    if is_fault {
        return fault(chance);
    }
    let lag = if nature.is_calm { 0 } else { chance.below(4) };
    let lag = lag.min(history.latest().saturating_sub(FIRST));
    let replica = history.latest() - lag;
    let tag = format!("\"{feed}-{replica}\"");
    if nature.is_plain {
        if etag == Some(&tag) {
            return status(304);
        }
        return page(replica, "file", false, true, history.whole(replica), tag);
    }
    let after = path.split(['?', '&']).find_map(|field| field.strip_prefix("after="));
    let Some(after) = after else {
        let kind = if chance.below(4) == 0 { 'w' } else { 'r' };
        return part(history, chance, nature, feed, kind, replica, 0);
    };
    let (from, cursor) = after.split_once('-').expect("a cursor of this feed");
    assert_eq!(from, feed.to_string(), "another feed's cursor");
    let (kind, numbers) = cursor.split_at(1);
    let (version, offset) = numbers.split_once('.').unwrap();
    let (version, offset): (u64, usize) = (version.parse().unwrap(), offset.parse().unwrap());
    match kind {
        _ if is_forgotten => status(410),
        "r" => part(history, chance, nature, feed, 'r', version, offset),
        "w" => part(history, chance, nature, feed, 'w', version, offset),
        _ if version > replica => status(if chance.below(2) == 0 { 410 } else { 204 }),
        _ if is_reset => part(history, chance, nature, feed, 'r', replica, 0),
        _ if version == replica => status(204),
        _ => {
            let to = replica.min(version + 1 + chance.below(4));
            let cursor = format!("{feed}-c{to}.0");
            let own = if nature.has_own_versions { to } else { replica };
            page(own, &cursor, to < replica, false, history.between(version, to), String::new())
        }
    }
}

/// A part of all of a version: `r` if it says so, `w` if the question alone does.
fn part(
    history: &History,
    chance: &mut Chance,
    nature: Nature,
    feed: u8,
    kind: char,
    version: u64,
    offset: usize,
) -> Sent {
    let whole = history.whole(version);
    let end = (offset + 1 + chance.below(6) as usize).min(whole.len());
    let more = end < whole.len();
    let cursor = match more {
        true => format!("{feed}-{kind}{version}.{end}"),
        false => format!("{feed}-c{version}.0"),
    };
    // As of one that tells its past from the beginning.
    let own =
        if nature.has_own_versions { version * end as u64 / whole.len() as u64 } else { version };
    page(own, &cursor, more, kind == 'r', whole[offset..end].to_vec(), String::new())
}

fn page(
    version: u64,
    cursor: &str,
    more: bool,
    reset: bool,
    changes: Vec<Value>,
    etag: String,
) -> Sent {
    let body = json!({
        "version": version, "cursor": cursor, "more": more, "reset": reset, "changes": changes,
    });
    Sent { status: Some(200), etag, body: body.to_string().into() }
}

fn fault(chance: &mut Chance) -> Sent {
    match chance.below(5) {
        0 => status(500),
        1 => Sent { body: b"<html>".to_vec(), ..status(200) },
        2 => {
            let body = r#"{"version": 99, "cursor": "c", "changes": [{"delete": {"a": 1}}]}"#;
            Sent { body: body.into(), ..status(200) }
        }
        3 => Sent { body: br#"{"version": 9999, "curs"#.to_vec(), ..status(200) },
        _ => Sent { status: None, ..status(0) },
    }
}

fn status(status: u16) -> Sent {
    Sent { status: Some(status), etag: String::new(), body: Vec::new() }
}

/// The version that all replicas have.
const FIRST: u64 = 5;
