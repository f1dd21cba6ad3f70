//! A guard without its rules that let other routes pass than those which a plugin is for.

use serde_json::Value;

use crate::proxy::exempt::{is_without_route, prefixes};
use crate::proxy::proto::Part;

use super::target::Target;

/// A filter's configuration without such rules, to hold the rest of it against what a guard is.
pub(super) fn without(rbac: &Part<'_>, routes: &[&Target<'_>]) -> Value {
    let mut rest = rbac.value.clone();
    let rules = rbac.get("rules").and_then(|rules| rules.get("policies"));
    let policies = rest.pointer_mut("/rules/policies").and_then(Value::as_object_mut);
    if let (Some(policies), Some(rules)) = (policies, rules) {
        policies.retain(|name, _| !rules.get(name).is_some_and(|it| is_for_others(&it, routes)));
    }
    rest
}

/// Whether a policy of an RBAC filter lets nothing pass that takes one of these routes. It has to be as `render` writes
/// it. What lets nothing pass but requests without a route does no more for a plugin's routes than for all.
fn is_for_others(policy: &Part<'_>, routes: &[&Target<'_>]) -> bool {
    let prefixes = prefixes(policy).filter(|_| !is_without_route(policy)).unwrap_or_default();
    let is_guarded = |route: &&Target<'_>| {
        let names = route.names();
        prefixes.iter().any(|prefix| names.starts_with(prefix))
    };
    !routes.is_empty() && routes.iter().all(is_guarded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::proxy::place::Place;

    fn name(is_test: bool) -> Value {
        json!({ "select_expr": {
            "operand": { "ident_expr": { "name": "xds" } }, "field": "route_name", "test_only": is_test,
        } })
    }

    fn call(function: &str, arguments: Value) -> Value {
        json!({ "call_expr": { "function": function, "args": arguments } })
    }

    fn starts(prefix: &str) -> Value {
        let mut starts = call("startsWith", json!([{ "const_expr": { "string_value": prefix } }]));
        starts["call_expr"]["target"] = name(false);
        starts
    }

    fn route<'d>(kind: &'d str, name: &'d str) -> Target<'d> {
        Target { place: Place::file("f".to_owned()), kind, namespace: "n", name, section: "" }
    }

    #[test]
    fn only_rules_for_other_routes_are_left_out() {
        let has = name(true);
        let either = call("_||_", json!([starts("httproute/n/a/"), starts("httproute/n/b/")]));
        let not = |inner: Value| call("!_", json!([inner]));
        let of = |named: Value| not(call("_&&_", json!([has, named])));
        let (a, b, c) = (route("HTTPRoute", "a"), route("HTTPRoute", "b"), route("HTTPRoute", "c"));
        let other_kind = route("GRPCRoute", "a");
        let mut tested = starts("httproute/n/a/");
        tested["call_expr"]["target"] = name(true);
        let mut two = starts("httproute/n/a/");
        two["call_expr"]["args"] = json!([
            { "const_expr": { "string_value": "httproute/n/a/" } }, { "const_expr": { "string_value": "" } },
        ]);
        for (condition, routes, is_left_out) in [
            (of(either.clone()), &[&a, &b][..], true),
            (of(either.clone()), &[&a], true),
            (of(starts("httproute/n/")), &[&a, &c], true),
            (of(either.clone()), &[], false),
            (of(either.clone()), &[&a, &c], false),
            (of(either.clone()), &[&other_kind], false),
            (of(starts("grpcroute/n/a/")), &[&other_kind], true),
            (of(tested), &[&a], false),
            (of(two), &[&a], false),
            (of(call("_||_", json!([starts("httproute/n/a/")]))), &[&a], false),
            (not(has.clone()), &[&a], false),
            (call("_&&_", json!([has, either])), &[&a], false),
            (of(not(either.clone())), &[&a], false),
            (not(call("_&&_", json!([either, has]))), &[&a], false),
            (json!(5), &[&a], false),
        ] {
            let rbac = json!({ "rules": { "policies": { "others": { "condition": condition } } } });
            let part = Part { place: Place::file("f".to_owned()), value: &rbac };
            let rest = without(&part, routes);
            assert_eq!(rest["rules"]["policies"].get("others").is_none(), is_left_out, "{rbac}");
        }
    }
}
