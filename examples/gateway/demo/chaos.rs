//! The schedule by which the gateway is killed and the chip is reset.

use std::io;
use std::time::Duration;

use async_channel::{Receiver, Sender, unbounded};
use smol::Timer;
use smol::future::pending;

use super::machine::{Control, Gateway};
use crate::cli::DemoArgs;

#[derive(Debug, Clone, Copy)]
pub(super) enum Mishap {
    KillGateway,
    ResetChip,
}

/// Carries out the planned mishaps.
pub(super) struct Chaos {
    due: Receiver<Mishap>,
    random: fastrand::Rng,
    pub(super) kills: u32,
    pub(super) resets: u32,
}

/// Reports when a mishap is due.
pub(super) struct Trigger {
    /// The planned mishaps, the next one last.
    planned: Vec<(u32, Mishap)>,
    due: Sender<Mishap>,
}

impl Chaos {
    pub(super) fn plan(args: &DemoArgs) -> (Self, Trigger) {
        let mut random = fastrand::Rng::with_seed(args.seed);
        let mut planned = Vec::new();
        // Not at the very end, where no readings are left.
        let last = args.readings - args.readings / 20;
        for _ in 0..args.restarts {
            for mishap in [Mishap::KillGateway, Mishap::ResetChip] {
                planned.push((random.u32(0..last.max(1)), mishap));
            }
        }
        planned.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        let (sender, due) = unbounded();
        (Self { due, random, kills: 0, resets: 0 }, Trigger { planned, due: sender })
    }

    /// Carries out each due mishap, forever.
    pub(super) async fn carry_out(&mut self, gateway: &mut Gateway, mut control: Control) -> io::Result<()> {
        while let Ok(mishap) = self.due.recv().await {
            // Waits until a random moment of a request's way.
            Timer::after(Duration::from_micros(self.random.u64(0..3_000))).await;
            match mishap {
                Mishap::KillGateway => {
                    gateway.kill_and_start().await?;
                    self.kills += 1;
                }
                Mishap::ResetChip => {
                    control.reset().await?;
                    self.resets += 1;
                }
            }
        }
        pending().await
    }
}

impl Trigger {
    /// Reports the mishaps that are due when the chip has sent the reading `number`.
    pub(super) fn reached(&mut self, number: u32) {
        while let Some((_, mishap)) = self.planned.pop_if(|(planned, _)| *planned <= number) {
            let _ = self.due.try_send(mishap);
        }
    }
}
