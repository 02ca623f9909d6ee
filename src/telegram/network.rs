//! The runtimes that open a sender's connections, by name. What each takes for that is in `http`.

#[cfg(feature = "smol")]
use crate::runtime::Smol;
#[cfg(feature = "tokio")]
use crate::runtime::Tokio;

/// A runtime for the connections of a [`TelegramSender`](super::TelegramSender): `Smol` or `Tokio`, as
/// features choose. For another one there is [`build_with`](super::TelegramSenderBuilder::build_with).
///
/// | runtime | its connections run |
/// | --- | --- |
/// | `Smol` | on smol's global executor, whoever sends |
/// | `Tokio` | on the tokio runtime in which a message is sent |
///
/// It need not be the runtime of the runner, but mostly is:
///
/// ```no_run
/// # #[cfg(feature = "smol")] {
/// use telegram_sender::telegram::{BotToken, Network, TelegramSender};
/// use telegram_sender::{SenderRunner, Spawner, Timer};
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
/// It is sealed, so that a runtime may ask for more one day.
pub trait Network: sealed::Sealed {}

#[cfg(feature = "smol")]
impl Network for Smol {}

#[cfg(feature = "tokio")]
impl Network for Tokio {}

/// What [`Network`] asks for, where nobody else can name it.
pub(super) mod sealed {
    use hyper::Uri;

    use crate::telegram::http::Dial;

    pub trait Sealed {
        /// The way to the server of `origin`.
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
