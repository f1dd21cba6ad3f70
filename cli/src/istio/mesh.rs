//! All resources of a mesh that are given, and the mesh's own configuration.

use crate::manifest::resource::{MESH, Manifests, Resource};
use crate::proxy::proto::Part;

use super::plugin::Plugin;

/// What is given of a mesh.
pub(super) struct Mesh<'d> {
    pub(super) resources: Vec<Resource<'d>>,
    /// The namespace whose resources are for all others, too.
    pub(super) root: &'d str,
    /// Every mesh configuration that is given.
    configurations: Vec<Part<'d>>,
}

impl<'d> Mesh<'d> {
    pub(super) fn of(manifests: &'d Manifests) -> Self {
        let resources = manifests.resources();
        let mut configurations = Vec::new();
        for resource in &resources {
            let spec = resource.spec();
            match resource.kind {
                MESH => configurations.push(spec),
                "IstioOperator" => configurations.extend(spec.get("meshConfig")),
                "Istio" => {
                    let values = spec.get("values");
                    configurations.extend(values.and_then(|values| values.get("meshConfig")));
                }
                _ => {}
            }
        }
        let mut named = configurations.iter().map(|it| it.text_of("rootNamespace"));
        let root = named.rfind(|name| !name.is_empty()).unwrap_or("istio-system");
        Self { resources, root, configurations }
    }

    /// The resources of a kind.
    pub(super) fn all(&self, group: &str, kind: &str) -> impl Iterator<Item = &Resource<'d>> {
        self.resources.iter().filter(move |resource| resource.is(group, kind))
    }

    /// A field of the mesh's configuration, by a path of names.
    pub(super) fn configured(&self, path: &[&str]) -> Option<Part<'d>> {
        let find =
            |root: &Part<'d>| path.iter().try_fold(root.clone(), |part, name| part.get(name));
        self.configurations.iter().filter_map(find).next_back()
    }

    /// All Wasm plugins, this one among them.
    pub(super) fn plugins(&self) -> Vec<Plugin<'d>> {
        self.resources.iter().filter_map(|resource| Plugin::read(resource, self.root)).collect()
    }
}

pub(super) const NETWORKING: &str = "networking.istio.io";
pub(super) const SECURITY: &str = "security.istio.io";
pub(super) const GATEWAY_API: &str = "gateway.networking.k8s.io";
