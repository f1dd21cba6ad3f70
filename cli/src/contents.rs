//! What is on lists that a feed fills in Envoy, from files.

use std::path::Path;

use peergate::Policy;
use peergate::dynamic::{DynamicList, Heard, Offline};
use peergate::feed::{Feeds, Format};
use serde_json::Value;

use crate::document;
use crate::failure::Failure;

/// Lists as files fill them, and what to say of it.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) shared: Offline,
    /// The lists that no file fills.
    pub(crate) unfilled: Vec<String>,
    /// What of the files does not count.
    pub(crate) notes: Vec<String>,
}

/// Fills a policy's lists from arguments of the form `NAME=FILE`.
pub(crate) fn read(policy: &Policy, arguments: &[String]) -> Result<Contents, Failure> {
    let mut contents = Contents::default();
    let mut filled: Vec<&str> = Vec::new();
    for argument in arguments {
        let invalid = |why: &str| Failure::Input(format!("--list {argument}: {why}"));
        let (name, file) = argument.split_once('=').ok_or_else(|| invalid("expected NAME=FILE"))?;
        if filled.contains(&name) {
            return Err(invalid("the list is given twice"));
        }
        filled.push(name);
        let list = policy.dynamic_lists().find(|list| list.name() == name);
        let list =
            list.ok_or_else(|| invalid("the policy has no list of this name with a feed"))?;
        contents.fill(list, Path::new(file))?;
    }
    let names = policy.dynamic_lists().map(|list| list.name());
    contents.unfilled =
        names.filter(|name| !filled.contains(name)).map(ToOwned::to_owned).collect();
    Ok(contents)
}

impl Contents {
    fn fill(&mut self, list: &DynamicList, file: &Path) -> Result<(), Failure> {
        let document = document::read(file)?;
        let format = format_of(&document, &list.keeping().feeds);
        let page =
            peergate_cases::page(&document, format).map_err(|why| Failure::file(file, why))?;
        let place = format!("{}, for the list {}", file.display(), list.name());
        for problem in &page.problems {
            self.notes.push(format!("{place}: skipped: {problem}"));
        }
        if page.more {
            self.notes
                .push(format!("{place}: is one page of several: the others are not known here"));
        }
        let filled = self.shared.fill(list, &page, Heard::Now);
        filled.map_err(|_| Failure::file(file, "cannot be put into the list"))
    }
}

/// The format that a document is in: that of the feed which speaks like it.
fn format_of<'f>(document: &Value, feeds: &'f Feeds) -> &'f Format {
    let is_approved = document.get("certificates").is_some();
    let of = |feed: &'f peergate::feed::Feed| &feed.format;
    let speaks = |format: &&Format| matches!(format, Format::ClientSslAuth { .. }) == is_approved;
    feeds.iter().map(of).find(speaks).unwrap_or(&Format::Native)
}
