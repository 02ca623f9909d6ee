//! Builds a sender: its server, its trusted roots, and the check of its token.

use core::future::Future;
use core::pin::Pin;
use std::error::Error;
use std::fmt;

use hyper::Uri;
use hyper::rt::{Executor, Read, Write};
use hyper_util::client::legacy::connect::Connection;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use super::base_url::BaseUrl;
use super::http::{Dial, Http, tls};
use super::network::Network;
use super::sender::TelegramSender;
use super::token::BotToken;
use crate::error::InvalidArgument;
#[cfg(feature = "smol")]
use crate::runtime::Smol;

/// Builds a [`TelegramSender`]. Created by [`TelegramSender::builder`].
///
/// ```
/// # #[cfg(feature = "smol")] {
/// use telegram_sender::telegram::{BotToken, TelegramSender};
///
/// // A Bot API server of your own.
/// let token = BotToken::new("123456789:AAF-not_a_real_token")?;
/// let sender = TelegramSender::builder(token).base_url("http://localhost:8081")?.build();
/// # let _ = sender;
/// # }
/// # Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
#[derive(Clone)]
pub struct TelegramSenderBuilder {
    token: BotToken,
    base_url: BaseUrl,
    roots: RootCertStore,
    verify_token: bool,
}

impl TelegramSender {
    /// Creates a sender for the bot of `token` on Telegram's own server, with connections on smol. Equals
    /// [`on`](Self::on)`(Smol, token)`.
    #[cfg(feature = "smol")]
    pub fn new(token: BotToken) -> Self {
        Self::on(Smol, token)
    }

    /// Creates a sender for the bot of `token` on Telegram's own server, with connections on `runtime`: `Smol` or
    /// `Tokio`.
    ///
    /// # Panics
    ///
    /// Does not panic itself. With `Tokio`, opening the sender and sending panic outside of a tokio runtime; see
    /// [`build_on`](TelegramSenderBuilder::build_on).
    ///
    /// ```no_run
    /// # #[cfg(feature = "tokio")] {
    /// use telegram_sender::telegram::{BotToken, MessageRequest, TelegramSender};
    /// use telegram_sender::{SenderRunner, Tokio};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let token = BotToken::new(std::env::var("BOT_TOKEN")?)?;
    /// let sender = TelegramSender::on(Tokio, token);
    /// let runner = SenderRunner::builder(sender).prepare(Tokio).start(Tokio).await?;
    /// let ticket = runner.request(MessageRequest::text("@my_channel", "Hello!")?).await?;
    /// println!("sent as message {}", ticket.await?.message_id());
    /// runner.close().await;
    /// # Ok(()) }
    /// # }
    /// ```
    pub fn on(runtime: impl Network, token: BotToken) -> Self {
        Self::builder(token).build_on(runtime)
    }

    /// Starts to build a sender for the bot of `token`.
    pub fn builder(token: BotToken) -> TelegramSenderBuilder {
        TelegramSenderBuilder::new(token)
    }
}

impl TelegramSenderBuilder {
    pub(super) fn new(token: BotToken) -> Self {
        Self { token, base_url: BaseUrl::telegram(), roots: tls::public_roots(), verify_token: true }
    }

    /// Sets the URL of the Bot API: scheme (`https` or `http`), host, and optionally a port and a path prefix.
    /// Default: `https://api.telegram.org`.
    ///
    /// Use `http` only for a server on the same host or network: it exposes the token to everyone on the way.
    ///
    /// # Errors
    ///
    /// Returns an error naming `base_url` if `url` is anything else, or contains a user, a query, a fragment or
    /// the token.
    pub fn base_url(mut self, url: &str) -> Result<Self, InvalidArgument> {
        self.base_url = BaseUrl::parse(url, &self.token)?;
        Ok(self)
    }

    /// Trusts one more root certificate, in DER form, in addition to the public ones: for a server with its own
    /// CA.
    ///
    /// # Errors
    ///
    /// Returns an error naming `root_certificate` if `der` is not a certificate.
    pub fn root_certificate(mut self, der: impl AsRef<[u8]>) -> Result<Self, InvalidArgument> {
        self.roots.add(CertificateDer::from_slice(der.as_ref())).map_err(|_| {
            InvalidArgument::new("root_certificate", "must be an X.509 certificate in DER form")
        })?;
        Ok(self)
    }

    /// Sets whether [`open`](crate::MessageSender::open), and so the start of a runner, checks the token with
    /// Telegram (`getMe`). Default: true. Without the check, the first message shows a wrong token or a server
    /// that is down.
    pub fn verify_token(mut self, verify: bool) -> Self {
        self.verify_token = verify;
        self
    }

    /// Creates the sender, with connections on smol: [`build_on`](Self::build_on)`(Smol)`.
    ///
    /// The connections run on smol's global executor, whichever executor runs the runner.
    #[cfg(feature = "smol")]
    pub fn build(self) -> TelegramSender {
        self.build_on(Smol)
    }

    /// Creates the sender, with connections on `runtime`: `Smol` or `Tokio`.
    ///
    /// Connects nothing yet, so it works anywhere. The connections of `Tokio` run on the tokio runtime in which a
    /// message is sent, and end with it. In another runtime the sender connects again.
    ///
    /// # Panics
    ///
    /// Does not panic itself. With `Tokio`, opening the sender and sending panic outside of a tokio runtime, and
    /// in one without I/O and time (`enable_all`), as tokio's own functions do.
    ///
    /// ```no_run
    /// # #[cfg(feature = "tokio")] {
    /// use telegram_sender::telegram::{BotToken, TelegramSender};
    /// use telegram_sender::{SenderRunner, Tokio};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let token = BotToken::new(std::env::var("BOT_TOKEN")?)?;
    /// let sender = TelegramSender::builder(token).base_url("http://localhost:8081")?.build_on(Tokio);
    /// let runner = SenderRunner::builder(sender).prepare(Tokio).start(Tokio).await?;
    /// # runner.close().await;
    /// # Ok(()) }
    /// # }
    /// ```
    pub fn build_on(self, runtime: impl Network) -> TelegramSender {
        self.build_over(|tls, origin| runtime.dial(tls, origin))
    }

    /// Creates the sender with connections of another runtime, in hyper's terms. `connector` opens a TCP
    /// connection to the host and port of a URL; this crate adds TLS. `executor` runs the connections in the
    /// background. A connector reports a name without an address as a [`ResolveError`](super::ResolveError).
    pub fn build_with<C, E>(self, connector: C, executor: E) -> TelegramSender
    where
        C: Service<Uri> + Clone + Send + Sync + 'static,
        C::Response: Connection + Read + Write + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<Box<dyn Error + Send + Sync>>,
        E: Executor<Pin<Box<dyn Future<Output = ()> + Send>>> + Clone + Send + Sync + 'static,
    {
        self.build_over(|tls, origin| Dial::new(connector, executor, tls, origin))
    }

    fn build_over(self, dial: impl FnOnce(ClientConfig, Uri) -> Dial) -> TelegramSender {
        let http = Http::new(dial(tls::config(self.roots), self.base_url.origin()), self.base_url.host());
        TelegramSender::from_parts(self.token, self.base_url, http, self.verify_token)
    }
}

impl fmt::Debug for TelegramSenderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramSenderBuilder")
            .field("base_url", &self.base_url.as_str())
            .field("verify_token", &self.verify_token)
            .finish_non_exhaustive()
    }
}
