//! Pages: what an answer says of a list.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::problem::{At, Problems};
use crate::config::reader::{Fields, parsed};
use crate::digest::Fingerprint;
use crate::dynamic::read::{Unacceptable, read_delete, read_put, read_small};
use crate::dynamic::{Change, Content, Key, Session};

use super::failure::{Failure, told};
use super::scan::{Found, Scanner};
use super::settings::Format;

/// What one answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The version of the list; `None` in a format that has none.
    pub version: Option<u64>,
    /// What to ask after next; empty in a format that has no such thing.
    pub cursor: Box<str>,
    /// Whether another page can be had at once.
    pub more: bool,
    /// Whether it is part of the whole list, in place of all that is known.
    pub reset: bool,
    /// What changes, in order: of two changes of one key the later one holds.
    pub changes: Vec<Change>,
    /// How many entries could not be used. Where such an entry says what it is about, the changes delete
    /// what it would have replaced; if it is to refuse, they refuse without an end.
    pub skipped: u32,
    /// What is wrong with the first of them.
    pub problems: Vec<String>,
}

/// Reads a page, in steps that are short whatever the answer is.
#[derive(Clone, Debug)]
pub struct PageReader {
    scanner: Scanner,
    format: Format,
    page: Page,
    /// The position of the next item.
    index: usize,
}

/// What a step has come to.
#[derive(Clone, Debug)]
pub enum Step {
    /// There is more to read.
    More(Box<PageReader>),
    /// The page is read.
    Done(Page),
    /// It is none, and nothing of it may be used.
    Refused(Failure),
}

impl PageReader {
    /// Begins to read the body of an answer. One of more than `max_bytes` bytes is refused.
    ///
    /// # Errors
    /// [`Failure::TooLarge`].
    pub fn new(body: Vec<u8>, format: &Format, max_bytes: u32) -> Result<Self, Failure> {
        if usize::try_from(max_bytes).is_ok_and(|most| body.len() > most) {
            return Err(Failure::TooLarge);
        }
        Ok(Self {
            scanner: Scanner::new(body, member(format)),
            format: format.clone(),
            page: Page::default(),
            index: 0,
        })
    }

    /// Goes on by at most so many changes, at least one, and so many times a kilobyte. A single change
    /// that is larger is found in several steps, and then read in one.
    pub fn step(mut self, changes: usize) -> Step {
        let changes = changes.max(1);
        let mut bytes = changes.saturating_mul(BYTES_OF_A_CHANGE);
        let mut left = changes;
        while left > 0 {
            match self.scanner.next(&mut bytes) {
                Found::Item(range) => {
                    let read = match std::str::from_utf8(self.scanner.item(range)) {
                        Ok(text) => read_item(text, &self.format, self.index, &mut self.page),
                        Err(_) => Err(self.failure("is no UTF-8")),
                    };
                    if let Err(failure) = read {
                        return Step::Refused(failure);
                    }
                    self.index = self.index.saturating_add(1);
                    left = left.saturating_sub(1);
                }
                Found::End(around) => {
                    return match read_around(&around, &self.format, self.page) {
                        Ok(page) => Step::Done(page),
                        Err(error) => Step::Refused(Failure::malformed(error)),
                    };
                }
                Found::Malformed(what) => return Step::Refused(Failure::malformed(what)),
                Found::Pause => break,
            }
        }
        Step::More(Box::new(self))
    }

    /// Reads to the end at once, where nobody waits.
    ///
    /// # Errors
    /// Why it is no page.
    pub fn finish(self) -> Result<Page, Failure> {
        match self.step(usize::MAX) {
            Step::Done(page) => Ok(page),
            Step::Refused(failure) => Err(failure),
            // There is no end to the bytes of that step.
            Step::More(reader) => Err(reader.failure("is too long")),
        }
    }

    fn failure(&self, message: &str) -> Failure {
        let list = At::ROOT.field(member(&self.format));
        Failure::malformed(format_args!("{}: {message}", list.index(self.index)))
    }
}

/// The list that is read in steps.
fn member(format: &Format) -> &'static str {
    match format {
        Format::Native => "changes",
        Format::ClientSslAuth { .. } => "certificates",
    }
}

