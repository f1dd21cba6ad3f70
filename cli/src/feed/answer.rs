//! An answer of a feed, change by change.

use peergate::dynamic::Change;
use peergate::feed::{Failure, Format, Page, PageReader};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// An answer, as the filter reads it, and what it consists of.
pub(crate) struct Answer {
    pub(crate) page: Page,
    pub(crate) items: Vec<Item>,
}

/// One item of `changes`, or of `certificates`.
pub(crate) struct Item {
    /// Where it is, as in `changes[3].put`.
    pub(crate) place: String,
    /// What the filter makes of it; `None` if it does not even tell what it is about.
    pub(crate) change: Option<Change>,
    /// Why it is skipped, with places in the answer; empty if it is not.
    pub(crate) problems: Vec<String>,
    /// The entry, or what is deleted.
    pub(crate) entry: Value,
}

impl Item {
    /// Whether it is a deletion, and no entry that cannot be used.
    pub(crate) fn is_delete(&self) -> bool {
        matches!(self.change, Some(Change::Delete(_))) && self.problems.is_empty()
    }
}

/// Reads an answer as the filter does, and then each of its changes by itself: the filter tells no more than
/// the first few problems.
///
/// # Errors
/// Why the filter would refuse it.
pub(crate) fn read(body: &[u8], format: &Format, max_bytes: u32) -> Result<Answer, Failure> {
    let page = PageReader::new(body.to_vec(), format, max_bytes)?.finish()?;
    let malformed = |error: serde_json::Error| Failure::Malformed(error.to_string().into());
    let raw: Raw<'_> = serde_json::from_slice(body).map_err(malformed)?;
    let (list, texts) = match format {
        Format::Native => ("changes", raw.changes),
        Format::ClientSslAuth { .. } => ("certificates", raw.certificates),
    };
    let items = texts.iter().enumerate().map(|(index, text)| item(list, index, text.get(), format));
    Ok(Answer { page, items: items.collect::<Result<_, _>>()? })
}

fn item(list: &str, index: usize, text: &str, format: &Format) -> Result<Item, Failure> {
    let alone = match format {
        Format::Native => format!(r#"{{"version": 0, "cursor": "0", "changes": [{text}]}}"#),
        Format::ClientSslAuth { .. } => format!(r#"{{"certificates": [{text}]}}"#),
    };
    let page = PageReader::new(alone.into_bytes(), format, u32::MAX)?.finish()?;
    let here = format!("{list}[{index}]");
    let problems = page.problems.iter().map(|problem| {
        let rest = problem.strip_prefix(list).and_then(|rest| rest.strip_prefix("[0]"));
        rest.map_or_else(|| problem.clone(), |rest| format!("{here}{rest}"))
    });
    // Nested too deeply to be told: such an entry is skipped.
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let member = ["put", "delete"].into_iter().find(|member| value.get(member).is_some());
    let member = member.filter(|_| *format == Format::Native);
    Ok(Item {
        place: member.map_or_else(|| here.clone(), |member| format!("{here}.{member}")),
        change: page.changes.first().cloned(),
        problems: problems.collect(),
        entry: member.and_then(|member| value.get(member)).unwrap_or(&value).clone(),
    })
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow, default)]
    changes: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    certificates: Vec<&'a RawValue>,
}
