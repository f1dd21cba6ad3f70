//! Which request this is: the part of it that chooses an API.

mod host;
mod path;
mod rule;

use std::borrow::Cow;

use crate::request::{Headers, Pseudo};

pub(crate) use host::{AuthorityRules, HostPattern};
pub(crate) use path::{MalformedPath, Path, PathPattern};
pub(crate) use rule::{MatchRule, Method};

/// The target of a request, as Envoy routed it.
#[derive(Clone, Debug)]
pub(crate) struct Target<'r> {
    pub(crate) method: &'r [u8],
    /// Lower case, less what [`AuthorityRules`] leave out; empty if the request has none.
    pub(crate) host: Cow<'r, [u8]>,
    /// `None` for `OPTIONS *` and for `CONNECT` without a path (RFC 9112 section 3.2).
    pub(crate) path: Option<Path<'r>>,
    /// The virtual host that Envoy chose; empty if unnamed or not asked for.
    pub(crate) virtual_host: Vec<u8>,
    /// The route that Envoy chose; empty if unnamed or not asked for.
    pub(crate) route: Vec<u8>,
}

impl<'r> Target<'r> {
    /// Reads it from the request headers; `None` if others could read it otherwise (`bad_target`).
    pub(crate) fn read(headers: &Headers<'r>, rules: AuthorityRules) -> Option<Self> {
        let Pseudo { method, authority, path } = headers.pseudo();
        let method = method.unwrap_or_default();
        let host = host::comparable(authority.unwrap_or_default(), rules)?;
        let path = match (method, path) {
            (b"CONNECT", None) | (b"OPTIONS", Some(b"*")) => None,
            (_, Some(path)) => Some(Path::read(path)?),
            (_, None) => return None,
        };
        Some(Self { method, host, path, virtual_host: Vec::new(), route: Vec::new() })
    }

    /// The host without port and trailing dot, as a server name indication would hold it.
    pub(crate) fn server_name(&self) -> &[u8] {
        let (name, _) = host::split_port(&self.host);
        name.strip_suffix(b".").unwrap_or(name)
    }
}
