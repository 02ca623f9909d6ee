//! A custom strategy, a circuit breaker: after a number of failures in a row it gives up at once, until some time
//! has passed. It knows neither the sender nor the runtime, so it works with all of them.
//!
//! ```text
//! cargo run --example custom_strategy
//! ```

use std::time::Duration;

use telegram_sender::error::StrategyError;
use telegram_sender::runtime::{Instant, Timer as _};
use telegram_sender::strategy::{Context, Outcome, Pipeline};
use telegram_sender::{MessageResponse, MessageSender, NoAnswer, SendStrategy, SenderRunner, Smol};

struct Breaker {
    max_failures: u32,
    cool_down: Duration,
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    fn new(max_failures: u32, cool_down: Duration) -> Self {
        Self { max_failures, cool_down, failures: 0, open_until: None }
    }
}

impl<S: MessageSender> SendStrategy<S> for Breaker {
    async fn execute(
        &mut self,
        cx: &mut impl Context<S>,
        request: &S::Request,
        mut inner: impl Pipeline<S>,
    ) -> Outcome<S> {
        if self.open_until.is_some_and(|until| cx.now() < until) {
            return Err(NoAnswer::Strategy(StrategyError::new("the service is down; not even tried")));
        }
        let outcome = inner.send(cx, request).await;
        // A rejection is an answer, too: the service is up.
        self.failures = if outcome.is_ok() { 0 } else { self.failures + 1 };
        if self.failures >= self.max_failures {
            self.failures = 0;
            self.open_until = Some(cx.now() + self.cool_down);
        }
        outcome
    }
}

/// A service that is down for the first requests.
struct Flaky;

impl MessageSender for Flaky {
    type Request = u32;
    type Message = u32;
    type Rejection = std::convert::Infallible;
    type Error = &'static str;

    async fn send_message(&self, number: &u32) -> Result<MessageResponse<Self>, &'static str> {
        if *number < 2 { Err("connection refused") } else { Ok(Ok(*number)) }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(async {
        let cool_down = Duration::from_millis(50);
        let builder = SenderRunner::builder(Flaky).strategy(Breaker::new(2, cool_down));
        let runner = builder.prepare(Smol).start(Smol).await?;
        for number in 0..4 {
            match runner.request(number).await?.await {
                Ok(number) => println!("{number}: sent"),
                Err(error) => println!("{number}: {error}"),
            }
        }
        Smol.sleep(cool_down).await;
        println!("{}: sent", runner.request(4).await?.await.map_err(|error| error.to_string())?);
        runner.close().await;
        Ok(())
    })
}
