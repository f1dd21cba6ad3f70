//! Answers of feeds: no bytes make their reader panic, how fast it reads changes nothing, and what is accepted is
//! what a list then says. The first byte says the format, the pace, and whether the rest is one entry alone.

use std::sync::LazyLock;

use peergate::dynamic::{Change, Grant, Heard, Kind, Offline};
use peergate::feed::{Failure, Format, Page, PageReader, Step, WORDS};
use peergate::{Headers, Memory, Policy, Reason};
use serde_json::{Value, json};

use crate::host::Host;
use crate::policies::read as policy;

/// One list, one API.
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    policy(&json!({
        "version": 1,
        "lists": {"registered": {"feed": {"cluster": "c", "path": "/p"}}},
        "apis": [{"name": "one", "policy": "mandatory",
            "certificate": {"allow": ["registered"], "validity": "unchecked"}}],
    }))
});

pub(crate) fn run(input: &[u8]) {
    let Some((kind, body)) = input.split_first() else { return };
    match kind % 4 {
        0 => entry(body),
        1 => drop(page(body, &Format::ClientSslAuth { apis: Grant::All })),
        _ => {
            if let Ok(page) = page(body, &Format::Native) {
                fill(&page);
            }
        }
    }
}

fn page(body: &[u8], format: &Format) -> Result<Page, Failure> {
    let page = read(body, format, usize::MAX);
    for pace in [1, 3] {
        assert_eq!(read(body, format, pace), page);
    }
    match &page {
        Ok(page) => {
            assert!(serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok(), "no JSON");
            assert!(page.cursor.len() <= 1024);
            assert!(
                page.problems.len() <= usize::try_from(page.skipped).unwrap().saturating_mul(200)
            );
        }
        Err(failure) => {
            assert!(WORDS.contains(&failure.word()));
            assert!(!failure.to_string().contains('\n'));
        }
    }
    page
}

fn read(body: &[u8], format: &Format, pace: usize) -> Result<Page, Failure> {
    let mut reader = PageReader::new(body.to_vec(), format, u32::MAX)?;
    loop {
        match reader.step(pace) {
            Step::More(next) => reader = *next,
            Step::Done(page) => return Ok(page),
            Step::Refused(failure) => return Err(failure),
        }
    }
}

/// Puts a page on a list.
fn fill(page: &Page) -> Offline {
    let shared = Offline::default();
    for list in POLICY.dynamic_lists() {
        shared.fill(list, page, Heard::Now).unwrap();
        let standing = shared.standing(list).unwrap();
        let puts = page.changes.iter().filter(|change| matches!(change, Change::Put(..))).count();
        assert!(standing.count.entries() <= u64::try_from(puts).unwrap());
    }
    shared
}

/// One entry: what it says of its certificate is what becomes of it, and what cannot be read lets nobody in.
fn entry(text: &[u8]) {
    let Ok(said) = serde_json::from_slice::<Value>(text) else { return };
    // Without the duplicates of the text, which no value has.
    let text = said.to_string();
    let body = format!(r#"{{"version":1,"cursor":"c","changes":[{{"put":{text}}}]}}"#);
    let Ok(page) = page(body.as_bytes(), &Format::Native) else {
        panic!("a put spoils no page");
    };
    let host = Host { shared: Ok(fill(&page)), ..Host::plaintext() };
    let Some(hex) = certificate(&said) else { return };
    let is_read = page.skipped == 0;
    let is_put =
        matches!(page.changes[..], [Change::Put(key, _)] if key.kind() == Kind::Certificate);
    assert_eq!(is_read, is_put);
    let host = Host {
        tls_version: Ok(Some(b"TLSv1.3".to_vec())),
        fingerprint: Ok(Some(hex.into_bytes())),
        ..host
    };
    let pairs = [(":method", "GET"), (":authority", "a.example"), (":path", "/")];
    let pairs = pairs.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let headers = Headers::new(pairs.to_vec());
    let verdict = POLICY.judge(&headers, &host, &mut Memory::default());
    if !is_read {
        assert_eq!(verdict.reason(), Reason::CertificateNotAllowed);
        return;
    }
    let grants = said["apis"] == json!(["*"])
        || said["apis"].as_array().is_some_and(|apis| apis.contains(&json!("one")));
    let is_active = said["active"] != json!(false);
    match verdict.reason() {
        Reason::Allowed => {
            assert!(grants && is_active);
            let accepted = verdict.accepted().unwrap();
            match said["identity"].as_str() {
                Some(identity) => assert_eq!(accepted.identity(), identity),
                None => assert_eq!(
                    Some(accepted.identity()),
                    accepted.fingerprint().map(|it| it.to_string())
                ),
            }
        }
        Reason::SessionInactive => assert!(!is_active),
        Reason::ApiNotGranted => assert!(!grants),
        Reason::SessionExpired => assert!(said["expires"].is_string()),
        Reason::SessionNotYetValid => assert!(said["not_before"].is_string()),
        other => panic!("{other}"),
    }
}

/// The fingerprint that an entry is about, as a host would show it.
fn certificate(said: &Value) -> Option<String> {
    let hex = said.get("certificate")?.as_str()?.replace(':', "").to_lowercase();
    let is_hex = hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then_some(hex)
}
