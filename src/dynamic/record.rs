//! An entry in storage: its key less the bucket's part of it, and what it says.

use std::time::Duration;

use crate::digest::{DIGEST_LENGTH, Digest, Fingerprint};

use super::codec::{Input, Output};
use super::entry::{Content, Grant, Key, Kind, Rate, Session};
use super::space::NUMBER_LENGTH;

/// A record of a bucket, as it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'b> {
    pub(crate) kind: Kind,
    /// Of a reset under way: nobody sees it yet.
    pub(crate) is_staged: bool,
    /// A reset under way has said the same again.
    pub(crate) is_confirmed: bool,
    /// The digest of the key from where the bucket's number ends.
    pub(crate) rest: &'b [u8],
    /// What [`read_content`] reads.
    pub(crate) content: &'b [u8],
}

impl<'b> Record<'b> {
    pub(crate) fn read(input: &mut Input<'b>) -> Option<Self> {
        let head = input.byte()?;
        let kind = *Kind::ALL.get(usize::from(head & KIND))?;
        if head & !(KIND | STAGED | CONFIRMED) != 0 {
            return None;
        }
        Some(Self {
            kind,
            is_staged: head & STAGED != 0,
            is_confirmed: head & CONFIRMED != 0,
            rest: input.take(REST)?,
            content: input.counted()?,
        })
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let staged = if self.is_staged { STAGED } else { 0 };
        let confirmed = if self.is_confirmed { CONFIRMED } else { 0 };
        out.push(number_of(self.kind) | staged | confirmed);
        out.extend_from_slice(self.rest);
        out.counted(self.content);
    }

    pub(crate) fn is_of(&self, key: &Key) -> bool {
        self.kind == key.kind && self.rest == rest_of(&key.digest)
    }
}

/// The part of a digest that a record holds; the bucket's number is the other.
pub(crate) fn rest_of(digest: &Digest) -> &[u8] {
    digest.get(NUMBER_LENGTH..).unwrap_or_default()
}

pub(crate) fn write_content(content: &Content) -> Vec<u8> {
    let mut out = Vec::new();
    match content {
        Content::Deny(None) => {}
        Content::Deny(Some(until)) => out.time(*until),
        Content::Session(session) => write_session(session, &mut out),
    }
    out
}

/// `None` if it is not what [`write_content`] writes.
pub(crate) fn read_content(kind: Kind, content: &[u8]) -> Option<Content> {
    let mut input = Input(content);
    let content = match kind {
        Kind::Certificate | Kind::ApiKey => Content::Session(Box::new(read_session(&mut input)?)),
        _ if input.is_at_end() => Content::Deny(None),
        _ => Content::Deny(Some(input.time()?)),
    };
    input.is_at_end().then_some(content)
}

fn write_session(session: &Session, out: &mut Vec<u8>) {
    let flags = [
        (INACTIVE, session.is_inactive),
        (IDENTITY, session.identity.is_some()),
        (ALL_APIS, session.apis == Grant::All),
        (NOT_BEFORE, session.not_before.is_some()),
        (EXPIRES, session.expires.is_some()),
        (LABELS, !session.labels.is_empty()),
        (CERTIFICATES, !session.certificates.is_empty()),
        (RATE, session.rate.is_some()),
    ];
    out.push(flags.iter().filter(|(_, is_set)| *is_set).fold(0, |all, (flag, _)| all | flag));
    if let Some(identity) = &session.identity {
        out.counted(identity.as_bytes());
    }
    if let Grant::Only(apis) = &session.apis {
        out.size(apis.len());
        for api in apis {
            out.counted(api.as_str().as_bytes());
        }
    }
    for time in [session.not_before, session.expires].into_iter().flatten() {
        out.time(time);
    }
    if !session.labels.is_empty() {
        out.size(session.labels.len());
        for (name, value) in &session.labels {
            out.counted(name.as_str().as_bytes());
            out.counted(value.as_bytes());
        }
    }
    if !session.certificates.is_empty() {
        out.size(session.certificates.len());
        for fingerprint in &session.certificates {
            out.extend_from_slice(&fingerprint.digest());
        }
    }
    if let Some(rate) = session.rate {
        out.number(u64::from(rate.requests));
        out.number(u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX));
        // Most have the one that goes without saying.
        out.number(if rate.burst == rate.requests { 0 } else { u64::from(rate.burst) });
    }
}

