//! The headers of a request, as bytes: values may hold anything that Envoy lets pass, 0x80–0xFF too.

use crate::alike::alike;

/// The headers in the order they came, pseudo-headers (`:path`) among them, names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Headers<'r>(Vec<(&'r [u8], &'r [u8])>);

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
        Self(pairs)
    }

    /// The first value of a header; right only where the host guarantees that there is one at most.
    pub(crate) fn first(&self, name: &[u8]) -> Option<&'r [u8]> {
        self.all(name).next()
    }

    /// The pseudo-headers of the request; of one that comes twice, the first.
    pub(crate) fn pseudo(&self) -> Pseudo<'r> {
        let mut pseudo = Pseudo::default();
        for (name, value) in self.iter().filter(|(name, _)| name.first() == Some(&b':')) {
            let place = match name {
                b":method" => &mut pseudo.method,
                b":authority" => &mut pseudo.authority,
                b":path" => &mut pseudo.path,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        pseudo
    }

    /// Every value of a header.
    pub(crate) fn all(&self, name: &[u8]) -> impl Iterator<Item = &'r [u8]> {
        self.0.iter().filter(move |(found, _)| alike(found, name)).map(|(_, value)| *value)
    }

    /// Every name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&'r [u8], &'r [u8])> {
        self.0.iter().copied()
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
