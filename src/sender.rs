//! What sends: the [`MessageSender`] trait and the response it gives. Nothing here knows of queues or time.

#[cfg(all(test, feature = "alloc"))]
pub(crate) mod echo;

use core::future::{Future, ready};
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

/// What a service answered: the message it accepted, or its rejection. Results yield exactly this.
pub type MessageResponse<S> = Result<<S as MessageSender>::Message, <S as MessageSender>::Rejection>;

/// Sends one request and gives the service's answer.
///
/// The runner owns its sender, opens it before the first request, sends one request at a time through it, and
/// closes it exactly once at its end.
///
/// Three types say how a send can end besides [`Message`](Self::Message): a [`Rejection`](Self::Rejection) is an
/// *answer* of the service, an [`Error`](Self::Error) means that *no answer* was got. Only answers reach
/// [`results`](crate::SenderRunner::results). Both answer types are [`Clone`], as an answer goes to the ticket
/// and to the results; wrap large ones in an `Arc`. Nothing is cloned when nobody reads results.
///
/// # Example
///
/// ```
/// use telegram_sender::{MessageResponse, MessageSender};
///
/// struct Console;
///
/// impl MessageSender for Console {
///     type Request = String;
///     type Message = usize;
///     type Rejection = &'static str;
///     type Error = std::io::Error;
///
///     async fn send_message(&self, request: &String) -> Result<MessageResponse<Self>, std::io::Error> {
///         use std::io::Write;
///         if request.is_empty() {
///             return Ok(Err("nothing to say"));
///         }
///         writeln!(std::io::stdout(), "{request}")?;
///         Ok(Ok(request.len()))
///     }
/// }
/// ```
#[doc(alias = "IMessageSender")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not send messages",
    label = "not a sender",
    note = "implement `MessageSender` for it, or use a sender of this crate such as `telegram::TelegramSender`"
)]
pub trait MessageSender {
    /// What is sent.
    type Request;
    /// What the service gives for a request that it accepted.
    type Message: Clone;
    /// The service's answer that is an error.
    type Rejection: Clone;
    /// Why no answer was got.
    type Error;

    /// Gets ready to send: called once, before the worker is spawned.
    ///
    /// # Errors
    ///
    /// An error is returned from [`start`](crate::runner::Prepared::start) and the runner never exists.
    fn open(&self) -> impl Future<Output = Result<(), Self::Error>> {
        ready(Ok(()))
    }

    /// Sends `request` and waits for the answer.
    ///
    /// # Errors
    ///
    /// `Err` when no answer was got. A service that answers with an error gives `Ok(Err(rejection))`.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when a [`Timeout`](crate::Timeout) expires or the runner is aborted; whether the
    /// request arrived is then unknown.
    fn send_message(
        &self,
        request: &Self::Request,
    ) -> impl Future<Output = Result<MessageResponse<Self>, Self::Error>>;

