//! Requests as texts: a line a header, its name and after a blank its value; and before them what the connection
//! and the host are like, by words that begin with `@`.
//!
//! ```text
//! @policy 2
//! @certificate partner
//! @entry {"certificate": "…", "apis": ["*"]}
//! :method GET
//! :authority api.example.com
//! :path /orders?api_key=a
//! ```
//!
//! | word | says |
//! |---|---|
//! | `@policy` | the number of a policy of [`policies`](crate::policies) |
//! | `@certificate` | the name of the certificate that the client presents, which the host shows whole |
//! | `@fingerprint`, `@attribute`, `@filter-state`, `@server-name`, `@virtual-host`, `@route`, `@plugin` | what the host answers, as it is |
//! | `@tls` | the connection has TLS and the client no certificate |
//! | `@metadata` | what other filters say: an object of objects by the filters' names, or else the bytes as they are |
//! | `@now` | the time in seconds since the Unix epoch |
//! | `@entry` | an entry of each dynamic list, as its feed writes it; `@delete` the same |
//! | `@heard late` | the feed was heard too long ago; `@heard never` too |
//! | `@spoil` | somebody has written over the lists |
//! | `@fail` | the property that cannot be read |

use peergate::dynamic::{Heard, Offline};
use peergate::feed::{Format, PageReader};
use peergate::{Headers, Policy, Unreadable, metadata};

use crate::certificates::certificate;
use crate::host::Host;
use crate::wire;

/// A request and its host, as an input says.
#[derive(Debug)]
pub(crate) struct Script<'d> {
    words: Vec<(&'d str, &'d [u8])>,
    /// Names in lower case, as a host has them.
    pub(crate) headers: Vec<(Vec<u8>, &'d [u8])>,
}

impl<'d> Script<'d> {
    /// Reads an input. Every input says something.
    pub(crate) fn read(input: &'d [u8]) -> Self {
        let mut script = Self { words: Vec::new(), headers: Vec::new() };
        for line in input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
            let (name, value) =
                (&line[..end], line.get(end.saturating_add(1)..).unwrap_or_default());
            match name.strip_prefix(b"@").map(str::from_utf8) {
                Some(Ok(word)) => script.words.push((word, value)),
                Some(Err(_)) => {}
                None => script.headers.push((name.to_ascii_lowercase(), value)),
            }
        }
        script
    }

    pub(crate) fn headers(&self) -> Headers<'_> {
        Headers::new(self.headers.iter().map(|(name, value)| (&name[..], *value)).collect())
    }

    /// The last value of a word.
    pub(crate) fn word(&self, wanted: &str) -> Option<&'d [u8]> {
        self.all(wanted).last()
    }

    /// Every value of a word.
    pub(crate) fn all(&self, wanted: &str) -> impl DoubleEndedIterator<Item = &'d [u8]> {
        self.words.iter().filter(move |(word, _)| *word == wanted).map(|(_, value)| *value)
    }

    /// A word's value as a number.
    pub(crate) fn number(&self, wanted: &str) -> Option<i64> {
        str::from_utf8(self.word(wanted)?).ok()?.trim().parse().ok()
    }

    /// The host, on which the dynamic lists of a policy lie.
    pub(crate) fn host(&self, policy: &Policy) -> Host {
        let mut host = Host::plaintext();
        let name = self.word("certificate").and_then(|name| str::from_utf8(name).ok());
        if let Some(own) = name.and_then(certificate) {
            host = Host::presenting(own.leaf.fingerprint(), &own.pem);
        } else if self.word("tls").is_some() || self.word("fingerprint").is_some() {
            host.tls_version = Ok(Some(b"TLSv1.3".to_vec()));
        }
        let texts = [
            ("fingerprint", &mut host.fingerprint),
            ("attribute", &mut host.attribute),
            ("filter-state", &mut host.filter_state),
            ("server-name", &mut host.server_name),
            ("virtual-host", &mut host.virtual_host),
            ("route", &mut host.route),
            ("plugin", &mut host.plugin),
        ];
        for (word, place) in texts {
            if let Some(value) = self.word(word) {
                // As the host has it: an empty property is none.
                *place = Ok(Some(value.to_vec()).filter(|value| !value.is_empty()));
            }
        }
        if let Some(said) = self.word("metadata") {
            host.metadata = Ok(Some(written(said)));
        }
        if let Some(now) = self.number("now") {
            host.now = Ok(now);
        }
        host.shared = Ok(self.lists(policy));
        for property in self.all("fail") {
            fail(&mut host, property);
        }
        host
    }

    /// What the feeds of a policy's lists have said.
    fn lists(&self, policy: &Policy) -> Offline {
        let shared = Offline::default();
        let heard = match self.word("heard") {
            Some(b"never") => return shared,
            Some(b"late") => Heard::TooLongAgo,
            _ => Heard::Now,
        };
        let changes = [("entry", "put"), ("delete", "delete")];
        let changes = changes.into_iter().flat_map(|(word, change)| {
            let entries = self.all(word).filter_map(|entry| str::from_utf8(entry).ok());
            // One that is no JSON would say something of the page.
            let is_json = |text: &&str| serde_json::from_str::<serde_json::Value>(text).is_ok();
            entries.filter(is_json).map(move |entry| format!("{{\"{change}\":{entry}}}"))
        });
        let changes: Vec<String> = changes.collect();
        let page = format!(r#"{{"version":1,"cursor":"c","changes":[{}]}}"#, changes.join(","));
        for list in policy.dynamic_lists() {
            let reader = PageReader::new(page.clone().into(), &Format::Native, u32::MAX).unwrap();
            // A delete that cannot be read spoils the page.
            if let Ok(page) = reader.finish() {
                shared.fill(list, &page, heard).unwrap();
            }
            if self.word("spoil").is_some() {
                shared.spoil(list);
            }
        }
        shared
    }
}

/// Metadata as Envoy has it: of an object what it says, else as it is.
fn written(said: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<serde_json::Value>(said) {
        Ok(serde_json::Value::Object(said)) if wire::depth(&said) < 60 => metadata::write(&said),
        _ => said.to_vec(),
    }
}

fn fail(host: &mut Host, property: &[u8]) {
    match property {
        b"virtual-host" => host.virtual_host = Err(Unreadable),
        b"route" => host.route = Err(Unreadable),
        b"server-name" => host.server_name = Err(Unreadable),
        b"tls" => host.tls_version = Err(Unreadable),
        b"fingerprint" => host.fingerprint = Err(Unreadable),
        b"attribute" => host.attribute = Err(Unreadable),
        b"filter-state" => host.filter_state = Err(Unreadable),
        b"metadata" => host.metadata = Err(Unreadable),
        b"plugin" => host.plugin = Err(Unreadable),
        b"now" => host.now = Err(Unreadable),
        b"monotonic" => host.monotonic = Err(Unreadable),
        b"shared" => host.shared = Err(Unreadable),
        _ => {}
    }
}
