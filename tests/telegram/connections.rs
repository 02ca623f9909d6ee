//! How connections are opened, kept, lost and given up.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use smol::future::or;
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::TelegramError;

use super::own::{self, Fake};
use super::raw::Refusing;
use super::server::{Reply, Server};
use super::{RUNTIME, accepted, answer_to, builder, hello, sender, within};

#[test]
fn a_connection_is_used_again() {
    let server = Server::start((1..=100).map(accepted));
    let sender = sender(&server);
    within(async {
        for id in 1..=100 {
            assert_eq!(sender.send_message(&hello()).await.unwrap().unwrap().message_id(), id);
            assert_eq!(server.seen.recv().await.unwrap().connection, 0);
        }
    });
}

#[test]
fn a_rejection_leaves_its_connection_usable() {
    let rejected = Reply::json(400, &serde_json::json!({ "ok": false, "error_code": 400 }));
    let server = Server::start([rejected, accepted(2)]);
    let sender = sender(&server);
    within(async {
        sender.send_message(&hello()).await.unwrap().unwrap_err();
        sender.send_message(&hello()).await.unwrap().unwrap();
    });
    assert_eq!([server.request().connection, server.request().connection], [0, 0]);
}

#[test]
fn a_connection_closed_while_idle_is_replaced() {
    let server = Server::start([accepted(1).then_close(), accepted(2)]);
    let sender = sender(&server);
    within(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        assert_eq!(server.closed.recv().await.unwrap(), 0);
        sender.send_message(&hello()).await.unwrap().unwrap();
    });
    assert_eq!([server.request().connection, server.request().connection], [0, 1]);
}

#[test]
fn a_dropped_send_takes_its_connection_with_it() {
    let server = Server::start([accepted(1), Reply::silence(), accepted(3)]);
    let sender = sender(&server);
    within(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        assert_eq!(server.seen.recv().await.unwrap().connection, 0);
        let arrived = async {
            assert_eq!(server.seen.recv().await.unwrap().connection, 0);
            None
        };
        assert!(or(async { Some(sender.send_message(&hello()).await) }, arrived).await.is_none());
        assert_eq!(server.closed.recv().await.unwrap(), 0);
        assert_eq!(sender.send_message(&hello()).await.unwrap().unwrap().message_id(), 3);
        assert_eq!(server.seen.recv().await.unwrap().connection, 1);
    });
}

#[test]
fn a_send_dropped_in_the_middle_of_an_answer_takes_its_connection_with_it() {
    let half = Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"ok\":true").then_wait();
    let server = Server::start([half, accepted(2)]);
    let sender = sender(&server);
    within(async {
        let arrived = async {
            server.seen.recv().await.unwrap();
            None
        };
        assert!(or(async { Some(sender.send_message(&hello()).await) }, arrived).await.is_none());
        assert_eq!(server.closed.recv().await.unwrap(), 0);
        assert_eq!(sender.send_message(&hello()).await.unwrap().unwrap().message_id(), 2);
    });
}

#[test]
fn closing_drops_idle_connections_and_is_not_final() {
    let server = Server::start([accepted(1), accepted(2)]);
    let sender = sender(&server);
    within(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        sender.close().await;
        assert_eq!(server.closed.recv().await.unwrap(), 0);
        sender.send_message(&hello()).await.unwrap().unwrap();
    });
}

#[test]
fn a_refused_connection_says_so() {
    let refusing = Refusing::new();
    let error =
        within(builder(&format!("http://{}", refusing.address())).build_on(RUNTIME).send_message(&hello()))
            .unwrap_err();
    assert!(matches!(&error, TelegramError::Connect { kind: io::ErrorKind::ConnectionRefused, .. }));
    assert!(error.is_connect() && !error.may_have_arrived());
    assert!(error.to_string().starts_with("could not connect to the server (Connection refused"));
}

#[test]
fn a_name_without_an_address_says_so() {
    let sender = builder("https://bot-api.invalid").build_on(RUNTIME);
    let error = within(sender.send_message(&hello())).unwrap_err();
    assert!(matches!(&error, TelegramError::Resolve { .. }), "{error:?}");
    assert!(error.is_connect() && !error.may_have_arrived());
}

#[test]
fn a_broken_answer_may_have_arrived() {
    for half in ["", "HTTP/1.1 200 OK\r\nconte", "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"ok\":true"]
    {
        let error = answer_to(Reply::raw(half).then_close()).unwrap_err();
        assert!(matches!(&error, TelegramError::Disconnected { sent: true, .. }), "{half:?}: {error:?}");
        assert!(error.may_have_arrived() && !error.is_connect());
    }
}

#[test]
fn a_connection_that_breaks_first_has_sent_nothing() {
    let connector = own::Connector::new(|_| Ok(Fake::dead()));
    let sender = builder("http://any.test").build_with(connector.clone(), own::Threads);
    let error = within(sender.send_message(&hello())).unwrap_err();
    assert!(matches!(&error, TelegramError::Disconnected { sent: false, .. }), "{error:?}");
    assert!(!error.may_have_arrived());
    assert_eq!(connector.connects(), 1, "a new connection that breaks is no reason to try another");
}

/// Returns a connector to connections in memory. The first of them ends when `ended` is set, without a wake.
fn connections_of_which_the_first_ends(ended: &Arc<AtomicBool>) -> own::Connector {
    let ended = ended.clone();
    own::Connector::new(move |connect| {
        Ok(Fake::answering(&accepted(7), if connect == 0 { ended.clone() } else { Arc::default() }))
    })
}

/// No real server can be made to hit this moment: the connection looks alive when it is taken, and proves closed
/// when the request is about to be written.
#[test]
fn what_was_not_written_goes_to_another_connection() {
    let ended = Arc::new(AtomicBool::new(false));
    let connector = connections_of_which_the_first_ends(&ended);
    // The executor is on the test's thread, so the connection is not polled while the test runs.
    let executor = Arc::new(smol::Executor::new());
    let sender = builder("http://any.test").build_with(connector.clone(), own::SameThread(executor.clone()));
    within(executor.run(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        while executor.try_tick() {}
        ended.store(true, Ordering::SeqCst);
        sender.send_message(&hello()).await.unwrap().unwrap();
    }));
    assert_eq!(connector.connects(), 2);
}

/// The connection may notice its end before, while or after the request reaches it. In each case the send ends.
#[test]
fn a_connection_that_ends_as_a_request_comes_leaves_nobody_waiting() {
    for _ in 0..200 {
        let ended = Arc::new(AtomicBool::new(false));
        let connector = connections_of_which_the_first_ends(&ended);
        let sender = builder("http://any.test").build_with(connector.clone(), own::Threads);
        within(async {
            sender.send_message(&hello()).await.unwrap().unwrap();
            ended.store(true, Ordering::SeqCst);
            match sender.send_message(&hello()).await {
                Ok(sent) => assert!(sent.is_ok() && connector.connects() == 2),
                Err(error) => assert!(error.may_have_arrived() && connector.connects() == 1, "{error:?}"),
            }
        });
    }
}

#[test]
fn what_was_written_is_never_sent_again() {
    let server = Server::start([accepted(1), Reply::raw("").then_close(), accepted(3)]);
    let sender = sender(&server);
    within(async {
        sender.send_message(&hello()).await.unwrap().unwrap();
        let error = sender.send_message(&hello()).await.unwrap_err();
        assert!(error.may_have_arrived(), "{error:?}");
    });
    assert_eq!(server.seen.len(), 2);
}
