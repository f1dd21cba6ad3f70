use serde_json::{Value, json};

use super::{expect_one, filter, filters, found, route};

/// Puts a filter behind the guard.
fn behind(name: &str, filter: &Value) -> (Option<i32>, Vec<String>) {
    found(name, |it| filters(it).insert(3, filter.clone()))
}

fn lua(script: &str) -> Value {
    filter("lua.v3.Lua", json!({ "default_source_code": { "inline_string": script } }))
}

#[test]
fn nothing_behind_changes_the_route() {
    let place = "warning: $.http_filters[3].typed_config";
    let script = "function envoy_on_request(h) h:headers():replace(':path', '/') end";
    let mutation = |key: &str| {
        let append = json!({ "header": { "key": key, "value": "a" } });
        filter(
            "header_mutation.v3.HeaderMutation",
            json!({ "mutations": { "request_mutations": [{ "append": append }] } }),
        )
    };
    for (name, filter, begin) in [
        ("r-lua", lua(script), ".default_source_code.inline_string: may change host"),
        ("r-proc", filter("ext_proc.v3.ExternalProcessor", json!({})), ": may change host"),
        ("r-wasm", filter("wasm.v3.Wasm", json!({ "config": { "name": "o" } })), ": its code may"),
        (
            "r-transcoder",
            filter("grpc_json_transcoder.v3.GrpcJsonTranscoder", json!({})),
            ": may change host",
        ),
        (
            "r-authz",
            filter("ext_authz.v3.ExtAuthz", json!({ "clear_route_cache": true })),
            ".clear_route_cache: may change host",
        ),
        (
            "r-identity",
            mutation("X-Client-Identity"),
            ".mutations.request_mutations[0].append.header.key: changes x-client-identity",
        ),
    ] {
        expect_one(&behind(name, &filter), &format!("{place}{begin}"));
    }
    let unknown =
        json!({ "name": "other", "typed_config": { "@type": "type.googleapis.com/acme.Filter" } });
    expect_one(
        &behind("r-unknown", &unknown),
        "warning: $.http_filters[3]: acme.Filter is not known",
    );
    let of_route = found("r-route", |it| {
        filters(it).insert(3, filter("lua.v3.Lua", json!({})));
        let own = json!({ "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.LuaPerRoute", "source_code": { "inline_string": script } });
        route(it)["typed_per_filter_config"] = json!({ "other": own });
    });
    let begin = "warning: $.route_config.virtual_hosts[0].routes[0].typed_per_filter_config.other.source_code";
    expect_one(&of_route, begin);
}

#[test]
fn filters_that_keep_the_route_are_left_alone() {
    let kept = json!({ "clear_route_cache": false, "default_source_code": { "inline_string": "function envoy_on_request(h) h:headers():add('a', 'b') end" } });
    for (index, filter) in [
        lua("function envoy_on_response(h) h:headers():add('a', 'b') end"),
        filter("lua.v3.Lua", kept),
        filter("ext_proc.v3.ExternalProcessor", json!({ "route_cache_action": "RETAIN" })),
        filter("ext_authz.v3.ExtAuthz", json!({})),
        filter("rbac.v3.RBAC", json!({ "rules": {} })),
        filter(
            "header_mutation.v3.HeaderMutation",
            json!({ "mutations": {
            "request_mutations": [{ "remove": "x-other" }],
            "response_mutations": [{ "remove": "x-client-identity" }],
        } }),
        ),
        filter(
            "grpc_json_transcoder.v3.GrpcJsonTranscoder",
            json!({ "match_incoming_request_route": true }),
        ),
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(behind(&format!("kept-{index}"), filter), (Some(0), vec![]), "{filter}");
    }
}
