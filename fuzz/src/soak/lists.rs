//! Feeds that change what lists say, fail, and answer nonsense.

use std::time::Duration;

use peergate::{Fingerprint, KeyDigest};
use peergate_mock::{CallResponse, Filter};
use serde_json::{Value, json};

use super::Soak;
use super::random::Random;
use super::shape::{CERTIFICATES, KEYS, fault};
use crate::certificates::certificate;

impl Soak {
    /// Time passes, and feeds answer.
    pub(super) fn change_lists(&mut self, filter: &Filter) {
        // Now and then so much that lists are too old.
        let most = if self.random.once_in(40) { 200_000 } else { 20 };
        self.seconds += u64::try_from(self.random.below(most)).unwrap();
        filter.set_monotonic(Duration::from_secs(self.seconds));
        let faults = self.random.once_in(20).then(|| fault(&mut self.random));
        filter.tick_with(AT, faults).unwrap();
        for call in filter.pending_calls() {
            let answer = self.answer();
            let faults = self.random.once_in(20).then(|| fault(&mut self.random));
            filter.answer_call_with(call.token, answer, AT, faults).unwrap();
            self.done.answers += 1;
        }
        filter.tick(AT).unwrap();
    }

    fn answer(&mut self) -> CallResponse {
        let (random, version) = (&mut self.random, self.done.answers);
        match random.below(12) {
            0 => CallResponse::failed(),
            1 => CallResponse::new(500),
            2 => CallResponse::new(410),
            3 => CallResponse::new(304),
            4 => CallResponse::new(200).body(random.bytes(200)),
            _ => {
                let changes: Vec<Value> = (0..random.below(40)).map(|_| change(random)).collect();
                let page = json!({
                    "version": version, "cursor": version.to_string(), "more": random.once_in(5),
                    "reset": random.once_in(8), "changes": changes,
                });
                CallResponse::new(200).header("etag", "\"1\"").body(page.to_string())
            }
        }
    }
}

fn change(random: &mut Random) -> Value {
    let own = certificate(random.word(&CERTIFICATES)).unwrap();
    let fingerprint = own.leaf.fingerprint().to_string();
    // One of as many as fill several buckets, and no more of them.
    let other = Fingerprint::of(&[0, random.number().to_le_bytes()[0]]).to_string();
    let secret = KeyDigest::Hmac(b"at least 16 bytes"[..].into());
    let key = random.word(&KEYS[..4]).as_bytes();
    let key = if random.once_in(4) { secret.hex(key) } else { KeyDigest::Sha256.hex(key) };
    match random.below(12) {
        0 => json!({"delete": {"certificate": fingerprint}}),
        1 => json!({"delete": {"api_key": key}}),
        2 => json!({"put": {"deny": {"certificate": other}}}),
        3 => json!({"put": {"deny": {"certificate": fingerprint}}}),
        4 => json!({"delete": {"deny": {"certificate": fingerprint}}}),
        5 => json!({"put": {"certificate": fingerprint, "apis": ["*"], "active": false}}),
        6 => json!({"put": {"certificate": other, "apis": ["*"], "colour": 1}}),
        7 => json!({"put": {"api_key": key, "apis": ["*"], "certificates": [fingerprint]}}),
        8 => {
            json!({"put": {"api_key": key, "apis": ["*"], "identity": "app", "rate": {"requests": 9, "per": "1s"}}})
        }
        9 => json!({"put": {"api_key": key, "apis": ["keys", "everything", "secret", "any"]}}),
        _ => {
            json!({"put": {"certificate": fingerprint, "apis": ["*"], "identity": "acme", "labels": {"plan": "gold"}}})
        }
    }
}

/// What the wall clock shows meanwhile.
const AT: &str = "2026-07-01T12:00:00Z";
