//! The line in which responses wait to be read.

use alloc::boxed::Box;

use super::lazy_queue::LazyQueue;
use crate::results::Answer;
use crate::strategy::RequestId;

/// A queue of responses, which several may read.
pub trait Line<M, R>: Default {
    fn push(&self, answer: Answer<M, R>);

    fn pop(&self) -> Option<Answer<M, R>>;

    fn len(&self) -> usize;
}

/// A channel, made when the first response is published.
pub struct ChannelLine<M, R>(LazyQueue<Unread<M, R>>);

impl<M, R> Default for ChannelLine<M, R> {
    fn default() -> Self {
        Self(LazyQueue::new())
    }
}

impl<M, R> Line<M, R> for ChannelLine<M, R> {
    #[expect(
        clippy::inline_always,
        reason = "on the way of each response: what is known of it is known to the end"
    )]
    #[inline(always)]
    fn push(&self, answer: Answer<M, R>) {
        self.0.push(Unread::new(answer));
    }

    #[inline]
    fn pop(&self) -> Option<Answer<M, R>> {
        Some(self.0.receiver()?.try_recv().ok()?.into_answer())
    }

    fn len(&self) -> usize {
        self.0.receiver().map_or(0, async_channel::Receiver::len)
    }
}

/// A response as it lies in a channel. It is made small: for most messages a block of the channel is then one that an
/// allocator hands out at once. Most are messages, of their request's first round.
enum Unread<M, R> {
    Message(u32, RequestId, M),
    Other(Box<Answer<M, R>>),
}

impl<M, R> Unread<M, R> {
    #[expect(
        clippy::inline_always,
        reason = "on the way of each response: what is known of it is known to the end"
    )]
    #[inline(always)]
    fn new(answer: Answer<M, R>) -> Self {
        match answer {
            Answer { id, cycle: 0, attempts, response: Ok(message) } => Self::Message(attempts, id, message),
            answer => Self::other(answer),
        }
    }

    #[cold]
    fn other(answer: Answer<M, R>) -> Self {
        Self::Other(Box::new(answer))
    }

    #[inline]
    fn into_answer(self) -> Answer<M, R> {
        match self {
            Self::Message(attempts, id, message) => Answer { id, cycle: 0, attempts, response: Ok(message) },
            Self::Other(answer) => *answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_back_what_it_was_made_of_and_is_small() {
        for response in [Ok(5_u64), Err("no")] {
            for cycle in [0, 3] {
                let answer = Answer { id: RequestId::new(7), cycle, attempts: 2, response };
                assert_eq!(Unread::new(answer).into_answer(), answer);
            }
        }
        assert!(size_of::<Unread<u64, ()>>() <= 24);
    }

    #[test]
    fn it_gives_what_it_took_in_order() {
        let line = ChannelLine::<u64, ()>::default();
        assert_eq!((line.len(), line.pop()), (0, None));
        let answer = |id| Answer { id: RequestId::new(id), cycle: 0, attempts: 1, response: Ok(id) };
        line.push(answer(0));
        line.push(answer(1));
        assert_eq!(
            (line.len(), line.pop(), line.pop(), line.pop()),
            (2, Some(answer(0)), Some(answer(1)), None)
        );
    }
}
