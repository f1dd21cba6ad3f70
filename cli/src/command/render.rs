//! `peergate render`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::document;
use crate::failure::Failure;
use crate::render::{Envoy, EnvoyGateway, Istio, IstioSidecar, agree_on_hosts};

/// Prints complete manifests for a policy: listener, filter, guard
#[derive(clap::Args)]
pub(crate) struct Render {
    #[command(subcommand)]
    target: Box<Target>,
}

#[derive(clap::Subcommand)]
enum Target {
    Envoy(For<Envoy>),
    EnvoyGateway(For<EnvoyGateway>),
    Istio(For<Istio>),
    IstioSidecar(For<IstioSidecar>),
}

#[derive(clap::Args)]
struct For<T: clap::Args> {
    /// The policy, as YAML or JSON
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
    #[command(flatten)]
    target: T,
}

impl Render {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let read = |path| {
            let (policy, document) = document::policy(path)?;
            agree_on_hosts(&policy)?;
            Ok((policy, document))
        };
        let manifests = match *self.target {
            Target::Envoy(it) => {
                let (policy, document) = read(&it.policy)?;
                it.target.render(&policy, &document)
            }
            Target::EnvoyGateway(it) => {
                let (policy, document) = read(&it.policy)?;
                it.target.render(&policy, &document)
            }
            Target::Istio(it) => {
                let (policy, document) = read(&it.policy)?;
                it.target.render(&policy, &document)
            }
            Target::IstioSidecar(it) => {
                let (policy, document) = read(&it.policy)?;
                it.target.render(&policy, &document)
            }
        }?;
        let written = io::stdout().lock().write_all(manifests.as_bytes());
        written.map_err(|error| Failure::Input(format!("standard output: {error}")))?;
        Ok(ExitCode::SUCCESS)
    }
}
