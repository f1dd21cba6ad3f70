//! Reading a request.

use std::io;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::{CHANGES, CLIENT_SSL_AUTH, PLAIN};
use crate::Fields;

/// What a request asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// The next page of changes.
    Changes { after: Option<String>, limit: usize, wait: Duration },
    /// The whole list as a file.
    Plain,
    /// The whole list in the format of `client_ssl_auth`.
    ClientSslAuth,
    /// Something that is answered with this status.
    Wrong(u16),
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    pub(super) asked: Asked,
    pub(super) path: String,
    pub(super) headers: Fields,
    /// Whether the connection ends after it.
    pub(super) last: bool,
}

impl Poll {
    /// Reads the next request, or nothing at the end of the connection.
    pub(super) async fn read(
        stream: &mut TcpStream,
        buffer: &mut Vec<u8>,
    ) -> io::Result<Option<Self>> {
        loop {
            if let Some(end) = buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                let head: Vec<u8> = buffer.drain(..end + 4).collect();
                return Ok(Some(Self::parse(&String::from_utf8_lossy(&head))));
            }
            if buffer.len() > HEAD || stream.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn parse(head: &str) -> Self {
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let headers: Fields = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().as_bytes().to_vec()))
            .collect();

        let has = |name: &str, value: &[u8]| {
            headers.iter().any(|(it, found)| it == name && found.eq_ignore_ascii_case(value))
        };
        // Nobody sends a body with a poll, so nothing here reads one.
        let body = headers.iter().any(|(name, value)| {
            name == "transfer-encoding" || (name == "content-length" && value != b"0")
        });
        let asked = match method {
            "GET" if !body => asked(path).unwrap_or_else(Asked::Wrong),
            "GET" => Asked::Wrong(400),
            _ => Asked::Wrong(405),
        };
        let last = body || method != "GET" || has("connection", b"close");
        Self { asked, path: path.to_owned(), headers, last }
    }

    /// Says whether the client already has what has this tag.
    pub(super) fn has(&self, tag: &str) -> bool {
        self.headers.iter().filter(|(name, _)| name == "if-none-match").any(|(_, value)| {
            let value = String::from_utf8_lossy(value);
            value.split(',').any(|it| it.trim().trim_start_matches("W/") == tag)
        })
    }
}

fn asked(path: &str) -> Result<Asked, u16> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path {
        CHANGES => changes(query),
        PLAIN => Ok(Asked::Plain),
        CLIENT_SSL_AUTH => Ok(Asked::ClientSslAuth),
        _ => Err(404),
    }
}

/// Reads a query, and takes nothing that the protocol does not have: clients are under test too.
fn changes(query: &str) -> Result<Asked, u16> {
    let (mut after, mut limit, mut wait) = (None, None, None);
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or(400_u16)?;
        let value = percent_decode_str(value).decode_utf8().map_err(|_| 400_u16)?.into_owned();
        let slot = match name {
            "after" => &mut after,
            "limit" => &mut limit,
            "wait" => &mut wait,
            _ => return Err(400),
        };
        if slot.replace(value).is_some() {
            return Err(400);
        }
    }
    let number = |text: Option<String>| text.map(|it| it.parse()).transpose().map_err(|_| 400_u16);
    let limit = match number(limit)? {
        Some(0) => return Err(400),
        limit => limit.unwrap_or(LIMIT),
    };
    let wait = number(wait)?.unwrap_or(0).min(LONGEST);
    Ok(Asked::Changes {
        after,
        limit: usize::try_from(limit).map_err(|_| 400_u16)?,
        wait: Duration::from_secs(wait),
    })
}

/// The most that a head may have, in bytes.
const HEAD: usize = 1 << 16;

/// The changes of a page if the client does not say.
const LIMIT: u64 = 1000;

/// The longest wait, in seconds.
const LONGEST: u64 = 3600;
