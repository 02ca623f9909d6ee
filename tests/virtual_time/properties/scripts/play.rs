//! Plays a script on the virtual runtime.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use futures::StreamExt;
use futures::future::{Either, select};
use telegram_sender::runner::{Builder, Exit, KeepResults, Overflow};
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::strategy::{BuiltIn, Chain};
use telegram_sender::testing::{Reply, ScriptedSender, VirtualRuntime, VirtualTask, VirtualTimer};
use telegram_sender::{Delay, Jitter, RateLimiter, Requeue, Retry, SenderRunner, Ticket, Timeout};

use crate::common::store::Store;

use super::{
    Consumer, End, Ending, Fate, Idler, Kind, Outcome, Planned, Request, ResultsKept, Script, Step,
    TicketEnd, TicketRead, WaitsFor, ms,
};

pub(crate) type Sender = ScriptedSender<Request>;
type Runner<Q> = SenderRunner<Sender, VirtualTimer, <Q as Store<Sender>>::Storage>;

fn built_in(kind: &Kind) -> BuiltIn {
    match *kind {
        Kind::RateLimiter { rate, period } => RateLimiter::new(rate, ms(period)).unwrap().into(),
        Kind::Delay(delay) => Delay::new(ms(delay)).into(),
        Kind::Retry { retries, delay, no_answer_too: false } => Retry::new(retries, ms(delay)).into(),
        Kind::Retry { retries, delay, no_answer_too: true } => {
            Retry::new(retries, ms(delay)).on_no_answer().into()
        }
        Kind::Jitter { retries, base } => Jitter::with_seed(retries, ms(base), 0.5, 1).unwrap().into(),
        Kind::Timeout(timeout) => Timeout::new(ms(timeout)).unwrap().into(),
        Kind::RequeueInAll(cycles) => Requeue::cycles(cycles).into(),
        Kind::RequeueEach(cycles) => Requeue::cycles_per_request(cycles).into(),
        Kind::RequeueEndless => Requeue::endless().into(),
    }
}

fn reply(planned: &Planned) -> Reply {
    let reply = match planned.end {
        End::Accept => Reply::accept(),
        End::Reject => Reply::reject(400),
        End::Flood(wait) => Reply::reject(429).retry_after(ms(wait)),
        End::Fail => Reply::fail("unreachable"),
        End::Panic => Reply::panic("scripted"),
        End::Hang => Reply::hang(),
    };
    reply.after(ms(planned.after))
}

fn keep(results: ResultsKept) -> KeepResults {
    match results {
        ResultsKept::WhileRead => KeepResults::while_read(),
        ResultsKept::Always => KeepResults::always(),
        ResultsKept::Never => KeepResults::never(),
        ResultsKept::BoundedWait(capacity) => {
            KeepResults::while_read().bounded(capacity, Overflow::Wait).unwrap()
        }
        ResultsKept::DropOldest(capacity) => {
            KeepResults::always().bounded(capacity, Overflow::DropOldest).unwrap()
        }
    }
}

/// The record that the tasks of a script share.
struct Record<Q: Store<Sender>> {
    tickets: Vec<TicketEnd>,
    kept: Vec<(Request, Ticket<Sender, Q::Storage>)>,
    refused: Vec<Request>,
    answers: Vec<
        telegram_sender::Answer<
            telegram_sender::testing::Accepted<Request>,
            telegram_sender::testing::Rejected,
        >,
    >,
    unsent: Vec<Request>,
    idle_requests: usize,
    /// The numbers of tasks that wait for room and for a response, without the idlers.
    waits_for_room: usize,
    waits_for_response: usize,
}

impl<Q: Store<Sender>> Default for Record<Q> {
    fn default() -> Self {
        Self {
            tickets: vec![],
            kept: vec![],
            refused: vec![],
            answers: vec![],
            unsent: vec![],
            idle_requests: 0,
            waits_for_room: 0,
            waits_for_response: 0,
        }
    }
}

