//! This crate on the fixed storage, on one thread: its lock is `NoopRawMutex`, as its docs advise within one executor.

use std::future::Future;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use telegram_sender::runner::Builder;
use telegram_sender::storage::FixedStorage;
use telegram_sender::{Results as Answers, SendError, SenderRunner, Ticket};

use super::heap::Echo;
use crate::runtime::SmolLocal;
use crate::subject::{Client, Results, Subject};
use crate::work::Message;
use crate::workloads::pipelined::OUTSTANDING;

/// A storage with room for all outstanding requests of a workload.
type Storage<const RESULTS: usize> = FixedStorage<NoopRawMutex, Echo, OUTSTANDING, OUTSTANDING, RESULTS>;
type Shared<const RESULTS: usize> = &'static Storage<RESULTS>;
type Runner<const RESULTS: usize> = SenderRunner<Echo, telegram_sender::Smol, Shared<RESULTS>>;

pub(crate) struct Fixed;

pub(crate) struct FixedClient<const RESULTS: usize>(Runner<RESULTS>);

async fn start<const RESULTS: usize>(runtime: &SmolLocal) -> Runner<RESULTS> {
    // One per run, because a storage serves one runner. A program keeps it in a `static`.
    let storage: Shared<RESULTS> = Box::leak(Box::new(Storage::new()));
    let prepared = Builder::new(Echo).prepare_in(storage, telegram_sender::Smol).expect("the storage is new");
    prepared.start(&runtime.0).await.expect("the sender opens")
}

impl Subject<SmolLocal> for Fixed {
    type Client = FixedClient<0>;

    const NAME: &'static str = "telegram-sender, fixed storage";

    async fn start(runtime: &SmolLocal, outstanding: usize) -> Self::Client {
        assert!(outstanding <= OUTSTANDING);
        FixedClient(start(runtime).await)
    }
}

impl<const RESULTS: usize> Client for FixedClient<RESULTS> {
    type Reply = Ticket<Echo, Shared<RESULTS>>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.0.request(message).await.expect("the runner is open")
    }

    fn number(reply: <Self::Reply as Future>::Output) -> u64 {
        let reply: Result<u64, SendError<(), ()>> = reply;
        reply.expect("the sender answers")
    }
}

/// The runner with a consumer of its results.
pub(crate) struct FixedWithResults;

pub(crate) struct FixedClientWithResults {
    client: FixedClient<OUTSTANDING>,
    results: Answers<Echo, Shared<OUTSTANDING>>,
}

impl Subject<SmolLocal> for FixedWithResults {
    type Client = FixedClientWithResults;

    const NAME: &'static str = "telegram-sender, fixed storage, results consumed";

    async fn start(runtime: &SmolLocal, outstanding: usize) -> Self::Client {
        assert!(outstanding <= OUTSTANDING);
        let client = FixedClient(start(runtime).await);
        let results = client.0.results();
        FixedClientWithResults { client, results }
    }
}

impl Client for FixedClientWithResults {
    type Reply = Ticket<Echo, Shared<OUTSTANDING>>;

    async fn request(&mut self, message: Message) -> Self::Reply {
        self.client.request(message).await
    }

    fn number(reply: <Self::Reply as Future>::Output) -> u64 {
        FixedClient::<OUTSTANDING>::number(reply)
    }
}

impl Results for FixedClientWithResults {
    async fn next_result(&mut self) -> u64 {
        self.results.recv().await.expect("the runner is open").response.expect("the sender answers")
    }
}
