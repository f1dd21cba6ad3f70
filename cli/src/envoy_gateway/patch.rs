//! The patches of EnvoyPatchPolicies.

use crate::manifest::resource::Resource;
use crate::proxy::proto::Part;

use super::POLICIES;
use super::gateway::Gateway;
use super::setting::Setting;
use super::target::Target;

/// A patch.
pub(super) struct Patch<'d> {
    pub(super) part: Part<'d>,
    /// The type of what is patched, without its package.
    pub(super) kind: &'d str,
    /// The name of what is patched.
    pub(super) name: &'d str,
    pub(super) operation: &'d str,
    /// Both paths, the one of JSONPath first.
    pub(super) paths: (&'d str, &'d str),
    /// What is moved or copied.
    pub(super) from: &'d str,
    pub(super) value: Option<Part<'d>>,
    targets: Vec<Target<'d>>,
    merges: bool,
}

/// Where a patch puts a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot<'d> {
    /// Before the filter of this name.
    Before(&'d str),
    /// As the one of this number.
    At(u64),
    /// Behind all.
    End,
}

impl<'d> Patch<'d> {
    /// All patches, in the order in which they are applied: by priority, the lower first.
    pub(super) fn all(resources: &[Resource<'d>], setting: Setting) -> Vec<Self> {
        let policies = resources.iter().filter(|it| it.is(POLICIES, "EnvoyPatchPolicy"));
        let mut policies: Vec<&Resource<'d>> = policies.collect();
        let priority =
            |it: &&Resource<'d>| it.spec().get("priority").and_then(|it| it.value.as_i64());
        policies.sort_by_key(|it| priority(it).unwrap_or_default());
        let mut all = Vec::new();
        for policy in policies {
            let patches = policy.spec().items_of("jsonPatches").into_iter();
            all.extend(
                patches.map(|part| Self::read(part, Target::all(policy, resources), setting)),
            );
        }
        all
    }

    pub(super) fn read(part: Part<'d>, targets: Vec<Target<'d>>, setting: Setting) -> Self {
        let operation = part.get("operation");
        let text = |name| operation.as_ref().map(|it| it.text_of(name)).unwrap_or_default();
        let kind = part.text_of("type");
        Self {
            kind: kind.rsplit('.').next().unwrap_or(kind),
            name: part.text_of("name"),
            operation: text("op"),
            paths: (text("jsonPath"), text("path")),
            from: text("from"),
            value: operation.as_ref().and_then(|it| it.get("value")),
            targets,
            merges: setting.merges,
            part,
        }
    }

    /// Whether it is applied to what becomes of a Gateway: where Gateways are merged, patches for their class are, and
    /// else those for the Gateway.
    pub(super) fn is_for(&self, gateway: &Gateway<'_>) -> bool {
        let class = gateway.resource.as_ref().map(|it| it.spec().text_of("gatewayClassName"));
        self.targets.iter().any(|it| match self.merges {
            true => it.kind == "GatewayClass" && class.is_none_or(|class| class == it.name),
            false => it.is("Gateway", gateway.namespace, gateway.name),
        })
    }

    /// Why it is not applied to a Gateway.
    pub(super) fn why_not_for(&self, gateway: &Gateway<'_>) -> String {
        let is_for_a = |kind: &str| self.targets.iter().any(|it| it.kind == kind);
        if self.merges && is_for_a("Gateway") {
            "its policy is for a Gateway, and where Gateways are merged (`mergeGateways: true`) only one for the \
             GatewayClass is heard"
                .to_owned()
        } else if !self.merges && is_for_a("GatewayClass") {
            "its policy is for a GatewayClass, which is heard only where an EnvoyProxy says `mergeGateways: true`, and \
             none here does"
                .to_owned()
        } else {
            format!("its policy is for another Gateway than {}", gateway.name)
        }
    }

    /// Whether its paths go through a field.
    pub(super) fn goes_through(&self, field: &str) -> bool {
        [self.paths.0, self.paths.1, self.from].iter().any(|path| path.contains(field))
    }

    /// Where it puts a filter; none if it puts none there.
    pub(super) fn spot(&self) -> Option<Spot<'d>> {
        let (json_path, path) = self.paths;
        if self.operation != "add" || self.value.is_none() {
            return None;
        }
        let number = |text: &str| match text.trim_start_matches('/') {
            "-" => Some(Spot::End),
            text => Some(Spot::At(text.parse().ok()?)),
        };
        if let Some((_, rest)) = json_path.rsplit_once("http_filters") {
            return match (rest, path) {
                ("", path) => number(path),
                (rest, "" | "/") => {
                    let rest = rest.strip_prefix("[?(@.name==")?.strip_suffix(")]")?;
                    Some(Spot::Before(rest.trim_matches(['\'', '"'])))
                }
                _ => None,
            };
        }
        let (_, rest) = path.rsplit_once("http_filters/")?;
        number(rest)
    }

    /// Whether it is for one filter chain alone: a listener has one for each host name.
    pub(super) fn is_for_one_chain(&self) -> bool {
        let numbered = |text: &str| {
            ["filter_chains[", "filter_chains/"].iter().any(|field| {
                let rest = text.split_once(field).map_or("", |(_, rest)| rest);
                rest.starts_with(|first: char| first.is_ascii_digit())
            })
        };
        let is_default = self.goes_through("default_filter_chain");
        is_default || numbered(self.paths.0) || numbered(self.paths.1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::proxy::place::Place;

    #[test]
    fn paths_say_where_a_filter_is_put() {
        for (json_path, path, spot, is_one) in [
            ("..http_filters[?(@.name=='a.b')]", "", Some(Spot::Before("a.b")), false),
            ("$..http_filters[?(@.name==\"a\")]", "", Some(Spot::Before("a")), false),
            (
                "..filter_chains[0].filters[0].typed_config.http_filters",
                "1",
                Some(Spot::At(1)),
                true,
            ),
            ("..http_filters", "/-", Some(Spot::End), false),
            ("", "/filter_chains/0/filters/0/typed_config/http_filters/0", Some(Spot::At(0)), true),
            (
                "",
                "/default_filter_chain/filters/0/typed_config/http_filters/-",
                Some(Spot::End),
                true,
            ),
            ("..http_filters[?(@.name=='a')].typed_config", "x", None, false),
            ("..http_filters[0]", "", None, false),
            ("", "/name", None, false),
            ("..filter_chains[*]..http_filters", "é", None, false),
        ] {
            let value = json!({ "operation": { "op": "add", "jsonPath": json_path, "path": path, "value": {} } });
            let part = Part { place: Place::file("f".to_owned()), value: &value };
            let patch = Patch::read(part, Vec::new(), Setting::default());
            assert_eq!(
                (patch.spot(), patch.is_for_one_chain()),
                (spot, is_one),
                "{json_path} {path}"
            );
        }
    }
}
