//! A reply as it travels through a oneshot, made small: a million may wait.

use alloc::boxed::Box;

use crate::error::SendError;
use crate::sender::MessageSender;
use crate::storage::Settled;

/// A reply. Most are messages; what else there is has a box, so that all take the room of a message.
pub(super) enum Reply<S: MessageSender> {
    Message(u32, S::Message),
    Other(Box<(u32, ErrorOf<S>)>),
}

type ErrorOf<S> = SendError<<S as MessageSender>::Rejection, <S as MessageSender>::Error>;

impl<S: MessageSender> Reply<S> {
    #[inline]
    pub(super) fn new(settled: Settled<S>) -> Self {
        let Settled { result, attempts } = settled;
        match result {
            Ok(message) => Self::Message(attempts, message),
            Err(error) => Self::other(attempts, error),
        }
    }

    #[cold]
    fn other(attempts: u32, error: ErrorOf<S>) -> Self {
        Self::Other(Box::new((attempts, error)))
    }

    #[inline]
    pub(super) fn into_settled(self) -> Settled<S> {
        match self {
            Self::Message(attempts, message) => Settled { result: Ok(message), attempts },
            Self::Other(other) => Self::into_error(*other),
        }
    }

    #[cold]
    fn into_error((attempts, error): (u32, ErrorOf<S>)) -> Settled<S> {
        Settled { result: Err(error), attempts }
    }
}
