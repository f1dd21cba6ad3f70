//! The same verdicts wherever the certificates come from.

use std::collections::BTreeMap;

use peergate_e2e::{Bootstrap, Gateway};
use peergate_lab::client::Request;
use serde_json::{Value, json};

use super::company::Company;
use super::conversation::{PROTOCOLS, ask};
use super::rows::{Row, rows};

#[tokio::test]
async fn as_rendered_each_row_holds() {
    let company = Company::new();
    let gateway = Gateway::start_under("1.40.0", &company.server, &company.policy(), |_| {});
    hold(&gateway, &rows(&company)).await;
}

#[tokio::test]
async fn what_envoy_trusts_changes_nothing_where_it_takes_any_certificate() {
    let company = Company::new();
    let gateway = Gateway::start_under("1.40.0", &company.server, &company.policy(), |bootstrap| {
        validation_context(bootstrap)["trusted_ca"] = trusted(&company);
    });
    hold(&gateway, &rows(&company)).await;
}

/// Without the property of newer Envoys the leaf, too, comes by the chain.
#[tokio::test]
async fn on_envoy_1_36_each_row_holds() {
    let company = Company::new();
    let gateway = Gateway::start_under("1.36.4", &company.server, &company.policy(), |_| {});
    hold(&gateway, &rows(&company)).await;
}

#[tokio::test]
async fn where_envoy_verifies_it_only_refuses_more() {
    let company = Company::new();
    let gateway = Gateway::start_under("1.40.0", &company.server, &company.policy(), |bootstrap| {
        *validation_context(bootstrap) = json!({ "trusted_ca": trusted(&company) });
    });
    let mut refused_by_envoy = 0;
    for Row { who, identity, path, verdict } in &rows(&company) {
        let (client, request) = (gateway.client(Some(identity)), Request::get("localhost", path));
        for protocol in PROTOCOLS {
            match ask(&client, &gateway, protocol, &request).await {
                Ok(said) => assert_eq!(said, *verdict, "{who} at {path} over {protocol}"),
                // It does not know the intermediates of an entry.
                Err(_) if *verdict != "allowed" || *path == "/helped" => refused_by_envoy += 1,
                Err(error) => panic!("{who} at {path} over {protocol}: {error}"),
            }
        }
    }
    assert!(refused_by_envoy > 20, "{refused_by_envoy}");
    assert!(gateway.is_whole());
}

/// Asks twice: what is remembered of a client says the same. Each verdict is counted by its reason.
async fn hold(gateway: &Gateway, rows: &[Row]) {
    let (mut counts, mut others) = (BTreeMap::<&str, u64>::new(), Vec::new());
    for Row { who, identity, path, verdict } in rows {
        let (client, request) = (gateway.client(Some(identity)), Request::get("localhost", path));
        for protocol in PROTOCOLS {
            let said = ask(&client, gateway, protocol, &request).await.expect("an answer");
            if said != *verdict {
                others.push(format!("{who} at {path} over {protocol}: {said}, not {verdict}"));
            }
            *counts.entry(verdict).or_default() += 1;
        }
    }
    assert!(others.is_empty(), "{others:#?}");
    for (reason, count) in counts {
        assert_eq!(gateway.count(reason), count, "{reason}");
        if reason != "allowed" {
            let details = format!(r#""details":"peergate_{reason}""#);
            gateway.envoy.wait_for_log(&details, std::time::Duration::from_secs(5)).unwrap();
        }
    }
    assert!(gateway.is_whole());
}

fn validation_context(bootstrap: &mut Bootstrap) -> &mut Value {
    let chain = &mut bootstrap.config["static_resources"]["listeners"][0]["filter_chains"][0];
    &mut chain["transport_socket"]["typed_config"]["common_tls_context"]["validation_context"]
}

fn trusted(company: &Company) -> Value {
    let roots = [&company.corporate, &company.partner];
    let roots: String = roots.iter().map(|root| root.identity().certificate_pem()).collect();
    json!({ "inline_string": roots })
}
