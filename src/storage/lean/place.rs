//! Where a reply goes: what the worker and the ticket of one request share.

use alloc::sync::Arc;
use core::mem::replace;
use core::sync::atomic::{AtomicU8, Ordering};
use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::reply::Reply;
use crate::sender::MessageSender;
use crate::storage::Cancel;

/// Keep this small: with 1,000 outstanding tickets, cache misses dominate.
pub(super) struct Place<S: MessageSender> {
    /// Which came first, [the turn](BEGUN) of the request or [its cancelling](CANCELLED): one of them finds [neither](WAITS).
    turn: AtomicU8,
    state: Mutex<State<S>>,
}

const WAITS: u8 = 0;
const BEGUN: u8 = 1;
const CANCELLED: u8 = 2;

impl<S: MessageSender> Default for Place<S> {
    #[inline]
    fn default() -> Self {
        Self { turn: AtomicU8::new(WAITS), state: Mutex::new(State::Open) }
    }
}

pub(super) enum State<S: MessageSender> {
    /// The request is not settled.
    Open,
    /// Nor is it here, and its ticket waits.
    Awaited(Waker),
    /// The ticket has not asked yet.
    Settled(Reply<S>),
    /// There is no reply, and none will come.
    Closed,
}

/// What a ticket finds.
pub(super) enum Look<S: MessageSender> {
    Settled(Reply<S>),
    /// It waits; the waker that gave way is to be dropped.
    Waits(Option<Waker>),
    /// No reply will come.
    Closed,
}

impl<S: MessageSender> Place<S> {
    /// Nobody runs foreign code under this lock, so nobody leaves it poisoned.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in a place that nobody else looks at.
    #[inline]
    pub(super) fn into_state(self) -> State<S> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a ticket: its reply, or keeps its waker.
    pub(super) fn look(&self, waker: &Waker) -> Look<S> {
        // Cloned before the lock is taken, as that runs foreign code.
        let waits = State::Awaited(waker.clone());
        let mut state = self.lock();
        let next = if state.is_open() { waits } else { State::Closed };
        match replace(&mut *state, next) {
            State::Open => Look::Waits(None),
            State::Awaited(waker) => Look::Waits(Some(waker)),
            State::Settled(reply) => Look::Settled(reply),
            State::Closed => Look::Closed,
        }
    }

    /// Takes the request of a ticket back, if it is not too late.
    pub(super) fn cancel(&self) -> Cancel {
        let mut state = self.lock();
        if !state.is_open() {
            return Cancel::TooLate;
        }
        let _waker = replace(&mut *state, State::Closed);
        drop(state);
        match self.turn.swap(CANCELLED, Ordering::AcqRel) {
            BEGUN => Cancel::InFlight,
            _ => Cancel::Skipped,
        }
    }

    /// For a ticket that is dropped: nobody is to be woken any more.
    pub(super) fn leave(&self) {
        let mut state = self.lock();
        let _waker = state.is_open().then(|| replace(&mut *state, State::Open));
        drop(state);
    }
}

impl<S: MessageSender> State<S> {
    /// Whether the request is not settled.
    #[inline]
    const fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Awaited(_))
    }
}

/// The worker's end. Dropped without a reply, it closes the place.
pub struct Promise<S: MessageSender>(pub(super) Option<Arc<Place<S>>>);

impl<S: MessageSender> Promise<S> {
    /// Begins the turn of the request. Returns false if its ticket was cancelled first.
    #[inline]
    pub(super) fn begin(&self) -> bool {
        self.0.as_ref().is_none_or(|place| place.turn.swap(BEGUN, Ordering::AcqRel) == WAITS)
    }

    /// Gives the ticket its reply, if it wants one. Tells whether it took its request back instead.
    #[expect(
        clippy::inline_always,
        reason = "where a reply is moved through memory, the next move waits for that"
    )]
    #[inline(always)]
    pub(super) fn settle(mut self, reply: Reply<S>) -> bool {
        let Some(place) = self.0.take() else { return false };
        let mut state = place.lock();
        if !state.is_open() {
            drop(state);
            return true;
        }
        let before = replace(&mut *state, State::Settled(reply));
        drop(state);
        // Before the ticket is woken, so that it finds itself alone with its reply.
        drop(place);
        if let State::Awaited(waker) = before {
            waker.wake();
        }
        false
    }

    /// Lets the ticket know that no reply will come.
    #[cold]
    fn close(place: Arc<Place<S>>) {
        let mut state = place.lock();
        let before = state.is_open().then(|| replace(&mut *state, State::Closed));
        drop(state);
        drop(place);
        if let Some(State::Awaited(waker)) = before {
            waker.wake();
        }
    }
}

impl<S: MessageSender> Drop for Promise<S> {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = self.0.take() {
            Self::close(place);
        }
    }
}
