//! An open HTTP/1.1 connection, byte by byte.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::tls::Stream;
use super::{Handshake, Request, Response, parse, within};

/// An open HTTP/1.1 connection.
///
/// Whatever is sent goes out as it is; whatever comes is read as a response only when asked for.
pub struct H1 {
    stream: Stream,
    handshake: Option<Handshake>,
    /// What was read beyond the last response.
    buffer: Vec<u8>,
    /// Whether the last request was a HEAD.
    bodiless: bool,
}

impl H1 {
    pub(super) fn new(stream: Stream, handshake: Option<Handshake>) -> Self {
        Self { stream, handshake, buffer: Vec::new(), bodiless: false }
    }

    /// Says what the handshake came to; nothing in the clear.
    pub fn handshake(&self) -> Option<&Handshake> {
        self.handshake.as_ref()
    }

    /// Sends bytes as they are.
    pub async fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bodiless = bytes.starts_with(b"HEAD ");
        within(async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        })
        .await
    }

    /// Reads one whole response, past interim ones. A 101 is final and has no body.
    ///
    /// # Errors
    ///
    /// When the connection ends before the response does, or what comes is not HTTP/1.1; also with
    /// the TLS alert of a server that refuses the client's certificate.
    pub async fn read_response(&mut self) -> io::Result<Response> {
        within(async {
            let mut ended = false;
            loop {
                let found = parse(&self.buffer, self.bodiless, ended)
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                if let Some((response, used)) = found {
                    self.buffer.drain(..used);
                    return Ok(response);
                }
                if ended {
                    let error = "the connection ended before a whole response";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, error));
                }
                ended = self.fill().await? == 0;
            }
        })
        .await
    }

    /// Returns the next bytes, whatever they are; none when the connection has ended.
    pub async fn read_raw(&mut self) -> io::Result<Vec<u8>> {
        if self.buffer.is_empty() {
            within(async { self.fill().await }).await?;
        }
        Ok(std::mem::take(&mut self.buffer))
    }

    /// Sends a request and reads its response.
    pub async fn send(&mut self, request: &Request) -> io::Result<Response> {
        let sent = self.send_raw(&request.to_h1()).await;
        // A server may answer and close before it has read everything.
        match self.read_response().await {
            Ok(response) => Ok(response),
            // A TLS alert says more than the broken pipe that it left.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error),
            Err(error) => Err(sent.err().unwrap_or(error)),
        }
    }

    /// Sends a GET with text headers and reads its response.
    pub async fn get(
        &mut self,
        host: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Response> {
        self.request("GET", host, path, headers, b"").await
    }

    /// Sends a request with text headers and reads its response.
    pub async fn request(
        &mut self,
        method: &str,
        host: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Response> {
        self.send(&Request::new(method, host, path).headers(headers).body(body)).await
    }

    async fn fill(&mut self) -> io::Result<usize> {
        match self.stream.read_buf(&mut self.buffer).await {
            // The peer went without a close_notify.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        }
    }
}
