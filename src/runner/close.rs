//! The futures that wait for the end of a runner.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::SenderRunner;
use crate::life::{Exit, Phase};
use crate::sender::MessageSender;
use crate::storage::{Storage, Unnamed};

/// A future that waits until the worker has ended.
pub(super) struct Stopped<'a, S: MessageSender, Q: Storage<S>> {
    storage: &'a Q,
    wait: Q::Wait,
    sender: PhantomData<fn() -> S>,
}

impl<'a, S: MessageSender, Q: Storage<S>> Stopped<'a, S, Q> {
    pub(super) fn new(storage: &'a Q) -> Self {
        Self { storage, wait: Q::Wait::default(), sender: PhantomData }
    }
}

// No field is pinned.
impl<S: MessageSender, Q: Storage<S>> Unpin for Stopped<'_, S, Q> {}

impl<S: MessageSender, Q: Storage<S>> Future for Stopped<'_, S, Q> {
    type Output = Exit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Exit> {
        let Self { storage, wait, .. } = &mut *self;
        storage.poll_stopped(wait, cx)
    }
}

/// The future of [`SenderRunner::close`]: closes the runner when it is first polled, and waits for its end.
///
/// The future has a name, so that generic code can require it to be `Send`; see [`Runner`](crate::runner::Runner).
#[must_use = "a runner is not closed before this is polled"]
pub struct Close<'a, S: MessageSender, T, Q: Storage<S> = Unnamed<S>> {
    runner: &'a SenderRunner<S, T, Q>,
    has_begun: bool,
    stopped: Stopped<'a, S, Q>,
}

impl<'a, S: MessageSender, T, Q: Storage<S>> Close<'a, S, T, Q> {
    pub(super) fn new(runner: &'a SenderRunner<S, T, Q>) -> Self {
        Self { runner, has_begun: false, stopped: Stopped::new(&runner.storage) }
    }
}

impl<S: MessageSender, T, Q: Storage<S>> Future for Close<'_, S, T, Q> {
    type Output = Exit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Exit> {
        if !self.has_begun {
            self.has_begun = true;
            self.runner.storage.advance(Phase::Closing);
        }
        Pin::new(&mut self.stopped).poll(cx)
    }
}

impl<S: MessageSender, T, Q: Storage<S>> fmt::Debug for Close<'_, S, T, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Close").field("has_begun", &self.has_begun).finish_non_exhaustive()
    }
}
