//! The gateway's memory in a small file, which survives a kill. It is written before the chip gets an answer.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::link::Outcome;

/// The content of the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The number of the chip's present start.
    pub(crate) session: u32,
    /// The first reading that has no final answer.
    pub(crate) next: u32,
    /// The outcome of the reading before it.
    pub(crate) last: Option<Outcome>,
}

pub(crate) struct Journal {
    path: PathBuf,
}

impl Journal {
    /// Opens the journal at `path`, and returns its content. A missing file is an empty journal.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Memory)> {
        let memory = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Memory::default(),
            Err(error) => return Err(error),
        };
        Ok((Self { path: path.to_owned() }, memory))
    }

    /// Writes `memory`. Whenever the process is killed, the file holds either the new content or the old.
    pub(crate) fn write(&self, memory: &Memory) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(memory)?)?;
        // Synced before the rename, so that the file survives a power failure, too.
        file.sync_data()?;
        fs::rename(&new, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_last_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.json");
        let (journal, memory) = Journal::open(&path).unwrap();
        assert_eq!(memory, Memory::default());
        for next in 1..3 {
            let memory = Memory { session: 7, next, last: Some(Outcome::Accepted { message_id: 5 }) };
            journal.write(&memory).unwrap();
            assert_eq!(Journal::open(&path).unwrap().1, memory);
        }
    }
}
