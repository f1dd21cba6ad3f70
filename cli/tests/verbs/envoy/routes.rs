use serde_json::{Value, json};

use super::{expect_one, found, manager, route};

#[test]
fn routes_do_not_go_by_what_is_taken_away() {
    let matching = |name: &str, rule: Value| found(name, |it| route(it)["match"] = rule);
    let place = "warning: $.route_config.virtual_hosts[0].routes[0]";
    for (name, rule, begin) in [
        (
            "identity",
            json!({ "headers": [{ "name": "X-Client-Identity" }] }),
            ".match.headers[0]: goes by the header X-Client-Identity",
        ),
        (
            "spoof",
            json!({ "headers": [{ "name": "x.client.identity" }] }),
            ".match.headers[0]: goes by the header x.client.identity",
        ),
        (
            "key",
            json!({ "headers": [{ "name": "x-other" }, { "name": "x-api-key" }] }),
            ".match.headers[1]: goes by the header x-api-key",
        ),
        (
            "token",
            json!({ "headers": [{ "name": "authorization" }] }),
            ".match.headers[0]: goes by the header authorization with scheme Bearer",
        ),
        (
            "path",
            json!({ "headers": [{ "name": ":path" }] }),
            ".match.headers[0]: goes by the query parameter access_token",
        ),
        (
            "query",
            json!({ "query_parameters": [{ "name": "access_token" }] }),
            ".match.query_parameters[0]: goes by",
        ),
        (
            "cookie",
            json!({ "cookies": [{ "name": "key" }] }),
            ".match.cookies[0]: goes by the cookie key",
        ),
        (
            "cookies",
            json!({ "headers": [{ "name": "cookie" }] }),
            ".match.headers[0]: goes by the cookie key",
        ),
    ] {
        expect_one(&matching(name, rule), &format!("{place}{begin}"));
    }
    let cluster = found("cluster-header", |it| {
        route(it)["route"] = json!({ "cluster_header": "x-client-identity" })
    });
    expect_one(&cluster, &format!("{place}.route.cluster_header: goes by"));
    let tree = found("matcher", |it| {
        let input = json!({
            "@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
            "header_name": "x-api-key",
        });
        let host = &mut manager(it)["route_config"]["virtual_hosts"][0];
        host["matcher"] = json!({ "matcher_tree": { "input": { "typed_config": input } } });
    });
    expect_one(
        &tree,
        "warning: $.route_config.virtual_hosts[0].matcher.matcher_tree.input.typed_config.header_name",
    );
}

#[test]
fn other_rules_are_left_alone() {
    let found = found("harmless-routes", |it| {
        route(it)["match"] = json!({
            "prefix": "/", "headers": [{ "name": ":method" }, { "name": "x-other" }, { "name": "x-forwarded-client-cert" }],
            "query_parameters": [{ "name": "page" }], "cookies": [{ "name": "session" }],
        });
        route(it)["route"]["hash_policy"] =
            json!([{ "header": { "header_name": "x-client-identity" } }]);
        route(it)["route"]["rate_limits"] = json!([{ "actions": [
            { "request_headers": { "header_name": "x-client-identity", "descriptor_key": "identity" } },
        ] }]);
    });
    assert_eq!(found, (Some(0), vec![]));
}

#[test]
fn routes_that_come_from_elsewhere_are_told() {
    let found = found("rds", |it| {
        manager(it).as_object_mut().unwrap().remove("route_config");
        manager(it)["rds"] = json!({ "route_config_name": "r" });
    });
    expect_one(&found, "note: $.rds: the routes come from elsewhere");
}
