//! Authorities that issue certificates.

use rcgen::{Issuer, KeyPair};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::{Charter, Crl, Identity, Leaf};

/// A certificate authority. It signs whatever it is told to, also what its certificate forbids.
pub struct Authority {
    charter: Charter,
    identity: Identity,
    issuer: Issuer<'static, KeyPair>,
    /// What an identity issued here presents after its own certificate.
    chain: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// Creates a root.
    pub fn new(charter: impl Into<Charter>) -> Self {
        let charter = charter.into();
        let key = charter.generate_key();
        Self::build(charter, key, None)
    }

    /// Creates an authority under this one. What it issues presents the certificates between.
    pub fn subordinate(&self, charter: impl Into<Charter>) -> Self {
        let charter = charter.into();
        let key = charter.generate_key();
        Self::build(charter, key, Some(self))
    }

    /// Creates this many authorities, each under the one before, and returns the last.
    pub fn descend(&self, levels: usize) -> Self {
        assert!(levels > 0, "no level leads to no other authority");
        let first = self.subordinate("level 1");
        (2..=levels).fold(first, |above, level| above.subordinate(&*format!("level {level}")))
    }

    /// Certifies the name and the key of another authority: a second way to what it issued.
    ///
    /// What the returned authority issues differs from what `other` issues in the chain alone.
    pub fn cross_sign(&self, other: &Self) -> Self {
        self.cross_sign_as(other, other.charter.clone())
    }

    /// Certifies the key of another authority under a charter of its own, else as
    /// [`Authority::cross_sign`] does.
    pub fn cross_sign_as(&self, other: &Self, charter: impl Into<Charter>) -> Self {
        Self::build(charter.into(), other.identity.key_pair(), Some(self))
    }

    /// Creates a root with the key that this one has: a renewal.
    pub fn renewed(&self, charter: impl Into<Charter>) -> Self {
        Self::build(charter.into(), self.identity.key_pair(), None)
    }

    /// Creates a root with this one's charter and key identifier, but another key.
    pub fn impostor(&self) -> Self {
        Self::new(self.charter.clone().key_identifier(&self.key_identifier()))
    }

    /// Issues a certificate for a new key.
    pub fn issue(&self, leaf: Leaf) -> Identity {
        let key = leaf.generate_key();
        self.sign(leaf, &key)
    }

    /// Issues certificates for one key that all of them share, so that each costs a signature and
    /// nothing else. It is of the kind that the first leaf names. Issues when asked for the next.
    pub fn issue_many(
        &self,
        leaves: impl IntoIterator<Item = Leaf>,
    ) -> impl Iterator<Item = Identity> {
        let mut key = None;
        leaves.into_iter().map(move |leaf| {
            let key = key.get_or_insert_with(|| leaf.generate_key());
            self.sign(leaf, key)
        })
    }

    /// Issues a certificate for the key that `identity` has: a renewal.
    pub fn renew(&self, identity: &Identity, leaf: Leaf) -> Identity {
        self.sign(leaf, &identity.key_pair())
    }

    /// Issues a revocation list, in PEM: for these identities, or as described.
    pub fn crl(&self, crl: impl Into<Crl>) -> String {
        crl.into().sign(&self.issuer, self.key_identifier())
    }

    /// Returns the authority's own certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.identity.certificate
    }

    /// Returns the authority as one who holds a certificate and its key.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    fn build(charter: Charter, key: KeyPair, above: Option<&Self>) -> Self {
        let mut params = charter.clone().into_params();
        let certificate = match above {
            None => params.self_signed(&key),
            Some(above) => params.signed_by(&key, &above.issuer),
        }
        .expect("an authority can sign");
        let between = above.map(|it| it.chain.clone()).unwrap_or_default();
        let identity = Identity::new(certificate.into(), between, &key);
        let chain = match above {
            None => Vec::new(),
            Some(_) => identity.presented().cloned().collect(),
        };
        // An issuer without key usages is one that rcgen lets sign anything.
        params.key_usages.clear();
        Self { charter, identity, issuer: Issuer::new(params, key), chain }
    }

    fn sign(&self, leaf: Leaf, key: &KeyPair) -> Identity {
        let certificate =
            leaf.into_params().signed_by(key, &self.issuer).expect("an authority can sign");
        Identity::new(certificate.into(), self.chain.clone(), key)
    }

    fn key_identifier(&self) -> Vec<u8> {
        self.charter.clone().into_params().key_identifier(self.issuer.key())
    }
}
