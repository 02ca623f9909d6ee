//! The promises, checked against the outcome of a script.

use std::collections::{BTreeMap, BTreeSet};

use telegram_sender::runner::Exit;
use telegram_sender::testing::SendEnd;
use telegram_sender::{NoAnswer, SendError};

use super::{Ending, Kind, Outcome, Request, ResultsKept, Script, TicketRead};

/// Panics with the promise that is broken, if one is.
pub(crate) fn check(script: &Script, outcome: &Outcome) {
    every_request_ends_in_one_way(script, outcome);
    tickets_tell_what_was_sent(outcome);
    one_send_at_a_time_in_each_producers_order(outcome);
    no_window_holds_more_than_its_rate(script, outcome);
    results_are_the_responses(script, outcome);
    the_life_cycle_is_complete(script, outcome);
}

fn every_request_ends_in_one_way(script: &Script, outcome: &Outcome) {
    let made = script.producers.iter().map(Vec::len).sum::<usize>() + outcome.idle_requests;
    let ended: BTreeSet<_> = outcome.tickets.iter().map(|(request, _)| *request).collect();
    assert_eq!(ended.len(), outcome.tickets.len(), "a ticket ended twice");
    let refused: BTreeSet<_> = outcome.refused.iter().copied().collect();
    assert_eq!(refused.len(), outcome.refused.len(), "a request came back twice");
    assert!(ended.is_disjoint(&refused), "a refused request had a ticket");
    assert_eq!(ended.len() + refused.len(), made, "a request neither ended nor came back");

    let sent: BTreeSet<_> = outcome.sends.iter().map(|send| send.request).collect();
    assert!(sent.is_disjoint(&refused), "a refused request was sent");
    let unsent: BTreeSet<_> = outcome.unsent.iter().copied().collect();
    assert_eq!(unsent.len(), outcome.unsent.len(), "an unsent request came back twice");
    for send in &outcome.sends {
        let refused = send.ended.is_some_and(|(_, end)| end == SendEnd::Rejected);
        assert!(
            !unsent.contains(&send.request) || refused,
            "{send:?} may have arrived, and came back as unsent"
        );
    }
    for (request, ticket) in &outcome.tickets {
        let Some(TicketRead { ended, .. }) = ticket else { continue };
        let aborted = matches!(ended, Err(SendError::NoAnswer(NoAnswer::Aborted)));
        let stopped = matches!(ended, Err(SendError::NoAnswer(NoAnswer::Stopped)));
        assert!(
            !aborted || unsent.contains(request) || script.left_alone,
            "{request:?} was aborted and did not come back"
        );
        assert!(
            !stopped || unsent.contains(request) || script.left_alone,
            "{request:?} was stopped before its send and did not come back"
        );
        assert!(
            !unsent.contains(request) || aborted || stopped,
            "{request:?} came back and its ticket says {ended:?}"
        );
        let interrupted = matches!(ended, Err(SendError::NoAnswer(NoAnswer::Interrupted)));
        assert!(!interrupted || sent.contains(request), "{request:?} was interrupted without a send");
    }
    // A request that is neither sent nor unsent was cancelled, held back by a time-out, or held by a dropped worker.
    if outcome.exit == Exit::Drained && !script.strategies.iter().any(|kind| matches!(kind, Kind::Timeout(_)))
    {
        for (request, ticket) in &outcome.tickets {
            let cancelled = ticket.as_ref().is_none_or(|read| {
                use NoAnswer::{Cancelled, CancelledInFlight};
                matches!(read.ended, Err(SendError::NoAnswer(Cancelled | CancelledInFlight)))
            });
            assert!(cancelled || sent.contains(request), "{request:?} was drained and never sent");
        }
    }
}

