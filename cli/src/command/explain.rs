//! `peergate explain`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use peergate::carrier::pem;
use peergate::{Headers, Memory};
use peergate_cases::{Certificate, Fixture, Request, moment};

use crate::clock;
use crate::contents;
use crate::document;
use crate::explanation::Explanation;
use crate::failure::Failure;
use crate::output::{Format, print, print_json};

/// Shows what a policy makes of a request, and why
///
/// Exit status: 0 if the request passes (in shadow, too), 2 if it is refused, 3 if the policy is invalid,
/// 1 if something else is wrong.
#[derive(clap::Args)]
pub(crate) struct Explain {
    /// The policy, as YAML or JSON; `-` for standard input
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The client's certificate (the leaf), as PEM
    #[arg(long, value_name = "FILE", conflicts_with = "plaintext")]
    certificate: Option<PathBuf>,
    /// The other certificates that the client sends, as PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    intermediates: Option<PathBuf>,
    /// When the request comes in, as 2027-01-01T00:00:00Z; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The connection has no TLS
    #[arg(long, conflicts_with = "server_name")]
    plaintext: bool,
    /// The server name that the client asked for (SNI)
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// The request's method
    #[arg(long, default_value = "GET")]
    method: String,
    /// The request's host, with its port if it has one
    #[arg(long)]
    host: String,
    /// The request's path, with its query
    #[arg(long)]
    path: String,
    /// The route that Envoy chose
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// The virtual host that Envoy chose
    #[arg(long, value_name = "NAME")]
    virtual_host: Option<String>,
    /// Another header, as `name: value`; may be given several times
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// What is on a list with a feed: an answer of the feed, or its entries as a list, as YAML or JSON; may be
    /// given once for each list. One that is left out counts as never loaded
    #[arg(long = "list", value_name = "NAME=FILE")]
    lists: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

impl Explain {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let (policy, _) = document::policy(&self.config)?;
        let now = match &self.at {
            Some(at) => moment(at).map_err(|why| Failure::Input(format!("--at: {why}")))?,
            None => clock::now()?,
        };
        let certificate = self.certificate.as_deref().map(read_leaf).transpose()?;
        let intermediates = self.intermediates.as_deref().map(read_intermediates).transpose()?;
        let lists = contents::read(&policy, &self.lists)?;
        let presented = intermediates.as_ref().map_or(0, Vec::len);
        let chain = certificate.as_ref().zip(intermediates.as_deref());
        let appended = chain.map(|(certificate, chain)| certificate.xfcc(chain));
        let request = Request {
            method: self.method,
            host: Some(self.host),
            path: Some(self.path),
            virtual_host: self.virtual_host,
            route: self.route,
            headers: self.headers.iter().map(|line| header(line)).collect::<Result<_, _>>()?,
            trailers: Vec::new(),
        };
        let connection = Fixture {
            virtual_host: request.virtual_host.clone(),
            route: request.route.clone(),
            tls: !self.plaintext,
            server_name: self.server_name,
            fingerprint: certificate.as_ref().map(|it| it.leaf().fingerprint().to_string()),
            attribute: certificate.as_ref().map(|it| it.pem()),
            now,
            shared: lists.shared.clone(),
            ..Fixture::default()
        };
        let lines = request.lines(appended.as_deref());
        let pairs = lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let headers = Headers::new(pairs.collect());

        let verdict = policy.judge(&headers, &connection, &mut Memory::default());
        let effects = policy.effects(&verdict, &headers);
        let (verdict, effects) = (&verdict, &effects);
        let explanation = Explanation { verdict, effects, now, presented, lists: &lists };
        match self.output {
            Format::Text => print(&explanation.text())?,
            Format::Json => print_json(&explanation.document())?,
        }
        Ok(if verdict.outcome().passes() { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}

fn read_leaf(path: &Path) -> Result<Certificate, Failure> {
    let text = document::text(path)?;
    let several = pem::certificates(&text).is_ok_and(|certificates| certificates.len() > 1);
    if several {
        let why = "several certificates: give the leaf alone, and the others with --intermediates";
        return Err(Failure::file(path, why));
    }
    Certificate::read(&text).map_err(|why| Failure::file(path, why))
}

fn read_intermediates(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let text = document::text(path)?;
    Certificate::read_all(&text).map_err(|why| Failure::file(path, why))
}

/// Reads `name: value`.
fn header(line: &str) -> Result<(String, String), Failure> {
    let invalid = |why: &str| Failure::Input(format!("--header {line:?}: {why}"));
    let (name, value) = line.split_once(':').ok_or_else(|| invalid("expected `name: value`"))?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(invalid("expected a header name before the colon"));
    }
    if value.contains(['\r', '\n', '\0']) {
        return Err(invalid("no value may hold a line feed or NUL"));
    }
    if name.eq_ignore_ascii_case("host") {
        return Err(invalid("give the host with --host"));
    }
    Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
}
