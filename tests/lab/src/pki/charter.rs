//! What an authority's certificate says.

use rcgen::{
    BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyIdMethod, KeyPair,
    NameConstraints,
};
use time::{Duration, OffsetDateTime};

use super::contents::{Attribute, Contents, UNKNOWN};
use super::{KeyKind, KeyUsage, Usage};

/// The contents of an authority's certificate, before it is signed.
///
/// Defaults: valid from yesterday for ten years, a new P-256 key that may sign certificates and
/// revocation lists, a random serial of 16 octets, no constraints. A bare name is a charter too.
#[derive(Clone, Debug)]
pub struct Charter {
    contents: Contents,
    key: KeyKind,
}

impl Charter {
    /// Describes an ordinary authority.
    pub fn new(common_name: &str) -> Self {
        let mut contents = Contents::new();
        contents.name(Attribute::CommonName, common_name);
        contents.valid(-Duration::DAY, Duration::days(3650));
        contents.key_usage(&[KeyUsage::CertSign, KeyUsage::CrlSign]);
        contents.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { contents, key: KeyKind::default() }
    }

    /// Adds an organisation to the subject.
    pub fn organization(mut self, organization: &str) -> Self {
        self.contents.name(Attribute::Organization, organization);
        self
    }

    /// Chooses the kind of key. A charter for a key that exists ignores this.
    pub fn key(mut self, key: KeyKind) -> Self {
        self.key = key;
        self
    }

    /// Sets the first instant of validity; X.509 keeps whole seconds.
    pub fn not_before(mut self, instant: OffsetDateTime) -> Self {
        self.contents.params.not_before = instant;
        self
    }

    /// Sets the last instant of validity; X.509 keeps whole seconds.
    pub fn not_after(mut self, instant: OffsetDateTime) -> Self {
        self.contents.params.not_after = instant;
        self
    }

    /// Makes it one that ended a day ago.
    pub fn expired(mut self) -> Self {
        self.contents.expire();
        self
    }

    /// Makes it one that begins in a day.
    pub fn not_yet_valid(mut self) -> Self {
        self.contents.postpone();
        self
    }

    /// Allows this many authorities between it and a leaf.
    pub fn path_length(mut self, length: u8) -> Self {
        self.contents.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(length));
        self
    }

    /// Makes basic constraints say that it is no authority.
    pub fn without_ca_bit(mut self) -> Self {
        self.contents.params.is_ca = IsCa::ExplicitNoCa;
        self
    }

    /// Leaves basic constraints out, and with them the subject key identifier.
    pub fn without_basic_constraints(mut self) -> Self {
        self.contents.params.is_ca = IsCa::NoCa;
        self
    }

    /// Permits DNS names at and below this one. More such calls permit more.
    pub fn permitted_dns(mut self, name: &str) -> Self {
        self.constraints().permitted_subtrees.push(GeneralSubtree::DnsName(name.to_owned()));
        self
    }

    /// Excludes DNS names at and below this one. More such calls exclude more.
    pub fn excluded_dns(mut self, name: &str) -> Self {
        self.constraints().excluded_subtrees.push(GeneralSubtree::DnsName(name.to_owned()));
        self
    }

    /// Replaces the key usage; none leaves the extension out.
    pub fn key_usage(mut self, usage: &[KeyUsage]) -> Self {
        self.contents.key_usage(usage);
        self
    }

    /// Replaces the extended key usages; none leaves the extension out.
    pub fn usages(mut self, usages: &[Usage]) -> Self {
        self.contents.usages(usages);
        self
    }

    /// Adds an extension: its OID, whether it is critical, its value in DER. Nothing is checked.
    pub fn extension(mut self, oid: &[u64], critical: bool, der: &[u8]) -> Self {
        self.contents.extension(oid, critical, der);
        self
    }

    /// Adds a critical extension that nobody knows.
    pub fn unknown_critical_extension(self) -> Self {
        self.extension(UNKNOWN.0, true, UNKNOWN.1)
    }

    /// Claims this key identifier, whatever the key is.
    pub fn key_identifier(mut self, identifier: &[u8]) -> Self {
        self.contents.params.key_identifier_method = KeyIdMethod::PreSpecified(identifier.to_vec());
        self
    }

    pub(super) fn generate_key(&self) -> KeyPair {
        self.key.generate()
    }

    pub(super) fn into_params(self) -> CertificateParams {
        self.contents.into_params()
    }

    fn constraints(&mut self) -> &mut NameConstraints {
        self.contents.params.name_constraints.get_or_insert_with(|| NameConstraints {
            permitted_subtrees: Vec::new(),
            excluded_subtrees: Vec::new(),
        })
    }
}

impl From<&str> for Charter {
    fn from(common_name: &str) -> Self {
        Self::new(common_name)
    }
}
