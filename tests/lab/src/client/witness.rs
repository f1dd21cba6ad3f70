//! A stream that remembers why it failed.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::tls::Stream;

/// A stream that remembers its first error, since hyper tells a request only that it was canceled.
pub(super) struct Witness {
    stream: Stream,
    failure: Arc<OnceLock<String>>,
    /// The error of a failed write that is not reported yet.
    broken: Option<io::Error>,
}

impl Witness {
    /// Watches a stream and returns where its first error will be.
    pub(super) fn new(stream: Stream) -> (Self, Arc<OnceLock<String>>) {
        let failure = Arc::new(OnceLock::new());
        (Self { stream, failure: Arc::clone(&failure), broken: None }, failure)
    }

    fn remember(&self, error: io::Error) -> io::Error {
        let _ = self.failure.set(error.to_string());
        error
    }

    /// Reads to the end before it reports a failed write, for the alert that may wait there.
    ///
    /// A server that refuses a certificate in TLS 1.3 sends an alert and closes, when the client
    /// may be writing already.
    fn poll_report<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match written {
            Poll::Ready(Err(error)) => self.broken = Some(error),
            written => return written,
        }
        self.poll_end(context).map(Err)
    }

    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let mut bytes = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                Err(alert) if alert.kind() == io::ErrorKind::InvalidData => {
                    return Poll::Ready(self.remember(alert));
                }
                _ => {
                    let error = self.broken.take().unwrap_or(io::ErrorKind::BrokenPipe.into());
                    return Poll::Ready(self.remember(error));
                }
            }
        }
    }
}

impl AsyncRead for Witness {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        read.map_err(|error| self.remember(error))
    }
}

impl AsyncWrite for Witness {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.broken.is_some() {
            return self.poll_end(context).map(Err);
        }
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.poll_report(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.broken.is_some() {
            return self.poll_end(context).map(Err);
        }
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.poll_report(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
