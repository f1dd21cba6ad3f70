use serde_json::{Value, json};

use super::{expect_one, filter, filters, found, route};

const NAMESPACE: &str = "envoy.filters.http.jwt_authn";

/// Puts a filter ahead of peergate, behind `jwt_authn`.
fn ahead(name: &str, filter: &Value) -> (Option<i32>, Vec<String>) {
    found(name, |it| filters(it).insert(1, filter.clone()))
}

#[test]
fn nobody_else_writes_where_jwt_authn_does() {
    let header = |namespace: &str| {
        let key = json!({ "metadata_namespace": namespace, "key": "jwt_payload", "encode": "BASE64", "type": "PROTOBUF_VALUE" });
        let rule = json!({ "header": "x-forged", "on_header_present": key });
        filter("header_to_metadata.v3.Config", json!({ "request_rules": [rule] }))
    };
    let place = "error: $.http_filters[1].typed_config";
    let writes = "writes where jwt_authn does, ahead of peergate";
    let json_rule = json!({ "selectors": [{ "key": "a" }], "on_present": { "metadata_namespace": NAMESPACE, "key": "jwt_payload" } });
    let lua = format!(
        "function envoy_on_request(h) h:streamInfo():dynamicMetadata():set(\"{NAMESPACE}\", \"jwt_payload\", {{}}) end"
    );
    for (name, filter, begin) in [
        (
            "h2m",
            header(NAMESPACE),
            format!("{place}.request_rules[0].on_header_present.metadata_namespace: {writes}"),
        ),
        (
            "set",
            filter(
                "set_metadata.v3.Config",
                json!({ "metadata": [{ "metadata_namespace": NAMESPACE }] }),
            ),
            format!("{place}.metadata[0].metadata_namespace: {writes}"),
        ),
        (
            "set-old",
            filter(
                "set_metadata.v3.Config",
                json!({ "metadataNamespace": NAMESPACE, "value": {} }),
            ),
            format!("{place}.metadataNamespace: {writes}"),
        ),
        (
            "j2m",
            filter(
                "json_to_metadata.v3.JsonToMetadata",
                json!({ "request_rules": { "rules": [json_rule] } }),
            ),
            format!("{place}.request_rules.rules[0].on_present.metadata_namespace: {writes}"),
        ),
        (
            "ext-proc",
            filter(
                "ext_proc.v3.ExternalProcessor",
                json!({ "metadata_options": { "receiving_namespaces": { "untyped": [NAMESPACE] } } }),
            ),
            format!("{place}.metadata_options.receiving_namespaces.untyped[0]: {writes}"),
        ),
        (
            "lua",
            filter("lua.v3.Lua", json!({ "default_source_code": { "inline_string": lua } })),
            format!("{place}.default_source_code.inline_string: {writes}"),
        ),
        (
            "go",
            filter(
                "golang.v3alpha.Config",
                json!({ "plugin_config": { "value": { "to": NAMESPACE } } }),
            ),
            format!("{place}.plugin_config.value.to: {writes}"),
        ),
    ] {
        expect_one(&ahead(name, &filter), &begin);
    }
    let harmless = [
        header("envoy.lb"),
        filter(
            "header_to_metadata.v3.Config",
            json!({ "response_rules": [
            { "header": "a", "on_header_present": { "metadata_namespace": NAMESPACE, "key": "k" } },
        ] }),
        ),
        filter(
            "ext_proc.v3.ExternalProcessor",
            json!({ "metadata_options": { "forwarding_namespaces": { "untyped": [NAMESPACE] } } }),
        ),
        filter("ext_authz.v3.ExtAuthz", json!({ "metadata_context_namespaces": [NAMESPACE] })),
        filter(
            "lua.v3.Lua",
            json!({ "default_source_code": { "inline_string": "function envoy_on_request(h) end" } }),
        ),
        filter("wasm.v3.Wasm", json!({ "config": { "name": "other" } })),
    ];
    for (index, filter) in harmless.iter().enumerate() {
        assert_eq!(ahead(&format!("harmless-{index}"), filter), (Some(0), vec![]), "{filter}");
    }
    // Behind peergate it is too late.
    let behind = found("behind-peergate", |it| filters(it).insert(3, header(NAMESPACE)));
    assert_eq!(behind, (Some(0), vec![]));
}

#[test]
fn what_cannot_be_seen_is_warned_of() {
    for (name, filter, begin) in [
        (
            "lua-file",
            filter("lua.v3.Lua", json!({ "default_source_code": { "filename": "/a.lua" } })),
            "warning: $.http_filters[1].typed_config.default_source_code.filename: the script cannot be seen",
        ),
        (
            "module",
            filter("dynamic_modules.v3.DynamicModuleFilter", json!({ "filter_name": "f" })),
            "warning: $.http_filters[1].typed_config: its code may write",
        ),
        (
            "discovered",
            json!({ "name": "other", "config_discovery": { "type_urls": ["type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"] } }),
            "warning: $.http_filters[1]: comes by ECDS, and whether it writes",
        ),
        (
            "untyped",
            json!({ "name": "other" }),
            "warning: $.http_filters[1]: does not say of what type it is",
        ),
        (
            "unknown",
            json!({ "name": "other", "typed_config": { "@type": "type.googleapis.com/acme.Filter" } }),
            "note: $.http_filters[1]: acme.Filter is not known here",
        ),
    ] {
        expect_one(&ahead(name, &filter), begin);
    }
    let known = json!({ "name": "other", "config_discovery": { "type_urls": ["type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"] } });
    assert_eq!(ahead("discovered-harmless", &known), (Some(0), vec![]));
}

#[test]
fn filters_under_conditions_and_of_routes_are_looked_at() {
    let forge = || {
        filter(
            "set_metadata.v3.Config",
            json!({ "metadata": [{ "metadata_namespace": NAMESPACE }] }),
        )
    };
    let action = json!({
        "name": "composite",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.composite.v3.ExecuteFilterAction",
            "typed_config": forge(),
        },
    });
    let composite = json!({ "name": "other", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher",
        "xds_matcher": { "on_no_match": { "action": action } },
    } });
    let begin = "error: $.http_filters[1].typed_config.xds_matcher.on_no_match.action.typed_config.typed_config.typed_config.metadata[0].metadata_namespace";
    expect_one(&ahead("composite", &composite), begin);

    let harmless = filter("set_metadata.v3.Config", json!({ "metadata": [] }));
    let of_route = |name: &str, config: Value| {
        found(name, |it| {
            filters(it).insert(1, harmless.clone());
            route(it)["typed_per_filter_config"] = json!({ "other": config });
        })
    };
    let place = "error: $.route_config.virtual_hosts[0].routes[0].typed_per_filter_config.other";
    let plain = of_route("route", forge()["typed_config"].clone());
    expect_one(&plain, &format!("{place}.metadata[0].metadata_namespace"));
    let wrapped = json!({
        "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
        "config": forge()["typed_config"],
    });
    expect_one(&of_route("route-wrapped", wrapped), &format!("{place}.config.metadata[0]"));
    // Of a filter that is not ahead.
    let other = found("route-other", |it| {
        route(it)["typed_per_filter_config"] = json!({ "elsewhere": forge()["typed_config"] });
    });
    assert_eq!(other, (Some(0), vec![]));
}
