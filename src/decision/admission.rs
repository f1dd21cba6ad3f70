//! Whether a certificate is admitted: deny lists first, then who admits it, then dates, so that dates are
//! reported only for a certificate that would otherwise pass.

use std::rc::Rc;

use crate::certificate::{Leaf, Validity};
use crate::digest::Fingerprint;
use crate::dynamic::{DynamicList, Space};
use crate::evidence::{Source, Whole, leaf};
use crate::list::List;
use crate::memory::Memory;
use crate::policy::{CertificateRule, ListId, Policy, Selection, ValidityRule};
use crate::reason::Reason;
use crate::request::Headers;

use super::holders::{Holders, Holding};
use super::registry::Registry;
use super::{Admitted, Lasting, Tried};

impl Policy {
    /// Finds the entry that admits a certificate. Authorities that were asked in vain are noted.
    pub(super) fn admit<'p>(
        &'p self,
        selection: Selection<'_>,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
        fingerprint: Fingerprint,
        tried: &mut Vec<Tried<'p>>,
    ) -> Result<Admitted<'p>, Reason> {
        let Selection { api, ruling, .. } = selection;
        let rule = ruling.certificate.as_ref().ok_or(Reason::Internal)?;
        let Examined { mut registry, mut whole, stale } =
            self.examine(rule, headers, source, memory, fingerprint)?;
        for list in self.dynamic(&rule.allow).chain(self.dynamic(&rule.require)) {
            // A suspension that is known holds, whatever other lists have not heard.
            if !stale.contains(&list.space()) {
                registry.check(list, fingerprint, &api.name)?;
            }
        }
        if !stale.is_empty() {
            return Err(Reason::ListStale);
        }
        let mut holders = Holders::new(self, headers, source, fingerprint, whole.clone(), registry);
        let held = held(rule, &mut holders, memory);
        tried.append(&mut holders.tried);
        // Whatever becomes of it now: an authority vouches for it, so no stranger can make another.
        if let Some(Whole { leaf, .. }) = &whole
            && !holders.found.is_empty()
        {
            memory.keep(leaf, &holders.found);
        }
        let (admitting, required) = held?;

        let all = || required.iter().chain([&admitting]);
        // Which of its issuer's certificates vouches for it, only the path tells.
        let issuers = all().filter_map(|holding| Some(holding.path.as_ref()?.path.issuer));
        for (issuer, Whole { leaf, .. }) in issuers.zip(whole.iter().cycle()) {
            for list in self.dynamic(&rule.deny) {
                if holders.registry.denies_issued(list, leaf, issuer)? {
                    return Err(Reason::CertificateDenied);
                }
            }
        }
        let mut expires_soon = None;
        // An authority that was asked in vain may know of a path from what the next request presents.
        let is_settled = !holders.has_missed;
        let mut lasting = if is_settled { Lasting::Always } else { Lasting::Unknown };
        let is_by_path = all().any(|holding| holding.path.is_some());
        if rule.validity != ValidityRule::Unchecked || is_by_path {
            // A `pem` entry is the very certificate: its dates need no other copy.
            if whole.is_none() && !all().any(|holding| holding.entry().knows_all_dates()) {
                whole = leaf(source, headers, memory, fingerprint)?;
            }
            let others = all().filter_map(Holding::validity);
            let known = check_dates(rule, whole.as_ref(), others, || holders.now())?;
            lasting = Lasting::Unknown;
            if let Some((validity, now)) = known {
                let end = validity.not_after;
                expires_soon = Some(end).filter(|end| self.is_soon(*end, now));
                // What is known of dates may be more where something carries the certificate.
                let are_all =
                    whole.is_some() || all().any(|holding| holding.entry().knows_all_dates());
                let paths = all().filter_map(|holding| Some(holding.path.as_ref()?.path.window));
                if is_settled && are_all {
                    lasting = Lasting::within(paths.fold(validity, Validity::both), now);
                }
            }
        }
        // Only of those who are admitted: strangers make as many certificates as they like.
        if holders.found.is_empty() {
            keep(whole.as_ref(), memory);
        }
        let leaf = whole.map(|whole| whole.leaf);
        let sessions = holders.registry.into_sessions();
        Ok(Admitted { holding: admitting, sessions, fingerprint, leaf, expires_soon, lasting })
    }

    /// Checks a certificate that somebody else vouches for: it must not be denied or out of date.
    pub(super) fn vet(
        &self,
        rule: &CertificateRule,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
        fingerprint: Fingerprint,
    ) -> Result<Option<Rc<Leaf>>, Reason> {
        let Examined { mut registry, mut whole, stale } =
            self.examine(rule, headers, source, memory, fingerprint)?;
        if !stale.is_empty() {
            return Err(Reason::ListStale);
        }
        if rule.validity != ValidityRule::Unchecked {
            if whole.is_none() {
                whole = leaf(source, headers, memory, fingerprint)?;
            }
            check_dates(rule, whole.as_ref(), std::iter::empty(), || registry.now())?;
        }
        keep(whole.as_ref(), memory);
        Ok(whole.map(|whole| whole.leaf))
    }

    /// Asks who refuses a certificate, and whether all lists can be gone by.
    fn examine<'r, S: Source>(
        &self,
        rule: &CertificateRule,
        headers: &Headers<'_>,
        source: &'r S,
        memory: &mut Memory,
        fingerprint: Fingerprint,
    ) -> Result<Examined<'r, S>, Reason> {
        let denies = |leaf: Option<&Leaf>| {
            self.lists(&rule.deny).any(|list| list.refuses(fingerprint, leaf))
        };
        // What the fingerprint alone tells is told first: no carrier can hide who is denied by it.
        if denies(None) {
            return Err(Reason::CertificateDenied);
        }
        let mut registry = Registry::new(source);
        for list in self.dynamic(&rule.deny) {
            if registry.denies(list, fingerprint)? {
                return Err(Reason::CertificateDenied);
            }
        }
        let mut whole = None;
        if rule.needs_leaf {
            whole = leaf(source, headers, memory, fingerprint)?;
            let Some(Whole { leaf, .. }) = &whole else {
                return Err(Reason::CertificateUnavailable);
            };
            if denies(Some(leaf)) {
                return Err(Reason::CertificateDenied);
            }
            for list in self.dynamic(&rule.deny) {
                if registry.denies_leaf(list, leaf, &self.issuers)? {
                    return Err(Reason::CertificateDenied);
                }
            }
        }
        // Only now, since an old denial is still one. Nothing else is concluded from a list that is out of
        // date: it may have heard by now that this client is suspended.
        let mut stale = Vec::new();
        for list in self
            .dynamic(&rule.deny)
            .chain(self.dynamic(&rule.allow))
            .chain(self.dynamic(&rule.require))
        {
            if !stale.contains(&list.space()) && !is_current(source, list)? {
                stale.push(list.space());
            }
        }
        Ok(Examined { registry, whole, stale })
    }

    /// Those of the lists that a feed fills.
    fn dynamic<'a>(&'a self, ids: &'a [ListId]) -> impl Iterator<Item = &'a DynamicList> {
        self.lists(ids).filter_map(List::dynamic).map(|list| &**list)
    }

    fn lists<'a>(&'a self, ids: &'a [ListId]) -> impl Iterator<Item = &'a List> {
        ids.iter().filter_map(|id| self.lists.get(*id))
    }
}

