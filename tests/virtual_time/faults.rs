//! Faults in odd places: re-entry, time that does not pass, memory that must be freed.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::common::store::{self, Store};
use crate::common::{ms, run};
use futures::FutureExt;
use telegram_sender::runner::{Exit, KeepResults, Overflow};
use telegram_sender::runtime::Timer;
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime, VirtualTimer};
use telegram_sender::{
    MessageResponse, MessageSender, NoAnswer, Requeue, SendError, SendStrategy, SenderRunner, Timeout,
};

/// A sender that calls back into its own runner.
#[derive(Clone)]
struct Reentrant(Rc<Inside>);

struct Inside {
    runner: OnceCell<SenderRunner<Reentrant, VirtualTimer>>,
    timer: VirtualTimer,
    sent: RefCell<Vec<&'static str>>,
    later: RefCell<Option<telegram_sender::Ticket<Reentrant>>>,
}

impl MessageSender for Reentrant {
    type Request = &'static str;
    type Message = &'static str;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, request: &&'static str) -> Result<MessageResponse<Self>, ()> {
        let runner = self.0.runner.get().unwrap();
        self.0.sent.borrow_mut().push(request);
        match *request {
            "enqueues" => drop(runner.request("follows").await.unwrap()),
            "cancels" => {
                let later = self.0.later.borrow_mut().take();
                assert!(later.unwrap().cancel());
            }
            "closes" => assert!(runner.close().now_or_never().is_none()),
            "aborts" => drop(runner.abort().await),
            "reads" => assert!(runner.results().next_now().is_none()),
            _ => self.0.timer.sleep(ms(10)).await,
        }
        Ok(Ok(request))
    }
}

trait NextNow: futures::Stream + Unpin + Sized {
    fn next_now(mut self) -> Option<Self::Item> {
        futures::StreamExt::next(&mut self).now_or_never().flatten()
    }
}

impl<S: futures::Stream + Unpin> NextNow for S {}

async fn reentrant(runtime: &VirtualRuntime) -> Reentrant {
    let sender = Reentrant(Rc::new(Inside {
        runner: OnceCell::new(),
        timer: runtime.timer(),
        sent: RefCell::default(),
        later: RefCell::default(),
    }));
    let runner = SenderRunner::builder(sender.clone()).prepare(runtime.timer()).start(runtime).await.unwrap();
    assert!(sender.0.runner.set(runner).is_ok());
    sender
}

#[test]
fn a_sender_may_enqueue_read_and_cancel_on_its_own_runner() {
    run(|runtime| async move {
        let sender = reentrant(&runtime).await;
        let runner = sender.0.runner.get().unwrap();
        let first = runner.request("enqueues").await.unwrap();
        drop(runner.request("reads").await.unwrap());
        let cancels = runner.request("cancels").await.unwrap();
        *sender.0.later.borrow_mut() = Some(runner.request("never sent").await.unwrap());
        assert_eq!(first.await, Ok("enqueues"));
        assert_eq!(cancels.await, Ok("cancels"));
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(*sender.0.sent.borrow(), ["enqueues", "reads", "cancels", "follows"]);
    });
}

#[test]
fn a_sender_may_close_and_abort_its_own_runner() {
    run(|runtime| async move {
        let sender = reentrant(&runtime).await;
        let runner = sender.0.runner.get().unwrap();
        let closes = runner.request("closes").await.unwrap();
        let queued = runner.request("queued").await.unwrap();
        assert_eq!(closes.await, Ok("closes"));
        assert_eq!(queued.await, Ok("queued"));
        assert_eq!(runner.task().await, Exit::Drained);
    });
    run(|runtime| async move {
        let sender = reentrant(&runtime).await;
        let runner = sender.0.runner.get().unwrap();
        let aborts = runner.request("aborts").await.unwrap();
        drop(runner.request("queued").await.unwrap());
        assert_eq!(aborts.await, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert_eq!(runner.abort().await, ["queued"]);
        assert_eq!(runner.task().await, Exit::Aborted);
    });
}

/// Re-queues several requests for each one, all of them different.
struct Multiply;

impl<S: MessageSender<Request = u32>> SendStrategy<S> for Multiply {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &u32,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        for child in [2 * request, 2 * request + 1] {
            if child < 16 {
                cx.requeue(child).unwrap();
            }
        }
        inner.send(cx, request).await
    }
}

