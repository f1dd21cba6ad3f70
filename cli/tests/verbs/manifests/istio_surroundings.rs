use serde_json::{Value, json};

use super::{
    ISTIO, certificates, expect, expect_one, found, found_for, found_in, kind, remove, rendered,
    resource,
};

const RULE: &str = "RequestAuthentication istio-system/peergate: spec.jwtRules[0]";

fn rule(name: &str, change: impl FnOnce(&mut Value)) -> super::Found {
    found(&format!("istio-rule-{name}"), &ISTIO, |it| {
        change(&mut kind(it, "RequestAuthentication")["spec"]["jwtRules"][0]);
    })
}

#[test]
fn tokens_are_verified_as_the_policy_expects() {
    let none = found("istio-no-tokens", &ISTIO, |it| {
        it.retain(|it| it["kind"] != "RequestAuthentication")
    });
    expect_one(&none, "error: WasmPlugin istio-system/peergate: no RequestAuthentication is for");
    let other = rule("issuer", |rule| rule["issuer"] = "https://other".into());
    expect(
        &other,
        "error: RequestAuthentication istio-system/peergate: spec: verifies no tokens of \"https://idp",
    );
    expect(&other, &format!("note: {RULE}: the policy knows no issuer"));
    let cookie = rule("cookie", |rule| rule["fromCookies"] = json!(["t"]));
    expect(&cookie, &format!("warning: {RULE}: takes tokens from the cookie t"));
    let prefix = rule("prefix", |rule| remove(&mut rule["fromHeaders"][0], "prefix"));
    expect(&prefix, &format!("warning: {RULE}: reads the header authorization"));
    let usual = rule("usual", |rule| {
        remove(rule, "fromHeaders");
        remove(rule, "fromParams");
    });
    assert_eq!(usual, (Some(0), vec![]));
    let audience = rule("audience", |rule| rule["audiences"] = json!(["other"]));
    expect(
        &audience,
        &format!("warning: {RULE}.audiences: \"payroll\" of apis[0].jwt.audiences is missing"),
    );
    let keys = rule("keys", |rule| rule["jwksUri"] = "http://idp.example.com".into());
    expect_one(&keys, &format!("error: {RULE}.jwksUri: the keys come over http"));
    let header = rule("header", |rule| {
        rule["outputClaimToHeaders"] = json!([{ "claim": "sub", "header": "X-Client-Identity" }]);
    });
    expect(
        &header,
        &format!(
            "warning: {RULE}.outputClaimToHeaders[0].header: peergate takes X-Client-Identity away"
        ),
    );
    let elsewhere = found("istio-tokens-elsewhere", &ISTIO, |it| {
        kind(it, "RequestAuthentication")["spec"]["selector"]["matchLabels"]["istio"] =
            "other".into();
    });
    expect_one(
        &elsewhere,
        "error: WasmPlugin istio-system/peergate: no RequestAuthentication is for",
    );
    let mut policy = super::policy();
    policy["apis"][0]["jwt"]["payload"] = "jwt_payload".into();
    policy["apis"][0]["operations"][0]["jwt"]["payload"] = "jwt_payload".into();
    let payload = found("istio-payload", &ISTIO, |it| {
        kind(it, "WasmPlugin")["spec"]["pluginConfig"] = policy;
    });
    expect(
        &payload,
        &format!("error: {RULE}: puts what it has verified under the name \"payload\""),
    );
}

fn service(spec: Value) -> Value {
    resource("networking.istio.io/v1", "VirtualService", "apps", "orders", spec)
}