/// Who admits the certificate, and who must hold it too.
fn held<'p, S: Source>(
    rule: &CertificateRule,
    holders: &mut Holders<'p, '_, S>,
    memory: &mut Memory,
) -> Result<(Holding<'p>, Vec<Holding<'p>>), Reason> {
    let admitting = holders.first(&rule.allow, memory)?;
    let mut required = Vec::with_capacity(rule.require.len());
    for id in &rule.require {
        required.push(holders.holds(*id, memory).map_err(|reason| match reason {
            Reason::CertificateNotAllowed => Reason::CertificateNotRegistered,
            reason => reason,
        })?);
    }
    Ok((admitting, required))
}

/// A certificate that nobody refuses.
struct Examined<'r, S> {
    registry: Registry<'r, S>,
    whole: Option<Whole>,
    /// The lists that cannot be gone by.
    stale: Vec<Space>,
}

pub(super) fn is_current(source: &impl Source, list: &DynamicList) -> Result<bool, Reason> {
    source.is_current(list).map_err(|_| Reason::Internal)
}

/// Checks that it is now within every time that is known: the leaf's own, and the others. The time that they
/// have in common, and what time it is now; `None` if none is known.
fn check_dates(
    rule: &CertificateRule,
    whole: Option<&Whole>,
    others: impl Iterator<Item = Validity>,
    now: impl FnOnce() -> Result<i64, Reason>,
) -> Result<Option<(Validity, i64)>, Reason> {
    let own = whole.map(|whole| whole.leaf.validity());
    let Some(all) = own.into_iter().chain(others).reduce(Validity::both) else {
        return match rule.validity {
            ValidityRule::Required => Err(Reason::CertificateUnavailable),
            ValidityRule::WhenKnown | ValidityRule::Unchecked => Ok(None),
        };
    };
    let now = now()?;
    if now < all.not_before {
        return Err(Reason::CertificateNotYetValid);
    }
    if now > all.not_after {
        return Err(Reason::CertificateExpired);
    }
    Ok(Some((all, now)))
}

/// Remembers a leaf that was not known before.
fn keep(whole: Option<&Whole>, memory: &mut Memory) {
    if let Some(Whole { leaf, client: None }) = whole {
        memory.keep(leaf, &[]);
    }
}
