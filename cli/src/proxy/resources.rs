//! The files that a configuration is in.

use std::path::PathBuf;

use serde_json::Value;

use crate::document;
use crate::failure::Failure;

use super::place::Place;
use super::proto::Part;

/// All documents of all files.
pub(crate) struct Resources(Vec<(Place, Value)>);

impl Resources {
    /// Reads files, each of which may hold several YAML documents.
    ///
    /// # Errors
    /// A file that cannot be read, or is neither YAML nor JSON.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, Failure> {
        let mut all = Vec::new();
        for file in files {
            let documents = document::read_all(file)?;
            let several = documents.len() > 1;
            for (index, document) in documents.into_iter().enumerate() {
                let name = file.display();
                let name = match several {
                    true => format!("{name} (document {})", index.saturating_add(1)),
                    false => name.to_string(),
                };
                all.push((Place::file(name), document));
            }
        }
        Ok(Self(all))
    }

    /// Where the first of them is.
    pub(crate) fn first_place(&self) -> Place {
        let first = self.0.first().map(|(place, _)| place.clone());
        first.unwrap_or_else(|| Place::file("-".to_owned()))
    }
}

/// What is in these documents, by its types: they may be those of a whole mesh, and are gone through once.
pub(crate) struct Index<'d> {
    /// Every message that says of what type it is, wherever it stands.
    messages: Vec<(&'d str, Part<'d>)>,
    /// The clusters of bootstraps, which do not.
    clusters: Vec<Part<'d>>,
    /// And their listeners.
    listeners: Vec<Part<'d>>,
}

impl<'d> Index<'d> {
    pub(crate) fn of(resources: &'d Resources) -> Self {
        Self::of_documents(resources.0.iter().map(|(place, document)| (place, document)))
    }

    /// Of documents that say where they are.
    pub(crate) fn of_documents(
        documents: impl IntoIterator<Item = (&'d Place, &'d Value)>,
    ) -> Self {
        let mut index = Self { messages: Vec::new(), clusters: Vec::new(), listeners: Vec::new() };
        for (place, document) in documents {
            let root = Part { place: place.clone(), value: document };
            let mut has_own = false;
            root.walk(&mut |part| {
                let is_bootstrap = part.place.is_field(&BOOTSTRAPPED);
                has_own |= is_bootstrap && !part.items_of("listeners").is_empty();
                !has_own
            });
            let passed_over = if has_own { &GIVEN_UP_OR_OWN[..] } else { &GIVEN_UP };
            root.walk(&mut |part| {
                let is_given_up = part.place.is_field(passed_over);
                if !is_given_up {
                    // In /config_dump a bootstrap stands within others.
                    if part.place.is_field(&BOOTSTRAPPED) {
                        index.clusters.extend(part.items_of("clusters"));
                        index.listeners.extend(part.items_of("listeners"));
                    }
                    index.messages.extend(part.message());
                }
                !is_given_up
            });
        }
        index
    }

    /// Every message of a type, by the end of its name.
    pub(crate) fn messages(&self, kind: &str) -> impl Iterator<Item = &Part<'d>> {
        let of_kind = self.messages.iter().filter(move |(name, _)| name.ends_with(kind));
        of_kind.map(|(_, message)| message)
    }

    /// A resource of a type by its name.
    pub(crate) fn named(&self, kind: &str, name: &str) -> Option<Part<'d>> {
        self.messages(kind).find(|part| part.text_of("name") == name).cloned()
    }

    /// Every listener.
    pub(crate) fn listeners(&self) -> impl Iterator<Item = &Part<'d>> {
        self.listeners.iter().chain(self.messages("envoy.config.listener.v3.Listener"))
    }

    /// A cluster by its name.
    pub(crate) fn cluster(&self, name: &str) -> Option<Part<'d>> {
        let own = self.clusters.iter().find(|part| part.text_of("name") == name).cloned();
        own.or_else(|| self.named("envoy.config.cluster.v3.Cluster", name))
    }
}

/// What a bootstrap says itself.
const BOOTSTRAPPED: [&str; 2] = ["static_resources", "staticResources"];

/// What listeners were, or failed to become (`/config_dump`).
const GIVEN_UP: [&str; 2] = ["draining_state", "error_state"];

/// And listeners that stand in the bootstrap as well, if that is there.
const GIVEN_UP_OR_OWN: [&str; 3] = ["draining_state", "error_state", "static_listeners"];
