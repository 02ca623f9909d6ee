//! The tables, in Markdown.

use std::fmt::Write;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::results::{Measurement, Results};
use crate::workload::Workload;

/// A column: its heading, and the cell for a measurement if there is one.
type Column = (&'static str, fn(&Measurement) -> Option<String>);

const COLUMNS: [Column; 8] = [
    ("requests", |found| {
        (found.workload == Workload::Backlog).then(|| thousands(&found.requests.to_string()))
    }),
    ("ns", |found| found.time.map(|time| thousands(&format!("{time:.0}")))),
    ("× bare loop", |found| found.time_ratio.map(ratio)),
    ("instructions", |found| found.instructions.map(|count| thousands(&format!("{count:.0}")))),
    ("× bare loop", |found| found.instruction_ratio.map(ratio)),
    ("allocations", |found| found.allocations.map(|count| format!("{count:.2}"))),
    ("bytes", |found| found.bytes.map(|bytes| thousands(&format!("{bytes:.0}")))),
    ("× bare loop", |found| found.byte_ratio.map(ratio)),
];

/// Returns all tables, each under its workload's title.
pub(crate) fn tables(results: &Results) -> String {
    let mut text = format!(
        "Measured on {}.\n\n{}.\n\nPer request; in W6 per runner. Times are medians of {} rounds, ratios medians of the \
         ratios to the bare loop in the same round.\n",
        results.provenance.machine(),
        results.provenance.packages(),
        results.rounds
    );
    for workload in Workload::ALL {
        let runtimes = results.runtimes(workload);
        if runtimes.is_empty() {
            continue;
        }
        writeln!(text, "\n## {}, {}\n", workload.name(), workload.title()).expect("text takes all");
        let found: Vec<&Measurement> =
            runtimes.iter().flat_map(|runtime| results.of(workload, runtime)).collect();
        writeln!(text, "{}", table(&found)).expect("text takes all");
    }
    text
}

fn table(found: &[&Measurement]) -> Table {
    let columns: Vec<Column> =
        COLUMNS.into_iter().filter(|(_, cell)| found.iter().any(|found| cell(found).is_some())).collect();
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_header(["runtime", "subject"].into_iter().chain(columns.iter().map(|(heading, _)| *heading)));
    for found in found {
        let cells = columns.iter().map(|(_, cell)| cell(found).unwrap_or_default());
        table.add_row([found.runtime.clone(), found.subject.clone()].into_iter().chain(cells));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}

/// Returns `number` with commas between the thousands.
pub(super) fn thousands(number: &str) -> String {
    let mut text = String::new();
    for (at, digit) in number.chars().enumerate() {
        if at > 0 && (number.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(["1", "999", "1000", "1234567"].map(thousands), ["1", "999", "1,000", "1,234,567"]);
    }
}
