//! The sender of requests: implement [`MessageSender`] to send over your own service, device or queue.
//!
//! A send returns a [`MessageResponse`], which is an answer of the service, or an error, which means no answer. A
//! sender that connects first notes in a [`Delivery`] when the request can reach the service. Ready-made senders are
//! [`TelegramSender`](crate::telegram::TelegramSender) and [`ServiceSender`](crate::tower::ServiceSender). A sender
//! knows no queue and no timer.

#[cfg(all(test, feature = "alloc"))]
pub(crate) mod echo;

use core::future::{Future, ready};
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

/// The answer of a service: the message that it accepted, or its rejection. Results yield it in an
/// [`Answer`](crate::Answer).
pub type MessageResponse<S> = Result<<S as MessageSender>::Message, <S as MessageSender>::Rejection>;

/// Sends one request and returns the service's answer.
///
/// The runner owns its sender, opens it before the first request, sends one request at a time through it, and
/// closes it exactly once at its end.
///
/// A send ends in one of three ways. A [`Message`](Self::Message) and a [`Rejection`](Self::Rejection) are *answers*
/// of the service, an [`Error`](Self::Error) means that there is *no answer*. Only answers reach
/// [`results`](crate::SenderRunner::results). Both answer types are [`Clone`], because an answer goes to the ticket
/// and to the results; wrap large ones in an `Arc`. The runner clones an answer only if results are kept.
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
    /// The request to send.
    type Request;
    /// The service's answer to a request that it accepted.
    type Message: Clone;
    /// The service's answer to a request that it rejected.
    type Rejection: Clone;
    /// The reason why there is no answer.
    type Error;

    /// Prepares the sender. It is called once, before the first request.
    ///
    /// # Errors
    ///
    /// [`start`](crate::runner::Prepared::start) or the future of [`run`](crate::runner::Prepared::run) returns the
    /// error, and nothing is sent.
    fn open(&self) -> impl Future<Output = Result<(), Self::Error>> {
        ready(Ok(()))
    }

    /// Sends `request` and waits for the answer.
    ///
    /// # Errors
    ///
    /// Returns `Err` if there is no answer. If the service answers with an error, returns `Ok(Err(rejection))`.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped if a [`Timeout`](crate::Timeout) expires or the runner is aborted. The request may have
    /// arrived then.
    fn send_message(
        &self,
        request: &Self::Request,
    ) -> impl Future<Output = Result<MessageResponse<Self>, Self::Error>>;

    /// Sends `request` like [`send_message`](Self::send_message), and calls [`Delivery::begin`] before the request can
    /// reach the service. The runner calls this method.
    ///
    /// Override it if a send has a part that delivers nothing, such as connecting: a request that is cut short in
    /// that part surely did not arrive. By default, delivery begins at once.
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
    /// Returns `Err` if there is no answer, like [`send_message`](Self::send_message).
    ///
    /// # Cancel safety
    ///
    /// The future is dropped like that of [`send_message`](Self::send_message). If delivery had not begun, the
    /// request surely did not arrive.
    fn deliver(
        &self,
        request: &Self::Request,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<MessageResponse<Self>, Self::Error>> {
        delivery.begin();
        self.send_message(request)
    }

    /// Returns how long the service asks to wait before the next request, if the rejection says so (a flood wait).
    ///
    /// The runner then sends nothing before that time has passed.
    fn retry_after(rejection: &Self::Rejection) -> Option<Duration> {
        let _ = rejection;
        None
    }

    /// Returns true if the service would reject the same request each time. A [`Retry`](crate::Retry) then does not
    /// send it again.
    fn is_final(rejection: &Self::Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// Returns true if the service may have taken the request although it answered with `rejection`, for example if a
    /// server failed after its work was done. A [`Retry`](crate::Retry) sends it again only with
    /// [`on_no_answer`](crate::Retry::on_no_answer). Default: false.
    fn may_have_been_taken(rejection: &Self::Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// Returns true if the request may have arrived although its send failed with `error`. If it surely did not, a
    /// [`Retry`](crate::Retry) can send it again without sending it twice.
    fn may_have_arrived(error: &Self::Error) -> bool {
        let _ = error;
        true
    }

    /// Releases what [`open`](Self::open) took. The worker calls it exactly once, at its end.
    ///
    /// If an executor drops the worker, no code can run any more: the sender is dropped without this call.
    fn close(&self) -> impl Future<Output = ()> {
        ready(())
    }
}

/// Records that a request in flight may have reached the service.
///
/// The runner passes one to [`MessageSender::deliver`] with each request, and reads it when the send ends or is cut
/// short.
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
    /// Creates a delivery that has not begun.
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

    /// Sets the state at the end of one attempt of several.
    #[inline]
    pub(crate) fn set(&self, has_begun: bool) {
        self.0.store(has_begun, Ordering::Relaxed);
    }
}

macro_rules! forward {
    ($(#[$meta:meta])* $pointer:ty) => {
        /// Sends through a shared sender, which its owner can read meanwhile.
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