fn tickets_tell_what_was_sent(outcome: &Outcome) {
    for (request, ticket) in &outcome.tickets {
        let Some(TicketRead { attempts, may_have_arrived, ended, .. }) = ticket else { continue };
        let sends = outcome.sends.iter().filter(|send| send.request == *request);
        let refused = |end: Option<(_, SendEnd)>| end.is_some_and(|(_, end)| end == SendEnd::Rejected);
        let arrival = sends.take(*attempts as usize).any(|send| !refused(send.ended));
        if *ended == Err(SendError::NoAnswer(NoAnswer::Cancelled)) {
            let sent = outcome.sends.iter().any(|send| send.request == *request);
            assert!(!sent && !may_have_arrived, "{request:?} was cancelled before its turn, and sent");
        }
        if let Err(SendError::NoAnswer(why)) = ended
            && *why != NoAnswer::CancelledInFlight
        {
            assert_eq!(*may_have_arrived, arrival, "{request:?} ended as {why:?}");
            let failed = matches!(why, NoAnswer::Failed(_));
            assert!(failed || why.may_have_arrived() == arrival, "{request:?}: {why:?}");
        }
        let last = match ended {
            Ok(accepted) => {
                assert_eq!(accepted.request, *request, "a ticket got another request's message");
                (accepted.send, SendEnd::Accepted)
            }
            Err(SendError::Rejected(rejected)) => (rejected.send, SendEnd::Rejected),
            Err(SendError::NoAnswer(_)) => continue,
        };
        let send = &outcome.sends[last.0];
        assert_eq!(send.request, *request, "a ticket got another request's answer");
        assert_eq!(send.ended.map(|ended| ended.1), Some(last.1), "a ticket and the send disagree");
        let sends = outcome.sends[..=last.0].iter().filter(|send| send.request == *request).count();
        assert_eq!(sends, *attempts as usize, "a ticket miscounts its attempts");
    }
}

fn one_send_at_a_time_in_each_producers_order(outcome: &Outcome) {
    for pair in outcome.sends.windows(2) {
        let ended = pair[0].ended.expect("a send under way while the next begins").0;
        assert!(ended <= pair[1].started, "two sends at once: {pair:?}");
    }
    let mut seen: BTreeSet<Request> = BTreeSet::new();
    let mut latest: BTreeMap<usize, usize> = BTreeMap::new();
    for send in &outcome.sends {
        if seen.insert(send.request) {
            let before = latest.insert(send.request.producer, send.request.number);
            assert!(before < Some(send.request.number), "{:?} was overtaken", send.request);
        }
    }
}

fn no_window_holds_more_than_its_rate(script: &Script, outcome: &Outcome) {
    for (index, kind) in script.strategies.iter().enumerate() {
        let Kind::RateLimiter { rate, period } = kind else { continue };
        // A limiter around a retry waits once for all of its sends.
        let resends = |kind: &Kind| matches!(kind, Kind::Retry { .. } | Kind::Jitter { .. });
        if script.strategies[..index].iter().any(resends) {
            continue;
        }
        for window in outcome.sends.windows(*rate as usize + 1) {
            let first = window[0].started;
            let last = window[*rate as usize].started;
            assert!(
                last.saturating_duration_since(first) >= super::ms(*period),
                "more than {rate} sends in {period} ms: {window:?}"
            );
        }
    }
}

fn results_are_the_responses(script: &Script, outcome: &Outcome) {
    let mut results: Vec<_> = outcome
        .answers
        .iter()
        .map(|answer| match &answer.response {
            Ok(accepted) => accepted.send,
            Err(rejected) => rejected.send,
        })
        .collect();
    results.sort_unstable();
    assert!(results.windows(2).all(|pair| pair[0] < pair[1]), "a response was yielded twice");
    if script.results == ResultsKept::Never {
        assert!(results.is_empty(), "results that nobody wanted");
    }
    if script.results != ResultsKept::Always {
        return;
    }
    let results: BTreeSet<_> = results.into_iter().collect();
    for (request, ticket) in &outcome.tickets {
        let send = match ticket {
            Some(TicketRead { ended: Ok(accepted), .. }) => accepted.send,
            Some(TicketRead { ended: Err(SendError::Rejected(rejected)), .. }) => rejected.send,
            _ => continue,
        };
        // Not required of a worker that was dropped.
        assert!(
            results.contains(&send) || outcome.exit == Exit::Dropped,
            "{request:?} has a response that is not in the results"
        );
    }
}

fn the_life_cycle_is_complete(script: &Script, outcome: &Outcome) {
    let may_be_dropped = script.endings.iter().any(|(_, ending)| *ending == Ending::DropTheWorker);
    assert_eq!(outcome.opened, 1, "opened other than once");
    if outcome.exit == Exit::Dropped {
        assert!(may_be_dropped, "a worker ended without being dropped or finished");
    } else {
        assert_eq!(outcome.closed, 1, "closed other than once");
    }
    assert_eq!((outcome.tasks_left, outcome.sleepers_left), (0, 0), "something was left behind");
}
