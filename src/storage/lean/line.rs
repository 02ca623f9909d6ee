//! The line in which responses wait to be read, under a lock of its own.

use alloc::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::queue::KEPT;
use crate::results::Answer;
use crate::storage::heap::line::Line;

/// A queue under a lock.
pub struct LockedLine<M, R>(Mutex<VecDeque<Answer<M, R>>>);

impl<M, R> LockedLine<M, R> {
    /// Nobody runs foreign code under this lock, so nobody leaves it poisoned.
    #[inline]
    fn lock(&self) -> MutexGuard<'_, VecDeque<Answer<M, R>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M, R> Default for LockedLine<M, R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<M, R> Line<M, R> for LockedLine<M, R> {
    #[inline]
    fn push(&self, answer: Answer<M, R>) {
        self.lock().push_back(answer);
    }

    #[inline]
    fn pop(&self) -> Option<Answer<M, R>> {
        let mut answers = self.lock();
        let answer = answers.pop_front();
        // What a burst took is given back.
        if answers.is_empty() && answers.capacity() > KEPT {
            *answers = VecDeque::new();
        }
        answer
    }

    fn len(&self) -> usize {
        self.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::RequestId;

    #[test]
    fn it_gives_what_it_took_in_order_and_the_memory_of_a_burst_back() {
        let line = LockedLine::<u64, ()>::default();
        let answer = |id| Answer { id: RequestId::new(id), cycle: 0, attempts: 1, response: Ok(id) };
        for (burst, keeps) in [(KEPT as u64, true), (5 * KEPT as u64, false)] {
            (0..burst).for_each(|id| line.push(answer(id)));
            for id in 0..burst {
                assert_eq!(line.len() as u64, burst - id);
                assert_eq!(line.pop(), Some(answer(id)));
            }
            assert_eq!((line.len(), line.pop(), line.lock().capacity() > 0), (0, None, keeps));
        }
    }
}
