//! Who a client is that an authority vouches for.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::names::{NameKind, Names};
use super::spiffe;

/// Where the identity is taken from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum IdentityRule {
    /// The subject; of a certificate without one, the fingerprint.
    #[default]
    Subject,
    /// The only name of a kind; a certificate that has none, or several, is not admitted.
    Only(NameKind),
    /// The entry says it, of all its clients alike.
    Fixed,
}

impl IdentityRule {
    /// The identity of a leaf; `Ok(None)` if the entry or the fingerprint gives it.
    ///
    /// # Errors
    /// [`Nameless`] if the certificate has no name to go by, or one that no header can hold.
    pub(crate) fn of(&self, names: &Names) -> Result<Option<Box<str>>, Nameless> {
        let name = match self {
            Self::Fixed => return Ok(None),
            Self::Subject if names.subject().is_empty() => return Ok(None),
            Self::Subject => names.subject().to_owned(),
            Self::Only(kind) => {
                let name = names.only(*kind).ok_or(Nameless)?;
                if *kind == NameKind::Uri && spiffe::is_claimed(name) && names.spiffe().is_none() {
                    return Err(Nameless);
                }
                printable(name)
            }
        };
        if name.is_empty() || name.len() > LONGEST || name.trim() != name {
            return Err(Nameless);
        }
        Ok(Some(name.into()))
    }
}

/// Percent-encodes what is not printable ASCII, and `%`, so that two names never look alike.
fn printable(name: &str) -> String {
    if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !name.contains('%') {
        return name.to_owned();
    }
    utf8_percent_encode(name, UNPRINTABLE).to_string()
}

const UNPRINTABLE: &AsciiSet = &CONTROLS.add(b'%');

/// A certificate without the name that identifies its holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Nameless;

/// Bytes of the longest identity, as in the configuration.
const LONGEST: usize = 256;
