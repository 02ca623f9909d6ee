//! This crate on its lean storage: without strategies, with some, and with results.

use telegram_sender::storage::Lean as Storage;
use telegram_sender::{Results as Answers, SendError, SenderRunner, Ticket, Tokio};

use super::heap::{Echo, limiter, retry, timeout};
use crate::runtime::{Smol, SmolLocal, SmolTwoThreads, TokioCurrent, TokioMulti};
use crate::subject::{Client, Results, Subject, producer};
use crate::work::Message;

pub(crate) struct LeanClient<T>(SenderRunner<Echo, T, Storage<Echo>>);

impl<T: telegram_sender::runtime::Timer> Clone for LeanClient<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: telegram_sender::runtime::Timer> Client for LeanClient<T> {
    type Reply = Ticket<Echo, Storage<Echo>>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.0.request(message).await.expect("the runner is open")
    }

    fn number(reply: Result<u64, SendError<(), ()>>) -> u64 {
        reply.expect("the sender answers")
    }
}

producer!(LeanClient<telegram_sender::Smol>, LeanClient<Tokio>);

/// Makes a subject of a builder, on runtimes. `heap.rs` gives the reason why each type is spelled out.
macro_rules! runner {
    ($subject:ident, $name:literal, $builder:expr, $($runtime:ident: $timer:ty = $value:expr),*) => {
        pub(crate) struct $subject;

        $(
            impl Subject<$runtime> for $subject {
                type Client = LeanClient<$timer>;

                const NAME: &'static str = $name;

                async fn start(runtime: &$runtime, _: usize) -> Self::Client {
                    let prepared = $builder.prepare_in(telegram_sender::storage::Lean::new(), $value).expect("the storage is new");
                    LeanClient(prepared.start(runtime.executor()).await.expect("the sender opens"))
                }
            }
        )*
    };
}

runner!(
    Lean, "telegram-sender, lean storage", SenderRunner::builder(Echo),
    SmolLocal: telegram_sender::Smol = telegram_sender::Smol,
    Smol: telegram_sender::Smol = telegram_sender::Smol,
    SmolTwoThreads: telegram_sender::Smol = telegram_sender::Smol,
    TokioCurrent: Tokio = Tokio, TokioMulti: Tokio = Tokio
);
runner!(
    LeanThreeStrategies, "telegram-sender, lean storage, [timeout, limiter, retry]",
    SenderRunner::builder(Echo).strategy(timeout()).strategy(limiter()).strategy(retry()),
    SmolLocal: telegram_sender::Smol = telegram_sender::Smol, TokioCurrent: Tokio = Tokio
);

/// The runner with a consumer of its results.
pub(crate) struct LeanWithResults;

pub(crate) struct LeanClientWithResults {
    client: LeanClient<telegram_sender::Smol>,
    results: Answers<Echo, Storage<Echo>>,
}

impl Subject<SmolLocal> for LeanWithResults {
    type Client = LeanClientWithResults;

    const NAME: &'static str = "telegram-sender, lean storage, results consumed";

    async fn start(runtime: &SmolLocal, outstanding: usize) -> Self::Client {
        let client = <Lean as Subject<SmolLocal>>::start(runtime, outstanding).await;
        let results = client.0.results();
        LeanClientWithResults { client, results }
    }
}

impl Client for LeanClientWithResults {
    type Reply = Ticket<Echo, Storage<Echo>>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.client.request(message).await
    }

    fn number(reply: Result<u64, SendError<(), ()>>) -> u64 {
        LeanClient::<telegram_sender::Smol>::number(reply)
    }
}

impl Results for LeanClientWithResults {
    async fn next_result(&mut self) -> u64 {
        self.results.recv().await.expect("the runner is open").response.expect("the sender answers")
    }
}
