//! The policy in a plugin.

use std::path::Path;

use peergate::Policy;
use serde_json::Value;

use crate::proxy::Findings;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

/// The policy that manifests are held against, where it is not that which stands in them.
pub(crate) struct Wanted<'w> {
    pub(crate) file: &'w Path,
    pub(crate) policy: &'w Policy,
    pub(crate) document: &'w Value,
}

/// Reads the policy of a plugin, and tells what is wrong with it; none if it cannot be read, or is not what
/// decides here. `now` is in seconds since 1970.
pub(crate) fn read(
    config: Option<&Part<'_>>,
    plugin: &Place,
    wanted: Option<&Wanted<'_>>,
    now: i64,
    findings: &mut Findings,
) -> Option<Policy> {
    let Some(config) = config else {
        findings.error(plugin, "has no policy: the filter refuses every request");
        return None;
    };
    match Policy::read(config.value.to_string().as_bytes()) {
        Err(problems) => {
            for problem in problems.iter() {
                findings.error(&within(config, &problem.path), &problem.message);
            }
            None
        }
        Ok(policy) => {
            if let Some(wanted) = wanted {
                if config.value != wanted.document {
                    findings.warn(
                        &config.place,
                        format_args!(
                            "is another policy than {}, of which the rest is told: render it anew",
                            wanted.file.display()
                        ),
                    );
                }
                return None;
            }
            for skipped in policy.skipped().iter() {
                let what = format_args!("skipped: {}", skipped.message);
                findings.warn(&within(config, &skipped.path), what);
            }
            for doubt in policy.doubts().iter() {
                findings.warn(&within(config, &doubt.path), &doubt.message);
            }
            for ending in policy.endings_soon(now) {
                let told = ending.to_string();
                let (path, what) = told.split_once(": ").unwrap_or(("", &told));
                findings.warn(&within(config, path), what);
            }
            Some(policy)
        }
    }
}

/// A place in a policy that is written as a path.
fn within(config: &Part<'_>, path: &str) -> Place {
    if path.is_empty() { config.place.clone() } else { config.place.path(path) }
}
