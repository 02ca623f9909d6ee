//! The whole system at work: firmware in QEMU, a gateway as a process of its own, a stand-in of the Bot API, and a
//! line between chip and gateway that loses, breaks and doubles frames. The gateway is killed and the chip is reset
//! meanwhile. In the end the outcome must be as if none of that had happened.

mod chaos;
mod faults;
mod ledger;
mod line;
mod machine;

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use smol::Timer;
use smol::future::or;

use crate::Failure;
use crate::api::STAND_IN_TOKEN;
use crate::cli::DemoArgs;
use crate::stand_in::{Limits, Options, StandIn};

use self::chaos::Chaos;
use self::ledger::Ledger;
use self::line::Line;
use self::machine::{Gateway, Machine};

/// The chats of readings and of alarms. The second has blocked the bot.
const CHAT: &str = "100001";
const ALARM_CHAT: &str = "100002";

pub(crate) async fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let folder = tempfile::tempdir()?;
    let stand_in = StandIn::start(options(args.readings)).await?;
    let ledger = Ledger::new(args.readings);
    let (mut chaos, trigger) = Chaos::plan(args);
    let mut line = Line::listen(folder.path(), args, &ledger, &stand_in, trigger)?;
    let mut machine = Machine::start(args, folder.path()).await?;
    let mut gateway = Gateway::start(args, folder.path(), &stand_in.url())?;

    let control = machine.control();
    let whole = async { machine.wait().await.map(Some) };
    let whole = or(whole, async { chaos.carry_out(&mut gateway, control).await.map(|()| None) });
    let whole = or(whole, async { line.carry().await.map(|()| None) });
    let exit = or(whole, async {
        Timer::after(Duration::from_secs(args.patience)).await;
        Ok(None)
    });
    let exit = exit.await?;
    let stopped = gateway.stop().await?;

    let tally = stand_in.tally();
    let verdict = ledger.verdict(&tally.log);
    println!("line to the gateway: {}", line.to_gateway.faults);
    println!("line to the chip: {}", line.to_chip.faults);
    println!("gateway: killed {} times; chip: reset {} times", chaos.kills, chaos.resets);
    println!(
        "Bot API: {} messages taken, {} answered with a flood wait, {} blocked",
        tally.accepted, tally.flood_waits, tally.blocked
    );
    println!("{} readings in {:.1} s: {verdict}", args.readings, began.elapsed().as_secs_f64());
    match exit {
        Some(status) if !status.success() => println!("the firmware failed: {status}"),
        Some(_) => {}
        None => println!("the firmware was not done in {} s", args.patience),
    }
    if !stopped.success() {
        println!("the gateway did not stop cleanly: {stopped}");
    }
    let passed = verdict.holds() && exit.is_some_and(|status| status.success()) && stopped.success();
    println!("{}", if passed { "passed" } else { "FAILED" });
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns options with two flood waits, the blocked chat, and no limits.
fn options(readings: u32) -> Options {
    let floods = [4, 2].map(|part| ((readings / part) as usize, Duration::from_secs(1)));
    Options {
        limits: Limits::none(),
        blocked: HashSet::from([ALARM_CHAT.to_owned()]),
        floods: floods.into(),
        ..Options::new(STAND_IN_TOKEN)
    }
}
