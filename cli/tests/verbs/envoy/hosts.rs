use serde_json::{Value, json};

use super::{certificates, expect_one, found_against, found_for, manager, route};

fn routes(bootstrap: &mut Value) -> &mut Value {
    &mut manager(bootstrap)["route_config"]
}

#[test]
fn hosts_virtual_hosts_and_routes_are_there() {
    let domains = |name: &str, domains: Value| {
        found_for(name, &certificates(), |it| routes(it)["virtual_hosts"][0]["domains"] = domains)
    };
    let begin = "warning: $.route_config: has no virtual host with a domain for api.example.com, which apis[0].match.hosts[0] is for";
    expect_one(&domains("other-domain", json!(["www.example.com"])), begin);
    for (name, domain) in [("suffix", "*.example.com"), ("port", "API.example.com:8443")] {
        assert_eq!(domains(name, json!([domain])), (Some(0), vec![]), "{domain}");
    }
    let mut named = certificates();
    named["apis"][0]["match"] = json!({ "virtual_hosts": ["upstream"], "routes": ["upstream"] });
    assert_eq!(found_for("named", &named, |_| {}), (Some(0), vec![]));
    let renamed = found_for("renamed-route", &named, |it| route(it)["name"] = "other".into());
    expect_one(
        &renamed,
        "warning: $.route_config: has no route upstream, which apis[0].match.routes[0] is for",
    );
    let renamed = found_for("renamed-host", &named, |it| {
        routes(it)["virtual_hosts"][0]["name"] = "other".into()
    });
    expect_one(&renamed, "warning: $.route_config: has no virtual host upstream, which apis[0]");
    // Who knows what is there.
    let unseen = found_for("unseen", &named, |it| {
        routes(it)["virtual_hosts"] = json!([]);
        routes(it)["vhds"] = json!({});
    });
    assert_eq!(unseen, (Some(0), vec![]));
}

#[test]
fn both_leave_out_the_same_of_a_host() {
    let keeps = |it: &mut Value| routes(it)["ignore_port_in_host_matching"] = false.into();
    let error = "error: $.route_config: does not say `ignore_port_in_host_matching: true`";
    expect_one(&found_for("keeps-ports", &certificates(), keeps), error);
    // What it strips was one port, and the policy leaves out a second.
    let strips = found_for("strips-ports", &certificates(), |it| {
        keeps(it);
        manager(it)["strip_any_host_port"] = true.into();
    });
    expect_one(&strips, error);
    let mut exact = certificates();
    exact.as_object_mut().unwrap().remove("global");
    let refused = found_against("tells-ports", &certificates(), &exact, |_| {});
    let place = "$.route_config.ignore_port_in_host_matching: leaves ports out";
    expect_one(&refused, &format!("warning: {place}"));
    exact["default"] = "allow".into();
    let passed = found_against("tells-ports-open", &certificates(), &exact, |_| {});
    expect_one(&passed, &format!("error: {place}"));
    assert_eq!(found_against("agree", &certificates(), &exact, keeps), (Some(0), vec![]));

    let mut dotted = certificates();
    dotted["global"]["authority"]["ignore_trailing_dot"] = true.into();
    assert_eq!(found_for("dots", &dotted, |_| {}), (Some(0), vec![]));
    let dots = found_for("keeps-dots", &dotted, |it| {
        manager(it)["strip_trailing_host_dot"] = false.into();
    });
    expect_one(&dots, "warning: $: does not say `strip_trailing_host_dot: true`");
}

#[test]
fn paths_are_settled_before_they_are_matched() {
    for (name, field) in [("normal", "normalize_path"), ("slashes", "merge_slashes")] {
        let found = found_for(name, &certificates(), |it| manager(it)[field] = false.into());
        expect_one(&found, &format!("warning: $: does not say `{field}: true`"));
    }
    let field = "path_with_escaped_slashes_action";
    let kept = found_for("escaped", &certificates(), |it| {
        manager(it)[field] = "KEEP_UNCHANGED".into();
    });
    expect_one(
        &kept,
        "warning: $: does not say `path_with_escaped_slashes_action: REJECT_REQUEST`",
    );
    let unescaped = found_for("unescaped", &certificates(), |it| {
        manager(it)[field] = "UNESCAPE_AND_FORWARD".into();
    });
    assert_eq!(unescaped, (Some(0), vec![]));
    let matching = |name: &str, rule: Value| {
        found_for(name, &certificates(), |it| {
            route(it)["match"] = rule;
            route(it)["route"]["prefix_rewrite"] = "/".into();
        })
    };
    let place = "$.route_config.virtual_hosts[0].routes[0].match";
    expect_one(
        &matching("string-prefix", json!({ "prefix": "/orders" })),
        &format!("note: {place}.prefix: takes /ordersx as well"),
    );
    for (name, rule) in [
        ("segments", json!({ "path_separated_prefix": "/orders" })),
        ("slash", json!({ "prefix": "/orders/" })),
        ("another", json!({ "prefix": "/catalog" })),
    ] {
        assert_eq!(matching(name, rule), (Some(0), vec![]), "{name}");
    }
    expect_one(
        &matching("folded", json!({ "prefix": "/", "case_sensitive": false })),
        &format!("warning: {place}: matches paths without regard to case"),
    );
}
