//! The strategies of a scenario: the built-ins, and two that only scenarios have.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use telegram_sender::RequestId;
use telegram_sender::error::{InvalidArgument, StrategyError};
use telegram_sender::runtime::Instant;
use telegram_sender::strategy::{Context, JitterSource, Outcome, Pipeline};
use telegram_sender::{
    CompositeStrategy, Delay, Jitter, NoAnswer, RateLimiter, Requeue, Retry, SendStrategy, Timeout,
};

use super::sender::{Request, Scripted};
use super::{Log, seconds};

/// The most strategies that any scenario lists.
const MOST: usize = 6;

/// Builds the strategies of `scenario`, in order.
pub(crate) fn build(
    scenario: &Value,
    log: &Log,
) -> Result<impl SendStrategy<Scripted> + use<>, InvalidArgument> {
    let mut kinds = Vec::new();
    flatten(&scenario["strategies"], &mut kinds);
    assert!(kinds.len() <= MOST, "more strategies than the driver nests");
    let fractions = match &scenario["jitter_fraction"] {
        Value::Array(list) => list.iter().map(|fraction| fraction.as_f64().unwrap()).collect(),
        one => vec![one.as_f64().unwrap_or(0.0)],
    };
    let fractions = Fractions { list: fractions.into(), drawn: Rc::default() };
    let mut built = Vec::new();
    for kind in &kinds {
        let mut strategy = AnyStrategy::new(kind, log, &fractions)?;
        if let AnyStrategy::Mark { first, .. } | AnyStrategy::Raise { first, .. } = &mut strategy {
            *first = built.is_empty();
        }
        built.push(strategy);
    }
    let mut built = built.into_iter();
    let mut next = || built.next();
    let nearest_three = CompositeStrategy::new().with(next()).with(next()).with(next());
    Ok(nearest_three.with(next()).with(next()).with(next()))
}

/// Flattens composites: one inside a chain is the same as its parts in a row.
fn flatten(strategies: &Value, into: &mut Vec<Value>) {
    for strategy in strategies.as_array().into_iter().flatten() {
        if strategy["kind"] == "composite" {
            flatten(&strategy["strategies"], into);
        } else {
            into.push(strategy.clone());
        }
    }
}

/// The recorded draws in turn; the last one repeats.
#[derive(Clone)]
struct Fractions {
    list: Rc<[f64]>,
    drawn: Rc<Cell<usize>>,
}

impl JitterSource for Fractions {
    fn fraction(&mut self) -> f64 {
        let drawn = self.drawn.replace(self.drawn.get() + 1);
        self.list[drawn.min(self.list.len() - 1)]
    }
}

enum AnyStrategy {
    RateLimiter(RateLimiter<std::collections::VecDeque<Instant>>),
    Delay(Delay),
    Retry(Retry),
    Jitter(Jitter<Fractions>),
    Timeout(Timeout),
    Requeue(Requeue),
    Mark { label: String, first: bool, seen: Option<(RequestId, u32)>, log: Log },
    Raise { before: bool, first: bool, message: String, times: u64 },
}

impl AnyStrategy {
    fn new(kind: &Value, log: &Log, fractions: &Fractions) -> Result<Self, InvalidArgument> {
        let count = |key: &str| u32::try_from(kind[key].as_u64().unwrap_or(0)).unwrap();
        let time = |key: &str| kind.get(key).map_or(Duration::ZERO, seconds);
        Ok(match kind["kind"].as_str().unwrap() {
            "rate_limit" => Self::RateLimiter(RateLimiter::new(count("rate"), time("period"))?),
            "delay" => Self::Delay(Delay::new(time("delay"))),
            "retry" => Self::Retry(Retry::new(count("attempts"), time("delay"))),
            "jitter" => Self::Jitter(Jitter::with_source(
                count("attempts"),
                time("delay"),
                kind["jitter_ratio"].as_f64().unwrap(),
                fractions.clone(),
            )?),
            "timeout" => Self::Timeout(Timeout::new(time("timeout"))?),
            "requeue" => Self::Requeue(match kind["cycles"].as_i64().unwrap() {
                -1 => Requeue::endless(),
                cycles => Requeue::cycles(u32::try_from(cycles).unwrap()),
            }),
            "mark" => Self::Mark {
                label: kind["label"].as_str().unwrap().to_owned(),
                first: false,
                seen: None,
                log: log.clone(),
            },
            "raise" => Self::Raise {
                before: kind["where"] == "before",
                first: false,
                message: kind["message"].as_str().unwrap_or_default().to_owned(),
                times: kind["times"].as_u64().unwrap_or(u64::MAX),
            },
            other => panic!("unknown strategy {other}"),
        })
    }
}

impl SendStrategy<Scripted> for AnyStrategy {
    async fn execute(
        &mut self,
        cx: &mut impl Context<Scripted>,
        request: &Request,
        mut inner: impl Pipeline<Scripted>,
    ) -> Outcome<Scripted> {
        match self {
            Self::RateLimiter(strategy) => strategy.execute(cx, request, inner).await,
            Self::Delay(strategy) => strategy.execute(cx, request, inner).await,
            Self::Retry(strategy) => strategy.execute(cx, request, inner).await,
            Self::Jitter(strategy) => strategy.execute(cx, request, inner).await,
            Self::Timeout(strategy) => strategy.execute(cx, request, inner).await,
            Self::Requeue(strategy) => strategy.execute(cx, request, inner).await,
            Self::Mark { label, first, seen, log } => {
                // In the original, each strategy gets the response of the one before it; the first gets none and
                // sends. A retry re-sends through the mark here, and by-passes it there, so only the first time is
                // recorded.
                let again = seen.replace((cx.id(), cx.cycle())) == Some((cx.id(), cx.cycle()));
                let mark = |has_response: bool| {
                    if again {
                        return;
                    }
                    log.add(
                        "strategy",
                        json!({ "id": request.id, "label": label, "has_response": has_response }),
                    );
                };
                if *first {
                    mark(false);
                    return inner.send(cx, request).await;
                }
                let outcome = inner.send(cx, request).await?;
                mark(true);
                Ok(outcome)
            }
            Self::Raise { before, first, message, times } => {
                let raises = *times > 0;
                // In the original, only the first strategy sends; for the others, those before them have sent
                // already.
                if raises && *before && *first {
                    *times -= 1;
                    return Err(NoAnswer::Strategy(StrategyError::from(message.clone())));
                }
                let outcome = inner.send(cx, request).await?;
                if raises {
                    *times -= 1;
                    return Err(NoAnswer::Strategy(StrategyError::from(message.clone())));
                }
                Ok(outcome)
            }
        }
    }
}
