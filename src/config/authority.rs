//! `ca` entries: an authority, and what belongs to it.

use crate::authority::{
    Anchor, Authority, Depth, IdentityRule, Link, NameKind, Revocation, RevocationList,
    RevocationRules, SubjectRule, Trust, WhenExpired, WhenMissing, check_intermediate,
};
use crate::carrier::pem;
use crate::digest::{Digest, sha256};
use crate::policy::TrustId;

use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, set, text, word};

/// The authorities of all lists, each once, whatever entries name it.
#[derive(Default)]
pub(crate) struct Trusts {
    known: Vec<(Digest, Trust)>,
}

impl Trusts {
    fn intern(&mut self, key: Digest, trust: Trust) -> TrustId {
        let known = self.known.iter().position(|(other, _)| *other == key);
        known.unwrap_or_else(|| {
            self.known.push((key, trust));
            self.known.len().saturating_sub(1)
        })
    }

    pub(crate) fn into_trusts(self) -> Vec<Trust> {
        self.known.into_iter().map(|(_, trust)| trust).collect()
    }
}

/// The fields of an entry that only an authority takes.
pub(crate) struct Given<'n> {
    ca: Option<&'n Node<'n>>,
    intermediates: Option<&'n Node<'n>>,
    crl: Option<&'n Node<'n>>,
    subject: Option<&'n Node<'n>>,
}

impl<'n> Given<'n> {
    pub(crate) fn take(fields: &mut Fields<'n, '_>) -> Self {
        Self {
            ca: fields.optional("ca"),
            intermediates: fields.optional("intermediates"),
            crl: fields.optional("crl"),
            subject: fields.optional("subject"),
        }
    }

    /// Whether the entry is an authority's, good or not.
    pub(crate) fn is_authority(&self) -> bool {
        self.ca.is_some()
    }

    /// Reports fields that make no sense without an authority.
    pub(crate) fn refuse_without_authority(&self, at: &At<'_>, problems: &mut Problems) {
        let given =
            [("intermediates", self.intermediates), ("crl", self.crl), ("subject", self.subject)];
        for (name, _) in given.iter().filter(|(_, node)| node.is_some()) {
            problems.report(&at.field(name), "only an entry with ca takes this");
        }
    }

    /// Reads the authority.
    pub(crate) fn read(
        &self,
        identity: IdentityRule,
        trusts: &mut Trusts,
        at: &At<'_>,
        problems: &mut Problems,
    ) -> Option<Authority> {
        let anchor = self.ca.and_then(|node| {
            let at = at.field("ca");
            let text = text(node, &at, problems)?;
            let der = problems.keep(&at, pem::one_certificate(text))?;
            problems.keep(&at, Anchor::parse(&der))
        });
        let intermediates = self.intermediates.map_or(Some(Vec::new()), |node| {
            read_intermediates(node, &at.field("intermediates"), problems)
        });
        let at_crl = at.field("crl");
        let revocation = match self.crl {
            None => Some(None),
            Some(node) => read_revocation(node, &at_crl, problems).map(Some),
        };
        let subject = match self.subject {
            None => Some(SubjectRule::default()),
            Some(node) => read_subject(node, &at.field("subject"), problems),
        };
        let (revocation, list_bytes) = revocation?.unzip();
        let trust = Trust { anchor: anchor?, intermediates: intermediates?, revocation };
        if trust.has_unsignable_list() {
            problems
                .report(&at_crl, "its issuer may not sign it: the key usage of ca lacks cRLSign");
        }
        let key = key(&trust, &list_bytes.unwrap_or_default());
        Some(Authority { trust: trusts.intern(key, trust), subject: subject?, identity })
    }
}

