//! The parts that the programs of this firmware share: the chip's time and serial port, the sender that talks to the
//! gateway, and the sensor's work.

#![no_std]

pub mod exit;
pub mod gateway;
#[path = "../../link/mod.rs"]
pub mod link;
pub mod sensor;
pub mod time;
pub mod uart;
pub mod yardstick;
