//! An authority that is trusted: the end of paths, and what helps to find and to check them.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, TrustAnchor};

use crate::certificate::Validity;
use crate::digest::{Digest, sha256};

use super::link::Link;
use super::name_text;
use super::profile::{self, Breach};
use super::revocation::Revocation;

/// One authority. Entries that give the same certificates and lists share it.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    pub(crate) anchor: Anchor,
    /// For clients that send their leaf alone.
    pub(crate) intermediates: Vec<Link>,
    pub(crate) revocation: Option<Revocation>,
}

/// A certificate that is trusted for itself: nobody verifies its own signature.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    pub(crate) link: Link,
    pub(crate) trust: Arc<TrustAnchor<'static>>,
    pub(crate) validity: Validity,
    /// The subject as text.
    pub(crate) name: Box<str>,
    /// How many intermediates there may be below it (RFC 5280 section 4.2.1.9).
    pub(crate) path_length: Option<usize>,
    may_sign_lists: bool,
}

impl Anchor {
    /// Reads an authority's certificate, of a root or of an intermediate.
    ///
    /// # Errors
    /// [`BadAuthority`] says why it cannot be one. Dates are not looked at: time goes on after that.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, BadAuthority> {
        let certificate = profile::parse(der).map_err(BadAuthority)?;
        profile::authority(&certificate).map_err(BadAuthority)?;
        profile::for_clients(&certificate).map_err(BadAuthority)?;
        let trusted = CertificateDer::from(der);
        let trust = webpki::anchor_from_trusted_cert(&trusted)
            .map_err(|_| BadAuthority(Breach::Malformed))?;
        Ok(Self {
            link: Link::of(der, &certificate),
            trust: Arc::new(trust.to_owned()),
            validity: Validity::of(&certificate),
            name: name_text::text(certificate.subject()).into(),
            path_length: profile::path_length(&certificate),
            may_sign_lists: profile::may_sign_lists(&certificate),
        })
    }
}

/// Reads an authority's certificate that is not trusted itself.
///
/// # Errors
/// As [`Anchor::parse`].
pub(crate) fn check_intermediate(der: &[u8]) -> Result<Link, BadAuthority> {
    let certificate = profile::parse(der).map_err(BadAuthority)?;
    profile::authority(&certificate).map_err(BadAuthority)?;
    Ok(Link::of(der, &certificate))
}

impl Trust {
    /// Whether the anchor signs a revocation list that it may not sign.
    pub(crate) fn has_unsignable_list(&self) -> bool {
        let lists = self.revocation.iter().flat_map(Revocation::lists);
        !self.anchor.may_sign_lists
            && lists.into_iter().any(|list| list.issuer() == &*self.anchor.link.subject)
    }

    /// The authorities whose certificates are known here: the SHA-256 of each one's name, and of its
    /// certificate.
    pub(crate) fn issuers(&self) -> impl Iterator<Item = (Digest, Digest)> {
        let links = std::iter::once(&self.anchor.link).chain(&self.intermediates);
        links.map(|link| (sha256(&link.subject), sha256(&link.der)))
    }

    /// When the first of its certificates ends, in seconds since the Unix epoch.
    pub(crate) fn not_after(&self) -> i64 {
        let ends = self.intermediates.iter().filter_map(|link| {
            Some(Validity::of(&crate::certificate::parse(&link.der).ok()?).not_after)
        });
        ends.fold(self.anchor.validity.not_after, i64::min)
    }
}

/// A certificate that cannot be an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadAuthority(pub(crate) Breach);

impl fmt::Display for BadAuthority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
