//! Whom both services let pass.

use std::collections::HashMap;

use super::super::identity;

/// Fingerprints, and how their holders are called.
pub(super) struct Registry {
    identities: HashMap<Box<[u8]>, Box<str>>,
}

impl Registry {
    pub(super) fn new(pins: &[String]) -> Self {
        let identities = pins.iter().enumerate();
        let identities = identities
            .map(|(place, pin)| (pin.as_bytes().into(), identity(place).into()))
            .collect();
        Self { identities }
    }

    /// What is to be told of the client whom `x-forwarded-client-cert` names, if it may pass: identity and
    /// fingerprint. Envoy has written the header, so it has one element, and nothing of a client's is
    /// before the `Hash`.
    pub(super) fn find<'a>(&'a self, xfcc: &'a [u8]) -> Option<(&'a str, &'a [u8])> {
        let mut fields = xfcc.split(|byte| *byte == b';');
        let hash = fields.find_map(|field| field.strip_prefix(b"Hash="))?;
        Some((self.identities.get(hash)?, hash))
    }
}

/// What is said to others.
pub(super) const REFUSAL: &str = concat!(
    r#"{"type":"about:blank","title":"Forbidden","status":403,"#,
    r#""detail":"the client certificate was refused"}"#
);
