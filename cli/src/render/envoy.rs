//! A bootstrap for Envoy, and the file it reads the policy from.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf, absolute};

use peergate::{Location, Policy};
use serde_json::Value;

use crate::failure::Failure;
use crate::output::on_one_line;
use crate::proxy::{self, Weight};

use super::argument::{Endpoint, yaml_file};
use super::feeds::{self, FeedAddress};
use super::template::fill;
use super::version::Version;
use super::{GUARD, jwks, jwt_authn, quote, rate_limit, server, tokens};

/// Bootstrap and policy for Envoy.
#[derive(clap::Args)]
pub(crate) struct Envoy {
    /// Write peergate.yaml there, and bootstrap.yaml if there is none, instead of both to standard output
    #[arg(long)]
    directory: Option<PathBuf>,
    /// The oldest Envoy that it is for: 1.36 or later
    #[arg(long, value_name = "VERSION", default_value = Version::V1_38.name())]
    envoy: Version,
    /// Write bootstrap.yaml although there is one
    #[arg(long)]
    overwrite: bool,
    /// Where Envoy finds the filter [default: where the directory's peergate.yaml says, else
    /// /etc/envoy/peergate_http.wasm]
    #[arg(long, value_name = "PATH")]
    module: Option<String>,
    /// Where clients connect
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:8443")]
    listen: SocketAddr,
    /// Where Envoy's administration listens
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9901")]
    admin: SocketAddr,
    /// Where Envoy finds the server's certificate
    #[arg(long, value_name = "PATH", default_value = "/etc/envoy/tls.crt")]
    certificate: String,
    /// Where Envoy finds the server's private key
    #[arg(long, value_name = "PATH", default_value = "/etc/envoy/tls.key")]
    key: String,
    /// Where requests go that pass
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    upstream: Endpoint,
    /// Where Envoy finds peergate.yaml [default: in --directory, else /etc/envoy/peergate.yaml]
    #[arg(long, value_name = "PATH", value_parser = yaml_file)]
    policy_file: Option<String>,
    /// Where the feeds of dynamic lists are, by their clusters' names: HOST:PORT, or https://HOST:PORT to ask
    /// over TLS; may be given several times
    #[arg(long = "feed", value_name = "CLUSTER=ADDRESS")]
    feeds: Vec<FeedAddress>,
    /// Where Envoy finds the sync service
    #[arg(long, value_name = "PATH", default_value = "/etc/envoy/peergate_sync.wasm")]
    sync_module: String,
    /// Leave the dynamic lists to the filter's own workers
    #[arg(long)]
    without_sync_service: bool,
    /// Where the keys of an issuer of tokens are: an absolute path on Envoy's machine, or https://HOST/PATH;
    /// may be given several times
    #[arg(long, value_name = "ISSUER=SOURCE")]
    jwks: Vec<String>,
    /// Where Envoy finds the authorities by which it trusts servers with keys, and feeds that it asks over TLS
    #[arg(long, value_name = "PATH", default_value = "/etc/ssl/certs/ca-certificates.crt")]
    trusted_ca: String,
    /// Where a rate limit service counts for all gateways, as Envoy asks one over gRPC
    #[arg(long, value_name = "HOST:PORT")]
    rate_limit_service: Option<Endpoint>,
}

impl Envoy {
    /// Writes the files, or returns both.
    pub(crate) fn render(&self, policy: &Policy, document: &Value) -> Result<String, Failure> {
        let Some(directory) = &self.directory else {
            let bootstrap = self.bootstrap(policy, document, None)?;
            let policy = self.policy(document, None)?;
            return Ok(format!("{bootstrap}---\n{policy}"));
        };
        let directory = &absolute(directory).map_err(|error| Failure::file(directory, error))?;
        fs::create_dir_all(directory).map_err(|error| Failure::file(directory, error))?;
        let bootstrap = directory.join("bootstrap.yaml");
        let file = directory.join(POLICY);
        let resource = self.policy(document, module_in(&file))?;
        // The bootstrap is the user's from the first time on: routes and clusters are in it.
        let done = if self.overwrite || !bootstrap.exists() {
            replace(&bootstrap, &self.bootstrap(policy, document, Some(directory))?)?;
            "wrote"
        } else {
            "kept"
        };
        replace(&file, &resource)?;
        if done == "kept" {
            // It was made for another policy, and may have been changed since.
            tell_of_kept(&[bootstrap.clone(), file.clone()], policy);
        }
        Ok(format!("{done} {}\nwrote {}\n", bootstrap.display(), file.display()))
    }

