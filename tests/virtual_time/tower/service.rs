//! A bounded runner as a service, over every storage on the heap.

use std::future::poll_fn;

use futures::future::join_all;
use futures::poll;
use telegram_sender::error::CallError;
use telegram_sender::runtime::{Spawner, Timer};
use telegram_sender::testing::{Accepted, Failed, Rejected, VirtualRuntime};
use telegram_sender::tower::ServiceError;
use telegram_sender::{RequestError, SenderRunner};
use tower::{Service, ServiceExt};

use crate::common::store::{RunnerOver, Store, start_built};
use crate::common::{Sender, accepting, ms, now, run, sent};

/// A runner as a service.
trait Called:
    Service<
        &'static str,
        Response = Accepted<&'static str>,
        Error = ServiceError<&'static str, Rejected, Failed>,
        Future: 'static,
    > + Clone
{
}

impl<R> Called for R where
    R: Service<
            &'static str,
            Response = Accepted<&'static str>,
            Error = ServiceError<&'static str, Rejected, Failed>,
            Future: 'static,
        > + Clone
{
}

async fn start_bounded<S: Store<Sender>>(
    runtime: &VirtualRuntime,
    capacity: usize,
) -> (Sender, RunnerOver<S, Sender>) {
    let sender = accepting(runtime, ms(10));
    let builder = SenderRunner::builder(sender.clone()).queue_capacity(capacity).unwrap();
    (sender, start_built::<S, _, _>(runtime, builder).await)
}

/// Waits until a service is ready, as a caller of `poll_ready` sees it.
async fn become_ready<S: Service<R>, R>(service: &mut S) -> Result<(), S::Error> {
    poll_fn(|cx| service.poll_ready(cx)).await
}

fn it_is_not_ready_while_the_queue_is_full<S: Store<Sender>>()
where
    RunnerOver<S, Sender>: Called,
{
    run(|runtime| async move {
        let (sender, mut runner) = start_bounded::<S>(&runtime, 2).await;
        let mut calls = Vec::new();
        for request in ["a", "b", "c", "d"] {
            become_ready(&mut runner).await.unwrap();
            calls.push(runner.call(request));
        }
        // Two requests filled the queue, so the last two waited for room.
        assert_eq!(now(&runtime), 10);
        assert!(join_all(calls).await.into_iter().all(|end| end.is_ok()));
        assert_eq!(sent(&sender), [(0, "a"), (10, "b"), (20, "c"), (30, "d")]);
    });
}

fn being_ready_reserves_nothing<S: Store<Sender>>()
where
    RunnerOver<S, Sender>: Called,
{
    run(|runtime| async move {
        let (_, runner) = start_bounded::<S>(&runtime, 1).await;
        // All of them see that there is room, and none of them calls.
        let mut idle = [runner.clone(), runner.clone(), runner.clone()];
        for handle in &mut idle {
            become_ready(handle).await.unwrap();
        }
        let mut busy = runner.clone();
        for _ in 0..5 {
            assert!(busy.ready().await.unwrap().call("a").await.is_ok());
        }
        // Each handle that waits for room is woken too, although the first does not use the room.
        let filler = busy.ready().await.unwrap().call("a");
        let mut waiting = idle.map(|mut handle| {
            Box::pin(async move {
                become_ready(&mut handle).await.unwrap();
                handle
            })
        });
        for wait in &mut waiting {
            assert!(poll!(wait).is_pending());
        }
        let [first, second, third] = waiting;
        let _idle = first.await;
        let _idle = second.await;
        let mut third = third.await;
        assert!(third.call("b").await.is_ok());
        filler.await.unwrap();
    });
}

fn a_handle_that_was_asked_once_and_left_keeps_nobody_out<S: Store<Sender>>()
where
    RunnerOver<S, Sender>: Called,
{
    run(|runtime| async move {
        let (_, runner) = start_bounded::<S>(&runtime, 1).await;
        let mut fills = runner.clone();
        let queued = [fills.ready().await.unwrap().call("a"), fills.ready().await.unwrap().call("b")];
        let mut left = [runner.clone(), runner.clone(), runner.clone()];
        for handle in &mut left {
            assert!(poll!(poll_fn(|cx| handle.poll_ready(cx))).is_pending());
        }
        let mut moves = runner.clone();
        let (by_handle, by_request) =
            futures::join!(async { moves.ready().await.unwrap().call("c").await }, runner.request("d"));
        assert!(by_handle.is_ok() && by_request.unwrap().await.is_ok());
        assert!(join_all(queued).await.into_iter().all(|end| end.is_ok()));
        // A handle that was left can still become ready.
        let [first, ..] = &mut left;
        assert!(first.ready().await.unwrap().call("e").await.is_ok());
    });
}

fn the_ready_exceed_the_bound_by_one_each_at_most<S: Store<Sender>>()
where
    RunnerOver<S, Sender>: Called,
{
    run(|runtime| async move {
        let (_, runner) = start_bounded::<S>(&runtime, 1).await;
        let mut handles = [runner.clone(), runner.clone(), runner.clone()];
        for handle in &mut handles {
            become_ready(handle).await.unwrap();
        }
        let calls = handles.each_mut().map(|handle| handle.call("a"));
        assert_eq!(runner.queued(), 3);
        for handle in &mut handles {
            assert!(poll!(Box::pin(become_ready(handle))).is_pending());
        }
        assert!(join_all(calls).await.into_iter().all(|end| end.is_ok()));
    });
}

fn a_closing_runner_is_not_ready_and_gives_back_what_it_is_called_with<S: Store<Sender>>()
where
    RunnerOver<S, Sender>: Called,
{
    run(|runtime| async move {
        let (_, runner) = start_bounded::<S>(&runtime, 1).await;
        let (mut ready, mut waiting) = (runner.clone(), runner.clone());
        become_ready(&mut ready).await.unwrap();
        let sending = runner.clone().call("a");
        runtime.timer().sleep(ms(1)).await;
        let queued = runner.clone().call("b");
        let waiting = runtime.spawn(async move { become_ready(&mut waiting).await });
        let closing = runtime.spawn(async move { runner.close().await });
        assert_eq!(waiting.await, Some(Err(ServiceError::NotReady)));
        let refused = ready.call("c").await.unwrap_err();
        assert_eq!(refused, ServiceError::Call(CallError::Refused(RequestError::Closing("c"))));
        assert_eq!(ready.ready().await.unwrap_err(), ServiceError::NotReady);
        assert!(sending.await.is_ok() && queued.await.is_ok());
        closing.await.unwrap();
    });
}

fn a_dropped_call_takes_its_request_back<S: Store<Sender>>()
where
    RunnerOver<S, Sender>: Called,
{
    run(|runtime| async move {
        let (sender, mut runner) = start_bounded::<S>(&runtime, 5).await;
        let first = runner.ready().await.unwrap().call("a");
        drop(runner.ready().await.unwrap().call("b"));
        let last = runner.ready().await.unwrap().call("c");
        assert!(first.await.is_ok() && last.await.is_ok());
        assert_eq!(sent(&sender), [(0, "a"), (10, "c")]);
    });
}

over_heap_storages!(
    it_is_not_ready_while_the_queue_is_full,
    being_ready_reserves_nothing,
    a_handle_that_was_asked_once_and_left_keeps_nobody_out,
    the_ready_exceed_the_bound_by_one_each_at_most,
    a_closing_runner_is_not_ready_and_gives_back_what_it_is_called_with,
    a_dropped_call_takes_its_request_back,
);
