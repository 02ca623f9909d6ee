//! Telegram's limits as sliding windows: one for all messages, and one for each chat. Nothing here knows HTTP.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// The number of messages that are accepted in any window of a period.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) overall: (usize, Duration),
    pub(crate) per_chat: (usize, Duration),
}

impl Limits {
    /// Returns about the limits that Telegram documents: 30 messages a second in all, one a second to one chat.
    pub(crate) fn telegram() -> Self {
        let second = Duration::from_secs(1);
        Self { overall: (30, second), per_chat: (1, second) }
    }

    /// Returns limits that are never reached.
    pub(crate) fn none() -> Self {
        let instant = Duration::ZERO;
        Self { overall: (usize::MAX, instant), per_chat: (usize::MAX, instant) }
    }
}

/// The messages that count against the limits at present.
pub(super) struct Gate {
    limits: Limits,
    overall: Window,
    per_chat: HashMap<String, Window>,
    /// Nothing is accepted before this, even if the windows have room.
    closed_until: Option<Instant>,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, overall: Window::default(), per_chat: HashMap::new(), closed_until: None }
    }

    /// Counts a message to `chat`, or returns how long to wait. A message that is not accepted does not count.
    pub(super) fn admit(&mut self, chat: &str, now: Instant) -> Result<(), Duration> {
        if let Some(until) = self.closed_until.filter(|until| now < *until) {
            return Err(until - now);
        }
        self.overall.room(self.limits.overall, now)?;
        let window = self.per_chat.entry(chat.to_owned()).or_default();
        window.room(self.limits.per_chat, now)?;
        window.0.push_back(now);
        self.overall.0.push_back(now);
        Ok(())
    }

    pub(super) fn close_until(&mut self, until: Instant) {
        self.closed_until = Some(until);
    }
}

/// The arrival times of the messages in the present window.
#[derive(Default)]
struct Window(VecDeque<Instant>);

impl Window {
    fn room(&mut self, (rate, period): (usize, Duration), now: Instant) -> Result<(), Duration> {
        while self.0.front().is_some_and(|oldest| now >= *oldest + period) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(oldest) if self.0.len() >= rate => Err(*oldest + period - now),
            _ => Ok(()),
        }
    }
}
