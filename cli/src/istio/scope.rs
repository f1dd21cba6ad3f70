//! Which workloads a resource is for.

use std::collections::BTreeMap;
use std::fmt;

use crate::manifest::resource::Resource;
use crate::proxy::proto::Part;

/// The workloads that a resource is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope<'d> {
    /// In which namespace they are; `None`: in any.
    namespace: Option<&'d str>,
    by: By<'d>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum By<'d> {
    /// Those with these labels.
    Labels(BTreeMap<&'d str, &'d str>),
    /// Those of these resources: kind and name of each.
    Targets(Vec<(&'d str, &'d str)>),
    /// All of the namespace.
    Namespace,
}

/// How many workloads of another scope are in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// None of them.
    Nothing,
    /// Some, or nobody can tell from here.
    Some,
    /// All.
    All,
}

impl<'d> Scope<'d> {
    /// Of a resource that selects by `spec.selector.matchLabels`, `spec.workloadSelector.labels` or `spec.targetRefs`;
    /// `root` is the namespace whose resources are for all.
    pub(super) fn of(resource: &Resource<'d>, root: &str) -> Self {
        let spec = resource.spec();
        let mut targets: Vec<(&str, &str)> = spec
            .items_of("targetRefs")
            .iter()
            .map(|it| (it.text_of("kind"), it.text_of("name")))
            .collect();
        targets.extend(spec.get("targetRef").map(|it| (it.text_of("kind"), it.text_of("name"))));
        let selected = spec.get("selector").and_then(|it| it.get("matchLabels"));
        let selected =
            selected.or_else(|| spec.get("workloadSelector").and_then(|it| it.get("labels")));
        let labels = selected.as_ref().map(labels_of).unwrap_or_default();
        let by = match (targets.is_empty(), labels.is_empty()) {
            (false, _) => By::Targets(targets),
            (true, false) => By::Labels(labels),
            (true, true) => By::Namespace,
        };
        Self { namespace: (resource.namespace != root).then_some(resource.namespace), by }
    }

    /// Of the gateways with these labels, in any namespace: what a Gateway is served by.
    pub(super) fn of_gateway(selector: Option<&Part<'d>>) -> Self {
        let labels = selector.map(labels_of).unwrap_or_default();
        Self { namespace: None, by: By::Labels(labels) }
    }

    /// Of one resource of a kind.
    pub(super) fn of_target(namespace: &'d str, kind: &'d str, name: &'d str) -> Self {
        Self { namespace: Some(namespace), by: By::Targets(vec![(kind, name)]) }
    }

    /// Whether it is for all of its namespace.
    pub(super) fn is_whole_namespace(&self) -> bool {
        self.by == By::Namespace
    }

    /// The resources that it names.
    pub(super) fn targets(&self) -> &[(&'d str, &'d str)] {
        match &self.by {
            By::Targets(targets) => targets,
            By::Labels(_) | By::Namespace => &[],
        }
    }

    /// How many workloads of another scope are in this one. Where the other one's may be in any namespace and nothing
    /// else says that they are these, they are taken for others.
    pub(super) fn cover(&self, other: &Self) -> Cover {
        let by = self.by.cover(&other.by);
        match (self.namespace, other.namespace) {
            (None, _) => by,
            (Some(own), Some(other)) if own == other => by,
            (Some(_), Some(_)) => Cover::Nothing,
            (Some(_), None) if by == Cover::All && !self.is_whole_namespace() => Cover::Some,
            (Some(_), None) => Cover::Nothing,
        }
    }

    /// How many workloads of another scope are in this one, wherever they are.
    pub(super) fn labels_cover(&self, other: &Self) -> Cover {
        self.by.cover(&other.by)
    }

    /// Whether a Gateway may be served by some of these workloads. Its own namespace says nothing of where, but where all
    /// workloads of a namespace are meant it is a hint.
    pub(super) fn may_serve(&self, gateway: &Self, namespace: &str) -> bool {
        let is_near = self.namespace.is_none_or(|own| own == namespace);
        let meets = self.labels_cover(gateway) != Cover::Nothing
            && gateway.labels_cover(self) != Cover::Nothing;
        meets && (is_near || !self.is_whole_namespace())
    }
}

