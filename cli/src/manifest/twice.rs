//! Resources that are there twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::proxy::Findings;

use super::resource::{Manifests, Resource};

/// Tells of resources of one kind, namespace and name in these files that are not equal: of those a cluster has one,
/// and what is found in the other holds for nothing.
///
/// # Errors
/// As [`Manifests::read`].
pub(crate) fn check(files: &[PathBuf], findings: &mut Findings) -> Result<(), Failure> {
    find(&Manifests::read(files)?, findings);
    Ok(())
}

fn find(manifests: &Manifests, findings: &mut Findings) {
    let resources = manifests.resources();
    let mut first: HashMap<_, &Resource<'_>> = HashMap::new();
    // What has no name yet is given one of its own (`generateName`), or stands in a ConfigMap that has one.
    for resource in resources.iter().filter(|it| !it.name.is_empty()) {
        match first.entry((resource.group, resource.kind, resource.namespace, resource.name)) {
            Entry::Vacant(free) => {
                free.insert(resource);
            }
            Entry::Occupied(taken) if taken.get().part.value == resource.part.value => {}
            Entry::Occupied(taken) => findings.error(
                resource.place(),
                format_args!(
                    "is there twice{}: the one applied last replaces the other",
                    elsewhere(taken.get(), resource)
                ),
            ),
        }
    }
}

/// Where the first is, if not in the same file.
fn elsewhere(first: &Resource<'_>, second: &Resource<'_>) -> String {
    let file = first.place().of_file();
    match file == second.place().of_file() {
        true => String::new(),
        false => format!(", first in {file}"),
    }
}
