//! An answer without an end.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Interval, interval};

/// A body of one byte now and then.
pub(super) struct Drip(Interval);

impl Drip {
    /// The pause that a query asks for, in milliseconds: `drip=50`.
    pub(super) fn asked(query: Option<&str>) -> Option<Self> {
        let pause = query?.split('&').find_map(|pair| pair.strip_prefix("drip="))?;
        let pause: u64 = pause.parse().ok().filter(|pause| *pause > 0)?;
        Some(Self(interval(Duration::from_millis(pause))))
    }
}

impl Body for Drip {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.0.poll_tick(context));
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b".")))))
    }
}
