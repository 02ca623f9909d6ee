//! Sends that are dropped while their request is being written leave nothing behind.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use smol::channel::{Receiver, Sender, bounded};
use smol::future::or;
use telegram_sender::telegram::{TelegramError, TelegramSender};
use telegram_sender::{MessageSender as _, NoAnswer, SendError, SenderRunner, Timeout};

use super::own::{self, Fake};
use super::raw::{HUGE, Raw, accept, huge, read_head, read_to_end};
use super::{RUNTIME, accepted, builder, hello, within};

/// A server that reads the head of a request, and the rest only after `read_on`.
struct Slow {
    server: Raw<usize>,
    head_is_read: Receiver<()>,
    read_on: Sender<()>,
}

impl Slow {
    fn start(first: impl FnOnce(&mut TcpStream) + Send + 'static) -> Self {
        let (head, head_is_read) = bounded(1);
        let (read_on, go) = bounded(1);
        let server = Raw::start(move |listener| {
            let mut stream = accept(listener);
            first(&mut stream);
            read_head(&mut stream);
            head.try_send(()).unwrap();
            go.recv_blocking().unwrap();
            read_to_end(&mut stream)
        });
        Self { server, head_is_read, read_on }
    }

    fn sender(&self) -> TelegramSender {
        builder(&self.server.url()).build_on(RUNTIME)
    }

    async fn head_is_read(&self) {
        self.head_is_read.recv().await.unwrap();
    }

    async fn gets_no_whole_request(self) {
        self.read_on.try_send(()).unwrap();
        assert!(self.server.outcome.recv().await.unwrap() < HUGE);
    }
}

/// Sends a request that never gets through, until `dropped` is ready.
async fn send_until(dropped: impl Future<Output = ()>, sender: &TelegramSender) {
    let send = async { Some(sender.send_message(&huge()).await) };
    let answer = or(send, async {
        dropped.await;
        None
    });
    assert!(answer.await.is_none(), "the request was written");
}

#[test]
fn a_request_ends_with_its_send_whatever_was_written() {
    let slow = Slow::start(|_| {});
    let sender = slow.sender();
    within(async {
        send_until(slow.head_is_read(), &sender).await;
        slow.gets_no_whole_request().await;
    });
}

#[test]
fn a_request_on_a_kept_connection_ends_with_its_send() {
    let slow = Slow::start(|stream| {
        read_head(stream);
        // The next `read_head` reads the body of `hello` too.
        stream.write_all(accepted(1).bytes()).unwrap();
    });
    let sender = slow.sender();
    within(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        send_until(slow.head_is_read(), &sender).await;
        slow.gets_no_whole_request().await;
    });
}

#[test]
fn a_request_that_timed_out_never_arrives_later() {
    let (read_on, go) = bounded::<()>(1);
    let server = Raw::start(move |listener| {
        let mut stream = accept(listener);
        go.recv_blocking().unwrap();
        read_to_end(&mut stream)
    });
    within(async {
        let runner = SenderRunner::builder(builder(&server.url()).build_on(RUNTIME))
            .strategy(Timeout::new(Duration::from_millis(500)).unwrap())
            .prepare(RUNTIME)
            .start(RUNTIME)
            .await
            .unwrap();
        let ticket = runner.request(huge()).await.unwrap();
        assert_eq!(ticket.await, Err(SendError::NoAnswer(NoAnswer::TimedOut)));
        runner.close().await;
        read_on.try_send(()).unwrap();
        assert!(server.outcome.recv().await.unwrap() < HUGE);
    });
}

#[test]
fn an_aborted_runner_leaves_no_request_behind() {
    let slow = Slow::start(|_| {});
    within(async {
        let runner = SenderRunner::builder(slow.sender()).prepare(RUNTIME).start(RUNTIME).await.unwrap();
        let ticket = runner.request(huge()).await.unwrap();
        slow.head_is_read().await;
        runner.abort().await;
        assert!(ticket.await.is_err());
        slow.gets_no_whole_request().await;
    });
}

/// Uses a user's own executor, and a stream that takes no byte.
#[test]
fn a_dropped_send_drops_its_stream() {
    let (fake, dropped) = Fake::stuck();
    let fake = std::sync::Mutex::new(Some(fake));
    let connector = own::Connector::new(move |_| Ok(fake.lock().unwrap().take().unwrap()));
    let sender = builder("http://any.test").build_with(connector.clone(), own::Threads);
    within(async {
        let connected = async {
            while connector.connects() == 0 {
                smol::future::yield_now().await;
            }
        };
        send_until(connected, &sender).await;
        assert!(dropped.recv().await.is_err());
    });
}

/// The system may take all of the request, which then may arrive. The connection is closed anyway.
#[test]
fn a_small_request_ends_with_its_send_too() {
    let (head, head_is_read) = bounded(1);
    let server = Raw::start(move |listener| {
        let mut stream = accept(listener);
        read_head(&mut stream);
        head.try_send(()).unwrap();
        read_to_end(&mut stream)
    });
    let sender = builder(&server.url()).build_on(RUNTIME);
    within(async {
        let answer: Option<Result<_, TelegramError>> =
            or(async { Some(sender.send_message(&hello()).await) }, async {
                head_is_read.recv().await.unwrap();
                None
            })
            .await;
        assert!(answer.is_none());
        server.outcome.recv().await.unwrap();
    });
}
