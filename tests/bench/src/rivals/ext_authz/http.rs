//! The service over HTTP/1.1: 200 lets pass, 403 does not.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::registry::{REFUSAL, Registry};
use super::{FINGERPRINT, IDENTITY};

pub(super) async fn serve(stream: TcpStream, registry: Arc<Registry>) {
    let service = service_fn(|request| {
        let answer = answer(&request, &registry);
        async { Ok::<_, Infallible>(answer) }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn answer(request: &Request<Incoming>, registry: &Registry) -> Response<Full<Bytes>> {
    let xfcc = request.headers().get("x-forwarded-client-cert");
    let Some((identity, fingerprint)) = xfcc.and_then(|xfcc| registry.find(xfcc.as_bytes())) else {
        let mut refusal = Response::new(Full::from(REFUSAL));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        let kind = HeaderValue::from_static("application/problem+json");
        refusal.headers_mut().insert(CONTENT_TYPE, kind);
        return refusal;
    };
    let mut answer = Response::new(Full::default());
    let mut set = |name, value: &[u8]| {
        let value = HeaderValue::from_bytes(value).expect("a visible text");
        answer.headers_mut().insert(name, value);
    };
    set(IDENTITY, identity.as_bytes());
    set(FINGERPRINT, fingerprint);
    answer
}
