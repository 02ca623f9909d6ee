//! How the worker is woken. Most workers stay in one task, so the waker of their first wait is kept: to leave it again, and
//! to wake by it, takes no lock and no clone.

use alloc::boxed::Box;
use core::sync::atomic::{Ordering, fence};
use core::task::{Context, Waker};

use futures::task::AtomicWaker;
use once_cell::race::OnceBox;

#[derive(Debug)]
pub(super) struct WorkerWaker {
    /// Of the task in which the worker waited first. It keeps an ended task's memory as long as there are handles.
    first: OnceBox<Waker>,
    /// There once the worker has waited in another task. From then on each wait leaves its own waker here.
    latest: OnceBox<AtomicWaker>,
}

impl WorkerWaker {
    pub(super) const fn new() -> Self {
        Self { first: OnceBox::new(), latest: OnceBox::new() }
    }

    /// For the worker, before it looks for the last time at what it is going to wait for.
    #[inline]
    pub(super) fn register(&self, cx: &Context<'_>) {
        match self.first.get() {
            Some(first) if first.will_wake(cx.waker()) && self.latest.get().is_none() => {}
            Some(_) => self.register_elsewhere(cx),
            None => self.register_first(cx),
        }
    }

    #[cold]
    fn register_first(&self, cx: &Context<'_>) {
        self.first.get_or_init(|| Box::new(cx.waker().clone()));
        fence(Ordering::SeqCst);
    }

    #[cold]
    fn register_elsewhere(&self, cx: &Context<'_>) {
        self.latest.get_or_init(|| Box::new(AtomicWaker::new())).register(cx.waker());
        fence(Ordering::SeqCst);
    }

    /// Wakes the worker if it has ever waited, be it in vain. The caller either was told that the worker waits, by an atomic
    /// step, or has passed a fence since it made what it wakes for known.
    #[inline]
    pub(super) fn wake(&self) {
        if let Some(latest) = self.latest.get() {
            latest.wake();
        } else if let Some(first) = self.first.get() {
            first.wake_by_ref();
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::sync::Arc;

    use super::*;
    use crate::storage::counting_task::CountingTask;

    #[test]
    fn it_wakes_the_task_in_which_the_worker_waits() {
        let tasks = [Arc::new(CountingTask::default()), Arc::new(CountingTask::default())];
        let wakers = tasks.clone().map(Waker::from);
        let worker = WorkerWaker::new();
        worker.wake();
        for _ in 0..2 {
            worker.register(&Context::from_waker(&wakers[0]));
            worker.wake();
            assert_eq!([tasks[0].woken(), tasks[1].woken()], [1, 0]);
        }
        // It moves to another task, and back.
        for waits_in in [1, 1, 0, 1, 0, 0] {
            worker.register(&Context::from_waker(&wakers[waits_in]));
            worker.wake();
            assert_eq!((tasks[waits_in].woken(), tasks[1 - waits_in].woken()), (1, 0));
        }
    }

    #[test]
    fn a_wait_in_the_same_task_clones_no_waker() {
        let task = Arc::new(CountingTask::default());
        let waker = Waker::from(task.clone());
        let worker = WorkerWaker::new();
        for _ in 0..3 {
            worker.register(&Context::from_waker(&waker));
            assert_eq!(Arc::strong_count(&task), 3);
        }
    }
}
