//! A report that is reserved for this process and not written yet.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::{Header, Past, Report, lock, write_line};
use crate::failure::{Blame, Failure};

/// A report that only this process may write.
///
/// A missing report is not created yet, so that a refused run leaves nothing behind. If several processes find none,
/// the first to create and lock it goes on, and [`begin`](Self::begin) refuses the others.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    /// `None` if the file does not exist yet. Also `None` for devices and pipes: they have no past, and are opened
    /// when they are written.
    file: Option<File>,
    header: Header,
    past: Past,
}

impl Claim {
    /// Locks the report at `path`, reads it, and changes nothing. Without `resume` the report must be empty. With
    /// `resume` it must be of the broadcast that `header` names.
    pub(crate) fn take(path: &Path, resume: bool, header: Header) -> Result<Self, Failure> {
        let name = path.display();
        let unread = |header| Self { path: path.to_owned(), file: None, header, past: Past::default() };
        let is_device = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        if is_device && resume {
            return Err(fail(format!("`{name}` is no file, so there is nothing to resume; name a file")));
        }
        if is_device {
            return Ok(unread(header));
        }
        let mut file = match lock::open(OpenOptions::new().read(true).append(true), path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(unread(header)),
            Err(error) => return Err(fail(format!("can't open the report `{name}`: {error}"))),
        };
        lock(&file, path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| fail(format!("can't read the report `{name}`: {error}")))?;
        if !resume && !bytes.is_empty() {
            return Err(fail(format!(
                "the report `{name}` is there already; add --resume to go on with it, or name another file"
            )));
        }
        let past = Past::parse(&bytes, &header).map_err(|wrong| {
            fail(format!("`{name}` is not a report that this run can go on with: {wrong}; name another file"))
        })?;
        Ok(Self { path: path.to_owned(), file: Some(file), header, past })
    }

    /// Returns the earlier run that the report records.
    pub(crate) fn past(&self) -> &Past {
        &self.past
    }

    /// Prepares the report for writing. A new one begins with the header.
    pub(crate) fn begin(self) -> Result<Report, Failure> {
        let Self { path, file, header, past } = self;
        let mut file = match file {
            Some(file) => file,
            None => create(&path)?,
        };
        prepare(&mut file, &header, &past).map_err(cant_write(&path))?;
        Ok(Report { file, path })
    }
}

/// Creates and locks a missing report. Refuses one that another process has written meanwhile.
fn create(path: &Path) -> Result<File, Failure> {
    let file = lock::open(OpenOptions::new().create(true).append(true), path).map_err(cant_write(path))?;
    if file.metadata().map_err(cant_write(path))?.is_file() {
        lock(&file, path)?;
        // Checked after the lock, because now no other process writes it.
        if file.metadata().map_err(cant_write(path))?.len() > 0 {
            let name = path.display();
            return Err(fail(format!(
                "another process has written the report `{name}` meanwhile; add --resume to go on with it, or name \
                 another file"
            )));
        }
    }
    Ok(file)
}

fn lock(file: &File, path: &Path) -> Result<(), Failure> {
    lock::lock(file).map_err(|why| fail(format!("the report `{}` {why}", path.display())))
}

fn prepare(file: &mut File, header: &Header, past: &Past) -> io::Result<()> {
    if let Some(torn_at) = past.torn_at {
        file.set_len(torn_at)?;
    } else if past.unended {
        file.write_all(b"\n")?;
    }
    if file.metadata()?.len() == 0 {
        write_line(file, header).inspect_err(|_| {
            // A part of a header is useless.
            let _ = file.set_len(0);
        })?;
    }
    Ok(())
}

fn cant_write(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| fail(format!("can't write the report `{}`: {error}", path.display()))
}

fn fail(message: String) -> Failure {
    Failure::new(Blame::Report, message)
}
