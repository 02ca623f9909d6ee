//! A reply as it travels through a oneshot, made small: a million may wait.

use alloc::boxed::Box;

use crate::sender::MessageSender;
use crate::storage::Settled;

/// A reply. Most are messages; what else there is has a box, so that all take the room of a message.
pub(super) enum Reply<S: MessageSender> {
    Message(u32, S::Message),
    Other(Box<Settled<S>>),
}

impl<S: MessageSender> Reply<S> {
    #[inline]
    pub(super) fn new(settled: Settled<S>) -> Self {
        match settled {
            Settled { result: Ok(message), attempts, .. } => Self::Message(attempts, message),
            other => Self::other(other),
        }
    }

    #[cold]
    fn other(settled: Settled<S>) -> Self {
        Self::Other(Box::new(settled))
    }

    #[inline]
    pub(super) fn into_settled(self) -> Settled<S> {
        match self {
            Self::Message(attempts, message) => {
                Settled { result: Ok(message), attempts, may_have_arrived: true }
            }
            Self::Other(other) => *other,
        }
    }
}
