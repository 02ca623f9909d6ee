//! One request at a time, in the order of each producer.

use futures::future::join_all;

use super::{Backend, spawn, start};
use crate::sender::{accept, gated};

pub(crate) fn requests_of_several_tasks_are_sent_in_each_ones_order(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let producers = (0..4).map(|producer| {
            let runner = runner.clone();
            spawn(env.spawner(), async move {
                let mut tickets = Vec::new();
                for number in 0..25 {
                    tickets.push(runner.request(accept(producer * 100 + number)).await.unwrap());
                }
                join_all(tickets).await
            })
        });
        for (producer, ends) in (0..).zip(join_all(producers).await) {
            let expected: Vec<_> = (0..25).map(|number| Ok(producer * 100 + number)).collect();
            assert_eq!(ends, expected);
        }
        let sent = sends.rest();
        assert_eq!(sent.len(), 100);
        for producer in 0..4 {
            assert!(sent.iter().filter(|id| *id / 100 == producer).is_sorted());
        }
    });
}

pub(crate) fn a_request_waits_until_the_one_before_it_has_ended(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let (held, gate) = gated(1);
        drop(runner.request(held).await.unwrap());
        let second = runner.request(accept(2)).await.unwrap();
        assert_eq!(sends.next().await, 1);
        assert_eq!((sends.rest(), runner.queued()), (vec![], 1));
        drop(gate);
        assert_eq!(second.await, Ok(2));
        assert_eq!(sends.rest(), [2]);
    });
}

pub(crate) fn a_long_burst_passes(on: Backend) {
    on.run(async |env| {
        let (runner, sends) = start(&env).await;
        let tickets: Vec<_> = (0..1000).map(|id| runner.try_request(accept(id)).unwrap()).collect();
        assert_eq!(join_all(tickets).await, (0..1000).map(Ok).collect::<Vec<_>>());
        assert!(sends.rest().into_iter().eq(0..1000));
    });
}
