//! This crate on its pooled storage: without strategies, with some, and with results.

use futures::StreamExt;
use telegram_sender::{Pooled as Storage, Results as Answers, SendError, SenderRunner, Ticket, Tokio};

use super::heap::{Echo, limiter, retry, timeout};
use crate::runtime::{Smol, SmolLocal, SmolTwoThreads, TokioCurrent, TokioMulti};
use crate::subject::{Client, Results, Subject, producer};

pub(crate) struct PooledClient<T>(SenderRunner<Echo, T, Storage<Echo>>);

impl<T: telegram_sender::Timer> Clone for PooledClient<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: telegram_sender::Timer> Client for PooledClient<T> {
    type Reply = Ticket<Echo, Storage<Echo>>;

    async fn request(&mut self, number: u64) -> Self::Reply {
        self.0.request(number).await.expect("the runner is open")
    }

    fn number(reply: Result<u64, SendError<(), ()>>) -> u64 {
        reply.expect("the sender answers")
    }
}

producer!(PooledClient<telegram_sender::Smol>, PooledClient<Tokio>);

/// Makes a subject of a builder, on runtimes; as in `heap.rs`, each type is written out.
macro_rules! runner {
    ($subject:ident, $name:literal, $builder:expr, $($runtime:ident: $timer:ty = $value:expr),*) => {
        pub(crate) struct $subject;

        $(
            impl Subject<$runtime> for $subject {
                type Client = PooledClient<$timer>;

                const NAME: &'static str = $name;

                async fn start(runtime: &$runtime, _: usize) -> Self::Client {
                    let prepared = $builder.prepare_pooled($value);
                    PooledClient(prepared.start(runtime.executor()).await.expect("the sender opens"))
                }
            }
        )*
    };
}

runner!(
    Pooled, "telegram-sender, pooled storage", SenderRunner::builder(Echo),
    SmolLocal: telegram_sender::Smol = telegram_sender::Smol,
    Smol: telegram_sender::Smol = telegram_sender::Smol,
    SmolTwoThreads: telegram_sender::Smol = telegram_sender::Smol,
    TokioCurrent: Tokio = Tokio, TokioMulti: Tokio = Tokio
);
runner!(
    PooledThreeStrategies, "telegram-sender, pooled storage, [timeout, limiter, retry]",
    SenderRunner::builder(Echo).strategy(timeout()).strategy(limiter()).strategy(retry()),
    SmolLocal: telegram_sender::Smol = telegram_sender::Smol, TokioCurrent: Tokio = Tokio
);

/// The runner with a consumer of its results.
pub(crate) struct PooledWithResults;

pub(crate) struct PooledClientWithResults {
    client: PooledClient<telegram_sender::Smol>,
    results: Answers<Echo, Storage<Echo>>,
}

impl Subject<SmolLocal> for PooledWithResults {
    type Client = PooledClientWithResults;

    const NAME: &'static str = "telegram-sender, pooled storage, results consumed";

    async fn start(runtime: &SmolLocal, outstanding: usize) -> Self::Client {
        let client = <Pooled as Subject<SmolLocal>>::start(runtime, outstanding).await;
        let results = client.0.results();
        PooledClientWithResults { client, results }
    }
}

impl Client for PooledClientWithResults {
    type Reply = Ticket<Echo, Storage<Echo>>;

    async fn request(&mut self, number: u64) -> Self::Reply {
        self.client.request(number).await
    }

    fn number(reply: Result<u64, SendError<(), ()>>) -> u64 {
        PooledClient::<telegram_sender::Smol>::number(reply)
    }
}

impl Results for PooledClientWithResults {
    async fn next_result(&mut self) -> u64 {
        self.results.next().await.expect("the runner is open").response.expect("the sender answers")
    }
}