fn read_session(input: &mut Input<'_>) -> Option<Session> {
    let flags = input.byte()?;
    let has = |flag: u8| flags & flag != 0;
    let identity = if has(IDENTITY) { Some(input.text()?.into()) } else { None };
    let apis = if has(ALL_APIS) {
        Grant::All
    } else {
        Grant::Only(many(input, |input| input.text()?.parse().ok())?)
    };
    let not_before = if has(NOT_BEFORE) { Some(input.time()?) } else { None };
    let expires = if has(EXPIRES) { Some(input.time()?) } else { None };
    let label = |input: &mut Input<'_>| Some((input.text()?.parse().ok()?, input.text()?.into()));
    let labels = if has(LABELS) { many(input, label)? } else { Box::default() };
    let fingerprint = |input: &mut Input<'_>| input.array().map(Fingerprint::from_digest);
    let certificates = if has(CERTIFICATES) { many(input, fingerprint)? } else { Box::default() };
    let rate = if has(RATE) { Some(read_rate(input)?) } else { None };
    Some(Session {
        identity,
        apis,
        is_inactive: has(INACTIVE),
        not_before,
        expires,
        labels,
        certificates,
        rate,
    })
}

fn read_rate(input: &mut Input<'_>) -> Option<Rate> {
    let requests = u32::try_from(input.number()?).ok().filter(|requests| *requests > 0)?;
    let per = Duration::from_millis(input.number()?);
    let burst = match u32::try_from(input.number()?).ok()? {
        0 => requests,
        burst => burst,
    };
    Some(Rate { requests, per, burst })
}

/// A number of items, then the items.
fn many<'b, T>(
    input: &mut Input<'b>,
    mut read: impl FnMut(&mut Input<'b>) -> Option<T>,
) -> Option<Box<[T]>> {
    let count = input.size()?;
    // Not what the number asks for, which may be garbage: as they come.
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(read(input)?);
    }
    Some(items.into())
}

fn number_of(kind: Kind) -> u8 {
    let place = Kind::ALL.iter().position(|other| *other == kind).unwrap_or_default();
    u8::try_from(place).unwrap_or_default()
}

/// Bytes of a record's part of a digest.
const REST: usize = DIGEST_LENGTH - NUMBER_LENGTH;

/// Bytes of the shortest record: its head, its part of the digest, and how long its content is.
pub(crate) const SHORTEST: usize = 1 + REST + 1;

const KIND: u8 = 0x07;
const STAGED: u8 = 0x08;
const CONFIRMED: u8 = 0x10;

const INACTIVE: u8 = 0x01;
const IDENTITY: u8 = 0x02;
const ALL_APIS: u8 = 0x04;
const NOT_BEFORE: u8 = 0x08;
const EXPIRES: u8 = 0x10;
const LABELS: u8 = 0x20;
const CERTIFICATES: u8 = 0x40;
const RATE: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn sessions() -> Vec<Session> {
        let whole = Session {
            identity: Some("acme/partner-a".into()),
            apis: Grant::Only(["employee".parse().unwrap(), "billing".parse().unwrap()].into()),
            is_inactive: true,
            not_before: Some(-5),
            expires: Some(1_800_000_000),
            labels: [("plan".parse().unwrap(), "gold".into())].into(),
            certificates: [Fingerprint::of(b"a"), Fingerprint::of(b"b")].into(),
            rate: Some(Rate { requests: 100, per: Duration::from_millis(60_500), burst: 7 }),
        };
        let rate = Some(Rate { burst: 100, ..whole.rate.unwrap() });
        vec![Session::default(), Session { rate, ..whole.clone() }, whole]
    }

    #[test]
    fn what_is_written_is_read_again() {
        for session in sessions() {
            let content = Content::Session(Box::new(session));
            let bytes = write_content(&content);
            assert_eq!(read_content(Kind::Certificate, &bytes).as_ref(), Some(&content));
            for end in 0..bytes.len() {
                assert_eq!(read_content(Kind::ApiKey, &bytes[..end]), None, "cut at {end}");
            }
        }
        for until in [None, Some(1_800_000_000)] {
            let content = Content::Deny(until);
            let bytes = write_content(&content);
            assert_eq!(read_content(Kind::DenyKey, &bytes), Some(content));
        }
    }

    #[test]
    fn an_ordinary_entry_takes_sixty_bytes() {
        let session = Session {
            identity: Some("acme/partner-7".into()),
            apis: Grant::Only(["employee".parse().unwrap()].into()),
            ..Session::default()
        };
        let content = write_content(&Content::Session(Box::new(session)));
        let digest = Fingerprint::of(b"a").digest();
        let record = Record {
            kind: Kind::Certificate,
            is_staged: false,
            is_confirmed: false,
            rest: rest_of(&digest),
            content: &content,
        };
        let mut out = Vec::new();
        record.write(&mut out);
        assert!(out.len() <= 60, "{}", out.len());
        assert_eq!(Record::read(&mut Input(&out)), Some(record));
    }
}
