//! `peergate check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use peergate::Policy;
use serde_json::Value;

use crate::clock;
use crate::document;
use crate::envoy_gateway;
use crate::failure::Failure;
use crate::istio;
use crate::manifest::embedded::Wanted;
use crate::manifest::twice;
use crate::output::{on_one_line, print};
use crate::proxy::{self, Findings, Weight};

/// Checks policies and tells all that is wrong with them
///
/// Warns of entries that their lists go without, of what is out of date or soon will be, of methods that fall to
/// a weaker policy, and of lists and preflights that never matter.
///
/// With --envoy it also tells what in an Envoy's configuration would have a policy mean something else: who
/// verifies tokens and who else could write what they are believed by, routes that go by what the filter takes
/// away, limits that count by what is not there. An error is that somebody may pass who must not, or that a
/// credential or a limit never holds; a warning, that somebody may be refused who should pass, or that something
/// cannot be seen.
///
/// With --istio or --envoy-gateway it tells the same of manifests, before anything is applied; without a policy,
/// of the policies that stand in them.
///
/// Exit status: 0 if all are valid, 3 if one is not or an error is found in the configuration, 1 if one cannot
/// be read.
#[derive(clap::Args)]
pub(crate) struct Check {
    /// Policies, as YAML or JSON; `-` for standard input; may be left out with --istio and --envoy-gateway
    #[arg(required_unless_present_any = ["istio", "envoy_gateway"], value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The configuration of an Envoy that has a policy: a bootstrap, resources that it reads from files, or what
    /// /config_dump answers, as YAML or JSON; may be given several times, for the files of one Envoy
    #[arg(long, value_name = "FILE", requires = "files")]
    envoy: Vec<PathBuf>,
    /// Manifests for Istio, as YAML or JSON, or what `kubectl get -o yaml` prints; `-` for standard input; may be
    /// given several times, for all that is for one gateway
    #[arg(long, value_name = "FILE")]
    istio: Vec<PathBuf>,
    /// Manifests for Envoy Gateway, in the same forms
    #[arg(long, value_name = "FILE")]
    envoy_gateway: Vec<PathBuf>,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let now = clock::now()?;
        let (mut unreadable, mut invalid) = (false, false);
        if self.files.is_empty() {
            invalid |= !self.are_kept(None, now)?;
        }
        for file in &self.files {
            match document::policy(file) {
                Ok((policy, document)) => {
                    let (lists, entries) = count(&document);
                    let apis = policy.apis().len();
                    print(&format!(
                        "{}: ok ({}, {}, {})\n",
                        file.display(),
                        plural(lists, "list", "lists"),
                        plural(entries, "entry", "entries"),
                        plural(apis, "API", "APIs"),
                    ))?;
                    for skipped in policy.skipped().iter() {
                        eprintln!("{}: warning: skipped: {skipped}", file.display());
                    }
                    for doubt in policy.doubts().iter() {
                        eprintln!("{}: warning: {doubt}", file.display());
                    }
                    for ending in policy.endings_soon(now) {
                        eprintln!("{}: warning: {ending}", file.display());
                    }
                    invalid |= !self.is_kept(file, &policy)?;
                    let wanted = Wanted { file, policy: &policy, document: &document };
                    invalid |= !self.are_kept(Some(&wanted), now)?;
                }
                Err(failure) => {
                    eprintln!("{failure}");
                    invalid |= failure.is_of_policy();
                    unreadable |= !failure.is_of_policy();
                }
            }
        }
        Ok(match (unreadable, invalid) {
            (true, _) => ExitCode::from(1),
            (false, true) => ExitCode::from(3),
            (false, false) => ExitCode::SUCCESS,
        })
    }
}

impl Check {
    /// Whether the Envoy keeps what a policy takes for granted; tells what is found.
    fn is_kept(&self, file: &Path, policy: &Policy) -> Result<bool, Failure> {
        let Some(first) = self.envoy.first() else { return Ok(true) };
        let findings = proxy::check(&self.envoy, policy)?;
        tell(
            first,
            Some(file),
            &findings,
            ("listener with the filter", "listeners with the filter"),
        )
    }

    /// Whether manifests keep what a policy takes for granted, or the policies in them; tells what is found.
    fn are_kept(&self, wanted: Option<&Wanted<'_>>, now: i64) -> Result<bool, Failure> {
        let file = wanted.map(|wanted| wanted.file);
        let mut are_kept = true;
        if let Some(first) = self.istio.first() {
            let mut findings = istio::check(&self.istio, wanted, now)?;
            twice::check(&self.istio, &mut findings)?;
            are_kept &= tell(first, file, &findings, PLUGINS)?;
        }
        if let Some(first) = self.envoy_gateway.first() {
            let mut findings = envoy_gateway::check(&self.envoy_gateway, wanted, now)?;
            twice::check(&self.envoy_gateway, &mut findings)?;
            are_kept &= tell(first, file, &findings, PLUGINS)?;
        }
        Ok(are_kept)
    }
}

/// How plugins are called in a count.
const PLUGINS: (&str, &str) = ("plugin", "plugins");

/// Tells all that is found, and whether no error is among it.
fn tell(
    first: &Path,
    policy: Option<&Path>,
    findings: &Findings,
    (one, many): (&str, &str),
) -> Result<bool, Failure> {
    for finding in findings.iter() {
        eprintln!("{}", on_one_line(&finding.to_string()));
    }
    let errors = findings.count(Weight::Error);
    let policy = policy.map(|policy| format!(" for {}", policy.display())).unwrap_or_default();
    print(&format!(
        "{}: {}{policy} ({}, {}, {})\n",
        first.display(),
        if errors == 0 { "ok" } else { "not fit" },
        plural(findings.seen, one, many),
        plural(errors, "error", "errors"),
        plural(findings.count(Weight::Warning), "warning", "warnings"),
    ))?;
    Ok(errors == 0)
}

/// How many lists there are, and how many entries in them.
fn count(document: &Value) -> (usize, usize) {
    let Some(lists) = document.get("lists").and_then(Value::as_object) else {
        return (0, 0);
    };
    let entries = lists.values().filter_map(|list| list.get("entries")?.as_array());
    (lists.len(), entries.map(Vec::len).sum())
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
