//! Which calls are made for a request: the configuration's words, in their order, with commas between.
//! A word may come several times. If the first is a number, all that follow are done so often, and the
//! request is answered by the nanoseconds that it took.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{abi, memory};

/// One host call.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    /// All headers.
    Pairs,
    /// The bytes in all headers.
    Size,
    /// One header that is there, one that is not.
    Value,
    Missing,
    /// The certificate's fingerprint.
    Fingerprint,
    /// Other properties, of other sizes.
    Mtls,
    ServerName,
    Valid,
    Certificate,
    Subject,
    Path,
    Plugin,
    Verified,
    Nothing,
    /// Fingerprint and path by one expression; an empty text by another.
    Joined,
    Empty,
    /// The folded name of a header of ours.
    Remove,
    /// The headers that the upstream believes.
    Identity,
    Digest,
    /// Filter state for access logs, for the guard, and under shorter and longer names and values.
    Verdict,
    Guard,
    Short,
    Long,
    /// The counter of verdicts.
    Count,
    /// The time of day, and that since some beginning.
    Time,
    Clock,
    /// Shared data that are there, and that are not.
    Shared,
    Unshared,
}

const WORDS: [(&[u8], Call); 28] = [
    (b"pairs", Call::Pairs),
    (b"size", Call::Size),
    (b"value", Call::Value),
    (b"missing", Call::Missing),
    (b"fingerprint", Call::Fingerprint),
    (b"mtls", Call::Mtls),
    (b"server_name", Call::ServerName),
    (b"valid", Call::Valid),
    (b"certificate", Call::Certificate),
    (b"subject", Call::Subject),
    (b"path", Call::Path),
    (b"plugin", Call::Plugin),
    (b"verified", Call::Verified),
    (b"nothing", Call::Nothing),
    (b"joined", Call::Joined),
    (b"empty", Call::Empty),
    (b"remove", Call::Remove),
    (b"identity", Call::Identity),
    (b"digest", Call::Digest),
    (b"verdict", Call::Verdict),
    (b"guard", Call::Guard),
    (b"short", Call::Short),
    (b"long", Call::Long),
    (b"count", Call::Count),
    (b"time", Call::Time),
    (b"clock", Call::Clock),
    (b"shared", Call::Shared),
    (b"unshared", Call::Unshared),
];

/// The calls of one plugin configuration.
pub(crate) struct Calls {
    list: Vec<Call>,
    /// How often they are made for an answer of how long that takes.
    times: Option<u32>,
}

/// The one counter. Atomic for the compiler's sake alone: a module has one thread.
static COUNTER: AtomicU32 = AtomicU32::new(0);

/// The expressions' numbers.
static JOINED: AtomicU32 = AtomicU32::new(0);
static EMPTY: AtomicU32 = AtomicU32::new(0);

impl Calls {
    /// Reads the configuration. None: a word is unknown.
    pub(crate) fn read(configuration: &[u8]) -> Option<Self> {
        COUNTER.store(abi::define_counter(COUNTER_NAME), Ordering::Relaxed);
        abi::set_shared_data(SHARED, &[7; 48]);
        for (number, text) in [(&JOINED, JOINED_TEXT), (&EMPTY, EMPTY_TEXT)] {
            abi::foreign(b"expr_create", text, |token| {
                if let Ok(token) = token.try_into() {
                    number.store(u32::from_le_bytes(token), Ordering::Relaxed);
                }
            });
        }
        let mut words = configuration.split(|byte| *byte == b',').peekable();
        let times = words.peek().and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
        let words = words.skip(times.map_or(0, |_| 1)).filter(|word| !word.is_empty());
        let known = |word| WORDS.iter().find(|(known, _)| *known == word).map(|(_, call)| *call);
        Some(Self { list: words.map(known).collect::<Option<_>>()?, times })
    }

    /// Makes them. Says whether the request goes on.
    pub(crate) fn make(&self) -> bool {
        let Some(times) = self.times else {
            self.make_once();
            return true;
        };
        let start = abi::clock();
        for _ in 0..times {
            self.make_once();
        }
        let nanoseconds = abi::clock() - start;
        abi::answer(nanoseconds.to_string().as_bytes());
        false
    }

    fn make_once(&self) {
        memory::clear();
        let mut digest = [b'0'; 64];
        for call in &self.list {
            make(*call, &mut digest);
        }
    }
}

fn make(call: Call, digest: &mut [u8; 64]) {
    let ignore = |_: &[u8]| {};
    match call {
        Call::Pairs => abi::pairs(),
        Call::Size => abi::size(),
        Call::Value => abi::value(IDENTITY),
        Call::Missing => abi::value(b"x-client-missing"),
        Call::Fingerprint => {
            abi::property(b"connection\0sha256_peer_certificate_digest", |value| {
                if let Ok(value) = value.try_into() {
                    *digest = value;
                }
            });
        }
        Call::Mtls => abi::property(b"connection\0mtls", ignore),
        Call::ServerName => abi::property(b"connection\0requested_server_name", ignore),
        Call::Valid => abi::property(b"connection\0peer_certificate_valid", ignore),
        Call::Certificate => abi::property(b"connection\0peer_certificate", ignore),
        Call::Subject => abi::property(b"connection\0subject_peer_certificate", ignore),
        Call::Path => abi::property(b"request\0path", ignore),
        Call::Plugin => abi::property(b"plugin_name", ignore),
        Call::Verified => abi::property(b"metadata\0filter_metadata\0absent", ignore),
        Call::Nothing => abi::property(b"absent", ignore),
        Call::Joined => {
            abi::foreign(EVALUATE, &JOINED.load(Ordering::Relaxed).to_le_bytes(), ignore)
        }
        Call::Empty => abi::foreign(EVALUATE, &EMPTY.load(Ordering::Relaxed).to_le_bytes(), ignore),
        Call::Remove => abi::remove(b"x_client_cert_sha256"),
        Call::Identity => abi::replace(IDENTITY, b"acme/partner-0"),
        Call::Digest => abi::replace(b"x-client-cert-sha256", digest),
        Call::Verdict => abi::set_property(b"peergate_verdict", VERDICT),
        Call::Guard => abi::set_property(b"peergate", b"allowed"),
        Call::Short => abi::set_property(b"p", b"1"),
        Call::Long => abi::set_property(&[b'p'; 64], &[b'v'; 256]),
        Call::Count => abi::count(COUNTER.load(Ordering::Relaxed)),
        Call::Time => abi::time(),
        Call::Clock => drop(abi::clock()),
        Call::Shared => abi::shared_data(SHARED),
        Call::Unshared => abi::shared_data(b"absent"),
    }
}

const IDENTITY: &[u8] = b"x-client-identity";

/// As Peergate writes it of a pinned certificate.
const VERDICT: &[u8] =
    b"outcome=allowed reason=allowed api=orders method=certificate identity=acme/partner-0";

const EVALUATE: &[u8] = b"expr_evaluate";
const JOINED_TEXT: &[u8] = b"connection.sha256_peer_certificate_digest + request.path";
const EMPTY_TEXT: &[u8] = b"connection.mtls ? '' : 'x'";

const COUNTER_NAME: &[u8] = b"peergate.api.orders.outcome.allowed.reason.allowed";

const SHARED: &[u8] = b"peergate.bench.floor.0123456789abcdef0123456789abcdef01234567890ab";
