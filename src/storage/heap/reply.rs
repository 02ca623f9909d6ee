//! What travels through the queue and the oneshots, made small: a million of each may wait.

use alloc::boxed::Box;

use futures::channel::oneshot::Sender;

use crate::error::NoAnswer;
use crate::runtime::Instant;
use crate::sender::MessageSender;
use crate::storage::{Job, Settled, Taken};
use crate::strategy::RequestId;

/// A reply. That there is no answer is rare, and takes more room: it has a box.
pub enum Reply<S: MessageSender> {
    Message(u32, S::Message),
    Rejection(u32, S::Rejection),
    NoAnswer(Box<(u32, NoAnswer<S::Error>)>),
}

impl<S: MessageSender> Reply<S> {
    #[inline]
    pub(in crate::storage) fn new(settled: Settled<S>) -> Self {
        let Settled { outcome, attempts } = settled;
        match outcome {
            Ok(Ok(message)) => Self::Message(attempts, message),
            Ok(Err(rejection)) => Self::Rejection(attempts, rejection),
            Err(why) => Self::no_answer(attempts, why),
        }
    }

    #[cold]
    fn no_answer(attempts: u32, why: NoAnswer<S::Error>) -> Self {
        Self::NoAnswer(Box::new((attempts, why)))
    }

    #[inline]
    pub(in crate::storage) fn into_settled(self) -> Settled<S> {
        match self {
            Self::Message(attempts, message) => Settled { outcome: Ok(Ok(message)), attempts },
            Self::Rejection(attempts, rejection) => Settled { outcome: Ok(Err(rejection)), attempts },
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
pub enum Queued<S: MessageSender> {
    /// As most are: a caller's own, and its wait is not measured.
    Plain(RequestId, S::Request, Sender<Reply<S>>),
    Other(Box<HeapJob<S>>),
}

impl<S: MessageSender> Queued<S> {
    /// A caller's own request.
    #[inline]
    pub(in crate::storage) fn callers(
        id: RequestId,
        request: S::Request,
        queued_at: Instant,
        reply: Sender<Reply<S>>,
    ) -> Self {
        if queued_at == Instant::NEVER {
            return Self::Plain(id, request, reply);
        }
        Self::other(Job { id, cycle: 0, request, queued_at, reply: Some(reply) })
    }

    #[cold]
    fn other(job: HeapJob<S>) -> Self {
        Self::Other(Box::new(job))
    }

    /// Whether the ticket is gone, be it dropped or cancelled.
    #[inline]
    pub(in crate::storage) fn has_lost_its_ticket(&self) -> bool {
        match self {
            Self::Plain(_, _, reply) => reply.is_canceled(),
            Self::Other(job) => job.reply.as_ref().is_some_and(Sender::is_canceled),
        }
    }
}

impl<S: MessageSender> Taken<S, Sender<Reply<S>>> for Queued<S> {
    #[inline]
    fn id(&self) -> RequestId {
        match self {
            Self::Plain(id, ..) => *id,
            Self::Other(job) => job.id,
        }
    }

    #[inline]
    fn cycle(&self) -> u32 {
        match self {
            Self::Plain(..) => 0,
            Self::Other(job) => job.cycle,
        }
    }

    #[inline]
    fn queued_at(&self) -> Instant {
        match self {
            Self::Plain(..) => Instant::NEVER,
            Self::Other(job) => job.queued_at,
        }
    }

    #[inline]
    fn request(&self) -> &S::Request {
        match self {
            Self::Plain(_, request, _) => request,
            Self::Other(job) => &job.request,
        }
    }

    #[inline]
    fn into_parts(self) -> (S::Request, Option<Sender<Reply<S>>>) {
        match self {
            Self::Plain(_, request, reply) => (request, Some(reply)),
            Self::Other(job) => (job.request, job.reply),
        }
    }
}
