//! Random scripts of producers, consumers, faults and endings, in virtual time and seeded interleavings: whatever
//! happens, the promises hold.
//!
//! `PROPERTY_CASES` sets how many scripts are tried, `PROPERTY_SEED` tries only the script of that seed. A storage
//! of fixed size is leaked, so each script over one keeps 31 KB: ten thousand keep 300 MB, a million more than most
//! machines have.

mod scripts;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::scripts::{Script, Sender, check, play, script};
use crate::common::store::Store;

/// Silences the panics of this thread while it lives: scripts panic on purpose.
struct Quiet;

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

impl Quiet {
    fn on_this_thread() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let report = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if !IS_QUIET.get() {
                    report(panic);
                }
            }));
        });
        IS_QUIET.set(true);
        Self
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        IS_QUIET.set(false);
    }
}

fn seed_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().expect("a number"))
}

/// Returns why a script breaks the promises, or `None` if it keeps them.
fn fault<Q: Store<Sender>>(script: &Script) -> Option<String> {
    let kept = catch_unwind(AssertUnwindSafe(|| check(script, &play::<Q>(script))));
    kept.err().map(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

fn the_promises_hold_whatever_happens<S: Store<Sender>>() {
    hold::<S>(if S::HAS_ROOM_FOR_TICKETS { |script| script } else { closed_in_the_end });
}

/// Endless rounds may fill a fixed queue. They keep callers out that keep the runner open, so something must close it.
fn closed_in_the_end(mut script: Script) -> Script {
    script.left_alone &= !script.strategies.contains(&scripts::Kind::RequeueEndless);
    script
}

fn hold<Q: Store<Sender>>(adapt: fn(Script) -> Script) {
    let cases = seed_of("PROPERTY_CASES").unwrap_or(10_000);
    let one = seed_of("PROPERTY_SEED").map(|seed| seed..seed + 1);
    let seeds = one.unwrap_or_else(|| {
        let first = fastrand::u64(..u64::MAX - cases);
        println!("seeds from {first}, {cases} scripts");
        first..first + cases
    });
    let quiet = Quiet::on_this_thread();
    let failure = seeds.into_iter().find_map(|seed| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut tree = script().new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).unwrap();
        let mut why = fault::<Q>(&adapt(tree.current()))?;
        let mut smallest = adapt(tree.current());
        while tree.simplify() {
            while let Some(still) = fault::<Q>(&adapt(tree.current())) {
                (why, smallest) = (still, adapt(tree.current()));
                if !tree.simplify() {
                    break;
                }
            }
            if !tree.complicate() {
                break;
            }
        }
        Some((seed, why, smallest))
    });
    drop(quiet);
    if let Some((seed, why, smallest)) = failure {
        panic!(
            "{why}\n\nthe smallest script that fails:\n{smallest:#?}\n\nto see it again:\n  \
             PROPERTY_SEED={seed} cargo test --all-features --test virtual_time\n"
        );
    }
}

over_every_storage!(Fixed<16, 512>: the_promises_hold_whatever_happens);
