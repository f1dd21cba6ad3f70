//! What a certificate must be like, where path validation itself does not look (RFC 5280 section 4.2).

use std::fmt;

use rustls_pki_types::alg_id;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::nom::Parser;
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_SUBJECT_ALT_NAME, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::prelude::{X509Certificate, X509Version};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::signature;

/// A rule that a certificate breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Breach {
    /// It is no certificate, or an extension of it is malformed.
    Malformed,
    /// It is of version 1 or 2, which know no authorities.
    Version,
    /// An authority without `cA` in its basic constraints.
    NoAuthority,
    /// An authority whose key usage lacks `keyCertSign`.
    MayNotSign,
    /// An authority whose extended key usage leaves clients out.
    NotForClients,
    /// An authority without a name.
    NoName,
    /// An extension that must be understood and is not.
    UnknownCritical(String),
    /// An extension that is there twice.
    Duplicate,
    /// A key of a kind or size that is not accepted.
    WeakKey,
    /// A leaf that may sign certificates.
    LeafMaySign,
    /// A leaf with name constraints, which are for authorities.
    LeafConstrainsNames,
    /// An extension that must be critical and is not, or the other way round.
    Criticality(&'static str),
}

impl fmt::Display for Breach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Malformed => "not a well-formed X.509 certificate",
            Self::Version => "not an X.509 certificate of version 3",
            Self::NoAuthority => "not an authority: its basic constraints do not say CA:TRUE",
            Self::MayNotSign => "not an authority: its key usage lacks keyCertSign",
            Self::NotForClients => {
                "not an authority for clients: its extended key usage does not hold clientAuth"
            }
            Self::NoName => "an authority without a name",
            Self::UnknownCritical(oid) => {
                return write!(out, "has the critical extension {oid}, which is not understood");
            }
            Self::Duplicate => "has an extension twice",
            Self::WeakKey => {
                "its key is not accepted: expected ECDSA on P-256, P-384 or P-521, RSA of 2048 to 8192 \
                 bits, or Ed25519"
            }
            Self::LeafMaySign => "a client certificate whose key usage has keyCertSign",
            Self::LeafConstrainsNames => "a client certificate with name constraints",
            Self::Criticality(which) => which,
        })
    }
}

/// Parses a certificate with its extensions, which must be well-formed, and there once each.
pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Breach> {
    let (rest, certificate) =
        X509CertificateParser::new().parse(der).map_err(|_| Breach::Malformed)?;
    if !rest.is_empty() || der.len() > crate::certificate::LONGEST {
        return Err(Breach::Malformed);
    }
    if certificate.version() != X509Version::V3 {
        return Err(Breach::Version);
    }
    let extensions = certificate.extensions();
    if extensions.len() > MOST_EXTENSIONS {
        return Err(Breach::Malformed);
    }
    for (index, extension) in extensions.iter().enumerate() {
        if let ParsedExtension::ParseError { .. } = extension.parsed_extension() {
            return Err(Breach::Malformed);
        }
        if extensions.iter().take(index).any(|earlier| earlier.oid == extension.oid) {
            return Err(Breach::Duplicate);
        }
        let must_not_be_critical =
            [OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER];
        if extension.critical && must_not_be_critical.contains(&extension.oid) {
            return Err(Breach::Criticality("has a key identifier that is marked critical"));
        }
    }
    Ok(certificate)
}

