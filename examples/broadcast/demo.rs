//! The demonstration: a stand-in of the Bot API in this process, with its own recipients and text.

use std::collections::HashSet;
use std::fmt::Write;
use std::time::Duration;

use crate::failure::{Blame, Failure};
use crate::recipients::{self, Recipient};
use crate::stand_in::{Options, StandIn};
use crate::token::Bot;

/// The token of the stand-in. It is no secret, because no other server accepts it.
const TOKEN: &str = "123456789:the-token-of-the-stand-in";

pub(crate) const TEXT: &str = "Hello {name}, this is a broadcast to {{everybody}}.";
/// The text for lists with unknown columns.
pub(crate) const PLAIN_TEXT: &str = "Hello, this is a broadcast.";

const RECIPIENTS: u64 = 200;
const FIRST_CHAT: u64 = 100_001;
const BLOCKED: [u64; 4] = [100_013, 100_077, 100_128, 100_171];
const NOT_FOUND: [u64; 3] = [100_042, 100_101, 100_186];

pub(crate) fn bot() -> Result<Bot, Failure> {
    Bot::new(TOKEN).map_err(|wrong| Failure::new(Blame::Token, wrong.to_string()))
}

/// Starts the stand-in, with the planted chats and two planted flood waits, like those from other traffic of a busy
/// bot.
pub(crate) async fn start() -> Result<StandIn, Failure> {
    let text = |chats: &[u64]| chats.iter().map(u64::to_string).collect::<HashSet<_>>();
    let floods = vec![(70, Duration::from_secs(2)), (150, Duration::from_secs(1))];
    let options =
        Options { blocked: text(&BLOCKED), not_found: text(&NOT_FOUND), floods, ..Options::new(TOKEN) };
    StandIn::start(options)
        .await
        .map_err(|error| Failure::new(Blame::Server, format!("the stand-in can't listen: {error}")))
}

/// Returns the demonstration's own recipients.
pub(crate) fn recipients() -> Result<Vec<Recipient>, Failure> {
    let names = ["Ada", "Alan", "Barbara", "Edsger", "Grace", "Ken", "Margaret", "Niklaus"];
    let mut list = "chat_id,name\n".to_owned();
    for (chat, name) in (FIRST_CHAT..FIRST_CHAT + RECIPIENTS).zip(names.iter().cycle()) {
        let _ = writeln!(list, "{chat},{name}");
    }
    recipients::parse(&list, None).map_err(|wrong| Failure::new(Blame::Recipients, wrong))
}

/// Returns true if `reason` is that of a chat which the stand-in is set to refuse.
pub(crate) fn is_planted(reason: &str) -> bool {
    ["403 Forbidden: bot was blocked by the user", "400 Bad Request: chat not found"].contains(&reason)
}
