//! When a request may have arrived: never before there is a connection.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use smol::channel::bounded;
use smol::future::or;
use telegram_sender::MessageSender as _;
use telegram_sender::runtime::Timer as _;
use telegram_sender::sender::Delivery;
use telegram_sender::telegram::TelegramSender;

use super::own::{self, Fake};
use super::raw::{Raw, Refusing, accept, read_to_end};
use super::server::{Reply, Server};
use super::{RUNTIME, accepted, builder, hello, sender, within};

/// Sends until `dropped` is ready. Returns true if the request may have arrived by then.
async fn has_begun_when(dropped: impl Future<Output = ()>, sender: &TelegramSender) -> bool {
    let delivery = Delivery::new();
    let send = async { Some(sender.deliver(&hello(), &delivery).await) };
    let answer = or(send, async {
        dropped.await;
        None
    });
    assert!(answer.await.is_none());
    delivery.has_begun()
}

async fn connects(connector: &own::Connector, connects: usize) {
    while connector.connects() < connects {
        smol::future::yield_now().await;
    }
}

/// The listener does not accept. Once its backlog is full, the system answers no more connects.
#[cfg(target_os = "linux")]
#[test]
fn nothing_arrived_while_tcp_connects() {
    use std::net::{TcpListener, TcpStream};

    const MANY: usize = 500;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connect = |_| TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok();
    let queued: Vec<TcpStream> = (0..MANY).map_while(connect).collect();
    assert!(queued.len() < MANY, "the system queues more than is known here");
    let sender = builder(&format!("http://{address}")).build_on(RUNTIME);
    let a_while = async { RUNTIME.sleep(Duration::from_millis(100)).await };
    assert!(!within(has_begun_when(a_while, &sender)));
}

#[test]
fn nothing_arrived_while_tls_connects() {
    let (hello, client_says_hello) = bounded(1);
    let server = Raw::start(move |listener| {
        let mut stream = accept(listener);
        stream.read_exact(&mut [0]).unwrap();
        hello.try_send(()).unwrap();
        read_to_end(&mut stream)
    });
    let sender = builder(&server.tls_url()).build_on(RUNTIME);
    within(async {
        assert!(!has_begun_when(async { client_says_hello.recv().await.unwrap() }, &sender).await);
        // The client gives up the connection too.
        server.outcome.recv().await.unwrap();
    });
}

#[test]
fn nothing_arrived_while_a_kept_connection_is_replaced() {
    let ended = Arc::new(AtomicBool::new(false));
    let connector = own::Connector::new({
        let ended = ended.clone();
        move |_| Ok(Fake::answering(&accepted(1), ended.clone()))
    })
    .at_most(1);
    // The executor is on the test's thread, so the end of the connection is noticed before the next send.
    let executor = Arc::new(smol::Executor::new());
    let sender = builder("http://any.test").build_with(connector.clone(), own::SameThread(executor.clone()));
    within(executor.run(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        ended.store(true, Ordering::SeqCst);
        while executor.try_tick() {}
        assert!(!has_begun_when(connects(&connector, 2), &sender).await);
    }));
}

#[test]
fn nothing_arrived_where_no_connection_is_made() {
    let refusing = Refusing::new();
    let delivery = Delivery::new();
    let sender = builder(&format!("http://{}", refusing.address())).build_on(RUNTIME);
    within(sender.deliver(&hello(), &delivery)).unwrap_err();
    assert!(!delivery.has_begun());
}

#[test]
fn a_request_that_the_server_has_may_have_arrived() {
    let server = Server::start([Reply::silence(), accepted(2), Reply::silence()]);
    let sender = sender(&server);
    within(async {
        let seen = || async { drop(server.seen.recv().await.unwrap()) };
        assert!(has_begun_when(seen(), &sender).await);
        sender.send_message(&hello()).await.unwrap().unwrap();
        seen().await;
        // This one is on a kept connection.
        assert!(has_begun_when(seen(), &sender).await);
    });
}

#[test]
fn an_answered_request_has_begun() {
    let server = Server::start([accepted(1)]);
    let delivery = Delivery::new();
    within(sender(&server).deliver(&hello(), &delivery)).unwrap().unwrap();
    assert!(delivery.has_begun());
}
