//! The service over gRPC: `envoy.service.auth.v3.Authorization`.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::message::{allowed, header, refused};
use super::registry::{REFUSAL, Registry};
use super::{FINGERPRINT, IDENTITY};

type Body = WithTrailers<Full<Bytes>, Ready>;
type Ready = std::future::Ready<Option<Result<HeaderMap, Infallible>>>;

pub(super) async fn serve(stream: TcpStream, registry: Arc<Registry>) {
    let service = service_fn(|request| {
        let registry = Arc::clone(&registry);
        async move { answer(request, &registry).await }
    });
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, registry: &Registry) -> hyper::Result<Response<Body>> {
    let body = request.into_body().collect().await?.to_bytes();
    let xfcc = body.get(FRAME..).and_then(|message| header(message, b"x-forwarded-client-cert"));
    let message = match xfcc.and_then(|xfcc| registry.find(xfcc)) {
        Some((identity, fingerprint)) => {
            allowed(&[(IDENTITY, identity.as_bytes()), (FINGERPRINT, fingerprint)])
        }
        None => refused(REFUSAL),
    };
    let mut trailers = HeaderMap::with_capacity(1);
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let trailers = std::future::ready(Some(Ok(trailers)));
    let mut answer = Response::new(Full::from(framed(&message)).with_trailers(trailers));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(answer)
}

/// A byte 0 (not compressed), the length in four, the message.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("an answer is short");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

/// The bytes before a message.
const FRAME: usize = 5;
