//! Measures telegram-sender beside its peers. `README.md` says what is measured and how.

mod allocator;
mod cases;
mod cli;
mod failure;
mod measure;
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
use crate::failure::Failure;
use crate::measure::Effort;
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
            lines.iter().for_each(|line| println!("{line}"));
            if lines.iter().any(|line| !line.is_aim && !line.holds()) {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Run { case, requests } => {
            let found =
                cases::all().into_iter().find(|known| known.id() == case).ok_or("there is no such case")?;
            (found.run)(requests);
        }
    }
    Ok(ExitCode::SUCCESS)
}
