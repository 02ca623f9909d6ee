//! The broadcast itself: feeds the runner, awaits the tickets in order, reports on each.

use std::collections::BTreeMap;

use async_channel::{Receiver, Sender};
use futures::FutureExt;
use futures::future::join;
use smol::future::or;
use telegram_sender::telegram::{SentMessage, TelegramError, TelegramRejection, TelegramSender};
use telegram_sender::{NoAnswer, SendError, SenderRunner, Ticket};

use crate::failure::{Blame, Failure};
use crate::interrupt::Interrupts;
use crate::message::Message;
use crate::progress::{Counts, Progress};
use crate::recipients::Recipient;
use crate::report::{Record, Report, Status};
use crate::runtime::Runtime;

/// The capacity of the runner's queue. It is small, because queued requests are still sent after Ctrl-C.
pub(crate) const QUEUE: usize = 4;

type Runner = SenderRunner<TelegramSender, Runtime>;
type Sending<'a> = (&'a Recipient, Ticket<TelegramSender>);
type Answer = Result<SentMessage, SendError<TelegramRejection, TelegramError>>;

/// A broadcast, ready to run.
pub(crate) struct Campaign<'a> {
    pub(crate) recipients: &'a [Recipient],
    pub(crate) message: &'a Message,
    /// Borrowed, so that the report stays locked until nothing is in flight, even after a failed write.
    pub(crate) report: Option<&'a mut Report>,
    pub(crate) progress: Progress,
    pub(crate) demo: bool,
}

/// The result of a broadcast.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) counts: Counts,
    /// The number of failures by reason.
    pub(crate) reasons: BTreeMap<String, usize>,
    /// The reason for an early end, if any.
    pub(crate) cut_short: Option<Failure>,
}

impl Campaign<'_> {
    /// Runs the broadcast to its end, and closes the runner.
    pub(crate) async fn run(mut self, runner: &Runner, timer: Runtime, interrupts: &Interrupts) -> Outcome {
        let mut outcome = Outcome {
            counts: Counts { total: self.recipients.len(), ..Counts::default() },
            ..Outcome::default()
        };
        let progress = self.progress.clone();
        let (fed, tickets) = async_channel::unbounded();
        let feeding = feed(runner, self.recipients, self.message, fed);
        let settling = self.settle(runner, tickets, &mut outcome);
        let mut presses = 0;
        let work = join(feeding, settling).map(|_| ());
        let beside = join(watch(runner, interrupts, &progress, &mut presses), progress.print_lines(timer));
        or(work, beside.map(|_| ())).await;
        progress.end();
        if presses > 0 && outcome.cut_short.is_none() && outcome.counts.left() > 0 {
            outcome.cut_short = Some(Failure::new(Blame::Interrupt, "interrupted"));
        }
        outcome
    }

    /// Awaits the tickets in the order of their requests, which is also the order of the sends.
    async fn settle(&mut self, runner: &Runner, tickets: Receiver<Sending<'_>>, outcome: &mut Outcome) {
        while let Ok((recipient, mut ticket)) = tickets.recv().await {
            let answer = (&mut ticket).await;
            if let Some(failure) = cut_short(&answer, outcome) {
                outcome.cut_short.get_or_insert(failure);
                // Begins to close. The feeder waits for the end.
                let _ = runner.close().now_or_never();
            }
            let Some(record) = self.record(recipient, answer, ticket.attempts()) else { continue };
            outcome.count(&record);
            self.progress.show(outcome.counts);
            if let Some(Err(failure)) = self.report.as_mut().map(|report| report.write(&record)) {
                // A message that can't be reported must not be sent. Later answers are not reported either.
                self.report = None;
                outcome.cut_short = Some(failure);
                let _ = runner.abort().now_or_never();
            }
        }
    }

    /// Returns the line of the report, or `None` if nothing was sent and the recipient is left for another run.
    fn record(&self, recipient: &Recipient, answer: Answer, attempts: u32) -> Option<Record> {
        let mut record = Record {
            chat_id: recipient.chat.clone(),
            status: Status::Sent,
            message_id: None,
            code: None,
            reason: None,
            migrate_to_chat_id: None,
            may_have_arrived: false,
            attempts,
            demo: self.demo,
        };
        match answer {
            Ok(message) => record.message_id = Some(message.message_id()),
            Err(SendError::Rejected(rejection)) => {
                record.status = Status::Rejected;
                record.code = Some(rejection.code);
                record.reason = Some(rejection.description);
                record.migrate_to_chat_id = rejection.migrate_to_chat_id;
            }
            Err(SendError::NoAnswer(NoAnswer::Aborted | NoAnswer::Cancelled | NoAnswer::Strategy(_))) => {
                return None;
            }
            Err(SendError::NoAnswer(why)) => {
                record.status = Status::Failed;
                record.may_have_arrived = match &why {
                    NoAnswer::Failed(error) => error.may_have_arrived(),
                    other => other.may_have_arrived(),
                };
                record.reason = Some(why.to_string());
            }
        }
        Some(record)
    }
}

impl Outcome {
    fn count(&mut self, record: &Record) {
        if record.status == Status::Sent {
            self.counts.sent += 1;
            return;
        }
        self.counts.failed += 1;
        let reason = record.reason.as_deref().unwrap_or_default();
        let reason = match record.code {
            // The descriptions differ in the seconds.
            Some(429) => "429 Too Many Requests".to_owned(),
            Some(code) => format!("{code} {reason}"),
            None => reason.to_owned(),
        };
        *self.reasons.entry(reason).or_default() += 1;
    }
}

/// Enqueues one request after the other until the runner refuses one. Then waits for the runner's end.
async fn feed<'a>(runner: &Runner, recipients: &'a [Recipient], message: &Message, fed: Sender<Sending<'a>>) {
    for recipient in recipients {
        let request = message.request(recipient).expect("all requests were made once, to check them");
        let Ok(ticket) = runner.request(request).await else { break };
        let _ = fed.send((recipient, ticket)).await;
    }
    drop(fed);
    runner.close().await;
}

/// Returns a failure if `answer` shows that sending the rest is useless.
fn cut_short(answer: &Answer, outcome: &Outcome) -> Option<Failure> {
    match answer {
        Err(SendError::Rejected(rejection)) if rejection.is_unauthorized() && outcome.counts.left() > 1 => {
            Some(Failure::new(Blame::Token, format!("the server refuses the token now: {rejection}")))
        }
        Err(SendError::NoAnswer(NoAnswer::Strategy(why))) => {
            let message = format!("gave up, as the server does not serve any more: {}", why.reason());
            Some(Failure::new(Blame::Server, message))
        }
        _ => None,
    }
}

/// Closes the runner at the first Ctrl-C and aborts it at the second.
async fn watch(runner: &Runner, interrupts: &Interrupts, progress: &Progress, presses: &mut u32) {
    interrupts.next().await;
    *presses += 1;
    let _ = runner.close().now_or_never();
    let queued = runner.queued();
    progress.note(&format!(
        "interrupted: the message under way and the {queued} queued are still sent; Ctrl-C again stops at once"
    ));
    interrupts.next().await;
    *presses += 1;
    let _ = runner.abort().now_or_never();
    std::future::pending::<()>().await;
}
