//! The body of a request in HTTP/2.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::HeaderMap;

/// A body and its trailers.
///
/// With trailers it names no length: hyper would say it in a content-length, and Envoy drops the
/// trailers of such a request when its upstream speaks HTTP/1.1.
pub(super) struct Outgoing {
    frames: VecDeque<Frame<Bytes>>,
    length: SizeHint,
}

impl Outgoing {
    pub(super) fn new(body: Bytes, trailers: HeaderMap) -> Self {
        let length = match u64::try_from(body.len()) {
            Ok(length) if trailers.is_empty() => SizeHint::with_exact(length),
            _ => SizeHint::default(),
        };
        let mut frames = VecDeque::new();
        if !body.is_empty() {
            frames.push_back(Frame::data(body));
        }
        if !trailers.is_empty() {
            frames.push_back(Frame::trailers(trailers));
        }
        Self { frames, length }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.frames.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length
    }
}
