//! What a feed does wrong.

use std::time::Duration;

use peergate_lab::feed::{Fault, Member};
use serde_json::json;

/// What goes wrong with one list.
pub(super) struct Trouble {
    /// Of the list, its cluster and its API.
    pub(super) name: &'static str,
    /// For people.
    pub(super) title: &'static str,
    pub(super) kind: Kind,
    /// How polls may come out that fail. If there is any such word, one of them does.
    pub(super) words: &'static [&'static str],
}

pub(super) enum Kind {
    /// Answers are wrong.
    Fault(Fault),
    /// Answers are wrong in their entry for the client of this fingerprint.
    Poison(fn(&str) -> Fault),
    /// The feed is gone, and comes back as it was.
    Killed,
    /// It comes back with cursors of its own, and a version that is newer.
    Replaced,
    /// It comes back with a version that is older, and is given a newer one in the end.
    Restored,
}

pub(super) fn troubles() -> Vec<Trouble> {
    use Kind::{Fault as Wrong, Killed, Poison, Replaced, Restored};
    let trouble = |name, title, kind, words| Trouble { name, title, kind, words };
    let wrong = |name, title, member| {
        trouble(name, title, Wrong(Fault::WrongTypes(member)), &["malformed"])
    };
    let slow = Fault::Slow(Duration::from_millis(1500));
    let bad_delete = Fault::BadDelete(json!({ "certificate": "no digest" }));
    // Envoy answers 503 itself where nobody does.
    let unreachable = &["unreachable", "status"];
    vec![
        trouble("slow", "answers 1.5 s late", Wrong(slow), &[]),
        trouble("stalled", "stops amid an answer", Wrong(Fault::Stalled), unreachable),
        trouble("truncated", "closes amid an answer", Wrong(Fault::Truncated), unreachable),
        trouble("reset", "resets connections", Wrong(Fault::Reset), unreachable),
        trouble("refuse", "closes connections at once", Wrong(Fault::Refuse), unreachable),
        trouble("garbage", "sends what is no JSON", Wrong(Fault::Garbage), &["malformed"]),
        wrong("type-version", "sends `version` of a wrong type", Member::Version),
        wrong("type-cursor", "sends `cursor` of a wrong type", Member::Cursor),
        wrong("type-more", "sends `more` of a wrong type", Member::More),
        wrong("type-reset", "sends `reset` of a wrong type", Member::Reset),
        wrong("type-changes", "sends `changes` of a wrong type", Member::Changes),
        trouble("bad-delete", "deletes what has no key", Wrong(bad_delete), &["malformed"]),
        trouble("bad-member", "puts an unknown member", Poison(Fault::unknown_member), &[]),
        trouble("bad-date", "puts a date that is none", Poison(Fault::bad_date), &[]),
        trouble("bad-label", "puts a label of 1 MB", Poison(long_label), &[]),
        trouble("huge", "sends 9 MiB", Wrong(Fault::Huge), &["too_large"]),
        trouble("status-500", "answers 500", Wrong(Fault::Status(500)), &["status"]),
        trouble("status-404", "answers 404", Wrong(Fault::Status(404)), &["status"]),
        trouble("status-410", "answers 410", Wrong(Fault::Status(410)), &["start_again", "status"]),
        trouble("duplicates", "sends every page twice", Wrong(Fault::DuplicatePages), &["loop"]),
        trouble("loop", "sends a page that leads to itself", Wrong(Fault::Loop), &["loop"]),
        trouble(
            "lagging",
            "is every other time behind",
            Wrong(Fault::LaggingReplica),
            &["rollback"],
        ),
        trouble("killed", "is killed and started again", Killed, unreachable),
        trouble(
            "replaced",
            "is killed, and loses its cursors",
            Replaced,
            &["unreachable", "status", "start_again"],
        ),
        trouble(
            "restored",
            "is killed, and has an old version until that is mended",
            Restored,
            &["unreachable", "status", "start_again", "rollback"],
        ),
    ]
}

/// Less than an answer may have, so that it is the entry which is too long.
fn long_label(certificate: &str) -> Fault {
    Fault::long_label(certificate, 1_000_000)
}