#[test]
fn hosts_are_those_of_the_policy() {
    let more = found("istio-more-hosts", &ISTIO, |it| {
        let hosts = kind(it, "Gateway")["spec"]["servers"][0]["hosts"].as_array_mut().unwrap();
        hosts.push("apps/b.example.com".into());
    });
    expect_one(
        &more,
        "warning: Gateway istio-system/peergate: spec.servers[0].hosts[1]: no API of the policy is for b.example.com",
    );
    let fewer = found("istio-fewer-hosts", &ISTIO, |it| {
        kind(it, "Gateway")["spec"]["servers"][0]["hosts"][0] = "b.example.com".into();
    });
    expect(
        &fewer,
        "warning: Gateway istio-system/peergate: spec: serves no host api.example.com, which apis[0].match.hosts[0]",
    );
    let bound = json!({ "gateways": ["istio-system/peergate"], "hosts": ["c.example.com"] });
    let other = found("istio-service-hosts", &ISTIO, |it| it.push(service(bound)));
    expect_one(
        &other,
        "warning: VirtualService apps/orders: spec.hosts[0]: no API of the policy is for c.example.com",
    );
    let unbound = json!({ "gateways": ["other"], "hosts": ["c.example.com"] });
    let other = found("istio-service-unbound", &ISTIO, |it| it.push(service(unbound)));
    assert_eq!(other, (Some(0), vec![]));
    let mut ports = certificates();
    ports["global"]["authority"]["ignore_port"] = false.into();
    let ports = found_for("istio-ports", &ISTIO, &certificates(), |it| {
        kind(it, "WasmPlugin")["spec"]["pluginConfig"] = ports;
    });
    expect(
        &ports,
        "warning: WasmPlugin istio-system/peergate: Envoy leaves ports out of hosts here",
    );
}

#[test]
fn names_are_those_that_istio_makes_up() {
    let spec = json!({
        "gateways": ["istio-system/peergate"], "hosts": ["api.example.com"],
        "http": [{ "name": "payroll", "match": [{ "name": "v3", "uri": { "prefix": "/" } }] }],
    });
    let with = |name: &str, field: &str, text: &str, spec: &Value| {
        let mut documents = rendered(name, &ISTIO, &certificates());
        let rule =
            &mut kind(&mut documents, "WasmPlugin")["spec"]["pluginConfig"]["apis"][0]["match"];
        *rule = json!({ field: [text] });
        documents.push(service(spec.clone()));
        let mut found = found_in(name, &ISTIO, &documents);
        found.1.retain(|line| !line.starts_with("note: WasmPlugin"));
        found
    };
    for name in ["payroll", "payroll.v3"] {
        assert_eq!(with("istio-route", "routes", name, &spec), (Some(0), vec![]));
    }
    let place = "VirtualService apps/orders: spec";
    let other = with("istio-route", "routes", "other", &spec);
    expect_one(
        &other,
        &format!(
            "warning: {place}: no VirtualService has a route (`http[].name`) other, which apis[0]"
        ),
    );
    assert_eq!(
        with("istio-host", "virtual_hosts", "api.example.com:443", &spec),
        (Some(0), vec![])
    );
    for (name, told) in [
        ("api", "is for the virtual host api, and Istio names them"),
        ("api.example.com:80", "is for the virtual host api.example.com:80, and Istio names them"),
    ] {
        let found = with("istio-host", "virtual_hosts", name, &spec);
        expect_one(&found, &format!("warning: {place}: apis[0].match.virtual_hosts[0] {told}"));
    }
    let found = with("istio-host", "virtual_hosts", "b.example.com:443", &spec);
    expect_one(&found, &format!("warning: {place}: no VirtualService has the host b.example.com"));
    let mut delegating = spec;
    delegating["http"][0]["delegate"] = json!({ "name": "more" });
    let found = with("istio-delegate", "routes", "other", &delegating);
    expect_one(&found, &format!("note: {place}: whether it has the routes"));
}

#[test]
fn routes_do_not_go_by_what_is_taken_away() {
    let with = |name: &str, rule: Value| {
        let spec = json!({
            "gateways": ["istio-system/peergate"], "hosts": ["api.example.com"], "http": [{ "match": [rule] }],
        });
        found(&format!("istio-goes-by-{name}"), &ISTIO, |it| it.push(service(spec)))
    };
    let place = "VirtualService apps/orders: spec.http[0].match[0]";
    let identity = with("header", json!({ "headers": { "x-client-identity": { "exact": "a" } } }));
    expect_one(
        &identity,
        &format!(
            "warning: {place}.headers.x-client-identity: goes by the header x-client-identity"
        ),
    );
    let token = with("query", json!({ "queryParams": { "access_token": { "exact": "a" } } }));
    expect_one(&token, &format!("warning: {place}.queryParams.access_token: goes by the query"));
    let case = with("case", json!({ "ignoreUriCase": true, "uri": { "prefix": "/" } }));
    expect_one(
        &case,
        &format!("warning: {place}.ignoreUriCase: matches paths without regard to case"),
    );
    assert_eq!(with("other", json!({ "headers": { "x-b": { "exact": "a" } } })), (Some(0), vec![]));
}

