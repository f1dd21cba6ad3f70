//! Whose an API key is.

use std::borrow::Cow;
use std::rc::Rc;

use crate::digest::{Digest, Fingerprint};
use crate::dynamic::Key;
use crate::evidence::Source;
use crate::list::{Entry, List};
use crate::policy::{Policy, Selection};
use crate::reason::Reason;

use super::admission::is_current;
use super::registry::{Registry, Sessions};

/// An API key that a list holds.
#[derive(Clone, Debug)]
pub(super) struct KeyHolder<'p> {
    /// The first list that has it.
    pub(super) list: &'p List,
    /// What that list says of it.
    pub(super) entry: Rc<Entry>,
    /// What every list says of it.
    pub(super) sessions: Sessions,
    pub(super) digest: Digest,
    /// The certificates that it is bound to, by each list that binds it.
    pub(super) bindings: Vec<Box<[Fingerprint]>>,
}

impl KeyHolder<'_> {
    /// Who the client is. A digest says what it is of, so that it is never taken for a fingerprint.
    pub(super) fn identity(&self) -> Cow<'_, str> {
        match &self.entry.identity {
            Some(identity) => Cow::Borrowed(identity),
            None => Cow::Owned(["api_key:", &hex::encode(self.digest)].concat()),
        }
    }
}

impl Policy {
    /// Finds the entries of an API key by its digest. Those of all lists are looked at, since any of them may
    /// have suspended or bound it; the first says whose it is.
    pub(super) fn holder<'p>(
        &'p self,
        selection: Selection<'p>,
        source: &impl Source,
        digest: Digest,
    ) -> Result<KeyHolder<'p>, Reason> {
        let rule = selection.ruling.api_key.as_ref().ok_or(Reason::Internal)?;
        let mut registry = Registry::new(source);
        let (mut sessions, mut bindings) = (Sessions::new(), Vec::new());
        let (mut first, mut is_stale) = (None, false);
        for list in rule.lists.iter().filter_map(|id| self.lists.get(*id)) {
            let dynamic = list.dynamic().ok_or(Reason::Internal)?;
            // A suspension that is known holds, whatever other lists have not heard.
            if !is_current(source, dynamic)? {
                is_stale = true;
                continue;
            }
            let session = registry.session(dynamic, &Key::api_key(digest), &selection.api.name)?;
            if let Some((entry, certificates)) = session {
                let entry = Rc::new(entry);
                if !certificates.is_empty() {
                    bindings.push(certificates);
                }
                sessions.push((dynamic.space(), Rc::clone(&entry)));
                first = first.or(Some((list, entry)));
            }
        }
        if is_stale {
            return Err(Reason::ListStale);
        }
        let (list, entry) = first.ok_or(Reason::ApiKeyUnknown)?;
        Ok(KeyHolder { list, entry, sessions, digest, bindings })
    }
}
