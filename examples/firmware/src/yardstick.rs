//! The shared parts of the measured programs: a trivial sender, and the task that passes requests to it. The
//! programs are `src/bin/size_*.rs` and `src/bin/cost_*.rs`.

mod by_hand;
mod callers;
mod stack;

use core::convert::Infallible;

use embassy_futures::yield_now;
use telegram_sender::{MessageResponse, MessageSender};

use crate::uart;

pub use by_hand::{Careful, Plain};
pub use callers::{measure, note_future, sample};

/// The capacity of the queue.
pub const QUEUE: usize = 8;

/// A sender that sends a reading as one byte, and counts it as answered.
pub struct Radio;

impl Radio {
    /// Sends a reading, without any runner.
    ///
    /// # Errors
    ///
    /// Never with this radio.
    pub async fn transmit(&self, reading: u32) -> Result<Result<u32, u16>, Infallible> {
        while !uart::try_write(reading.to_le_bytes()[0]) {
            yield_now().await;
        }
        Ok(Ok(reading))
    }
}

impl MessageSender for Radio {
    type Request = u32;
    type Message = u32;
    type Rejection = u16;
    type Error = Infallible;

    fn send_message(&self, reading: &u32) -> impl Future<Output = Result<MessageResponse<Self>, Infallible>> {
        self.transmit(*reading)
    }
}

/// Returns a worker without a look at it.
pub fn ignore_future<F>(worker: F) -> F {
    worker
}

/// The hand-written program: a task takes requests from a channel, sends each with `$sender`, and signals the
/// outcome. `$caller` makes the requests.
#[macro_export]
macro_rules! by_hand {
    ($sender:expr, $caller:path) => {
        use embassy_executor::Spawner;
        use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
        use embassy_sync::channel::Channel;
        use embassy_sync::signal::Signal;
        use firmware::yardstick::{self, QUEUE};
        use firmware::{exit, time, uart};

        static REQUESTS: Channel<CriticalSectionRawMutex, u32, QUEUE> = Channel::new();
        static ANSWER: Signal<CriticalSectionRawMutex, Option<u32>> = Signal::new();

        #[embassy_executor::main]
        async fn main(spawner: Spawner) {
            time::start();
            uart::open();
            let Ok(caller) = caller() else { exit::failure() };
            spawner.spawn(caller);
            let mut sender = $sender;
            loop {
                let reading = REQUESTS.receive().await;
                ANSWER.signal(sender.send(reading).await);
            }
        }

        #[embassy_executor::task]
        async fn caller() {
            $caller(async |reading| {
                REQUESTS.send(reading).await;
                ANSWER.wait().await
            })
            .await;
        }

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            exit::failure()
        }
    };
}

/// The program of `by_hand!` with the runner of `$builder`, which is a `Result`. `$caller` makes the requests, and
/// `$note_future` may look at the worker.
#[macro_export]
macro_rules! by_runner {
    ($builder:expr, $caller:path, $note_future:path) => {
        use embassy_executor::Spawner;
        use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
        use firmware::yardstick::{self, QUEUE, Radio};
        use firmware::{exit, time, uart};
        use telegram_sender::storage::FixedStorage;
        use telegram_sender::{Embassy, SenderRunner};

        // One task may wait, as with a channel and a signal.
        type Store = FixedStorage<CriticalSectionRawMutex, Radio, QUEUE, QUEUE, 0, 1>;

        static STORE: Store = FixedStorage::new();

        #[embassy_executor::main]
        async fn main(spawner: Spawner) {
            time::start();
            uart::open();
            let Ok(prepared) = $builder.and_then(|builder| builder.prepare_in(&STORE, Embassy)) else {
                exit::failure()
            };
            let (runner, worker) = prepared.run();
            // Passed by value: with a borrow, the task would hold the worker twice.
            let worker = $note_future(worker);
            let Ok(caller) = caller(runner) else { exit::failure() };
            spawner.spawn(caller);
            let _ = worker.await;
        }

        #[embassy_executor::task]
        async fn caller(runner: SenderRunner<Radio, Embassy, &'static Store>) {
            $caller(async |reading| match runner.request(reading).await {
                Ok(ticket) => ticket.await.ok(),
                Err(_) => None,
            })
            .await;
        }

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            exit::failure()
        }
    };
}
