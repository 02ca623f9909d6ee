//! Plays every recorded scenario in virtual time and on tokio's paused clock. The events and their times must be
//! exactly the recorded ones.
//!
//! `CONFORMANCE_DIR` names another folder of scenarios. In the scenarios in `fix/` the original misbehaves; their
//! traces follow their rule.

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "times of a few minutes in microseconds"
)]
mod driver;
#[cfg(feature = "tokio")]
mod paused_tokio;
mod virtual_time;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::driver::trace;
#[cfg(feature = "tokio")]
use crate::common::store::OnHeap;
use crate::common::store::Store;

/// The scenarios of this repository.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance");

/// Plays a scenario in one world, and returns its trace.
type Play = fn(&Value) -> Vec<Value>;

fn scenarios(folder: &Path) -> Vec<(PathBuf, Value)> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    paths.retain(|path: &PathBuf| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let scenario = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, scenario)
    };
    paths.into_iter().map(read).collect()
}

/// Returns the trace that a scenario must have: its own, or the one that is kept here for a scenario of that name.
fn expected(scenario: &Value) -> Option<Vec<Value>> {
    trace::expected(scenario).or_else(|| {
        let name = format!("{}.json", scenario["name"].as_str()?);
        let kept = fs::read(Path::new(OWN).join("fix").join(name)).ok()?;
        trace::expected(&serde_json::from_slice(&kept).ok()?)
    })
}

/// Plays a scenario and returns the first difference.
fn check(scenario: &Value, play: Play) -> Result<(), String> {
    let actual = play(scenario);
    let Some(expected) = expected(scenario) else {
        return Err(format!(
            "  it has no expected trace; this is the actual one:\n{}",
            trace::write(&actual)
        ));
    };
    trace::compare(&expected, &actual)
}

/// Plays all scenarios, and fails if one differs.
fn check_all(play: Play) {
    let folder = std::env::var_os("CONFORMANCE_DIR").map_or_else(|| PathBuf::from(OWN), PathBuf::from);
    let mut all = scenarios(&folder);
    all.extend(scenarios(&folder.join("fix")));
    assert!(!all.is_empty(), "{} holds no scenario", folder.display());
    let (mut matched, mut failed) = (0, Vec::new());
    for (path, scenario) in &all {
        match check(scenario, play) {
            Ok(()) => matched += 1,
            Err(difference) => {
                let rule =
                    scenario["rule"].as_str().map(|rule| format!("\n  rule: {rule}")).unwrap_or_default();
                failed.push(format!("{}\n  {}{rule}\n{difference}", path.display(), scenario["about"]));
            }
        }
    }
    println!("{matched} of {} scenarios match", all.len());
    assert!(failed.is_empty(), "{} scenarios differ\n\n{}", failed.len(), failed.join("\n\n"));
}

fn the_recorded_scenarios<S: Store<driver::Scripted>>() {
    check_all(virtual_time::play::<S>);
}

#[cfg(feature = "tokio")]
#[test]
fn the_recorded_scenarios_on_tokios_paused_clock() {
    check_all(paused_tokio::play::<OnHeap>);
}

over_every_storage!(Fixed<1024, 1024>: the_recorded_scenarios);
