//! A client whose requests are stepped.

use std::io;
use std::time::Duration;

use peergate_bench::cores::Cores;
use peergate_bench::request::{PATH, Shape};
use peergate_bench::subject::Subject;
use peergate_lab::client::{H1, Request as Sent};
use tokio::sync::oneshot::channel;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::request::Request;
use crate::stepping;

/// Sends the same request over one connection, one after the other: first to warm up, and then so many that are
/// stepped.
///
/// # Errors
///
/// When the connection fails, an answer has another status than it must, or Envoy cannot be stepped.
pub(crate) async fn visit(
    subject: &Subject,
    shape: Shape,
    count: u32,
    cores: Cores,
) -> io::Result<Vec<Request>> {
    let envoy = subject.gateway().envoy.pid();
    let sent = shape.request(PATH, &subject.more);
    let mut connection = subject.client.h1(subject.doors[0].address).await?;
    for _ in 0..WARM {
        ask(&mut connection, &sent, subject.status).await?;
    }
    let mut requests = Vec::new();
    for _ in 0..count {
        sleep(REST).await;
        let (ready, is_ready) = channel();
        let stepping = spawn_blocking(move || {
            // Switching between two threads takes less on one core than waking another.
            cores.keep_thread_to_envoy()?;
            stepping::request(envoy, ready)
        });
        // Else it has failed, and says so.
        if is_ready.await.is_ok() {
            ask(&mut connection, &sent, subject.status).await?;
        }
        requests.push(stepping.await.map_err(io::Error::other)??);
    }
    Ok(requests)
}

async fn ask(connection: &mut H1, request: &Sent, status: u16) -> io::Result<()> {
    let answer = connection.send(request).await?;
    if answer.status == status {
        return Ok(());
    }
    Err(io::Error::other(format!("an answer is {}, where {status} is due", answer.status)))
}

/// How many requests come first: by then V8 has compiled again what is called often, and filters have kept what
/// they keep.
const WARM: usize = 5_000;

/// For what is due by then, and would be done within a request.
const REST: Duration = Duration::from_millis(50);
