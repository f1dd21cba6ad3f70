//! Answers of feeds: no bytes make their reader panic, and how fast it reads changes nothing.

use peergate::dynamic::{Change, Grant};
use peergate::feed::{Failure, Format, Page, PageReader, Step, WORDS};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::config;
use crate::mutation::{apply, mutations};

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

fn formats() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Native), Just(Format::ClientSslAuth { apis: Grant::All })]
}

fn hex() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]".prop_map(|digit| digit.repeat(64)), 1 => "[a-z]{0,3}"]
}

fn change() -> impl Strategy<Value = Value> {
    let put = |hex: String, extra: bool| {
        let mut entry = json!({"certificate": hex, "apis": ["*"], "labels": {"a": "[{\"]}"}});
        if extra {
            entry["colour"] = json!({"deep": [[{}]]});
        }
        json!({"put": entry})
    };
    prop_oneof![
        4 => (hex(), any::<bool>()).prop_map(move |(hex, extra)| put(hex, extra)),
        1 => hex().prop_map(|hex| json!({"put": {"deny": {"certificate": hex}}})),
        2 => "[ab]".prop_map(|digit| json!({"delete": {"certificate": digit.repeat(64)}})),
        1 => hex().prop_map(|hex| json!({"fingerprint_sha256": hex})),
    ]
}

fn page() -> impl Strategy<Value = Value> {
    let changes = prop::collection::vec(change(), 0..6);
    (changes, any::<u64>(), "[a-z]{1,5}", any::<bool>(), any::<bool>()).prop_map(
        |(changes, version, cursor, more, reset)| {
            json!({
                "version": version, "cursor": cursor, "more": more, "reset": reset,
                "changes": changes,
            })
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_make_a_page_reader_panic(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        text in r#"(\{|\}|\[|\]|,|:|"|\\|"changes":|"certificates":|"put":|"delete":|1| ){0,30}"#,
        format in formats(),
        pace in 1..5_usize,
    ) {
        for body in [&noise[..], text.as_bytes()] {
            let page = read(body, &format, usize::MAX);
            prop_assert_eq!(read(body, &format, pace), page.clone());
            if let Err(failure) = page {
                prop_assert!(WORDS.contains(&failure.word()));
                prop_assert!(!failure.to_string().contains('\n'));
            }
        }
    }

    #[test]
    fn how_fast_a_page_is_read_changes_nothing(
        page in page(),
        is_pretty in any::<bool>(),
        mutations in mutations(),
        format in formats(),
        pace in 1..5_usize,
    ) {
        let text = match (is_pretty, &format) {
            (_, Format::ClientSslAuth { .. }) => json!({"certificates": page["changes"]}).to_string(),
            (true, _) => serde_json::to_string_pretty(&page).unwrap(),
            (false, _) => page.to_string(),
        };
        let body = apply(text.as_bytes(), &mutations);
        let read_at_once = read(&body, &format, usize::MAX);
        prop_assert_eq!(&read(&body, &format, pace), &read_at_once);
        // Whatever is accepted is JSON.
        if read_at_once.is_ok() {
            let text = str::from_utf8(&body).unwrap();
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn a_page_says_what_was_written(page in page()) {
        let changes = page["changes"].as_array().unwrap();
        let found = read(page.to_string().as_bytes(), &Format::Native, 1);
        if changes.iter().any(|change| change.get("fingerprint_sha256").is_some()) {
            prop_assert!(matches!(found, Err(Failure::Malformed(_))));
            return Ok(());
        }
        let found = found.unwrap();
        prop_assert_eq!(found.version, page["version"].as_u64());
        prop_assert_eq!(Some(&*found.cursor), page["cursor"].as_str());
        prop_assert_eq!(Some(found.more), page["more"].as_bool());
        prop_assert_eq!(Some(found.reset), page["reset"].as_bool());
        let deletions = |change: &&Value| change.get("delete").is_some();
        let deleted = found.changes.iter().filter(|change| matches!(change, Change::Delete(_)));
        prop_assert!(deleted.count() >= changes.iter().filter(deletions).count());
        let skipped = usize::try_from(found.skipped).unwrap();
        prop_assert!(found.changes.len() <= changes.len());
        prop_assert!(found.changes.len() + skipped >= changes.len());
    }
}
