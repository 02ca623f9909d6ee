//! Compares counts with the kept ones.

use std::collections::BTreeMap;
use std::fmt;

use super::Count;
use crate::promised::instructions_at_most;

/// The share by which a count may rise or fall unnoticed.
const TOLERANCE: f64 = 0.03;

/// The share by which a ratio to the bare loop may differ on another machine.
const ELSEWHERE: f64 = 0.005;

/// The rise of allocations per request that is always allowed, because a stray one may belong to the start.
const HAIR: f64 = 0.005;

/// A finding about a case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// It costs more than it did.
    Rise { case: String, of: &'static str, kept: f64, found: f64 },
    /// It costs less, and the kept count does not guard that gain yet.
    Fall { case: String, of: &'static str, kept: f64, found: f64 },
    /// It has a kept count, but was not counted.
    Missing { case: String },
    /// It was counted, but has no kept count.
    New { case: String },
    /// It takes more instructions than promised, as a multiple of the bare loop's.
    Broken { case: String, at_most: f64, found: f64 },
}

impl Finding {
    /// Returns true if this finding fails the check.
    pub(crate) fn fails(&self) -> bool {
        !matches!(self, Self::Fall { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rise { case, of, kept, found } => {
                write!(
                    f,
                    "{case}: {of} per request rose by {:.1} %, from {kept} to {found}",
                    percent(*kept, *found)
                )
            }
            Self::Fall { case, of, kept, found } => {
                write!(
                    f,
                    "{case}: {of} per request fell by {:.1} %, from {kept} to {found}",
                    -percent(*kept, *found)
                )
            }
            Self::Missing { case } => write!(f, "{case}: is kept, but was not counted"),
            Self::Broken { case, at_most, found } => {
                write!(f, "{case}: {found} × the bare loop's instructions; promised: at most {at_most}")
            }
            Self::New { case } => write!(f, "{case}: was counted, but is not kept"),
        }
    }
}

/// Compares the `found` counts with the `kept` ones.
///
/// Instructions changed only if both the count and its ratio to the bare loop of the same run changed. Another
/// compiler, allocator or processor changes the count, but hardly the ratio. If it changes only the bare loop, the
/// ratio changes, but not the count. A change of ours changes both.
pub(crate) fn compare(kept: &BTreeMap<String, Count>, found: &BTreeMap<String, Count>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (case, kept) in kept {
        match found.get(case) {
            Some(found) => compare_case(case, kept, found, &mut findings),
            None => findings.push(Finding::Missing { case: case.clone() }),
        }
    }
    for (case, count) in found {
        if let Some(at_most) = instructions_at_most(case)
            && count.of_bare_loop > at_most * (1.0 + ELSEWHERE)
        {
            findings.push(Finding::Broken { case: case.clone(), at_most, found: count.of_bare_loop });
        }
    }
    for case in found.keys().filter(|case| !kept.contains_key(*case)) {
        findings.push(Finding::New { case: case.clone() });
    }
    findings
}

fn compare_case(case: &str, kept: &Count, found: &Count, findings: &mut Vec<Finding>) {
    let changes =
        [change(kept.instructions, found.instructions), change(kept.of_bare_loop, found.of_bare_loop)];
    let (of, kept_count, found_count) = ("instructions", kept.instructions, found.instructions);
    if changes.iter().all(|change| *change > TOLERANCE) {
        findings.push(Finding::Rise { case: case.to_owned(), of, kept: kept_count, found: found_count });
    } else if changes.iter().all(|change| *change < -TOLERANCE) {
        findings.push(Finding::Fall { case: case.to_owned(), of, kept: kept_count, found: found_count });
    }
    let (of, kept, found) = ("allocations", kept.allocations, found.allocations);
    if found > kept * (1.0 + TOLERANCE) + HAIR {
        findings.push(Finding::Rise { case: case.to_owned(), of, kept, found });
    } else if found < kept * (1.0 - TOLERANCE) - HAIR {
        findings.push(Finding::Fall { case: case.to_owned(), of, kept, found });
    }
}

fn change(kept: f64, found: f64) -> f64 {
    found / kept - 1.0
}

fn percent(kept: f64, found: f64) -> f64 {
    change(kept, found) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Count = Count { instructions: 1000.0, of_bare_loop: 1.25, allocations: 1.0 };

    fn counts(count: Count) -> BTreeMap<String, Count> {
        BTreeMap::from([("W1".to_owned(), count)])
    }

    /// Returns `KEPT` with instructions and ratio multiplied by `factor`.
    fn times(factor: f64) -> Count {
        let Count { instructions, of_bare_loop, allocations } = KEPT;
        Count { instructions: instructions * factor, of_bare_loop: of_bare_loop * factor, allocations }
    }

    fn against_kept(found: Count) -> Vec<Finding> {
        compare(&counts(KEPT), &counts(found))
    }

    #[test]
    fn a_rise_of_two_percent_passes() {
        assert_eq!(against_kept(times(1.02)), []);
        assert_eq!(against_kept(Count { allocations: 1.02, ..KEPT }), []);
    }

    #[test]
    fn a_rise_of_four_percent_fails() {
        let found = against_kept(times(1.04));
        assert!(matches!(found.as_slice(), [Finding::Rise { of: "instructions", .. }]), "{found:?}");
        assert!(found[0].fails());
        assert_eq!(found[0].to_string(), "W1: instructions per request rose by 4.0 %, from 1000 to 1040");

        let found = against_kept(Count { allocations: 1.04, ..KEPT });
        assert!(matches!(found.as_slice(), [Finding::Rise { of: "allocations", .. }]), "{found:?}");
        assert!(found[0].fails());
    }

    #[test]
    fn an_allocation_where_there_was_none_fails() {
        let none = Count { allocations: 0.0, ..KEPT };
        let found = compare(&counts(none), &counts(Count { allocations: 0.01, ..none }));
        assert!(matches!(found.as_slice(), [Finding::Rise { of: "allocations", .. }]), "{found:?}");
    }

    #[test]
    fn a_machine_on_which_everything_costs_more_passes() {
        assert_eq!(against_kept(Count { instructions: 1100.0, ..KEPT }), []);
    }

    #[test]
    fn a_bare_loop_that_costs_less_passes() {
        assert_eq!(against_kept(Count { of_bare_loop: 1.4, ..KEPT }), []);
    }

    #[test]
    fn a_missing_case_fails() {
        let found = compare(&counts(KEPT), &BTreeMap::new());
        assert_eq!(found, [Finding::Missing { case: "W1".to_owned() }]);
        assert!(found[0].fails());
    }

    #[test]
    fn a_case_without_a_kept_number_fails() {
        let found = compare(&BTreeMap::new(), &counts(KEPT));
        assert_eq!(found, [Finding::New { case: "W1".to_owned() }]);
        assert!(found[0].fails());
    }

    #[test]
    fn more_than_is_promised_fails_whatever_was_kept() {
        let count = |of_bare_loop| {
            BTreeMap::from([("W1 / smol local / telegram-sender".to_owned(), Count { of_bare_loop, ..KEPT })])
        };
        assert_eq!(compare(&count(1.40), &count(1.40)), []);
        let found = compare(&count(1.41), &count(1.41));
        assert!(matches!(found.as_slice(), [Finding::Broken { at_most: 1.40, .. }]), "{found:?}");
        assert!(found[0].fails());
    }

    #[test]
    fn a_big_fall_is_told_and_passes() {
        let found = against_kept(Count { allocations: 0.5, ..times(0.5) });
        assert!(matches!(found.as_slice(), [Finding::Fall { .. }, Finding::Fall { .. }]), "{found:?}");
        assert!(!found.iter().any(Finding::fails));
    }
}
