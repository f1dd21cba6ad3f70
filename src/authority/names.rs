//! The names that a leaf gives its holder: alternative names and subject (RFC 5280 sections 4.1.2.6 and
//! 4.2.1.6).

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME;
use x509_parser::prelude::X509Certificate;

use super::name_text;
use super::spiffe::SpiffeId;

/// A leaf's names. They are what its issuer signed, and are believed once a path was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// DNS names; `None` for one that is no host name, such as one with a wildcard.
    dns: Vec<Option<Box<str>>>,
    /// URIs; `None` for one that is not printable ASCII, or holds `*`.
    uri: Vec<Option<Box<str>>>,
    /// Mailboxes; `None` for one that is not printable ASCII, or holds `*`.
    email: Vec<Option<Box<str>>>,
    /// Common names; `None` for one that is no text, or holds NUL or `*`.
    common_name: Vec<Option<Box<str>>>,
    /// The subject as text; empty if it has no parts.
    subject: Box<str>,
    /// Its key usage says that it signs certificates or revocation lists.
    is_signer: bool,
}

/// A kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameKind {
    Dns,
    Uri,
    Email,
    CommonName,
}

impl NameKind {
    /// Each with its word in the configuration.
    pub(crate) const WORDS: [(&'static str, Self); 4] = [
        ("dns", Self::Dns),
        ("uri", Self::Uri),
        ("email", Self::Email),
        ("common_name", Self::CommonName),
    ];
}

impl Names {
    /// Reads a leaf's names; `None` if its alternative names are malformed, or too
    /// many.
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Option<Self> {
        let subject = certificate.subject();
        let common_names = subject.iter_common_name();
        let mut names = Self {
            subject: name_text::text(subject).into(),
            common_name: common_names
                .map(|attribute| attribute.as_str().ok().and_then(common_name))
                .collect(),
            ..Self::default()
        };
        names.is_signer = certificate.extensions().iter().any(|extension| {
            matches!(extension.parsed_extension(), ParsedExtension::KeyUsage(usage)
                if usage.key_cert_sign() || usage.crl_sign())
        });
        let is_alternative_name = |extension: &&x509_parser::extensions::X509Extension<'_>| {
            extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME
        };
        let mut alternative = certificate.extensions().iter().filter(is_alternative_name);
        match (alternative.next().map(|extension| extension.parsed_extension()), alternative.next())
        {
            (None, _) => {}
            (Some(ParsedExtension::SubjectAlternativeName(alternative)), None) => {
                if alternative.general_names.len() > MOST {
                    return None;
                }
                for name in &alternative.general_names {
                    names.add(name)?;
                }
            }
            _ => return None,
        }
        Some(names)
    }

    fn add(&mut self, name: &GeneralName<'_>) -> Option<()> {
        match name {
            GeneralName::DNSName(name) => self.dns.push(host(name)),
            GeneralName::URI(name) => self.uri.push(printable(name)),
            GeneralName::RFC822Name(name) => self.email.push(printable(name)),
            GeneralName::Invalid(..) => return None,
            _ => {}
        }
        Some(())
    }

    /// The names of a kind that can be compared with anything. Common names count only where there is no
    /// DNS name (RFC 6125 section 6.4.4), and only if there is one.
    pub(crate) fn usable(&self, kind: NameKind) -> impl Iterator<Item = &str> {
        let is_shadowed =
            kind == NameKind::CommonName && (!self.dns.is_empty() || self.common_name.len() > 1);
        let names = if is_shadowed { &[][..] } else { self.all(kind) };
        names.iter().flatten().map(|name| &**name)
    }

    /// The only name of a kind; `None` if there are others, or none.
    pub(crate) fn only(&self, kind: NameKind) -> Option<&str> {
        match self.all(kind) {
            [Some(name)] => Some(name),
            _ => None,
        }
    }

    /// The SPIFFE ID of an X.509-SVID: the only URI, well-formed, in a certificate that signs nothing
    /// (X.509-SVID sections 2 and 4.3).
    pub(crate) fn spiffe(&self) -> Option<SpiffeId<'_>> {
        if self.is_signer {
            return None;
        }
        SpiffeId::parse(self.only(NameKind::Uri)?)
    }

    /// The subject as text; empty if it has no parts.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    fn all(&self, kind: NameKind) -> &[Option<Box<str>>] {
        match kind {
            NameKind::Dns => &self.dns,
            NameKind::Uri => &self.uri,
            NameKind::Email => &self.email,
            NameKind::CommonName => &self.common_name,
        }
    }
}

/// Alternative names of one certificate. Each is compared with every pattern, and whoever connects chooses
/// how many there are.
const MOST: usize = 500;

/// A host name, in lower case. Wildcards are for servers: one that a client holds stands for nothing.
fn host(name: &str) -> Option<Box<str>> {
    let is_host = !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
    is_host.then(|| name.to_ascii_lowercase().into())
}

fn printable(name: &str) -> Option<Box<str>> {
    let is_printable = name.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'*');
    (is_printable && !name.is_empty()).then(|| name.into())
}

fn common_name(name: &str) -> Option<Box<str>> {
    let is_usable = !name.is_empty() && !name.contains(['\0', '*']);
    is_usable.then(|| name.into())
}
