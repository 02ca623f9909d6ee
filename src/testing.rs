//! Tools to test your own senders and strategies: a deterministic runtime in virtual time, and a scripted sender.
//! No sleep takes real time, so a day of traffic passes in milliseconds.
//!
//! # A strategy over a day
//!
//! ```
//! use std::time::Duration;
//! use telegram_sender::testing::{ScriptedSender, VirtualRuntime};
//! use telegram_sender::runtime::Timer;
//! use telegram_sender::{RateLimiter, SenderRunner};
//!
//! let runtime = VirtualRuntime::new();
//! let sender = ScriptedSender::new(runtime.timer());
//! runtime.block_on(async {
//!     // Put your own strategy here.
//!     let builder = SenderRunner::builder(sender.clone()).strategy(RateLimiter::new(1, Duration::from_secs(60))?);
//!     let runner = builder.prepare(runtime.timer()).start(&runtime).await.unwrap();
//!     for hour in 0..24 {
//!         drop(runner.request(hour).await);
//!         runtime.sleep(Duration::from_secs(60 * 60)).await;
//!     }
//!     runner.close().await;
//!     Ok::<(), telegram_sender::error::InvalidArgument>(())
//! }).unwrap();
//! assert_eq!(sender.sends().len(), 24);
//! assert_eq!(runtime.timer().elapsed(), Duration::from_secs(24 * 60 * 60));
//! ```

mod clock;
mod executor;
mod sender;

pub use clock::VirtualTimer;
pub use executor::{VirtualRuntime, VirtualTask};
pub use sender::{Accepted, Failed, Rejected, Reply, ScriptedSender, SendEnd, SendRecord};