    /// Sends `request` like [`send_message`](Self::send_message), and calls [`Delivery::begin`] before the request can
    /// reach the service. The runner calls this method.
    ///
    /// Override it where a send has a part that delivers nothing, such as connecting: a request that is cut short in that
    /// part surely did not arrive. By default delivery begins at once.
    ///
    /// ```
    /// use telegram_sender::sender::Delivery;
    /// use telegram_sender::{MessageResponse, MessageSender};
    ///
    /// struct Line;
    ///
    /// impl Line {
    ///     async fn connect(&self) -> Result<(), &'static str> { Ok(()) }
    ///     async fn write(&self, text: &str) -> Result<usize, &'static str> { Ok(text.len()) }
    /// }
    ///
    /// impl MessageSender for Line {
    ///     type Request = String;
    ///     type Message = usize;
    ///     type Rejection = ();
    ///     type Error = &'static str;
    ///
    ///     async fn send_message(&self, request: &String) -> Result<MessageResponse<Self>, Self::Error> {
    ///         self.deliver(request, &Delivery::new()).await
    ///     }
    ///
    ///     async fn deliver(
    ///         &self,
    ///         request: &String,
    ///         delivery: &Delivery,
    ///     ) -> Result<MessageResponse<Self>, Self::Error> {
    ///         self.connect().await?; // a time-out in here may be retried: nothing was written
    ///         delivery.begin();
    ///         self.write(request).await.map(Ok)
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message).
    ///
    /// # Cancel safety
    ///
    /// As [`send_message`](Self::send_message).
    fn deliver(
        &self,
        request: &Self::Request,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<MessageResponse<Self>, Self::Error>> {
        delivery.begin();
        self.send_message(request)
    }

    /// How long the service asks to wait before the next request, if the rejection says so (a flood wait).
    ///
    /// The runner then sends nothing before that time has passed.
    fn retry_after(rejection: &Self::Rejection) -> Option<Duration> {
        let _ = rejection;
        None
    }

    /// Whether the service would reject the very same request each time. A [`Retry`](crate::Retry) then does not send
    /// it again.
    fn is_final(rejection: &Self::Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// Returns true if the service may have taken the request although it answered with `rejection`, as a server may that
    /// fails after its work is done. A [`Retry`](crate::Retry) sends it again only if asked for with
    /// [`on_no_answer`](crate::Retry::on_no_answer). Default: false.
    fn may_have_been_taken(rejection: &Self::Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// Whether the request may have arrived although its send failed with `error`. Where it surely did not, a
    /// [`Retry`](crate::Retry) may send it again without sending it twice.
    fn may_have_arrived(error: &Self::Error) -> bool {
        let _ = error;
        true
    }

    /// Lets go of what [`open`](Self::open) took: called exactly once, at the worker's end.
    ///
    /// It is not called where no code of ours can run any more: when an executor drops the worker. The sender
    /// itself is dropped then.
    fn close(&self) -> impl Future<Output = ()> {
        ready(())
    }
}

/// Tells the runner whether a request that is being sent may have reached the service by now.
///
/// The runner gives one to [`MessageSender::deliver`] with each request, and asks it when the send is cut short.
///
/// ```
/// use telegram_sender::sender::Delivery;
///
/// let delivery = Delivery::new();
/// assert!(!delivery.has_begun());
/// delivery.begin();
/// assert!(delivery.has_begun());
/// ```
#[derive(Debug, Default)]
pub struct Delivery(AtomicBool);

impl Delivery {
    /// Creates the delivery of a request of which nothing was sent.
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Notes that the request may arrive from now on.
    #[inline]
    pub fn begin(&self) {
        self.set(true);
    }

    /// Returns true if the request may have arrived.
    #[inline]
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets what is known, as one attempt of several ends.
    #[inline]
    pub(crate) fn set(&self, has_begun: bool) {
        self.0.store(has_begun, Ordering::Relaxed);
    }
}

macro_rules! forward {
    ($(#[$meta:meta])* $pointer:ty) => {
        /// A shared sender; its owner can look at it while the runner sends through it.
        $(#[$meta])*
        impl<S: MessageSender> MessageSender for $pointer {
            type Request = S::Request;
            type Message = S::Message;
            type Rejection = S::Rejection;
            type Error = S::Error;

            fn open(&self) -> impl Future<Output = Result<(), Self::Error>> {
                (**self).open()
            }

            fn send_message(
                &self,
                request: &Self::Request,
            ) -> impl Future<Output = Result<MessageResponse<Self>, Self::Error>> {
                (**self).send_message(request)
            }

            fn deliver(
                &self,
                request: &Self::Request,
                delivery: &Delivery,
            ) -> impl Future<Output = Result<MessageResponse<Self>, Self::Error>> {
                (**self).deliver(request, delivery)
            }

            fn retry_after(rejection: &Self::Rejection) -> Option<Duration> {
                S::retry_after(rejection)
            }

            fn is_final(rejection: &Self::Rejection) -> bool {
                S::is_final(rejection)
            }

            fn may_have_been_taken(rejection: &Self::Rejection) -> bool {
                S::may_have_been_taken(rejection)
            }

            fn may_have_arrived(error: &Self::Error) -> bool {
                S::may_have_arrived(error)
            }

            fn close(&self) -> impl Future<Output = ()> {
                (**self).close()
            }
        }
    };
}

forward!(&S);
forward!(#[cfg(feature = "alloc")] alloc::rc::Rc<S>);
forward!(#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))] alloc::sync::Arc<S>);
