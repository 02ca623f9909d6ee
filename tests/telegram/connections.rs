//! How connections are opened, kept, lost and given up.

use std::io;
use std::net::TcpListener;

use smol::future::or;
use telegram_sender::MessageSender as _;
use telegram_sender::telegram::TelegramError;

use crate::server::{Reply, Server};
use crate::{accepted, answer_to, builder, hello, sender, within};

#[test]
fn a_connection_is_used_again() {
    let server = Server::start([accepted(1), accepted(2), accepted(3)]);
    let sender = sender(&server);
    within(async {
        for id in 1..=3 {
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
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = within(builder(&format!("http://{address}")).build().send_message(&hello())).unwrap_err();
    assert!(matches!(&error, TelegramError::Connect { kind: io::ErrorKind::ConnectionRefused, .. }));
    assert!(error.is_connect() && !error.may_have_arrived());
    assert!(error.to_string().starts_with("could not connect to the server (Connection refused"));
}

#[test]
fn a_name_without_an_address_says_so() {
    let sender = builder("https://bot-api.invalid").build();
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
    let sender = builder("http://any.test").build_with(own::Connector(Ok(())), own::Threads);
    let error = within(sender.send_message(&hello())).unwrap_err();
    assert!(matches!(&error, TelegramError::Disconnected { sent: false, .. }), "{error:?}");
    assert!(!error.may_have_arrived());
}

/// A runtime of one's own, as [`build_with`](telegram_sender::telegram::TelegramSenderBuilder::build_with) takes it:
/// its connections are at their end at once, and take no byte.
pub(crate) mod own {
    use std::future::{Ready, ready};
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::thread;

    use hyper::Uri;
    use hyper::rt::{Executor, Read, ReadBufCursor, Write};
    use hyper_util::client::legacy::connect::{Connected, Connection};
    use tower_service::Service;

    #[derive(Clone)]
    pub(crate) struct Threads;

    impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Threads {
        fn execute(&self, future: F) {
            thread::spawn(|| smol::block_on(future));
        }
    }

    /// Gives dead connections, or fails with this message.
    #[derive(Clone)]
    pub(crate) struct Connector(pub(crate) Result<(), &'static str>);

    impl Service<Uri> for Connector {
        type Response = Dead;
        type Error = io::Error;
        type Future = Ready<io::Result<Dead>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, url: Uri) -> Self::Future {
            assert_eq!(url.path(), "/", "a connector has no need for the path");
            ready(self.0.map(|()| Dead).map_err(io::Error::other))
        }
    }

    pub(crate) struct Dead;

    impl Connection for Dead {
        fn connected(&self) -> Connected {
            Connected::new()
        }
    }

    impl Read for Dead {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    impl Write for Dead {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
}
