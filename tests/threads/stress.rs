//! Many producers on real threads, a small queue, a sender that fails at random: every ticket resolves once, results
//! and tickets agree, each producer's order holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use telegram_sender::RequestId;
use telegram_sender::runner::Exit;
use telegram_sender::storage::{Heap, Lean};
use telegram_sender::{MessageResponse, MessageSender, NoAnswer, SendError, SenderRunner, Smol};

const PRODUCERS: usize = 8;
const REQUESTS: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbered {
    producer: usize,
    number: usize,
}

/// Accepts, rejects, fails, panics or dawdles at random.
struct Moody {
    dice: Mutex<fastrand::Rng>,
    sent: Mutex<Vec<Numbered>>,
}

impl MessageSender for Moody {
    type Request = Numbered;
    type Message = Numbered;
    type Rejection = Numbered;
    type Error = Numbered;

    async fn send_message(&self, request: &Numbered) -> Result<MessageResponse<Self>, Numbered> {
        self.sent.lock().unwrap().push(*request);
        let roll = self.dice.lock().unwrap().u32(..1000);
        match roll {
            0..100 => Ok(Err(*request)),
            100..200 => Err(*request),
            // Skips the panic hook and its message.
            200..210 => std::panic::resume_unwind(Box::new("moody")),
            210..400 => {
                smol::future::yield_now().await;
                Ok(Ok(*request))
            }
            _ => Ok(Ok(*request)),
        }
    }
}

/// Sends the requests through a runner over `$storage`.
macro_rules! a_hundred_thousand_requests {
    ($storage:expr) => {{
        let seed = fastrand::u64(..);
        println!("seed {seed}");
        let sender =
            Arc::new(Moody { dice: Mutex::new(fastrand::Rng::with_seed(seed)), sent: Mutex::default() });
        let executor = smol::Executor::new();
        let (stop, stopped) = async_channel::bounded::<()>(1);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| smol::block_on(executor.run(stopped.recv())));
            }
            let (tickets, answers) = smol::block_on(async {
                let runner = SenderRunner::builder(Arc::clone(&sender))
                    .queue_capacity(64)
                    .unwrap()
                    .prepare_in($storage, Smol)
                    .unwrap()
                    .start(&executor)
                    .await
                    .unwrap();
                let results = executor.spawn(runner.results().collect::<Vec<_>>());
                let producers: Vec<_> = (0..PRODUCERS)
                    .map(|producer| {
                        let runner = runner.clone();
                        executor.spawn(async move {
                            let mut ends = Vec::new();
                            let mut waiting = Vec::new();
                            for number in 0..REQUESTS / PRODUCERS {
                                waiting.push(runner.request(Numbered { producer, number }).await.unwrap());
                                if waiting.len() == 1 + number % 50 {
                                    for mut ticket in waiting.drain(..) {
                                        let end = (&mut ticket).await;
                                        assert_eq!(ticket.attempts(), 1);
                                        ends.push((ticket.id(), end));
                                    }
                                }
                            }
                            for ticket in waiting {
                                ends.push((ticket.id(), ticket.await));
                            }
                            ends
                        })
                    })
                    .collect();
                let mut tickets = Vec::new();
                for producer in producers {
                    tickets.push(producer.await);
                }
                assert_eq!(runner.close().await, Exit::Drained);
                (tickets, results.await)
            });
            drop(stop);
            check(&tickets, answers, &sender.sent.lock().unwrap());
        });
    }};
}

#[test]
fn a_hundred_thousand_requests_from_eight_producers_through_a_bounded_queue() {
    a_hundred_thousand_requests!(<Heap<_>>::new());
}

#[test]
fn a_hundred_thousand_requests_from_eight_producers_through_a_bounded_lean_storage() {
    a_hundred_thousand_requests!(<Lean<_>>::new());
}

/// Cancels requests while their turns begin on another thread. A request that was cancelled before its turn is not
/// sent.
macro_rules! cancels_at_the_last_moment {
    ($storage:expr) => {{
        let sender =
            Arc::new(Moody { dice: Mutex::new(fastrand::Rng::with_seed(1)), sent: Mutex::default() });
        let mut before_its_turn = Vec::new();
        let (runner, worker) =
            SenderRunner::builder(Arc::clone(&sender)).prepare_in($storage, Smol).unwrap().run();
        std::thread::scope(|threads| {
            let worker = threads.spawn(|| smol::block_on(worker));
            let mut random = fastrand::Rng::new();
            for number in 0..REQUESTS {
                let request = Numbered { producer: 0, number };
                let mut ticket = smol::block_on(runner.request(request)).unwrap();
                for _ in 0..random.u32(..60) {
                    std::hint::spin_loop();
                }
                if ticket.cancel() && !ticket.may_have_arrived() {
                    before_its_turn.push(request);
                    assert_eq!(smol::block_on(ticket), Err(SendError::NoAnswer(NoAnswer::Cancelled)));
                }
            }
            smol::block_on(runner.close());
            assert!(matches!(worker.join().unwrap(), Ok(Exit::Drained)));
        });
        let sent: std::collections::HashSet<_> =
            sender.sent.lock().unwrap().iter().map(|sent| sent.number).collect();
        let both = before_its_turn.iter().filter(|request| sent.contains(&request.number)).count();
        println!("{} cancelled before their turn, {} sent", before_its_turn.len(), sent.len());
        assert_eq!(both, 0, "requests were cancelled before their turn, and sent");
        assert_eq!(runner.stats().cancelled, REQUESTS - sent.len());
    }};
}

#[test]
fn a_request_that_was_cancelled_before_its_turn_is_not_sent() {
    cancels_at_the_last_moment!(<Heap<_>>::new());
}

#[test]
fn a_request_that_was_cancelled_before_its_turn_is_not_sent_in_lean_storage() {
    cancels_at_the_last_moment!(<Lean<_>>::new());
}

type End = Result<Numbered, SendError<Numbered, Numbered>>;

fn check(
    tickets: &[Vec<(RequestId, End)>],
    answers: Vec<telegram_sender::Answer<Numbered, Numbered>>,
    sent: &[Numbered],
) {
    // Every request was sent once, each producer's in order.
    assert_eq!(sent.len(), REQUESTS);
    let mut next = [0; PRODUCERS];
    for request in sent {
        assert_eq!(request.number, next[request.producer]);
        next[request.producer] += 1;
    }
    // Every ticket resolved, with its own request.
    let mut answered = HashMap::new();
    for (producer, ends) in tickets.iter().enumerate() {
        assert_eq!(ends.len(), REQUESTS / PRODUCERS);
        for (number, (id, end)) in ends.iter().enumerate() {
            let expected = Numbered { producer, number };
            match end {
                Ok(numbered) | Err(SendError::Rejected(numbered)) => {
                    assert_eq!(*numbered, expected);
                    assert!(answered.insert(*id, end.as_ref().ok().copied()).is_none());
                }
                Err(SendError::NoAnswer(NoAnswer::Failed(numbered))) => assert_eq!(*numbered, expected),
                Err(SendError::NoAnswer(NoAnswer::Panicked(_))) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    // The results are the responses of the tickets.
    assert_eq!(answers.len(), answered.len());
    for answer in answers {
        assert_eq!(answered.remove(&answer.id), Some(answer.response.ok()));
    }
}
