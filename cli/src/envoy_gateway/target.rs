//! What a policy of Envoy Gateway is attached to.

use crate::manifest::resource::Resource;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

/// A resource that a policy is attached to, in the policy's own namespace.
#[derive(Clone, Debug)]
pub(super) struct Target<'d> {
    pub(super) place: Place,
    pub(super) kind: &'d str,
    pub(super) namespace: &'d str,
    pub(super) name: &'d str,
    /// A listener of a Gateway, or a rule of a route; empty for all of it.
    pub(super) section: &'d str,
}

impl<'d> Target<'d> {
    /// All that a policy names or selects (`targetRef`, `targetRefs`, `targetSelectors`) among these resources.
    pub(super) fn all(policy: &Resource<'d>, resources: &[Resource<'d>]) -> Vec<Self> {
        let spec = policy.spec();
        let mut parts = spec.items_of("targetRefs");
        parts.extend(spec.get("targetRef"));
        let mut targets: Vec<Self> = parts
            .iter()
            .map(|part| Self {
                place: part.place.clone(),
                kind: part.text_of("kind"),
                namespace: policy.namespace,
                name: part.text_of("name"),
                section: part.text_of("sectionName"),
            })
            .collect();
        for selector in spec.items_of("targetSelectors") {
            let selected = resources.iter().filter(|it| is_selected(&selector, policy, it));
            targets.extend(selected.map(|it| Self {
                place: selector.place.clone(),
                kind: it.kind,
                namespace: it.namespace,
                name: it.name,
                section: "",
            }));
        }
        targets
    }

    /// How Envoy Gateway's names of its routes begin, if it is a route.
    pub(super) fn names(&self) -> String {
        format!("{}/{}/{}/", self.kind.to_ascii_lowercase(), self.namespace, self.name)
    }

    /// Whether it is a resource of a kind, or a section of it.
    pub(super) fn is(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.kind == kind && self.namespace == namespace && self.name == name
    }
}

fn is_selected(selector: &Part<'_>, policy: &Resource<'_>, resource: &Resource<'_>) -> bool {
    let own = resource.part.get("metadata").and_then(|metadata| metadata.get("labels"));
    let own = |key: &str| own.as_ref().and_then(|labels| labels.get(key)?.text());
    let wanted = selector.get("matchLabels");
    let mut wanted = wanted.iter().flat_map(Part::entries);
    selector.text_of("kind") == resource.kind
        && policy.namespace == resource.namespace
        && wanted.all(|(key, value)| own(key) == value.text())
}
