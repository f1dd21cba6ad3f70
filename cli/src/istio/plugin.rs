//! Wasm plugins: WasmPlugin, and TrafficExtension with `wasm`.

use peergate::Policy;

use crate::manifest::resource::Resource;
use crate::proxy::Findings;
use crate::proxy::place::Place;
use crate::proxy::proto::Part;

use super::patch::{GATEWAY, INBOUND};
use super::scope::Scope;

/// A Wasm plugin.
#[derive(Clone, Debug)]
pub(super) struct Plugin<'d> {
    pub(super) resource: Resource<'d>,
    /// Where its module, its configuration and its fail strategy are.
    pub(super) wasm: Part<'d>,
    pub(super) scope: Scope<'d>,
}

/// Where in the order of filters a plugin stands; in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Ahead of what verifies tokens.
    Authn,
    /// Behind it, ahead of Istio's own authorization.
    Authz,
    /// Behind that.
    Stats,
    /// Behind these.
    Unspecified,
}

impl<'d> Plugin<'d> {
    /// Reads a resource of either kind; none if it is of another one, or no Wasm plugin.
    pub(super) fn read(resource: &Resource<'d>, root: &str) -> Option<Self> {
        if resource.group != "extensions.istio.io" {
            return None;
        }
        let wasm = match resource.kind {
            "WasmPlugin" => resource.spec(),
            "TrafficExtension" => resource.spec().get("wasm")?,
            _ => return None,
        };
        Some(Self { resource: resource.clone(), wasm, scope: Scope::of(resource, root) })
    }

    /// Whether it has this command's filter: by its names, by the module's, or by a policy in it.
    pub(super) fn is_peergate(&self) -> bool {
        let config = self.wasm.get("pluginConfig");
        let is_policy =
            config.is_some_and(|it| it.get("version").is_some() && it.get("apis").is_some());
        let module = self.wasm.text_of("url").rsplit('/').next().unwrap_or_default();
        let names = [self.resource.name, self.wasm.text_of("pluginName")];
        is_policy || names.contains(&"peergate") || module.starts_with("peergate")
    }

    pub(super) fn place(&self) -> &Place {
        self.resource.place()
    }

    pub(super) fn phase(&self) -> Phase {
        match self.resource.spec().text_of("phase") {
            "AUTHN" => Phase::Authn,
            "AUTHZ" => Phase::Authz,
            "STATS" => Phase::Stats,
            _ => Phase::Unspecified,
        }
    }

    /// Of two of one phase the one with the higher priority stands ahead, and one without behind all others.
    pub(super) fn priority(&self) -> i64 {
        let priority = self.resource.spec().get("priority");
        priority.and_then(|it| it.value.as_i64()).unwrap_or(i64::MIN)
    }

    /// Whether it is for what comes into sidecars alone.
    pub(super) fn is_for_servers(&self) -> bool {
        let rules = self.resource.spec().items_of("match");
        !rules.is_empty() && rules.iter().all(|rule| rule.text_of("mode") == "SERVER")
    }

    /// What Envoy's filter is called.
    pub(super) fn filter_name(&self) -> String {
        let kind = self.resource.kind.to_ascii_lowercase();
        format!("extensions.istio.io/{kind}/{}.{}", self.resource.namespace, self.resource.name)
    }
}

/// Whether `match` takes all that comes in: a gateway counts as a client, the way into a sidecar as a server.
fn is_for_all(rules: &Part<'_>, context: &str) -> bool {
    let own = if context == GATEWAY { "CLIENT" } else { "SERVER" };
    let takes_all = |rule: &Part<'_>| {
        ["", "UNDEFINED", "CLIENT_AND_SERVER", own].contains(&rule.text_of("mode"))
            && rule.items_of("ports").is_empty()
    };
    let mut rules = rules.items().peekable();
    rules.peek().is_none() || rules.any(|rule| takes_all(&rule))
}

/// Looks at what the plugin says of itself; `is_guarded`: what it does not let pass is refused. `context` is that
/// of its patches.
pub(super) fn check(
    plugin: &Plugin<'_>,
    policy: &Policy,
    is_guarded: bool,
    context: &str,
    findings: &mut Findings,
) {
    let spec = plugin.resource.spec();
    phase(plugin, policy, findings);
    let kind = plugin.wasm.get("type").filter(|kind| kind.text() == Some("NETWORK"));
    if let Some(kind) = kind {
        findings.error(
            &kind.place,
            "peergate is a filter of requests, and not of connections: nothing is judged",
        );
    }
    let strategy = plugin.wasm.get("failStrategy");
    match strategy.as_ref().and_then(Part::text) {
        Some("FAIL_RELOAD") => {}
        Some("FAIL_OPEN") => {
            let place = strategy.as_ref().map_or(plugin.place(), |it| &it.place);
            let what = "requests go past peergate where its VM fails or its module cannot be fetched";
            match is_guarded {
                true => findings.warn(place, format_args!("{what}: the guard refuses them with 403")),
                false => findings.error(place, format_args!("{what}, and there is no guard: all of them pass")),
            }
        }
        _ => findings.note(
            strategy.as_ref().map_or(plugin.place(), |it| &it.place),
            "a VM that trapped stays dead, and its worker answers 503 until the gateway starts again: `failStrategy: \
             FAIL_RELOAD` (Istio 1.27) replaces it",
        ),
    }
    if let Some(rules) = spec.get("match").filter(|rules| !is_for_all(rules, context)) {
        let what = "peergate is there for some ports or directions alone";
        match is_guarded {
            true => findings.warn(
                &rules.place,
                format_args!("{what}: the guard refuses what comes another way with 403"),
            ),
            false => findings.error(
                &rules.place,
                format_args!("{what}, and there is no guard: what comes another way passes"),
            ),
        }
    }
    if context == INBOUND && !plugin.is_for_servers() {
        findings.warn(
            &spec.place,
            "does not say `match: [{ mode: SERVER }]`: what the workload asks of others is judged too, and refused",
        );
    }
    if plugin.scope.is_whole_namespace() {
        findings.warn(
            &spec.place,
            format_args!("selects no workload: peergate judges the requests of {}", plugin.scope),
        );
    }
}

fn phase(plugin: &Plugin<'_>, policy: &Policy, findings: &mut Findings) {
    let phase = plugin.resource.spec().get("phase");
    let place = phase.as_ref().map_or(plugin.place(), |it| &it.place);
    let reads_tokens = policy.expected_tokens().next().is_some();
    match plugin.phase() {
        Phase::Authz => {}
        Phase::Authn if reads_tokens => findings.error(
            place,
            "stands ahead of what verifies tokens (RequestAuthentication), and the policy looks at tokens: none holds; \
             say `phase: AUTHZ`",
        ),
        Phase::Authn => findings.note(
            place,
            "stands ahead of what verifies tokens (RequestAuthentication): with tokens in the policy it would have to be \
             AUTHZ",
        ),
        Phase::Stats | Phase::Unspecified => findings.warn(
            place,
            "does not say `phase: AUTHZ`: Istio's authorization and the plugins of other phases see requests before \
             they are judged, and answer or change them",
        ),
    }
}
