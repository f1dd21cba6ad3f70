//! A load that leaves Envoy's core the busier one.

mod h1;
mod h2;
mod tally;

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use peergate_bench::request::{Protocol, Shape};
use peergate_bench::subject::{Door, Subject};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

pub(crate) use self::tally::Latencies;
use self::tally::Tally;
use crate::cpu::{Reading, Spent};

/// One turn of one variant.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// How many requests were answered.
    pub(crate) requests: u64,
    /// What Envoy spent on them.
    pub(crate) spent: Spent,
    /// How long each answer took.
    pub(crate) latencies: Latencies,
}

/// Sends the same request over connections that stay open, first to warm up, then to measure: `core` is
/// Envoy's.
///
/// # Errors
///
/// When a connection fails, or an answer has another status than it must.
pub(crate) async fn run(
    subject: &Subject,
    door: &Door,
    shape: Shape,
    core: usize,
    warm: Duration,
    measured: Duration,
) -> io::Result<Turn> {
    let tally = Rc::new(Tally::new(subject.status));
    let local = LocalSet::new();
    let clients = local.run_until(connect(subject, door, shape, &tally)).await?;
    let envoy = &subject.gateway().envoy;
    let clock = async {
        sleep(warm).await;
        tally.start();
        let before = Reading::of(envoy, core)?;
        let start = Instant::now();
        sleep(measured.saturating_sub(start.elapsed())).await;
        // On a machine that is not free a short turn may end before anything was answered.
        while tally.is_empty() {
            sleep(measured).await;
        }
        let spent = Reading::of(envoy, core)?.since(&before);
        let (requests, latencies) = tally.stop();
        Ok(Turn { requests, spent, latencies })
    };
    let all = local.run_until(async { tokio::try_join!(clock, finish(clients)) });
    let (turn, ()) = timeout(warm + measured + PATIENCE, all)
        .await
        .map_err(|_| io::Error::other("an answer is missing"))??;
    tally.verdict()?;
    Ok(turn)
}

/// Opens all connections and begins to send.
async fn connect(
    subject: &Subject,
    door: &Door,
    shape: Shape,
    tally: &Rc<Tally>,
) -> io::Result<JoinSet<io::Result<()>>> {
    let mut clients = JoinSet::new();
    let (client, address) = (&subject.client, door.address);
    for _ in 0..CONNECTIONS {
        match shape.protocol {
            Protocol::H1 => {
                let stream = client.open(address, "http/1.1").await?;
                let request = shape.to_h1(&subject.more);
                clients.spawn_local(h1::repeat(stream, request, Rc::clone(tally)));
            }
            Protocol::H2 => {
                let stream = client.open(address, "h2").await?;
                let request = shape.to_h2(&subject.more).map_err(io::Error::other)?;
                h2::repeat(stream, &request, STREAMS, tally, &mut clients).await?;
            }
        }
    }
    Ok(clients)
}

async fn finish(mut clients: JoinSet<io::Result<()>>) -> io::Result<()> {
    while let Some(end) = clients.join_next().await {
        end.map_err(io::Error::other)??;
    }
    Ok(())
}

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 4;

/// Requests at once on each connection of HTTP/2.
pub(crate) const STREAMS: usize = 4;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
