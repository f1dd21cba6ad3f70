//! One connection that asks on and on, with as little work as can be.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use h2::client::SendRequest;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::asks::Ask;
use crate::gateway::{LIE, WHO};
use crate::tally::{Answer, Tally};

/// Asks in turn over HTTP/1.1, so many times, or until it is over or the server wants no more: Envoy closes after
/// an answer of 400.
pub(crate) async fn h1(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    asks: &[Rc<Ask>],
    times: usize,
    tally: &Tally,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(16 * 1024);
    let mut last = None;
    for ask in asks.iter().cycle().take(times) {
        if tally.is_over() {
            break;
        }
        stream.write_all(&ask.h1).await?;
        stream.flush().await?;
        buffer.clear();
        loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                let after = last.unwrap_or("nothing");
                let text = format!("the connection ended at `{}` after `{after}`", ask.kind);
                return Err(io::Error::other(text));
            }
            if let Some(found) = Whole::read(&buffer)? {
                if found.length != buffer.len() {
                    return Err(io::Error::other("there is more than one answer"));
                }
                tally.count(ask, found.answer);
                tally.keep().h1 += 1;
                if found.is_last {
                    return Ok(());
                }
                last = Some(ask.kind);
                break;
            }
        }
    }
    Ok(())
}

/// Does so over HTTP/2, with many requests at once.
pub(crate) async fn h2(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    asks: &[Rc<Ask>],
    times: usize,
    tally: &Arc<Tally>,
) -> io::Result<()> {
    let (send, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
    let connection = tokio::task::spawn_local(connection);
    let mut all = JoinSet::new();
    for number in 0..STREAMS {
        let (send, tally) = (send.clone(), Arc::clone(tally));
        // Each begins somewhere else.
        let turned = asks.iter().cycle().skip(number).take(asks.len()).cloned();
        let asks: Vec<_> = turned.collect();
        all.spawn_local(async move { one_by_one(send, &asks, times / STREAMS, &tally).await });
    }
    drop(send);
    while let Some(end) = all.join_next().await {
        end.map_err(io::Error::other)?.map_err(io::Error::other)?;
    }
    connection.await.map_err(io::Error::other)?.map_err(io::Error::other)
}

async fn one_by_one(
    mut send: SendRequest<Bytes>,
    asks: &[Rc<Ask>],
    times: usize,
    tally: &Tally,
) -> Result<(), h2::Error> {
    for ask in asks.iter().cycle().take(times) {
        if tally.is_over() {
            break;
        }
        send = send.ready().await?;
        let (answer, _) = send.send_request(ask.h2.clone(), true)?;
        let (head, mut body) = answer.await?.into_parts();
        while let Some(part) = body.data().await {
            let length = part?.len();
            body.flow_control().release_capacity(length)?;
        }
        let told = |name: &str| told(head.headers.get(name)?.to_str().ok()?);
        tally.count(ask, Answer { status: head.status.as_u16(), who: told(WHO), lie: told(LIE) });
    }
    Ok(())
}

/// An answer that is there as a whole.
#[derive(Debug, Eq, PartialEq)]
struct Whole<'a> {
    answer: Answer<'a>,
    /// In bytes.
    length: usize,
    /// Whether none follows on this connection.
    is_last: bool,
}

impl<'a> Whole<'a> {
    /// Reads it, if it is there. Envoy writes its headers' names in lower case, and says how long what it answers
    /// itself is.
    fn read(bytes: &'a [u8]) -> io::Result<Option<Self>> {
        let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let unread = || io::Error::other("an answer cannot be read");
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| unread())?;
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3)?.parse().ok());
        let status = status.ok_or_else(unread)?;
        let field = |name| head.split("\r\n").find_map(|line| value(line, name));
        let length: usize =
            field("content-length").map_or(Ok(0), str::parse).map_err(|_| unread())?;
        let length = end + 4 + length;
        let told = |name| field(name).and_then(told);
        let answer = Answer { status, who: told(WHO), lie: told(LIE) };
        let is_last = field("connection") == Some("close");
        Ok((length <= bytes.len()).then_some(Self { answer, length, is_last }))
    }
}

/// The value of a line's field, if it has that name.
fn value<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.strip_prefix(name)?.strip_prefix(": ")
}

/// What Envoy says of a header, but for one that is not there.
fn told(value: &str) -> Option<&str> {
    (!value.is_empty() && value != "-").then_some(value)
}

/// Requests at once on a connection of HTTP/2.
const STREAMS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nx-told-who: acme\r\ncontent-length: 2\r\nx-told-lie: -\r\n\r\nok";
        for length in 0..bytes.len() {
            assert_eq!(Whole::read(&bytes[..length]).unwrap(), None);
        }
        let answer = Answer { status: 200, who: Some("acme"), lie: None };
        let whole = Whole { answer, length: bytes.len(), is_last: false };
        assert_eq!(Whole::read(bytes).unwrap(), Some(whole));
    }

    #[test]
    fn an_answer_may_be_the_last() {
        let bytes = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n";
        assert!(Whole::read(bytes).unwrap().unwrap().is_last);
    }

    #[test]
    fn what_is_no_answer_fails() {
        assert!(Whole::read(b"SSH-2.0\r\n\r\n").is_err());
        assert!(Whole::read(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
    }
}
