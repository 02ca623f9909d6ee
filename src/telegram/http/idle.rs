//! The connections that wait for their next request.

use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The longest time that a connection may be idle. Servers close idle connections after a minute or more. If one
/// closes while a request is on its way, it is unknown whether the request arrived. Ages are checked when a
/// connection is taken or put back, so no timer and no runtime is needed.
const LONGEST: Duration = Duration::from_secs(50);

/// Idle connections, the one that waited longest first.
pub(super) struct Idle<C>(Mutex<Vec<(C, Instant)>>);

impl<C> Idle<C> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(super) fn put(&self, connection: C, now: Instant) {
        let mut idle = self.young(now);
        idle.push((connection, now));
    }

    /// Takes the connection that was used last, so that the others grow old if they are not needed.
    pub(super) fn take(&self, now: Instant) -> Option<C> {
        self.young(now).pop().map(|(connection, _)| connection)
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn young(&self, now: Instant) -> MutexGuard<'_, Vec<(C, Instant)>> {
        let mut idle = self.lock();
        idle.retain(|(_, since)| now.saturating_duration_since(*since) <= LONGEST);
        idle
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(C, Instant)>> {
        // A panic under this lock leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_is_taken_and_the_old_are_dropped() {
        let idle = Idle::new();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        idle.put('a', start);
        idle.put('b', after(10));
        idle.put('c', after(20));
        assert_eq!(idle.take(after(20)), Some('c'));
        assert_eq!(idle.take(after(51)), Some('b'));
        assert_eq!(idle.take(after(51)), None);
        idle.put('d', after(60));
        assert_eq!(idle.take(after(110)), Some('d'));
        idle.put('e', after(60));
        assert_eq!(idle.take(after(111)), None);
        idle.put('f', after(111));
        idle.clear();
        assert_eq!(idle.take(after(111)), None);
    }
}
