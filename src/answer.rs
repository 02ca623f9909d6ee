//! The id of a request, and the answer to it.

use core::fmt;

/// The id of a request in one runner. Ids follow the order in which requests were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestId(u64);

impl RequestId {
    /// Creates the id with the given number. A test needs it for its own [`Context`](crate::strategy::Context).
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number. The first one is 0.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The service's answer to one request, as [`Results`](crate::Results) yields it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer<M, R> {
    /// The request's id, the same as its ticket's.
    pub id: RequestId,
    /// The number of times that the request was re-queued before: 0 in its first round.
    pub cycle: u32,
    /// The number of times that the sender was called in this round.
    pub attempts: u32,
    /// The message or the rejection of the service.
    pub response: Result<M, R>,
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::string::ToString;

    use super::RequestId;

    #[test]
    fn an_id_shows_its_number() {
        assert_eq!(RequestId::new(42).to_string(), "42");
    }
}
