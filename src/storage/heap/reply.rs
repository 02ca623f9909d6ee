//! A reply as it travels through a oneshot, made small: a million may wait.

use alloc::boxed::Box;

use futures::channel::oneshot::Sender;

use super::entry::Entry;
use crate::error::{NoAnswer, SendError};
use crate::sender::MessageSender;
use crate::storage::{Job, Settled};

/// A reply. That there is no answer is rare, and takes more room: it has a box.
pub enum Reply<S: MessageSender> {
    Message(u32, S::Message),
    Rejection(u32, S::Rejection),
    NoAnswer(Box<(u32, NoAnswer<S::Error>)>),
}

impl<S: MessageSender> Reply<S> {
    #[inline]
    pub(in crate::storage) fn new(settled: Settled<S>) -> Self {
        let Settled { result, attempts } = settled;
        match result {
            Ok(message) => Self::Message(attempts, message),
            Err(SendError::Rejected(rejection)) => Self::Rejection(attempts, rejection),
            Err(SendError::NoAnswer(why)) => Self::no_answer(attempts, why),
        }
    }

    #[cold]
    fn no_answer(attempts: u32, why: NoAnswer<S::Error>) -> Self {
        Self::NoAnswer(Box::new((attempts, why)))
    }

    #[inline]
    pub(in crate::storage) fn into_settled(self) -> Settled<S> {
        match self {
            Self::Message(attempts, message) => Settled { result: Ok(message), attempts },
            Self::Rejection(attempts, rejection) => {
                Settled { result: Err(SendError::Rejected(rejection)), attempts }
            }
            Self::NoAnswer(no_answer) => Self::into_no_answer(*no_answer),
        }
    }

    #[cold]
    fn into_no_answer((attempts, why): (u32, NoAnswer<S::Error>)) -> Settled<S> {
        Settled::no_answer(why, attempts)
    }
}

pub(in crate::storage) type HeapJob<S> = Job<<S as MessageSender>::Request, Sender<Reply<S>>>;

/// A request in the queue.
pub(in crate::storage) type Queued<S> = Entry<S, Sender<Reply<S>>>;
