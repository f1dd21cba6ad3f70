//! What will soon be out of date: entries of lists, revocation lists, and certificates of clients.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::authority::Revocation;
use crate::decision::Verdict;
use crate::digest::Fingerprint;
use crate::list::List;
use crate::policy::Policy;

/// How a list stands at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListState<'p> {
    /// Its name.
    pub list: &'p str,
    /// Entries that go out of date within the time of warning.
    pub expiring: u64,
    /// Entries that are out of date.
    pub expired: u64,
    /// Entries that the list goes without, as they cannot be used.
    pub skipped: u64,
    /// Seconds until the first of its revocation lists is out of date, 0 if one is; `None` if it has none.
    pub crl_seconds_left: Option<u64>,
}

/// Something in a list whose time ends.
#[derive(Clone, Debug)]
pub struct Ending<'p> {
    list: &'p str,
    /// The position of the entry, as written.
    entry: usize,
    what: What<'p>,
    /// Seconds since the Unix epoch.
    at: i64,
}

#[derive(Clone, Copy, Debug)]
enum What<'p> {
    Pin,
    /// An authority or an intermediate of it, by the authority's subject.
    Authority(&'p str),
    /// A revocation list, by the authority's subject.
    RevocationList(&'p str),
}

impl Ending<'_> {
    /// A line for the log: JSON. `now` is in seconds since the Unix epoch, as is every time here.
    fn line(&self, now: i64) -> String {
        let mut line = format!(
            r#"{{"event":"peergate_expiry","list":"{}","entry":{},"what":"{}""#,
            self.list,
            self.entry,
            self.what.word()
        );
        if let Some(subject) = self.what.subject() {
            let subject = serde_json::to_string(subject).unwrap_or_default();
            line.push_str(&format!(r#","subject":{subject}"#));
        }
        let state = if self.at < now { "expired" } else { "expiring" };
        line.push_str(&format!(r#","state":"{state}","not_after":"{}"}}"#, rfc3339(self.at)));
        line
    }
}

impl fmt::Display for Ending<'_> {
    /// Says what ends when, with its place.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "lists.{}.entries[{}]: the {} ", self.list, self.entry, self.what.word())?;
        if let Some(subject) = self.what.subject() {
            write!(out, "of {subject} ")?;
        }
        write!(out, "is valid until {}", rfc3339(self.at))
    }
}

impl<'p> What<'p> {
    fn word(self) -> &'static str {
        match self {
            Self::Pin => "entry",
            Self::Authority(_) => "authority",
            Self::RevocationList(_) => "revocation list",
        }
    }

    fn subject(self) -> Option<&'p str> {
        match self {
            Self::Pin => None,
            Self::Authority(subject) | Self::RevocationList(subject) => Some(subject),
        }
    }
}

impl ListState<'_> {
    /// The gauges of the list, less Envoy's own prefix, each with its value.
    pub fn gauges(&self) -> Vec<(String, u64)> {
        let name = |gauge: &str| format!("peergate.list.{}.{gauge}", self.list);
        let mut gauges = vec![
            (name("expiring"), self.expiring),
            (name("expired"), self.expired),
            (name("skipped"), self.skipped),
        ];
        gauges.extend(self.crl_seconds_left.map(|left| (name("crl_seconds_left"), left)));
        gauges
    }
}

impl Policy {
    /// How the lists stand that have their entries from the configuration. `now` is in seconds since the Unix epoch.
    pub fn list_states(&self, now: i64) -> Vec<ListState<'_>> {
        let written = self.lists.iter().filter(|list| list.dynamic().is_none());
        written.map(|list| self.list_state(list, now)).collect()
    }

    fn list_state<'p>(&'p self, list: &'p List, now: i64) -> ListState<'p> {
        let (mut expiring, mut expired) = (0_u64, 0_u64);
        let mut first_update = None::<i64>;
        for ending in self.endings(list) {
            match ending.what {
                What::RevocationList(_) => {
                    first_update = Some(first_update.map_or(ending.at, |at| at.min(ending.at)));
                }
                _ if ending.at < now => expired = expired.saturating_add(1),
                _ if self.is_soon(ending.at, now) => expiring = expiring.saturating_add(1),
                _ => {}
            }
        }
        ListState {
            list: list.name(),
            expiring,
            expired,
            skipped: u64::try_from(list.skipped().len()).unwrap_or(u64::MAX),
            crl_seconds_left: first_update
                .map(|at| u64::try_from(at.saturating_sub(now)).unwrap_or_default()),
        }
    }

    /// What is, or soon will be, out of date.
    pub fn endings_soon(&self, now: i64) -> impl Iterator<Item = Ending<'_>> {
        let endings = self.lists.iter().flat_map(|list| self.endings(list));
        endings.filter(move |ending| self.is_soon(ending.at, now))
    }

    /// A line for each of [`endings_soon`](Self::endings_soon): JSON, and so many that nobody stops
    /// reading.
    pub fn expiry_lines(&self, now: i64) -> Vec<String> {
        let mut endings = self.endings_soon(now);
        let mut lines: Vec<String> =
            endings.by_ref().take(LINES).map(|ending| ending.line(now)).collect();
        let left_out = endings.count();
        if left_out > 0 {
            lines.push(format!(r#"{{"event":"peergate_expiry","left_out":{left_out}}}"#));
        }
        lines
    }

    /// The line for an accepted client whose certificate will soon be out of date, and the fingerprint
    /// that it is told by once a day.
    pub fn expiring_client(&self, verdict: &Verdict<'_>) -> Option<(Fingerprint, String)> {
        let accepted = verdict.accepted()?;
        let (at, fingerprint) = (accepted.expires_soon()?, accepted.fingerprint()?);
        let identity = serde_json::to_string(&accepted.identity()).unwrap_or_default();
        let line = format!(
            r#"{{"event":"peergate_expiry","what":"client","identity":{identity},"fingerprint":"{fingerprint}","not_after":"{}"}}"#,
            rfc3339(at)
        );
        Some((fingerprint, line))
    }

    /// Whether a time has passed, or will within the time of warning.
    pub(crate) fn is_soon(&self, at: i64, now: i64) -> bool {
        at.saturating_sub(now) <= self.expiry_warning
    }

    fn endings<'p>(&'p self, list: &'p List) -> impl Iterator<Item = Ending<'p>> {
        let ending = |place, what, at| Ending {
            list: list.name(),
            entry: list.written_position(place),
            what,
            at,
        };
        let entries = list.entries();
        let entries = entries.filter_map(move |(place, entry)| {
            Some(ending(place, What::Pin, entry.validity?.not_after))
        });
        let authorities = list.authorities().iter().filter_map(move |(authority, place)| {
            let trust = self.trusts.get(authority.trust)?;
            let name = &*trust.anchor.name;
            let lists = trust.revocation.as_ref().and_then(Revocation::next_update);
            let lists = lists.map(|at| ending(*place, What::RevocationList(name), at));
            Some([Some(ending(*place, What::Authority(name), trust.not_after())), lists])
        });
        entries.chain(authorities.flatten().flatten())
    }
}

fn rfc3339(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok();
    moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_else(|| seconds.to_string())
}

/// Lines a day.
const LINES: usize = 100;
