//! An open HTTP/2 connection.

use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Uri;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::outgoing::Outgoing;
use super::tls::Stream;
use super::witness::Witness;
use super::{Handshake, Request, Response, within};
use crate::Fields;

/// An open HTTP/2 connection. Requests may run at the same time.
pub struct H2 {
    sender: http2::SendRequest<Outgoing>,
    handshake: Option<Handshake>,
    /// Why the connection failed, once it has.
    failure: Arc<OnceLock<String>>,
}

impl H2 {
    pub(super) async fn new(stream: Stream, handshake: Option<Handshake>) -> io::Result<Self> {
        let (stream, failure) = Witness::new(stream);
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(1 << 20)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| io::Error::other(causes(&error)))?;
        tokio::spawn(connection);
        Ok(Self { sender, handshake, failure })
    }

    /// Says what the handshake came to; nothing in the clear.
    pub fn handshake(&self) -> Option<&Handshake> {
        self.handshake.as_ref()
    }

    /// Sends a request and reads its whole response.
    ///
    /// # Errors
    ///
    /// When the stream or the connection ends early (the message names the cause), or the request
    /// is one that HTTP/2 cannot carry: an upper-case name, a value with a line end.
    pub async fn send(&self, request: &Request) -> io::Result<Response> {
        let request = self.convert(request).map_err(io::Error::other)?;
        within(async {
            match exchange(self.sender.clone(), request).await {
                Ok(response) => Ok(response),
                Err(error) => Err(self.explain(&error).await),
            }
        })
        .await
    }

    /// Sends a request and reads the head of its response. The rest comes as it is asked for.
    ///
    /// # Errors
    ///
    /// As [`H2::send`] has them.
    pub async fn begin(&self, request: &Request) -> io::Result<Download> {
        let request = self.convert(request).map_err(io::Error::other)?;
        let mut sender = self.sender.clone();
        within(async {
            sender.ready().await.map_err(io::Error::other)?;
            let (head, body) =
                sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
            Ok(Download { status: head.status.as_u16(), body })
        })
        .await
    }

    /// Sends a GET with text headers and reads its response.
    pub async fn get(
        &self,
        authority: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> io::Result<Response> {
        self.send(&Request::get(authority, path).headers(headers)).await
    }

    /// Sends a request with text headers and trailers and reads its response.
    pub async fn request(
        &self,
        method: &str,
        authority: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        trailers: &[(&str, &str)],
    ) -> io::Result<Response> {
        let request = Request::new(method, authority, path).headers(headers).body(body);
        self.send(&trailers.iter().fold(request, |it, (name, value)| it.trailer(name, value))).await
    }

    fn convert(
        &self,
        request: &Request,
    ) -> Result<hyper::Request<Outgoing>, Box<dyn Error + Send + Sync>> {
        let scheme = if self.handshake.is_some() { "https" } else { "http" };
        let uri = Uri::builder()
            .scheme(scheme)
            .authority(request.host.as_str())
            .path_and_query(request.path.as_str())
            .build()?;
        let body = Outgoing::new(request.body.clone().into(), fields(&request.trailers)?);
        let mut outgoing =
            hyper::Request::builder().method(request.method.as_str()).uri(uri).body(body)?;
        *outgoing.headers_mut() = fields(&request.headers)?;
        Ok(outgoing)
    }

    async fn explain(&self, error: &hyper::Error) -> io::Error {
        // Lets the task of the connection come to its end.
        tokio::time::sleep(Duration::from_millis(10)).await;
        match self.failure.get() {
            Some(failure) => io::Error::other(format!("{}: {failure}", causes(error))),
            None => io::Error::other(causes(error)),
        }
    }
}

/// A response that has begun. When it is dropped its stream is reset.
pub struct Download {
    /// The status.
    pub status: u16,
    body: Incoming,
}

impl Download {
    /// Returns the next bytes, none at the end.
    ///
    /// # Errors
    ///
    /// When the stream or the connection ends early.
    pub async fn read(&mut self) -> io::Result<Vec<u8>> {
        within(async {
            while let Some(frame) = self.body.frame().await {
                if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                    return Ok(data.to_vec());
                }
            }
            Ok(Vec::new())
        })
        .await
    }
}

async fn exchange(
    mut sender: http2::SendRequest<Outgoing>,
    request: hyper::Request<Outgoing>,
) -> hyper::Result<Response> {
    sender.ready().await?;
    let (head, incoming): (_, Incoming) = sender.send_request(request).await?.into_parts();
    let collected = incoming.collect().await?;
    let trailers = collected.trailers().map(listed).unwrap_or_default();
    Ok(Response {
        status: head.status.as_u16(),
        headers: listed(&head.headers),
        body: collected.to_bytes().to_vec(),
        trailers,
    })
}

fn fields(fields: &[(String, Vec<u8>)]) -> Result<HeaderMap, Box<dyn Error + Send + Sync>> {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(HeaderName::from_lowercase(name.as_bytes())?, HeaderValue::from_bytes(value)?);
    }
    Ok(map)
}

/// Lists fields, those of one name together.
pub(crate) fn listed(map: &HeaderMap) -> Fields {
    map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// Joins an error and its causes.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
