//! Measures telegram-sender and its peers. `README.md` describes the measurements.

mod allocator;
mod cases;
mod cli;
mod counts;
mod failure;
mod measure;
mod promised;
mod provenance;
mod report;
mod results;
mod runtime;
mod subject;
mod subjects;
mod verdict;
mod work;
mod workload;
mod workloads;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::counts::{Finding, Kept};
use crate::failure::Failure;
use crate::measure::Effort;
use crate::provenance::Provenance;
use crate::results::Results;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(Cli { results: folder, command }: Cli) -> Result<ExitCode, Failure> {
    let json = folder.join("results.json");
    match command {
        Command::Measure { rounds, only } => {
            let mut cases = cases::all();
            cases.retain(|case| only.as_ref().is_none_or(|part| case.id().contains(part)));
            let results = measure::all(&cases, Effort { rounds, counted: 10_000 })?;
            println!("{}", report::tables(&results));
            if only.is_none() {
                std::fs::create_dir_all(&folder)?;
                results.write(&json)?;
                report::write(&results, &folder)?;
            }
        }
        Command::Draw => report::write(&Results::read(&json)?, &folder)?,
        Command::Verdict => {
            let results = Results::read(&json)?;
            let lines = verdict::lines(&results)?;
            println!("Measured on {}.", results.provenance.machine());
            for line in &lines {
                println!("{line}");
            }
            if lines.iter().any(|line| !line.is_aim && !line.holds()) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Counts { update: true, reason } => {
            let counts = counts::count()?;
            Kept { reason: reason.unwrap_or_default(), provenance: Provenance::here(), counts }.write()?;
        }
        Command::Counts { update: false, .. } => return check_counts(),
        Command::Run { case, requests } => {
            let found =
                cases::all().into_iter().find(|known| known.id() == case).ok_or("there is no such case")?;
            (found.run)(requests);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares the counts with the kept ones.
fn check_counts() -> Result<ExitCode, Failure> {
    let kept = Kept::read()?;
    let counts = counts::count()?;
    println!("kept because: {}", kept.reason);
    for (case, count) in &counts {
        let counts::Count { instructions, of_bare_loop, allocations } = count;
        println!(
            "{instructions:>8.1} instructions ({of_bare_loop:.3} × bare loop), {allocations:.3} allocations: {case}"
        );
    }
    let findings = counts::compare(&kept.counts, &counts);
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        println!("as kept in counts.json, within 3 %");
        return Ok(ExitCode::SUCCESS);
    }
    let fails = findings.iter().any(Finding::fails);
    eprintln!(
        "\n{}: run `cargo run --profile counts -- counts --update --reason \"…\"` in benches/, and commit counts.json",
        if fails { "If it must be so" } else { "So that the gain is kept" }
    );
    Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
