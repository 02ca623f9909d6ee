//! The frames between a chip and its gateway, and their form on the wire. The firmware and the gateway both include
//! this file.
//!
//! One request is in flight at a time:
//!
//! ```text
//! chip                                gateway
//! Hello                            ─▶
//!                                  ◀─ Welcome { session, next, end }    the chip begins with reading `next`
//! Send { session, number, reading }─▶
//!                                  ◀─ Answer { session, number, outcome }
//! ```
//!
//! The chip sends a lost frame again, and the gateway knows by its number whether it has answered it before. On the
//! wire a frame is postcard's bytes and their CRC-32, COBS-encoded, between two zero bytes. A corrupted or cut frame
//! is dropped, and harms no other.

use crc::{CRC_32_ISO_HDLC, Crc};
use postcard::ser_flavors::crc::CrcModifier;
use postcard::ser_flavors::{Cobs, Slice};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A length above that of any frame of the types below.
pub const LONGEST_FRAME: usize = 48;

/// The byte that ends a frame. COBS keeps it out of all other bytes.
pub const DELIMITER: u8 = 0;

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// A frame from the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToGateway {
    /// The chip has started, and asks for the next reading's number.
    Hello,
    /// A reading to deliver.
    Send {
        /// The session of the gateway's `Welcome`.
        session: u32,
        /// The number of the reading, from 0 on.
        number: u32,
        reading: Reading,
    },
}

/// A frame from the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToChip {
    /// The gateway wants the readings from `next` on, and before `end`.
    Welcome { session: u32, next: u32, end: u32 },
    /// The outcome of the reading `number`.
    Answer { session: u32, number: u32, outcome: Outcome },
}

/// A measurement of the sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The temperature in hundredths of a degree Celsius.
    pub celsius: i32,
    /// True if the reading is an alarm.
    pub alarm: bool,
}

impl Reading {
    /// Returns the reading `number` of the sensor's log, the same at each call, as if it were read from flash.
    pub const fn of(number: u32) -> Self {
        let noise = number.wrapping_mul(2_654_435_761) >> 20;
        Self { celsius: noise.cast_signed() - 2_000, alarm: number % 1_000 == 999 }
    }
}

/// The outcome of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was delivered, as this message.
    Accepted { message_id: i32 },
    /// It was not accepted. If `is_final`, it never will be.
    Rejected { code: u16, is_final: bool },
    /// It was not accepted, and no reading will be for this time.
    FloodWait { seconds: u32 },
}

/// Writes a frame into `buffer`, delimiters included, and returns the part that it fills.
pub fn encode<'b>(frame: &impl Serialize, buffer: &'b mut [u8; LONGEST_FRAME]) -> Option<&'b [u8]> {
    let (first, rest) = buffer.split_first_mut()?;
    *first = DELIMITER;
    let cobs = Cobs::try_new(Slice::new(rest)).ok()?;
    let len = postcard::serialize_with_flavor(frame, CrcModifier::new(cobs, CRC.digest())).ok()?.len();
    buffer.get(..=len)
}

/// Decodes the bytes between two delimiters, in place. Returns `None` if they are not a frame as it was sent.
pub fn decode<T: DeserializeOwned>(frame: &mut [u8]) -> Option<T> {
    let len = cobs::decode_in_place(frame).ok()?;
    let (value, rest) = postcard::take_from_bytes_crc32(frame.get(..len)?, CRC.digest()).ok()?;
    rest.is_empty().then_some(value)
}

/// Splits the arriving bytes into frames.
pub struct Frames {
    buffer: [u8; LONGEST_FRAME],
    len: usize,
}

impl Frames {
    pub const fn new() -> Self {
        Self { buffer: [0; LONGEST_FRAME], len: 0 }
    }

    /// Takes the next byte. If it ends a frame, returns the bytes between this delimiter and the last.
    pub fn push(&mut self, byte: u8) -> Option<&mut [u8]> {
        if byte != DELIMITER {
            // Bytes that do not fit are counted, so that too long a run of bytes is not taken for a frame.
            if let Some(place) = self.buffer.get_mut(self.len) {
                *place = byte;
            }
            self.len = self.len.saturating_add(1);
            return None;
        }
        let len = core::mem::take(&mut self.len);
        self.buffer.get_mut(..len).filter(|frame| !frame.is_empty())
    }
}
