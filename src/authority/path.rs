//! Path validation (RFC 5280 section 6), by webpki, and what it leaves to its callers.

use std::cell::Cell;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath};
use x509_parser::prelude::X509Certificate;

use crate::certificate::{Validity, parse};
use crate::digest::{Digest, sha256};
use crate::signature::{Algorithm, Meter};

use super::candidates::{DEPTH, ways};
use super::fault::Fault;
use super::link::Link;
use super::name_text;
use super::names::Names;
use super::profile::{self, Breach};
use super::revocation::Depth;
use super::trust::Trust;

/// A leaf that was parsed to look for a path from it.
#[derive(Debug)]
pub(crate) struct Examined {
    der: CertificateDer<'static>,
    pub(crate) link: Link,
    pub(crate) names: Names,
    validity: Validity,
    /// The content of the INTEGER.
    serial: Box<[u8]>,
    breach: Option<Breach>,
}

impl Examined {
    /// Parses a leaf, whose authority may be anybody.
    ///
    /// # Errors
    /// What is malformed about it.
    pub(crate) fn of(der: &[u8]) -> Result<Self, Breach> {
        let certificate = profile::parse(der)?;
        Ok(Self {
            der: CertificateDer::from(der.to_vec()),
            link: Link::of(der, &certificate),
            names: Names::of(&certificate).ok_or(Breach::Malformed)?,
            validity: Validity::of(&certificate),
            serial: certificate.raw_serial().into(),
            breach: profile::leaf(&certificate).err(),
        })
    }

    /// Whether the leaf itself is valid at a time, in seconds since the Unix epoch.
    #[cfg(test)]
    pub(crate) fn is_valid_at(&self, time: i64) -> bool {
        self.validity.contains(time)
    }
}

/// A path that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// When all of it but the leaf is valid, revocation lists included.
    pub(crate) window: Validity,
    /// The subjects of the certificates between, the leaf's issuer first.
    pub(crate) via: Box<[Box<str>]>,
    /// The SHA-256 of the certificate of the leaf's issuer on this path.
    pub(crate) issuer: Digest,
}

/// What a leaf is to be used for, and how far from its anchor it may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) usage: KeyUsage,
    /// The most certificates between leaf and anchor.
    pub(crate) depth: usize,
}

impl Terms {
    /// A client of TLS (RFC 5280 section 4.2.1.12).
    pub(crate) const CLIENT: Self = Self { usage: KeyUsage::client_auth(), depth: DEPTH };
}

/// Looks for a path from a leaf to an authority, at a time in seconds since the Unix epoch, over what the
/// client presented and what the entry gives.
///
/// The leaf's own dates are left to the caller, so that they can be told apart from a path that does not
/// hold: the path is judged at the time nearest to `now` at which the leaf is valid.
///
/// # Errors
/// What is wrong with the best of the ways.
pub(crate) fn find(
    trust: &Trust,
    leaf: &Examined,
    presented: &[Link],
    now: i64,
    terms: &Terms,
    meter: &Meter,
) -> Result<Path, Fault> {
    let mut pool: Vec<&Link> = Vec::with_capacity(presented.len());
    for link in trust.intermediates.iter().chain(presented) {
        if !pool.contains(&link) {
            pool.push(link);
        }
    }
    let mut fault = Fault::NoWay;
    let mut forged = 0_usize;
    for way in ways(&leaf.link, &trust.anchor.link, &pool, terms.depth) {
        match follow(trust, leaf, &way, now, terms, meter) {
            Ok(path) => return Ok(path),
            // What is out of date or out of place costs no signature; what is forged does.
            Err(other) if other.is_forgery() => {
                forged = forged.saturating_add(1);
                if other.rank() > fault.rank() {
                    fault = other;
                }
                if forged >= FORGED {
                    break;
                }
            }
            Err(other) if other.rank() > fault.rank() => fault = other,
            Err(_) => {}
        }
    }
    Err(fault)
}

