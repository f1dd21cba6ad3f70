use serde_json::{Value, json};

use super::{expect_one, filters, found, found_for, policy, route};

#[test]
fn limits_count_by_what_is_there() {
    let place = "$.http_filters[1].typed_config.rate_limits[0].actions[0]";
    let ahead = found("ahead", |it| {
        let limits = filters(it).remove(3);
        filters(it).insert(1, limits);
    });
    expect_one(
        &ahead,
        &format!(
            "error: {place}.extension.typed_config.text: wasm.peergate_identity is not there yet"
        ),
    );
    let headers = found("header-ahead", |it| {
        let mut limits = filters(it).remove(3);
        limits["typed_config"]["rate_limits"] = json!([{ "actions": [
            { "request_headers": { "header_name": "X-Client-Identity", "descriptor_key": "identity" } },
        ] }]);
        filters(it).insert(1, limits);
    });
    expect_one(
        &headers,
        &format!(
            "error: {place}.request_headers: counts by a header that clients can still choose"
        ),
    );
    let open = found("open-limits", |it| {
        filters(it)[3]["typed_config"]["failure_mode_deny"] = false.into()
    });
    expect_one(
        &open,
        "note: $.http_filters[3].typed_config: does not say `failure_mode_deny: true`",
    );
    let descriptor = json!([{ "actions": [{ "extension": { "typed_config": {
        "text": "filter_state['wasm.peergate_method']",
    } } }] }]);
    let untold = found("untold", |it| route(it)["route"]["rate_limits"] = descriptor);
    expect_one(
        &untold,
        "error: $.route_config.virtual_hosts[0].routes[0].route.rate_limits[0].actions[0].extension.typed_config.text: wasm.peergate_method is never there",
    );
}

#[test]
fn api_keys_are_asked_for_over_tls() {
    let plain = found("plain-feed", |it| {
        let cluster = it["static_resources"]["clusters"][1].as_object_mut().unwrap();
        cluster.remove("transport_socket");
    });
    expect_one(
        &plain,
        "warning: static_resources.clusters[1]: asks for the API keys of the list keys in the clear",
    );
    let local = found("local-feed", |it| {
        let cluster = &mut it["static_resources"]["clusters"][1];
        cluster.as_object_mut().unwrap().remove("transport_socket");
        let endpoint =
            "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address";
        *cluster.pointer_mut(endpoint).unwrap() = "127.0.0.1".into();
    });
    assert_eq!(local, (Some(0), vec![]));
    let mut certificates: Value = policy();
    certificates["apis"][0]["certificate"] = json!({ "allow": ["keys"] });
    certificates["apis"][0]["policy"] = json!({ "any_of": ["certificate", "jwt"] });
    certificates["apis"][0].as_object_mut().unwrap().remove("api_key");
    let no_keys = found_for("no-keys", &certificates, |it| {
        let cluster = it["static_resources"]["clusters"][1].as_object_mut().unwrap();
        cluster.remove("transport_socket");
    });
    assert_eq!(no_keys, (Some(0), vec![]));
}
