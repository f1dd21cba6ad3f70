//! Revocation lists (CRLs, RFC 5280 section 5) that an entry gives for its authority and intermediates.

use std::fmt;
use std::sync::Arc;

use webpki::{
    CertRevocationList, Error, ExpirationPolicy, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptions, RevocationOptionsBuilder, UnknownStatusPolicy,
};
use x509_parser::der_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::time::ASN1Time;

/// What is checked against which lists.
#[derive(Clone, Debug)]
pub(crate) struct Revocation {
    lists: Arc<[RevocationList]>,
    pub(crate) rules: RevocationRules,
}

/// How strictly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RevocationRules {
    pub(crate) when_expired: WhenExpired,
    pub(crate) when_missing: WhenMissing,
    pub(crate) depth: Depth,
}

/// What if a list's `nextUpdate` has passed. What it revokes stays revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WhenExpired {
    #[default]
    Deny,
    Use,
}

/// What if an issuer on the path has no list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WhenMissing {
    #[default]
    Deny,
    Allow,
}

/// Whose revocation is looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The client's certificate alone.
    #[default]
    Leaf,
    /// The intermediates too.
    Chain,
}

/// One revocation list.
#[derive(Debug)]
pub(crate) struct RevocationList {
    list: CertRevocationList<'static>,
    /// The issuer's name in DER, with its tag.
    issuer: Box<[u8]>,
    /// Seconds since the Unix epoch.
    next_update: i64,
}

impl RevocationList {
    /// Reads one list's DER. Its signature is verified with each path, by the issuer's key there.
    ///
    /// # Errors
    /// [`BadRevocationList`] if it is none, or of a kind that path validation does not take.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, BadRevocationList> {
        let list = OwnedCertRevocationList::from_der(der).map_err(|error| match error {
            Error::UnsupportedDeltaCrl => BadRevocationList::Delta,
            Error::UnsupportedIndirectCrl => BadRevocationList::Indirect,
            Error::UnsupportedRevocationReasonsPartitioning
            | Error::UnsupportedCrlIssuingDistributionPoint => BadRevocationList::Partitioned,
            _ => BadRevocationList::Malformed,
        })?;
        let (issuer, next_update) = fixed_part(der).ok_or(BadRevocationList::Malformed)?;
        Ok(Self { list: list.into(), issuer: issuer.into(), next_update })
    }

    /// The issuer's name in DER.
    pub(crate) fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// Whether two lists are both about all that their common issuer issued: only one of them would ever
    /// be asked.
    pub(crate) fn is_about_the_same(&self, other: &Self) -> bool {
        let scope = |own: &Self| own.list.issuing_distribution_point().map(<[u8]>::to_vec);
        self.issuer == other.issuer
            && (scope(self) == scope(other) || scope(self).is_none() || scope(other).is_none())
    }
}

impl Revocation {
    /// Checks by these lists, at least one.
    pub(crate) fn new(lists: Vec<RevocationList>, rules: RevocationRules) -> Self {
        Self { lists: lists.into(), rules }
    }

    pub(crate) fn lists(&self) -> &[RevocationList] {
        &self.lists
    }

    /// The lists in path validation's own terms; see [`options`](Self::options).
    pub(crate) fn borrowed(&self) -> Vec<&CertRevocationList<'static>> {
        self.lists.iter().map(|list| &list.list).collect()
    }

    /// How path validation is to check. Whether a list is too old is decided by
    /// [`good_until`](Self::good_until), after what it revokes.
    pub(crate) fn options<'l>(
        &self,
        lists: &'l [&'l CertRevocationList<'l>],
    ) -> Option<RevocationOptions<'l>> {
        let options = RevocationOptionsBuilder::new(lists)
            .ok()?
            .with_depth(match self.rules.depth {
                Depth::Leaf => RevocationCheckDepth::EndEntity,
                Depth::Chain => RevocationCheckDepth::Chain,
            })
            .with_status_policy(match self.rules.when_missing {
                WhenMissing::Deny => UnknownStatusPolicy::Deny,
                WhenMissing::Allow => UnknownStatusPolicy::Allow,
            })
            .with_expiration_policy(ExpirationPolicy::Ignore);
        Some(options.build())
    }

    /// The last second in which the lists of these issuers are all good; the first is the leaf's issuer.
    pub(crate) fn good_until<'i>(&self, issuers: impl Iterator<Item = &'i [u8]>) -> i64 {
        if self.rules.when_expired == WhenExpired::Use {
            return i64::MAX;
        }
        let asked = match self.rules.depth {
            Depth::Leaf => 1,
            Depth::Chain => usize::MAX,
        };
        let of = |issuer| self.lists.iter().filter(move |list| &*list.issuer == issuer);
        let last_seconds =
            issuers.take(asked).flat_map(of).map(|list| list.next_update.saturating_sub(1));
        last_seconds.min().unwrap_or(i64::MAX)
    }

    /// Whether any list by a certificate's issuer names its serial number (the INTEGER's content), whatever
    /// places or kinds of certificates that list says it is for: path validation asks the first list alone
    /// that may be meant.
    pub(crate) fn names(&self, issuer: &[u8], serial: &[u8]) -> bool {
        self.lists
            .iter()
            .filter(|list| &*list.issuer == issuer)
            .any(|list| !matches!(list.list.find_serial(serial), Ok(None)))
    }

    /// When the first of the lists expires, in seconds since the Unix epoch.
    pub(crate) fn next_update(&self) -> Option<i64> {
        self.lists.iter().map(|list| list.next_update).min()
    }
}

/// The issuer and `nextUpdate` of a CertificateList, which path validation keeps to itself.
fn fixed_part(der: &[u8]) -> Option<(&[u8], i64)> {
    let (_, list) = Any::from_der(der).ok()?;
    let (_, signed) = Any::from_der(list.data).ok()?;
    let (rest, version) = Any::from_der(signed.data).ok()?;
    if version.tag() != Tag::Integer {
        return None;
    }
    let (rest, _algorithm) = Any::from_der(rest).ok()?;
    let (after, _issuer) = Any::from_der(rest).ok()?;
    let issuer = rest.get(..rest.len().checked_sub(after.len())?)?;
    let (rest, _this_update) = ASN1Time::from_der(after).ok()?;
    let (_, next_update) = ASN1Time::from_der(rest).ok()?;
    Some((issuer, next_update.timestamp()))
}

/// A text that is no revocation list, or none that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadRevocationList {
    Malformed,
    Delta,
    Indirect,
    Partitioned,
}

impl fmt::Display for BadRevocationList {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Malformed => {
                "not a well-formed revocation list of version 2 with a next update (RFC 5280 section 5)"
            }
            Self::Delta => "a delta revocation list: give the whole one",
            Self::Indirect => "an indirect revocation list: give those that the issuers themselves sign",
            Self::Partitioned => {
                "a revocation list for some reasons alone, or one whose issuing distribution point has no \
                 name: give the whole one"
            }
        })
    }
}