impl<'d> By<'d> {
    fn cover(&self, other: &Self) -> Cover {
        match (self, other) {
            (By::Namespace, _) => Cover::All,
            (By::Labels(own), By::Labels(other)) => labels_cover(own, other),
            (By::Labels(own), By::Targets(targets)) => {
                let named = own.get(GATEWAY_NAME);
                match named {
                    Some(name) if targets.iter().all(|(_, target)| target == name) => Cover::All,
                    Some(name) if targets.iter().all(|(_, target)| target != name) => {
                        Cover::Nothing
                    }
                    _ => Cover::Some,
                }
            }
            (By::Targets(targets), By::Labels(other)) => match other.get(GATEWAY_NAME) {
                Some(name) if targets.iter().any(|(_, target)| target == name) => Cover::All,
                Some(_) => Cover::Nothing,
                None => Cover::Some,
            },
            (By::Targets(own), By::Targets(other)) => {
                let shared = other.iter().filter(|target| own.contains(target)).count();
                match shared {
                    0 => Cover::Nothing,
                    _ if shared == other.len() => Cover::All,
                    _ => Cover::Some,
                }
            }
            (By::Labels(_) | By::Targets(_), By::Namespace) => Cover::Some,
        }
    }
}

fn labels_cover(own: &BTreeMap<&str, &str>, other: &BTreeMap<&str, &str>) -> Cover {
    let differs = |(key, value): (&&str, &&str)| other.get(key).is_some_and(|it| it != value);
    let has = |(key, value): (&&str, &&str)| other.get(key) == Some(value);
    if own.iter().any(differs) {
        Cover::Nothing
    } else if own.iter().all(has) {
        Cover::All
    } else {
        Cover::Some
    }
}

fn labels_of<'d>(labels: &Part<'d>) -> BTreeMap<&'d str, &'d str> {
    labels.entries().map(|(key, value)| (key, value.text().unwrap_or_default())).collect()
}

/// The workloads, as in `istio=ingressgateway in istio-system`.
impl fmt::Display for Scope<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            By::Namespace => out.write_str("all workloads")?,
            By::Labels(labels) if labels.is_empty() => out.write_str("all gateways")?,
            By::Labels(labels) => {
                let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                out.write_str(&labels.join(","))?;
            }
            By::Targets(targets) => {
                let targets: Vec<String> =
                    targets.iter().map(|(k, n)| format!("{k} {n}")).collect();
                out.write_str(&targets.join(", "))?;
            }
        }
        match self.namespace {
            Some(namespace) => write!(out, " in {namespace}"),
            None => out.write_str(" everywhere"),
        }
    }
}

/// The label of the pods that serve a Gateway of the Gateway API.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

#[cfg(test)]
mod tests {
    use super::*;

    fn labels<'d>(namespace: Option<&'d str>, labels: &[(&'d str, &'d str)]) -> Scope<'d> {
        let by = match labels {
            [] => By::Namespace,
            _ => By::Labels(labels.iter().copied().collect()),
        };
        Scope { namespace, by }
    }

    #[test]
    fn scopes_cover_each_other_by_namespace_and_labels() {
        let own = labels(Some("n"), &[("a", "1")]);
        for (scope, cover) in [
            (labels(Some("n"), &[("a", "1")]), Cover::All),
            (labels(None, &[("a", "1")]), Cover::All),
            (labels(None, &[]), Cover::All),
            (labels(Some("m"), &[("a", "1")]), Cover::Nothing),
            (labels(Some("n"), &[("a", "2")]), Cover::Nothing),
            (labels(Some("n"), &[("a", "1"), ("b", "1")]), Cover::Some),
            (labels(Some("n"), &[("b", "1")]), Cover::Some),
            (Scope::of_target("n", "Gateway", "g"), Cover::Some),
        ] {
            assert_eq!(scope.cover(&own), cover, "{scope}");
        }
        let anywhere = labels(None, &[("a", "1")]);
        for (scope, cover) in [
            (labels(Some("n"), &[]), Cover::Nothing),
            (labels(Some("n"), &[("b", "1")]), Cover::Nothing),
            (labels(Some("n"), &[("a", "1")]), Cover::Some),
            (labels(None, &[("b", "1")]), Cover::Some),
        ] {
            assert_eq!(scope.cover(&anywhere), cover, "{scope}");
        }
        assert!(own.may_serve(&anywhere, "m") && !labels(Some("n"), &[]).may_serve(&anywhere, "m"));
        assert!(labels(Some("n"), &[]).may_serve(&anywhere, "n"));
    }

    #[test]
    fn resources_are_targets_or_labels() {
        let target = Scope::of_target("n", "Gateway", "g");
        for (scope, cover) in [
            (Scope::of_target("n", "Gateway", "g"), Cover::All),
            (Scope::of_target("n", "Gateway", "h"), Cover::Nothing),
            (labels(Some("n"), &[(GATEWAY_NAME, "g")]), Cover::All),
            (labels(Some("n"), &[(GATEWAY_NAME, "h")]), Cover::Nothing),
            (labels(Some("n"), &[]), Cover::All),
        ] {
            assert_eq!(scope.cover(&target), cover, "{scope}");
        }
        assert_eq!(target.cover(&labels(Some("n"), &[(GATEWAY_NAME, "g")])), Cover::All);
    }
}
