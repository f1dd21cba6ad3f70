//! What the lists say of one certificate: who holds it, and by what.

use std::rc::Rc;

use crate::authority::{Authority, Examined, Fault, Link, Path, Terms, find, rank};
use crate::carrier::pem;
use crate::certificate::{Leaf, Validity};
use crate::digest::{Fingerprint, RefusalHash};
use crate::evidence::{Source, Whole, chain};
use crate::list::{Entry, List};
use crate::memory::{Memory, PathHolding};
use crate::policy::{ListId, Policy};
use crate::reason::Reason;
use crate::request::Headers;
use crate::signature::Meter;

use super::registry::Registry;
use super::{Miss, Tried};

/// The lists of a policy, asked about one certificate. What each answer needs is read and computed once.
pub(super) struct Holders<'p, 'r, S> {
    pub(super) policy: &'p Policy,
    pub(super) headers: &'r Headers<'r>,
    pub(super) fingerprint: Fingerprint,
    pub(super) whole: Option<Whole>,
    /// What dynamic lists say.
    pub(super) registry: Registry<'r, S>,
    examined: Option<Result<Examined, Fault>>,
    /// What the client presented, as it came, and read.
    chain: Option<&'r [u8]>,
    presented: Option<Vec<Link>>,
    paths: Vec<(usize, Result<Rc<Path>, Fault>)>,
    meter: Meter,
    /// Paths that were found for this request.
    pub(super) found: Vec<(ListId, Rc<PathHolding>)>,
    /// Authorities that did not admit it.
    pub(super) tried: Vec<Tried<'p>>,
    /// Whether those of a list did not, now or a moment ago.
    pub(super) has_missed: bool,
}

/// That a list holds a certificate.
#[derive(Clone, Debug)]
pub(super) struct Holding<'p> {
    pub(super) list: &'p List,
    pub(super) held: Held<'p>,
    /// By a path to an authority, not by a pin.
    pub(super) path: Option<Rc<PathHolding>>,
}

/// The entry by which a list holds a certificate.
#[derive(Clone, Debug)]
pub(super) enum Held<'p> {
    /// One of the configuration, with its place in the list.
    Static(usize, &'p Entry),
    /// One that a feed put there.
    Dynamic(Rc<Entry>),
}

impl Held<'_> {
    /// Its place in the list.
    pub(super) fn position(&self) -> Option<usize> {
        match self {
            Self::Static(position, _) => Some(*position),
            Self::Dynamic(_) => None,
        }
    }
}

impl Holding<'_> {
    pub(super) fn entry(&self) -> &Entry {
        match &self.held {
            Held::Static(_, entry) => entry,
            Held::Dynamic(entry) => entry,
        }
    }

    /// Who the client is, if the certificate or the entry says so.
    pub(super) fn identity(&self) -> Option<&str> {
        let from_leaf = self.path.as_ref().and_then(|path| path.identity.as_deref());
        from_leaf.or_else(|| match &self.held {
            Held::Static(position, _) => self.list.identity(*position),
            Held::Dynamic(entry) => entry.identity.as_deref(),
        })
    }

    /// When the entry lets it hold, if that is known.
    pub(super) fn validity(&self) -> Option<Validity> {
        self.entry().validity
    }
}

impl<'p, 'r, S: Source> Holders<'p, 'r, S> {
    pub(super) fn new(
        policy: &'p Policy,
        headers: &'r Headers<'r>,
        source: &'r S,
        fingerprint: Fingerprint,
        whole: Option<Whole>,
        registry: Registry<'r, S>,
    ) -> Self {
        Self {
            policy,
            headers,
            fingerprint,
            whole,
            registry,
            examined: None,
            chain: None,
            presented: None,
            paths: Vec::new(),
            meter: Meter::new(source.signatures()),
            found: Vec::new(),
            tried: Vec::new(),
            has_missed: false,
        }
    }

    /// The time of the request.
    pub(super) fn now(&mut self) -> Result<i64, Reason> {
        self.registry.now()
    }

