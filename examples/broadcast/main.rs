//! Sends a message to each of a list of recipients through a [`SenderRunner`]: rate limit, flood waits, re-sends, a
//! report that survives being killed, and a drain on Ctrl-C.
//!
//! ```text
//! cargo run --example broadcast --features telegram
//! ```
//!
//! shows all of it against a stand-in of the Bot API, without a token or a network. `--help` describes the rest.
//! Built with `--features telegram,tokio` it also runs on tokio: `--runtime tokio`.
//!
//! The order is: check everything, lock and read an existing report, ask the server whether it knows the bot, create
//! and lock a new report, and only then send the first message.

mod announce;
mod breaker;
mod campaign;
mod chat;
mod cli;
mod demo;
mod failure;
mod fingerprint;
mod interrupt;
mod message;
mod plan;
mod progress;
mod recipients;
mod report;
mod runtime;
#[path = "../stand_in/mod.rs"]
mod stand_in;
mod summary;
mod template;
mod token;

use std::future::Future;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use smol::future::or;
use telegram_sender::error::InvalidArgument;
use telegram_sender::runtime::Timer;
use telegram_sender::telegram::{BotToken, TelegramError, TelegramSender};
use telegram_sender::{RateLimiter, Retry, SenderRunner, Timeout};

use crate::announce::Announce;
use crate::breaker::Breaker;
use crate::campaign::{Campaign, Outcome, QUEUE};
use crate::cli::Args;
use crate::failure::{Blame, Failure};
use crate::interrupt::Interrupts;
use crate::plan::Plan;
use crate::progress::{Counts, Progress, line};
use crate::report::Claim;
use crate::stand_in::StandIn;
use crate::summary::Summary;
use crate::token::Bot;

/// The wait before a message is sent again, unless the server asks for its own wait.
const RETRY_DELAY: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let end = Args::read().and_then(|args| args.runtime.block_on(broadcast(&args)));
    end.unwrap_or_else(|failure| {
        line(&failure.to_string());
        failure.exit_code()
    })
}

async fn broadcast(args: &Args) -> Result<ExitCode, Failure> {
    let (bot, demo) = bot(args)?;
    let mut plan = Plan::read(args, &bot, demo)?;
    let stand_in = if demo { Some(demo::start().await?) } else { None };
    let url = stand_in.as_ref().map(StandIn::url).or_else(|| args.api_url.clone());
    let sender = sender(args, bot.token, url.as_deref())?;
    if plan.recipients.is_empty() {
        plan.announce(args);
        return Ok(plan.exit_code(&Outcome::default()));
    }
    let begun = Instant::now();
    let outcome = run(args, &mut plan, sender).await?;
    Summary { outcome: &outcome, plan: &plan, elapsed: begun.elapsed(), report: args.report.is_some() }
        .print();
    if let Some(stand_in) = stand_in {
        summary::print_tally(&stand_in.stop().await);
    }
    match outcome.cut_short {
        Some(failure) => Err(failure),
        None => Ok(plan.exit_code(&outcome)),
    }
}

/// Returns the bot, and true if it is that of the demonstration.
///
/// Only `--demo`, or no argument at all, runs the demonstration. Otherwise a user who forgot the token would read
/// that all messages were sent.
fn bot(args: &Args) -> Result<(Bot, bool), Failure> {
    if args.demo {
        return Ok((demo::bot()?, true));
    }
    match token::find(args.token_file.as_deref())? {
        Some(bot) => Ok((bot, false)),
        None if args.bare => Ok((demo::bot()?, true)),
        None => Err(token::missing()),
    }
}

fn sender(args: &Args, token: BotToken, url: Option<&str>) -> Result<TelegramSender, Failure> {
    let builder = TelegramSender::builder(token);
    let builder = match url {
        Some(url) => builder.base_url(url).map_err(|wrong| {
            Failure::new(Blame::Arguments, format!("--api-url can't be used: {wrong}; try --help"))
        })?,
        None => builder,
    };
    Ok(args.runtime.build(builder))
}

/// Starts the runner, which asks the server whether it knows the bot. Then begins the report and sends.
async fn run(args: &Args, plan: &mut Plan, sender: TelegramSender) -> Result<Outcome, Failure> {
    let counts = Counts { total: plan.recipients.len(), ..Counts::default() };
    let progress = Progress::new(counts, args.rate.period);
    let flood_waits = progress.clone();
    let on_flood_wait = move |wait| flood_waits.note(&format!("flood wait: the server asks for {wait:?}"));
    let limiter = RateLimiter::new(args.rate.messages, args.rate.period).map_err(|wrong| refused(&wrong))?;
    let runner = SenderRunner::builder(sender)
        .strategy(Timeout::new(args.timeout).map_err(|wrong| refused(&wrong))?)
        .strategy(limiter)
        .strategy(Announce::new(on_flood_wait))
        .strategy(Retry::new(args.retries, RETRY_DELAY))
        .strategy(Breaker::default())
        .queue_capacity(QUEUE)
        .map_err(|wrong| refused(&wrong))?
        .prepare(args.runtime);
    let interrupts = Interrupts::listen()?;
    let runner = or(first_contact(args, runner.start(args.runtime)), async {
        interrupts.next().await;
        Err(Failure::new(Blame::Interrupt, "interrupted before the first message was sent"))
    })
    .await?;
    let mut report = plan.claim.take().map(Claim::begin).transpose()?;
    // Announced after all checks, so that a refusal prints only one line.
    plan.announce(args);
    progress.begin();
    let campaign = Campaign {
        recipients: &plan.recipients,
        message: &plan.message,
        report: report.as_mut(),
        progress,
        demo: plan.demo,
    };
    Ok(campaign.run(&runner, args.runtime, &interrupts).await)
}

/// Waits for the server's first answer, and distinguishes a bad token from an absent server.
async fn first_contact<T>(
    args: &Args,
    start: impl Future<Output = Result<T, TelegramError>>,
) -> Result<T, Failure> {
    let contact = async {
        start.await.map_err(|error| {
            let blame = match &error {
                TelegramError::Rejected(rejection) if rejection.is_unauthorized() => Blame::Token,
                _ => Blame::Server,
            };
            Failure::new(blame, error.to_string())
        })
    };
    or(contact, async {
        args.runtime.sleep(args.timeout).await;
        let message =
            format!("the server did not answer in {:?}; check --api-url and the network", args.timeout);
        Err(Failure::new(Blame::Server, message))
    })
    .await
}

fn refused(wrong: &InvalidArgument) -> Failure {
    Failure::new(Blame::Arguments, format!("{wrong}; try --help"))
}