/// Plays `script` to its end, on a runner in a store.
pub(crate) fn play<Q: Store<Sender>>(script: &Script) -> Outcome {
    let runtime = VirtualRuntime::with_seed(script.order);
    let sender = ScriptedSender::new(runtime.timer()).replies(script.replies.iter().map(reply));
    let record = Rc::new(RefCell::new(Record::default()));
    let exit = runtime.block_on(scenes::<Q>(script, &runtime, &sender, &record));
    runtime.run_until_stalled();
    let record = record.take();
    Outcome {
        sends: sender.sends(),
        tickets: record.tickets,
        refused: record.refused,
        answers: record.answers,
        unsent: record.unsent,
        idle_requests: record.idle_requests,
        exit,
        opened: sender.opened(),
        closed: sender.closed(),
        tasks_left: runtime.tasks(),
        sleepers_left: runtime.timer().sleeping(),
    }
}

async fn scenes<Q: Store<Sender>>(
    script: &Script,
    runtime: &VirtualRuntime,
    sender: &Sender,
    record: &Rc<RefCell<Record<Q>>>,
) -> Exit {
    let chain: Chain = script.strategies.iter().map(built_in).collect();
    let mut builder: Builder<Sender> = SenderRunner::builder(sender.clone()).results(keep(script.results));
    if let Some(capacity) = script.capacity {
        builder = builder.queue_capacity(capacity).unwrap();
    }
    let prepared = Q::prepare(builder.strategy(chain), runtime.timer());
    let (runner, worker) = prepared.start_with_task(runtime).await.unwrap();
    let worker = Rc::new(worker);

    let mut scenes = Vec::new();
    for consumer in &script.consumers {
        scenes.push(runtime.spawn(consume(*consumer, runner.clone(), runtime.timer(), record.clone())));
    }
    for (producer, steps) in script.producers.iter().enumerate() {
        let steps = steps.clone();
        scenes.push(runtime.spawn(produce(producer, steps, runner.clone(), runtime.clone(), record.clone())));
    }
    for (number, idler) in script.idlers.iter().enumerate() {
        let request = Request { producer: script.producers.len() + number, number: 0 };
        drop(runtime.spawn(idle(*idler, request, runner.clone(), runtime.timer(), record.clone())));
    }
    let watch = runtime.spawn(nobody_waits_for_who_does_not_move::<Q>(
        script.capacity.unwrap_or(usize::MAX),
        script.results == ResultsKept::Always,
        runner.clone(),
        runtime.timer(),
        record.clone(),
    ));
    for &(at, ending) in &script.endings {
        scenes.push(runtime.spawn(end(
            at,
            ending,
            runner.clone(),
            worker.clone(),
            runtime.timer(),
            record.clone(),
        )));
    }
    // Whatever the endings were, the runner ends here, and no task waits any more.
    runtime.sleep(ms(400)).await;
    watch.cancel();
    let left = runner.results();
    let mut runner = Some(runner);
    let end = async {
        if script.left_alone {
            let task = runner.take().map(|last_handle| last_handle.task());
            task.unwrap().await
        } else {
            runner.as_ref().unwrap().close().await
        }
    };
    // The results are read meanwhile, because a runner that is not closed may wait for its consumers.
    let (exit, left): (_, Vec<_>) = futures::join!(end, left.collect());
    for scene in scenes {
        scene.await;
    }
    // The last tickets may be cancelled a little later.
    runtime.sleep(ms(100)).await;
    let kept = std::mem::take(&mut record.borrow_mut().kept);
    for (request, ticket) in kept {
        settle(request, ticket, record).await;
    }
    let unsent = match runner {
        Some(runner) => runner.abort().await.into_iter().collect(),
        None => Vec::new(),
    };
    let mut record = record.borrow_mut();
    record.answers.extend(left);
    record.unsent.extend(unsent);
    exit
}

