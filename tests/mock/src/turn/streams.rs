//! What the filter does to a stream, in its own callbacks or in the name of another context.

use std::io::Write as _;

use super::Turn;
use crate::answer::Reply;
use crate::call::Call;
use crate::status::Status;
use crate::stream::SecondEnd;

impl Turn {
    /// Has the running callback act for another context; see
    /// [`set_effective`](crate::contexts::Contexts::set_effective).
    pub(crate) fn set_effective_context(&mut self, id: u32) -> Result<(), Status> {
        match self.note(Call::EffectiveContext, id.to_string())? {
            Some(_) => Ok(()),
            None => self.contexts.set_effective(id),
        }
    }

    /// Lets a stream go on. Its header maps are gone at once; the rest follows when the callback has
    /// returned. A root context has nothing to go on with, which is no error.
    pub(crate) fn continue_stream(&mut self, kind: u32) -> Result<(), Status> {
        if self.note(Call::ContinueStream, kind.to_string())?.is_some() {
            return Ok(());
        }
        match kind {
            REQUEST | RESPONSE => {
                if let Some(stream) = self.contexts.stream() {
                    stream.released = true;
                    stream.resumed |= kind == REQUEST;
                    self.contexts.touch();
                }
                Ok(())
            }
            DOWNSTREAM => Ok(()),
            UPSTREAM => Err(Status::UNIMPLEMENTED),
            _ => Err(Status::BAD_ARGUMENT),
        }
    }

    /// Resets a stream, when the callback has returned. A root context has nothing to reset, which is no
    /// error.
    pub(crate) fn close_stream(&mut self, kind: u32) -> Result<(), Status> {
        if self.note(Call::CloseStream, kind.to_string())?.is_some() {
            return Ok(());
        }
        match kind {
            REQUEST | RESPONSE => self.end(None),
            DOWNSTREAM | UPSTREAM => {}
            _ => return Err(Status::BAD_ARGUMENT),
        }
        Ok(())
    }

    /// Answers the request, when the callback has returned. A root context has none, which is no error.
    pub(crate) fn reply(&mut self, reply: Reply) -> Result<(), Status> {
        if self.note(Call::LocalResponse, reply.details.clone())?.is_none() {
            self.end(Some(reply));
        }
        Ok(())
    }

    fn end(&mut self, reply: Option<Reply>) {
        let own = self.contexts.is_own();
        let Some(stream) = self.contexts.stream() else {
            return;
        };
        match stream.end(reply, own) {
            Ok(()) => self.contexts.touch(),
            Err(SecondEnd) => crash("the filter ended a stream twice before it returned"),
        }
    }
}

/// Ends the process, as Envoy would. A host call must not panic: unwinding must not cross the ABI.
fn crash(reason: &str) -> ! {
    // Past the test harness, which would keep it to itself.
    let _ = writeln!(std::io::stderr(), "peergate-mock: {reason}: Envoy crashes of that");
    std::process::abort()
}

const REQUEST: u32 = 0;
const RESPONSE: u32 = 1;
const DOWNSTREAM: u32 = 2;
const UPSTREAM: u32 = 3;
