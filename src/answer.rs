//! The answer to one request.

use crate::strategy::RequestId;

/// The service's answer to one request, as [`Results`](crate::Results) yields it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Answer<M, R> {
    /// The request's id, the same as its ticket's.
    pub id: RequestId,
    /// How often the request was re-queued before: 0 in its first round.
    pub cycle: u32,
    /// How often the sender was called in this round.
    pub attempts: u32,
    /// What the service answered.
    pub response: Result<M, R>,
}
