//! Rules of a guard that let other routes pass than those which a plugin is for.

use serde_json::Value;

use crate::proxy::proto::Part;

/// Whether a policy of an RBAC filter lets nothing pass but requests of other routes than these. It has to be as
/// `render` writes it: `!(has(xds.route_name) && (xds.route_name.startsWith("httproute/…/") || …))`.
pub(super) fn is_for_others(policy: &Part<'_>, routes: &[(&str, &str)]) -> bool {
    let Some(condition) = policy.get("condition") else { return false };
    let Some([not]) = call(&condition, "!_").and_then(|it| <[_; 1]>::try_from(it).ok()) else {
        return false;
    };
    let Some([has, any]) = call(&not, "_&&_").and_then(|it| <[_; 2]>::try_from(it).ok()) else {
        return false;
    };
    let mut prefixes = Vec::new();
    let is_name =
        has.get("select_expr").is_some_and(|it| it.is_true("test_only") && is_route_name(&it));
    let is_read = collect(&any, &mut prefixes);
    let is_named = |(namespace, name): &(&str, &str)| {
        ["httproute", "grpcroute"]
            .iter()
            .any(|kind| prefixes.contains(&&*format!("{kind}/{namespace}/{name}/")))
    };
    is_name && is_read && !routes.is_empty() && routes.iter().all(is_named)
}

/// The prefixes of an expression of `startsWith` and `||` alone; whether it is one.
fn collect<'d>(part: &Part<'d>, prefixes: &mut Vec<&'d str>) -> bool {
    if let Some(either) = call(part, "_||_") {
        return either.iter().all(|one| collect(one, prefixes));
    }
    let Some(starts) = part.get("call_expr").filter(|it| it.text_of("function") == "startsWith")
    else {
        return false;
    };
    let target = starts.get("target").and_then(|it| it.get("select_expr"));
    let arguments = starts.items_of("args");
    let prefix = arguments.first().and_then(|it| it.get("const_expr")?.get("string_value")?.text());
    prefixes.extend(prefix);
    target.is_some_and(|it| is_route_name(&it)) && prefix.is_some()
}

/// The arguments of a call of a function.
fn call<'d>(part: &Part<'d>, function: &str) -> Option<Vec<Part<'d>>> {
    let call = part.get("call_expr").filter(|it| it.text_of("function") == function)?;
    Some(call.items_of("args"))
}

fn is_route_name(select: &Part<'_>) -> bool {
    let of = select.get("operand").and_then(|it| it.get("ident_expr"));
    select.text_of("field") == "route_name" && of.is_some_and(|it| it.text_of("name") == "xds")
}

/// A filter's configuration without such rules, to hold the rest of it against what a guard is.
pub(super) fn without(rbac: &Part<'_>, routes: &[(&str, &str)]) -> Value {
    let mut rest = rbac.value.clone();
    let rules = rbac.get("rules").and_then(|rules| rules.get("policies"));
    let policies = rest.pointer_mut("/rules/policies").and_then(Value::as_object_mut);
    if let (Some(policies), Some(rules)) = (policies, rules) {
        policies.retain(|name, _| !rules.get(name).is_some_and(|it| is_for_others(&it, routes)));
    }
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::proxy::place::Place;

    fn name() -> Value {
        json!({ "operand": { "ident_expr": { "name": "xds" } }, "field": "route_name" })
    }

    fn starts(prefix: &str) -> Value {
        json!({ "call_expr": { "function": "startsWith", "target": { "select_expr": name() },
                "args": [{ "const_expr": { "string_value": prefix } }] } })
    }

    fn call(function: &str, arguments: Value) -> Value {
        json!({ "call_expr": { "function": function, "args": arguments } })
    }

    #[test]
    fn only_rules_for_other_routes_are_left_out() {
        let mut has = name();
        has["test_only"] = true.into();
        let has = json!({ "select_expr": has });
        let either = call("_||_", json!([starts("httproute/n/a/"), starts("httproute/n/b/")]));
        let not = |inner: Value| call("!_", json!([inner]));
        let whole = not(call("_&&_", json!([has, either])));
        let routes = [("n", "a"), ("n", "b")];
        for (condition, routes, is_left_out) in [
            (whole.clone(), &routes[..], true),
            (whole.clone(), &routes[..1], true),
            (whole.clone(), &[], false),
            (whole, &[("n", "c")], false),
            (call("_&&_", json!([has, either])), &routes, false),
            (not(call("_&&_", json!([has, not(either.clone())]))), &routes, false),
            (not(call("_&&_", json!([either, has]))), &routes, false),
            (json!(5), &routes, false),
        ] {
            let rbac = json!({ "rules": { "policies": { "others": { "condition": condition } } } });
            let part = Part { place: Place::file("f".to_owned()), value: &rbac };
            let rest = without(&part, routes);
            assert_eq!(rest["rules"]["policies"].get("others").is_none(), is_left_out, "{rbac}");
        }
    }
}
