//! A tower service as a sender.

use core::convert::Infallible;
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::task::{Poll, ready};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use tower_service::Service;

use crate::sender::{Delivery, MessageResponse, MessageSender};

/// Sends through a tower service: waits until the service is ready, then calls it with a clone of the request.
///
/// A service takes its request by value, and the runner keeps the request for re-sends, so each call gets a clone.
/// The runner makes one call at a time, so the lock around the service is always free.
///
/// Each response is a message, unless a [`Classify`] makes it a rejection. An error of the service is
/// [no answer](crate::NoAnswer::Failed).
pub struct ServiceSender<Svc, Req, C = AcceptAll> {
    service: Mutex<Svc>,
    types: PhantomData<fn(Req) -> C>,
}

impl<Svc, Req> ServiceSender<Svc, Req>
where
    Svc: Service<Req>,
{
    /// Creates a sender that sends through `service`.
    pub const fn new(service: Svc) -> Self {
        Self { service: Mutex::new(service), types: PhantomData }
    }
}

impl<Svc, Req, C> ServiceSender<Svc, Req, C>
where
    Svc: Service<Req>,
{
    /// Separates messages from rejections by `D`.
    pub fn classify<D: Classify<Svc::Response, Svc::Error>>(self) -> ServiceSender<Svc, Req, D> {
        ServiceSender { service: self.service, types: PhantomData }
    }
}

/// Classifies the responses and errors of a service for the runner.
///
/// ```
/// use std::io;
/// use std::time::Duration;
/// use telegram_sender::tower::{Classify, ServiceSender};
///
/// #[derive(Clone)]
/// struct Response { status: u16, retry_after: Option<u64> }
///
/// struct ByStatus;
///
/// impl Classify<Response, io::Error> for ByStatus {
///     type Message = Response;
///     type Rejection = Response;
///
///     fn classify(response: Response) -> Result<Response, Response> {
///         if response.status < 400 { Ok(response) } else { Err(response) }
///     }
///
///     fn retry_after(rejection: &Response) -> Option<Duration> {
///         rejection.retry_after.map(Duration::from_secs)
///     }
///
///     fn may_have_arrived(error: &io::Error) -> bool {
///         error.kind() != io::ErrorKind::ConnectionRefused
///     }
/// }
///
/// # let service = tower::service_fn(|_: u32| async { Ok::<_, io::Error>(Response { status: 200, retry_after: None }) });
/// let sender = ServiceSender::new(service).classify::<ByStatus>();
/// # let _ = sender;
/// ```
pub trait Classify<Response, Error> {
    /// The service's response to a request that it accepted.
    type Message: Clone;
    /// The service's response to a request that it rejected.
    type Rejection: Clone;

    /// Returns the message or the rejection that `response` is.
    ///
    /// # Errors
    ///
    /// Fails with the rejection.
    fn classify(response: Response) -> Result<Self::Message, Self::Rejection>;

    /// Returns how long the service asks to wait; see [`MessageSender::retry_after`].
    fn retry_after(rejection: &Self::Rejection) -> Option<Duration> {
        let _ = rejection;
        None
    }

    /// Returns true if the service would reject the request each time; see [`MessageSender::is_final`].
    fn is_final(rejection: &Self::Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// Returns true if the service may have taken the request anyway; see [`MessageSender::may_have_been_taken`].
    fn may_have_been_taken(rejection: &Self::Rejection) -> bool {
        let _ = rejection;
        false
    }

    /// Returns true if the request of a failed call may have arrived; see [`MessageSender::may_have_arrived`].
    fn may_have_arrived(error: &Error) -> bool {
        let _ = error;
        true
    }
}

/// Takes every response for a message.
#[derive(Debug, Clone, Copy, Default)]
pub struct AcceptAll;

impl<Response: Clone, Error> Classify<Response, Error> for AcceptAll {
    type Message = Response;
    type Rejection = Infallible;

    fn classify(response: Response) -> Result<Response, Infallible> {
        Ok(response)
    }
}

impl<Svc, Req, C> MessageSender for ServiceSender<Svc, Req, C>
where
    Svc: Service<Req>,
    Req: Clone,
    C: Classify<Svc::Response, Svc::Error>,
{
    type Request = Req;
    type Message = C::Message;
    type Rejection = C::Rejection;
    type Error = Svc::Error;

    async fn send_message(&self, request: &Req) -> Result<MessageResponse<Self>, Svc::Error> {
        self.deliver(request, &Delivery::new()).await
    }

    /// Waits until the service is ready, then calls it. The delivery begins with the call.
    async fn deliver(&self, request: &Req, delivery: &Delivery) -> Result<MessageResponse<Self>, Svc::Error> {
        // Called in the same poll that found it ready, so that no drop in between leaves a slot of it reserved.
        let call = poll_fn(|cx| {
            // A panic of the service poisons the lock. The service itself decides if it is still ready.
            let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner);
            ready!(service.poll_ready(cx))?;
            delivery.begin();
            Poll::Ready(Ok(service.call(request.clone())))
        });
        Ok(C::classify(call.await?.await?))
    }

    fn retry_after(rejection: &C::Rejection) -> Option<Duration> {
        C::retry_after(rejection)
    }

    fn is_final(rejection: &C::Rejection) -> bool {
        C::is_final(rejection)
    }

    fn may_have_been_taken(rejection: &C::Rejection) -> bool {
        C::may_have_been_taken(rejection)
    }

    fn may_have_arrived(error: &Svc::Error) -> bool {
        C::may_have_arrived(error)
    }
}

impl<Svc, Req, C> fmt::Debug for ServiceSender<Svc, Req, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceSender").finish_non_exhaustive()
    }
}
