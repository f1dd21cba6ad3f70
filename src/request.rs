//! The headers of a request, as bytes: values may hold anything that Envoy lets pass, 0x80–0xFF too.

use crate::alike::alike;
use crate::lengths::Lengths;

/// The headers in the order they came, pseudo-headers (`:path`) among them, names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Headers<'r> {
    pairs: Vec<(&'r [u8], &'r [u8])>,
    /// Of all names.
    lengths: Lengths,
}

/// What the headers say of the request's target (RFC 9113 section 8.3.1).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pseudo<'r> {
    pub(crate) method: Option<&'r [u8]>,
    pub(crate) authority: Option<&'r [u8]>,
    pub(crate) path: Option<&'r [u8]>,
}

impl<'r> Headers<'r> {
    /// Takes the pairs as the host gave them.
    pub fn new(pairs: Vec<(&'r [u8], &'r [u8])>) -> Self {
        Self { lengths: pairs.iter().map(|(name, _)| name.len()).collect(), pairs }
    }

    /// The first value of a header; right only where the host guarantees that there is one at most.
    #[inline(never)]
    pub(crate) fn first(&self, name: &[u8]) -> Option<&'r [u8]> {
        self.all(name).next()
    }

    /// The pseudo-headers of the request; of one that comes twice, the first.
    pub(crate) fn pseudo(&self) -> Pseudo<'r> {
        Pseudo {
            method: self.first(b":method"),
            authority: self.first(b":authority"),
            path: self.first(b":path"),
        }
    }

    /// Every value of a header.
    pub(crate) fn all(&self, name: &[u8]) -> impl Iterator<Item = &'r [u8]> {
        let pairs = if self.lengths.contains(name.len()) { &*self.pairs } else { &[] };
        pairs.iter().filter(move |(found, _)| alike(found, name)).map(|(_, value)| *value)
    }

    /// Every name that may have one of these lengths, each as often as it comes.
    pub(crate) fn names(&self, lengths: Lengths) -> impl Iterator<Item = &'r [u8]> {
        let pairs = if self.lengths.meets(lengths) { &*self.pairs } else { &[] };
        pairs.iter().map(|(name, _)| *name).filter(move |name| lengths.contains(name.len()))
    }

    /// Every name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'r [u8], &'r [u8])> {
        self.pairs.iter().copied()
    }

    /// Whether it is a gRPC request, as Envoy tells them: by content type.
    pub(crate) fn is_grpc(&self) -> bool {
        self.first(b"content-type")
            .and_then(|kind| kind.strip_prefix(b"application/grpc"))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
    }

    /// Whether a browser asks by it what another site may do (a CORS-preflight request: Fetch, section 3.2.2).
    pub(crate) fn is_preflight(&self) -> bool {
        let one = |name: &[u8]| {
            let mut values = self.all(name);
            values.next().is_some_and(|value| !value.is_empty()) && values.next().is_none()
        };
        self.first(b":method") == Some(b"OPTIONS")
            && one(b"origin")
            && one(b"access-control-request-method")
    }
}
