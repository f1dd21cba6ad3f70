//! What ends while clients are connected that were admitted before.

use peergate_e2e::Gateway;
use peergate_lab::pki::{Authority, Charter, Crl};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::company::{Company, staff};
use super::conversation::Open;

#[tokio::test]
async fn whatever_ends_is_noticed_by_the_next_request() {
    let company = Company::new();
    let corporate = &company.corporate;
    let end = OffsetDateTime::now_utc() + Duration::seconds(8);
    let short_root = Authority::new(Charter::new("short root").not_after(end));
    let short_issuing = corporate.subordinate(Charter::new("short issuing").not_after(end));
    let ca = |root: &Authority| root.identity().certificate_pem();
    let crl = corporate.crl(Crl::new(&[]).next_update(end));
    let api = |name: &str| {
        json!({
            "name": name, "match": { "path": format!("/{name}") },
            "certificate": { "allow": [name] }, "policy": "mandatory",
        })
    };
    let policy = json!({
        "version": 1,
        "lists": {
            "plain": { "entries": [{ "ca": ca(corporate) }] },
            "short": { "entries": [{ "ca": ca(&short_root) }] },
            "listed": { "entries": [{ "ca": ca(corporate), "crl": crl }] },
        },
        "apis": [api("plain"), api("short"), api("listed")],
        "forward": { "identity": "x-client-identity" },
        "replies": { "profile": "problem", "detail": "reason" },
    });
    let gateway = Gateway::start_under("1.40.0", &company.server, &policy, |_| {});
    let mut clients = Vec::new();
    for (identity, path, reason) in [
        (corporate.issue(staff("leaf").not_after(end)), "/plain", "certificate_expired"),
        (short_issuing.issue(staff("below")), "/plain", "chain_invalid"),
        (short_root.issue(staff("root")), "/short", "chain_invalid"),
        (corporate.issue(staff("listed")), "/listed", "revocation_unknown"),
        (corporate.issue(staff("another")), "/plain", "allowed"),
    ] {
        let mut open = Open::new(&gateway, &identity).await;
        assert_eq!(open.ask(path).await, "allowed", "{path}");
        clients.push((open, path, reason));
    }
    assert!(OffsetDateTime::now_utc() < end, "the machine is too slow for this test");
    let rest = end - OffsetDateTime::now_utc() + Duration::SECOND;
    tokio::time::sleep(rest.unsigned_abs()).await;
    for (open, path, reason) in &mut clients {
        assert_eq!(open.ask(path).await, *reason, "{path}");
    }
    assert!(gateway.is_whole());
}
