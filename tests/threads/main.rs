//! Random lives of runners on a multi-threaded executor: the promises hold under real interleavings too.
//!
//! They run for `STRESS_SECONDS` (5), one seed after another. `STRESS_SEED` runs the life of that seed again and
//! again.

#![cfg(feature = "smol")]

mod lives;
#[cfg(feature = "testing")]
mod send;
mod stress;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::future::FutureExt;
use smol::Executor;
use smol::future::yield_now;
use telegram_sender::runner::Builder;
use telegram_sender::storage::{Lean, Storage};
use telegram_sender::strategy::Identity;
use telegram_sender::{
    Answer, CompositeStrategy, MessageResponse, MessageSender, NoAnswer, Retry, SendError, Smol,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    producer: usize,
    number: usize,
}

/// Accepts, rejects, fails or panics, after some turns of the executor.
struct Moody {
    dice: Mutex<fastrand::Rng>,
    /// Requests in the order of their sends; a rejected one is sent twice.
    sent: Mutex<Vec<Request>>,
    closed: Mutex<u32>,
}

impl MessageSender for Moody {
    type Request = Request;
    type Message = Request;
    type Rejection = Request;
    type Error = Request;

    async fn send_message(&self, request: &Request) -> Result<MessageResponse<Self>, Request> {
        self.sent.lock().unwrap().push(*request);
        let (turns, end) = {
            let mut dice = self.dice.lock().unwrap();
            (dice.u32(..4), dice.u32(..20))
        };
        for _ in 0..turns {
            yield_now().await;
        }
        match end {
            0..2 => Ok(Err(*request)),
            2..4 => Err(*request),
            4 => std::panic::resume_unwind(Box::new("moody")),
            _ => Ok(Ok(*request)),
        }
    }

    async fn close(&self) {
        yield_now().await;
        *self.closed.lock().unwrap() += 1;
    }
}

/// A builder, ready to be prepared over a storage.
type Lively = Builder<Arc<Moody>, CompositeStrategy<Identity, Retry>>;
type End = Result<Request, SendError<Request, Request>>;

/// The outcome of one life.
#[derive(Default)]
struct Life {
    ended: Vec<(Request, Option<End>)>,
    refused: Vec<Request>,
    unsent: Vec<Request>,
    answers: Vec<Answer<Request, Request>>,
}

/// A storage that threads share.
trait Shared:
    Storage<Arc<Moody>, ReplyReceiver: Send, Wait: Send + Sync, Responses: Send, Unsent: Send>
    + Send
    + Sync
    + 'static
{
}

impl<Q> Shared for Q where
    Q: Storage<Arc<Moody>, ReplyReceiver: Send, Wait: Send + Sync, Responses: Send, Unsent: Send>
        + Send
        + Sync
        + 'static
{
}

#[test]
fn random_lives_on_the_heap() {
    repeat(&async |seed, executor| {
        lives::live(seed, executor, async |builder| builder.prepare(Smol).start(executor).await.unwrap())
            .await;
    });
}

#[test]
fn random_lives_in_the_lean_storage() {
    repeat(&async |seed, executor| {
        let start = async |builder: Lively| {
            builder.prepare_in(Lean::new(), Smol).unwrap().start(executor).await.unwrap()
        };
        lives::live(seed, executor, start).await;
    });
}

/// Runs one life after another.
fn repeat(live: &impl AsyncFn(u64, &Executor<'static>)) {
    let number = |name| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    let one = number("STRESS_SEED");
    let budget = Duration::from_secs(number("STRESS_SECONDS").unwrap_or(5));
    let executor = Arc::new(Executor::new());
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (executor, stopped) = (executor.clone(), stopped.clone());
            std::thread::spawn(move || smol::block_on(executor.run(stopped.recv())))
        })
        .collect();
    let begun = Instant::now();
    let mut lives = 0;
    let mut seed = one.unwrap_or_else(|| fastrand::u64(..));
    while begun.elapsed() < budget {
        let ended = AssertUnwindSafe(live(seed, &executor)).catch_unwind();
        assert!(
            smol::block_on(ended).is_ok(),
            "to see it again, perhaps: STRESS_SEED={seed} cargo test --all-features --test threads"
        );
        lives += 1;
        seed = one.unwrap_or_else(|| seed.wrapping_add(1));
    }
    println!("{lives} lives up to seed {seed}");
    assert!(lives > 0);
    drop(stop);
    for thread in threads {
        let _ = thread.join().unwrap();
    }
}

fn check(life: &Life, sends: &[Request], made: usize) {
    let distinct = |requests: &[Request]| requests.iter().copied().collect::<BTreeSet<_>>();
    let ended: Vec<_> = life.ended.iter().map(|(request, _)| *request).collect();
    let (refused, unsent, sent) = (distinct(&life.refused), distinct(&life.unsent), distinct(sends));
    assert_eq!((distinct(&ended).len(), refused.len()), (ended.len(), life.refused.len()), "ended twice");
    assert_eq!(ended.len() + refused.len(), made, "a request neither ended nor came back");
    assert_eq!(unsent.len(), life.unsent.len(), "an unsent request came back twice");
    assert!(sent.is_disjoint(&refused) && sent.is_disjoint(&unsent), "what came back was sent");

    let mut next = std::collections::BTreeMap::new();
    let mut firsts = sends.to_vec();
    firsts.dedup();
    for request in firsts {
        let before = next.insert(request.producer, request.number);
        assert!(before < Some(request.number), "{request:?} was overtaken or sent again later");
    }

    let answers: BTreeSet<_> = life.answers.iter().map(|answer| answer.id).collect();
    assert_eq!(answers.len(), life.answers.len(), "a response was yielded twice");
    let answered: Vec<_> =
        life.answers.iter().map(|answer| answer.response.unwrap_or_else(|rejected| rejected)).collect();
    let answered = distinct(&answered);
    for (request, end) in &life.ended {
        match end {
            Some(Ok(of) | Err(SendError::Rejected(of))) => {
                assert_eq!(of, request, "another request's answer");
                assert!(answered.contains(request), "{request:?} has a response that is no result");
            }
            Some(Err(SendError::NoAnswer(NoAnswer::Failed(of)))) => {
                assert_eq!(of, request, "another request's failure");
                assert!(!answered.contains(request), "{request:?} has no answer and a result");
            }
            Some(Err(SendError::NoAnswer(NoAnswer::Aborted))) => {
                assert!(unsent.contains(request), "{request:?} was aborted and did not come back");
            }
            Some(Err(SendError::NoAnswer(NoAnswer::Stopped))) => panic!("{request:?} was stopped"),
            Some(Err(_)) | None => {}
        }
    }
}