    /// The first of the lists that holds the certificate.
    ///
    /// # Errors
    /// The reason of the list that came nearest to holding it.
    pub(super) fn first(
        &mut self,
        lists: &[ListId],
        memory: &mut Memory,
    ) -> Result<Holding<'p>, Reason> {
        let mut nearest = Reason::CertificateNotAllowed;
        for id in lists {
            match self.holds(*id, memory) {
                Ok(holding) => return Ok(holding),
                // Whoever issued it has taken it back: nobody else's word brings it to life again.
                Err(Reason::CertificateRevoked) => return Err(Reason::CertificateRevoked),
                Err(reason) if rank(reason) > rank(nearest) => nearest = reason,
                Err(_) => {}
            }
        }
        Err(nearest)
    }

    /// Asks one list: exact pins first, then keys, then authorities.
    ///
    /// # Errors
    /// Why it does not hold the certificate.
    pub(super) fn holds(&mut self, id: ListId, memory: &mut Memory) -> Result<Holding<'p>, Reason> {
        let list = self.policy.lists.get(id).ok_or(Reason::Internal)?;
        if let Some(dynamic) = list.dynamic() {
            let entry = self.registry.registered(dynamic);
            let entry = entry.ok_or(Reason::CertificateNotAllowed)?;
            return Ok(Holding { list, held: Held::Dynamic(entry), path: None });
        }
        let found =
            match list.admits(self.fingerprint, self.whole.as_ref().map(|whole| &*whole.leaf)) {
                Some(position) => Ok((position, None)),
                None if list.authorities().is_empty() => Err(Reason::CertificateNotAllowed),
                None => {
                    let path = self.holds_by_path(id, list, memory);
                    self.has_missed |= path.is_err();
                    path.map(|path| (path.entry, Some(path)))
                }
            };
        let (position, path) = found?;
        Ok(Holding { list, held: Held::Static(position, list.entry(position)), path })
    }

    fn holds_by_path(
        &mut self,
        id: ListId,
        list: &'p List,
        memory: &mut Memory,
    ) -> Result<Rc<PathHolding>, Reason> {
        let Whole { leaf, client } = self.whole.clone().ok_or(Reason::CertificateUnavailable)?;
        let now = self.now()?;
        // A path holds in its window, whoever sent which intermediates: they are not asked for again.
        let known = client.as_ref().and_then(|client| client.holding(id));
        if let Some(known) = known.filter(|known| known.path.window.contains(now)) {
            return Ok(Rc::clone(known));
        }
        let chain = self.chain();
        let key = RefusalHash::of(self.fingerprint, id, chain).digest();
        if let Some(reason) = memory.refusal(key, now) {
            return Err(reason);
        }
        let is_first = self.paths.is_empty();
        let mut nearest = Reason::CertificateNotAllowed;
        for (authority, position) in list.authorities() {
            match self.holds_under(authority, *position, &leaf, now) {
                Ok(holding) => {
                    let holding = Rc::new(holding);
                    self.found.push((id, Rc::clone(&holding)));
                    return Ok(holding);
                }
                Err(miss) => {
                    let reason = miss.reason();
                    if rank(reason) > rank(nearest) {
                        nearest = reason;
                    }
                    self.tried.push(Tried { list, position: *position, miss });
                    if reason == Reason::CertificateRevoked {
                        break;
                    }
                }
            }
        }
        // What other lists have left of the request's signatures is not part of the key.
        if is_first || !self.meter.is_exhausted() {
            memory.refuse(key, nearest, now);
        }
        Err(nearest)
    }

    /// Asks one authority. Names come before signatures, which cost a hundred times more.
    fn holds_under(
        &mut self,
        authority: &Authority,
        entry: usize,
        leaf: &Leaf,
        now: i64,
    ) -> Result<PathHolding, Miss> {
        let examined = self
            .examined
            .get_or_insert_with(|| Examined::of(leaf.der()).map_err(Fault::Leaf))
            .as_ref()
            .map_err(|fault| Miss::Path(fault.clone()))?;
        if !authority.subject.matches(&examined.names) {
            return Err(Miss::Subject);
        }
        let identity = authority.identity.of(&examined.names).map_err(|_| Miss::Identity)?;
        let id = authority.trust;
        let path = match self.paths.iter().find(|(of, _)| *of == id) {
            Some((_, path)) => path.clone(),
            None => {
                let path = self.find_path(id, now);
                self.paths.push((id, path.clone()));
                path
            }
        };
        Ok(PathHolding { entry, identity, path: path.map_err(Miss::Path)? })
    }

    fn find_path(&mut self, id: usize, now: i64) -> Result<Rc<Path>, Fault> {
        let trust = self.policy.trusts.get(id).ok_or(Fault::NoWay)?;
        let Some(Ok(examined)) = &self.examined else {
            return Err(Fault::NoWay);
        };
        let chain = self.chain.unwrap_or_default();
        let presented = self.presented.get_or_insert_with(|| {
            let certificates = pem::chain(chain);
            let links = certificates.iter().filter_map(|der| Link::parse(der).ok());
            // The leaf stands first in it, and is nobody's issuer.
            links.filter(|link| link.der != examined.link.der).collect()
        });
        find(trust, examined, presented, now, &Terms::CLIENT, &self.meter).map(Rc::new)
    }

    fn chain(&mut self) -> &'r [u8] {
        let headers = self.headers;
        self.chain.get_or_insert_with(|| chain(headers))
    }
}
