//! Requests that a guard lets pass unjudged: of routes that peergate is not for, or of none.
//!
//! A guard says so by a condition that is `!(has(xds.route_name) && (xds.route_name.startsWith("…") || …))`, or
//! `!has(xds.route_name)`, as `render` writes it for Envoy Gateway. Any other condition is not reckoned out.

use super::filter::Filter;
use super::manager::Manager;
use super::proto::Part;

/// Whether a policy of an RBAC lets only requests pass that have no route.
pub(crate) fn is_without_route(policy: &Part<'_>) -> bool {
    prefixes(policy).is_some_and(|prefixes| prefixes == [""])
}

/// How names of routes begin that a policy of an RBAC does not let pass.
pub(crate) fn prefixes<'d>(policy: &Part<'d>) -> Option<Vec<&'d str>> {
    let condition = policy.get("condition")?;
    let [guarded] = call(&condition, "!_")?;
    if is_presence(&guarded) {
        return Some(vec![""]);
    }
    let [has, named] = call(&guarded, "_&&_")?;
    let mut prefixes = Vec::new();
    (is_presence(&has) && collect(&named, &mut prefixes)).then_some(prefixes)
}

/// The names of the routes that a filter is on for.
pub(crate) fn judged<'d>(manager: &Manager<'d>, filter: &Filter<'d>) -> Vec<&'d str> {
    let mut judged = Vec::new();
    for routes in &manager.routes {
        for host in routes.items_of("virtual_hosts") {
            for route in host.items_of("routes") {
                let levels = [routes, &host, &route];
                let is_on = levels.iter().any(|level| is_asked_for(level, filter.name));
                if is_on || !filter.is_disabled {
                    judged.push(route.text_of("name"));
                }
            }
        }
    }
    judged
}

/// Whether routes ask for a filter that is disabled else.
fn is_asked_for(part: &Part<'_>, name: &str) -> bool {
    let own = part.get("typed_per_filter_config");
    own.is_some_and(|it| it.entries().any(|(filter, it)| filter == name && !it.is_true("disabled")))
}

/// The prefixes of an expression of `startsWith` and `||` alone; whether it is one.
fn collect<'d>(part: &Part<'d>, prefixes: &mut Vec<&'d str>) -> bool {
    if let Some([left, right]) = call(part, "_||_") {
        return collect(&left, prefixes) && collect(&right, prefixes);
    }
    let Some(starts) = part.get("call_expr").filter(|it| it.text_of("function") == "startsWith")
    else {
        return false;
    };
    let arguments = starts.items_of("args");
    let prefix = arguments.first().and_then(|it| it.get("const_expr")?.get("string_value")?.text());
    prefixes.extend(prefix);
    let target = starts.get("target").and_then(|it| it.get("select_expr"));
    let is_name = target.is_some_and(|it| is_route_name(&it) && !it.is_true("test_only"));
    is_name && prefix.is_some() && arguments.len() == 1
}

/// The arguments of a call of a function, if it has so many.
fn call<'d, const N: usize>(part: &Part<'d>, function: &str) -> Option<[Part<'d>; N]> {
    let call = part.get("call_expr").filter(|it| it.text_of("function") == function)?;
    call.items_of("args").try_into().ok()
}

/// `has(xds.route_name)`.
fn is_presence(part: &Part<'_>) -> bool {
    part.get("select_expr").is_some_and(|it| it.is_true("test_only") && is_route_name(&it))
}

fn is_route_name(select: &Part<'_>) -> bool {
    let of = select.get("operand").and_then(|it| it.get("ident_expr"));
    select.text_of("field") == "route_name" && of.is_some_and(|it| it.text_of("name") == "xds")
}
