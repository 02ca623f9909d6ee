//! Handles, tickets and results on threads outside the backend.

use std::thread;

use futures::StreamExt;
use futures::channel::oneshot;
use futures::executor::block_on;
use telegram_sender::SenderRunner;
use telegram_sender::runner::Exit;

use super::Backend;
use crate::sender::{Scripted, accept};

pub(crate) fn a_handle_works_in_any_thread(on: Backend) {
    on.run(async |env| {
        let prepared = SenderRunner::builder(Scripted::new().0).prepare(env.timer());
        let runner = prepared.start(env.spawner()).await.unwrap();
        let results = runner.results();
        let reader = thread::spawn(|| block_on(results.count()));
        let mut done = Vec::new();
        for producer in 0..3 {
            let (runner, (end, ended)) = (runner.clone(), oneshot::channel());
            done.push(ended);
            thread::spawn(move || {
                for number in 0..20 {
                    let id = producer * 100 + number;
                    let ticket = block_on(runner.request(accept(id))).unwrap();
                    assert_eq!(block_on(ticket), Ok(id));
                }
                end.send(()).unwrap();
            });
        }
        for ended in done {
            // Awaits instead of joining: the test's thread may be the backend's only one.
            ended.await.unwrap();
        }
        assert_eq!(runner.close().await, Exit::Drained);
        assert_eq!(reader.join().unwrap(), 60);
    });
}
