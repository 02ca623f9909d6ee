//! Embassy's executor on the test's thread, as a chip runs it, and embassy's time.

use std::cell::{Cell, OnceCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use embassy_executor::{Executor, Spawner};
use telegram_sender::Embassy;

#[path = "not_send.rs"]
mod not_send;

pub(crate) struct Env(Spawner);

impl Env {
    pub(crate) fn timer(&self) -> Embassy {
        Embassy
    }

    pub(crate) fn spawner(&self) -> &Spawner {
        &self.0
    }
}

/// Runs the test on embassy's executor. Embassy's tasks must live forever, but the test borrows. It is therefore
/// polled between embassy's own polls, with the waker of a task that exists only for its wakes.
pub(crate) fn run(test: impl AsyncFnOnce(Env)) {
    let executor = Box::leak(Box::new(Executor::new()));
    let waker: Rc<OnceCell<Waker>> = Rc::default();
    let spawner = Cell::new(None);
    let env = || {
        let spawner: Spawner = spawner.get().expect("the executor runs");
        Env(spawner)
    };
    let mut test = pin!(async { test(env()).await });
    executor.run_until(
        |own| {
            spawner.set(Some(own));
            let waker = Rc::clone(&waker);
            let to_be_woken = poll_fn(move |cx| {
                waker.get_or_init(|| cx.waker().clone());
                Poll::<()>::Pending
            });
            telegram_sender::runtime::Spawner::spawn(&own, to_be_woken);
        },
        || {
            let Some(waker) = waker.get() else { return false };
            test.as_mut().poll(&mut Context::from_waker(waker)).is_ready()
        },
    );
}

suite!(everywhere, across_threads);
