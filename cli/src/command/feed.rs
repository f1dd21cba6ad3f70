//! `peergate feed`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use peergate::Policy;
use peergate::dynamic::DynamicList;
use peergate::feed::{Feed as Settings, Format};
use serde_json::{Value, json};

use crate::clock;
use crate::document;
use crate::failure::Failure;
use crate::feed::{Address, Against, Checking, Client, Entries, Tls, read};
use crate::output::print;

/// Looks at what the feeds of dynamic lists say
#[derive(clap::Args)]
pub(crate) struct Feed {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Check(Box<Check>),
}

impl Feed {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.verb {
            Verb::Check(check) => check.run(),
        }
    }
}

/// Checks an answer of a feed, or all that the feed has
///
/// A URL is asked as the filter asks a feed: from the beginning, page by page, to the last one. A file is one
/// answer. Both are read by the very core that reads them in Envoy, and what it would skip or refuse is told
/// with its place.
///
/// Exit status: 0 if all is well, 2 if an entry is skipped or something is warned of, 3 if the filter would
/// refuse an answer or the policy is invalid, 1 if something else is wrong.
#[derive(clap::Args)]
struct Check {
    /// The URL of a feed, or a file with one answer; `-` for standard input
    #[arg(value_name = "URL|FILE")]
    source: String,
    /// What answers look like; if left out, as the list says, or native
    #[arg(long, value_enum)]
    format: Option<FormatWord>,
    /// The list that the feed fills
    #[arg(long, value_name = "NAME", requires = "config")]
    list: Option<String>,
    /// The policy that has the list, as YAML or JSON
    #[arg(long, value_name = "FILE", requires = "list")]
    config: Option<PathBuf>,
    /// An earlier answer, or entries as a list, as YAML or JSON: to tell what would change
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    #[command(flatten)]
    tls: Tls,
}

/// What answers look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum FormatWord {
    /// Pages of changes
    Native,
    /// The whole list as Envoy's filter of this name reads it
    ClientSslAuth,
}

impl FormatWord {
    fn is(self, format: &Format) -> bool {
        matches!(format, Format::Native) == (self == Self::Native)
    }
}

impl Check {
    fn run(self) -> Result<ExitCode, Failure> {
        let policy = self.config.as_deref().map(document::policy).transpose()?;
        let policy = policy.as_ref().map(|(policy, _)| policy);
        let against = Against { now: clock::now()?, list: policy.zip(self.list.as_deref()) };
        let is_url = ["http://", "https://"].iter().any(|scheme| self.source.starts_with(scheme));
        let address = is_url.then(|| self.source.parse::<Address>()).transpose();
        let address = address.map_err(|why| Failure::Input(format!("{}: {why}", self.source)))?;
        let feed = self.feed(policy, address.as_ref())?;
        let old = self.against.as_deref().map(|file| old_entries(file, &feed)).transpose()?;

        let mut checking = Checking::new(&self.source, &feed, against);
        match &address {
            Some(address) => checking.walk(&Client::new(&self.tls)?, address)?,
            None => checking.file(&document::bytes(Path::new(&self.source))?)?,
        }
        if let (Some(old), Some(file)) = (&old, &self.against) {
            let difference = checking.entries_after(old).against(old);
            print(&format!("against {}: {}", file.display(), difference.told()))?;
        }
        Ok(if checking.tell_all()? { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }

    /// How the feed is to be asked, and its answers to be read.
    fn feed(
        &self,
        policy: Option<&Policy>,
        address: Option<&Address>,
    ) -> Result<Settings, Failure> {
        let mut feed = match policy.zip(self.list.as_ref()) {
            None => default_feed(self.format.unwrap_or(FormatWord::Native))?,
            Some((policy, name)) => {
                let list = policy.dynamic_lists().find(|list| list.name() == name);
                let unknown = || {
                    Failure::Input(format!(
                        "--list {name}: the policy has no list of this name with a feed"
                    ))
                };
                self.feed_of(list.ok_or_else(unknown)?, address)?
            }
        };
        if let Some(address) = address {
            feed.authority = address.authority.as_str().into();
            feed.path = address.path.as_str().into();
        }
        Ok(feed)
    }

    /// The one of a list's feeds that is asked for the path, or else in the format; or else the first.
    fn feed_of(&self, list: &DynamicList, address: Option<&Address>) -> Result<Settings, Failure> {
        let feeds = &list.keeping().feeds;
        let is_in_format = |feed: &&Settings| self.format.is_none_or(|word| word.is(&feed.format));
        let is_at = |feed: &&Settings| address.is_some_and(|address| *feed.path == *address.path);
        let found = feeds.iter().filter(is_in_format).find(is_at);
        let found = found.or_else(|| feeds.iter().find(is_in_format));
        found.cloned().ok_or_else(|| {
            Failure::Input(format!(
                "--format: no feed of the list {} is in this format",
                list.name()
            ))
        })
    }
}

/// A feed of which a configuration says no more than it must.
fn default_feed(format: FormatWord) -> Result<Settings, Failure> {
    let mut feed = json!({ "cluster": "feed", "path": "/" });
    if let (FormatWord::ClientSslAuth, Value::Object(fields)) = (format, &mut feed) {
        fields.insert("format".to_owned(), json!("client_ssl_auth"));
        fields.insert("apis".to_owned(), json!(["*"]));
    }
    let document = json!({ "version": 1, "lists": { "feed": { "feed": feed } } });
    let lists = DynamicList::read_all(document.to_string().as_bytes());
    let lists = lists.map_err(|problems| Failure::Input(problems.to_string()))?;
    let list = lists.first().ok_or_else(|| Failure::Input("no feed".to_owned()))?;
    Ok(list.keeping().feeds.primary.clone())
}

/// What is on the list now, from an answer or from entries alone.
fn old_entries(file: &Path, feed: &Settings) -> Result<Entries, Failure> {
    let document = document::read(file)?;
    let (document, format) = match document {
        Value::Array(entries) => {
            let puts: Vec<Value> = entries.iter().map(|entry| json!({ "put": entry })).collect();
            (json!({ "version": 0, "cursor": "0", "changes": puts }), &Format::Native)
        }
        answer => (answer, &feed.format),
    };
    let answer = read(document.to_string().as_bytes(), format, u32::MAX);
    let answer = answer.map_err(|failure| Failure::file(file, failure))?;
    let mut entries = Entries::default();
    entries.take(&answer);
    Ok(entries)
}
