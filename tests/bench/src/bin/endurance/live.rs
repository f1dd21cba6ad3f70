//! Answers without an end, which the filter ends when their client is registered no more.

use std::io;
use std::time::{Duration, Instant};

use peergate_e2e::Fed;
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use crate::cast::Cast;
use crate::tally::Tally;

/// Asks for one after another, and takes each for a while.
pub(crate) async fn keep_watching(fed: &Fed, cast: &Cast, is_registered: bool, tally: &Tally) {
    let who = if is_registered { &cast.rita } else { &cast.finn };
    let client = fed.gateway.client(Some(who));
    while !tally.is_over() {
        let end = match client.open(fed.gateway.address(), "h2").await {
            Err(error) => Err(error),
            Ok(stream) => match h2::client::handshake(stream).await {
                Err(error) => Err(io::Error::other(error)),
                Ok((send, connection)) => {
                    let connection = spawn_local(connection);
                    let end = watch(send, is_registered, tally).await.map_err(io::Error::other);
                    connection.abort();
                    end
                }
            },
        };
        if let Err(error) = end {
            let client =
                if is_registered { "a registered client" } else { "one who comes and goes" };
            tally.wrong(format!("a long answer of {client}: {error}"));
        }
        fed.gateway.upstream.forget();
    }
}

/// Takes some over one connection.
async fn watch(
    mut send: h2::client::SendRequest<bytes::Bytes>,
    is_registered: bool,
    tally: &Tally,
) -> Result<(), h2::Error> {
    for _ in 0..CONNECTION {
        if tally.is_over() {
            break;
        }
        send = send.ready().await?;
        let request = http::Request::get("https://localhost/live?drip=50").body(());
        let (answer, _) = send.send_request(request.expect("a request"), true)?;
        let (head, mut body) = match answer.await {
            Ok(answer) => answer.into_parts(),
            // Taken off the list while the upstream had yet to answer.
            Err(error) if !is_registered && error.is_reset() && error.is_remote() => {
                tally.keep().ended += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        match head.status.as_u16() {
            200 => {}
            403 if !is_registered => {
                sleep(Duration::from_millis(50)).await;
                continue;
            }
            status => {
                tally.wrong(format!("a long answer: {status}"));
                continue;
            }
        }
        let start = Instant::now();
        let has_ended = loop {
            match timeout(ENOUGH.saturating_sub(start.elapsed()), body.data()).await {
                Err(_) => break false,
                Ok(Some(Ok(part))) => body.flow_control().release_capacity(part.len())?,
                Ok(Some(Err(_)) | None) => break true,
            }
        };
        let mut kept = tally.keep();
        kept.ended += u64::from(has_ended);
        kept.lasted += u64::from(!has_ended);
        drop(kept);
        if has_ended && is_registered {
            tally.wrong("a long answer of a registered client ended".to_owned());
        }
    }
    Ok(())
}

/// How long a client takes one.
const ENOUGH: Duration = Duration::from_secs(2);

/// How many over one connection.
const CONNECTION: usize = 50;
