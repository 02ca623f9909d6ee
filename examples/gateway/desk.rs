//! The gateway's reaction to each frame of the chip: it takes each reading once, in order, and remembers the outcome
//! of the last. Nothing here sends or waits.

use std::io;

use crate::journal::{Journal, Memory};
use crate::link::{Outcome, Reading, ToChip, ToGateway};

pub(crate) struct Desk {
    journal: Journal,
    memory: Memory,
    /// The first number whose reading is not wanted.
    end: u32,
    /// True if the chip has sent a reading in this session.
    begun: bool,
    /// True if repeated frames are recognized. Otherwise each frame counts as new.
    remembers: bool,
}

/// The reaction to a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Say(ToChip),
    /// Deliver the reading, then call [`Desk::settle`] with the outcome.
    Deliver(u32, Reading),
    Nothing,
}

impl Desk {
    pub(crate) fn new(journal: Journal, memory: Memory, end: u32, remembers: bool) -> Self {
        // The chip may have sent a reading before this start.
        Self { journal, memory, end, begun: true, remembers }
    }

    pub(crate) fn hear(&mut self, frame: ToGateway) -> io::Result<Step> {
        match frame {
            ToGateway::Hello => {
                // Until the chip sends a reading, another hello is a repetition.
                if std::mem::take(&mut self.begun) {
                    self.memory.session = self.memory.session.wrapping_add(1);
                    self.journal.write(&self.memory)?;
                }
                Ok(Step::Say(self.welcome()))
            }
            // The frame is older than the chip's restart, or the chip does not know this session yet.
            ToGateway::Send { session, .. } if session != self.memory.session => {
                Ok(Step::Say(self.welcome()))
            }
            ToGateway::Send { number, reading, .. } => {
                self.begun = true;
                Ok(self.receive(number, reading))
            }
        }
    }

    fn receive(&self, number: u32, reading: Reading) -> Step {
        if number == self.memory.next {
            return Step::Deliver(number, reading);
        }
        match self.memory.last {
            Some(_) if number + 1 == self.memory.next && !self.remembers => Step::Deliver(number, reading),
            Some(outcome) if number + 1 == self.memory.next => Step::Say(self.answer(number, outcome)),
            // The reading is older than any that the chip can wait for, or newer, which this chip never sends.
            _ => Step::Nothing,
        }
    }

    /// Records the outcome of a reading, and returns the answer for the chip.
    pub(crate) fn settle(&mut self, number: u32, outcome: Outcome) -> io::Result<ToChip> {
        if matches!(outcome, Outcome::Accepted { .. } | Outcome::Rejected { is_final: true, .. }) {
            self.memory.next = number + 1;
            self.memory.last = Some(outcome);
            self.journal.write(&self.memory)?;
        }
        Ok(self.answer(number, outcome))
    }

    fn welcome(&self) -> ToChip {
        let Memory { session, next, .. } = self.memory;
        ToChip::Welcome { session, next, end: self.end.max(next) }
    }

    fn answer(&self, number: u32, outcome: Outcome) -> ToChip {
        ToChip::Answer { session: self.memory.session, number, outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(session: u32, number: u32) -> ToGateway {
        ToGateway::Send { session, number, reading: Reading::of(number) }
    }

    fn welcome(session: u32, next: u32) -> Step {
        Step::Say(ToChip::Welcome { session, next, end: 10 })
    }

    #[test]
    fn a_reading_is_delivered_once_even_across_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.json");
        let open = || {
            let (journal, memory) = Journal::open(&path).unwrap();
            Desk::new(journal, memory, 10, true)
        };
        let mut desk = open();
        assert_eq!(desk.hear(ToGateway::Hello).unwrap(), welcome(1, 0));
        assert_eq!(desk.hear(ToGateway::Hello).unwrap(), welcome(1, 0));
        let deliver = Step::Deliver(0, Reading::of(0));
        assert_eq!(desk.hear(send(1, 0)).unwrap(), deliver);
        // A flood wait does not settle a reading.
        desk.settle(0, Outcome::FloodWait { seconds: 1 }).unwrap();
        assert_eq!(desk.hear(send(1, 0)).unwrap(), deliver);
        let outcome = Outcome::Accepted { message_id: 5 };
        let answer = desk.settle(0, outcome).unwrap();
        assert_eq!(answer, ToChip::Answer { session: 1, number: 0, outcome });
        let mut desk = open();
        assert_eq!(desk.hear(send(1, 0)).unwrap(), Step::Say(answer));
        // The chip starts again.
        assert_eq!(desk.hear(ToGateway::Hello).unwrap(), welcome(2, 1));
        assert_eq!(desk.hear(send(1, 1)).unwrap(), welcome(2, 1));
        assert_eq!(desk.hear(send(2, 2)).unwrap(), Step::Nothing);
        assert_eq!(desk.hear(send(2, 1)).unwrap(), Step::Deliver(1, Reading::of(1)));
    }
}
