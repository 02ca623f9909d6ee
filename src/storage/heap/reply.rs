//! What travels through the queue and the oneshots, made small: a million of each may wait.

use alloc::boxed::Box;

use futures::channel::oneshot::Sender;

use crate::error::NoAnswer;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Job, Settled};
use crate::strategy::RequestId;

/// A reply. That there is no answer is rare, and takes more room: it has a box.
pub enum Reply<S: MessageSender> {
    Message(u32, S::Message),
    Rejection(u32, S::Rejection),
    NoAnswer(Box<(u32, NoAnswer<S::Error>)>),
}

impl<S: MessageSender> Reply<S> {
    #[inline]
    pub(super) fn new(settled: Settled<S>) -> Self {
        let Settled { outcome, attempts } = settled;
        match outcome {
            Ok(Ok(message)) => Self::Message(attempts, message),
            Ok(Err(rejection)) => Self::Rejection(attempts, rejection),
            Err(why) => Self::NoAnswer(Box::new((attempts, why))),
        }
    }

    #[inline]
    pub(super) fn into_settled(self) -> Settled<S> {
        match self {
            Self::Message(attempts, message) => Settled { outcome: Ok(Ok(message)), attempts },
            Self::Rejection(attempts, rejection) => Settled { outcome: Ok(Err(rejection)), attempts },
            Self::NoAnswer(no_answer) => {
                let (attempts, why) = *no_answer;
                Settled::no_answer(why, attempts)
            }
        }
    }
}

pub(super) type HeapJob<S> = Job<<S as MessageSender>::Request, Sender<Reply<S>>>;

/// A request in the queue.
pub(super) enum Queued<S: MessageSender> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(RequestId, S::Request, Sender<Reply<S>>),
    Other(Box<HeapJob<S>>),
}

impl<S: MessageSender> Queued<S> {
    #[inline]
    pub(super) fn new(job: HeapJob<S>) -> Self {
        match job {
            Job { id, cycle: 0, request, queued_at: Instant::NEVER, reply: Some(reply) } => {
                Self::Plain(id, request, reply)
            }
            other => Self::Other(Box::new(other)),
        }
    }

    #[inline]
    pub(super) fn into_job(self) -> HeapJob<S> {
        match self {
            Self::Plain(id, request, reply) => {
                Job { id, cycle: 0, request, queued_at: Instant::NEVER, reply: Some(reply) }
            }
            Self::Other(job) => *job,
        }
    }
}
