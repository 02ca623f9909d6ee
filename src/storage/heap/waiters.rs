//! Tasks that wait for one thing, such as room in the queue. They are notified one by one, in their order.

use core::sync::atomic::{AtomicBool, Ordering, fence};
use core::task::{Context, Poll, ready};

use event_listener::{Event, EventListener, IntoNotification};
use futures::future::FutureExt;

use super::late_waker::{LateWaker, wake_late};

/// Tasks that wait for the same thing.
#[derive(Debug)]
pub(super) struct Waiters {
    event: Event,
    /// True if a task that is not notified yet may be in the line.
    untold: AtomicBool,
}

impl Waiters {
    pub(super) const fn new() -> Self {
        Self { event: Event::new(), untold: AtomicBool::new(false) }
    }

    /// Returns false only if all waiting tasks are notified.
    #[inline]
    pub(super) fn may_have_untold(&self) -> bool {
        self.untold.load(Ordering::Acquire)
    }

    /// Notifies the next task in the line, if there is one, of what has just come.
    #[inline]
    pub(super) fn tell(&self) {
        // Pairs with the fence in `Wait::poll`: either the task sees what has come, or this sees the task.
        fence(Ordering::SeqCst);
        if self.may_have_untold() {
            self.tell_one_more();
        }
    }

    /// Notifies the next task in the line. Returns false if all are notified.
    pub(super) fn tell_one_more(&self) -> bool {
        // Cleared before the line is read: a task that joins after that sets it again.
        self.untold.store(false, Ordering::Relaxed);
        let told = wake_late(|| self.event.notify(1.additional())) > 0;
        if told {
            self.untold.store(true, Ordering::Relaxed);
        }
        told
    }

    /// Notifies all tasks in the line.
    pub(super) fn tell_all(&self) {
        wake_late(|| self.event.notify(usize::MAX.additional()));
    }
}

/// A place in the line. If it is dropped, it passes its notification on to the next task.
#[derive(Debug, Default)]
pub struct Wait {
    listener: Option<EventListener>,
    waker: LateWaker,
}

impl Wait {
    /// Waits until `look` finds something. Looks again after it has joined the line, for what came meanwhile.
    pub(super) fn poll<T>(
        &mut self,
        waiters: &Waiters,
        cx: &mut Context<'_>,
        mut look: impl FnMut() -> Poll<T>,
    ) -> Poll<T> {
        loop {
            if let Some(listener) = &mut self.listener {
                ready!(
                    self.waker.with(cx.waker(), |waker| listener.poll_unpin(&mut Context::from_waker(waker)))
                );
                self.listener = None;
            }
            for stands_in_line in [false, true] {
                if let Poll::Ready(found) = look() {
                    self.leave();
                    return Poll::Ready(found);
                }
                if !stands_in_line {
                    self.listener = Some(waiters.event.listen());
                    waiters.untold.store(true, Ordering::Release);
                    fence(Ordering::SeqCst);
                }
            }
        }
    }

    fn leave(&mut self) {
        if self.listener.is_some() {
            // The drop may notify the next task.
            wake_late(|| self.listener = None);
        }
        self.waker = LateWaker::default();
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use alloc::sync::Arc;
    use alloc::task::Wake;
    use alloc::vec::Vec;
    use core::task::Waker;
    use std::sync::Mutex;

    use super::*;
    use crate::storage::counting_task::CountingTask;

    /// A task that can't be woken.
    struct Unwakeable;

    impl Wake for Unwakeable {
        fn wake(self: Arc<Self>) {
            std::panic::resume_unwind(std::boxed::Box::new("can't wake"));
        }
    }

    fn waits(waiters: &Waiters, wait: &mut Wait, waker: &Waker) -> bool {
        wait.poll(waiters, &mut Context::from_waker(waker), || Poll::<()>::Pending).is_pending()
    }

    #[test]
    fn each_is_told_once_in_the_order_in_which_they_came() {
        let waiters = Waiters::new();
        let tasks: Vec<_> = (0..3).map(|_| Arc::new(CountingTask::default())).collect();
        let mut waits_: Vec<_> = (0..3).map(|_| Wait::default()).collect();
        for (task, wait) in tasks.iter().zip(&mut waits_) {
            assert!(waits(&waiters, wait, &task.clone().into()));
        }
        for told in 1..=3 {
            assert!(waiters.tell_one_more());
            assert_eq!(tasks.iter().map(|task| task.peek()).collect::<Vec<_>>()[..told], [1, 1, 1][..told]);
        }
        assert!(!waiters.tell_one_more());
    }

    #[test]
    fn one_stands_in_the_line_before_the_last_look() {
        let (waiters, mut wait, mut looks) = (Waiters::new(), Wait::default(), 0);
        let found = wait.poll(&waiters, &mut Context::from_waker(Waker::noop()), || {
            looks += 1;
            if looks == 1 { Poll::Pending } else { Poll::Ready(waiters.tell_one_more()) }
        });
        assert_eq!(found, Poll::Ready(true));
    }

    /// A task that waits as long as it has a waker.
    struct Waiting {
        _wait: Mutex<Wait>,
    }

    impl Wake for Waiting {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_task_that_ends_with_its_last_waker_leaves_the_line() {
        let (waiters, mut first, mut wait) = (Waiters::new(), Wait::default(), Wait::default());
        assert!(waits(&waiters, &mut first, Waker::noop()));
        let task = Waker::from(Arc::new(Waiting { _wait: Mutex::new(first) }));
        assert!(waits(&waiters, &mut wait, &task));
        drop(task);
        // Drops the last waker of the task.
        assert!(waits(&waiters, &mut wait, Waker::noop()));
        assert!(waiters.tell_one_more() && !waiters.tell_one_more());
    }

    #[test]
    fn whom_nobody_can_wake_keeps_nobody_waiting() {
        let waiters = Waiters::new();
        let bad = Waker::from(Arc::new(Unwakeable));
        let task = Arc::new(CountingTask::default());
        let good = Waker::from(task.clone());
        let mut waits_: Vec<_> = (0..4).map(|_| Wait::default()).collect();
        for (wait, waker) in waits_.iter_mut().zip([&bad, &good, &bad, &good]) {
            assert!(waits(&waiters, wait, waker));
        }
        waiters.tell_all();
        assert_eq!(task.woken(), 2);
        // The count of the line is right after they leave it.
        drop(waits_);
        assert!(!waiters.tell_one_more());
    }
}
