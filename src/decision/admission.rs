//! Whether a certificate is admitted: deny lists first, then who admits it, then dates, so that dates are
//! reported only for a certificate that would otherwise pass.

use crate::certificate::{Leaf, Validity};
use crate::digest::Fingerprint;
use crate::dynamic::DynamicList;
use crate::evidence::{Source, Whole, leaf};
use crate::list::List;
use crate::memory::Memory;
use crate::policy::{CertificateRule, ListId, Policy, Selection, ValidityRule};
use crate::reason::Reason;
use crate::request::Headers;

use super::holders::{Holders, Holding};
use super::registry::Registry;
use super::{Admitted, Tried};

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
        for list in self
            .dynamic(&rule.deny)
            .chain(self.dynamic(&rule.allow))
            .chain(self.dynamic(&rule.require))
        {
            if !source.is_current(list).map_err(|_| Reason::Internal)? {
                return Err(Reason::ListStale);
            }
        }
        for list in self.dynamic(&rule.allow).chain(self.dynamic(&rule.require)) {
            registry.check(list, fingerprint, &api.name)?;
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
        let is_by_path = all().any(|holding| holding.path.is_some());
        if rule.validity != ValidityRule::Unchecked || is_by_path {
            // A `pem` entry is the very certificate: its dates need no other copy.
            if whole.is_none() && !all().any(|holding| holding.entry().knows_all_dates()) {
                whole = leaf(source, headers, memory, fingerprint)?;
            }
            let own = whole.as_ref().map(|whole| whole.leaf.validity());
            let validities: Vec<Validity> =
                own.into_iter().chain(all().filter_map(Holding::validity)).collect();
            if validities.is_empty() && rule.validity == ValidityRule::Required {
                return Err(Reason::CertificateUnavailable);
            }
            if !validities.is_empty() {
                let now = holders.now()?;
                check_dates(&validities, now)?;
                let end = validities.iter().map(|validity| validity.not_after).min();
                expires_soon = end.filter(|end| self.is_soon(*end, now));
            }
        }
        // Only of those who are admitted: strangers make as many certificates as they like.
        if let Some(Whole { leaf, client: None }) = &whole
            && holders.found.is_empty()
        {
            memory.keep(leaf, &[]);
        }
        let leaf = whole.map(|whole| whole.leaf);
        Ok(Admitted { holding: admitting, fingerprint, leaf, expires_soon })
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

/// Whether it is now within every one of the times.
fn check_dates(validities: &[Validity], now: i64) -> Result<(), Reason> {
    if validities.iter().any(|validity| now < validity.not_before) {
        return Err(Reason::CertificateNotYetValid);
    }
    if validities.iter().any(|validity| now > validity.not_after) {
        return Err(Reason::CertificateExpired);
    }
    Ok(())
}
