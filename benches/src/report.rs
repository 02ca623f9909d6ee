//! What people read: the tables.

mod tables;

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::results::Results;

pub(crate) use tables::tables;

/// Writes tables and plots into `folder`.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<(), Failure> {
    fs::write(folder.join("results.md"), tables(results))?;
    Ok(())
}
