//! Counters of one runner. The worker writes them; any task reads them at any time, without a lock.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use crate::runtime::Nanos;

/// The counters of a runner: the work that it has done so far, and the work left.
///
/// Each number is read by itself, at nearly the same time. While none changes, every accepted request and every
/// re-queued round is in exactly one of `queued`, `in_flight`, `sent`, `rejected`, `failed`, `cancelled` and
/// `unsent`.
///
/// ```
/// # use telegram_sender::{MessageResponse, MessageSender, SenderRunner, Smol};
/// # struct Echo;
/// # impl MessageSender for Echo {
/// #     type Request = u32; type Message = u32; type Rejection = (); type Error = ();
/// #     async fn send_message(&self, r: &u32) -> Result<MessageResponse<Self>, ()> { Ok(Ok(*r)) }
/// # }
/// # smol::block_on(async {
/// let runner = SenderRunner::builder(Echo).measure_waits(true).prepare(Smol).start(Smol).await.unwrap();
/// runner.request(7).await.unwrap().await.unwrap();
/// runner.close().await;
/// let stats = runner.stats();
/// assert_eq!((stats.sent, stats.queued, stats.in_flight), (1, 0, 0));
/// println!("waited for {:?} on average", stats.mean_wait().unwrap());
/// # });
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Stats {
    /// Requests in the queue, including cancelled ones until their turn.
    pub queued: usize,
    /// Requests that are being sent: 0 or 1.
    pub in_flight: usize,
    /// Requests that the service accepted.
    pub sent: usize,
    /// Requests that the service rejected in the end.
    pub rejected: usize,
    /// Requests that ended without an answer.
    pub failed: usize,
    /// Requests that were cancelled before their turn.
    pub cancelled: usize,
    /// Requests that were never sent, because the runner was aborted or its worker dropped.
    pub unsent: usize,
    /// Rounds that were put back at the queue's tail.
    pub requeued: usize,
    /// Rounds that were not put back, because the runner was closing (a drain must end) or a fixed queue had no
    /// room.
    pub requeues_dropped: usize,
    /// Responses that a bounded results queue has dropped; see [`Overflow`](crate::runner::Overflow).
    pub results_dropped: usize,
    /// The number of measured waits in the queue; see [`measure_waits`](crate::runner::Builder::measure_waits).
    pub waits: usize,
    /// The sum of these waits.
    pub waited: Duration,
    /// The longest of these waits.
    pub longest_wait: Duration,
}

impl Stats {
    /// Returns how long a request waited in the queue on average, or `None` if no wait was measured.
    pub fn mean_wait(&self) -> Option<Duration> {
        let waits = u32::try_from(self.waits).unwrap_or(u32::MAX);
        self.waited.checked_div(waits)
    }
}

/// The counters that the worker writes.
#[derive(Debug)]
pub struct Counters {
    pub(crate) in_flight: Counter,
    pub(crate) sent: Counter,
    pub(crate) rejected: Counter,
    pub(crate) failed: Counter,
    pub(crate) cancelled: Counter,
    pub(crate) unsent: Counter,
    pub(crate) requeued: Counter,
    pub(crate) requeues_dropped: Counter,
    pub(crate) results_dropped: Counter,
    waits: Counter,
    waited: Span,
    longest_wait: Span,
}

impl Counters {
    pub(crate) const fn new() -> Self {
        Self {
            in_flight: Counter::new(),
            sent: Counter::new(),
            rejected: Counter::new(),
            failed: Counter::new(),
            cancelled: Counter::new(),
            unsent: Counter::new(),
            requeued: Counter::new(),
            requeues_dropped: Counter::new(),
            results_dropped: Counter::new(),
            waits: Counter::new(),
            waited: Span(Counter::new()),
            longest_wait: Span(Counter::new()),
        }
    }

    pub(crate) fn waited(&self, wait: Nanos) {
        self.waits.add_one();
        let wait = Span::units(wait);
        self.waited.0.set(self.waited.0.get().saturating_add(wait));
        self.longest_wait.0.set(self.longest_wait.0.get().max(wait));
    }

    pub(crate) fn read(&self, queued: usize) -> Stats {
        Stats {
            queued,
            in_flight: self.in_flight.get(),
            sent: self.sent.get(),
            rejected: self.rejected.get(),
            failed: self.failed.get(),
            cancelled: self.cancelled.get(),
            unsent: self.unsent.get(),
            requeued: self.requeued.get(),
            requeues_dropped: self.requeues_dropped.get(),
            results_dropped: self.results_dropped.get(),
            waits: self.waits.get(),
            waited: self.waited.get(),
            longest_wait: self.longest_wait.get(),
        }
    }
}

/// A number with one writer at once: the worker, or the task that holds the storage's lock. It loads and stores,
/// which costs less than an atomic addition, and works on chips that have none.
#[derive(Debug)]
pub(crate) struct Counter(AtomicUsize);

impl Counter {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    #[inline]
    pub(crate) fn add_one(&self) {
        self.set(self.get().wrapping_add(1));
    }

    #[inline]
    pub(crate) fn set(&self, number: usize) {
        self.0.store(number, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A time with one writer, in nanoseconds. Where `usize` would overflow within seconds, the unit is about a
/// millisecond, a power of two that needs no division.
#[derive(Debug)]
struct Span(Counter);

const NANOS_PER_UNIT: u64 = if usize::BITS >= 64 { 1 } else { 1 << 20 };

impl Span {
    fn units(time: Nanos) -> usize {
        usize::try_from(time.get() / NANOS_PER_UNIT).unwrap_or(usize::MAX)
    }

    fn get(&self) -> Duration {
        Duration::from_nanos((self.0.get() as u64).saturating_mul(NANOS_PER_UNIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_add_up() {
        let counters = Counters::new();
        assert_eq!(counters.read(0).mean_wait(), None);
        for millis in [1, 5, 3] {
            counters.waited(Nanos::of(Duration::from_millis(millis)));
        }
        let stats = counters.read(4);
        assert_eq!((stats.queued, stats.waits), (4, 3));
        assert_eq!((stats.waited, stats.longest_wait), (Duration::from_millis(9), Duration::from_millis(5)));
        assert_eq!(stats.mean_wait(), Some(Duration::from_millis(3)));
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn times_are_kept_to_the_nanosecond() {
        let span = Span(Counter::new());
        span.0.set(Span::units(Nanos::of(Duration::new(3, 1))));
        assert_eq!(span.get(), Duration::new(3, 1));
    }

    #[test]
    fn a_time_beyond_the_range_stays_at_its_end() {
        let span = Span(Counter::new());
        span.0.set(Span::units(Nanos::of(Duration::MAX)));
        assert_eq!(span.get(), Duration::from_nanos(u64::MAX));
    }
}
