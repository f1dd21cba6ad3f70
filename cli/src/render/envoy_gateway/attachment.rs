//! What the filter is for: a whole Gateway, or some of its HTTPRoutes.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::render::argument::resource;
use crate::render::template::fill;
use crate::render::{GUARD, quote};

/// An HTTPRoute, by its name and, if it is not the Gateway's, its namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    namespace: Option<String>,
    name: String,
}

impl FromStr for Route {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(resource(namespace)?), name),
            None => (None, text),
        };
        Ok(Self { namespace, name: resource(name)? })
    }
}

/// What the filter is for.
#[derive(Debug)]
pub(super) struct Attachment<'a> {
    /// Where the Gateway is.
    namespace: &'a str,
    gateway: &'a str,
    /// Names of HTTPRoutes by namespace; empty: everything on the Gateway.
    routes: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Attachment<'a> {
    /// To these routes, or to the Gateway if there are none.
    ///
    /// # Errors
    /// A route that is given twice.
    pub(super) fn new(
        namespace: &'a str,
        gateway: &'a str,
        routes: &'a [Route],
    ) -> Result<Self, Failure> {
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for Route { namespace: own, name } in routes {
            let names = named.entry(own.as_deref().unwrap_or(namespace)).or_default();
            if names.contains(&&**name) {
                return Err(Failure::Input(format!("--route {name}: is given twice")));
            }
            names.push(name);
        }
        Ok(Self { namespace, gateway, routes: named })
    }

    /// The policies that attach the filter, one in each namespace: a policy reaches no further.
    pub(super) fn policies(
        &self,
        write: impl Fn(&str, &str) -> Result<String, Failure>,
    ) -> Result<String, Failure> {
        if self.routes.is_empty() {
            return write(&quote::text(self.namespace), &target("Gateway", self.gateway));
        }
        let policy = |(namespace, names): (&&str, &Vec<&str>)| {
            let targets: String = names.iter().map(|name| target("HTTPRoute", name)).collect();
            write(&quote::text(namespace), &targets)
        };
        self.routes.iter().map(policy).collect()
    }

    /// The guard's configuration. It stands in the listener, before all routes, and Envoy Gateway has the filter
    /// judge what has a route and no more: the router answers 404 to the rest. Where the filter is for some
    /// routes, the guard lets the others pass.
    pub(super) fn guard(&self) -> Result<String, Failure> {
        let prefixes = self.routes.iter().flat_map(|(namespace, names)| {
            names.iter().map(move |name| format!("httproute/{namespace}/{name}/"))
        });
        let tests: Vec<_> = prefixes.map(|prefix| has_prefix(&prefix)).collect();
        let (template, guarded) = match any_of(&tests) {
            None => (include_str!("../templates/envoy-gateway-no-route.yaml"), has_name()),
            Some(named) => {
                let template = include_str!("../templates/envoy-gateway-other-routes.yaml");
                (template, call("_&&_", [has_name(), named]))
            }
        };
        let others = quote::yaml_line(&call("!_", [guarded]));
        Ok(format!("{GUARD}{}", fill(template, &[("others", &others)])?))
    }
}

/// An item of `targetRefs`.
fn target(kind: &str, name: &str) -> String {
    let name = quote::text(name);
    format!("- {{ group: gateway.networking.k8s.io, kind: {kind}, name: {name} }}\n")
}

/// Whether one of these holds, as deep as need be and no deeper: Envoy bounds how deep it reads.
fn any_of(tests: &[Value]) -> Option<Value> {
    let (left, right) = tests.split_at_checked(tests.len() / 2)?;
    match (any_of_one(left), any_of_one(right)) {
        (Some(left), Some(right)) => Some(call("_||_", [left, right])),
        (one, other) => one.or(other),
    }
}

fn any_of_one(tests: &[Value]) -> Option<Value> {
    match tests {
        [] => None,
        [one] => Some(one.clone()),
        more => any_of(more),
    }
}

/// `xds.route_name.startsWith(prefix)`, as CEL is parsed.
fn has_prefix(prefix: &str) -> Value {
    json!({ "call_expr": {
        "function": "startsWith",
        "target": { "select_expr": route_name() },
        "args": [{ "const_expr": { "string_value": prefix } }],
    } })
}

/// `has(xds.route_name)`: whether there is a route.
fn has_name() -> Value {
    let mut field = route_name();
    if let Some(field) = field.as_object_mut() {
        field.insert("test_only".to_owned(), true.into());
    }
    json!({ "select_expr": field })
}

fn route_name() -> Value {
    json!({ "operand": { "ident_expr": { "name": "xds" } }, "field": "route_name" })
}

fn call<const N: usize>(function: &str, arguments: [Value; N]) -> Value {
    json!({ "call_expr": { "function": function, "args": arguments.to_vec() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(value: &Value) -> usize {
        let inner = match value {
            Value::Array(items) => items.iter().map(depth).max(),
            Value::Object(fields) => fields.values().map(depth).max(),
            _ => return 0,
        };
        inner.unwrap_or_default().saturating_add(1)
    }

    #[test]
    fn many_routes_make_no_deep_tree() {
        let routes: Vec<Route> = (0..500).map(|n| format!("a{n}").parse().unwrap()).collect();
        let attachment = Attachment::new("n", "g", &routes).ok().unwrap();
        let guard: Value = serde_saphyr::from_str(&attachment.guard().ok().unwrap()).unwrap();
        let condition = guard.pointer("/rules/policies/other-routes/condition").unwrap();
        assert!(depth(condition) < 60, "{}", depth(condition));
        let text = condition.to_string();
        assert!((0..500).all(|n| text.contains(&format!("\"httproute/n/a{n}/\""))));
    }

    #[test]
    fn routes_are_named_once() {
        let routes = ["a", "other/a", "b"].map(|text| text.parse::<Route>().unwrap());
        let attachment = Attachment::new("n", "g", &routes).ok().unwrap();
        let written =
            attachment.policies(|namespace, targets| Ok(format!("{namespace}\n{targets}")));
        let target = |name| {
            format!("- {{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: \"{name}\" }}\n")
        };
        assert_eq!(
            written.ok().unwrap(),
            format!("\"n\"\n{}{}\"other\"\n{}", target("a"), target("b"), target("a"))
        );
        let twice = ["a", "n/a"].map(|text| text.parse::<Route>().unwrap());
        assert!(Attachment::new("n", "g", &twice).is_err());
        for bad in ["", "/a", "a/", "a/b/c", "A"] {
            assert!(bad.parse::<Route>().is_err(), "{bad}");
        }
    }
}
