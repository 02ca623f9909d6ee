//! The functions of `enabled.rs`, which do nothing here.

use core::time::Duration;

use crate::answer::RequestId;
use crate::runtime::Nanos;

pub(crate) struct RequestSpan;

#[expect(clippy::unused_self, reason = "the span is in the other file")]
impl RequestSpan {
    #[inline]
    pub(crate) fn new(_: RequestId, _: u32, _: Option<Nanos>) -> Self {
        Self
    }

    #[inline]
    pub(crate) const fn none() -> Self {
        Self
    }

    #[inline]
    pub(crate) fn take(&mut self) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn instrument<F>(&self, future: F) -> F {
        future
    }

    #[inline]
    pub(crate) fn end(self, _: &'static str) {}
}

#[inline]
pub(crate) fn wants_waits() -> bool {
    false
}

#[inline]
pub(crate) fn attempt(_: u32) {}

#[inline]
pub(crate) fn flood_wait(_: RequestId, _: Duration) {}

#[inline]
pub(crate) fn retry(_: RequestId, _: u32, _: Option<Nanos>) {}

#[inline]
pub(crate) fn requeued(_: RequestId, _: u32) {}

#[inline]
pub(crate) fn requeue_dropped(_: RequestId) {}

#[inline]
pub(crate) fn refused(_: &'static str) {}

#[inline]
pub(crate) fn panicked(_: Option<RequestId>) {}

#[inline]
pub(crate) fn closing(_: usize) {}

#[inline]
pub(crate) fn aborting(_: usize) {}

#[inline]
pub(crate) fn stopped<E>(_: &E) {}
