//! How a backend runs the suite.

/// Runs groups of the suite on the backend of the surrounding module, with its `Env` and `run`.
macro_rules! suite {
    ($($group:ident),*) => {
        /// Runs a test of the suite.
        fn run_erased(test: crate::suite::Test) {
            run(async |env: Env| {
                let timer = any_timer!(env.timer());
                let spawner = crate::suite::AnySpawner(std::rc::Rc::new(move |task| {
                    crate::backend::detach(env.spawner(), task);
                }));
                test(crate::suite::Env { timer, spawner }).await;
            });
        }
        $(group!($group);)*
    };
}

/// Makes a test of each function of a group.
macro_rules! group {
    (everywhere) => {
        tests!(
            closing:
            close_sends_what_is_queued,
            requests_during_and_after_close_come_back,
            all_clones_may_close_and_all_end_together,
            abort_interrupts_the_send_and_gives_back_what_was_never_sent,
            close_with_timeout_aborts_when_its_time_is_over,
            close_with_timeout_drains_in_time,
            when_the_last_handle_is_dropped_the_queue_is_sent
        );
        tests!(
            life:
            the_sender_is_opened_once_and_closed_once,
            a_sender_that_does_not_open_is_no_runner,
            the_worker_needs_no_spawner,
            the_task_tells_how_the_worker_ended,
            a_worker_that_is_dropped_leaves_no_ticket_waiting,
            what_a_runner_did_is_counted
        );
        tests!(
            order:
            requests_of_several_tasks_are_sent_in_each_ones_order,
            a_request_waits_until_the_one_before_it_has_ended,
            a_long_burst_passes
        );
        tests!(
            queue:
            a_full_queue_refuses_or_lets_wait,
            who_waits_for_room_gets_the_request_back_on_close,
            a_request_goes_round_as_often_as_asked
        );
        tests!(
            results:
            results_are_all_responses_and_end_with_the_runner,
            a_response_that_was_waited_for_in_vain_is_there_for_the_next,
            several_consumers_share_the_responses,
            waiting_for_one_result_times_out,
            one_result_comes_to_who_waits_for_it,
            responses_are_kept_for_later_where_asked
        );
        tests!(
            strategies:
            every_strategy_together_changes_nothing_that_is_accepted,
            retries_go_through_the_limiter,
            a_delay_passes_before_the_answer_is_passed_on,
            a_flood_wait_is_honoured
        );
        tests!(
            tickets:
            each_ticket_ends_as_its_send_did,
            a_panic_fails_its_own_ticket_only,
            a_send_that_hangs_times_out_and_the_next_one_goes,
            a_cancelled_request_is_never_sent,
            a_dropped_tickets_request_is_sent_all_the_same
        );
        tests!(
            time:
            the_timer_never_wakes_early,
            a_time_that_has_passed_is_not_waited_for_and_never_does_not_come,
            the_timer_never_wakes_tasks_early,
            time_never_goes_back
        );
    };
    (across_threads) => {
        tests!(
            across_threads:
            a_handle_works_in_any_thread
        );
    };
    (exact_times) => {
        tests!(
            exact_times:
            each_strategy_waits_exactly,
            a_flood_wait_is_exact_over_a_day,
            time_outs_of_handles_are_exact
        );
    };
}

macro_rules! tests {
    ($module:ident: $($test:ident),*) => {
        mod $module {
            $(#[test] fn $test() { crate::suite::$module::$test(crate::suite::Backend(super::run_erased)); })*
        }
    };
}

/// Makes an `AnyTimer` of a timer whose sleeps are `Send`.
macro_rules! any_timer {
    ($timer:expr) => {{
        use std::sync::Arc;
        use telegram_sender::runtime::Timer;
        let timer = $timer;
        let (clock, sleeps, deadlines) = (timer.clone(), timer.clone(), timer);
        crate::suite::AnyTimer {
            now: Arc::new(move || clock.now()),
            sleep: Arc::new(move |duration| {
                let timer = sleeps.clone();
                Box::pin(async move { timer.sleep(duration).await })
            }),
            sleep_until: Arc::new(move |deadline| {
                let timer = deadlines.clone();
                Box::pin(async move { timer.sleep_until(deadline).await })
            }),
        }
    }};
}

use futures::future::BoxFuture;
use telegram_sender::runtime::Spawner;

/// Spawns a task of the suite.
pub(crate) fn detach<S: Spawner<BoxFuture<'static, ()>>>(spawner: S, task: BoxFuture<'static, ()>) {
    S::detach(spawner.spawn(task));
}
