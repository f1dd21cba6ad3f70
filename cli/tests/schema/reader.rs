//! The core's readers, and what they say of documents.

use peergate::dynamic::DynamicList;
use peergate::feed::{Failure, Format, Page, PageReader};
use peergate::{Policy, Problems};
use serde_json::{Value, json};

/// One of the readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Of policies.
    Policy,
    /// Of configurations of the sync service.
    Sync,
    /// Of feeds' pages.
    Page,
    /// Of feeds' answers in the format `client_ssl_auth`.
    Approved,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Reader {
    pub(crate) const ALL: [Self; 4] = [Self::Policy, Self::Sync, Self::Page, Self::Approved];

    /// What the core says of a document; empty if it takes all of it.
    pub(crate) fn problems(self, document: &Value) -> Vec<Told> {
        let text = document.to_string();
        match self {
            Self::Policy => told(Policy::read(text.as_bytes()).err()),
            Self::Sync => told(DynamicList::read_all(text.as_bytes()).err()),
            Self::Page => of_page(&text, &Format::Native),
            Self::Approved => of_page(&text, &approved()),
        }
    }

    /// What the core makes of a document that it takes.
    pub(crate) fn meaning(self, document: &Value) -> Option<String> {
        let text = document.to_string();
        match self {
            Self::Policy => Some(format!("{:?}", Policy::read(text.as_bytes()).ok()?)),
            Self::Sync => Some(format!("{:?}", DynamicList::read_all(text.as_bytes()).ok()?)),
            Self::Page => Some(format!("{:?}", read_page(&text, &Format::Native).ok()?)),
            Self::Approved => Some(format!("{:?}", read_page(&text, &approved()).ok()?)),
        }
    }
}

fn told(problems: Option<Problems>) -> Vec<Told> {
    let problems = problems.iter().flat_map(Problems::iter);
    let told = |problem: &peergate::Problem| Told {
        path: problem.path.clone(),
        message: problem.message.clone(),
    };
    problems.map(told).collect()
}

/// What would have the page refused, or an entry of it skipped.
fn of_page(text: &str, format: &Format) -> Vec<Told> {
    let problems = match read_page(text, format) {
        Ok(page) => page.problems,
        Err(Failure::Malformed(why)) => why.lines().map(ToOwned::to_owned).collect(),
        Err(other) => vec![other.to_string()],
    };
    let told = |problem: String| match problem.split_once(": ") {
        Some((path, message)) => Told { path: path.to_owned(), message: message.to_owned() },
        None => Told { path: String::new(), message: problem },
    };
    problems.into_iter().map(told).collect()
}

fn read_page(text: &str, format: &Format) -> Result<Page, Failure> {
    PageReader::new(text.as_bytes().to_vec(), format, u32::MAX)?.finish()
}

/// The format, for all APIs.
fn approved() -> Format {
    let feed = json!({ "cluster": "c", "path": "/", "format": "client_ssl_auth", "apis": ["*"] });
    let document = json!({ "version": 1, "lists": { "a": { "feed": feed } } });
    let lists = DynamicList::read_all(document.to_string().as_bytes()).unwrap();
    lists[0].keeping().feeds.primary.format.clone()
}
