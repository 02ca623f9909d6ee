//! The guards around the worker's waits: an abort cuts them short, a notified task that does not come blocks no
//! other task, and other tasks of the executor get to run.

use core::future::Future;
use core::marker::PhantomData;
use core::num::NonZeroU32;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{self, Poll};

use pin_project_lite::pin_project;

use crate::life::Phase;
use crate::sender::MessageSender;
use crate::storage::Storage;

pin_project! {
    /// Resolves to a future's output, or to `None` if the runner is aborted first.
    pub(super) struct Abortable<'a, S, Q, F> {
        #[pin]
        resting: Resting<'a, S, Q, F>,
    }
}

/// Awaits `future` unless the runner is aborted.
pub(super) const fn abortable<'a, S, Q, F>(
    storage: &'a Q,
    budget: &'a Budget,
    future: F,
) -> Abortable<'a, S, Q, F> {
    Abortable { resting: resting(storage, budget, future) }
}

impl<S: MessageSender, Q: Storage<S>, F: Future> Future for Abortable<'_, S, Q, F> {
    type Output = Option<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let storage = this.resting.storage;
        // Checked first, so that an aborted send is not polled again.
        if storage.phase() >= Phase::Aborting {
            return Poll::Ready(None);
        }
        match this.resting.poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => storage.poll_abort(cx).map(|()| None),
        }
    }
}

pin_project! {
    /// Awaits a future. Meanwhile, a task that was notified of room in the queue or of a response, and does not
    /// come for it, keeps no other task waiting. Renews the budget with each wait.
    ///
    /// If a task waits although it need not, the worker yields once before it sleeps, so that the notified task
    /// can run. Then it notifies one more task each time, and sleeps once all are notified.
    pub(super) struct Resting<'a, S, Q, F> {
        storage: &'a Q,
        budget: &'a Budget,
        #[pin]
        future: F,
        came_back: bool,
        sender: PhantomData<fn() -> S>,
    }
}

pub(super) const fn resting<'a, S, Q, F>(
    storage: &'a Q,
    budget: &'a Budget,
    future: F,
) -> Resting<'a, S, Q, F> {
    Resting { storage, budget, future, came_back: false, sender: PhantomData }
}

impl<S: MessageSender, Q: Storage<S>, F: Future> Future for Resting<'_, S, Q, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.future.poll(cx);
        if polled.is_pending() {
            this.budget.renew();
            let others_wait = this.storage.others_wait();
            let comes_back = others_wait && (!*this.came_back || this.storage.tell_one_more());
            *this.came_back = comes_back && !*this.came_back;
            if comes_back {
                cx.waker().wake_by_ref();
            }
        }
        polled
    }
}

/// The number of steps that the worker may still take before it yields. A step is a send, a re-send, or a request
/// that ends without a send.
///
/// Atomic only so that the worker can move to another thread while it waits.
pub(super) struct Budget {
    left: AtomicU32,
    whole: NonZeroU32,
}

impl Budget {
    pub(super) const fn new(whole: NonZeroU32) -> Self {
        Self { left: AtomicU32::new(whole.get()), whole }
    }

    /// Refills the budget, as other tasks could run.
    #[inline]
    pub(super) fn renew(&self) {
        self.left.store(self.whole.get(), Ordering::Relaxed);
    }

    /// Takes a step. Yields first if the budget is used up.
    #[inline]
    pub(super) const fn step(&self) -> Step<'_> {
        Step { budget: self, lets_others_run: false }
    }
}

/// The future of [`Budget::step`]. Not an `async fn`: it is awaited in many places and takes less code this way.
pub(super) struct Step<'a> {
    budget: &'a Budget,
    lets_others_run: bool,
}

impl Future for Step<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let budget = self.budget;
        let mut left = budget.left.load(Ordering::Relaxed);
        if left == 0 {
            if !self.lets_others_run {
                self.lets_others_run = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            left = budget.whole.get();
        }
        budget.left.store(left - 1, Ordering::Relaxed);
        Poll::Ready(())
    }
}
