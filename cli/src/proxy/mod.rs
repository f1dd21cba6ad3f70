//! Whether an Envoy's configuration keeps what a policy takes for granted: a file for each thing that is
//! looked at, each of which takes a [`Manager`] and reports what it finds.

mod connection;
mod delivery;
pub(crate) mod domain;
pub(crate) mod exempt;
mod feeds;
pub(crate) mod filter;
pub(crate) mod finding;
pub(crate) mod forwarded;
pub(crate) mod guard;
pub(crate) mod handshake;
pub(crate) mod hosts;
pub(crate) mod manager;
mod names;
pub(crate) mod paths;
pub(crate) mod place;
pub(crate) mod proto;
mod providers;
pub(crate) mod rates;
mod requirement;
pub(crate) mod rerouting;
pub(crate) mod resources;
pub(crate) mod routes;
mod scripts;
pub(crate) mod tokens;
pub(crate) mod upgrades;
pub(crate) mod writers;

use std::path::PathBuf;

use peergate::Policy;

use crate::failure::Failure;

use connection::Connection;
use manager::Manager;
use resources::{Index, Resources};

pub(crate) use finding::{Findings, Weight};

/// Looks at the configuration of an Envoy, which may be in several files: a bootstrap, resources that it reads
/// from files (LDS, RDS, ECDS), or what `/config_dump` answers.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn check(files: &[PathBuf], policy: &Policy) -> Result<Findings, Failure> {
    let resources = Resources::read(files)?;
    let mut findings = Findings::default();
    let index = Index::of(&resources);
    let managers = Manager::all(&index);
    if !managers.iter().any(|manager| manager.peergate().is_some()) {
        let place = resources.first_place();
        findings
            .error(&place, "no HTTP connection manager has the filter peergate: nothing is judged");
    }
    for manager in &managers {
        let Some(peergate) = manager.peergate() else {
            findings.note(&manager.place, "has no filter peergate: what comes here is not judged");
            continue;
        };
        findings.seen = findings.seen.saturating_add(1);
        tokens::check(manager, peergate, policy, &mut findings);
        routes::check(manager, policy, &mut findings);
        rates::check(manager, peergate, policy, &mut findings);
        guard::check(manager, peergate, &mut findings);
        rerouting::check(manager, peergate, policy, &mut findings);
        hosts::check(manager, policy, &mut findings);
        paths::check(manager, policy, &mut findings);
        forwarded::check(manager, policy, &mut findings);
        delivery::check(manager, peergate, &mut findings);
        upgrades::check(manager, &index, policy, &mut findings);
        match Connection::of(manager, &index) {
            Some(connection) => {
                handshake::check(&connection, policy, &mut findings);
                connection.unread(&mut findings);
            }
            None => findings.note(
                &manager.place,
                "its listener is not here, nor can its TLS be seen: give its file, too, or a config_dump",
            ),
        }
    }
    let judged = managers.iter().filter(|manager| manager.peergate().is_some());
    names::check(&judged.collect::<Vec<_>>(), policy, &mut findings);
    guard::forgers(&index, &mut findings);
    feeds::check(&index, policy, &mut findings);
    Ok(findings)
}
