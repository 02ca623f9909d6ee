//! The subjects, one file each.

pub(crate) mod actix;
pub(crate) mod bare_loop;
pub(crate) mod direct;
pub(crate) mod fixed;
pub(crate) mod floor;
pub(crate) mod heap;
pub(crate) mod kameo;
pub(crate) mod lean;
pub(crate) mod ractor;
pub(crate) mod tokio_channels;
pub(crate) mod tower;
pub(crate) mod xtra;
