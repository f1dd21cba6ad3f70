//! The contexts of a VM: its plugins, and the streams that each of them judges.
//!
//! Our own and not the SDK's dispatcher: that one panics where the host names a context that it should not,
//! and looks for a stream in three maps at every callback, each with a hasher that keeps strangers from
//! choosing keys; the host's numbers are nobody's choice.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

/// A root context: one plugin configuration in one VM.
pub(crate) trait Plugin {
    /// Takes over its configuration; `false` if it cannot be used.
    fn configure(&mut self) -> bool;

    /// Does what is due.
    fn tick(&mut self);

    /// Is about to be taken down.
    fn stop(&mut self) {}

    /// Who judges the streams that begin now; `None` refuses them.
    fn judge(&self) -> Option<Rc<dyn Judge>> {
        None
    }
}

/// Judges streams, each of which goes by the host's number.
pub(crate) trait Judge {
    /// Judges the request of the current stream.
    fn headers(&self, stream: u32) -> Action;

    /// Looks at the trailers of the current stream.
    fn trailers(&self, stream: u32) -> Action;

    /// A stream has ended.
    fn forget(&self, stream: u32);
}

/// What a stream is to do, by the ABI's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Action {
    /// Go on.
    Continue = 0,
    /// Wait.
    Pause = 1,
}

/// Says what kind of plugin the VM's next root contexts are.
pub(crate) fn register(make: Make) {
    let _ = CONTEXTS.try_with(|contexts| contexts.make.set(Some(make)));
}

/// Makes a root context, or a stream's under a root.
pub(crate) fn create(id: u32, root: u32) {
    if root == 0 {
        return begin(id);
    }
    with(|contexts| {
        let plugins = contexts.plugins.try_borrow().ok()?;
        let judge = plugins.get(&root)?.try_borrow().ok()?.judge()?;
        contexts.streams.try_borrow_mut().ok()?.insert(id, judge);
        Some(())
    });
}

/// Makes a plugin.
#[cold]
#[inline(never)]
fn begin(id: u32) {
    with(|contexts| {
        let plugin = contexts.make.get()?();
        contexts.plugins.try_borrow_mut().ok()?.insert(id, plugin);
        Some(())
    });
}

/// Has a plugin do something; `None` if there is none of that number.
pub(crate) fn plugin<T>(id: u32, act: impl FnOnce(&mut dyn Plugin) -> T) -> Option<T> {
    // Taken out before it acts: what it does may make the host call again.
    let plugin = with(|contexts| contexts.plugins.try_borrow().ok()?.get(&id).map(Rc::clone))?;
    let mut plugin = plugin.try_borrow_mut().ok()?;
    Some(act(&mut *plugin))
}

/// Who judges a stream: who judged new ones when it began. `None` refuses it.
pub(crate) fn judge(stream: u32) -> Option<Rc<dyn Judge>> {
    with(|contexts| contexts.streams.try_borrow().ok()?.get(&stream).map(Rc::clone))
}

/// Forgets a context that has ended.
pub(crate) fn delete(id: u32) {
    let judge = with(|contexts| contexts.streams.try_borrow_mut().ok()?.remove(&id));
    match judge {
        Some(judge) => judge.forget(id),
        None => end(id),
    }
}

/// Forgets a plugin, which is dropped when nothing is borrowed any more.
#[cold]
#[inline(never)]
fn end(id: u32) {
    let _ = with(|contexts| contexts.plugins.try_borrow_mut().ok()?.remove(&id));
}

fn with<T>(act: impl FnOnce(&Contexts) -> Option<T>) -> Option<T> {
    CONTEXTS.try_with(act).ok()?
}

/// Makes a plugin without configuration.
type Make = fn() -> Root;

/// A plugin that may be in a callback.
type Root = Rc<RefCell<dyn Plugin>>;

/// All that are there.
#[derive(Default)]
struct Contexts {
    make: Cell<Option<Make>>,
    plugins: RefCell<BTreeMap<u32, Root>>,
    streams: RefCell<HashMap<u32, Rc<dyn Judge>, BuildHasherDefault<Spread>>>,
}

thread_local! {
    /// A VM has one thread.
    static CONTEXTS: Contexts = Contexts::default();
}

/// Hashes the host's numbers of contexts, which count up: a product with an odd number spreads them, and no
/// two are alike (Knuth's multiplicative method).
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
