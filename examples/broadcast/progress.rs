//! The progress of the broadcast: a bar on a terminal, a line per second elsewhere. Both go to stderr.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use telegram_sender::runtime::Timer;

/// The progress display. Clones are cheap and show the same.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    period: Duration,
}

/// The recipients of this run by outcome.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) total: usize,
    pub(crate) sent: usize,
    pub(crate) failed: usize,
}

impl Counts {
    pub(crate) fn done(&self) -> usize {
        self.sent + self.failed
    }

    pub(crate) fn left(&self) -> usize {
        self.total - self.done()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sent, {} failed, {} left", self.sent, self.failed, self.left())
    }
}

impl Progress {
    /// Creates a display that shows nothing before it [begins](Self::begin). `period` is that of the rate limit.
    pub(crate) fn new(counts: Counts, period: Duration) -> Self {
        let write_rate = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{:.1}/s", rate(state.pos(), state.elapsed(), period));
        };
        let write_eta = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let left = state.len().unwrap_or_default() - state.pos();
            let _ = write!(out, "{:#}", eta(left, rate(state.pos(), state.elapsed(), period)));
        };
        let style = ProgressStyle::with_template("{wide_bar:.cyan/blue}  {msg}  {rate}  ETA {left}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key("rate", write_rate)
            .with_key("left", write_eta);
        let bar = ProgressBar::with_draw_target(Some(counts.total as u64), ProgressDrawTarget::hidden())
            .with_style(style)
            .with_message(counts.to_string());
        Self { bar, period }
    }

    pub(crate) fn begin(&self) {
        self.bar.reset();
        // If stderr is no terminal, the bar stays hidden and still counts.
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        if !self.bar.is_hidden() {
            // The rate and the ETA change while nothing else does.
            self.bar.enable_steady_tick(Duration::from_millis(250));
        }
    }

    pub(crate) fn show(&self, counts: Counts) {
        self.bar.set_message(counts.to_string());
        self.bar.set_position(counts.done() as u64);
    }

    /// Prints a line per second, forever, if there is no bar.
    pub(crate) async fn print_lines(&self, timer: impl Timer) {
        if !self.bar.is_hidden() {
            return std::future::pending().await;
        }
        loop {
            timer.sleep(Duration::from_secs(1)).await;
            let rate = rate(self.bar.position(), self.bar.elapsed(), self.period);
            let eta = eta(self.bar.length().unwrap_or_default() - self.bar.position(), rate);
            line(&format!("{}, {rate:.1}/s, ETA {eta:#}", self.bar.message()));
        }
    }

    /// Prints a line without disturbing the bar.
    pub(crate) fn note(&self, text: &str) {
        self.bar.suspend(|| line(text));
    }

    /// Removes the bar, because the summary says where it stood. Without a bar, prints a last line.
    pub(crate) fn end(&self) {
        if self.bar.is_hidden() {
            line(&self.bar.message());
        }
        self.bar.finish_and_clear();
    }
}

/// Returns the average rate per second. A limiter can admit a whole period's sends at once, so a period that has
/// only begun counts as whole: otherwise the rate would promise too much.
#[allow(clippy::cast_precision_loss)] // for the eye
fn rate(done: u64, elapsed: Duration, period: Duration) -> f64 {
    done as f64 / elapsed.max(period).as_secs_f64()
}

#[allow(clippy::cast_precision_loss)]
fn eta(left: u64, rate: f64) -> HumanDuration {
    let seconds = if rate > 0.0 { left as f64 / rate } else { 0.0 };
    HumanDuration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Prints a line on stderr. A closed stderr must not end a broadcast.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
