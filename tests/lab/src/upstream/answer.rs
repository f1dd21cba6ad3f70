//! One answer of the upstream.

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::ext::Protocol;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue, UPGRADE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

use super::Received;
use super::drip::Drip;
use crate::client::listed;

/// All of an answer's body, or one that has no end.
type Body = Either<Full<Bytes>, Drip>;

pub(super) async fn answer(
    name: &str,
    mut request: Request<Incoming>,
) -> hyper::Result<(Received, Response<Body>)> {
    let mut received = head(&request);
    if let Some(response) = switch(&mut request) {
        return Ok((received, response.map(Either::Left)));
    }
    let drip = Drip::asked(request.uri().query());

    let collected = request.into_body().collect().await?;
    received.trailers = collected.trailers().map(listed).unwrap_or_default();
    received.body = collected.to_bytes().to_vec();
    if let Some(drip) = drip {
        return Ok((received, Response::new(Either::Right(drip))));
    }
    let whole = Full::from(received.json(name).to_string());
    let mut response = Response::new(Either::Left(whole));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((received, response))
}

fn head(request: &Request<Incoming>) -> Received {
    let uri = request.uri();
    let host = || request.headers().get(HOST).map(|it| String::from_utf8_lossy(it.as_bytes()));
    Received {
        protocol: format!("{:?}", request.version()),
        method: request.method().to_string(),
        path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        authority: uri
            .authority()
            .map(ToString::to_string)
            .or_else(|| host().map(Into::into))
            .unwrap_or_default(),
        headers: listed(request.headers()),
        trailers: Vec::new(),
        body: Vec::new(),
    }
}

/// Answers a request to switch protocols, and then sends back every byte that comes.
fn switch(request: &mut Request<Incoming>) -> Option<Response<Full<Bytes>>> {
    let mut response = Response::new(Full::default());
    if let Some(protocol) = request.headers().get(UPGRADE) {
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        response.headers_mut().insert(UPGRADE, protocol.clone());
    } else {
        // HTTP/2 has no 101: 200 to an extended CONNECT (RFC 8441).
        request.extensions().get::<Protocol>()?;
    }
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
            let _ = tokio::io::copy(&mut read, &mut write).await;
        }
    });
    Some(response)
}