async fn settle<Q: Store<Sender>>(
    request: Request,
    mut ticket: Ticket<Sender, Q::Storage>,
    record: &RefCell<Record<Q>>,
) {
    let ended = (&mut ticket).await;
    record.borrow_mut().tickets.push((request, Some(read::<Q>(&ticket, ended))));
}

fn read<Q: Store<Sender>>(ticket: &Ticket<Sender, Q::Storage>, ended: super::Ended) -> TicketRead {
    let attempts = ticket.attempts();
    TicketRead { attempts, may_have_arrived: ticket.may_have_arrived(), ended }
}

async fn consume<Q: Store<Sender>>(
    consumer: Consumer,
    runner: Runner<Q>,
    timer: VirtualTimer,
    record: Rc<RefCell<Record<Q>>>,
) {
    timer.sleep(ms(consumer.from)).await;
    let mut results = runner.results();
    // A consumer must not keep the runner open.
    drop(runner);
    let mut left = consumer.count;
    while left != Some(0) {
        record.borrow_mut().waits_for_response += 1;
        let answer = results.next().await;
        record.borrow_mut().waits_for_response -= 1;
        let Some(answer) = answer else { return };
        record.borrow_mut().answers.push(answer);
        left = left.map(|left| left - 1);
        timer.sleep(ms(consumer.pause)).await;
    }
}

async fn produce<Q: Store<Sender>>(
    producer: usize,
    steps: Vec<Step>,
    runner: Runner<Q>,
    runtime: VirtualRuntime,
    record: Rc<RefCell<Record<Q>>>,
) {
    for (number, step) in steps.into_iter().enumerate() {
        runtime.sleep(ms(step.gap)).await;
        let request = Request { producer, number };
        let enqueued = if step.without_waiting {
            runner.try_request(request)
        } else {
            record.borrow_mut().waits_for_room += 1;
            let enqueued = runner.request(request).await;
            record.borrow_mut().waits_for_room -= 1;
            enqueued
        };
        let ticket = match enqueued {
            Ok(ticket) => ticket,
            Err(refused) => {
                record.borrow_mut().refused.push(refused.into_request());
                continue;
            }
        };
        match step.ticket {
            Fate::Awaited => settle(request, ticket, &record).await,
            Fate::Kept => record.borrow_mut().kept.push((request, ticket)),
            Fate::Dropped => record.borrow_mut().tickets.push((request, None)),
            Fate::CancelledAfter(wait) => {
                let (timer, record) = (runtime.timer(), record.clone());
                drop(runtime.spawn(async move {
                    let mut ticket = ticket;
                    // Wakes up early if the ticket ends first.
                    match select(&mut ticket, pin!(timer.sleep(ms(wait)))).await {
                        Either::Left((ended, _)) => {
                            let ended = read::<Q>(&ticket, ended);
                            record.borrow_mut().tickets.push((request, Some(ended)));
                        }
                        Either::Right(_) => {
                            ticket.cancel();
                            settle(request, ticket, &record).await;
                        }
                    }
                }));
            }
            Fate::CancelledByDropAfter(wait) => {
                let (timer, record) = (runtime.timer(), record.clone());
                drop(runtime.spawn(async move {
                    let ticket = ticket.cancel_on_drop();
                    timer.sleep(ms(wait)).await;
                    drop(ticket);
                    record.borrow_mut().tickets.push((request, None));
                }));
            }
        }
    }
}

async fn end<Q: Store<Sender>>(
    at: u64,
    ending: Ending,
    runner: Runner<Q>,
    worker: Rc<VirtualTask<Result<Exit, telegram_sender::testing::Failed>>>,
    timer: VirtualTimer,
    record: Rc<RefCell<Record<Q>>>,
) {
    timer.sleep(ms(at)).await;
    let unsent = match ending {
        Ending::Close => {
            runner.close().await;
            return;
        }
        Ending::CloseButDropTheFuture => {
            let _ = futures::poll!(pin!(runner.close()));
            return;
        }
        Ending::CloseWithTimeout(timeout) => {
            runner.close_with_timeout(ms(timeout)).await.into_iter().collect()
        }
        Ending::Abort => runner.abort().await.into_iter().collect::<Vec<_>>(),
        Ending::DropTheWorker => return worker.cancel(),
    };
    record.borrow_mut().unsent.extend(unsent);
}