/// Checks an authority, whether it is trusted itself or stands between (sections 4.2.1.3 and 4.2.1.9).
pub(crate) fn authority(certificate: &X509Certificate<'_>) -> Result<(), Breach> {
    let extension = |oid| certificate.extensions().iter().find(|extension| extension.oid == oid);
    match extension(OID_X509_EXT_BASIC_CONSTRAINTS).map(X509Extension::parsed_extension) {
        Some(ParsedExtension::BasicConstraints(constraints)) if constraints.ca => {}
        _ => return Err(Breach::NoAuthority),
    }
    if let Some(ParsedExtension::KeyUsage(usage)) =
        extension(OID_X509_EXT_KEY_USAGE).map(X509Extension::parsed_extension)
        && !usage.key_cert_sign()
    {
        return Err(Breach::MayNotSign);
    }
    if let Some(ParsedExtension::NameConstraints(constraints)) =
        extension(OID_X509_EXT_NAME_CONSTRAINTS).map(X509Extension::parsed_extension)
    {
        let subtrees = [&constraints.permitted_subtrees, &constraints.excluded_subtrees];
        if subtrees.into_iter().flatten().flatten().next().is_none() {
            return Err(Breach::Malformed);
        }
    }
    if certificate.subject().iter_rdn().next().is_none() {
        return Err(Breach::NoName);
    }
    let understood = [
        OID_X509_EXT_BASIC_CONSTRAINTS,
        OID_X509_EXT_EXTENDED_KEY_USAGE,
        OID_X509_EXT_KEY_USAGE,
        OID_X509_EXT_NAME_CONSTRAINTS,
        OID_X509_EXT_SUBJECT_ALT_NAME,
    ];
    let unknown =
        |extension: &&X509Extension<'_>| extension.critical && !understood.contains(&extension.oid);
    if let Some(extension) = certificate.extensions().iter().find(unknown) {
        return Err(Breach::UnknownCritical(extension.oid.to_id_string()));
    }
    if !is_key_accepted(certificate.public_key()) {
        return Err(Breach::WeakKey);
    }
    Ok(())
}

/// Checks the extended key usage of an authority that is trusted itself: what it may not vouch for, nobody
/// below it may (section 4.2.1.12, as intermediates are held to it).
pub(crate) fn for_clients(certificate: &X509Certificate<'_>) -> Result<(), Breach> {
    let allows = |extension: &X509Extension<'_>| match extension.parsed_extension() {
        ParsedExtension::ExtendedKeyUsage(usage) => usage.client_auth || usage.any,
        _ => true,
    };
    if certificate.extensions().iter().all(allows) { Ok(()) } else { Err(Breach::NotForClients) }
}

/// Checks a leaf. Its basic constraints and extended key usage are path validation's to check.
pub(crate) fn leaf(certificate: &X509Certificate<'_>) -> Result<(), Breach> {
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) if usage.key_cert_sign() => {
                return Err(Breach::LeafMaySign);
            }
            ParsedExtension::NameConstraints(_) => return Err(Breach::LeafConstrainsNames),
            _ => {}
        }
    }
    if !is_key_accepted(certificate.public_key()) {
        return Err(Breach::WeakKey);
    }
    Ok(())
}

/// How many intermediates an authority allows below it, if it limits them (section 4.2.1.9).
pub(crate) fn path_length(certificate: &X509Certificate<'_>) -> Option<usize> {
    certificate.extensions().iter().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::BasicConstraints(constraints) => {
            usize::try_from(constraints.path_len_constraint?).ok()
        }
        _ => None,
    })
}

/// Whether an authority may sign revocation lists: its key usage, if it has one, says so
/// (section 4.2.1.3).
pub(crate) fn may_sign_lists(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().all(|extension| match extension.parsed_extension() {
        ParsedExtension::KeyUsage(usage) => usage.crl_sign(),
        _ => true,
    })
}

fn is_key_accepted(key: &SubjectPublicKeyInfo<'_>) -> bool {
    // Algorithm and parameters as one, to the byte: curves by name only, never by their equation.
    let Some(algorithm) = content_of_sequence(key.raw) else {
        return false;
    };
    let bits = &key.subject_public_key.data;
    let is = |known: rustls_pki_types::AlgorithmIdentifier| algorithm == known.as_ref();
    if is(alg_id::RSA_ENCRYPTION) {
        return signature::is_rsa_key_accepted(bits);
    }
    [alg_id::ECDSA_P256, alg_id::ECDSA_P384, alg_id::ECDSA_P521, alg_id::ED25519]
        .into_iter()
        .any(is)
}

/// Extensions of one certificate: several times as many as there are kinds of them. Each is compared with
/// the others, and whoever connects chooses how many there are.
const MOST_EXTENSIONS: usize = 64;

/// The content of the AlgorithmIdentifier in a SubjectPublicKeyInfo.
fn content_of_sequence(key_info: &[u8]) -> Option<&[u8]> {
    use x509_parser::der_parser::asn1_rs::{Any, FromDer};
    let (_, outer) = Any::from_der(key_info).ok()?;
    let (_, algorithm) = Any::from_der(outer.data).ok()?;
    Some(algorithm.data)
}
