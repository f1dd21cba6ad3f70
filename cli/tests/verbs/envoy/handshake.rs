use serde_json::{Value, json};

use super::{certificates, expect_one, found, found_for, manager};
use crate::peergate::certificate;

fn listener(bootstrap: &mut Value) -> &mut Value {
    &mut bootstrap["static_resources"]["listeners"][0]
}

fn tls(bootstrap: &mut Value) -> &mut Value {
    &mut listener(bootstrap)["filter_chains"][0]["transport_socket"]["typed_config"]
}

/// Changes the TLS of a listener, for a policy that looks at certificates.
fn with(name: &str, change: impl FnOnce(&mut Value)) -> (Option<i32>, Vec<String>) {
    found_for(name, &certificates(), |it| change(tls(it)))
}

const CHAIN: &str = "static_resources.listeners[0].filter_chains[0]";

#[test]
fn clients_are_asked_for_certificates() {
    let clear = |it: &mut Value| {
        let chain = &mut listener(it)["filter_chains"][0];
        drop(chain.as_object_mut().unwrap().remove("transport_socket"));
    };
    let found_clear = found_for("clear", &certificates(), clear);
    expect_one(&found_clear, &format!("error: {CHAIN}: has no TLS"));
    // Tokens alone need none.
    assert_eq!(found("clear-tokens", clear), (Some(0), vec![]));

    let place = format!("{CHAIN}.transport_socket.typed_config");
    let context = format!("{place}.common_tls_context");
    let unasked = with("unasked", |tls| {
        drop(tls["common_tls_context"].as_object_mut().unwrap().remove("validation_context"));
    });
    expect_one(&unasked, &format!("error: {context}: asks no client for a certificate"));
    let empty = with("empty", |tls| tls["common_tls_context"]["validation_context"] = json!({}));
    let begin = format!("error: {context}.validation_context: asks no client for a certificate");
    expect_one(&empty, &begin);
    let verified = with("verified", |tls| {
        tls["common_tls_context"]["validation_context"] =
            json!({ "trusted_ca": { "filename": "/ca.pem" } });
    });
    let begin =
        format!("warning: {context}.validation_context: Envoy verifies certificates itself");
    expect_one(&verified, &begin);
    let secret = with("secret", |tls| {
        let common = tls["common_tls_context"].as_object_mut().unwrap();
        let own = common.remove("validation_context").unwrap();
        common.insert(
            "combined_validation_context".to_owned(),
            json!({ "default_validation_context": own, "validation_context_sds_secret_config": {} }),
        );
    });
    assert_eq!(secret, (Some(0), vec![]));
    let required = with("required", |tls| tls["require_client_certificate"] = true.into());
    let begin = format!("warning: {place}.require_client_certificate: who has no certificate");
    expect_one(&required, &begin);
    let mut mandatory = certificates();
    mandatory["apis"] =
        json!([{ "name": "a", "policy": "mandatory", "certificate": { "allow": ["keys"] } }]);
    let arguments = |it: &mut Value| tls(it)["require_client_certificate"] = true.into();
    let mut rendered = super::bootstrap("required-all", &certificates());
    arguments(&mut rendered);
    let ran = super::check("required-all", &mandatory, &rendered);
    assert!(ran.err.contains("note: ") && !ran.err.contains("warning: "), "{ran:?}");
}

#[test]
fn sessions_are_not_resumed() {
    let resumed = with("resumed", |tls| {
        drop(tls.as_object_mut().unwrap().remove("disable_stateless_session_resumption"));
    });
    let begin = format!(
        "warning: {CHAIN}.transport_socket.typed_config: does not say `disable_stateless_session_resumption: true`: a resumed"
    );
    expect_one(&resumed, &begin);
    let quic = found_for("quic", &certificates(), |it| {
        listener(it)["udp_listener_config"] = json!({ "quic_options": {} });
        let own = tls(it).clone();
        *tls(it) = json!({
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport",
            "downstream_tls_context": own,
        });
    });
    expect_one(&quic, "warning: static_resources.listeners[0].udp_listener_config: HTTP/3");
}

