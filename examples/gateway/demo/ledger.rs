//! The record of what the gateway has acknowledged, and the verdict in the end.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::api::text;
use crate::link::{Outcome, Reading};

/// The first final answer to each reading, as it left the gateway.
pub(super) struct Ledger(Mutex<Vec<Option<Acknowledged>>>);

#[derive(Clone, Copy)]
struct Acknowledged {
    outcome: Outcome,
    /// The number of messages that the Bot API had accepted by then.
    taken: usize,
}

impl Ledger {
    pub(super) fn new(readings: u32) -> Self {
        Self(Mutex::new(vec![None; readings as usize]))
    }

    /// Records an answer of the gateway, sent when the Bot API has accepted `taken` messages.
    pub(super) fn acknowledged(&self, number: u32, outcome: Outcome, taken: usize) {
        if matches!(outcome, Outcome::FloodWait { .. } | Outcome::Rejected { is_final: false, .. }) {
            return;
        }
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(number as usize) {
            entry.get_or_insert(Acknowledged { outcome, taken });
        }
    }

    /// Compares the acknowledged readings with the texts that the Bot API accepted, in its order.
    pub(super) fn verdict(&self, texts: &[String]) -> Verdict {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers: HashMap<String, usize> = (0..)
            .zip(entries.iter().enumerate())
            .map(|(number, (index, _))| (text(number, Reading::of(number)), index))
            .collect();
        let mut verdict = Verdict::default();
        let mut taken = vec![0; entries.len()];
        let mut last = 0;
        for (place, text) in texts.iter().enumerate() {
            let Some(&number) = numbers.get(text) else {
                verdict.garbled += 1;
                continue;
            };
            verdict.out_of_order += usize::from(number < last);
            last = number;
            let repeated = taken[number] > 0;
            taken[number] += 1;
            match entries[number] {
                Some(entry) if place >= entry.taken => verdict.repeated += 1,
                _ => verdict.sent_again += usize::from(repeated),
            }
        }
        for ((number, entry), taken) in (0..).zip(entries.iter()).zip(taken) {
            match entry.map(|entry| entry.outcome) {
                Some(Outcome::Accepted { .. }) if taken > 0 => verdict.delivered += 1,
                Some(Outcome::Rejected { .. }) if taken == 0 && Reading::of(number).alarm => {
                    verdict.rejected += 1;
                }
                _ => verdict.lost += 1,
            }
        }
        verdict
    }
}

/// The result of the demonstration.
#[derive(Default)]
pub(super) struct Verdict {
    delivered: usize,
    rejected: usize,
    /// Not delivered, or not acknowledged.
    lost: usize,
    /// Delivered again after it was acknowledged.
    repeated: usize,
    /// Delivered again when the gateway was killed before it could acknowledge.
    sent_again: usize,
    out_of_order: usize,
    garbled: usize,
}

impl Verdict {
    pub(super) fn holds(&self) -> bool {
        self.lost + self.repeated + self.out_of_order + self.garbled == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} delivered, {} rejected; {} lost, {} delivered again after they were acknowledged, {} out of order, \
             {} garbled ({} delivered again that the gateway was killed over)",
            self.delivered,
            self.rejected,
            self.lost,
            self.repeated,
            self.out_of_order,
            self.garbled,
            self.sent_again,
        )
    }
}