#[test]
fn a_strategy_may_requeue_several_others_even_into_a_full_queue() {
    run(|runtime| async move {
        let sender = ScriptedSender::new(runtime.timer()).replies([Reply::accept().after(ms(1))]);
        let runner = SenderRunner::builder(sender.clone())
            .strategy(Multiply)
            .queue_capacity(1)
            .unwrap()
            .prepare(runtime.timer())
            .start(&runtime)
            .await
            .unwrap();
        drop(runner.request(1).await.unwrap());
        runtime.sleep(ms(100)).await;
        runner.close().await;
        assert!(sender.sends().iter().map(|send| send.request).eq(1..16), "in the order of their re-queuing");
    });
}

#[test]
fn a_requeue_without_end_and_without_time_starves_nobody_and_ends_with_the_runner() {
    run(|runtime| async move {
        let sender = ScriptedSender::new(runtime.timer());
        let runner = SenderRunner::builder(sender.clone())
            .strategy(Requeue::endless())
            .prepare(runtime.timer())
            .start(&runtime)
            .await
            .unwrap();
        runner.request(1).await.unwrap().await.unwrap();
        assert_eq!(runner.close().await, Exit::Drained);
        assert!(sender.sends().len() > 1);
        assert_eq!(runtime.timer().elapsed(), Duration::ZERO);
    });
}

/// The end of a runner's life.
#[derive(Debug, Clone, Copy)]
enum End {
    Close,
    CloseWithTimeout,
    Abort,
    DropHandles,
    DropWorker,
    DropRuntime,
}

#[test]
fn nothing_stays_allocated_whatever_the_end() {
    let ends =
        [End::Close, End::CloseWithTimeout, End::Abort, End::DropHandles, End::DropWorker, End::DropRuntime];
    for end in ends {
        for keep in [
            KeepResults::while_read(),
            KeepResults::always(),
            KeepResults::always().bounded(2, Overflow::Wait).unwrap(),
        ] {
            leaves_nothing::<store::OnHeap>(end, keep);
            leaves_nothing::<store::InLean>(end, keep);
        }
    }
}

fn leaves_nothing<S: Store<ScriptedSender<Rc<()>>>>(end: End, keep: KeepResults) {
    let probe = Rc::new(());
    live_and_die::<S>(end, keep, &probe);
    let store = std::any::type_name::<S>();
    assert_eq!(Rc::strong_count(&probe), 1, "{end:?} with {keep:?} leaves something behind, {store}");
}

/// Runs one life of a runner. Each of its requests and messages holds the probe.
fn live_and_die<S: Store<ScriptedSender<Rc<()>>>>(end: End, keep: KeepResults, probe: &Rc<()>) {
    let runtime = VirtualRuntime::new();
    let replies = [Reply::accept().after(ms(10)), Reply::reject(1), Reply::panic("scripted"), Reply::hang()];
    let sender = ScriptedSender::new(runtime.timer()).replies(replies);
    runtime.block_on(async {
        let builder = SenderRunner::builder(sender)
            .results(keep)
            .queue_capacity(20)
            .unwrap()
            .strategy(Timeout::new(ms(20)).unwrap())
            .strategy(Requeue::cycles(5));
        let prepared = S::prepare(builder, runtime.timer());
        let (runner, worker) = prepared.start_with_task(&runtime).await.unwrap();
        let results = runner.results();
        let mut tickets = Vec::new();
        for _ in 0..10 {
            tickets.push(runner.request(probe.clone()).await.unwrap());
        }
        tickets.pop().unwrap().cancel();
        drop(tickets.split_off(5));
        runtime.sleep(ms(35)).await;
        match end {
            End::Close => drop(runner.close().await),
            End::CloseWithTimeout => drop(runner.close_with_timeout(ms(30)).await),
            End::Abort => drop(runner.abort().await),
            End::DropHandles => {
                let task = runner.task();
                drop((runner, results));
                task.await;
            }
            End::DropWorker => worker.cancel(),
            End::DropRuntime => {}
        }
    });
}
