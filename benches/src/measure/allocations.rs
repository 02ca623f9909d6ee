//! Counts allocations and bytes.

use crate::allocator;
use crate::cases::Case;

/// Returns the allocations per request, without those of the start and the stop.
pub(crate) fn per_request(case: &Case, requests: u64) -> f64 {
    let of = |requests| {
        allocator::counting(|| {
            (case.run)(requests);
            allocator::asked().allocations
        })
    };
    let once = of(requests);
    (of(2 * requests) - once) as f64 / requests as f64
}

/// Returns the heap bytes per request at the peak.
pub(crate) fn bytes_per_request(case: &Case) -> f64 {
    let run = allocator::counting(|| (case.run)(case.requests));
    run.bytes as f64 / case.requests as f64
}
