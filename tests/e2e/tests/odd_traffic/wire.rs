//! HTTP/2 frame by frame (RFC 9113), with header blocks of literals (RFC 7541).

use std::time::Duration;

use peergate_lab::client::H1;
use peergate_lab::pki::Identity;
use serde_json::Value;
use tokio::time::timeout;

use super::place::Place;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 0x1;
pub(crate) const END_HEADERS: u8 = 0x4;
pub(crate) const PADDED: u8 = 0x8;
pub(crate) const WITH_PRIORITY: u8 = 0x20;

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block of literals that nobody is to remember.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(name, value)| literal(0x00, name, value)).collect()
}

/// A literal with a literal name: `0x00` without indexing, `0x10` never indexed, `0x40` indexed.
pub(crate) fn literal(kind: u8, name: &str, value: &str) -> Vec<u8> {
    let name = [integer(name.len()), name.as_bytes().to_vec()].concat();
    [vec![kind], name, integer(value.len()), value.as_bytes().to_vec()].concat()
}

/// A length in seven bits and as many bytes as it takes.
fn integer(value: usize) -> Vec<u8> {
    if value < 127 {
        return vec![value as u8];
    }
    let (mut bytes, mut rest) = (vec![127], value - 127);
    while rest >= 128 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// What came of a stream.
#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    /// A whole answer; its body, if that is JSON.
    Answered(Value),
    /// An answer that is not at its end.
    Open,
    /// The stream was reset, or the connection ended.
    Ended,
    /// Nothing yet.
    Silent,
}

/// A connection that has greeted.
pub(crate) struct Wire {
    connection: H1,
    received: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(place: &Place, identity: Option<&Identity>) -> Self {
        Self::open_with(place, identity, &[]).await
    }

    /// Opens with these settings, each a number of two bytes and a value of four.
    pub(crate) async fn open_with(
        place: &Place,
        identity: Option<&Identity>,
        settings: &[u8],
    ) -> Self {
        let client = place.gateway.client(identity).alpn(&["h2"]);
        let connection = client.h1(place.gateway.address()).await.expect("a connection");
        let mut wire = Self { connection, received: Vec::new() };
        wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        wire.send(&frame(SETTINGS, 0, 0, settings)).await;
        wire.send(&frame(SETTINGS, 1, 0, &[])).await;
        wire
    }

    /// Sends bytes, if there is still somebody to take them.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.connection.send_raw(bytes).await;
    }

    /// What comes of a stream.
    pub(crate) async fn outcome(&mut self, stream: u32) -> Outcome {
        loop {
            let found = self.look(stream);
            if !matches!(found, Outcome::Silent | Outcome::Open) {
                return found;
            }
            match timeout(PATIENCE, self.connection.read_raw()).await {
                Err(_) => return found,
                Ok(Ok(bytes)) if !bytes.is_empty() => self.received.extend(bytes),
                Ok(_) => return Outcome::Ended,
            }
        }
    }

    /// What has come so far.
    fn look(&self, stream: u32) -> Outcome {
        let (mut rest, mut body, mut is_open) = (&self.received[..], Vec::new(), false);
        while let Some((head, after)) = rest.split_at_checked(9) {
            let length =
                usize::from(head[1]) << 8 | usize::from(head[2]) | usize::from(head[0]) << 16;
            let Some((payload, next)) = after.split_at_checked(length) else { break };
            rest = next;
            let of = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match head[3] {
                GOAWAY => return Outcome::Ended,
                RST_STREAM if of == stream && !is_open => return Outcome::Ended,
                HEADERS if of == stream => is_open = true,
                DATA if of == stream => body.extend_from_slice(payload),
                _ => continue,
            }
            if matches!(head[3], HEADERS | DATA) && head[4] & END_STREAM != 0 {
                return Outcome::Answered(serde_json::from_slice(&body).unwrap_or_default());
            }
        }
        if is_open { Outcome::Open } else { Outcome::Silent }
    }
}

/// How long to wait for what may not come.
const PATIENCE: Duration = Duration::from_millis(250);
