//! Certificates: authorities, leaves, revocation lists, and their adversarial relatives.
//!
//! [`Leaf`] and [`Charter`] describe certificates, [`Crl`] a revocation list. They are changed by
//! methods that can follow each other, and an [`Authority`] makes something of them:
//!
//! ```
//! use peergate_lab::pki::{Authority, Charter, Crl, KeyKind, Leaf};
//!
//! let root = Authority::new(Charter::new("root").key(KeyKind::P384));
//! let issuing = root.subordinate(Charter::new("issuing").path_length(0));
//! let alice = issuing.issue(Leaf::client("alice").dns("alice.example"));
//! let stale = issuing.crl(Crl::new(&[&alice]).expired());
//! assert_eq!(alice.without_chain().presented().count(), 1);
//! assert!(stale.starts_with("-----BEGIN X509 CRL-----"));
//! ```

mod authority;
mod charter;
mod contents;
mod crl;
mod crowd;
mod forgery;
mod identity;
mod key;
mod leaf;
mod usage;

pub use tokio_rustls::rustls::pki_types::CertificateDer;

pub use self::authority::Authority;
pub use self::charter::Charter;
pub use self::crl::Crl;
pub use self::crowd::crowd;
pub use self::forgery::{decoy, twin};
pub use self::identity::Identity;
pub use self::key::KeyKind;
pub use self::leaf::Leaf;
pub use self::usage::{KeyUsage, Usage};
