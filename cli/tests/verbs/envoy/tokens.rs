use serde_json::{Value, json};

use super::{expect_one, filters, found, found_for, jwt_authn, manager, policy, route};

#[test]
fn tokens_are_verified_ahead() {
    let gone = found("gone", |it| drop(filters(it).remove(0)));
    expect_one(&gone, "error: $.http_filters: no jwt_authn ahead of peergate");
    let behind = found("behind", |it| {
        let verifier = filters(it).remove(0);
        filters(it).insert(2, verifier);
    });
    expect_one(&behind, "error: $.http_filters[2]: stands behind peergate");
    let disabled = found("disabled", |it| filters(it)[0]["disabled"] = true.into());
    expect_one(&disabled, "warning: $.http_filters[0]: is disabled");
    let elsewhere = found("elsewhere", |it| {
        filters(it)[0] = json!({ "name": "jwt", "config_discovery": { "type_urls": [
            "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        ] } });
    });
    expect_one(
        &elsewhere,
        "warning: $.http_filters[0]: comes by ECDS, and which tokens it verifies",
    );
    // As protobuf writes names of fields in JSON.
    let camel = found("camel", |it| {
        let filter = filters(it).remove(0);
        let config = json!({ "name": "jwt", "typedConfig": filter["typed_config"] });
        filters(it).insert(0, config);
        let all = manager(it)["http_filters"].take();
        manager(it).as_object_mut().unwrap().remove("http_filters");
        manager(it)["httpFilters"] = all;
    });
    assert_eq!(camel, (Some(0), vec![]));
}

#[test]
fn providers_are_held_against_the_policy() {
    let change = |name: &str, provider: &str, change: &dyn Fn(&mut Value)| {
        found(name, |it| change(&mut jwt_authn(it)["providers"][provider]))
    };
    let set = |field: &'static str, value: Value| move |it: &mut Value| it[field] = value.clone();
    let a = r#"$.http_filters[0].typed_config.providers["https://a"]"#;
    for (name, edit, begin) in [
        (
            "no-payload",
            set("payload_in_metadata", Value::Null),
            format!(
                "warning: {a}: has no payload_in_metadata: apis[0].jwt looks for \"jwt_payload\""
            ),
        ),
        (
            "other-payload",
            set("payload_in_metadata", "x".into()),
            format!("warning: {a}: payload_in_metadata is \"x\", and apis[0].jwt looks for"),
        ),
        (
            "no-status",
            set("failed_status_in_metadata", Value::Null),
            format!("warning: {a}: failed_status_in_metadata is \"\", and apis[0].jwt looks for"),
        ),
        (
            "no-end",
            set("require_expiration", false.into()),
            format!("warning: {a}: does not say `require_expiration: true`"),
        ),
        (
            "header",
            set("header_in_metadata", "jwt_payload".into()),
            format!("error: {a}.header_in_metadata: puts the header of a token"),
        ),
        (
            "audience",
            set("audiences", json!(["billing"])),
            format!("warning: {a}.audiences: \"orders\" of apis[0].jwt.audiences is missing"),
        ),
        (
            "place",
            set("from_cookies", json!(["t"])),
            format!(
                "warning: {a}: takes tokens from the cookie t, where apis[0].jwt.from does not look"
            ),
        ),
        (
            "no-place",
            set("from_params", json!([])),
            format!("warning: {a}: does not look at the query parameter access_token"),
        ),
    ] {
        expect_one(&change(name, "https://a", &edit), &begin);
    }
    let (status, told) = change(
        "status-as-payload",
        "https://a",
        &set("failed_status_in_metadata", "jwt_payload".into()),
    );
    assert_eq!((status, told.len()), (Some(0), 2), "{told:#?}");
    assert!(told[1].contains("where the policy reads verified payloads"), "{told:#?}");
}

#[test]
fn a_provider_without_an_issuer_signs_for_everybody() {
    let (status, told) = found("issuerless", |it| {
        jwt_authn(it)["providers"]["https://b"]["issuer"] = Value::Null;
    });
    assert_eq!(status, Some(3));
    let b = r#"$.http_filters[0].typed_config.providers["https://b"]"#;
    assert!(
        told.iter().any(|it| it.starts_with(&format!("error: {b}: has no issuer"))),
        "{told:#?}"
    );
    let missing =
        "neither this provider nor another one has the issuer \"https://b\" of apis[0].jwt";
    assert!(told.iter().any(|it| it.contains(missing)), "{told:#?}");
    // It tells nothing where the policy looks.
    let harmless = found("issuerless-elsewhere", |it| {
        jwt_authn(it)["providers"]["other"] =
            json!({ "payload_in_metadata": "mine", "local_jwks": { "filename": "/c" } });
    });
    assert_eq!(harmless, (Some(0), vec![]));
}

#[test]
fn issuers_are_each_verified_once() {
    let stranger = found("stranger", |it| {
        let mut provider = jwt_authn(it)["providers"]["https://a"].clone();
        provider["issuer"] = "https://c".into();
        jwt_authn(it)["providers"]["c"] = provider;
    });
    expect_one(
        &stranger,
        "note: $.http_filters[0].typed_config.providers.c: the policy knows no issuer",
    );
    let twice = found("twice", |it| {
        let provider = jwt_authn(it)["providers"]["https://a"].clone();
        jwt_authn(it)["providers"]["again"] = provider;
    });
    let begin = "warning: $.http_filters[0].typed_config.providers[\"https://a\"]: has the issuer of \"again\" too";
    expect_one(&twice, begin);
    // What is rendered for an issuer whose tokens are read at two places requires each by itself.
    let mut twofold = policy();
    twofold["apis"][0]["match"] = json!({ "path": "/a" });
    twofold["apis"].as_array_mut().unwrap().push(json!({
        "name": "b", "policy": ["jwt"],
        "jwt": { "issuers": ["https://a"], "payload": "p", "failed_status": "f", "from": [{ "cookie": "t" }] },
    }));
    assert_eq!(found_for("twofold", &twofold, |_| {}), (Some(0), vec![]));
}

#[test]
fn what_envoy_refuses_or_does_not_look_at_is_told() {
    let rules = "$.http_filters[0].typed_config.rules";
    let with = |name: &str, rules: Value| found(name, |it| jwt_authn(it)["rules"] = rules);
    let any = json!({ "requires_any": { "requirements": [{ "provider_name": "https://a" }, { "allow_missing": {} }] } });
    let everything = json!({ "prefix": "/" });
    for (name, value, begin) in [
        (
            "rejects",
            json!([{ "match": everything, "requires": { "provider_name": "https://a" } }]),
            format!(
                "note: {rules}[0].requires: answers 401 (or 403) to a request without a good token"
            ),
        ),
        (
            "istio",
            json!([{ "match": everything, "requires": any }]),
            format!(
                "note: {rules}[0].requires: answers 401 (or 403) to a token that does not hold"
            ),
        ),
        (
            "by-path",
            json!([{ "match": { "prefix": "/a" }, "requires": { "allow_missing_or_failed": {} } }]),
            format!("note: {rules}: no rule is for all paths"),
        ),
        (
            "nothing",
            json!([{ "match": everything }]),
            format!("note: {rules}[0]: requires nothing"),
        ),
        ("ruleless", json!([]), "error: $.http_filters[0].typed_config: has no rules".to_owned()),
    ] {
        expect_one(&with(name, value), &begin);
    }
    // Where Envoy refuses them itself, nothing has to be told of them.
    let (_, told) = found("istio-status", |it| {
        let rule = json!([{ "match": everything, "requires": any }]);
        jwt_authn(it)["rules"] = rule;
        jwt_authn(it)["providers"]["https://a"]["failed_status_in_metadata"] = Value::Null;
    });
    assert!(!told.iter().any(|line| line.contains("failed_status_in_metadata")), "{told:#?}");
    let per_route = |name: &str, config: Value| {
        found(name, |it| {
            let filter = "envoy.filters.http.jwt_authn";
            let mut config = config;
            config["@type"] =
                "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
                    .into();
            route(it)["typed_per_filter_config"] = json!({ filter: config });
        })
    };
    let place = "$.route_config.virtual_hosts[0].routes[0].typed_per_filter_config[\"envoy.filters.http.jwt_authn\"]";
    let disabled = per_route("route-off", json!({ "disabled": true }));
    expect_one(&disabled, &format!("warning: {place}: verifies nothing here"));
}
