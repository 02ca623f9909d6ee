//! Random scripts. Their numbers are small, so that events coincide.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{Consumer, End, Ending, Fate, Idler, Kind, Planned, ResultsKept, Script, Step, WaitsFor};

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        3 => (1..4_u32, 1..100_u64).prop_map(|(rate, period)| Kind::RateLimiter { rate, period }),
        2 => (0..30_u64).prop_map(Kind::Delay),
        3 => (0..3_u32, 0..30_u64, any::<bool>())
            .prop_map(|(retries, delay, no_answer_too)| Kind::Retry { retries, delay, no_answer_too }),
        1 => (0..3_u32, 1..20_u64).prop_map(|(retries, base)| Kind::Jitter { retries, base }),
        3 => (1..40_u64).prop_map(Kind::Timeout),
        1 => (0..6_u32).prop_map(Kind::RequeueInAll),
        1 => (0..3_u32).prop_map(Kind::RequeueEach),
        1 => Just(Kind::RequeueEndless),
    ]
}

fn reply() -> impl Strategy<Value = Planned> {
    let end = prop_oneof![
        12 => Just(End::Accept),
        4 => Just(End::Reject),
        2 => (1..60_u64).prop_map(End::Flood),
        2 => Just(End::Fail),
        1 => Just(End::Panic),
        1 => Just(End::Hang),
    ];
    (0..20_u64, end).prop_map(|(after, end)| Planned { after, end })
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        4 => Just(Fate::Awaited),
        4 => Just(Fate::Kept),
        2 => Just(Fate::Dropped),
        2 => (0..60_u64).prop_map(Fate::CancelledAfter),
        1 => (0..60_u64).prop_map(Fate::CancelledByDropAfter),
    ];
    (prop_oneof![Just(0), 0..30_u64], any::<bool>(), fate).prop_map(|(gap, without_waiting, ticket)| Step {
        gap,
        without_waiting,
        ticket,
    })
}

fn consumer() -> impl Strategy<Value = Consumer> {
    // A long pause is a consumer that stops reading.
    (0..100_u64, prop_oneof![Just(0), 0..40_u64, Just(5_000)], option::of(0..8_usize))
        .prop_map(|(from, pause, count)| Consumer { from, pause, count })
}

fn idler() -> impl Strategy<Value = Idler> {
    let waits_for = prop_oneof![
        3 => Just(WaitsFor::Room),
        1 => Just(WaitsFor::Reply),
        2 => Just(WaitsFor::Response),
        1 => Just(WaitsFor::End),
    ];
    (0..100_u64, waits_for, any::<bool>(), option::of(0..200_u64))
        .prop_map(|(at, waits_for, panics, until)| Idler { at, waits_for, panics, until })
}

fn ending() -> impl Strategy<Value = (u64, Ending)> {
    let ending = prop_oneof![
        4 => Just(Ending::Close),
        1 => Just(Ending::CloseButDropTheFuture),
        2 => (0..60_u64).prop_map(Ending::CloseWithTimeout),
        2 => Just(Ending::Abort),
        1 => Just(Ending::DropTheWorker),
    ];
    (0..200_u64, ending)
}

fn results() -> impl Strategy<Value = ResultsKept> {
    prop_oneof![
        Just(ResultsKept::WhileRead),
        Just(ResultsKept::Always),
        Just(ResultsKept::Never),
        (1..4_usize).prop_map(ResultsKept::BoundedWait),
        (1..4_usize).prop_map(ResultsKept::DropOldest),
    ]
}

/// Generates any script.
pub(crate) fn script() -> impl Strategy<Value = Script> {
    (
        any::<u64>(),
        vec(kind(), 0..5),
        vec(reply(), 1..12),
        option::of(1..5_usize),
        results(),
        vec(vec(step(), 0..8), 1..4),
        (vec(consumer(), 0..3), vec(idler(), 0..5)),
        (vec(ending(), 0..3), any::<bool>()),
    )
        .prop_map(|(order, strategies, replies, capacity, results, producers, readers, end)| {
            let (consumers, idlers) = readers;
            let (endings, left_alone) = end;
            Script {
                order,
                strategies,
                replies,
                capacity,
                results,
                producers,
                consumers,
                idlers,
                endings,
                left_alone,
            }
        })
        .prop_map(terminating)
}

/// Makes a script terminate. Sends must end for a drain to end, and endless rounds must take time for it to pass. If
/// each attempt may make its own round, rounds multiply and requests behind them wait almost forever, so the script
/// must close its runner.
fn terminating(mut script: Script) -> Script {
    let bounded = matches!(script.strategies.first(), Some(Kind::Timeout(_)));
    let requeues = script.strategies.contains(&Kind::RequeueEndless);
    let retries = |kind: &Kind| matches!(kind, Kind::Retry { .. } | Kind::Jitter { .. });
    script.left_alone &= !(requeues && script.strategies.iter().any(retries));
    // A forgotten handle keeps the runner open, and a consumer that is not polled may keep it waiting.
    script.left_alone &= script.idlers.iter().all(|idler| idler.until.is_some());
    for reply in &mut script.replies {
        if reply.end == End::Hang && !bounded {
            reply.end = End::Fail;
        }
        if requeues {
            reply.after = reply.after.max(1);
        }
    }
    script
}
