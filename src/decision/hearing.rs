//! One request's credentials, each looked at once: what was accepted, and what is missing.

use crate::digest::Fingerprint;
use crate::evidence::{Peer, Source, Unreadable};
use crate::memory::Memory;
use crate::policy::{Credential, IfRefused, Policy, Selection};
use crate::reason::Reason;
use crate::request::Headers;
use crate::token::{Binding, Token};

use super::holder::KeyHolder;
use super::{Accepted, Admitted, Bound, Seen, Tried};

/// What is asked about a request's credentials, and what was found.
pub(super) struct Hearing<'p, 'r, S> {
    policy: &'p Policy,
    selection: Selection<'p>,
    headers: &'r Headers<'r>,
    source: &'r S,
    peer: Option<Result<Peer, Unreadable>>,
    certificate: Option<Admitted<'p>>,
    jwt: Option<Token>,
    api_key: Option<KeyHolder<'p>>,
    bound: Option<Bound>,
    /// What was refused and counts as not presented.
    pub(super) ignored: Vec<Credential>,
    /// Authorities that were asked in vain.
    pub(super) tried: Vec<Tried<'p>>,
}

impl<'p, 'r, S: Source> Hearing<'p, 'r, S> {
    pub(super) fn new(
        policy: &'p Policy,
        selection: Selection<'p>,
        peer: Option<Result<Peer, Unreadable>>,
        headers: &'r Headers<'r>,
        source: &'r S,
    ) -> Self {
        Self {
            policy,
            selection,
            headers,
            source,
            peer,
            certificate: None,
            jwt: None,
            api_key: None,
            bound: None,
            ignored: Vec::new(),
            tried: Vec::new(),
        }
    }

    /// Looks at a credential that the policy names. One that is not presented is passed over, and so is one
    /// that is refused where the policy says so.
    ///
    /// # Errors
    /// Why it refuses the request, whatever else it presents.
    pub(super) fn look(
        &mut self,
        credential: Credential,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let ruling = self.selection.ruling;
        let (looked, if_refused) = match credential {
            Credential::Certificate => {
                let rule = ruling.certificate.as_ref().ok_or(Reason::Internal)?;
                (self.look_at_certificate(memory), rule.if_refused)
            }
            Credential::Jwt => {
                let rule = ruling.jwt.as_ref().ok_or(Reason::Internal)?;
                (self.look_at_token(memory), rule.if_refused)
            }
            Credential::ApiKey => {
                let rule = ruling.api_key.as_ref().ok_or(Reason::Internal)?;
                (self.look_at_key(memory), rule.if_refused)
            }
        };
        match looked {
            Err(reason) if if_refused == IfRefused::Ignore && reason.may_be_ignored() => {
                self.ignored.push(credential);
                Ok(())
            }
            looked => looked,
        }
    }

    /// The certificate that was looked at, accepted or not.
    pub(super) fn presented(&self) -> Option<Fingerprint> {
        match self.peer {
            Some(Ok(Peer::Presented(fingerprint))) => Some(fingerprint),
            _ => None,
        }
    }

