//! Tokens, and what else a policy needs of the proxy around it.

use std::fs;

use serde_json::{Value, json};

use crate::{documents, peergate, printed, scratch};

/// A policy with an API for each of these `jwt`.
fn policy(name: &str, tokens: &[Value]) -> String {
    let apis = tokens.iter().enumerate().map(|(index, jwt)| {
        let name = format!("a{index}");
        json!({ "name": name, "match": { "path": format!("/{index}") }, "policy": ["jwt"], "jwt": jwt })
    });
    let policy = json!({ "version": 1, "apis": apis.collect::<Vec<_>>() });
    let path = scratch("tokens").with_file_name(format!("tokens-{name}.json"));
    fs::write(&path, policy.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn envoy(policy: &str, more: &[&str]) -> Value {
    let text = printed(&[&["render", "envoy", "--policy", policy], more].concat());
    documents(&text).swap_remove(0)
}

fn filters(bootstrap: &Value) -> &Vec<Value> {
    let listener = &bootstrap["static_resources"]["listeners"][0];
    let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
    manager["http_filters"].as_array().unwrap()
}

fn told(arguments: &[&str]) -> String {
    let output = peergate(arguments);
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

const ISTIO: [&str; 6] = ["--hosts", "a.example", "--credential", "a", "--url", "oci://r/m:1"];
const GATEWAY: [&str; 4] = ["--gateway", "eg", "--url", "oci://r/m:1"];

#[test]
fn envoy_verifies_what_the_policy_looks_at() {
    let policy = policy(
        "two",
        &[
            json!({ "issuers": ["https://a", "https://b"] }),
            json!({ "issuers": ["https://c"], "audiences": ["x"], "payload": "p", "failed_status": "f",
                    "from": [{ "header": "x-token" }, { "cookie": "t" }, { "query": "q" }] }),
        ],
    );
    let arguments = [
        "--jwks=https://a=/etc/envoy/a.json",
        "--jwks=https://b=https://keys.example:8443/b.json",
        "--jwks=https://c=https://192.0.2.1/c.json",
        "--trusted-ca=/ca.pem",
    ];
    let bootstrap = envoy(&policy, &arguments);
    let names: Vec<&Value> = filters(&bootstrap).iter().map(|filter| &filter["name"]).collect();
    assert_eq!(names[..2], ["envoy.filters.http.jwt_authn", "peergate"]);
    let config = &filters(&bootstrap)[0]["typed_config"];
    let provider = |name: &str| &config["providers"][name];
    assert_eq!(
        *provider("https://a"),
        json!({
            "issuer": "https://a", "require_expiration": true, "forward": false,
            "payload_in_metadata": "jwt_payload", "failed_status_in_metadata": "jwt_failed_status",
            "from_headers": [{ "name": "authorization", "value_prefix": "Bearer " }],
            "from_params": ["access_token"],
            "local_jwks": { "filename": "/etc/envoy/a.json" },
        })
    );
    let c = provider("https://c");
    assert_eq!(c["audiences"], json!(["x"]));
    assert_eq!(
        (&c["payload_in_metadata"], &c["failed_status_in_metadata"]),
        (&json!("p"), &json!("f"))
    );
    assert_eq!(c["from_headers"], json!([{ "name": "x-token" }]));
    assert_eq!((&c["from_cookies"], &c["from_params"]), (&json!(["t"]), &json!(["q"])));
    let rules =
        json!([{ "match": { "prefix": "/" }, "requires": { "allow_missing_or_failed": {} } }]);
    assert_eq!(config["rules"], rules);

    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    for (index, name, host, kind) in [
        (1, "peergate-jwks-keys.example-8443", "keys.example", "DNS"),
        (2, "peergate-jwks-192.0.2.1", "192.0.2.1", "IP_ADDRESS"),
    ] {
        let cluster = &clusters[index];
        assert_eq!(cluster["name"], name);
        let tls = &cluster["transport_socket"]["typed_config"];
        assert_eq!(tls["sni"].as_str(), (kind == "DNS").then_some(host));
        let validation = &tls["common_tls_context"]["validation_context"];
        assert_eq!(validation["trusted_ca"]["filename"], "/ca.pem");
        let expected = json!([{ "san_type": kind, "matcher": { "exact": host } }]);
        assert_eq!(validation["match_typed_subject_alt_names"], expected);
    }
    let remote = &provider("https://b")["remote_jwks"]["http_uri"];
    assert_eq!(remote["cluster"], clusters[1]["name"]);
    let text = printed(&[&["render", "envoy", "--policy", &policy], &arguments[..]].concat());
    assert_eq!(text.matches("# Another issuer's tokens stand under the same name").count(), 2);
    assert!(text.contains("%PATH(NQ:PATH)%") && !text.contains("%REQ(:PATH)%"));
}

#[test]
fn an_issuer_whose_tokens_are_read_at_two_places_has_two_providers() {
    let cookie = json!({ "issuers": ["a"], "payload": "p", "from": [{ "cookie": "t" }] });
    let policy = policy("twofold", &[json!({ "issuers": ["a"] }), cookie]);
    let bootstrap = envoy(&policy, &["--jwks=a=/a.json"]);
    let config = &filters(&bootstrap)[0]["typed_config"];
    let each = ["a jwt_payload", "a p"].map(|name| {
        json!({ "requires_any": { "requirements": [
            { "provider_name": name }, { "allow_missing_or_failed": {} },
        ] } })
    });
    assert_eq!(config["rules"][0]["requires"], json!({ "requires_all": { "requirements": each } }));
    assert_eq!(config["providers"].as_object().unwrap().len(), 2);
}

#[test]
fn keys_are_asked_for_by_their_issuer() {
    let policy = policy("keys", &[json!({ "issuers": ["a"] })]);
    for (target, more) in
        [("envoy", &[][..]), ("istio", &ISTIO[..]), ("envoy-gateway", &GATEWAY[..])]
    {
        let render =
            |jwks: &[&str]| told(&[&["render", target, "--policy", &policy], more, jwks].concat());
        assert_eq!(
            render(&[]),
            "apis[0].jwt.issuers: say where the keys of \"a\" are: --jwks a=SOURCE\n"
        );
        let unused = render(&["--jwks=a=/a.json", "--jwks=b=/b.json"]);
        assert!(unused.starts_with("--jwks b=/b.json: expected ISSUER=SOURCE"), "{unused}");
    }
    let told =
        told(&["render", "envoy", "--policy", "envoy-config/policy.yaml", "--jwks", "b=/b.json"]);
    assert_eq!(told, "--jwks b=/b.json: no policy here looks at tokens\n");
}

#[test]
fn istio_knows_one_name_for_payloads() {
    let render = |policy: &str, jwks: &str| {
        let first = ["render", "istio", "--policy", policy, "--jwks", jwks];
        [&first[..], &ISTIO].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let refused = policy("istio-other", &[json!({ "issuers": ["a"] })]);
    let arguments = render(&refused, "a=/a.json");
    let why = told(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(why.starts_with("apis[0].jwt.payload: has to be \"payload\" here"), "{why}");

    let keys = scratch("tokens-istio").join("keys.json");
    fs::write(&keys, "{\"keys\": []}\n").unwrap();
    let tokens = json!({ "issuers": ["a"], "payload": "payload",
        "from": [{ "header": "authorization", "scheme": "Bearer" }, { "cookie": "t" }, { "query": "q" }] });
    let arguments = render(&policy("istio", &[tokens]), &format!("a={}", keys.display()));
    let text = printed(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let documents = documents(&text);
    let found = documents.iter().find(|one| one["kind"] == "RequestAuthentication").unwrap();
    let expected = json!([{
        "issuer": "a", "jwks": "{\"keys\": []}\n", "forwardOriginalToken": false,
        "fromHeaders": [{ "name": "authorization", "prefix": "Bearer " }],
        "fromCookies": ["t"], "fromParams": ["q"],
    }]);
    assert_eq!(found["spec"]["jwtRules"], expected);
    assert_eq!(found["spec"]["selector"]["matchLabels"], json!({ "istio": "ingressgateway" }));
}

#[test]
fn envoy_gateway_names_payloads_after_providers() {
    let render = |policy: &str| {
        let first = ["render", "envoy-gateway", "--policy", policy, "--jwks=a=https://k/a"];
        [&first[..], &["--jwks=b=https://k/b"], &GATEWAY].concat().join(" ")
    };
    let shared = render(&policy("gateway-shared", &[json!({ "issuers": ["a", "b"] })]));
    let why = told(&shared.split(' ').collect::<Vec<_>>());
    assert!(
        why.starts_with("apis[0].jwt.payload: \"jwt_payload\" is for tokens of \"a\" too"),
        "{why}"
    );

    let apart = [
        json!({ "issuers": ["a"], "payload": "pa" }),
        json!({ "issuers": ["b"], "payload": "pb" }),
    ];
    let apart = render(&policy("gateway", &apart));
    let text = printed(&apart.split(' ').collect::<Vec<_>>());
    let documents = documents(&text);
    let found = documents.iter().find(|one| one["kind"] == "SecurityPolicy").unwrap();
    let jwt = &found["spec"]["jwt"];
    assert_eq!(jwt["failOpen"], true);
    let from = json!({
        "headers": [{ "name": "authorization", "valuePrefix": "Bearer " }], "params": ["access_token"],
    });
    let provider = |name: &str, issuer: &str| {
        let keys = json!({ "uri": format!("https://k/{issuer}") });
        json!({ "name": name, "issuer": issuer, "remoteJWKS": keys, "extractFrom": from })
    };
    assert_eq!(jwt["providers"], json!([provider("pa", "a"), provider("pb", "b")]));
}

#[test]
fn a_rate_limit_service_counts_by_what_the_policy_tells() {
    let service = ["--rate-limit-service", "limits.example:8081"];
    let first = ["render", "envoy", "--policy", "envoy-config/policy.yaml"];
    let why = told(&[&first[..], &service].concat());
    assert!(why.starts_with("forward.filter_state: has to name identity"), "{why}");

    let path = scratch("rate-limit").join("policy.json");
    let policy = json!({
        "version": 1, "apis": [{ "name": "a", "policy": "open" }],
        "forward": { "filter_state": ["identity"] },
    });
    fs::write(&path, policy.to_string()).unwrap();
    let bootstrap = envoy(path.to_str().unwrap(), &service);
    let names: Vec<&Value> = filters(&bootstrap).iter().map(|filter| &filter["name"]).collect();
    let expected =
        ["peergate", "peergate-guard", "envoy.filters.http.ratelimit", "envoy.filters.http.router"];
    assert_eq!(names, expected);
    let config = &filters(&bootstrap)[2]["typed_config"];
    assert_eq!(config["rate_limits"][0]["actions"].as_array().unwrap().len(), 1);
    let cluster = &config["rate_limit_service"]["grpc_service"]["envoy_grpc"]["cluster_name"];
    assert_eq!(*cluster, bootstrap["static_resources"]["clusters"][1]["name"]);
}

#[test]
fn a_feed_is_asked_over_tls_where_its_address_says_so() {
    let socket = |address: &str| {
        let feed = format!("--feed=peergate-feed={address}");
        let bootstrap = envoy("envoy-config/policy-dynamic.yaml", &[&feed]);
        let cluster = bootstrap["static_resources"]["clusters"][1].clone();
        let endpoint =
            "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
        (
            cluster.pointer(endpoint).unwrap()["port_value"].clone(),
            cluster["transport_socket"].clone(),
        )
    };
    assert_eq!(socket("feed.example:80"), (json!(80), Value::Null));
    let (port, tls) = socket("https://feed.example/");
    assert_eq!((port, &tls["typed_config"]["sni"]), (json!(443), &json!("feed.example")));
    for address in ["https://feed.example/path", "https://feed.example?x", "https://", "http://f:1"]
    {
        let feed = format!("--feed=peergate-feed={address}");
        told(&["render", "envoy", "--policy", "envoy-config/policy-dynamic.yaml", &feed]);
    }
}

#[test]
fn a_bootstrap_that_stays_is_held_against_the_policy() {
    let directory = scratch("tokens-kept");
    let place = directory.to_str().unwrap();
    let render = |policy: &str, more: &[&str]| {
        let first = ["render", "envoy", "--policy", policy, "--directory", place];
        let output = peergate(&[&first[..], more].concat());
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(render("envoy-config/policy.yaml", &[]), "");
    let told = render("envoy-config/policy-certificate-or-jwt.yaml", &[]);
    assert!(told.contains("bootstrap.yaml: error: ") && told.contains("no jwt_authn"), "{told}");
    let jwks = "--jwks=https://idp.example.com=/etc/envoy/jwks.json";
    let whole = ["--overwrite", jwks];
    assert_eq!(render("envoy-config/policy-certificate-or-jwt.yaml", &whole), "");
    assert_eq!(render("envoy-config/policy-certificate-or-jwt.yaml", &[]), "");
}
