//! Clients that keep asking, and what each answer tells of the policy that gave it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peergate_lab::client::{H1, H2, Request, Response};

use super::GENERATION;
use crate::exchange::sent;

/// Who asks, and how.
pub(super) struct Asker {
    path: &'static str,
    connection: Connection,
}

enum Connection {
    H1(H1),
    /// Sends the body some time after the headers.
    Slow(H1),
    /// Shared, so that requests run at the same time.
    H2(Arc<H2>),
}

/// What an answer tells.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    /// The policy's number.
    Generation(usize),
    /// Whether the number is even.
    Parity(bool),
}

/// One answer: when the request was sent, when the answer was read, and what it tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) sent: Instant,
    pub(super) read: Instant,
    pub(super) seen: Seen,
}

/// All answers, and requests that had none, or another than a policy gives.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) good: Vec<Answer>,
    pub(super) dropped: Vec<String>,
}

impl Answers {
    pub(super) fn add(&mut self, other: Self) {
        self.good.extend(other.good);
        self.dropped.extend(other.dropped);
    }
}

impl Asker {
    pub(super) fn h1(path: &'static str, connection: H1) -> Self {
        Self { path, connection: Connection::H1(connection) }
    }

    pub(super) fn slow(path: &'static str, connection: H1) -> Self {
        Self { path, connection: Connection::Slow(connection) }
    }

    pub(super) fn h2(path: &'static str, connection: &Arc<H2>) -> Self {
        Self { path, connection: Connection::H2(Arc::clone(connection)) }
    }

    /// Asks over the one connection until it is over. A connection that ends is a request that is dropped,
    /// and ends the asking.
    pub(super) async fn ask(mut self, is_over: Arc<AtomicBool>) -> Answers {
        let mut answers = Answers::default();
        while !is_over.load(Ordering::Relaxed) {
            let sent = Instant::now();
            let seen = match self.connection.send(self.path).await {
                Ok(response) => tells(self.path, &response),
                Err(error) => {
                    answers.dropped.push(format!("{}: {error}", self.path));
                    break;
                }
            };
            match seen {
                Ok(seen) => answers.good.push(Answer { sent, read: Instant::now(), seen }),
                Err(other) => answers.dropped.push(other),
            }
            tokio::time::sleep(PAUSE).await;
        }
        answers
    }
}

impl Connection {
    async fn send(&mut self, path: &str) -> io::Result<Response> {
        let request = Request::get("localhost", path);
        match self {
            Self::H1(h1) => h1.send(&request).await,
            Self::H2(h2) => h2.send(&request).await,
            Self::Slow(h1) => {
                let head = Request::new("POST", "localhost", path).header("content-length", "4");
                h1.send_raw(&head.to_h1()).await?;
                tokio::time::sleep(HESITATION).await;
                h1.send_raw(b"body").await?;
                h1.read_response().await
            }
        }
    }
}

/// What an answer tells of its policy.
fn tells(path: &str, response: &Response) -> Result<Seen, String> {
    let other = || format!("{path}: {} {}", response.status, response.text());
    match (path, response.status) {
        ("/gate", 200) => Ok(Seen::Parity(true)),
        ("/gate", 403) => Ok(Seen::Parity(false)),
        ("/who", 200) => match &sent(&response.json(), GENERATION)[..] {
            [generation] => generation.parse().map(Seen::Generation).map_err(|_| other()),
            _ => Err(other()),
        },
        _ => Err(other()),
    }
}

/// Between two requests of one asker.
const PAUSE: Duration = Duration::from_millis(1);

/// Between the headers and the body of a slow request: longer than a change takes.
const HESITATION: Duration = Duration::from_millis(25);
