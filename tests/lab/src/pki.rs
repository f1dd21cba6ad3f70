//! Certificates: authorities, leaves, and their adversarial relatives.

mod authority;
mod forgery;
mod identity;
mod leaf;

pub use tokio_rustls::rustls::pki_types::CertificateDer;

pub use self::authority::Authority;
pub use self::forgery::{decoy, twin};
pub use self::identity::Identity;
pub use self::leaf::{KeyKind, Leaf, Usage};
