//! The connections of a feed.
//!
//! HTTP/1.1 by hand: a server that knows its trade cannot be made to send half an answer.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use super::fault::Fault;
use super::journal::Answer;
use super::poll::{Asked, Poll};
use super::reply::Reply;
use super::shared::{Shared, Turn};

pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes it");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        if shared.refuses() {
            continue;
        }
        let _ = stream.set_nodelay(true);
        let turn = shared.turn.subscribe();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let cuts = turn.borrow().cuts;
            let mut cut = turn.clone();
            let connection = Connection { stream, shared: &shared, turn };
            tokio::select! {
                // Nothing is read any more of what comes after the cut.
                biased;
                _ = cut.wait_for(|it| it.cuts != cuts) => {}
                _ = connection.serve() => {}
            }
        });
    }
}

struct Connection<'a> {
    stream: TcpStream,
    shared: &'a Shared,
    turn: watch::Receiver<Turn>,
}

impl Connection<'_> {
    async fn serve(mut self) -> io::Result<()> {
        let mut buffer = Vec::new();
        while let Some(poll) = Poll::read(&mut self.stream, &mut buffer).await? {
            self.shared.polls.send_modify(|it| it.requests += 1);
            let Some((reply, fault)) = self.hold(&poll).await else { break };
            let bytes = reply.bytes();
            let half = bytes.len() - reply.body.len().div_ceil(2);
            let mut last = poll.last;
            match fault {
                Some(Fault::Slow(delay)) => {
                    sleep(delay).await;
                    self.send(&bytes, answer(poll, reply, fault)).await?;
                }
                Some(Fault::Stalled) => {
                    self.send(&bytes[..half], answer(poll, reply, fault)).await?;
                    while self.stream.read_buf(&mut buffer).await? > 0 {
                        buffer.clear();
                    }
                    last = true;
                }
                Some(Fault::Truncated) => {
                    self.send(&bytes[..half], answer(poll, reply, fault)).await?;
                    last = true;
                }
                Some(Fault::Reset) => {
                    self.stream.set_zero_linger()?;
                    let mut state = self.shared.state();
                    drop(self.stream);
                    let answer = Answer { status: None, ..answer(poll, reply, fault) };
                    state.journal.push(Answer { at: Instant::now(), ..answer });
                    break;
                }
                Some(Fault::Refuse) => break,
                _ => self.send(&bytes, answer(poll, reply, fault)).await?,
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    /// Answers, once there is something to say or the client has waited for long enough. Nothing
    /// if the client is gone by then.
    async fn hold(&mut self, poll: &Poll) -> Option<(Reply, Option<Fault>)> {
        let since = tokio::time::Instant::now();
        let end = match poll.asked {
            Asked::Changes { wait, .. } => since + wait,
            _ => since,
        };
        let mut held = None;
        loop {
            self.turn.borrow_and_update();
            let over = tokio::time::Instant::now() >= end;
            if let Some(answer) = self.shared.answer(poll, over) {
                return Some(answer);
            }
            held.get_or_insert_with(|| self.shared.hold());
            tokio::select! {
                _ = self.turn.changed() => {}
                () = sleep_until(end) => {}
                () = gone(&self.stream) => return None,
            }
        }
    }

    /// Sends all of these bytes, and writes the answer down.
    ///
    /// The last of them are handed over under the lock: who has read them finds the answer in the
    /// journal.
    async fn send(&self, mut bytes: &[u8], answer: Answer) -> io::Result<()> {
        let whole = bytes.len();
        loop {
            self.stream.writable().await?;
            let mut state = self.shared.state();
            match self.stream.try_write(bytes) {
                Ok(sent) => bytes = &bytes[sent..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if bytes.is_empty() {
                state.journal.push(Answer { at: Instant::now(), bytes: whole, ..answer });
                return Ok(());
            }
        }
    }
}

fn answer(poll: Poll, reply: Reply, fault: Option<Fault>) -> Answer {
    let after = match poll.asked {
        Asked::Changes { after, .. } => after,
        _ => None,
    };
    Answer {
        at: Instant::now(),
        status: Some(reply.status),
        version: reply.version,
        after,
        kind: reply.kind,
        fault,
        changes: reply.changes,
        bytes: 0,
        path: poll.path,
        headers: poll.headers,
    }
}

/// Ends when the client closes.
async fn gone(stream: &TcpStream) {
    // Bytes are the next request, and say nothing about the end.
    if let Ok(1..) = stream.peek(&mut [0]).await {
        std::future::pending().await
    }
}
