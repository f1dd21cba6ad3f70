//! `peergate explain`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use peergate::carrier::pem;
use peergate::metadata::{self, JWT_AUTHN};
use peergate::{Headers, Memory};
use peergate_cases::{Certificate, Fixture, Request, Token, moment};
use serde_json::{Map, Value};

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
    /// Another header, as `name: value`, API keys and cookies among them; may be given several times
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// The claims of the request's token, as JSON: it counts as verified ahead of the filter
    #[arg(long, value_name = "FILE", conflicts_with = "jwt_refused")]
    jwt_payload: Option<PathBuf>,
    /// The request has a token that was not accepted ahead of the filter
    #[arg(long)]
    jwt_refused: bool,
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
        let token = match &self.jwt_payload {
            Some(path) => Some(Token::Verified(read_claims(path)?)),
            None => self.jwt_refused.then_some(Token::Refused),
        };
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
            headers: headers(&self.headers)?,
            ..Request::default()
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
            metadata: token.as_ref().map(|token| {
                let said = Value::Object(token.said(&policy));
                metadata::write(&[(JWT_AUTHN.to_owned(), said)].into_iter().collect())
            }),
            ..Fixture::default()
        };
        let lines = request.lines(appended.as_deref());
        let pairs = lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let headers = Headers::new(pairs.collect());

        let verdict = policy.judge(&headers, &connection, &mut Memory::default());
        let effects = policy.effects(&verdict, &headers);
        let (verdict, effects) = (&verdict, &effects);
        let has_token = token.is_some();
        let explanation =
            Explanation { verdict, effects, now, presented, has_token, lists: &lists };
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

/// Reads the claims of a token. What is wrong with them is told without a word of them.
fn read_claims(path: &Path) -> Result<Map<String, Value>, Failure> {
    let why = "expected the claims of a token as a JSON object: its second part, decoded";
    match serde_json::from_str(&document::text(path)?) {
        Ok(Value::Object(claims)) => Ok(claims),
        Ok(_) => Err(Failure::file(path, why)),
        Err(error) => Err(Failure::file(path, format_args!("{error}; {why}"))),
    }
}

/// Reads every `name: value`. No problem repeats a value: it may be a key.
fn headers(lines: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let numbered = lines.iter().zip(1_usize..);
    numbered
        .map(|(line, number)| {
            let which = |what: &str| Failure::Input(format!("--header {what}"));
            let no_name = |why| which(&format!("number {number}: {why}"));
            let (name, value) =
                line.split_once(':').ok_or_else(|| no_name("expected `name: value`"))?;
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(no_name("expected a header name before the colon"));
            }
            if value.contains(['\r', '\n', '\0']) {
                return Err(which(&format!("{name}: no value may hold a line feed or NUL")));
            }
            if name.eq_ignore_ascii_case("host") {
                return Err(which(&format!("{name}: give the host with --host")));
            }
            Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
        })
        .collect()
}
