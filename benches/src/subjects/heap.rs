//! This crate on the heap storage, the default one: without strategies, and with some.

use std::num::NonZeroU32;
use std::time::Duration;

use telegram_sender::runner::KeepResults;
use telegram_sender::runtime::TokioLocal;
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::{
    Delay, MessageResponse, MessageSender, RateLimiter, Results as Answers, Retry, SendError, SendStrategy,
    SenderRunner, Ticket, Timeout, Tokio,
};

use crate::runtime::{Actix, Smol, SmolLocal, SmolTwoThreads, TokioCurrent, TokioMulti};
use crate::subject::{Client, Results, Subject, producer};
use crate::work::{self, Message};

pub(crate) struct Echo;

impl MessageSender for Echo {
    type Request = Message;
    type Message = u64;
    type Rejection = ();
    type Error = ();

    async fn send_message(&self, message: &Message) -> Result<MessageResponse<Self>, ()> {
        Ok(Ok(work::send(message).await))
    }
}

/// A strategy that does nothing.
pub(crate) struct NoOp;

impl<S: MessageSender> SendStrategy<S> for NoOp {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        inner.send(cx, request).await
    }
}

pub(crate) struct HeapClient<T>(SenderRunner<Echo, T>);

impl<T: telegram_sender::runtime::Timer> Clone for HeapClient<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: telegram_sender::runtime::Timer> Client for HeapClient<T> {
    type Reply = Ticket<Echo>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.0.request(message).await.expect("the runner is open")
    }

    fn number(reply: Result<u64, SendError<(), ()>>) -> u64 {
        reply.expect("the sender answers")
    }
}

producer!(HeapClient<telegram_sender::Smol>, HeapClient<Tokio>);

/// Starts a builder on a runtime, as its users would.
macro_rules! start {
    (SmolLocal, $builder:expr, $runtime:expr) => {
        $builder.prepare(telegram_sender::Smol).start(&$runtime.0).await
    };
    (Smol, $builder:expr, $runtime:expr) => {
        $builder.prepare(telegram_sender::Smol).start(&$runtime.0).await
    };
    (SmolTwoThreads, $builder:expr, $runtime:expr) => {
        $builder.prepare(telegram_sender::Smol).start($runtime.0).await
    };
    (TokioCurrent, $builder:expr, $runtime:expr) => {
        $builder.prepare(Tokio).start(&$runtime.0).await
    };
    (TokioMulti, $builder:expr, $runtime:expr) => {
        $builder.prepare(Tokio).start(&$runtime.0).await
    };
    (Actix, $builder:expr, $runtime:expr) => {{
        let _ = $runtime;
        $builder.prepare(Tokio).start(TokioLocal).await
    }};
}

/// Makes a subject of a builder, on runtimes. Each type is spelled out, because it decides if a worker may move to
/// another thread.
macro_rules! runner {
    ($subject:ident, $name:literal, $builder:expr, $($runtime:ident: $timer:ty),*) => {
        pub(crate) struct $subject;

        $(
            impl Subject<$runtime> for $subject {
                type Client = HeapClient<$timer>;

                const NAME: &'static str = $name;

                async fn start(runtime: &$runtime, _: usize) -> Self::Client {
                    HeapClient(start!($runtime, $builder, runtime).expect("the sender opens"))
                }
            }
        )*
    };
}

type SmolTimer = telegram_sender::Smol;

runner!(
    Heap, "telegram-sender", SenderRunner::builder(Echo),
    SmolLocal: SmolTimer, Smol: SmolTimer, SmolTwoThreads: SmolTimer,
    TokioCurrent: Tokio, TokioMulti: Tokio, Actix: Tokio
);
runner!(
    AlwaysYields, "telegram-sender, lets others run after each request",
    SenderRunner::builder(Echo).yield_every(NonZeroU32::MIN),
    SmolLocal: SmolTimer, TokioCurrent: Tokio
);
runner!(
    WithoutResults, "telegram-sender, results never kept",
    SenderRunner::builder(Echo).results(KeepResults::never()),
    SmolLocal: SmolTimer
);
runner!(
    OneNoOp, "telegram-sender, one no-op", SenderRunner::builder(Echo).strategy(NoOp),
    SmolLocal: SmolTimer, TokioCurrent: Tokio
);
runner!(
    SixNoOps, "telegram-sender, six no-ops",
    SenderRunner::builder(Echo)
        .strategy(NoOp).strategy(NoOp).strategy(NoOp).strategy(NoOp).strategy(NoOp).strategy(NoOp),
    SmolLocal: SmolTimer, TokioCurrent: Tokio
);
runner!(
    ThreeStrategies, "telegram-sender, [timeout, limiter, retry]",
    SenderRunner::builder(Echo).strategy(timeout()).strategy(limiter()).strategy(retry()),
    SmolLocal: SmolTimer, TokioCurrent: Tokio
);
runner!(
    FourStrategies, "telegram-sender, [timeout, limiter, retry, delay(0)]",
    SenderRunner::builder(Echo)
        .strategy(timeout()).strategy(limiter()).strategy(retry()).strategy(Delay::new(Duration::ZERO)),
    SmolLocal: SmolTimer, TokioCurrent: Tokio
);

pub(super) fn timeout() -> Timeout {
    Timeout::new(Duration::from_secs(1)).expect("a second is a time")
}

/// Returns a limiter whose limit is never reached: 100 million a second.
pub(super) fn limiter() -> RateLimiter<std::collections::VecDeque<telegram_sender::runtime::Instant>> {
    RateLimiter::new(1000, Duration::from_micros(10)).expect("neither is zero")
}

pub(super) fn retry() -> Retry {
    Retry::new(3, Duration::from_secs(1))
}

/// The runner with a consumer of its results.
pub(crate) struct HeapWithResults;

pub(crate) struct HeapClientWithResults<T: telegram_sender::runtime::Timer> {
    client: HeapClient<T>,
    results: Answers<Echo>,
}

impl Subject<SmolLocal> for HeapWithResults {
    type Client = HeapClientWithResults<SmolTimer>;

    const NAME: &'static str = "telegram-sender, results consumed";

    async fn start(runtime: &SmolLocal, outstanding: usize) -> Self::Client {
        let client = <Heap as Subject<SmolLocal>>::start(runtime, outstanding).await;
        let results = client.0.results();
        HeapClientWithResults { client, results }
    }
}

impl<T: telegram_sender::runtime::Timer> Client for HeapClientWithResults<T> {
    type Reply = Ticket<Echo>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.client.request(message).await
    }

    fn number(reply: Result<u64, SendError<(), ()>>) -> u64 {
        HeapClient::<T>::number(reply)
    }
}

impl<T: telegram_sender::runtime::Timer> Results for HeapClientWithResults<T> {
    async fn next_result(&mut self) -> u64 {
        self.results.recv().await.expect("the runner is open").response.expect("the sender answers")
    }
}
