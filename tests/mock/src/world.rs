//! The thread's own VM: the filter's contexts belong to a thread, so each is a worker for itself.

use std::cell::RefCell;

use crate::contexts::Contexts;
use crate::shared::SharedData;
use crate::status::Status;
use crate::stream::Stream;
use crate::turn::Turn;

#[derive(Default)]
struct World {
    /// How many contexts there were.
    created: u32,
    contexts: Contexts,
    /// The last token of a call that was made.
    token: u32,
    /// How many filters there are: the VM lives as long as one of them.
    plugins: usize,
    metrics: Vec<(u32, String)>,
    /// What the VM shares for itself.
    own: SharedData,
    /// What it shares with others.
    joined: Option<SharedData>,
    turn: Option<Turn>,
}

/// An ID for a new context of this VM.
pub(crate) fn new_context() -> u32 {
    with(|world| {
        world.created = world.created.saturating_add(1);
        world.created
    })
    .unwrap_or_default()
}

/// Counts a new plugin of this VM, by its root context.
pub(crate) fn add_plugin(root: u32) {
    with(|world| {
        world.plugins = world.plugins.saturating_add(1);
        world.contexts.add_root(root);
    });
}

/// Counts a plugin less. With the last of them the VM ends, and with it what it shared for itself.
pub(crate) fn remove_plugin(root: u32) {
    with(|world| {
        world.contexts.remove_root(root);
        world.plugins = world.plugins.saturating_sub(1);
        if world.plugins == 0 {
            world.own = SharedData::new();
        }
    });
}

/// Adds a stream to this VM.
pub(crate) fn add_stream(id: u32, stream: Stream) {
    with(|world| world.contexts.add_stream(id, stream));
}

/// Takes a stream out of this VM.
pub(crate) fn remove_stream(id: u32) -> Option<Stream> {
    with(|world| world.contexts.remove_stream(id)).flatten()
}

/// A stream as it is now.
pub(crate) fn stream(id: u32) -> Option<Stream> {
    with(|world| world.contexts.get(id).cloned()).flatten()
}

/// Whether a stream is there, open or ended.
pub(crate) fn has_stream(id: u32) -> bool {
    with(|world| world.contexts.get(id).is_some()).unwrap_or_default()
}

/// What the plugins of this VM share.
pub(crate) fn shared_data() -> SharedData {
    with(|world| world.joined.as_ref().unwrap_or(&world.own).clone()).unwrap_or_default()
}

/// Makes the plugins of this VM share something else.
pub(crate) fn join(shared: SharedData) {
    with(|world| world.joined = Some(shared));
}

/// Runs the filter: `act` calls it, `turn` answers it. `None`, without calling it, if the thread is ending.
pub(crate) fn take_turn<T>(mut turn: Turn, act: impl FnOnce() -> T) -> Option<(T, Turn)> {
    turn.shared = shared_data();
    with(|world| {
        turn.definitions = std::mem::take(&mut world.metrics);
        turn.contexts = std::mem::take(&mut world.contexts);
        turn.token = world.token;
        world.turn = Some(turn);
    })?;
    let result = act();
    let turn = with(|world| {
        let mut turn = world.turn.take()?;
        world.metrics = std::mem::take(&mut turn.definitions);
        world.contexts = std::mem::take(&mut turn.contexts);
        world.token = turn.token;
        Some(turn)
    })??;
    Some((result, turn))
}

/// What the running turn answers to a host call.
pub(crate) fn ask<T>(ask: impl FnOnce(&mut Turn) -> Result<T, Status>) -> Result<T, Status> {
    with(|world| world.turn.as_mut().map(ask)).flatten().unwrap_or(Err(Status::INTERNAL_FAILURE))
}

/// Moves the running turn on.
pub(crate) fn turn<T>(act: impl FnOnce(&mut Turn) -> T) -> Option<T> {
    with(|world| world.turn.as_mut().map(act))?
}

fn with<T>(act: impl FnOnce(&mut World) -> T) -> Option<T> {
    WORLD.try_with(|world| Some(act(&mut *world.try_borrow_mut().ok()?))).ok()?
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}
