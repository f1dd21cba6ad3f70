//! Revocation lists, on connections that are open.

use peergate_e2e::Gateway;
use peergate_lab::pki::{Charter, Crl};
use serde_json::{Value, json};

use super::company::{Company, policy_of, staff};
use super::conversation::{Open, verdict_on};

#[tokio::test]
async fn a_revocation_reaches_the_next_request_of_an_open_connection() {
    let company = Company::new();
    let corporate = &company.corporate;
    let policy = |crl: String| policy_of(json!({ "ca": ca(&company), "crl": crl }));
    let gateway =
        Gateway::start_under("1.40.0", &company.server, &policy(corporate.crl(&[])), |_| {});
    let mut alice = Open::new(&gateway, &company.alice).await;
    let mut mallory = Open::new(&gateway, &company.mallory).await;
    for _ in 0..2 {
        assert_eq!(alice.ask("/").await, "allowed");
        assert_eq!(mallory.ask("/").await, "allowed");
    }

    gateway.change_policy(&policy(corporate.crl(&[&company.mallory]))).await;
    for _ in 0..2 {
        assert_eq!(alice.ask("/").await, "allowed");
        assert_eq!(mallory.ask("/").await, "certificate_revoked");
    }

    // What is revoked stays so when the list is old; what is not is no longer known.
    gateway.change_policy(&policy(corporate.crl(Crl::new(&[&company.mallory]).expired()))).await;
    assert_eq!(alice.ask("/").await, "revocation_unknown");
    assert_eq!(mallory.ask("/").await, "certificate_revoked");

    gateway.change_policy(&policy(corporate.crl(&[]))).await;
    assert_eq!(alice.ask("/").await, "allowed");
    assert_eq!(mallory.ask("/").await, "allowed");
    assert!(gateway.is_whole());
}

#[tokio::test]
async fn each_rule_of_revocation_says_what_it_is_named_for() {
    let company = Company::new();
    let corporate = &company.corporate;
    let gone = corporate.subordinate(Charter::new("gone"));
    let dave = gone.issue(staff("dave"));
    let roots_list = corporate.crl(&[&company.mallory, gone.identity()]);
    let old = corporate.crl(Crl::new(&[&company.mallory]).expired());
    let issuings_list = company.issuing.crl(&[]);
    let gones_list = gone.crl(&[]);
    let all = format!("{roots_list}{issuings_list}{gones_list}");
    let [alice, carol, mallory] = [&company.alice, &company.carol, &company.mallory];

    let first = json!({ "pem": old, "when_expired": "use" });
    let gateway = gateway(&company, &first);
    assert_eq!(verdict_on(&gateway, Some(alice), "/").await, "allowed");
    assert_eq!(verdict_on(&gateway, Some(mallory), "/").await, "certificate_revoked");

    for (crl, expected) in [
        // Carol's issuer has none.
        (json!({ "pem": roots_list }), ["allowed", "revocation_unknown", "revocation_unknown"]),
        (json!({ "pem": roots_list, "when_missing": "allow" }), ["allowed", "allowed", "allowed"]),
        // Dave is not revoked, his issuer is.
        (json!({ "pem": all }), ["allowed", "allowed", "allowed"]),
        (json!({ "pem": all, "depth": "chain" }), ["allowed", "allowed", "certificate_revoked"]),
        (
            json!({ "pem": roots_list, "depth": "chain", "when_missing": "allow" }),
            ["allowed", "allowed", "certificate_revoked"],
        ),
    ] {
        gateway.change_policy(&policy_of(json!({ "ca": ca(&company), "crl": crl }))).await;
        for (identity, said) in [alice, carol, &dave].into_iter().zip(expected) {
            assert_eq!(verdict_on(&gateway, Some(identity), "/").await, said, "{crl}");
        }
        let said = verdict_on(&gateway, Some(mallory), "/").await;
        assert_eq!(said, "certificate_revoked", "{crl}");
    }
    assert!(gateway.is_whole());
}

/// A list by another key is none.
#[tokio::test]
async fn nobody_elses_list_counts() {
    let company = Company::new();
    let forged = company.corporate.impostor().crl(&[]);
    let gateway = gateway(&company, &json!(forged));
    assert_eq!(verdict_on(&gateway, Some(&company.alice), "/").await, "revocation_unknown");
    let forged = company.corporate.impostor().crl(&[&company.alice]);
    let crl = json!({ "pem": forged, "when_missing": "allow" });
    gateway.change_policy(&policy_of(json!({ "ca": ca(&company), "crl": crl }))).await;
    assert_ne!(verdict_on(&gateway, Some(&company.alice), "/").await, "certificate_revoked");
}

#[tokio::test]
async fn a_deny_list_wins_over_an_authority_and_its_revocations() {
    let company = Company::new();
    let crl = company.corporate.crl(&[&company.mallory]);
    let mut policy = policy_of(json!({ "ca": ca(&company), "crl": crl }));
    policy["lists"]["blocked"] = json!({ "entries": [
        { "spki_sha256": company.alice.spki_sha256() },
        { "issued": { "by": ca(&company), "serial": company.mallory.serial_hex() } },
    ] });
    policy["apis"][0]["certificate"]["deny"] = json!(["blocked"]);
    let gateway = Gateway::start_under("1.40.0", &company.server, &policy, |_| {});
    let renewed = company.corporate.renew(&company.alice, staff("alice"));
    for identity in [&company.alice, &renewed, &company.mallory] {
        assert_eq!(verdict_on(&gateway, Some(identity), "/").await, "certificate_denied");
    }
    assert_eq!(verdict_on(&gateway, Some(&company.trudy), "/").await, "allowed");
}

fn gateway(company: &Company, crl: &Value) -> Gateway {
    let policy = policy_of(json!({ "ca": ca(company), "crl": crl }));
    Gateway::start_under("1.40.0", &company.server, &policy, |_| {})
}

fn ca(company: &Company) -> String {
    company.corporate.identity().certificate_pem()
}
