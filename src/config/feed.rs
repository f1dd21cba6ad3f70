//! `feed` of a list, and what goes with it.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::dynamic::read::grant;
use crate::feed::{Feed, Feeds, Format, Keeping, WhenStale};

use super::duration::Period;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, items, parsed, text, whole, word};

/// Reads how a list is kept from its fields; `None` if it has no feed, or none that can be used.
pub(crate) fn read(
    fields: &mut Fields<'_, '_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Keeping> {
    let has_feed = fields.optional("feed").is_some();
    let feeds = fields.read("feed", problems, read_feeds);
    let secret = fields.read("secret", problems, |node, at, problems| {
        printable(node, at, problems, " ", 16..=256)
    });
    let mut length = |name, range| {
        fields.read(name, problems, |node, at, problems| length(node, at, problems, range))
    };
    let max_age = length("max_age", Range::ANY).unwrap_or(DAY);
    let start_wait = length("start_wait", Range::START_WAIT).unwrap_or_default();
    let fallback_after = length("fallback_after", Range::FROM_A_SECOND);
    let work_per_tick = length("work_per_tick", Range::WORK).unwrap_or(WORK);
    let when_stale = fields.read("when_stale", problems, |node, at, problems| {
        word(node, at, problems, &[("refuse", WhenStale::Refuse), ("keep", WhenStale::Keep)])
    });
    if !has_feed {
        for name in
            ["secret", "max_age", "when_stale", "start_wait", "fallback_after", "work_per_tick"]
        {
            if fields.optional(name).is_some() {
                problems.report(&at.field(name), "needs a feed");
            }
        }
    }
    let mut feeds = feeds?.into_iter();
    let (primary, fallback) = (feeds.next()?, feeds.next());
    for feed in std::iter::once(&primary).chain(&fallback) {
        if max_age <= feed.wait.saturating_add(ANSWER_TIME) || max_age <= feed.interval {
            let message = "must be larger than the feed's interval, and than its wait plus 10s";
            problems.report(&at.field("max_age"), message);
            break;
        }
    }
    if fallback.is_none() && fallback_after.is_some() {
        problems.report(&at.field("fallback_after"), "needs a second feed");
    }
    let feeds = Feeds { primary, fallback, fallback_after: fallback_after.unwrap_or(MINUTE) };
    Some(Keeping {
        feeds,
        secret: secret.unwrap_or_default(),
        max_age,
        when_stale: when_stale.unwrap_or_default(),
        start_wait,
        work_per_tick,
    })
}

/// One feed, or a list of one or two; `None` if any of them cannot be used.
fn read_feeds(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Vec<Feed>> {
    if !matches!(node, Node::List(_)) {
        return read_feed(node, at, problems).map(|feed| vec![feed]);
    }
    let items = items(node, at, problems)?;
    if items.len() > 2 {
        problems.report(at, "expected one feed, and one that stands in for it");
    }
    let read = |(index, item)| read_feed(item, &at.index(index), problems);
    // Each of them is read, so that all problems are told.
    let feeds: Vec<Option<Feed>> = items.iter().enumerate().take(2).map(read).collect();
    let feeds: Vec<Feed> = feeds.into_iter().collect::<Option<_>>()?;
    if let [first, second] = &*feeds
        && (&first.cluster, &first.authority, &first.path)
            == (&second.cluster, &second.authority, &second.path)
    {
        problems.report(&at.index(1), "is the same as the first");
    }
    Some(feeds)
}

fn read_feed(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Feed> {
    let mut fields = Fields::of(node, at, problems)?;
    let cluster = fields.required("cluster", problems);
    let cluster = cluster.and_then(|node| visible(node, &at.field("cluster"), problems, 1..=256));
    let authority = fields
        .read("authority", problems, |node, at, problems| visible(node, at, problems, 1..=256));
    let path = fields.required("path", problems);
    let path = path.and_then(|node| read_path(node, &at.field("path"), problems));
    let wait =
        fields.read("wait", problems, |node, at, problems| length(node, at, problems, Range::WAIT));
    let interval = fields.read("interval", problems, |node, at, problems| {
        length(node, at, problems, Range::INTERVAL)
    });
    let page =
        fields.read("page", problems, |node, at, problems| whole(node, at, problems, 1..=100_000));
    let max_bytes = fields.read("max_bytes", problems, |node, at, problems| {
        whole(node, at, problems, 1024..=8_388_608)
    });
    let format = read_format(&mut fields, at, problems);
    fields.finish(problems);
    let cluster = cluster?;
    Some(Feed {
        authority: authority.unwrap_or_else(|| cluster.clone()),
        cluster,
        path: path?,
        wait: wait.unwrap_or_default(),
        interval: interval.unwrap_or(TEN_SECONDS),
        format: format?,
        page: page.unwrap_or(1000),
        max_bytes: max_bytes.unwrap_or(1_048_576),
    })
}

/// `format`, and the fields that only one of the formats has.
fn read_format(
    fields: &mut Fields<'_, '_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Format> {
    let is_native = fields.optional("format").is_none();
    let is_native = fields
        .read("format", problems, |node, at, problems| {
            word(node, at, problems, &[("native", true), ("client_ssl_auth", false)])
        })
        .or(is_native.then_some(true));
    let apis = fields.read("apis", problems, grant);
    let mut only_with = |name, format| {
        if fields.optional(name).is_some() {
            problems.report(&at.field(name), format_args!("goes with format {format} only"));
        }
    };
    if is_native? {
        only_with("apis", "client_ssl_auth");
        return Some(Format::Native);
    }
    only_with("wait", "native");
    only_with("page", "native");
    fields.required("apis", problems)?;
    Some(Format::ClientSslAuth { apis: apis? })
}

fn read_path(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let path = visible(node, at, problems, 1..=2048)?;
    if !path.starts_with('/') || path.contains('#') {
        problems.report(at, "expected a path that begins with / and has no fragment");
        return None;
    }
    Some(path)
}

/// A text of printable ASCII without blanks, of so many characters.
fn visible(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
    lengths: RangeInclusive<usize>,
) -> Option<Box<str>> {
    printable(node, at, problems, "", lengths)
}

/// A text of printable ASCII and some more characters, of so many in all.
fn printable(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
    more: &str,
    lengths: RangeInclusive<usize>,
) -> Option<Box<str>> {
    let text = text(node, at, problems)?;
    let is_good = |letter: char| letter.is_ascii_graphic() || more.contains(letter);
    if text.chars().all(is_good) && lengths.contains(&text.len()) {
        return Some(text.into());
    }
    let (least, most) = lengths.into_inner();
    let without = if more.is_empty() { " without blanks" } else { "" };
    problems
        .report(at, format_args!("expected {least} to {most} printable ASCII characters{without}"));
    None
}

/// A length of time in a range.
fn length(node: &Node<'_>, at: &At<'_>, problems: &mut Problems, range: Range) -> Option<Duration> {
    let Period(length) = parsed(node, at, problems)?;
    let is_good = (range.least..=range.most).contains(&length)
        && (!range.is_whole || length.subsec_nanos() == 0);
    if !is_good {
        problems.report(at, range.expected);
    }
    is_good.then_some(length)
}

/// Which lengths of time are good.
#[derive(Clone, Copy)]
struct Range {
    least: Duration,
    most: Duration,
    /// Whole seconds alone.
    is_whole: bool,
    expected: &'static str,
}

impl Range {
    const ANY: Self =
        Self { least: Duration::ZERO, most: Duration::MAX, is_whole: false, expected: "" };
    const START_WAIT: Self =
        Self { most: MINUTE, expected: "expected 60s at the most", ..Self::ANY };
    const WORK: Self = Self {
        least: Duration::from_millis(1),
        most: Duration::from_millis(100),
        is_whole: false,
        expected: "expected 1ms to 100ms",
    };
    const FROM_A_SECOND: Self =
        Self { least: Duration::from_secs(1), expected: "expected 1s at least", ..Self::ANY };
    const WAIT: Self = Self {
        most: Duration::from_secs(300),
        is_whole: true,
        expected: "expected whole seconds, 300s at the most",
        ..Self::ANY
    };
    const INTERVAL: Self =
        Self { most: DAY, expected: "expected 1s to 24h", ..Self::FROM_A_SECOND };
}

/// What a feed has for its answer besides the time that it may hold it back.
pub(crate) const ANSWER_TIME: Duration = TEN_SECONDS;
const TEN_SECONDS: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
/// How long a callback may work on a list unless something else is said.
const WORK: Duration = Duration::from_millis(3);

const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests;
