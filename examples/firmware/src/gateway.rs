//! The sender: it passes a reading to the gateway at the other end of the serial port, and waits for the outcome.

use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::ops::Range;
use core::time::Duration;

use embassy_time::with_timeout;
use telegram_sender::{MessageResponse, MessageSender};

use crate::link::{Frames, LONGEST_FRAME, Outcome, Reading, ToChip, ToGateway, decode, encode};
use crate::uart;

/// The time to wait for a welcome before asking again.
const PATIENCE: embassy_time::Duration = embassy_time::Duration::from_millis(200);

/// The gateway, as the chip sees it.
pub struct Gateway {
    session: Cell<u32>,
    frames: RefCell<Frames>,
}

/// A reading to deliver.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub number: u32,
    pub reading: Reading,
}

/// The delivery of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    pub number: u32,
    pub message_id: i32,
}

/// The refusal of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub number: u32,
    pub code: u16,
    pub is_final: bool,
    pub retry_after: Option<Duration>,
}

impl Gateway {
    /// Waits for a gateway. Returns it with the numbers of the readings that it wants.
    pub async fn greet() -> (Self, Range<u32>) {
        let gateway = Self { session: Cell::new(0), frames: RefCell::new(Frames::new()) };
        loop {
            say(ToGateway::Hello).await;
            let welcome = async {
                loop {
                    if let ToChip::Welcome { session, next, end } = gateway.hear().await {
                        gateway.session.set(session);
                        return next..end;
                    }
                }
            };
            if let Ok(wanted) = with_timeout(PATIENCE, welcome).await {
                return (gateway, wanted);
            }
        }
    }

    /// Waits for the next whole frame. Dropping the future keeps the bytes that have arrived.
    async fn hear(&self) -> ToChip {
        loop {
            let byte = uart::read().await;
            if let Some(frame) = self.frames.borrow_mut().push(byte).and_then(decode) {
                return frame;
            }
        }
    }
}

async fn say(frame: ToGateway) {
    let mut buffer = [0; LONGEST_FRAME];
    if let Some(bytes) = encode(&frame, &mut buffer) {
        uart::write(bytes).await;
    }
}

impl MessageSender for Gateway {
    type Request = Request;
    type Message = Delivered;
    type Rejection = Refused;
    type Error = Infallible;

    /// Sends a reading and waits for the answer, forever if none comes: a timeout must bound it. The gateway knows a
    /// reading by its number, so it may be sent again.
    async fn send_message(&self, request: &Request) -> Result<MessageResponse<Self>, Infallible> {
        let Request { number, reading } = *request;
        say(ToGateway::Send { session: self.session.get(), number, reading }).await;
        loop {
            match self.hear().await {
                ToChip::Answer { session, number: answered, outcome }
                    if (session, answered) == (self.session.get(), number) =>
                {
                    return Ok(response(number, outcome));
                }
                // A repeated answer to an earlier request.
                ToChip::Answer { .. } => {}
                // The gateway has another session: the next attempt uses it.
                ToChip::Welcome { session, .. } => self.session.set(session),
            }
        }
    }

    fn retry_after(refused: &Refused) -> Option<Duration> {
        refused.retry_after
    }

    fn is_final(refused: &Refused) -> bool {
        refused.is_final
    }
}

fn response(number: u32, outcome: Outcome) -> MessageResponse<Gateway> {
    match outcome {
        Outcome::Accepted { message_id } => Ok(Delivered { number, message_id }),
        Outcome::Rejected { code, is_final } => Err(Refused { number, code, is_final, retry_after: None }),
        Outcome::FloodWait { seconds } => {
            let retry_after = Some(Duration::from_secs(seconds.into()));
            Err(Refused { number, code: 429, is_final: false, retry_after })
        }
    }
}
