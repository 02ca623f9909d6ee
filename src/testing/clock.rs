//! Virtual time: it stands still while any task can run, and jumps to the next timer when none can.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::runtime::{Instant, Timer};

/// The timer of a [`VirtualRuntime`](super::VirtualRuntime). It starts at [`Instant::EPOCH`].
#[derive(Debug, Clone, Default)]
pub struct VirtualTimer(Arc<Mutex<Clock>>);

#[derive(Debug, Default)]
struct Clock {
    now: u64,
    made: u64,
    /// Ordered by deadline, then by age: sleeps until the same instant fire in the order of their creation.
    sleepers: BTreeMap<(Instant, u64), Waker>,
}

impl VirtualTimer {
    fn clock(&self) -> MutexGuard<'_, Clock> {
        // A panic elsewhere in a test leaves the clock sound.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the virtual time that has passed.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.clock().now)
    }

    /// Returns how many sleeps are pending.
    pub fn sleeping(&self) -> usize {
        self.clock().sleepers.len()
    }

    /// Jumps to the next deadline and wakes the tasks that sleep until then. Returns false if no task sleeps.
    pub(super) fn advance(&self) -> bool {
        let due = {
            let mut clock = self.clock();
            let Some((&(next, _), _)) = clock.sleepers.first_key_value() else { return false };
            let later = clock.sleepers.split_off(&(next, u64::MAX));
            clock.now = next.as_nanos();
            core::mem::replace(&mut clock.sleepers, later)
        };
        due.into_values().for_each(Waker::wake);
        true
    }
}

impl Timer for VirtualTimer {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.clock().now)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let mut clock = self.clock();
        clock.made += 1;
        let key = (Instant::from_nanos(clock.now) + duration, clock.made);
        drop(clock);
        Sleep { timer: self.clone(), key }
    }
}

/// One sleep. Dropping it removes its deadline.
struct Sleep {
    timer: VirtualTimer,
    key: (Instant, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut clock = self.timer.clock();
        if clock.now >= self.key.0.as_nanos() {
            return Poll::Ready(());
        }
        clock.sleepers.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // The waker may own the sleeping task, so it is dropped after the lock is free.
        let waker = self.timer.clock().sleepers.remove(&self.key);
        drop(waker);
    }
}
