//! Crowds are made quickly, and each of them is somebody.

use std::collections::HashSet;
use std::time::Instant;

use peergate_lab::pki::{Authority, Identity, KeyKind, Leaf, crowd};

use crate::judge::verify;

#[test]
fn a_crowd_shares_a_key_and_nothing_else() {
    let root = Authority::new("root");
    let (issued, selfish): (Vec<_>, Vec<_>) =
        (root.issue_many(crowd(50)).collect(), Identity::self_signed_many(crowd(50)).collect());
    for crowd in [&issued, &selfish] {
        let fingerprints: HashSet<_> = crowd.iter().map(Identity::fingerprint).collect();
        let serials: HashSet<_> = crowd.iter().map(Identity::serial_hex).collect();
        let keys: HashSet<_> = crowd.iter().map(Identity::spki_sha256).collect();
        assert_eq!((fingerprints.len(), serials.len(), keys.len()), (50, 50, 1));
    }
    for (issued, selfish) in issued.iter().zip(&selfish) {
        verify(&root, issued).expect("issued by the root");
        verify(&root, selfish).expect_err("issued by itself");
    }
}

#[test]
fn a_crowd_comes_under_an_authority_between_and_with_any_key() {
    let root = Authority::new("root");
    let leaves = (0..3).map(|it| Leaf::client(&format!("{it}")).key(KeyKind::Rsa2048));
    for identity in root.subordinate("issuing").issue_many(leaves) {
        verify(&root, &identity).expect("the chain leads to the root");
    }
}

/// Says how fast: `cargo test -p peergate-lab --test pki -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn twenty_thousand() {
    let root = Authority::new("root");
    let start = Instant::now();
    let crowd: Vec<_> = root.issue_many(crowd(20_000)).collect();
    let seconds = start.elapsed().as_secs_f64();
    println!("{} leaves in {seconds:.2} s: {:.0}/s", crowd.len(), 20_000.0 / seconds);
}