/// A task that can't be woken.
struct Unwakeable;

impl Wake for Unwakeable {
    fn wake(self: Arc<Self>) {
        std::panic::resume_unwind(Box::new("can't wake"));
    }
}

/// Polls a future once, and then keeps it without polling it.
async fn idle<Q: Store<Sender>>(
    idler: Idler,
    request: Request,
    runner: Runner<Q>,
    timer: VirtualTimer,
    record: Rc<RefCell<Record<Q>>>,
) {
    timer.sleep(ms(idler.at)).await;
    let waker = if idler.panics { Arc::new(Unwakeable).into() } else { Waker::noop().clone() };
    let cx = &mut Context::from_waker(&waker);
    match idler.waits_for {
        WaitsFor::Room => {
            let waiting = Box::pin(async move { (runner.request(request).await, runner) });
            let Some((enqueued, _)) = poll_once(waiting, cx, idler.until, &timer).await else { return };
            if enqueued.is_ok() {
                let mut record = record.borrow_mut();
                record.idle_requests += 1;
                record.tickets.push((request, None));
            }
        }
        WaitsFor::Reply => {
            let Ok(ticket) = runner.try_request(request) else { return };
            drop(runner);
            {
                let mut record = record.borrow_mut();
                record.idle_requests += 1;
                record.tickets.push((request, None));
            }
            poll_once(Box::pin(ticket), cx, idler.until, &timer).await;
        }
        WaitsFor::Response => {
            let mut results = runner.results();
            drop(runner);
            let waiting = Box::pin(async move { (results.recv().await, results) });
            if let Some((Some(answer), _)) = poll_once(waiting, cx, idler.until, &timer).await {
                record.borrow_mut().answers.push(answer);
            }
        }
        WaitsFor::End => {
            let task = runner.task();
            drop(runner);
            poll_once(Box::pin(task), cx, idler.until, &timer).await;
        }
    }
}

/// Polls `future` once. Returns its output if it is ready; otherwise drops it after `until`, or forgets it.
async fn poll_once<F: Future + Unpin>(
    mut future: F,
    cx: &mut Context<'_>,
    until: Option<u64>,
    timer: &VirtualTimer,
) -> Option<F::Output> {
    if let Poll::Ready(output) = std::pin::Pin::new(&mut future).poll(cx) {
        return Some(output);
    }
    match until {
        Some(until) => timer.sleep(ms(until)).await,
        None => std::mem::forget(future),
    }
    None
}

/// Checks, whenever no task can run before time passes, that no task waits for room or a response that is there.
async fn nobody_waits_for_who_does_not_move<Q: Store<Sender>>(
    capacity: usize,
    keeps_all_results: bool,
    runner: Runner<Q>,
    timer: VirtualTimer,
    record: Rc<RefCell<Record<Q>>>,
) {
    // The scripts' times are whole milliseconds, so no task is about to run between them.
    timer.sleep(ms(1) / 2).await;
    while !runner.is_closing() {
        timer.sleep(ms(1)).await;
        let record = record.borrow();
        let (queued, stats) = (runner.queued(), runner.stats());
        if Q::HAS_ROOM_FOR_TICKETS && record.waits_for_room > 0 && !runner.is_closing() {
            assert!(queued >= capacity, "{} wait for room beside {queued} requests", record.waits_for_room);
        }
        if keeps_all_results && record.waits_for_response > 0 {
            let published = stats.sent + stats.rejected;
            assert_eq!(
                record.answers.len(),
                published,
                "{} wait beside responses",
                record.waits_for_response
            );
        }
    }
}
