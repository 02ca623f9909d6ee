//! The runner's tracing: a span for each round of a request, and an event for everything out of the ordinary.

#![cfg(all(feature = "testing", feature = "tracing"))]

// This is its own binary, because tracing keeps one answer per process to whether an event has a listener.
#[macro_use]
#[path = "virtual_time/common/mod.rs"]
#[allow(dead_code, reason = "these tests use a part of it")]
mod common;

use std::io;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

use common::store::{Store, start};
use common::{Sender, accepting, ms, run, scripted};
use futures::StreamExt;
use futures::future::join_all;
use telegram_sender::runner::Exit;
use telegram_sender::runtime::Timer;
use telegram_sender::testing::Reply;
use telegram_sender::{Requeue, Retry, SenderRunner};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::fmt::format::FmtSpan;

/// The recorded text, one line for each span and event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Listens on this thread for as long as the guard lives.
    fn listen(level: Level) -> (Self, DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_span_events(FmtSpan::CLOSE)
            .without_time()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (lines, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        // The busy time of a span is not deterministic.
        let lines = text.lines().map(|line| line.split(" time.busy").next().unwrap_or(line).trim());
        lines.map(str::to_owned).collect()
    }
}

#[test]
fn each_round_has_a_span_with_its_wait_its_attempts_and_its_outcome() {
    let (lines, _listening) = Lines::listen(Level::DEBUG);
    run(|runtime| async move {
        let replies = [Reply::reject(400), Reply::accept(), Reply::fail("secret"), Reply::accept()];
        let sender = scripted(&runtime, replies.map(|reply| reply.after(ms(10))));
        let builder =
            SenderRunner::builder(sender).strategy(Retry::new(1, ms(5))).strategy(Requeue::cycles(1));
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        drop([runner.try_request("secret").unwrap(), runner.try_request("secret").unwrap()]);
        runtime.timer().sleep(ms(100)).await;
        runner.close().await;
    });
    let told = lines.take();
    assert_eq!(
        told,
        [
            "INFO send{id=0 cycle=0 waited=0ns attempt=1}: telegram_sender: retry id=0 attempts=1 wait=5ms",
            "DEBUG send{id=0 cycle=0 waited=0ns attempt=1 attempt=2}: telegram_sender: re-queued id=0 cycle=1",
            "DEBUG send{id=0 cycle=0 waited=0ns attempt=1 attempt=2 outcome=\"sent\"}: telegram_sender: done \
             outcome=\"sent\"",
            "DEBUG send{id=0 cycle=0 waited=0ns attempt=1 attempt=2 outcome=\"sent\"}: telegram_sender: close",
            "DEBUG send{id=1 cycle=0 waited=25ms attempt=1 outcome=\"failed\"}: telegram_sender: done \
             outcome=\"failed\"",
            "DEBUG send{id=1 cycle=0 waited=25ms attempt=1 outcome=\"failed\"}: telegram_sender: close",
            "DEBUG send{id=0 cycle=1 waited=10ms attempt=1 outcome=\"sent\"}: telegram_sender: done outcome=\"sent\"",
            "DEBUG send{id=0 cycle=1 waited=10ms attempt=1 outcome=\"sent\"}: telegram_sender: close",
            "INFO telegram_sender: closing queued=0",
            "INFO telegram_sender: stopped exit=Drained",
        ],
        "{told:#?}"
    );
}

#[test]
fn what_is_out_of_the_ordinary_is_told_without_spans_too() {
    let (lines, _listening) = Lines::listen(Level::INFO);
    run(|runtime| async move {
        let flood = Reply::reject(429).retry_after(ms(2000));
        let sender = scripted(&runtime, [flood, Reply::panic("oh"), Reply::accept().after(ms(10))]);
        let builder = SenderRunner::builder(sender).strategy(Requeue::endless()).queue_capacity(2).unwrap();
        let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
        drop([runner.try_request("a").unwrap(), runner.try_request("b").unwrap()]);
        let _ = runner.try_request("c").unwrap_err();
        runtime.timer().sleep(ms(2005)).await;
        runner.close().await;
        let _ = runner.try_request("d").unwrap_err();
        assert_eq!(runner.stats().waits, 0, "not measured: nobody sees the spans");
    });
    let told = lines.take();
    assert_eq!(
        told,
        [
            "WARN telegram_sender: request refused reason=\"full\"",
            "WARN telegram_sender: flood wait id=0 wait=2s",
            "ERROR telegram_sender: the sender or a strategy panicked id=1",
            "INFO telegram_sender: closing queued=0",
            "INFO telegram_sender: re-queue dropped: the runner is closing id=0",
            "INFO telegram_sender: stopped exit=Drained",
            "WARN telegram_sender: request refused reason=\"closing\"",
        ],
        "{told:#?}"
    );
}

/// No event is about the requests that had no turn.
fn an_abort_is_told<S: Store<Sender>>() {
    let (lines, _listening) = Lines::listen(Level::DEBUG);
    run(|runtime| async move {
        let runner = start::<S, _>(&runtime, &accepting(&runtime, ms(10))).await;
        drop([runner.try_request("a").unwrap(), runner.try_request("b").unwrap()]);
        runner.abort().await;
    });
    let told = lines.take();
    assert_eq!(
        told,
        ["WARN telegram_sender: aborting queued=2", "INFO telegram_sender: stopped exit=Aborted"],
        "{told:#?}"
    );
}

/// A listener that panics at each event, like one that writes to a closed pipe.
struct Broken;

impl Subscriber for Broken {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        // Skips the panic hook and its message.
        resume_unwind(Box::new("broken pipe"));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The end of a runner's life.
#[derive(Clone, Copy)]
enum End {
    Close,
    Abort,
    DropWorker,
}

fn serves_while_nobody_can_listen<S: Store<Sender>>(end: End) {
    let _listening = tracing::subscriber::set_default(Broken);
    run(|runtime| async move {
        let replies = [Reply::accept(), Reply::fail("secret"), Reply::reject(400), Reply::accept()];
        let builder = SenderRunner::builder(scripted(&runtime, replies)).strategy(Retry::new(1, ms(5)));
        let (runner, task) = S::prepare(builder, runtime.timer()).start_with_task(&runtime).await.unwrap();
        let results = runner.results();
        let mut tickets = Vec::new();
        for request in ["a", "b", "c"] {
            tickets.push(runner.request(request).await.unwrap());
        }
        let answers: Vec<bool> = join_all(tickets).await.iter().map(Result::is_ok).collect();
        assert_eq!(answers, [true, false, true]);
        let last = runner.try_request("d").unwrap();
        let exit = match end {
            End::Close => runner.close().await,
            End::Abort => {
                runner.abort().await;
                runner.task().await
            }
            End::DropWorker => {
                task.cancel();
                runner.task().await
            }
        };
        let (is_sent, expected) = match end {
            End::Close => (true, Exit::Drained),
            End::Abort => (false, Exit::Aborted),
            End::DropWorker => (false, Exit::Dropped),
        };
        assert_eq!((last.await.is_ok(), exit), (is_sent, expected));
        assert!(runner.try_request("e").is_err());
        assert_eq!(results.count().await, 2 + usize::from(is_sent));
    });
}

fn a_listener_that_panics_harms_nobody<S: Store<Sender>>() {
    for end in [End::Close, End::Abort, End::DropWorker] {
        serves_while_nobody_can_listen::<S>(end);
    }
}

over_every_storage!(an_abort_is_told, a_listener_that_panics_harms_nobody);
