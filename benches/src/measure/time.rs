//! Times cases in turns, so that a disturbance of the machine falls on all of them.

use crate::cases::Case;

/// Returns the nanoseconds per request of each case, round by round.
pub(crate) fn in_turns(cases: &[Case], rounds: usize) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(rounds); cases.len()];
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let mut shuffled = fastrand::Rng::with_seed(1);
    // The first round warms up and is not recorded.
    for round in 0..=rounds {
        // No case is always first, or always after the same one.
        shuffled.shuffle(&mut order);
        for &at in &order {
            let Case { run, requests, .. } = cases[at];
            let time = run(requests).elapsed.as_secs_f64() * 1e9 / requests as f64;
            if round > 0 {
                times[at].push((time * 100.0).round() / 100.0);
            }
        }
    }
    times
}