fn follow(
    trust: &Trust,
    leaf: &Examined,
    way: &[&Link],
    now: i64,
    terms: &Terms,
    meter: &Meter,
) -> Result<Path, Fault> {
    let time = now.min(leaf.validity.not_after).max(leaf.validity.not_before);
    let unix_time = u64::try_from(time).map_err(|_| Fault::Clock)?;
    let unix_time = UnixTime::since_unix_epoch(Duration::from_secs(unix_time));
    if !trust.anchor.validity.contains(time) {
        return Err(Fault::AnchorDates);
    }
    // Path validation takes no notice of what an anchor says of itself.
    if trust.anchor.path_length.is_some_and(|most| way.len() > most) {
        return Err(Fault::Path(Error::PathLenConstraintViolated));
    }
    let intermediates: Vec<CertificateDer<'_>> =
        way.iter().map(|link| CertificateDer::from(&*link.der)).collect();
    let algorithms = Algorithm::all(meter);
    let mut kinds: Vec<&dyn SignatureVerificationAlgorithm> = Vec::with_capacity(algorithms.len());
    for algorithm in &algorithms {
        kinds.push(algorithm);
    }
    let lists = trust.revocation.as_ref().map(|revocation| revocation.borrowed());
    let revocation = trust.revocation.as_ref().zip(lists.as_deref());
    let revocation = revocation.and_then(|(revocation, lists)| revocation.options(lists));
    let end_entity = EndEntityCert::try_from(&leaf.der).map_err(Fault::Path)?;

    let breach = Cell::new(None);
    let check = |path: &VerifiedPath<'_>| {
        let checked = path.intermediate_certificates().try_for_each(|certificate| {
            profile::parse(&certificate.der())
                .and_then(|certificate| profile::authority(&certificate))
        });
        checked.map_err(|found| {
            breach.set(Some(found));
            Error::UnknownIssuer
        })
    };
    let anchors = std::slice::from_ref(&*trust.anchor.trust);
    let verified = end_entity
        .verify_for_usage(
            &kinds,
            anchors,
            &intermediates,
            unix_time,
            terms.usage,
            revocation,
            Some(&check),
        )
        .map_err(|error| match breach.take() {
            Some(breach) => Fault::Issuer(breach),
            None if meter.is_exhausted() => Fault::Exhausted,
            None => Fault::from(error),
        })?;
    if let Some(breach) = &leaf.breach {
        return Err(Fault::Leaf(breach.clone()));
    }
    let between: Vec<CertificateDer<'_>> =
        verified.intermediate_certificates().map(|certificate| certificate.der()).collect();
    let issuer = sha256(between.first().map_or(&*trust.anchor.link.der, |der| der));
    let between: Option<Vec<X509Certificate<'_>>> =
        between.iter().map(|der| parse(der).ok()).collect();
    described(trust, leaf, &between.ok_or(Fault::Issuer(Breach::Malformed))?, issuer, now)
}

/// Describes a path that was verified, unless a revocation list on it is too old.
fn described(
    trust: &Trust,
    leaf: &Examined,
    between: &[X509Certificate<'_>],
    issuer: Digest,
    now: i64,
) -> Result<Path, Fault> {
    let mut window = trust.anchor.validity;
    for certificate in between {
        window = window.intersect(Validity::of(certificate));
    }
    if let Some(revocation) = &trust.revocation {
        let checked = match revocation.rules.depth {
            Depth::Leaf => &[][..],
            Depth::Chain => between,
        };
        let is_named = |certificate: &X509Certificate<'_>| {
            revocation.names(certificate.issuer().as_raw(), certificate.raw_serial())
        };
        if revocation.names(&leaf.link.issuer, &leaf.serial) || checked.iter().any(is_named) {
            return Err(Fault::Revoked);
        }
        let issuers = between.iter().map(|certificate| certificate.issuer().as_raw());
        let good_until = revocation.good_until(std::iter::once(&*leaf.link.issuer).chain(issuers));
        if now > good_until {
            return Err(Fault::ListExpired);
        }
        window.not_after = window.not_after.min(good_until);
    }
    let via = between.iter().map(|certificate| name_text::text(certificate.subject()).into());
    Ok(Path { window, via: via.collect(), issuer })
}

/// Ways that may end at a signature by another key: an honest client has one at the most, where an authority
/// changed its key and kept its name.
const FORGED: usize = 2;
