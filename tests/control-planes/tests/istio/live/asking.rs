//! Clients that keep asking, and what each answer tells of the policy that gave it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peergate_control_planes::istio::HOST;
use peergate_control_planes::sent;
use peergate_lab::client::{H1, H2, Request, Response};

/// Who asks, and how.
pub(crate) struct Asker {
    path: &'static str,
    connection: Connection,
}

enum Connection {
    H1(H1),
    H2(Arc<H2>),
}

/// What an answer tells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen {
    /// The policy's number.
    Generation(usize),
    /// Whether the number is even.
    Parity(bool),
}

/// One answer: when the request was sent, when the answer was read, and what it tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub(crate) sent: Instant,
    pub(crate) read: Instant,
    pub(crate) seen: Seen,
}

impl Asker {
    pub(crate) fn h1(path: &'static str, connection: H1) -> Self {
        Self { path, connection: Connection::H1(connection) }
    }

    pub(crate) fn h2(path: &'static str, connection: &Arc<H2>) -> Self {
        Self { path, connection: Connection::H2(Arc::clone(connection)) }
    }

    /// Asks over the one connection until it is over. Returns the answers, and what requests were dropped or
    /// had an answer that no policy gives. A connection that ends is such a request, and ends the asking.
    pub(crate) async fn ask(mut self, is_over: Arc<AtomicBool>) -> (Vec<Answer>, Vec<String>) {
        let (mut answers, mut dropped) = (Vec::new(), Vec::new());
        while !is_over.load(Ordering::Relaxed) {
            let sent = Instant::now();
            match self.send().await {
                Ok(response) => match tells(self.path, &response) {
                    Some(seen) => answers.push(Answer { sent, read: Instant::now(), seen }),
                    None => dropped.push(format!(
                        "{}: {} {}",
                        self.path,
                        response.status,
                        response.text()
                    )),
                },
                Err(error) => {
                    dropped.push(format!("{}: {error}", self.path));
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (answers, dropped)
    }

    async fn send(&mut self) -> io::Result<Response> {
        let request = Request::get(HOST, self.path);
        match &mut self.connection {
            Connection::H1(h1) => h1.send(&request).await,
            Connection::H2(h2) => h2.send(&request).await,
        }
    }
}

/// What an answer tells of its policy; nothing, if no policy gives it.
fn tells(path: &str, response: &Response) -> Option<Seen> {
    match (path, response.status) {
        ("/gate", 200) => Some(Seen::Parity(true)),
        ("/gate", 403) => Some(Seen::Parity(false)),
        ("/who", 200) => match &sent(&response.json(), "x-client-tier")[..] {
            [generation] => generation.parse().map(Seen::Generation).ok(),
            _ => None,
        },
        _ => None,
    }
}
