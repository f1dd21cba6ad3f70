//! Resources, as `kubectl` takes and prints them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::document;
use crate::failure::Failure;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

/// All resources of all files.
pub(crate) struct Manifests {
    all: Vec<(Place, Value)>,
    /// The first file.
    first: Place,
}

impl Manifests {
    /// Reads files, each of which may hold several YAML documents, and lists (`kind: List`). A configuration of
    /// a control plane in a ConfigMap is a resource of its own.
    ///
    /// # Errors
    /// A file that cannot be read, is neither YAML nor JSON, or holds something without `kind`.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, Failure> {
        let first = files.first().map_or_else(|| "-".to_owned(), |file| file.display().to_string());
        let mut all = Self { all: Vec::new(), first: Place::file(first) };
        for file in files {
            for (index, document) in document::read_all(file)?.into_iter().enumerate() {
                all.add(file, index, document)?;
            }
        }
        Ok(all)
    }

    /// What is told of all of them is told of the first file.
    pub(crate) fn first_place(&self) -> &Place {
        &self.first
    }

    pub(crate) fn documents(&self) -> impl Iterator<Item = (&Place, &Value)> {
        self.all.iter().map(|(place, value)| (place, value))
    }

    pub(crate) fn resources(&self) -> Vec<Resource<'_>> {
        self.documents().map(|(place, value)| Resource::read(place.clone(), value)).collect()
    }

    fn add(&mut self, file: &Path, index: usize, document: Value) -> Result<(), Failure> {
        // What stands between two `---`.
        if document.is_null() {
            return Ok(());
        }
        let number = index.saturating_add(1);
        let odd = |what: &str| Failure::file(file, format_args!("document {number}: {what}"));
        let Some(kind) = document.get("kind").and_then(Value::as_str).map(str::to_owned) else {
            return Err(odd("no manifest: it has no `kind`"));
        };
        if kind.ends_with("List") && document.get("items").is_some() {
            let Some(Value::Array(items)) = document.get("items") else {
                return Err(odd("`items` is no list"));
            };
            return items.iter().try_for_each(|item| self.add(file, index, item.clone()));
        }
        let name = called(&kind, &document);
        let data = document.get("data").filter(|_| kind == "ConfigMap");
        for (field, kind) in [("mesh", MESH), ("envoy-gateway.yaml", ENVOY_GATEWAY)] {
            let Some(text) = data.and_then(|data| data.get(field)) else { continue };
            let text = text.as_str().ok_or_else(|| odd(&format!("`data.{field}` is no text")))?;
            let read =
                document::parse(text).map_err(|error| odd(&format!("data.{field}: {error}")))?;
            let place = Place::resource(file.display().to_string(), format!("{name} data.{field}"));
            self.all.push((place, serde_json::json!({ "kind": kind, "spec": read })));
        }
        self.all.push((Place::resource(file.display().to_string(), name), document));
        Ok(())
    }
}

/// The kind under which the mesh configuration of a ConfigMap is found.
pub(crate) const MESH: &str = "MeshConfig";

/// The kind of Envoy Gateway's configuration, which may be in a ConfigMap, too.
pub(crate) const ENVOY_GATEWAY: &str = "EnvoyGateway";

/// What a resource is called in what is told.
fn called(kind: &str, document: &Value) -> String {
    let field = |name: &str| document.get("metadata")?.get(name)?.as_str();
    let name = field("name").unwrap_or("(without a name)");
    match field("namespace") {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// A resource.
#[derive(Clone, Debug)]
pub(crate) struct Resource<'d> {
    pub(crate) kind: &'d str,
    /// The group of its API, without the version.
    pub(crate) group: &'d str,
    /// `default` if it does not say.
    pub(crate) namespace: &'d str,
    pub(crate) name: &'d str,
    pub(crate) part: Part<'d>,
}

impl<'d> Resource<'d> {
    fn read(place: Place, value: &'d Value) -> Self {
        let part = Part { place, value };
        let version = part.text_of("apiVersion");
        let metadata = part.get("metadata");
        let of = |field| metadata.as_ref().map(|it| it.text_of(field)).filter(|it| !it.is_empty());
        Self {
            kind: part.text_of("kind"),
            group: version.split_once('/').map_or("", |(group, _)| group),
            namespace: of("namespace").unwrap_or("default"),
            name: of("name").unwrap_or_default(),
            part,
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.part.place
    }

    /// Its `spec`; nothing if it has none.
    pub(crate) fn spec(&self) -> Part<'d> {
        let nothing = Part { place: self.part.place.field("spec"), value: &Value::Null };
        self.part.get("spec").unwrap_or(nothing)
    }

    /// Whether it is of a kind of a group.
    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group == group
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: &Value) -> Result<Vec<String>, String> {
        let mut all = Manifests { all: Vec::new(), first: Place::file("a.yaml".to_owned()) };
        let added = all.add(Path::new("a.yaml"), 1, document.clone());
        added.map_err(|failure| failure.to_string())?;
        Ok(all.all.iter().map(|(place, _)| place.to_string()).collect())
    }

    #[test]
    fn lists_are_opened_and_mesh_configurations_read() {
        let list = json!({ "kind": "List", "items": [
            { "kind": "Gateway", "metadata": { "name": "a", "namespace": "b" } },
            { "kind": "ConfigMap", "metadata": { "name": "istio" }, "data": { "mesh": "rootNamespace: r" } },
            null,
        ] });
        let expected = ["Gateway b/a", "ConfigMap istio data.mesh", "ConfigMap istio"];
        assert_eq!(read(&list), Ok(expected.map(ToOwned::to_owned).to_vec()));
    }

    #[test]
    fn odd_documents_are_errors() {
        for (document, what) in [
            (json!(1), "no manifest: it has no `kind`"),
            (json!({ "kind": 1 }), "no manifest: it has no `kind`"),
            (json!({ "kind": "List", "items": {} }), "`items` is no list"),
            (json!({ "kind": "List", "items": [[]] }), "no manifest: it has no `kind`"),
            (json!({ "kind": "ConfigMap", "data": { "mesh": 1 } }), "`data.mesh` is no text"),
            (json!({ "kind": "ConfigMap", "data": { "mesh": "a: [" } }), "data.mesh: "),
        ] {
            let told = read(&document).unwrap_err();
            assert!(told.starts_with(&format!("a.yaml: document 2: {what}")), "{told}");
        }
    }

    #[test]
    fn a_resource_may_lack_all_that_it_should_have() {
        let value = json!({ "kind": "Gateway", "apiVersion": 1, "metadata": [], "spec": 5 });
        let resource = Resource::read(Place::file("f".to_owned()), &value);
        assert_eq!((resource.namespace, resource.name, resource.group), ("default", "", ""));
        assert!(resource.spec().items_of("servers").is_empty());
    }
}
