//! The tally of what the stand-in has received, to be read or waited for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts of what was received and how it was answered.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    /// All requests, `getMe` included.
    pub(crate) requests: usize,
    /// Requests for `sendMessage`.
    pub(crate) messages: usize,
    pub(crate) accepted: usize,
    pub(crate) flood_waits: usize,
    pub(crate) blocked: usize,
    pub(crate) not_found: usize,
    pub(crate) unauthorized: usize,
    /// Malformed requests, and unknown methods.
    pub(crate) malformed: usize,
    /// The number of messages accepted for each chat.
    pub(crate) chats: BTreeMap<String, usize>,
    /// The text that each chat got last.
    pub(crate) texts: BTreeMap<String, String>,
    /// The texts of all accepted messages, in order.
    pub(crate) log: Vec<String>,
}

impl Tally {
    /// Returns the number of messages accepted for chats that had one already.
    pub(crate) fn duplicates(&self) -> usize {
        self.chats.values().map(|times| times - 1).sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} requests: {} accepted ({} duplicates), {} answered with a flood wait (429), {} blocked (403), {} not found (400)",
            self.requests,
            self.accepted,
            self.duplicates(),
            self.flood_waits,
            self.blocked,
            self.not_found,
        )?;
        match self.malformed + self.unauthorized {
            0 => Ok(()),
            wrong => write!(f, ", {wrong} refused"),
        }
    }
}

/// The tally, shared between the server and its observers.
#[derive(Default)]
pub(super) struct Board {
    tally: Mutex<Tally>,
    changed: Condvar,
}

impl Board {
    pub(super) fn note(&self, change: impl FnOnce(&mut Tally)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    pub(super) fn tally(&self) -> Tally {
        self.lock().clone()
    }

    pub(super) fn accepted(&self) -> usize {
        self.lock().accepted
    }

    pub(super) fn wait_until(&self, limit: Duration, wanted: impl Fn(&Tally) -> bool) -> Option<Tally> {
        let outcome = self.changed.wait_timeout_while(self.lock(), limit, |tally| !wanted(tally));
        let (tally, _) = outcome.unwrap_or_else(PoisonError::into_inner);
        wanted(&tally).then(|| tally.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