/// What makes two authorities the same.
fn key(trust: &Trust, lists: &[Vec<u8>]) -> Digest {
    let rules = trust.revocation.as_ref().map(|revocation| revocation.rules);
    let certificates = std::iter::once(&trust.anchor.link).chain(&trust.intermediates);
    // DER values say where they end.
    let mut bytes: Vec<u8> = certificates.flat_map(|link| link.der.iter().copied()).collect();
    bytes.extend(lists.iter().flatten());
    bytes.extend(format!("{rules:?}").into_bytes());
    sha256(&bytes)
}

fn read_intermediates(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Vec<Link>> {
    let text = text(node, at, problems)?;
    let certificates = problems.keep(at, pem::certificates(text))?;
    if certificates.len() > MOST_INTERMEDIATES {
        problems.report(at, format_args!("more than {MOST_INTERMEDIATES} certificates"));
    }
    let mut links = Vec::with_capacity(certificates.len());
    for (index, der) in certificates.iter().enumerate() {
        let checked = check_intermediate(der);
        let checked =
            checked.map_err(|breach| format!("certificate {}: {breach}", index.saturating_add(1)));
        links.extend(problems.keep(at, checked));
    }
    Some(links)
}

/// The lists of an entry, and their bytes.
fn read_revocation(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<(Revocation, Vec<Vec<u8>>)> {
    if let Node::Text(_) = node {
        return read_lists(node, RevocationRules::default(), at, problems);
    }
    let mut fields = Fields::of(node, at, problems)?;
    let pem = fields.required("pem", problems);
    let rules = RevocationRules {
        when_expired: fields
            .read("when_expired", problems, |node, at, problems| {
                let words = [("deny", WhenExpired::Deny), ("use", WhenExpired::Use)];
                word(node, at, problems, &words)
            })
            .unwrap_or_default(),
        when_missing: fields
            .read("when_missing", problems, |node, at, problems| {
                let words = [("deny", WhenMissing::Deny), ("allow", WhenMissing::Allow)];
                word(node, at, problems, &words)
            })
            .unwrap_or_default(),
        depth: fields
            .read("depth", problems, |node, at, problems| {
                word(node, at, problems, &[("leaf", Depth::Leaf), ("chain", Depth::Chain)])
            })
            .unwrap_or_default(),
    };
    fields.finish(problems);
    read_lists(pem?, rules, &at.field("pem"), problems)
}

fn read_lists(
    node: &Node<'_>,
    rules: RevocationRules,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<(Revocation, Vec<Vec<u8>>)> {
    let text = text(node, at, problems)?;
    let encoded = problems.keep(at, pem::revocation_lists(text))?;
    let mut lists: Vec<RevocationList> = Vec::with_capacity(encoded.len());
    for (index, der) in encoded.iter().enumerate() {
        let number = index.saturating_add(1);
        let list = RevocationList::parse(der).map_err(|error| format!("list {number}: {error}"));
        let Some(list) = problems.keep(at, list) else {
            continue;
        };
        if lists.iter().any(|other| other.is_about_the_same(&list)) {
            problems
                .report(at, format_args!("list {number}: an earlier one is by the same issuer"));
        }
        lists.push(list);
    }
    Some((Revocation::new(lists, rules), encoded))
}

fn read_subject(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<SubjectRule> {
    let mut fields = Fields::of(node, at, problems)?;
    let rule = SubjectRule {
        dns: fields.read("dns", problems, set),
        uri: fields.read("uri", problems, set),
        email: fields.read("email", problems, set),
        common_name: fields.read("common_name", problems, set),
    };
    fields.finish(problems);
    if rule == SubjectRule::default() {
        problems.report(at, "names nobody: expected at least one of dns, uri, email, common_name");
    }
    Some(rule)
}

/// `identity: { from: … }`.
pub(crate) fn read_identity_source(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<NameKind> {
    let mut fields = Fields::of(node, at, problems)?;
    let from = fields.required("from", problems);
    fields.finish(problems);
    word(from?, &at.field("from"), problems, &NameKind::WORDS)
}

/// Certificates that an entry may give beside its authority: each is looked at for every new client.
const MOST_INTERMEDIATES: usize = 32;
