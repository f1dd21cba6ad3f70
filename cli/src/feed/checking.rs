//! One check of a feed, from its first answer to what is told in the end.

use std::collections::BTreeSet;

use peergate::feed::{Answer as Taken, Failure as Refusal, Feed, Response};
use peergate::follower::Walk;

use crate::failure::Failure;
use crate::output::{on_one_line, print};

use super::answer::{self, Answer};
use super::entries::{Entries, counted};
use super::fetch::{Address, Client};
use super::warning::{Against, Warnings};

/// A check that is under way.
pub(crate) struct Checking<'c> {
    source: &'c str,
    feed: &'c Feed,
    against: Against<'c>,
    /// What the answers say.
    entries: Entries,
    warnings: Warnings,
    pages: usize,
    /// Whether the answers are the whole list.
    is_whole: bool,
    /// Version and cursor.
    position: String,
}

impl<'c> Checking<'c> {
    pub(crate) fn new(source: &'c str, feed: &'c Feed, against: Against<'c>) -> Self {
        Self {
            source,
            feed,
            against,
            entries: Entries::default(),
            warnings: Warnings::default(),
            pages: 0,
            is_whole: false,
            position: String::new(),
        }
    }

    /// Checks one answer.
    pub(crate) fn file(&mut self, body: &[u8]) -> Result<(), Failure> {
        let answer = answer::read(body, &self.feed.format, self.feed.max_bytes);
        let answer = answer.map_err(|refusal| self.refused(&refusal, body.len()))?;
        self.is_whole = answer.page.reset;
        self.take(answer, body.len())?;
        self.look_at_keys(false);
        Ok(())
    }

    /// Checks all that a feed has.
    pub(crate) fn walk(&mut self, client: &Client, address: &Address) -> Result<(), Failure> {
        let mut walk = Walk::new(self.feed.clone());
        let (mut cursors, mut was_reset) = (BTreeSet::new(), false);
        self.is_whole = true;
        while let Some(request) = walk.request() {
            let got = client.get(address, &request.path, request.timeout)?;
            let size = got.body.len();
            let response =
                Response { status: Some(got.status), etag: got.etag.as_deref(), body_bytes: size };
            match walk.answered(&response) {
                Taken::Body => {}
                Taken::Failed(refusal) => return Err(self.refused(&refusal, size)),
                // To what it has just said itself.
                Taken::NothingNew | Taken::StartAgain => {
                    return Err(self.refused(&Refusal::Status(got.status), size));
                }
            }
            let answer = answer::read(&got.body, &self.feed.format, self.feed.max_bytes);
            let answer = answer.map_err(|refusal| self.refused(&refusal, size))?;
            let is_last =
                walk.accept(&answer.page).map_err(|refusal| self.refused(&refusal, size))?;
            if !is_last && !cursors.insert(answer.page.cursor.clone()) {
                return Err(self.refused(&Refusal::Loop, size));
            }
            if answer.page.reset && !was_reset {
                self.entries.begin_again();
            }
            was_reset = answer.page.reset;
            self.take(answer, size)?;
            if is_last {
                break;
            }
        }
        self.look_at_keys(!address.is_encrypted);
        Ok(())
    }

    /// Warns of API keys that others could learn of, and of such as nobody looks at.
    fn look_at_keys(&mut self, is_plain: bool) {
        let keys = self.entries.api_keys();
        if keys == 0 {
            return;
        }
        let keys = counted(keys, "API key");
        if let Some((policy, list)) = self.against.list
            && !policy.key_lists().contains(&list)
        {
            self.warnings.add(format!("{keys}: no api_key of the policy names the list {list}"));
        }
        if is_plain {
            self.warnings.add(format!(
                "{keys} came over plain http: whoever reads the hashes on the way can look for keys that have \
                 them, and whoever changes them lets keys of his own in: let the feed be asked over TLS. \
                 Hashes under an hmac_secret of the policy's (`peergate hash-key --hmac-secret-file`) cannot \
                 be tried by those who do not have the secret; they need TLS all the same"
            ));
        }
    }

    fn take(&mut self, mut answer: Answer, size: usize) -> Result<(), Failure> {
        self.pages = self.pages.saturating_add(1);
        let page = &answer.page;
        let cursor = (!page.cursor.is_empty()).then(|| format!("cursor {:?}", page.cursor));
        let version = page.version.map(|version| format!("version {version}"));
        self.position = version.into_iter().chain(cursor).map(|part| part + ", ").collect();
        print(&format!(
            "{}: page {}: {}, {size} bytes of at most {}{}\n",
            self.source,
            self.pages,
            counted(answer.items.len(), "change"),
            self.feed.max_bytes,
            if page.more { ", more to come" } else { "" },
        ))?;
        if page.more || self.pages > 1 {
            for item in &mut answer.items {
                item.place = format!("page {}: {}", self.pages, item.place);
                for problem in &mut item.problems {
                    *problem = format!("page {}: {problem}", self.pages);
                }
            }
        }
        for problem in answer.items.iter().flat_map(|item| &item.problems) {
            eprintln!("{}: skipped: {}", self.source, on_one_line(problem));
        }
        self.warnings.look(&answer, &self.against);
        self.entries.take(&answer);
        Ok(())
    }

    /// What is on the list once the answers are taken, if that was on it before.
    pub(crate) fn entries_after(&self, old: &Entries) -> Entries {
        let mut entries = self.entries.clone();
        if !self.is_whole {
            entries.put_upon(old);
        }
        entries
    }

    /// Tells the result, and whether all is well.
    pub(crate) fn tell_all(&self) -> Result<bool, Failure> {
        for warning in self.warnings.lines() {
            eprintln!("{}: warning: {}", self.source, on_one_line(&warning));
        }
        let is_well = self.warnings.is_empty() && self.entries.skipped() == 0;
        let word = if is_well { "ok" } else { "usable" };
        print(&format!("{}: {word} ({}{})\n", self.source, self.position, self.entries.told()))?;
        Ok(is_well)
    }

    /// The filter would not take an answer.
    fn refused(&self, refusal: &Refusal, size: usize) -> Failure {
        let page = match self.pages {
            0 => String::new(),
            pages => format!("page {}: ", pages.saturating_add(1)),
        };
        let why = match refusal {
            Refusal::TooLarge => {
                format!("{refusal}: {size} bytes of at most {}", self.feed.max_bytes)
            }
            other => other.to_string(),
        };
        Failure::Refused(format!("{}: {page}{}", self.source, on_one_line(&why)))
    }
}
