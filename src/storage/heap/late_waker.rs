//! Wakers that are called once no lock is held, and whose panics are contained.
//!
//! `event-listener` calls the wakers of its listeners in a row, under its lock. A task that is dropped when it is
//! woken may hold another listener, which would wait for the lock forever. A waker that panics would leave the
//! other tasks waiting and the count of listeners wrong.

use core::task::Waker;

#[cfg(feature = "std")]
mod noted {
    use alloc::collections::VecDeque;
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use core::cell::{Cell, RefCell};
    use core::task::Waker;
    use std::thread_local;

    use crate::contain::contain;

    thread_local! {
        /// True while this thread may hold a lock, and calls wakers later.
        static IS_LATER: Cell<bool> = const { Cell::new(false) };
        /// The wakers to call later.
        static NOTED: RefCell<VecDeque<Waker>> = const { RefCell::new(VecDeque::new()) };
    }

    /// Notes the task's waker while `IS_LATER` is set, else calls it.
    pub(super) struct Note(pub(super) Waker);

    impl Wake for Note {
        fn wake(self: Arc<Self>) {
            self.wake_by_ref();
        }

        fn wake_by_ref(self: &Arc<Self>) {
            contain(|| {
                let waker = self.0.clone();
                if IS_LATER.try_with(Cell::get) == Ok(true) {
                    let _ = NOTED.try_with(|noted| noted.borrow_mut().push_back(waker));
                } else {
                    waker.wake();
                }
            });
        }
    }

    /// Calls the noted wakers when it is dropped, even if the work panics.
    struct Later;

    impl Drop for Later {
        fn drop(&mut self) {
            IS_LATER.set(false);
            while let Some(waker) = NOTED.with(|noted| noted.borrow_mut().pop_front()) {
                contain(|| waker.wake());
            }
        }
    }

    #[inline]
    pub(super) fn wake_late<T>(work: impl FnOnce() -> T) -> T {
        // A thread that ends has lost `NOTED`, and calls wakers at once.
        let begins = NOTED.try_with(|_| ()).is_ok() && !IS_LATER.replace(true);
        let _later = begins.then_some(Later);
        work()
    }
}

/// Runs `work`, which may call [late wakers](LateWaker) under a lock. The tasks' own wakers are called after it.
#[inline]
pub(super) fn wake_late<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "std")]
    return noted::wake_late(work);
    // Without `std` a panic ends the program, and wakers only set a flag.
    #[cfg(not(feature = "std"))]
    work()
}

/// A waker around the waker of a task.
#[derive(Debug, Default)]
pub(super) struct LateWaker {
    /// The task's own waker, and the one around it.
    #[cfg(feature = "std")]
    wakers: Option<(Waker, Waker)>,
}

impl LateWaker {
    /// Calls `work` with the waker around `task`. Only another task needs a new one, and the old one is dropped
    /// after `work`: the event drops its clone under its lock, and that clone must not be the last.
    pub(super) fn with<T>(&mut self, task: &Waker, work: impl FnOnce(&Waker) -> T) -> T {
        #[cfg(not(feature = "std"))]
        return work(task);
        #[cfg(feature = "std")]
        {
            let _gives_way = self.wakers.take_if(|(own, _)| !own.will_wake(task));
            let make = || (task.clone(), alloc::sync::Arc::new(noted::Note(task.clone())).into());
            work(&self.wakers.get_or_insert_with(make).1)
        }
    }
}
