//! What dynamic lists say of one certificate, asked for once a request.

use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::{Digest, Fingerprint};
use crate::dynamic::{Content, DynamicList, Grant, Key, Session, Space, find_in_bucket};
use crate::evidence::Source;
use crate::list::Entry;
use crate::name::Name;
use crate::reason::Reason;

/// What lists say of who they hold, each with the place of the list.
pub(super) type Sessions = Vec<(Space, Rc<Entry>)>;

/// The dynamic lists, as they are at the time of one request.
pub(super) struct Registry<'r, S> {
    source: &'r S,
    /// The bucket of the certificate in each list: entries that admit it and that deny it lie together.
    buckets: Vec<(Space, Option<Vec<u8>>)>,
    sessions: Sessions,
    now: Option<i64>,
}

/// What a list says of who it holds, and the certificates that an API key is bound to.
type Registered = (Entry, Box<[Fingerprint]>);

impl<'r, S: Source> Registry<'r, S> {
    pub(super) fn new(source: &'r S) -> Self {
        Self { source, buckets: Vec::new(), sessions: Vec::new(), now: None }
    }

    /// Whether a list denies a certificate by its fingerprint.
    ///
    /// # Errors
    /// [`Reason::Internal`], here and below, if the host does not answer, or with what nobody has written.
    pub(super) fn denies(
        &mut self,
        list: &DynamicList,
        fingerprint: Fingerprint,
    ) -> Result<bool, Reason> {
        let content = self.of_certificate(list, &Key::deny_certificate(fingerprint))?;
        self.holds(content)
    }

    /// Whether a list denies a leaf by its key, or by who issued it. `issuers` are known authorities: the
    /// SHA-256 of each one's name, and of its certificate.
    pub(super) fn denies_leaf(
        &mut self,
        list: &DynamicList,
        leaf: &Leaf,
        issuers: &[(Digest, Digest)],
    ) -> Result<bool, Reason> {
        let by_name = Key::issued_by_name(leaf.issuer(), leaf.serial());
        for key in [Key::deny_key(leaf.key()), by_name] {
            if self.denies_key(list, &key)? {
                return Ok(true);
            }
        }
        for (_, certificate) in issuers.iter().filter(|(name, _)| *name == leaf.issuer()) {
            if self.denies_issued(list, leaf, *certificate)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a list denies what the owner of a certificate issued as this leaf.
    pub(super) fn denies_issued(
        &mut self,
        list: &DynamicList,
        leaf: &Leaf,
        issuer: Digest,
    ) -> Result<bool, Reason> {
        self.denies_key(list, &Key::issued(issuer, leaf.serial()))
    }

    /// Looks at a list's own word on a certificate.
    ///
    /// # Errors
    /// Why it may not pass although, or since, it is registered.
    pub(super) fn check(
        &mut self,
        list: &DynamicList,
        fingerprint: Fingerprint,
        api: &Name,
    ) -> Result<(), Reason> {
        let content = self.of_certificate(list, &Key::certificate(fingerprint))?;
        if let Some((entry, _)) = self.checked(content, api)? {
            self.sessions.push((list.space(), Rc::new(entry)));
        }
        Ok(())
    }

    /// A list's entry of an API key, and the certificates that it is bound to.
    ///
    /// # Errors
    /// Why it may not pass although it is registered.
    pub(super) fn session(
        &mut self,
        list: &DynamicList,
        key: &Key,
        api: &Name,
    ) -> Result<Option<Registered>, Reason> {
        let bucket = self.read(&list.space(), key)?;
        self.checked(find(bucket.as_deref(), key)?, api)
    }

    fn checked(
        &mut self,
        found: Option<Content>,
        api: &Name,
    ) -> Result<Option<Registered>, Reason> {
        match found {
            Some(Content::Session(session)) => {
                self.check_session(&session, api)?;
                let Session { identity, labels, certificates, rate, .. } = *session;
                Ok(Some((Entry { identity, labels, validity: None, rate }, certificates)))
            }
            Some(Content::Deny(_)) => Err(Reason::Internal),
            None => Ok(None),
        }
    }

    /// The entries of a certificate that [`check`](Self::check) found nothing wrong with.
    pub(super) fn into_sessions(self) -> Sessions {
        self.sessions
    }

    /// The entry of a certificate that [`check`](Self::check) found nothing wrong with.
    pub(super) fn registered(&self, list: &DynamicList) -> Option<Rc<Entry>> {
        let found = self.sessions.iter().find(|(space, _)| *space == list.space());
        found.map(|(_, entry)| Rc::clone(entry))
    }

    fn check_session(&mut self, session: &Session, api: &Name) -> Result<(), Reason> {
        if session.is_inactive {
            return Err(Reason::SessionInactive);
        }
        if session.not_before.is_some() || session.expires.is_some() {
            let now = self.now()?;
            if session.not_before.is_some_and(|begin| now < begin) {
                return Err(Reason::SessionNotYetValid);
            }
            if session.expires.is_some_and(|end| now >= end) {
                return Err(Reason::SessionExpired);
            }
        }
        match &session.apis {
            Grant::Only(apis) if !apis.contains(api) => Err(Reason::ApiNotGranted),
            _ => Ok(()),
        }
    }

    fn denies_key(&mut self, list: &DynamicList, key: &Key) -> Result<bool, Reason> {
        let bucket = self.read(&list.space(), key)?;
        let content = find(bucket.as_deref(), key)?;
        self.holds(content)
    }

    /// Whether what was found denies now.
    fn holds(&mut self, found: Option<Content>) -> Result<bool, Reason> {
        match found {
            None => Ok(false),
            Some(Content::Deny(None)) => Ok(true),
            Some(Content::Deny(Some(until))) => Ok(self.now()? < until),
            Some(Content::Session(_)) => Err(Reason::Internal),
        }
    }

    fn of_certificate(&mut self, list: &DynamicList, key: &Key) -> Result<Option<Content>, Reason> {
        let space = list.space();
        if !self.buckets.iter().any(|(other, _)| *other == space) {
            let bucket = self.read(&space, key)?;
            self.buckets.push((space, bucket));
        }
        let bucket = self.buckets.iter().find(|(other, _)| *other == space);
        find(bucket.and_then(|(_, bucket)| bucket.as_deref()), key)
    }

    fn read(&self, space: &Space, key: &Key) -> Result<Option<Vec<u8>>, Reason> {
        self.source.shared(&key.place(space)).map_err(|_| Reason::Internal)
    }

    /// The time of the request, which is read once.
    pub(super) fn now(&mut self) -> Result<i64, Reason> {
        let now = match self.now {
            Some(now) => now,
            None => self.source.now().map_err(|_| Reason::Internal)?,
        };
        self.now = Some(now);
        Ok(now)
    }
}

fn find(bucket: Option<&[u8]>, key: &Key) -> Result<Option<Content>, Reason> {
    let Some(bucket) = bucket else {
        return Ok(None);
    };
    find_in_bucket(bucket, key).map_err(|_| Reason::Internal)
}
