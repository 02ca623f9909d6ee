//! tower: a service behind `Buffer`, alone and with layers.
//!
//! `Buffer` alone passes the service's future to the caller, which polls it: requests overlap. `ConcurrencyLimit(1)`
//! makes it send one after the other, as a runner does.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use ::tower::buffer::Buffer;
use ::tower::buffer::future::ResponseFuture;
use ::tower::limit::concurrency::future::ResponseFuture as Permitted;
use ::tower::limit::{ConcurrencyLimit, RateLimit, rate::Rate};
use ::tower::timeout::{Timeout, future::ResponseFuture as Bounded};
use ::tower::{BoxError, Service, ServiceExt};

use crate::runtime::Runtime;
use crate::subject::{Client, Subject, producer};
use crate::work::{self, Message};

type Sent = Ready<Result<u64, Infallible>>;

/// A service that does the same work as all subjects. Its future has a name, which is the cheapest kind for a
/// service.
pub(crate) struct Sending;

impl Service<Message> for Sending {
    type Response = u64;
    type Error = Infallible;
    type Future = Sent;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, message: Message) -> Sent {
        ready(Ok(work::send_now(&message)))
    }
}

/// A layer that does nothing.
pub(crate) struct NoOp<S>(S);

impl<S: Service<Message>> Service<Message> for NoOp<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, message: Message) -> S::Future {
        self.0.call(message)
    }
}

pub(crate) struct TowerClient<F>(Buffer<Message, F>);

impl<F: Send + 'static> Clone for TowerClient<F> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<F, E> Client for TowerClient<F>
where
    F: Future<Output = Result<u64, E>> + Send + 'static,
    E: Into<BoxError>,
{
    type Reply = ResponseFuture<F>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.0.ready().await.expect("the worker lives").call(message)
    }

    fn number(reply: Result<u64, BoxError>) -> u64 {
        reply.expect("the worker replies")
    }
}

producer!(TowerClient<Sent>, TowerClient<Permitted<Sent>>, TowerClient<Permitted<Bounded<Sent>>>);

/// Makes a subject of a stack behind `Buffer`.
macro_rules! buffered {
    ($($(#[$doc:meta])* $subject:ident, $name:literal, $future:ty, $stack:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $subject;

        impl<R: Runtime> Subject<R> for $subject {
            type Client = TowerClient<$future>;

            const NAME: &'static str = $name;

            async fn start(runtime: &R, outstanding: usize) -> Self::Client {
                let (buffer, worker) = Buffer::pair($stack, outstanding);
                runtime.spawn(worker);
                TowerClient(buffer)
            }
        }
    )*};
}

buffered! {
    TowerBuffer, "tower Buffer", Sent, Sending;
    TowerSequential, "tower Buffer + ConcurrencyLimit(1)", Permitted<Sent>, ConcurrencyLimit::new(Sending, 1);
    TowerOneNoOp, "tower, sequential + one no-op", Permitted<Sent>, ConcurrencyLimit::new(NoOp(Sending), 1);
    TowerSixNoOps, "tower, sequential + six no-ops", Permitted<Sent>,
        ConcurrencyLimit::new(NoOp(NoOp(NoOp(NoOp(NoOp(NoOp(Sending)))))), 1);
    /// The layers in the order of tower's guide. The rate is never reached, and nothing expires.
    TowerLayers, "tower, sequential + RateLimit + Timeout", Permitted<Bounded<Sent>>,
        ConcurrencyLimit::new(
            RateLimit::new(
                Timeout::new(Sending, Duration::from_secs(1)),
                Rate::new(u64::MAX, Duration::from_secs(1)),
            ),
            1,
        );
}