fn read_item(text: &str, format: &Format, index: usize, page: &mut Page) -> Result<(), Failure> {
    let list = At::ROOT.field(member(format));
    let at = list.index(index);
    let malformed = |error: serde_json::Error| Failure::malformed(format_args!("{at}: {error}"));
    match format {
        Format::ClientSslAuth { apis } => {
            let raw: &RawValue = serde_json::from_str(text).map_err(malformed)?;
            match read_approved(raw.get(), &at) {
                Ok(key) => {
                    let session = Session { apis: apis.clone(), ..Session::default() };
                    page.changes.push(Change::Put(key, Content::Session(Box::new(session))));
                }
                Err(problems) => page.skip(&problems),
            }
        }
        Format::Native => match serde_json::from_str(text).map_err(malformed)? {
            Item::Put(raw) => match read_put(raw.get(), &at.field("put")) {
                Ok((key, content)) => page.changes.push(Change::Put(key, content)),
                Err(Unacceptable { key, problems }) => {
                    page.changes.extend(key.map(instead));
                    page.skip(&problems);
                }
            },
            Item::Delete(raw) => {
                let at = at.field("delete");
                let mut problems = Problems::default();
                let node = read_small(raw.get(), &at, &mut problems);
                let key = node.and_then(|node| read_delete(&node, &at, &mut problems));
                match key {
                    Some(key) if problems.is_empty() => page.changes.push(Change::Delete(key)),
                    _ => return Err(Failure::malformed(problems)),
                }
            }
        },
    }
    Ok(())
}

/// What stands for an entry that cannot be used: nobody gets in by what it would have replaced, nor because
/// something is wrong with what was to refuse.
fn instead(key: Key) -> Change {
    if key.denies() { Change::Put(key, Content::Deny(None)) } else { Change::Delete(key) }
}

impl Page {
    fn skip(&mut self, problems: &Problems) {
        self.skipped = self.skipped.saturating_add(1);
        let left = PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(problems.iter().take(left).map(told));
    }
}

/// One of `changes`: an object with one member.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Item<'a> {
    /// Parsed on its own, since what is wrong with it is no fault of the page.
    #[serde(borrow)]
    Put(&'a RawValue),
    #[serde(borrow)]
    Delete(&'a RawValue),
}

/// One of `certificates`.
fn read_approved(text: &str, at: &At<'_>) -> Result<Key, Problems> {
    let mut problems = Problems::default();
    let node = read_small(text, at, &mut problems);
    let key = node.and_then(|node| {
        let mut fields = Fields::of(&node, at, &mut problems)?;
        let fingerprint = fields.required("fingerprint_sha256", &mut problems);
        fields.finish(&mut problems);
        let at = at.field("fingerprint_sha256");
        parsed::<Fingerprint>(fingerprint?, &at, &mut problems)
    });
    key.filter(|_| problems.is_empty()).map(Key::certificate).ok_or(problems)
}

/// A page around its changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Around {
    version: u64,
    cursor: String,
    #[serde(default)]
    more: bool,
    #[serde(default)]
    reset: bool,
    #[serde(rename = "changes")]
    _changes: [(); 0],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AroundApproved {
    #[serde(rename = "certificates")]
    _certificates: [(); 0],
}

fn read_around(around: &[u8], format: &Format, page: Page) -> Result<Page, String> {
    // Else the list of its values would be read as a page.
    if around.trim_ascii_start().first() != Some(&b'{') {
        return Err("expected an object".to_owned());
    }
    match format {
        Format::ClientSslAuth { .. } => {
            let _: AroundApproved =
                serde_json::from_slice(around).map_err(|error| error.to_string())?;
            Ok(Page { reset: true, ..page })
        }
        Format::Native => {
            let around: Around =
                serde_json::from_slice(around).map_err(|error| error.to_string())?;
            let is_visible = around.cursor.bytes().all(|byte| matches!(byte, b' '..=b'~'));
            if !is_visible || !(1..=LONGEST_CURSOR).contains(&around.cursor.len()) {
                return Err(format!(
                    "cursor: expected 1 to {LONGEST_CURSOR} printable ASCII characters"
                ));
            }
            Ok(Page {
                version: Some(around.version),
                cursor: around.cursor.into(),
                more: around.more,
                reset: around.reset,
                ..page
            })
        }
    }
}

/// Bytes of a cursor.
const LONGEST_CURSOR: usize = 1024;

/// Bytes that are looked at for each change: several times what most of them have.
const BYTES_OF_A_CHANGE: usize = 1024;

/// How many problems of entries are told.
const PROBLEMS: usize = 5;

#[cfg(test)]
mod tests;
