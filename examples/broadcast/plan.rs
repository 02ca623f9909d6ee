//! The plan of a run: the message, its recipients, and those done already. Made before anything is sent or written.

use std::process::ExitCode;

use crate::campaign::Outcome;
use crate::cli::Args;
use crate::demo;
use crate::failure::{Blame, Failure};
use crate::message::Message;
use crate::progress::line;
use crate::recipients::{self, Recipient};
use crate::report::{Claim, Header, Past};
use crate::token::Bot;

/// The work of this run.
pub(crate) struct Plan {
    pub(crate) message: Message,
    /// The recipients that are left, each once.
    pub(crate) recipients: Vec<Recipient>,
    /// The report, if the arguments name one.
    pub(crate) claim: Option<Claim>,
    /// True if all messages go to the stand-in, none to Telegram.
    pub(crate) demo: bool,
    own_recipients: bool,
    duplicates: usize,
    /// The number of recipients sent already.
    sent: usize,
    /// The number of recipients that may have got it, though no answer came.
    unsure: usize,
    /// The number of those that are not sent it again.
    left_out: usize,
    /// True if the report does not name its broadcast.
    nameless: bool,
}

impl Plan {
    /// Reads all input, and checks all that can be checked without a server.
    pub(crate) fn read(args: &Args, bot: &Bot, demo: bool) -> Result<Self, Failure> {
        let own_recipients = demo && args.recipients.is_none();
        let default_text = match (demo, own_recipients) {
            (true, true) => Some(demo::TEXT),
            (true, false) => Some(demo::PLAIN_TEXT),
            (false, _) => None,
        };
        if args.recipients.is_none() && !demo {
            return Err(Failure::new(
                Blame::Arguments,
                "give the list of recipients with --recipients; try --help",
            ));
        }
        let message = Message::read(args, default_text)?;
        let list = match &args.recipients {
            Some(path) => recipients::read(path)?,
            None => demo::recipients()?,
        };
        let (mut list, duplicates) = recipients::without_duplicates(list);
        for recipient in &list {
            message.request(recipient)?;
        }
        let header = Header::new(&bot.id, message.fingerprint(), demo);
        // This must be the last file that is opened: see `report::lock`.
        let claim = args.report.as_deref().map(|path| Claim::take(path, args.resume, header)).transpose()?;
        let no_past = Past::default();
        let past = claim.as_ref().map_or(&no_past, Claim::past);
        let all = list.len();
        list.retain(|recipient| !past.sent.contains(&recipient.chat.key()));
        let sent = all - list.len();
        let may_have_it = |recipient: &Recipient| past.unsure.contains(&recipient.chat.key());
        let unsure = list.iter().filter(|recipient| may_have_it(recipient)).count();
        let left_out = if args.skip_unsure { unsure } else { 0 };
        if args.skip_unsure {
            list.retain(|recipient| !may_have_it(recipient));
        }
        let nameless = past.nameless;
        Ok(Self {
            message,
            recipients: list,
            claim,
            demo,
            own_recipients,
            duplicates,
            sent,
            unsure,
            left_out,
            nameless,
        })
    }

    /// Prints what is going to happen.
    pub(crate) fn announce(&self, args: &Args) {
        if self.demo {
            line("demo: a stand-in of the Bot API gets the messages, and nothing leaves this machine");
        }
        if self.duplicates > 0 {
            line(&format!("note: {} duplicates in the list; each chat is sent one message", self.duplicates));
        }
        if self.nameless {
            line(
                "note: the report does not say which message it is of, as an earlier version wrote it: that is not checked",
            );
        }
        if self.sent > 0 {
            line(&format!("resuming: {} are sent already", self.sent));
        }
        match self.unsure {
            0 => {}
            unsure if args.skip_unsure => {
                line(&format!("note: leaving out {unsure} who may have got the message already"));
            }
            unsure => line(&format!(
                "note: {unsure} may have got the message already, and are sent it again; --skip-unsure leaves them out"
            )),
        }
        match self.recipients.len() {
            0 => line("nothing is left to send"),
            left => line(&format!("sending to {left} recipients, at most {}", args.rate)),
        }
    }

    /// Returns true if a demo with its own recipients sent to all but those that the stand-in is set to refuse.
    pub(crate) fn only_planted(&self, outcome: &Outcome) -> bool {
        let counts = outcome.counts;
        self.own_recipients
            && counts.failed > 0
            && counts.left() == 0
            && outcome.reasons.keys().all(|reason| demo::is_planted(reason))
    }

    pub(crate) fn exit_code(&self, outcome: &Outcome) -> ExitCode {
        let all_sent = outcome.counts.sent == outcome.counts.total && self.left_out == 0;
        ExitCode::from(u8::from(!all_sent && !self.only_planted(outcome)))
    }
}
