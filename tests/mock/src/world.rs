//! The thread's own VM: the dispatcher of the SDK belongs to a thread, so each is a worker for itself.

use std::cell::RefCell;

use crate::shared::SharedData;
use crate::status::Status;
use crate::turn::Turn;

#[derive(Default)]
struct World {
    contexts: u32,
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
        world.contexts = world.contexts.saturating_add(1);
        world.contexts
    })
    .unwrap_or_default()
}

/// Counts a new plugin of this VM.
pub(crate) fn add_plugin() {
    with(|world| world.plugins = world.plugins.saturating_add(1));
}

/// Counts a plugin less. With the last of them the VM ends, and with it what it shared for itself.
pub(crate) fn remove_plugin() {
    with(|world| {
        world.plugins = world.plugins.saturating_sub(1);
        if world.plugins == 0 {
            world.own = SharedData::new();
        }
    });
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
        world.turn = Some(turn);
    })?;
    let result = act();
    let turn = with(|world| {
        let mut turn = world.turn.take()?;
        world.metrics = std::mem::take(&mut turn.definitions);
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
