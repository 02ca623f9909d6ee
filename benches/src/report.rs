//! The output for people: tables and plots.

mod bars;
mod lines;
mod plots;
mod tables;

use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::failure::Failure;
use crate::results::Results;

pub(crate) use tables::tables;

/// Writes tables and plots into `folder`.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<(), Failure> {
    fs::write(folder.join("results.md"), tables(results))?;
    plots::draw(results, folder)
}

const WIDTH: u32 = 900;
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const OURS: RGBColor = RGBColor(0x2a, 0x7a, 0xb8);
const PALE: RGBColor = RGBColor(0xb8, 0xbe, 0xc6);

fn color(is_ours: bool, is_baseline: bool) -> RGBColor {
    match (is_ours, is_baseline) {
        (true, _) => OURS,
        (_, true) => INK,
        _ => PALE,
    }
}

/// Draws the origin of the numbers.
fn write_notes(area: &DrawingArea<SVGBackend<'_>, Shift>, notes: &[String]) -> Result<(), Failure> {
    let small = ("sans-serif", 11).into_font().color(&INK);
    let mut y = 8;
    for note in notes {
        area.draw(&Text::new(note.clone(), (12, y), small.clone()))?;
        y += 16;
    }
    Ok(())
}
