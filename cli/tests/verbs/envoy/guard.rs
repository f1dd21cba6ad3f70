use serde_json::{Value, json};

use super::{
    MANAGER, bootstrap, check, expect_one, filter, filters, found, manager, policy, route,
};

#[test]
fn a_guard_stands_behind() {
    let none = found("no-guard", |it| drop(filters(it).remove(2)));
    expect_one(&none, "error: $.http_filters: no guard behind peergate");
    let disabled = found("guard-disabled", |it| filters(it)[2]["disabled"] = true.into());
    expect_one(&disabled, "error: $.http_filters[2]: is no guard");
    let ahead = found("guard-ahead", |it| filters(it).swap(1, 2));
    expect_one(&ahead, "error: $.http_filters: no guard behind peergate");
    let between = found("between", |it| {
        let cors = filter("cors.v3.Cors", json!({}));
        filters(it).insert(2, cors);
    });
    expect_one(&between, "warning: $.http_filters[2]: stands between peergate and its guard");
    let elsewhere = found("guard-elsewhere", |it| {
        let kind = filters(it)[2]["typed_config"]["@type"].clone();
        filters(it)[2] = json!({ "name": "g", "config_discovery": { "type_urls": [kind] } });
    });
    expect_one(
        &elsewhere,
        "warning: $.http_filters[2]: comes by ECDS, and whether it is the guard",
    );
}

#[test]
fn a_guard_goes_by_what_peergate_says_alone() {
    let with = |name: &str, change: &dyn Fn(&mut Value)| {
        found(name, |it| change(&mut filters(it)[2]["typed_config"]["rules"]))
    };
    let allowed = json!({ "filter_state": { "key": "wasm.peergate", "string_match": { "exact": "allowed" } } });
    let other = json!({ "header": { "name": "x-let-me-in", "present_match": true } });
    let principals = |all: Value| {
        move |rules: &mut Value| rules["policies"]["peergate"]["principals"] = all.clone()
    };
    let begin = "error: $.http_filters[2]: is no guard";
    expect_one(&with("g-deny", &|rules| rules["action"] = "DENY".into()), begin);
    expect_one(&with("g-or", &principals(json!([allowed, other]))), begin);
    expect_one(
        &with("g-or-ids", &principals(json!([{ "or_ids": { "ids": [allowed, other] } }]))),
        begin,
    );
    let second = json!({ "permissions": [{ "any": true }], "principals": [other] });
    expect_one(&with("g-second", &|rules| rules["policies"]["b"] = second.clone()), begin);
    let not = |rules: &mut Value| {
        let state = &mut rules["policies"]["peergate"]["principals"][0]["filter_state"];
        state["string_match"]["exact"] = "denied".into();
    };
    expect_one(&with("g-denied", &not), begin);
    let both = principals(json!([{ "and_ids": { "ids": [allowed, other] } }]));
    assert_eq!(with("g-and", &both), (Some(0), vec![]));
    let implied = |rules: &mut Value| drop(rules.as_object_mut().unwrap().remove("action"));
    assert_eq!(with("g-implied", &implied), (Some(0), vec![]));
}

/// With a `matcher` Envoy ignores the rules beside it.
#[test]
fn a_guard_has_no_matcher() {
    let action = json!({ "name": "a", "typed_config": {
        "@type": "type.googleapis.com/envoy.config.rbac.v3.Action", "name": "a", "action": "ALLOW",
    } });
    let matcher = json!({ "on_no_match": { "action": action } });
    let set = |name: &str, field: &str| {
        found(name, |it| filters(it)[2]["typed_config"][field] = matcher.clone())
    };
    let begin = "error: $.http_filters[2]: is no guard: it has a `matcher`";
    expect_one(&set("g-matcher", "matcher"), begin);
    assert_eq!(set("g-shadow-matcher", "shadow_matcher"), (Some(0), vec![]));
    assert_eq!(set("g-shadow-matcher-camel", "shadowMatcher"), (Some(0), vec![]));
    let typed = found("g-matcher-typed", |it| {
        let own = &mut filters(it)[2]["typed_config"];
        let mut value = own.take();
        value["matcher"] = matcher.clone();
        let kind = value.as_object_mut().unwrap().remove("@type").unwrap();
        *own = json!({
            "@type": "type.googleapis.com/xds.type.v3.TypedStruct", "typeUrl": kind, "value": value,
        });
    });
    expect_one(&typed, begin);
    let of_route = |name: &str, field: &str| {
        found(name, |it| {
            let mut rbac = json!({ "rules": filters(it)[2]["typed_config"]["rules"] });
            rbac[field] = matcher.clone();
            route(it)["typed_per_filter_config"] = json!({ "peergate-guard": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
                "rbac": rbac,
            } });
        })
    };
    let place = "$.route_config.virtual_hosts[0].routes[0].typed_per_filter_config.peergate-guard";
    expect_one(
        &of_route("g-matcher-route", "matcher"),
        &format!("error: {place}: takes the guard away"),
    );
    assert_eq!(of_route("g-shadow-matcher-route", "shadow_matcher"), (Some(0), vec![]));
}

