//! The plugin: an item of `wasm` in an EnvoyExtensionPolicy.

use peergate::Policy;

use crate::manifest::module;
use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::proto::Part;
use crate::proxy::writers::NAMESPACE;

use super::POLICIES;
use super::target::Target;

/// A plugin with this command's filter.
pub(super) struct Plugin<'d> {
    pub(super) resource: Resource<'d>,
    /// The item of `wasm`.
    pub(super) item: Part<'d>,
    /// Which one it is.
    index: usize,
    pub(super) targets: Vec<Target<'d>>,
}

impl<'d> Plugin<'d> {
    /// All of these resources.
    pub(super) fn all(resources: &[Resource<'d>]) -> Vec<Self> {
        let policies = resources.iter().filter(|it| it.is(POLICIES, "EnvoyExtensionPolicy"));
        let of_policy = |resource: &Resource<'d>| -> Vec<Self> {
            let items = resource.spec().items_of("wasm").into_iter().enumerate();
            let own = items.filter(|(_, item)| is_peergate(item));
            own.map(|(index, item)| Self {
                resource: resource.clone(),
                item,
                index,
                targets: Target::all(resource, resources),
            })
            .collect()
        };
        policies.flat_map(of_policy).collect()
    }

    /// The routes that it is for, if it is for these alone; none if it is for all of a Gateway, whatever else it names,
    /// or selects by labels, which Gateways and routes that are not here may have.
    pub(super) fn routes(&self) -> Vec<&Target<'d>> {
        let selects = !self.resource.spec().items_of("targetSelectors").is_empty();
        if selects || self.targets.iter().any(|it| !it.kind.ends_with("Route")) {
            return Vec::new();
        }
        self.targets.iter().collect()
    }
}

/// Whether an item of `wasm` is this command's filter: by its name, the module's, or a policy in it.
pub(super) fn is_peergate(item: &Part<'_>) -> bool {
    let config = item.get("config");
    let is_policy =
        config.is_some_and(|it| it.get("version").is_some() && it.get("apis").is_some());
    let code = item.get("code");
    let source = code.as_ref().and_then(|code| code.get("image").or_else(|| code.get("http")));
    let url = source.map(|source| source.text_of("url")).unwrap_or_default();
    let module = url.rsplit('/').next().unwrap_or_default();
    is_policy || item.text_of("name") == "peergate" || module.starts_with("peergate")
}

/// Looks at what the plugin says of itself, and at what stands beside it.
pub(super) fn check(
    plugin: &Plugin<'_>,
    policy: &Policy,
    is_guarded: bool,
    findings: &mut Findings,
) {
    if let Some(open) = plugin.item.get("failOpen").filter(|open| open.is(true)) {
        let what = "requests go past peergate where its VM fails or its module cannot be fetched";
        match is_guarded {
            true => {
                findings.warn(&open.place, format_args!("{what}: the guard refuses them with 403"))
            }
            false => findings.error(
                &open.place,
                format_args!("{what}, and there is no guard: all of them pass"),
            ),
        }
    }
    if plugin.targets.is_empty() {
        findings
            .warn(&plugin.resource.spec().place, "is attached to nothing that can be seen here");
    }
    let code = plugin.item.get("code");
    let pull = code.as_ref().map(|code| code.text_of("pullPolicy")).unwrap_or_default();
    match code.as_ref().and_then(|code| code.get("image").or_else(|| code.get("http"))) {
        Some(source) => module::check(&source, pull, findings),
        None => module::check(&plugin.item, pull, findings),
    }
    beside(plugin, policy, findings);
}

/// Looks at the other extensions of the policy.
fn beside(plugin: &Plugin<'_>, policy: &Policy, findings: &mut Findings) {
    let spec = plugin.resource.spec();
    let reads_tokens = policy.expected_tokens().next().is_some();
    for service in spec.items_of("extProc") {
        let metadata = service.get("metadata").map(|it| it.items_of("writableNamespaces"));
        let writes =
            metadata.unwrap_or_default().into_iter().find(|it| it.text() == Some(NAMESPACE));
        match writes.filter(|_| reads_tokens) {
            Some(writes) => findings.error(&writes.place, crate::proxy::writers::WRITES),
            None => findings.note(&service.place, AHEAD),
        }
    }
    for script in spec.items_of("lua") {
        match reads_tokens {
            true => findings.warn(
                &script.place,
                format_args!(
                    "{AHEAD}, and could write {NAMESPACE}, where peergate would believe it"
                ),
            ),
            false => findings.note(&script.place, AHEAD),
        }
    }
    for (index, other) in spec.items_of("wasm").into_iter().enumerate() {
        match index.cmp(&plugin.index) {
            std::cmp::Ordering::Less => findings.note(
                &other.place,
                format_args!(
                    "{AHEAD}, and could say for itself that one may pass (`wasm.peergate`)"
                ),
            ),
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => findings.note(&other.place, BEHIND),
        }
    }
    for module in spec.items_of("dynamicModule") {
        findings.note(&module.place, BEHIND);
    }
}

const AHEAD: &str = "stands ahead of peergate: it sees requests that nobody has judged";

const BEHIND: &str = "stands behind peergate: its code may change host, path or headers and have the route chosen anew, so \
                      that a request takes another one than it was judged for";
