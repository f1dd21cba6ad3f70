//! What a request that would pass costs its client's budget.

use crate::digest::sha256;
use crate::dynamic::{Rate, Space};
use crate::evidence::{Source, Unreadable};
use crate::policy::Selection;
use crate::rate::{Table, Taken, take};
use crate::reason::Reason;

use super::Accepted;

/// A request that came too soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Uncharged {
    /// Somebody has used up what he may; seconds until he may come again.
    Limited(u32),
    /// The host does not answer.
    Internal,
}

impl From<Uncharged> for Reason {
    fn from(uncharged: Uncharged) -> Self {
        match uncharged {
            Uncharged::Limited(_) => Self::RateLimited,
            Uncharged::Internal => Self::Internal,
        }
    }
}

/// Counts a request of an accepted client: once for each entry of a dynamic list that has a rate and speaks of one
/// of its credentials, whether or not it is the one that admits; without any, by the rate of the API.
pub(super) fn charge(
    accepted: &Accepted<'_>,
    selection: Selection<'_>,
    source: &impl Source,
) -> Result<(), Uncharged> {
    let certificate = accepted.certificate.as_ref();
    let certificate = certificate.map(|it| (&*it.sessions, it.identity()));
    let api_key = accepted.api_key.as_ref().map(|it| (&*it.sessions, it.identity()));
    let mut charged: Vec<(Space, String, Rate)> = Vec::new();
    for (sessions, identity) in certificate.into_iter().chain(api_key) {
        for (space, entry) in sessions {
            let Some(rate) = entry.rate else {
                continue;
            };
            // A credential's own name: those that come with it may be as many as the client likes.
            let who = entry.identity.as_deref().unwrap_or(&identity);
            let budget = (*space, who.to_owned(), rate);
            if !charged.contains(&budget) {
                spend(&Table::of_list(*space), who, rate, source)?;
                charged.push(budget);
            }
        }
    }
    let Some(rate) = selection.ruling.rate.filter(|_| charged.is_empty()) else {
        return Ok(());
    };
    let plugin = source.plugin().map_err(|_: Unreadable| Uncharged::Internal)?.unwrap_or_default();
    // At each API anew, in one table: so it stays bounded, however many APIs there are.
    let api = selection.api.name.as_str();
    let who = [api, &accepted.identity_text()].join("/");
    spend(&Table::of_plugin(&plugin), &who, rate, source)
}

fn spend(table: &Table, who: &str, rate: Rate, source: &impl Source) -> Result<(), Uncharged> {
    let internal = |_: Unreadable| Uncharged::Internal;
    let now = source.monotonic().map_err(internal)?;
    let salt = source.salt().map_err(internal)?.unwrap_or_default();
    let who = sha256(&[&salt, who.as_bytes()].concat());
    match take(source.store(), table, &who, rate, now).map_err(internal)? {
        Taken::Granted => Ok(()),
        Taken::Refused { retry_after } => Err(Uncharged::Limited(retry_after)),
    }
}