#[test]
fn server_names_are_read_where_they_matter() {
    let without = |it: &mut Value| {
        drop(listener(it).as_object_mut().unwrap().remove("listener_filters"));
    };
    assert_eq!(found_for("no-names", &certificates(), without), (Some(0), vec![]));
    for (word, weight) in [("required", "error"), ("when_present", "warning")] {
        let mut policy = certificates();
        policy["global"]["sni"] = word.into();
        assert_eq!(found_for(word, &policy, |_| {}), (Some(0), vec![]), "{word}");
        let begin = format!("{weight}: static_resources.listeners[0]: has no tls_inspector");
        expect_one(&found_for(word, &policy, without), &begin);
    }
}

#[test]
fn clients_do_not_write_what_is_said_of_their_certificates() {
    let mode = "forward_client_cert_details";
    for word in ["ALWAYS_FORWARD_ONLY", "FORWARD_ONLY", "APPEND_FORWARD"] {
        let found = found_for(word, &certificates(), |it| manager(it)[mode] = word.into());
        expect_one(&found, &format!("warning: $.{mode}: {word} lets clients write"));
    }
    let sanitized = found_for("sanitized", &certificates(), |it| {
        drop(manager(it).as_object_mut().unwrap().remove(mode));
    });
    assert_eq!(sanitized, (Some(0), vec![]));
    let kept = found_for("kept", &certificates(), |it| {
        let routes = manager(it)["route_config"].as_object_mut().unwrap();
        drop(routes.remove("request_headers_to_remove"));
    });
    expect_one(&kept, &format!("note: $.{mode}: upstreams get x-forwarded-client-cert"));
    let underscores = found_for("underscores", &certificates(), |it| {
        drop(manager(it).as_object_mut().unwrap().remove("common_http_protocol_options"));
    });
    expect_one(&underscores, "warning: $: does not say `headers_with_underscores_action");
}

#[test]
fn chains_come_with_connections_where_the_policy_has_none() {
    let mut policy = certificates();
    policy["lists"]["ca"] = json!({ "entries": [{ "ca": certificate("authority") }] });
    policy["apis"][0]["certificate"] = json!({ "allow": ["ca"] });
    assert_eq!(found_for("chains", &policy, |_| {}), (Some(0), vec![]));
    let alone = found_for("leaf-alone", &policy, |it| {
        manager(it)["set_current_client_cert_details"] = json!({ "cert": true });
    });
    expect_one(
        &alone,
        "warning: $.forward_client_cert_details: does not tell peergate the certificates",
    );
}

#[test]
fn filter_chains_that_nobody_reads_are_told() {
    let proxy = json!({ "name": "tcp", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        "cluster": "upstream",
    } });
    let told = "reads no requests";
    let beside = found("tcp-beside", |it| {
        let chains = listener(it)["filter_chains"].as_array_mut().unwrap();
        chains.push(json!({ "filters": [proxy] }));
    });
    let place = "static_resources.listeners[0].filter_chains[1]";
    expect_one(&beside, &format!("note: {place}.filters[0].typed_config: {told}"));
    let default = found("tcp-default", |it| {
        listener(it)["default_filter_chain"] = json!({ "filters": [{ "name": "echo" }] });
    });
    let place = "static_resources.listeners[0].default_filter_chain";
    expect_one(&default, &format!("note: {place}: {told}"));
    let ahead = found("tcp-ahead", |it| {
        let filters = &mut listener(it)["filter_chains"][0]["filters"];
        filters.as_array_mut().unwrap().insert(0, proxy.clone());
    });
    // Where the manager was.
    expect_one(&ahead, &format!("note: $: {told}"));
    let elsewhere = found("tcp-elsewhere", |it| {
        let all = it["static_resources"]["listeners"].as_array_mut().unwrap();
        all.push(json!({ "name": "b", "filter_chains": [{ "filters": [proxy] }] }));
    });
    assert_eq!(elsewhere, (Some(0), vec![]));
}
