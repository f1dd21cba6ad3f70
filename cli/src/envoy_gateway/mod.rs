//! Whether manifests for Envoy Gateway keep what a policy takes for granted: a file for each thing that is looked at.

mod anchor;
mod changes;
mod exempt;
mod feeds;
mod gateway;
mod guard;
mod listeners;
mod overrides;
mod patch;
mod plugin;
mod replaced;
mod routes;
mod setting;
mod target;
mod tokens;
mod traffic;

use std::path::PathBuf;

use peergate::Policy;

use crate::failure::Failure;
use crate::manifest::embedded::{self, Wanted};
use crate::manifest::hosts;
use crate::manifest::resource::{Manifests, Resource};
use crate::proxy::Findings;
use crate::proxy::guard::forgers;
use crate::proxy::resources::Index;

use gateway::Gateway;
use patch::Patch;
use plugin::Plugin;
use setting::Setting;

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
    let setting = Setting::read(&resources);
    let patches = Patch::all(&resources, setting);
    for plugin in &Plugin::all(&resources) {
        findings.seen = findings.seen.saturating_add(1);
        let config = plugin.item.get("config");
        let own = embedded::read(config.as_ref(), &plugin.item.place, wanted, now, &mut findings);
        let Some(policy) = wanted.map(|wanted| wanted.policy).or(own.as_ref()) else { continue };
        check_plugin(plugin, &resources, &patches, setting, policy, &mut findings);
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
    setting: Setting,
    policy: &Policy,
    findings: &mut Findings,
) {
    let gateways = Gateway::all(plugin, resources, setting);
    let mut is_guarded = !gateways.is_empty();
    if gateways.is_empty() {
        findings.error(
            &plugin.item.place,
            "no guard behind peergate: no EnvoyPatchPolicy for a Gateway of it is here",
        );
    }
    for gateway in &gateways {
        for listener in listeners::all(gateway, patches, resources, setting, findings) {
            is_guarded &=
                guard::check(plugin, gateway, &listener, patches, resources, policy, findings);
            if !changes::reloads(plugin, gateway, &listener, patches) {
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
    setting::enabled(resources, findings);
    plugin::check(plugin, policy, is_guarded, findings);
    replaced::check(plugin, &gateways, resources, is_guarded, findings);
    tokens::check(plugin, &gateways, resources, policy, findings);
    routes::check(plugin, &gateways, resources, setting, policy, findings);
    hosts::ports(policy, &plugin.item.place, findings);
    feeds::check(plugin, &gateways, patches, policy, findings);
}
