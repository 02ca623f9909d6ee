//! The runtime of the tool, chosen at its start. To a runner it is one more runtime: a timer and a spawner.

use std::future::Future;
use std::str::FromStr;
use std::time::Duration;

use telegram_sender::Smol;
#[cfg(feature = "tokio")]
use telegram_sender::Tokio;
use telegram_sender::runtime::{Instant, Spawner, Timer};
use telegram_sender::telegram::{TelegramSender, TelegramSenderBuilder};

use crate::failure::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    Smol,
    #[cfg(feature = "tokio")]
    Tokio,
}

impl FromStr for Runtime {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, &'static str> {
        match name {
            "smol" => Ok(Self::Smol),
            #[cfg(feature = "tokio")]
            "tokio" => Ok(Self::Tokio),
            #[cfg(not(feature = "tokio"))]
            "tokio" => Err("it was built without tokio; build it with --features telegram,tokio"),
            _ => Err("it must be smol or tokio"),
        }
    }
}

impl Runtime {
    pub(crate) fn block_on<T>(self, future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match self {
            Self::Smol => smol::block_on(future),
            #[cfg(feature = "tokio")]
            Self::Tokio => {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
                let runtime = runtime.map_err(|error| {
                    Failure::new(crate::failure::Blame::Server, format!("tokio can't start: {error}"))
                })?;
                runtime.block_on(future)
            }
        }
    }

    pub(crate) fn build(self, sender: TelegramSenderBuilder) -> TelegramSender {
        match self {
            Self::Smol => sender.build_on(Smol),
            #[cfg(feature = "tokio")]
            Self::Tokio => sender.build_on(Tokio),
        }
    }
}

impl Timer for Runtime {
    fn now(&self) -> Instant {
        match self {
            Self::Smol => Smol.now(),
            #[cfg(feature = "tokio")]
            Self::Tokio => Tokio.now(),
        }
    }

    async fn sleep(&self, duration: Duration) {
        match self {
            Self::Smol => Smol.sleep(duration).await,
            #[cfg(feature = "tokio")]
            Self::Tokio => Tokio.sleep(duration).await,
        }
    }
}

impl<F: Future<Output: Send> + Send + 'static> Spawner<F> for Runtime {
    type Task = ();

    fn spawn(self, future: F) {
        match self {
            Self::Smol => Spawner::<F>::spawn(Smol, future).detach(),
            #[cfg(feature = "tokio")]
            Self::Tokio => drop(Spawner::<F>::spawn(Tokio, future)),
        }
    }
}