    /// The first alternative that holds; `Ok(None)` if it asks for nothing.
    ///
    /// # Errors
    /// Of the alternative that the fewest methods keep from holding, the first of them, and why it does.
    pub(super) fn settle(self) -> Result<Option<Accepted<'p>>, (Reason, Option<Credential>)> {
        let alternatives = &self.selection.ruling.requirement.alternatives;
        let mut nearest: Option<(usize, Credential)> = None;
        for credentials in alternatives {
            let missing = || credentials.iter().filter(|credential| !self.has(**credential));
            let Some(first) = missing().next() else {
                return Ok((!credentials.is_empty()).then(|| self.accepted(credentials)));
            };
            let count = missing().count();
            if nearest.is_none_or(|(fewest, _)| count < fewest) {
                nearest = Some((count, *first));
            }
        }
        let (_, credential) = nearest.ok_or((Reason::Internal, None))?;
        Err((self.missing(credential), Some(credential)))
    }

    fn accepted(self, credentials: &'p [Credential]) -> Accepted<'p> {
        // What no part of the alternative is says nothing of the client.
        let is_part = |credential| credentials.contains(&credential);
        let seen = Seen {
            certificate: self.certificate.as_ref().map(|admitted| admitted.fingerprint),
            leaf: self.certificate.as_ref().and_then(|admitted| admitted.leaf.clone()),
            api_key: self.api_key.as_ref().map(|holder| holder.digest),
        };
        Accepted {
            seen,
            credentials,
            identity_from: self.selection.ruling.identity_from,
            certificate: self.certificate.filter(|_| is_part(Credential::Certificate)),
            jwt: self.jwt.filter(|_| is_part(Credential::Jwt)),
            api_key: self.api_key.filter(|_| is_part(Credential::ApiKey)),
            bound: self.bound,
        }
    }

    fn has(&self, credential: Credential) -> bool {
        match credential {
            Credential::Certificate => self.certificate.is_some(),
            Credential::Jwt => self.jwt.is_some(),
            Credential::ApiKey => self.api_key.is_some(),
        }
    }

    fn missing(&self, credential: Credential) -> Reason {
        match credential {
            Credential::Certificate if self.peer == Some(Ok(Peer::Plaintext)) => Reason::NoTls,
            Credential::Certificate => Reason::CertificateRequired,
            Credential::Jwt => Reason::JwtRequired,
            Credential::ApiKey => Reason::ApiKeyRequired,
        }
    }

    fn look_at_certificate(&mut self, memory: &mut Memory) -> Result<(), Reason> {
        if let Peer::Presented(fingerprint) = self.peer()? {
            let (selection, tried) = (self.selection, &mut self.tried);
            let (headers, source) = (self.headers, self.source);
            let admitted =
                self.policy.admit(selection, headers, source, memory, fingerprint, tried);
            self.certificate = Some(admitted?);
        }
        Ok(())
    }

    fn look_at_token(&mut self, memory: &mut Memory) -> Result<(), Reason> {
        let rule = self.selection.ruling.jwt.as_ref().ok_or(Reason::Internal)?;
        let metadata = self.source.metadata().map_err(|_| Reason::Internal)?;
        let Some(token) = rule.find(metadata.as_deref().unwrap_or_default(), self.headers)? else {
            return Ok(());
        };
        match token.binding {
            Binding::None => {}
            Binding::Certificate(fingerprint) => self.bind(&[fingerprint], memory)?,
            Binding::Unusable => return Err(Reason::BindingMismatch),
        }
        self.jwt = Some(token);
        Ok(())
    }

    fn look_at_key(&mut self, memory: &mut Memory) -> Result<(), Reason> {
        let rule = self.selection.ruling.api_key.as_ref().ok_or(Reason::Internal)?;
        let Some(digest) = rule.find(self.headers)? else {
            return Ok(());
        };
        let holder = self.policy.holder(self.selection, self.source, digest)?;
        for certificates in &holder.bindings {
            self.bind(certificates, memory)?;
        }
        self.api_key = Some(holder);
        Ok(())
    }

    /// Checks that the client holds one of the certificates that a token or key is bound to, and that it may
    /// still be used.
    fn bind(&mut self, to: &[Fingerprint], memory: &mut Memory) -> Result<(), Reason> {
        let fingerprint = match self.peer()? {
            Peer::Presented(fingerprint) if to.contains(&fingerprint) => fingerprint,
            _ => return Err(Reason::BindingMismatch),
        };
        if self.bound.is_none() {
            let leaf = match &self.certificate {
                // One that a list admits has been looked at more closely than this.
                Some(admitted) => admitted.leaf.clone(),
                None => {
                    let rule = &self.selection.ruling.bound;
                    self.policy.vet(rule, self.headers, self.source, memory, fingerprint)?
                }
            };
            self.bound = Some(Bound { fingerprint, leaf });
        }
        Ok(())
    }

    fn peer(&mut self) -> Result<Peer, Reason> {
        let source = self.source;
        let peer = *self.peer.get_or_insert_with(|| Peer::read(source));
        peer.map_err(|_: Unreadable| Reason::Internal)
    }
}
