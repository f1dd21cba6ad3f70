//! Whether manifests for Envoy Gateway keep what a policy takes for granted: a file for each thing that is looked at.

mod anchor;
mod exempt;
mod feeds;
mod gateway;
mod guard;
mod overrides;
mod patch;
mod plugin;
mod replaced;
mod routes;
mod target;
mod tokens;
mod traffic;

use std::path::PathBuf;

use peergate::Policy;

use crate::failure::Failure;
use crate::manifest::embedded::{self, Wanted};
use crate::manifest::hosts;
use crate::manifest::resource::{ENVOY_GATEWAY, Manifests, Resource};
use crate::proxy::Findings;
use crate::proxy::guard::forgers;
use crate::proxy::resources::Index;

use gateway::Gateway;
use patch::Patch;
use plugin::Plugin;

/// The group of Envoy Gateway's own resources.
const POLICIES: &str = "gateway.envoyproxy.io";
/// The group of Gateways and routes.
const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// Looks at manifests, which may be in several files, and holds them against the policies in their plugins or the one
/// that is given. `now` is in seconds since 1970.
///
/// # Errors
/// A file that cannot be read, or holds something that is no manifest.
pub(crate) fn check(
    files: &[PathBuf],
    wanted: Option<&Wanted<'_>>,
    now: i64,
) -> Result<Findings, Failure> {
    let manifests = Manifests::read(files)?;
    let resources = manifests.resources();
    let mut findings = Findings::default();
    let patches = Patch::all(&resources);
    for plugin in &Plugin::all(&resources) {
        findings.seen = findings.seen.saturating_add(1);
        let config = plugin.item.get("config");
        let own = embedded::read(config.as_ref(), &plugin.item.place, wanted, now, &mut findings);
        let Some(policy) = wanted.map(|wanted| wanted.policy).or(own.as_ref()) else { continue };
        check_plugin(plugin, &resources, &patches, policy, &mut findings);
    }
    if findings.seen == 0 {
        findings.error(
            manifests.first_place(),
            "no EnvoyExtensionPolicy has the filter peergate: nothing is judged",
        );
    }
    forgers(&Index::of_documents(manifests.documents()), &mut findings);
    Ok(findings)
}

fn check_plugin(
    plugin: &Plugin<'_>,
    resources: &[Resource<'_>],
    patches: &[Patch<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    let gateways = Gateway::all(plugin, resources);
    let mut is_guarded = !gateways.is_empty();
    if gateways.is_empty() {
        findings.error(
            &plugin.item.place,
            "no guard behind peergate: no EnvoyPatchPolicy for a Gateway of it is here",
        );
    }
    for gateway in &gateways {
        for listener in listeners(gateway, patches, findings) {
            is_guarded &=
                guard::check(plugin, gateway, &listener, patches, resources, policy, findings);
            if !guard::reloads(plugin, gateway, &listener, patches) {
                findings.note(
                    &plugin.item.place,
                    format_args!(
                        "a VM that trapped stays dead, and its worker answers 503 until Envoy starts again: a patch of \
                         {listener} can say `failure_policy: FAIL_RELOAD`"
                    ),
                );
            }
        }
        match gateway.listeners.is_empty() {
            true => traffic::check(gateway, None, resources, patches, policy, findings),
            false => {
                for listener in &gateway.listeners {
                    traffic::check(gateway, Some(listener), resources, patches, policy, findings);
                }
            }
        }
    }
    enabled(resources, findings);
    plugin::check(plugin, policy, is_guarded, findings);
    replaced::check(plugin, &gateways, resources, is_guarded, findings);
    tokens::check(plugin, &gateways, resources, policy, findings);
    routes::check(plugin, &gateways, resources, policy, findings);
    hosts::ports(policy, &plugin.item.place, findings);
    feeds::check(plugin, &gateways, patches, policy, findings);
}

/// What Envoy's listeners of a Gateway are called; where the Gateway is not here, those that are patched.
fn listeners(gateway: &Gateway<'_>, patches: &[Patch<'_>], findings: &mut Findings) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut add = |name: &str| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    let is_read = |protocol: &str| ["HTTP", "HTTPS"].contains(&protocol);
    let own = gateway.listeners.iter().filter(|it| is_read(it.part.text_of("protocol")));
    own.for_each(|it| add(&it.envoy_name));
    if gateway.resource.is_none() {
        let prefix = gateway.prefix();
        let patched = patches.iter().filter(|it| it.kind == "Listener" && it.is_for(gateway));
        patched.filter(|it| it.name.starts_with(&prefix)).for_each(|it| add(it.name));
        findings.note(
            &gateway.place,
            format_args!(
                "the Gateway {} is not here, nor can its listeners be seen: give its file, too",
                gateway.name
            ),
        );
        if names.is_empty() {
            names.push(format!("{prefix}https"));
        }
    }
    names
}

/// Whether Envoy Gateway hears EnvoyPatchPolicies.
fn enabled(resources: &[Resource<'_>], findings: &mut Findings) {
    let patches = resources.iter().find(|it| it.is(POLICIES, "EnvoyPatchPolicy"));
    let configuration = resources.iter().find(|it| it.kind == ENVOY_GATEWAY);
    match (patches, configuration) {
        (Some(patches), None) => findings.note(
            patches.place(),
            "is heard only where the configuration of Envoy Gateway says `extensionApis: { enableEnvoyPatchPolicy: true }`, \
             which cannot be seen here",
        ),
        (Some(_), Some(configuration)) => {
            let part = &configuration.part;
            let apis = part.get("extensionApis").or_else(|| configuration.spec().get("extensionApis"));
            if !apis.as_ref().is_some_and(|apis| apis.is_true("enableEnvoyPatchPolicy")) {
                findings.error(
                    apis.as_ref().map_or(configuration.place(), |apis| &apis.place),
                    "does not say `enableEnvoyPatchPolicy: true`: the guard is not there, and what Envoy leaves peergate \
                     out for passes",
                );
            }
        }
        (None, _) => {}
    }
}
