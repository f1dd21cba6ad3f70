//! The thread's own VM: the dispatcher of the SDK belongs to a thread, so each is a worker for itself.

use std::cell::RefCell;

use crate::status::Status;
use crate::turn::Turn;

#[derive(Default)]
struct World {
    contexts: u32,
    metrics: Vec<(u32, String)>,
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

/// Runs the filter: `act` calls it, `turn` answers it. `None`, without calling it, if the thread is ending.
pub(crate) fn take_turn<T>(mut turn: Turn, act: impl FnOnce() -> T) -> Option<(T, Turn)> {
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
