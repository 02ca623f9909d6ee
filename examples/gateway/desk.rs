//! What the gateway does about each frame of the chip: it takes each reading once, in order, and remembers what came of
//! the last. Nothing here sends or waits.

use std::io;

use crate::journal::{Journal, Memory};
use crate::link::{Outcome, Reading, ToChip, ToGateway};

pub(crate) struct Desk {
    journal: Journal,
    memory: Memory,
    /// The readings from this number on are not wanted.
    end: u32,
    /// Whether the chip has sent a reading in this session.
    begun: bool,
    /// Without it each frame counts as new.
    remembers: bool,
}

/// What to do about a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Say(ToChip),
    /// Deliver it, then tell the desk what came of it.
    Deliver(u32, Reading),
    Nothing,
}

impl Desk {
    pub(crate) fn new(journal: Journal, memory: Memory, end: u32, remembers: bool) -> Self {
        // Whether the chip had sent something before this start is not known.
        Self { journal, memory, end, begun: true, remembers }
    }

    pub(crate) fn hear(&mut self, frame: ToGateway) -> io::Result<Step> {
        match frame {
            ToGateway::Hello => {
                // Until the chip sends something, a hello more is the same one again.
                if std::mem::take(&mut self.begun) {
                    self.memory.session = self.memory.session.wrapping_add(1);
                    self.journal.write(&self.memory)?;
                }
                Ok(Step::Say(self.welcome()))
            }
            // Left over from before the chip started anew; or the chip has yet to hear of this session.
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
            // Older than what the chip can still wait for; or newer, which this chip never sends.
            _ => Step::Nothing,
        }
    }

    /// Notes what came of a reading, and gives what to tell the chip.
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
        // A flood wait is not the end of it.
        desk.settle(0, Outcome::FloodWait { seconds: 1 }).unwrap();
        assert_eq!(desk.hear(send(1, 0)).unwrap(), deliver);
        let outcome = Outcome::Accepted { message_id: 5 };
        let answer = desk.settle(0, outcome).unwrap();
        assert_eq!(answer, ToChip::Answer { session: 1, number: 0, outcome });
        let mut desk = open();
        assert_eq!(desk.hear(send(1, 0)).unwrap(), Step::Say(answer));
        // The chip starts anew.
        assert_eq!(desk.hear(ToGateway::Hello).unwrap(), welcome(2, 1));
        assert_eq!(desk.hear(send(1, 1)).unwrap(), welcome(2, 1));
        assert_eq!(desk.hear(send(2, 2)).unwrap(), Step::Nothing);
        assert_eq!(desk.hear(send(2, 1)).unwrap(), Step::Deliver(1, Reading::of(1)));
    }
}
