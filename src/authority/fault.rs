//! Why there is no path to an authority.

use std::fmt;

use webpki::Error;

use crate::reason::Reason;

use super::profile::Breach;

/// Why there is no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No names lead from the leaf to the authority.
    NoWay,
    /// The clock stands before 1970.
    Clock,
    /// The authority's own time is over, or has not begun.
    AnchorDates,
    /// Path validation refuses.
    Path(Error),
    /// A certificate between breaks a rule.
    Issuer(Breach),
    /// The leaf breaks a rule.
    Leaf(Breach),
    /// More signatures would have been needed than one request may cost.
    Exhausted,
    /// An issuer on the path has no revocation list, or none that it signed.
    ListMissing,
    /// A revocation list is too old.
    ListExpired,
    /// A certificate on the path is revoked.
    Revoked,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::CertRevoked => Self::Revoked,
            Error::UnknownRevocationStatus
            | Error::InvalidCrlSignatureForPublicKey
            | Error::IssuerNotCrlSigner
            | Error::UnsupportedCrlSignatureAlgorithmContext(_)
            | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => Self::ListMissing,
            error => Self::Path(error),
        }
    }
}

impl Fault {
    /// The reason that the refusal goes by.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::NoWay => Reason::CertificateNotAllowed,
            Self::Clock => Reason::Internal,
            Self::AnchorDates
            | Self::Path(_)
            | Self::Issuer(_)
            | Self::Leaf(_)
            | Self::Exhausted => Reason::ChainInvalid,
            Self::ListMissing | Self::ListExpired => Reason::RevocationUnknown,
            Self::Revoked => Reason::CertificateRevoked,
        }
    }

    /// Of several faults the highest is told, and of equal ones the first: that of the way that led
    /// furthest. A signature by another key says least, since that is what names alone lead to.
    pub(crate) fn rank(&self) -> (u8, bool) {
        (rank(self.reason()), !self.is_forgery())
    }

    /// Whether a signature is by another key than the issuer's.
    pub(crate) fn is_forgery(&self) -> bool {
        *self == Self::Path(Error::InvalidSignatureForPublicKey)
    }
}

/// How far a certificate came that is refused for this reason.
pub(crate) fn rank(reason: Reason) -> u8 {
    match reason {
        Reason::CertificateRevoked => 4,
        Reason::RevocationUnknown => 3,
        Reason::ChainInvalid => 2,
        Reason::CertificateNotAllowed => 1,
        _ => 5,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWay => out.write_str(
                "no path leads there: it did not issue the certificate, and no intermediate that is known \
                 lies between",
            ),
            Self::Clock => out.write_str("the clock stands before 1970"),
            Self::AnchorDates => out.write_str("the authority itself is not valid at that time"),
            Self::Path(error) => write!(out, "the path does not hold: {}", words(error)),
            Self::Issuer(breach) => write!(out, "the path does not hold: an intermediate is {breach}"),
            Self::Leaf(breach) => write!(out, "the certificate is not accepted: {breach}"),
            Self::Exhausted => {
                out.write_str("more signatures would have to be verified than one request may cost")
            }
            Self::ListMissing => out.write_str(
                "no revocation list for it, or none that its issuer signed and may sign",
            ),
            Self::ListExpired => out.write_str("a revocation list is past its next update"),
            Self::Revoked => out.write_str("revoked"),
        }
    }
}

/// The common errors of path validation in words; the others by their names.
fn words(error: &Error) -> String {
    match error {
        Error::InvalidSignatureForPublicKey => {
            "a signature is not by the key of the issuer that it names".to_owned()
        }
        Error::CertExpired { .. } => "an intermediate has expired".to_owned(),
        Error::CertNotValidYet { .. } => "an intermediate is not valid yet".to_owned(),
        Error::CaUsedAsEndEntity => "the client's certificate is an authority's".to_owned(),
        Error::EndEntityUsedAsCa => "an issuer is no authority".to_owned(),
        Error::PathLenConstraintViolated => {
            "more intermediates than an authority's path length allows".to_owned()
        }
        Error::NameConstraintViolation => {
            "a name is outside the name constraints of an authority".to_owned()
        }
        Error::RequiredEkuNotFoundContext(_) => {
            "the extended key usage is given and does not hold clientAuth".to_owned()
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            "a signature is of a kind that is not accepted".to_owned()
        }
        error => format!("{error:?}"),
    }
}
