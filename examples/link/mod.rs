//! What a chip and its gateway say to each other, and how that looks on the wire. The firmware and the gateway both
//! include this file.
//!
//! One request is under way at a time:
//!
//! ```text
//! chip                                gateway
//! Hello                            ─▶
//!                                  ◀─ Welcome { session, next, end }    the chip begins with reading `next`
//! Send { session, number, reading }─▶
//!                                  ◀─ Answer { session, number, outcome }
//! ```
//!
//! A frame that got lost is sent again by the chip, and the gateway knows by its number whether it has answered it
//! before. On the wire a frame is postcard's bytes and their CRC-32, COBS-encoded, between two zero bytes: a frame that
//! was corrupted or cut is dropped, and harms no other.

use crc::{CRC_32_ISO_HDLC, Crc};
use postcard::ser_flavors::crc::CrcModifier;
use postcard::ser_flavors::{Cobs, Slice};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longer than any frame of the types below.
pub const LONGEST_FRAME: usize = 48;

/// What ends a frame; COBS leaves it out of everything else.
pub const DELIMITER: u8 = 0;

static CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// What the chip says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToGateway {
    /// The chip has started, and asks where to go on.
    Hello,
    /// A reading to be delivered.
    Send {
        /// The session of the gateway's `Welcome`.
        session: u32,
        /// Counts the readings of this chip, from 0 on.
        number: u32,
        reading: Reading,
    },
}

/// What the gateway says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToChip {
    /// Readings from `next` on, and before `end`, are wanted.
    Welcome { session: u32, next: u32, end: u32 },
    /// What came of the reading `number`.
    Answer { session: u32, number: u32, outcome: Outcome },
}

/// What the sensor measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// In hundredths of a degree Celsius.
    pub celsius: i32,
    /// Whether somebody should be woken.
    pub alarm: bool,
}

impl Reading {
    /// The reading `number` of the sensor's log: the same each time it is asked for, as if it were read from flash.
    pub const fn of(number: u32) -> Self {
        let noise = number.wrapping_mul(2_654_435_761) >> 20;
        Self { celsius: noise.cast_signed() - 2_000, alarm: number % 1_000 == 999 }
    }
}

/// What came of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was delivered, as this message.
    Accepted { message_id: i32 },
    /// It was not taken. If that is final, it never will be.
    Rejected { code: u16, is_final: bool },
    /// It was not taken, and nothing will be for so long.
    FloodWait { seconds: u32 },
}

/// Writes a frame into `buffer`, delimiters included, and gives the part that it fills.
pub fn encode<'b>(frame: &impl Serialize, buffer: &'b mut [u8; LONGEST_FRAME]) -> Option<&'b [u8]> {
    let (first, rest) = buffer.split_first_mut()?;
    *first = DELIMITER;
    let cobs = Cobs::try_new(Slice::new(rest)).ok()?;
    let len = postcard::serialize_with_flavor(frame, CrcModifier::new(cobs, CRC.digest())).ok()?.len();
    buffer.get(..=len)
}

/// Reads what stood between two delimiters, in place. `None` if it is not what was sent.
pub fn decode<T: DeserializeOwned>(frame: &mut [u8]) -> Option<T> {
    let len = cobs::decode_in_place(frame).ok()?;
    let (value, rest) = postcard::take_from_bytes_crc32(frame.get(..len)?, CRC.digest()).ok()?;
    rest.is_empty().then_some(value)
}

/// Cuts what arrives into frames, byte by byte.
pub struct Frames {
    buffer: [u8; LONGEST_FRAME],
    len: usize,
}

impl Frames {
    pub const fn new() -> Self {
        Self { buffer: [0; LONGEST_FRAME], len: 0 }
    }

    /// Takes the next byte. If it ends a frame, gives what was between this delimiter and the last.
    pub fn push(&mut self, byte: u8) -> Option<&mut [u8]> {
        if byte != DELIMITER {
            // Longer than any frame, it is none: counted on, so that its end is not taken for one.
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
