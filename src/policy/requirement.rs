//! Which credentials a request must show.

/// Which credentials must hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// In order; the first that holds lets the request pass. An empty one is `anonymous`. Inside one they
    /// stand in the order of [`Credential::ALL`].
    pub(crate) alternatives: Vec<Vec<Credential>>,
    /// Looked at if presented, although no alternative needs them.
    pub(crate) check: Vec<Credential>,
}

impl Requirement {
    /// Whether the credential is looked at.
    pub(crate) fn names(&self, credential: Credential) -> bool {
        self.alternatives.iter().flatten().chain(&self.check).any(|named| *named == credential)
    }
}

/// A kind of credential that a policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The client certificate of the connection.
    Certificate,
    /// A JSON Web Token that another filter has verified.
    Jwt,
    /// An API key.
    ApiKey,
}

impl Credential {
    /// All of them, in the order in which they are looked at and named.
    pub const ALL: [Self; 3] = [Self::Certificate, Self::Jwt, Self::ApiKey];

    /// The word of the configuration, also what the upstream reads in `forward.method`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Jwt => "jwt",
            Self::ApiKey => "api_key",
        }
    }
}
