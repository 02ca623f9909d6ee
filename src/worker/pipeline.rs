//! The pipeline below all strategies: the sender itself.

use core::future::Future;
use core::marker::PhantomData;

use super::budget::Budget;
use crate::error::NoAnswer;
use crate::runtime::Timer;
use crate::sender::{Delivery, MessageResponse, MessageSender};
use crate::storage::Storage;
use crate::strategy::{Context, Outcome, Pipeline};
use crate::trace;

/// Calls the sender, and notes a wait that the service asks for.
pub(super) struct SenderPipeline<'a, S, Q> {
    sender: &'a S,
    delivery: &'a Delivery,
    budget: &'a Budget,
    storage: PhantomData<fn() -> Q>,
}

impl<'a, S, Q> SenderPipeline<'a, S, Q> {
    pub(super) const fn new(sender: &'a S, delivery: &'a Delivery, budget: &'a Budget) -> Self {
        Self { sender, delivery, budget, storage: PhantomData }
    }
}

impl<S: MessageSender, Q: Storage<S>> Pipeline<S> for SenderPipeline<'_, S, Q> {
    fn send(&mut self, cx: &mut impl Context<S>, request: &S::Request) -> impl Future<Output = Outcome<S>> {
        let Self { sender, delivery, budget, .. } = *self;
        async move {
            // Strategies wait where it suits them; one that does not still sends nothing too early.
            if let Some(deadline) = cx.not_before() {
                let timer = cx.timer();
                Q::box_if_possible(timer.sleep_until(deadline)).await;
            }
            budget.step().await;
            let may_have_arrived = delivery.has_begun();
            cx.begin_attempt();
            let answer = sender.deliver(request, delivery).await;
            // An attempt that surely did not arrive leaves what was known before it.
            delivery.set(may_have_arrived || may_be_taken::<S>(&answer, delivery));
            let response = answer.map_err(NoAnswer::Failed)?;
            if let Err(rejection) = &response
                && let Some(wait) = S::retry_after(rejection)
            {
                trace::flood_wait(cx.id(), wait);
                if cx.accepts_wait(wait) {
                    cx.hold_until(cx.now() + wait);
                }
            }
            Ok(response)
        }
    }
}

/// Returns true unless an attempt that ended with `answer` surely did not arrive, or was surely not taken.
fn may_be_taken<S: MessageSender>(
    answer: &Result<MessageResponse<S>, S::Error>,
    delivery: &Delivery,
) -> bool {
    match answer {
        Ok(Ok(_)) => true,
        Ok(Err(rejection)) => S::may_have_been_taken(rejection),
        Err(error) => delivery.has_begun() && S::may_have_arrived(error),
    }
}
