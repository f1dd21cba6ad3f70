//! What Envoy does with a stream, callback by callback. All of it happens within a turn.

use crate::abi::exports;
use crate::stream::{Next, Stream};
use crate::world;

/// Runs a callback of a context.
pub(crate) fn callback<T>(context: u32, act: impl FnOnce() -> T) -> T {
    world::turn(|turn| turn.contexts.enter(context));
    act()
}

/// Shows the filter a new stream, as far as it lets it go.
pub(crate) fn begin(id: u32, root: u32) {
    let sizes = |stream: &mut Stream| (stream.headers.len(), stream.trailers.len());
    let (headers, trailers) = look(id, sizes).unwrap_or_default();
    callback(id, || exports::proxy_on_context_create(id, root));
    let action = callback(id, || exports::proxy_on_request_headers(id, headers, trailers == 0));
    go_on(id, action == CONTINUE);
}

/// Does what the filter has asked for during a callback: Envoy does it once that has returned.
pub(crate) fn settle() {
    while let Some(id) = world::turn(|turn| turn.contexts.next_touched()).flatten() {
        go_on(id, false);
    }
}

/// Ends a stream, if it has not ended yet.
pub(crate) fn end(id: u32) {
    if look(id, |stream| std::mem::replace(&mut stream.gone, true)) == Some(false) {
        callback(id, || exports::proxy_on_done(id));
        callback(id, || exports::proxy_on_delete(id));
    }
}

fn go_on(id: u32, mut let_go: bool) {
    loop {
        match look(id, |stream| stream.advance(let_go)) {
            Some(Next::Trailers(count)) => {
                let action = callback(id, || exports::proxy_on_request_trailers(id, count));
                let_go = action == CONTINUE;
            }
            Some(Next::End) => return end(id),
            Some(Next::Wait) | None => return,
        }
    }
}

fn look<T>(id: u32, act: impl FnOnce(&mut Stream) -> T) -> Option<T> {
    world::turn(|turn| turn.contexts.get(id).map(act)).flatten()
}

/// The ABI's `Continue` among the actions.
const CONTINUE: u32 = 0;
