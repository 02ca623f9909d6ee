//! How tickets end.

use telegram_sender::{NoAnswer, SendError, SenderRunner, Timeout};

use super::{Backend, ms, start};
use crate::sender::{Failed, Rejected, Scripted, accept, fail, gated, hang, panic, reject};

pub(crate) fn each_ticket_ends_as_its_send_did(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        assert_eq!(runner.request(accept(1)).await.unwrap().await, Ok(1));
        let rejected = Rejected { id: 2, wait: None };
        assert_eq!(runner.request(reject(2)).await.unwrap().await, Err(SendError::Rejected(rejected)));
        let failed = NoAnswer::Failed(Failed(3));
        assert_eq!(runner.request(fail(3)).await.unwrap().await, Err(SendError::NoAnswer(failed)));
    });
}

pub(crate) fn a_panic_fails_its_own_ticket_only(on: Backend) {
    on.run(async |env| {
        let (runner, _) = start(&env).await;
        let tickets = [runner.request(panic(1)).await.unwrap(), runner.request(accept(2)).await.unwrap()];
        let [panicked, next] = tickets;
        let Err(SendError::NoAnswer(NoAnswer::Panicked(panic))) = panicked.await else {
            panic!("not as a panic")
        };
        assert_eq!(panic.message(), "scripted");
        assert_eq!(next.await, Ok(2));
    });
}

pub(crate) fn a_send_that_hangs_times_out_and_the_next_one_goes(on: Backend) {
    on.run(async |env| {
        let (sender, _) = Scripted::new();
        let builder = SenderRunner::builder(sender).strategy(Timeout::new(ms(2)).unwrap());
        let runner = builder.prepare(env.timer()).start(env.spawner()).await.unwrap();
        let tickets = [runner.request(hang(1)).await.unwrap(), runner.request(accept(2)).await.unwrap()];
        let [hung, next] = tickets;
        assert_eq!(hung.await, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
        assert_eq!(next.await, Ok(2));
    });
}

pub(crate) fn a_cancelled_request_is_never_sent(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let (held, gate) = gated(1);
        let mut held = runner.request(held).await.unwrap();
        let mut cancelled = runner.request(accept(2)).await.unwrap();
        let dropped = runner.request(accept(3)).await.unwrap().cancel_on_drop();
        let last = runner.request(accept(4)).await.unwrap();
        assert_eq!(sends.next().await, 1);
        assert!(cancelled.cancel());
        assert_eq!(cancelled.await, Err(SendError::NoAnswer(NoAnswer::Cancelled)));
        drop(dropped);
        drop(gate);
        assert_eq!(((&mut held).await, last.await), (Ok(1), Ok(4)));
        assert!(!held.cancel(), "it has ended");
        assert_eq!(sends.rest(), [4]);
    });
}

pub(crate) fn a_dropped_tickets_request_is_sent_all_the_same(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        drop(runner.request(accept(1)).await.unwrap());
        assert_eq!(sends.next().await, 1);
    });
}
