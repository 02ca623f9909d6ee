//! The promises about instructions: counted by `counts`, with one codegen unit, as multiples of the bare loop's in
//! the same run.

/// The default storage.
pub(crate) const OURS: &str = "telegram-sender";
pub(crate) const LEAN: &str = "telegram-sender, lean storage";
pub(crate) const FIXED: &str = "telegram-sender, fixed storage";

/// Returns the promise for the case with that name, if there is one.
pub(crate) fn instructions_at_most(case: &str) -> Option<f64> {
    let (workload, rest) = case.split_once(" / ")?;
    let (_, subject) = rest.split_once(" / ")?;
    match (workload, subject) {
        ("W1", OURS) => Some(1.40),
        ("W1", LEAN) => Some(0.80),
        ("W1", FIXED) => Some(0.52),
        ("W2", OURS) => Some(1.35),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    #[test]
    fn each_promise_is_of_cases_that_there_are() {
        let all = cases::all();
        let mut promised: Vec<_> = all.iter().filter_map(|case| instructions_at_most(&case.id())).collect();
        promised.sort_by(f64::total_cmp);
        promised.dedup();
        assert_eq!(promised, [0.52, 0.80, 1.35, 1.40]);
    }
}
