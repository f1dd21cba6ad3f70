//! Who waits for the answer to which call.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

/// Somebody who makes calls.
pub(crate) trait Caller {
    /// A call was answered. Its headers and body are at hand until this returns. `size` is the body's, in
    /// bytes; `None` if there is no answer: nobody was there, it broke off, or it is larger than the host
    /// keeps.
    fn answered(&self, token: u32, size: Option<usize>);
}

/// Waits for an answer, for as long as the caller is there.
pub(super) fn wait(token: u32, caller: &Rc<dyn Caller>) {
    with(|waiting| {
        // The calls of a plugin that was taken down are never answered.
        waiting.retain(|_, caller| caller.strong_count() > 0);
        waiting.insert(token, Rc::downgrade(caller));
    });
}

/// Tells the caller of an answer. One that nobody waits for is passed over.
pub(crate) fn answered(token: u32, headers: usize, body: usize) {
    // Taken out before it is told: it may call again.
    let caller = with(|waiting| waiting.remove(&token)).flatten();
    if let Some(caller) = caller.and_then(|caller| caller.upgrade()) {
        caller.answered(token, (headers > 0).then_some(body));
    }
}

fn with<T>(act: impl FnOnce(&mut BTreeMap<u32, Weak<dyn Caller>>) -> T) -> Option<T> {
    WAITING.try_with(|waiting| Some(act(&mut *waiting.try_borrow_mut().ok()?))).ok()?
}

thread_local! {
    /// By token. A VM has one thread; its plugins share the host's tokens.
    static WAITING: RefCell<BTreeMap<u32, Weak<dyn Caller>>> = RefCell::default();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps what it is told, and calls again as long as it is told to.
    #[derive(Default)]
    struct Told {
        answers: RefCell<Vec<(u32, Option<usize>)>>,
        next: RefCell<Vec<(u32, Rc<dyn Caller>)>>,
    }

    impl Caller for Told {
        fn answered(&self, token: u32, size: Option<usize>) {
            self.answers.borrow_mut().push((token, size));
            if let Some((token, caller)) = self.next.borrow_mut().pop() {
                wait(token, &caller);
            }
        }
    }

    fn waiting() -> usize {
        with(|waiting| waiting.len()).unwrap()
    }

    #[test]
    fn each_is_told_of_its_own_and_once() {
        let (one, other) = (Rc::new(Told::default()), Rc::new(Told::default()));
        let callers: [Rc<dyn Caller>; 2] = [one.clone(), other.clone()];
        wait(4, &callers[0]);
        wait(8, &callers[1]);
        wait(12, &callers[0]);
        answered(8, 0, 0);
        answered(12, 3, 0);
        answered(4, 1, 70);
        answered(4, 1, 70);
        answered(99, 1, 1);
        assert_eq!(*one.answers.borrow(), [(12, Some(0)), (4, Some(70))]);
        assert_eq!(*other.answers.borrow(), [(8, None)]);
        assert_eq!(waiting(), 0);
    }

    #[test]
    fn an_answer_may_lead_to_the_next_call() {
        let told = Rc::new(Told::default());
        let caller: Rc<dyn Caller> = told.clone();
        told.next.borrow_mut().push((8, caller.clone()));
        wait(4, &caller);
        answered(4, 1, 1);
        answered(8, 1, 2);
        assert_eq!(*told.answers.borrow(), [(4, Some(1)), (8, Some(2))]);
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let gone: Rc<dyn Caller> = Rc::new(Told::default());
        wait(4, &gone);
        drop(gone);
        assert_eq!(waiting(), 1);
        answered(4, 1, 1);
        let gone: Rc<dyn Caller> = Rc::new(Told::default());
        wait(8, &gone);
        drop(gone);
        let there: Rc<dyn Caller> = Rc::new(Told::default());
        wait(12, &there);
        assert_eq!(waiting(), 1);
    }
}
