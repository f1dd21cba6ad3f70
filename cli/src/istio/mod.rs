//! Whether manifests for Istio keep what a policy takes for granted: a file for each thing that is looked at.

mod age;
mod callers;
mod chain;
mod connection;
mod feeds;
mod forwarding;
mod guard;
mod listener;
mod merged;
mod mesh;
mod order;
mod patch;
mod plugin;
mod presence;
mod routes;
mod scope;
mod server;
mod sidecar;
mod tcp_guard;
mod tokens;

use std::path::PathBuf;

use peergate::Policy;

use crate::failure::Failure;
use crate::manifest::embedded::{self, Wanted};
use crate::manifest::hosts;
use crate::manifest::module;
use crate::manifest::resource::Manifests;
use crate::proxy::Findings;
use crate::proxy::guard::forgers;
use crate::proxy::resources::Index;

use mesh::{Mesh, NETWORKING};
use patch::{GATEWAY, Patch, Point};
use plugin::Plugin;
use routes::Gateway;
use scope::{Cover, Scope};
use server::{Kind, Server};

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
    let mesh = Mesh::of(&manifests);
    let mut findings = Findings::default();
    let plugins = mesh.plugins();
    for plugin in plugins.iter().filter(|plugin| plugin.is_peergate()) {
        findings.seen = findings.seen.saturating_add(1);
        let config = plugin.wasm.get("pluginConfig");
        let own = embedded::read(config.as_ref(), plugin.place(), wanted, now, &mut findings);
        let Some(policy) = wanted.map(|wanted| wanted.policy).or(own.as_ref()) else { continue };
        check_plugin(plugin, &plugins, &mesh, policy, &mut findings);
    }
    if findings.seen == 0 {
        findings.error(
            manifests.first_place(),
            "no WasmPlugin or TrafficExtension has the filter peergate: nothing is judged",
        );
    }
    forgers(&Index::of_documents(manifests.documents()), &mut findings);
    Ok(findings)
}

fn check_plugin(
    plugin: &Plugin<'_>,
    plugins: &[Plugin<'_>],
    mesh: &Mesh<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    let shared: Vec<Plugin<'_>> = plugins
        .iter()
        .filter(|other| other.scope.cover(&plugin.scope) != Cover::Nothing)
        .cloned()
        .collect();
    let patches = patch::all(mesh, &plugin.scope);
    let gateways = gateways(plugin, mesh, findings);
    let mut is_guarded = true;
    let mut judge = |point: &Point<'_>, findings: &mut Findings| {
        is_guarded &= guard::check(plugin, &shared, mesh, &patches, point, policy, findings);
    };
    let ports: Vec<u64> =
        gateways.iter().flat_map(|it| &it.servers).filter_map(|server| server.port).collect();
    let servers: Vec<(&Server<'_>, Point<'_>)> = gateways
        .iter()
        .flat_map(|it| &it.servers)
        .map(|server| (server, server.point(&ports)))
        .collect();
    for (server, point) in &servers {
        if server.kind() != Kind::Connections {
            judge(point, findings);
            listener::check(&patches, point, findings);
            connection::check(&server.part.place, mesh, &patches, point, policy, findings);
        }
        server::check(server, mesh, &patches, point, policy, findings);
    }
    let mut context = GATEWAY;
    if servers.is_empty() {
        let point = sidecar::point(plugin, &patches);
        context = point.context;
        judge(&point, findings);
        listener::check(&patches, &point, findings);
        connection::check(plugin.place(), mesh, &patches, &point, policy, findings);
        sidecar::check(plugin, mesh, &patches, &point, policy, findings);
    }
    guard::configurations(plugin, &patches, findings);
    plugin::check(plugin, policy, is_guarded, context, findings);
    module::check(&plugin.wasm, plugin.wasm.text_of("imagePullPolicy"), findings);
    order::check(plugin, &shared, mesh, findings);
    tokens::check(plugin, mesh, &patches, policy, findings);
    forwarding::check(mesh, policy, findings);
    routes::check(&gateways, mesh, policy, findings);
    hosts::ports(policy, plugin.place(), findings);
    feeds::check(plugin.place(), mesh, policy, findings);
    unused(&patches, &servers, findings);
}

/// The Gateways that are served by the plugin's workloads.
fn gateways<'m, 'd>(
    plugin: &Plugin<'d>,
    mesh: &'m Mesh<'d>,
    findings: &mut Findings,
) -> Vec<Gateway<'m, 'd>> {
    let mut found = Vec::new();
    for resource in mesh.all(NETWORKING, "Gateway") {
        let scope = Scope::of_gateway(resource.spec().get("selector").as_ref());
        if !plugin.scope.may_serve(&scope, resource.namespace) {
            continue;
        }
        if plugin.scope.labels_cover(&scope) != Cover::All {
            findings.warn(
                resource.place(),
                format_args!(
                    "is served by {scope}, and peergate is for {}: it may not judge all of it",
                    plugin.scope
                ),
            );
        }
        found.push(Gateway { resource, servers: Server::all(resource) });
    }
    found
}

/// Tells of patches for a server name that no server has.
fn unused(patches: &[Patch<'_>], servers: &[(&Server<'_>, Point<'_>)], findings: &mut Findings) {
    if servers.is_empty() {
        return;
    }
    let chains = patches.iter().filter(|patch| patch.apply_to == "FILTER_CHAIN");
    for patch in chains.filter(|patch| !servers.iter().any(|(_, point)| patch.is_for(point))) {
        findings.note(&patch.part.place, "is for no server of a Gateway here");
    }
}