#[test]
fn feeds_are_where_istio_has_a_cluster() {
    let with = |name: &str, cluster: &str, keys: bool, more: Vec<Value>| {
        let mut documents = rendered(name, &ISTIO, &certificates());
        let policy = &mut kind(&mut documents, "WasmPlugin")["spec"]["pluginConfig"];
        policy["lists"] = json!({ "partners": { "feed": {
            "cluster": cluster, "authority": "feed.example.com", "path": "/v1",
        } } });
        if keys {
            let from = json!([{ "header": "x-api-key" }]);
            policy["apis"][0]["api_key"] = json!({ "lists": ["partners"], "from": from });
            policy["apis"][0]["policy"] = json!({ "any_of": ["certificate", "api_key"] });
        }
        documents.extend(more);
        let mut found = found_in(name, &ISTIO, &documents);
        found.1.retain(|line| !line.contains("has no digest"));
        found
    };
    let entry = |port: u64| {
        let ports = json!([{ "number": port, "name": "https", "protocol": "HTTPS" }]);
        resource(
            "networking.istio.io/v1",
            "ServiceEntry",
            "istio-system",
            "feed",
            json!({
                "hosts": ["feed.example.com"], "ports": ports,
            }),
        )
    };
    let cluster = "outbound|443||feed.example.com";
    assert_eq!(with("istio-feed", cluster, false, vec![entry(443)]), (Some(0), vec![]));
    let place = "WasmPlugin istio-system/peergate";
    let none = with("istio-feed", cluster, false, vec![]);
    expect_one(
        &none,
        &format!(
            "warning: {place}: the feed of the list partners is at feed.example.com, and there is no"
        ),
    );
    let internal = with("istio-feed", "outbound|80||feed.apps.svc.cluster.local", false, vec![]);
    expect_one(
        &internal,
        &format!("note: {place}: the feed of the list partners is at feed.apps.svc"),
    );
    let odd = with("istio-feed", "feed", false, vec![entry(443)]);
    expect_one(
        &odd,
        &format!(
            "warning: {place}: the feed of the list partners is at the cluster \"feed\", and Istio"
        ),
    );
    let port = with("istio-feed", cluster, false, vec![entry(80)]);
    expect_one(&port, "warning: ServiceEntry istio-system/feed: spec: has no port 443");
    let plain = with("istio-feed-keys", cluster, true, vec![entry(443)]);
    expect_one(
        &plain,
        "warning: ServiceEntry istio-system/feed: spec: no DestinationRule has TLS for it",
    );
    let rule = |tls: Value| {
        let setting = json!([{ "port": { "number": 443 }, "tls": tls }]);
        resource(
            "networking.istio.io/v1",
            "DestinationRule",
            "istio-system",
            "feed",
            json!({
                "host": "feed.example.com", "trafficPolicy": { "portLevelSettings": setting },
            }),
        )
    };
    let over_tls =
        with("istio-feed-keys", cluster, true, vec![entry(443), rule(json!({ "mode": "SIMPLE" }))]);
    assert_eq!(over_tls, (Some(0), vec![]));
    let skips = json!({ "mode": "SIMPLE", "insecureSkipVerify": true });
    let skips = with("istio-feed-keys", cluster, true, vec![entry(443), rule(skips)]);
    expect_one(
        &skips,
        "warning: DestinationRule istio-system/feed: spec.trafficPolicy.portLevelSettings[0].tls: does not verify",
    );
    let service = resource("v1", "Service", "apps", "feed", json!({ "ports": [{ "port": 80 }] }));
    let internal = "outbound|80||feed.apps.svc.cluster.local";
    assert_eq!(with("istio-feed", internal, false, vec![service]), (Some(0), vec![]));
}
