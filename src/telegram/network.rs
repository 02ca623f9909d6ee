//! The runtimes that open a sender's connections. Their code is in `http`.

#[cfg(feature = "smol")]
use crate::runtime::Smol;
#[cfg(feature = "tokio")]
use crate::runtime::Tokio;

/// A runtime for the connections of a [`TelegramSender`](super::TelegramSender): `Smol` or `Tokio`, depending on
/// the features. For another runtime, use [`build_with`](super::TelegramSenderBuilder::build_with).
///
/// | runtime | its connections run |
/// | --- | --- |
/// | `Smol` | on smol's global executor, wherever a message is sent |
/// | `Tokio` | on the tokio runtime in which a message is sent |
///
/// It is usually the runtime of the runner, but it may be another:
///
/// ```no_run
/// # #[cfg(feature = "smol")] {
/// use telegram_sender::telegram::{BotToken, Network, TelegramSender};
/// use telegram_sender::runtime::{Spawner, Timer};
/// use telegram_sender::SenderRunner;
///
/// # async fn start(token: BotToken) -> Result<(), telegram_sender::telegram::TelegramError> {
/// let runtime = telegram_sender::Smol; // or `Tokio`
/// let sender = TelegramSender::on(runtime, token);
/// let runner = SenderRunner::builder(sender).prepare(runtime).start(runtime).await?;
/// # runner.close().await;
/// # Ok(()) }
/// # }
/// ```
///
/// The trait is sealed, so that it can require more in a later version.
pub trait Network: sealed::Sealed {}

#[cfg(feature = "smol")]
impl Network for Smol {}

#[cfg(feature = "tokio")]
impl Network for Tokio {}

/// The supertrait of [`Network`], which other crates cannot name.
pub(super) mod sealed {
    use hyper::Uri;

    use crate::telegram::http::Dial;

    pub trait Sealed {
        /// Returns a dialer of the server at `origin`.
        fn dial(self, tls: rustls::ClientConfig, origin: Uri) -> Dial;
    }

    #[cfg(feature = "smol")]
    impl Sealed for super::Smol {
        fn dial(self, tls: rustls::ClientConfig, origin: Uri) -> Dial {
            use crate::telegram::http::smol::{Connector, Global};
            Dial::new(Connector, Global, tls, origin)
        }
    }

    #[cfg(feature = "tokio")]
    impl Sealed for super::Tokio {
        fn dial(self, tls: rustls::ClientConfig, origin: Uri) -> Dial {
            use crate::telegram::http::tokio::connector;
            Dial::new(connector(), hyper_util::rt::TokioExecutor::new(), tls, origin)
        }
    }
}
