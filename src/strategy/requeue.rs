//! Sends an answered request again and again, each round behind the waiting requests.

use super::{Context, Outcome, Pipeline, SendStrategy};
use crate::sender::MessageSender;

/// Sends a request again *after an answer*, at the tail of the queue, so it is the only built-in strategy that
/// repeats a request that succeeded.
///
/// A rejection is an answer, too. A request that got no answer is not re-queued. The ticket resolves with the first
/// round; later rounds are in the results only. Once the runner is closing, no request is re-queued, so a drain
/// always ends.
///
/// ```
/// use telegram_sender::Requeue;
///
/// let three_rounds_in_all = Requeue::cycles(3);
/// let each_four_times = Requeue::cycles_per_request(3);
/// let for_ever = Requeue::endless();
/// # let _ = (three_rounds_in_all, each_four_times, for_ever);
/// ```
#[derive(Debug, Clone, Copy)]
#[doc(alias = "RequeueStrategy")]
pub struct Requeue(Cycles);

#[derive(Debug, Clone, Copy)]
enum Cycles {
    Left(u32),
    PerRequest(u32),
    Endless,
}

impl Requeue {
    /// Re-queues `cycles` times in total, for all requests together (as the original does).
    pub const fn cycles(cycles: u32) -> Self {
        Self(Cycles::Left(cycles))
    }

    /// Re-queues each request `cycles` times.
    pub const fn cycles_per_request(cycles: u32) -> Self {
        Self(Cycles::PerRequest(cycles))
    }

    /// Re-queues without end, until the runner closes.
    pub const fn endless() -> Self {
        Self(Cycles::Endless)
    }

    /// Re-queues `request` after an answer, if cycles are left and the runner is open.
    pub(super) fn after_answer<S>(&mut self, cx: &mut impl Context<S>, request: &S::Request)
    where
        S: MessageSender<Request: Clone>,
    {
        let wanted = match self.0 {
            Cycles::Left(cycles) => cycles > 0,
            Cycles::PerRequest(cycles) => cx.cycle() < cycles,
            Cycles::Endless => true,
        };
        if !wanted {
            return;
        }
        // Does not even clone a request that would only come back.
        if cx.is_closing() {
            return cx.count_dropped_requeue();
        }
        if let (Ok(()), Cycles::Left(cycles)) = (cx.requeue(request.clone()), &mut self.0) {
            *cycles -= 1;
        }
    }
}

impl<S: MessageSender<Request: Clone>> SendStrategy<S> for Requeue {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        let response = inner.send(cx, request).await?;
        self.after_answer(cx, request);
        Ok(response)
    }
}
