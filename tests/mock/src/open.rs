//! Streams that stay open.

use crate::answer::Answer;
use crate::filter::Filter;
use crate::lifecycle;
use crate::malformed::MalformedRequest;
use crate::request::Request;
use crate::stream::{Stage, Stream};
use crate::turn::Turn;
use crate::world;

/// A request that has not ended: the filter may hold it, and come back to it on a tick or when a call is
/// answered. It ends when the filter answers or resets it, and at the latest when this is dropped.
///
/// # Example
/// ```
/// use peergate_mock::{Filter, Request, StreamState};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let filter = Filter::unconfigured();
/// let stream = filter.open(&Request::get("https://api.example.com/"))?;
/// assert_eq!(stream.state(), StreamState::Answered);
/// assert_eq!(stream.close().status(), Some(503));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OpenStream<'filter> {
    filter: &'filter Filter,
    id: u32,
    clock: Option<u64>,
}

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamState {
    /// The filter holds it: nothing goes on.
    Paused,
    /// The filter has let it pass: it is with the upstream.
    Passed,
    /// The filter has answered it, which ends it.
    Answered,
    /// The filter has had it reset, which ends it without an answer.
    Reset,
}

impl OpenStream<'_> {
    /// How far it has come.
    pub fn state(&self) -> StreamState {
        self.stream().state()
    }

    /// What has become of it so far.
    pub fn answer(&self) -> Answer {
        Answer::new(self.stream())
    }

    /// Ends it, as when the client goes away or the upstream is done with it.
    pub fn close(self) -> Answer {
        Answer::new(self.finish().unwrap_or_default())
    }

    fn stream(&self) -> Stream {
        world::stream(self.id).unwrap_or_default()
    }

    fn finish(&self) -> Option<Stream> {
        let turn = Turn { clock: self.clock, ..Turn::default() };
        self.filter.take_turn(turn, || lifecycle::end(self.id));
        world::remove_stream(self.id)
    }
}

impl Drop for OpenStream<'_> {
    fn drop(&mut self) {
        if world::has_stream(self.id) {
            self.finish();
        }
    }
}

impl Filter {
    /// Shows the filter a request, which stays open until what this returns is closed or dropped. The
    /// request's time and faults are those of this first look, to where the filter holds it or lets it
    /// pass; what follows on a tick happens at the tick's time and with its faults.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn open(&self, request: &Request) -> Result<OpenStream<'_>, MalformedRequest> {
        let request = request.clone();
        if let Some(malformed) = request.malformed {
            return Err(malformed);
        }
        let id = world::new_context();
        let stream = Stream {
            headers: request.headers,
            trailers: request.trailers,
            properties: request.properties,
            ..Stream::default()
        };
        world::add_stream(id, stream);
        let clock = request.clock;
        let turn = Turn { clock, faults: request.faults, ..Turn::default() };
        self.take_turn(turn, || lifecycle::begin(id, self.root));
        Ok(OpenStream { filter: self, id, clock })
    }

    /// Sends a request through the filter, to its end. One that the filter holds ends held, as when the
    /// client gives up.
    ///
    /// # Errors
    /// [`MalformedRequest`] if the request holds what is no certificate or time.
    pub fn send(&self, request: &Request) -> Result<Answer, MalformedRequest> {
        self.open(request).map(OpenStream::close)
    }
}

impl Stream {
    pub(crate) fn state(&self) -> StreamState {
        match self.stage {
            _ if self.reset => StreamState::Reset,
            _ if self.reply.is_some() => StreamState::Answered,
            Stage::Passed => StreamState::Passed,
            Stage::Headers | Stage::Trailers => StreamState::Paused,
        }
    }
}

#[cfg(test)]
mod tests;
