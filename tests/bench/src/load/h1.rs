//! HTTP/1.1, with as little work as can be.

use std::io;
use std::rc::Rc;
use std::time::Instant;

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::tally::Tally;

/// Sends a request, waits for the answer, and does so again until it is over.
pub(super) async fn repeat(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: Vec<u8>,
    tally: Rc<Tally>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(16 * 1024);
    while !tally.is_over() {
        let start = Instant::now();
        stream.write_all(&request).await?;
        stream.flush().await?;
        buffer.clear();
        let status = loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err(io::Error::other("the connection ended"));
            }
            if let Some((status, length)) = whole(&buffer)? {
                if length != buffer.len() {
                    return Err(io::Error::other("there is more than one answer"));
                }
                break status;
            }
        };
        tally.count(status, start.elapsed());
    }
    Ok(())
}

/// The status and the length of an answer that is there as a whole. Envoy writes its headers' names in lower
/// case, and says how long what it answers itself is.
fn whole(bytes: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let unread = || io::Error::other("an answer cannot be read");
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| unread())?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|it| it.get(..3)?.parse().ok());
    let length = head.split("\r\n").find_map(|it| it.strip_prefix("content-length: "));
    let length: usize = length.map_or(Ok(0), str::parse).map_err(|_| unread())?;
    let length = end + 4 + length;
    Ok((length <= bytes.len()).then_some((status.ok_or_else(unread)?, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let answer = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\nserver: envoy\r\n\r\nno!";
        for length in 0..answer.len() {
            assert_eq!(whole(&answer[..length]).unwrap(), None);
        }
        assert_eq!(whole(answer).unwrap(), Some((403, answer.len())));
    }

    #[test]
    fn an_answer_may_have_no_body() {
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\n\r\n").unwrap(), Some((200, 19)));
    }

    #[test]
    fn what_is_no_answer_fails() {
        assert!(whole(b"SSH-2.0\r\n\r\n").is_err());
        assert!(whole(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n").is_err());
    }
}