#[test]
fn upgrades_have_no_way_past_the_guard() {
    let upgrade = |name: &str, spelling: [&str; 2], pick: &dyn Fn(&[Value]) -> Vec<Value>| {
        found(name, |it| {
            let chosen = pick(filters(it));
            let [list, own] = spelling;
            manager(it)[list] = json!([{ own: "websocket", "filters": chosen }]);
        })
    };
    let snake = ["upgrade_configs", "upgrade_type"];
    let alone = upgrade("up-alone", snake, &|all| all[3..].to_vec());
    expect_one(&alone, "error: $.upgrade_configs[0].filters: no peergate among them");
    let camel = upgrade("up-camel", ["upgradeConfigs", "upgradeType"], &|all| all[3..].to_vec());
    expect_one(&camel, "error: $.upgradeConfigs[0].filters: no peergate among them");
    let guarded = upgrade("up-guarded", snake, &|all| all[2..].to_vec());
    expect_one(&guarded, "error: $.upgrade_configs[0].filters: no peergate among them");
    let judged = upgrade("up-judged", snake, &|all| {
        let mut all = all.to_vec();
        all.remove(2);
        all
    });
    expect_one(&judged, "error: $.upgrade_configs[0].filters: no guard behind peergate");
    assert_eq!(upgrade("up-all", snake, &<[Value]>::to_vec), (Some(0), vec![]));
    assert_eq!(upgrade("up-none", snake, &|_| vec![]), (Some(0), vec![]));
}

#[test]
fn routes_leave_peergate_and_the_guard_alone() {
    let off = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true });
    let place = "$.route_config.virtual_hosts[0].routes[0].typed_per_filter_config";
    let skips = found("skips", |it| {
        route(it)["typed_per_filter_config"] = json!({ "peergate": off });
    });
    expect_one(&skips, &format!("warning: {place}.peergate: peergate is disabled here: the guard"));
    let unguarded = found("unguarded", |it| {
        manager(it)["route_config"]["typed_per_filter_config"] = json!({ "peergate-guard": off });
    });
    let begin =
        "error: $.route_config.typed_per_filter_config.peergate-guard: takes the guard away";
    expect_one(&unguarded, begin);
    let per_route = |rbac: Value| {
        json!({
            "peergate-guard": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
                "rbac": rbac,
            },
        })
    };
    let emptied = found("emptied", |it| {
        route(it)["typed_per_filter_config"] = per_route(json!({}));
    });
    expect_one(&emptied, &format!("error: {place}.peergate-guard: takes the guard away"));
    let same = found("same", |it| {
        let rules = filters(it)[2]["typed_config"]["rules"].clone();
        route(it)["typed_per_filter_config"] = per_route(json!({ "rules": rules }));
    });
    assert_eq!(same, (Some(0), vec![]));
    let neither = found("neither", |it| {
        filters(it).remove(2);
        route(it)["typed_per_filter_config"] = json!({ "peergate": off });
    });
    assert_eq!(neither.1.len(), 2, "{neither:#?}");
    assert!(
        neither.1[1].contains("error") && neither.1[1].contains("there is no guard"),
        "{neither:#?}"
    );
}

#[test]
fn a_filter_that_fails_open_needs_the_guard() {
    let inline = |field: &str, value: Value| {
        let mut config = json!({ "name": "peergate", "configuration": {} });
        config[field] = value;
        let mut own = filter("wasm.v3.Wasm", json!({ "config": config }));
        own["name"] = "peergate".into();
        own
    };
    for (name, field, value) in [
        ("fail-open", "fail_open", json!(true)),
        ("fail-policy", "failure_policy", json!("FAIL_OPEN")),
    ] {
        let own = inline(field, value);
        let guarded = found(name, |it| filters(it)[1] = own.clone());
        let begin =
            format!("warning: $.http_filters[1].typed_config.config.{field}: peergate is left out");
        assert!(guarded.1.iter().any(|line| line.starts_with(&begin)), "{guarded:#?}");
        let open = found(name, |it| {
            filters(it)[1] = own.clone();
            filters(it).remove(2);
        });
        let begin = begin.replacen("warning", "error", 1);
        assert!(open.1.iter().any(|line| line.starts_with(&begin)), "{open:#?}");
    }
    // The policy is in the listener.
    let own = inline("failure_policy", json!("FAIL_RELOAD"));
    let listed = found("listed", |it| filters(it)[1] = own.clone());
    expect_one(&listed, "warning: $.http_filters[1]: the policy is written into the listener");
}

#[test]
fn nobody_else_says_what_the_guard_goes_by() {
    let state = json!([{ "object_key": "wasm.peergate", "factory_key": "envoy.string" }]);
    let begin = format!("error: {MANAGER}.http_filters[0].typed_config");
    let requests = filter("set_filter_state.v3.Config", json!({ "on_request_headers": state }));
    let lua = |key: &str| {
        let set =
            format!("h:streamInfo():filterState():set(\"{key}\", \"envoy.string\", \"allowed\")");
        let script = format!("function envoy_on_request(h) {set} end");
        filter("lua.v3.Lua", json!({ "default_source_code": { "inline_string": script } }))
    };
    for (name, own, place) in [
        ("forged", requests, ".on_request_headers[0].object_key: writes"),
        ("forged-lua", lua("wasm.peergate"), ".default_source_code.inline_string: writes"),
    ] {
        let mut bootstrap = bootstrap(name, &policy());
        filters(&mut bootstrap).insert(0, own);
        let ran = check(name, &policy(), &bootstrap);
        assert!(ran.status == Some(3) && ran.err.contains(&format!("{begin}{place}")), "{ran:?}");
    }
    let other = found("other-state", |it| filters(it).insert(0, lua("wasm.peergate_copy")));
    assert_eq!(other, (Some(0), vec![]));
    let connection = found("forged-connection", |it| {
        let config = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.set_filter_state.v3.Config",
            "on_new_connection": state,
        });
        let chain = &mut it["static_resources"]["listeners"][0]["filter_chains"][0];
        let filters = chain["filters"].as_array_mut().unwrap();
        filters.push(json!({ "name": "state", "typed_config": config }));
    });
    let begin = "error: static_resources.listeners[0].filter_chains[0].filters[1].typed_config.on_new_connection[0].object_key: writes";
    expect_one(&connection, begin);
}
