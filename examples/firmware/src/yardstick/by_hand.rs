//! The hand-written code without a runner: plain sending, and sending with a timeout, a limit and retries.

use embassy_time::{Duration, Instant, Timer, with_timeout};

use super::Radio;

/// Sends without any strategy.
pub struct Plain(pub Radio);

impl Plain {
    /// Sends a reading and returns the radio's answer, if any.
    pub async fn send(&mut self, reading: u32) -> Option<u32> {
        let Ok(answer) = self.0.transmit(reading).await;
        answer.ok()
    }
}

/// Sends with a timeout for each attempt, with a sliding window of `RATE` sends, and again after a failure.
pub struct Careful<const RATE: usize> {
    pub radio: Radio,
    pub timeout: Duration,
    pub period: Duration,
    pub retries: u32,
    pub delay: Duration,
    sent: [Instant; RATE],
    oldest: usize,
    len: usize,
}

impl<const RATE: usize> Careful<RATE> {
    pub const fn new(timeout: Duration, period: Duration, retries: u32, delay: Duration) -> Self {
        let sent = [Instant::MIN; RATE];
        Self { radio: Radio, timeout, period, retries, delay, sent, oldest: 0, len: 0 }
    }

    /// Sends a reading and returns the radio's answer, if any.
    pub async fn send(&mut self, reading: u32) -> Option<u32> {
        let mut retry = 0;
        loop {
            self.wait_for_room().await;
            if let Ok(Ok(Ok(answer))) = with_timeout(self.timeout, self.radio.transmit(reading)).await {
                return Some(answer);
            }
            if retry == self.retries {
                return None;
            }
            retry += 1;
            Timer::after(self.delay).await;
        }
    }

    async fn wait_for_room(&mut self) {
        if self.len < RATE {
            self.sent[self.len] = Instant::now();
            self.len += 1;
            return;
        }
        loop {
            let now = Instant::now();
            let room_at = self.sent[self.oldest] + self.period;
            if now >= room_at {
                self.sent[self.oldest] = now;
                self.oldest = if self.oldest + 1 == RATE { 0 } else { self.oldest + 1 };
                return;
            }
            Timer::at(room_at).await;
        }
    }
}
