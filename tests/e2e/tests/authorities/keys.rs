//! Keys of every kind, so that signatures are verified by Envoy as well as in the module.

use peergate_e2e::Gateway;
use peergate_lab::pki::{Authority, Charter, KeyKind};
use serde_json::json;

use super::company::{policy_of, staff};
use super::conversation::verdict_on;

/// Leaves that can arrive: Envoy offers neither P-521 nor Ed25519 in a handshake.
const LEAVES: [KeyKind; 5] =
    [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096];

#[tokio::test]
async fn leaves_of_every_kind_pass() {
    let server = Authority::new("server authority");
    let root = Authority::new("root");
    let policy = policy_of(json!({ "ca": root.identity().certificate_pem() }));
    let gateway = Gateway::start_under("1.40.0", &server, &policy, |_| {});
    for kind in LEAVES {
        let alice = root.issue(staff("alice").key(kind));
        assert_eq!(verdict_on(&gateway, Some(&alice), "/").await, "allowed", "{kind:?}");
    }
    assert!(gateway.is_whole());
}

#[tokio::test]
async fn authorities_of_every_kind_vouch_and_none_is_imitated() {
    let server = Authority::new("server authority");
    let roots = KeyKind::ALL.map(|kind| (kind, Authority::new(Charter::new("root").key(kind))));
    let mut policy = policy_of(json!({}));
    let entry = |root: &Authority| json!({ "ca": root.identity().certificate_pem() });
    let entries: Vec<_> = roots.iter().map(|(_, root)| entry(root)).collect();
    policy["lists"]["clients"]["entries"] = entries.into();
    let gateway = Gateway::start_under("1.40.0", &server, &policy, |_| {});
    for (kind, root) in &roots {
        let alice = root.issue(staff("alice"));
        assert_eq!(verdict_on(&gateway, Some(&alice), "/").await, "allowed", "{kind:?}");
        let below = root.subordinate(Charter::new("below").key(*kind)).issue(staff("alice"));
        assert_eq!(verdict_on(&gateway, Some(&below), "/").await, "allowed", "{kind:?} below");
        let impostor = root.impostor().issue(staff("alice"));
        let said = verdict_on(&gateway, Some(&impostor), "/").await;
        assert_eq!(said, "chain_invalid", "{kind:?}");
    }
    assert_eq!(gateway.count("chain_invalid"), 2 * 7);
    assert!(gateway.is_whole());
}