    fn bootstrap(
        &self,
        policy: &Policy,
        document: &Value,
        directory: Option<&PathBuf>,
    ) -> Result<String, Failure> {
        let file = match (&self.policy_file, directory) {
            (Some(file), _) => file.clone(),
            (None, Some(directory)) => directory.join(POLICY).display().to_string(),
            (None, None) => format!("/etc/envoy/{POLICY}"),
        };
        let parent = Path::new(&file).parent().map(|parent| parent.display().to_string());
        let directory =
            parent.filter(|parent| !parent.is_empty()).unwrap_or_else(|| ".".to_owned());
        let service = match self.without_sync_service {
            true => String::new(),
            false => feeds::service(document, &self.sync_module)?,
        };
        let needed = tokens::needed(policy)?;
        let sources = jwks::sources(&needed, &self.jwks)?;
        let (rate_limit, rate_limit_cluster) = match &self.rate_limit_service {
            Some(service) => (rate_limit::filter(policy)?, rate_limit::cluster(service)?),
            None => (String::new(), String::new()),
        };
        let ca = &self.trusted_ca;
        let feeds = feeds::clusters(policy, &self.feeds, ca)?;
        let feed_clusters: String =
            feeds.iter().map(|(_, cluster)| server::item(cluster)).collect();
        let text = |text: &str| quote::text(text);
        let address = |address: SocketAddr| text(&address.ip().to_string());
        fill(
            include_str!("templates/envoy-bootstrap.yaml"),
            &[
                ("envoy", self.envoy.name()),
                ("peer_certificate", self.envoy.carrier()),
                ("listen_address", &address(self.listen)),
                ("listen_port", &self.listen.port().to_string()),
                ("certificate", &text(&self.certificate)),
                ("key", &text(&self.key)),
                ("policy_file", &text(&file)),
                ("policy_directory", &text(&directory)),
                ("jwt_authn", &jwt_authn::filter(&needed, &sources)?),
                ("guard", GUARD),
                ("rate_limit", &rate_limit),
                ("upstream_host", &text(&self.upstream.host)),
                ("upstream_port", &self.upstream.port.to_string()),
                ("logged_path", logged_path(policy)),
                ("feed_clusters", &feed_clusters),
                ("jwks_clusters", &jwt_authn::clusters(&sources, ca)?),
                ("rate_limit_cluster", &rate_limit_cluster),
                ("sync_service", &service),
                ("admin_address", &address(self.admin)),
                ("admin_port", &self.admin.port().to_string()),
            ],
        )
    }

    fn policy(&self, policy: &Value, module: Option<String>) -> Result<String, Failure> {
        let module = self.module.clone().or(module).unwrap_or_else(|| MODULE.to_owned());
        let values = [("module", &*quote::text(&module)), ("policy", &quote::json(policy))];
        fill(include_str!("templates/envoy-policy.yaml"), &values)
    }
}

/// Tells what a bootstrap that stays lacks for a policy. The policy is there by now: Envoy has to be told, too.
fn tell_of_kept(files: &[PathBuf], policy: &Policy) {
    match proxy::check(files, policy) {
        Ok(findings) => {
            for finding in findings.iter().filter(|finding| finding.weight != Weight::Note) {
                eprintln!("{}", on_one_line(&finding.to_string()));
            }
        }
        Err(failure) => eprintln!("{failure}"),
    }
}

/// What the access log tells of paths.
fn logged_path(policy: &Policy) -> &'static str {
    let in_query = |location: &Location| matches!(location, Location::Query(_));
    if policy.credential_locations().any(in_query) {
        "# Without the query, in which clients may send tokens or keys.\npath: \"%PATH(NQ:PATH)%\""
    } else {
        "path: \"%REQ(:PATH)%\""
    }
}

/// Where the policy file that is replaced finds the filter.
fn module_in(file: &Path) -> Option<String> {
    let resource: Value = serde_saphyr::from_str(&fs::read_to_string(file).ok()?).ok()?;
    let module = "/resources/0/typed_config/config/vm_config/code/local/filename";
    resource.pointer(module)?.as_str().map(str::to_owned)
}

/// Writes a file beside and renames it, so that a running Envoy sees the change, and sees it whole.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("yaml.new");
    fs::write(&beside, text).map_err(|error| Failure::file(&beside, error))?;
    fs::rename(&beside, path).map_err(|error| Failure::file(path, error))
}

/// Where Envoy finds the filter unless told otherwise.
const MODULE: &str = "/etc/envoy/peergate_http.wasm";

/// The name of the file with the policy.
const POLICY: &str = "peergate.yaml";
