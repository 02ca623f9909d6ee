//! The choice of which answers are kept, and how many.

use core::num::NonZeroUsize;

use crate::error::InvalidArgument;

/// The choice of which answers are kept for [`Results`](crate::Results), and how many.
///
/// The default keeps them while a consumer exists, without a bound.
///
/// ```
/// use telegram_sender::runner::{KeepResults, Overflow};
///
/// let latest = KeepResults::always().bounded(100, Overflow::DropOldest)?;
/// assert_eq!(KeepResults::default().bounded(0, Overflow::Wait).unwrap_err().argument(), "capacity");
/// # let _ = latest; Ok::<(), telegram_sender::error::InvalidArgument>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct KeepResults {
    keep: Keep,
    /// `None` means without a bound.
    pub(crate) capacity: Option<NonZeroUsize>,
    pub(crate) overflow: Overflow,
}

#[derive(Debug, Clone, Copy)]
enum Keep {
    WhileRead,
    Always,
    Never,
}

impl Default for KeepResults {
    fn default() -> Self {
        Self::while_read()
    }
}

impl KeepResults {
    /// Keeps answers while a consumer exists: a [`Results`](crate::Results), or a waiting
    /// [`result`](crate::SenderRunner::result).
    pub const fn while_read() -> Self {
        Self::unbounded(Keep::WhileRead)
    }

    /// Keeps answers for later consumers, too. Without a bound, unread answers pile up.
    pub const fn always() -> Self {
        Self::unbounded(Keep::Always)
    }

    /// Keeps no answers: consumers get nothing.
    pub const fn never() -> Self {
        Self::unbounded(Keep::Never)
    }

    const fn unbounded(keep: Keep) -> Self {
        Self { keep, capacity: None, overflow: Overflow::Wait }
    }

    /// Returns true if a answer is to be kept.
    #[inline]
    pub(crate) fn wants(self, has_consumer: impl FnOnce() -> bool) -> bool {
        match self.keep {
            Keep::WhileRead => has_consumer(),
            Keep::Always => true,
            Keep::Never => false,
        }
    }

    /// Returns true if answers are kept only for consumers that exist.
    #[cfg(feature = "alloc")]
    pub(crate) const fn is_for_present_consumers(self) -> bool {
        matches!(self.keep, Keep::WhileRead)
    }

    /// Keeps at most `capacity` unread answers. `overflow` decides what happens to more.
    ///
    /// # Errors
    ///
    /// Returns an error if `capacity` is zero.
    pub const fn bounded(mut self, capacity: usize, overflow: Overflow) -> Result<Self, InvalidArgument> {
        let Some(capacity) = NonZeroUsize::new(capacity) else {
            return Err(InvalidArgument::new("capacity", "must be at least 1"));
        };
        (self.capacity, self.overflow) = (Some(capacity), overflow);
        Ok(self)
    }
}

/// The treatment of a answer for which a bounded results queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Overflow {
    /// The runner waits for a consumer before it sends the next request. The answer that found no room waits
    /// too; on the heap, consumers can read it already. A runner that closes no longer waits, so that a drain
    /// always ends. It then keeps every answer on the heap; a `FixedStorage` drops and counts those that it has
    /// no room for.
    Wait,
    /// The oldest answer is dropped, and counted.
    DropOldest,
    /// The new answer is dropped, and counted.
    DropNewest,
}
