//! gRPC over HTTP/2 in the clear.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::combinators::WithTrailers;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::message::answer;
use super::{Counters, Question};

type Body = WithTrailers<Full<Bytes>, Ready>;
type Ready = std::future::Ready<Option<Result<HeaderMap, Infallible>>>;

pub(super) async fn accept(listener: TcpListener, counters: Arc<Mutex<Counters>>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes it");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let counters = Arc::clone(&counters);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let counters = Arc::clone(&counters);
                async move { respond(request, &counters).await }
            });
            let _ = http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn respond(
    request: Request<Incoming>,
    counters: &Mutex<Counters>,
) -> hyper::Result<Response<Body>> {
    let known = request.uri().path() == METHOD;
    let body = request.into_body().collect().await?.to_bytes();
    let (message, status) = match payload(&body).and_then(Question::read) {
        _ if !known => (Vec::new(), UNIMPLEMENTED),
        None => (Vec::new(), INVALID_ARGUMENT),
        Some(question) => {
            let over = counters.lock().expect("nobody panics with the counters").count(question);
            (framed(&answer(&over)), OK)
        }
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(status));
    let trailers = std::future::ready(Some(Ok(trailers)));
    let mut response = Response::new(Full::from(message).with_trailers(trailers));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}

/// Takes the one message out of a body: a byte 0 (not compressed), its length in four, itself.
fn payload(body: &[u8]) -> Option<&[u8]> {
    let (head, message) = body.split_at_checked(5)?;
    let length = u32::from_be_bytes(head[1..].try_into().ok()?);
    (head[0] == 0 && usize::try_from(length).ok()? == message.len()).then_some(message)
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("an answer is short");
    [&[0][..], &length.to_be_bytes(), message].concat()
}

const METHOD: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/// Statuses of gRPC.
const OK: &str = "0";
const INVALID_ARGUMENT: &str = "3";
const UNIMPLEMENTED: &str = "12";
