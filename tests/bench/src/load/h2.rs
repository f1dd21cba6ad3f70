//! HTTP/2.

use std::io;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::tally::Tally;

/// Begins to send over a connection, so many requests at once.
pub(super) async fn repeat(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    request: &Request<()>,
    streams: usize,
    tally: &Rc<Tally>,
    clients: &mut JoinSet<io::Result<()>>,
) -> io::Result<()> {
    let (send, connection) = h2::client::handshake(stream).await.map_err(io::Error::other)?;
    tokio::task::spawn_local(connection);
    for _ in 0..streams {
        let (send, request, tally) = (send.clone(), request.clone(), Rc::clone(tally));
        clients.spawn_local(async move {
            one_by_one(send, &request, &tally).await.map_err(io::Error::other)
        });
    }
    Ok(())
}

async fn one_by_one(
    mut send: SendRequest<Bytes>,
    request: &Request<()>,
    tally: &Tally,
) -> Result<(), h2::Error> {
    while !tally.is_over() {
        send = send.ready().await?;
        let start = Instant::now();
        let (answer, _) = send.send_request(request.clone(), true)?;
        let (head, mut body) = answer.await?.into_parts();
        while let Some(part) = body.data().await {
            let length = part?.len();
            body.flow_control().release_capacity(length)?;
        }
        tally.count(head.status.as_u16(), start.elapsed());
    }
    Ok(())
}
