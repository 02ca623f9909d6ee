//! The behaviours that a runner has on every backend.

mod closing;
mod life;
mod order;
mod queue;
mod results;
mod strategies;
mod tickets;
mod time;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{FutureExt, Remote, RemoteHandle};
use telegram_sender::SenderRunner;
use telegram_sender::runtime::Spawner;

use super::{Env, Time, run};
use crate::sender::{Scripted, Sends};

type Runner = SenderRunner<Arc<Scripted>, Time>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Starts a runner without strategies.
async fn start(env: &Env) -> (Runner, Sends) {
    let (sender, sends) = Scripted::new();
    (SenderRunner::builder(sender).prepare(env.timer()).start(env.spawner()).await.unwrap(), sends)
}

/// Spawns any future on the backend. Returns a future of its output.
fn spawn<F: Future, S: Spawner<Remote<F>>>(spawner: S, future: F) -> RemoteHandle<F::Output> {
    let (remote, output) = future.remote_handle();
    S::detach(spawner.spawn(remote));
    output
}
