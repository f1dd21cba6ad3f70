//! Path validation against x509-limbo, a corpus of paths that must hold and paths that must not.
//!
//! The corpus lies outside this repository: `X509_LIMBO` names it. Where it is absent the test says so and
//! passes. `limbo-exceptions.json` holds the cases that we answer otherwise, each with the reason; a case
//! that no longer differs fails as well.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use webpki::KeyUsage;

use crate::authority::{
    Anchor, Depth, Examined, Link, Revocation, RevocationList, RevocationRules, Terms, Trust,
    WhenExpired, WhenMissing, find,
};
use crate::carrier::pem;
use crate::signature::Meter;

/// What must hold for us to be as good as we say.
const MOST_EXCEPTIONS: usize = 40;

#[test]
fn x509_limbo() {
    let path = std::env::var_os("X509_LIMBO").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/x509-limbo/limbo.json")),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: no x509-limbo at {} (X509_LIMBO names it)", path.display());
        return;
    };
    let exceptions: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("limbo-exceptions.json")).unwrap();
    let corpus: Value = serde_json::from_str(&text).unwrap();
    let (mut right, mut by_name, mut excepted) = (0, 0, 0);
    let mut wrong = Vec::new();
    let (mut slowest, mut most) = (("none".to_owned(), 0), ("none".to_owned(), 0));
    for case in corpus["testcases"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        let expected = case["expected_result"] == "SUCCESS";
        let meter = Meter::new(None);
        let outcome = judge(case, &meter);
        // The best of a few, since the first ones are still being compiled.
        let again = (0..5).map(|_| {
            let started = Instant::now();
            judge(case, &Meter::new(None)).ok();
            started.elapsed().as_micros()
        });
        let taken = if expected { 0 } else { again.min().unwrap_or_default() };
        // What an attacker can bring about; paths of real authorities cost what their keys cost.
        if taken > slowest.1 {
            slowest = (id.to_owned(), taken);
        }
        if meter.spent() > most.1 {
            most = (id.to_owned(), meter.spent());
        }
        let actual = outcome.is_ok();
        let exception = exceptions.get(id);
        match (actual == expected, exception) {
            (true, None) => right += 1,
            (false, _) if is_about_the_peers_name(case) => by_name += 1,
            (false, Some(exception)) => {
                let reason = exception["reason"].as_str().unwrap();
                assert!(reason.len() > 40, "{id}: say why");
                assert_eq!(exception["expected"], case["expected_result"], "{id}");
                excepted += 1;
            }
            (false, None) => wrong.push(format!("{id}: expected {expected}, {outcome:?}")),
            (true, Some(_)) => {
                wrong.push(format!("{id}: is answered right: no exception is needed"))
            }
        }
    }
    // Past the harness, which keeps what a passing test prints to itself.
    let counts = format!(
        "x509-limbo: {right} right, {by_name} about the peer's name, {excepted} exceptions; the slowest \
         refusal took {} us ({}), the most signatures were {} ({})",
        slowest.1, slowest.0, most.1, most.0
    );
    writeln!(std::io::stderr(), "{counts}").unwrap();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(exceptions.len() <= MOST_EXCEPTIONS, "{}", exceptions.len());
    assert_eq!(excepted, exceptions.len());
    assert!(most.1 <= 12, "{most:?}");
}

/// Runs one case as an entry of a list would be asked, but for a server's certificate where it is one.
fn judge(case: &Value, meter: &Meter) -> Result<(), String> {
    let texts = |field: &str| -> Vec<Vec<u8>> {
        let texts = case[field].as_array().unwrap().iter();
        texts.flat_map(|text| pem::certificates(text.as_str().unwrap()).unwrap()).collect()
    };
    let leaf = pem::one_certificate(case["peer_certificate"].as_str().unwrap()).unwrap();
    let leaf = Examined::of(&leaf).map_err(|breach| format!("the leaf: {breach}"))?;
    let presented = texts("untrusted_intermediates");
    let presented: Vec<Link> = presented.iter().filter_map(|der| Link::parse(der).ok()).collect();
    let terms = Terms {
        usage: match case["validation_kind"].as_str().unwrap() {
            "CLIENT" => KeyUsage::client_auth(),
            _ => KeyUsage::server_auth(),
        },
        depth: match case["max_chain_depth"].as_u64() {
            Some(depth) => usize::try_from(depth).unwrap().min(Terms::CLIENT.depth),
            None => Terms::CLIENT.depth,
        },
    };
    let now = match case["validation_time"].as_str() {
        Some(time) => OffsetDateTime::parse(time, &Rfc3339).unwrap().unix_timestamp(),
        None => {
            i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
        }
    };
    let mut lists = Vec::new();
    for text in case["crls"].as_array().unwrap() {
        for der in pem::revocation_lists(text.as_str().unwrap()).unwrap() {
            lists.push(RevocationList::parse(&der).map_err(|error| format!("a list: {error}"))?);
        }
    }
    let mut outcome = Err("nobody is trusted".to_owned());
    for der in texts("trusted_certs") {
        let lists: Vec<RevocationList> = case["crls"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|text| pem::revocation_lists(text.as_str().unwrap()).unwrap())
            .map(|der| RevocationList::parse(&der).unwrap())
            .collect();
        let rules = RevocationRules {
            when_expired: WhenExpired::Deny,
            when_missing: WhenMissing::Deny,
            depth: Depth::Leaf,
        };
        let anchor = match Anchor::parse(&der) {
            Ok(anchor) => anchor,
            Err(error) => {
                outcome = outcome.or(Err(format!("an authority: {error}")));
                continue;
            }
        };
        let trust = Trust {
            anchor,
            intermediates: Vec::new(),
            revocation: (!lists.is_empty()).then(|| Revocation::new(lists, rules)),
        };
        if trust.has_unsignable_list() {
            outcome = Err("an authority that may not sign lists".to_owned());
            continue;
        }
        match find(&trust, &leaf, &presented, now, &terms, meter) {
            Ok(_) if !leaf.is_valid_at(now) => return Err("the leaf's dates".to_owned()),
            Ok(_) => return Ok(()),
            Err(fault) => outcome = Err(fault.to_string()),
        }
    }
    outcome
}

/// Whether a case asks whether a server's certificate is for one host: we do not ask that.
fn is_about_the_peers_name(case: &Value) -> bool {
    let id = case["id"].as_str().unwrap();
    id.starts_with("webpki::cn::") || id.starts_with("webpki::san::")
}
