//! Limits a report to one process at a time, by a lock of the operating system, which ends with the process.
//!
//! On Unix it is a record lock, the only kind whose holder the system names. A process loses it when it closes any
//! handle of the file. So a report is opened once, after all other files were read. On Windows an open file is the
//! lock.

#[cfg(unix)]
pub(super) use self::unix::{lock, open};
#[cfg(windows)]
pub(super) use self::windows::{lock, open};

#[cfg(unix)]
mod unix {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;

    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    pub(crate) fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
        options.open(path)
    }

    /// Locks `file` until it is closed, or returns why it can't.
    pub(crate) fn lock(file: &File) -> Result<(), String> {
        match fcntl(file, FcntlArg::F_SETLK(&whole_file())) {
            Ok(_) => Ok(()),
            Err(Errno::EACCES | Errno::EAGAIN) => {
                let holder =
                    holder(file).map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
                Err(format!("is in use by {holder}; wait for its end, or name another file"))
            }
            Err(error) => Err(format!("can't be locked: {}; name a file elsewhere", io::Error::from(error))),
        }
    }

    /// Returns the id of the process that has locked `file`, unless that is on another machine or has just ended.
    fn holder(file: &File) -> Option<libc::pid_t> {
        let mut lock = whole_file();
        fcntl(file, FcntlArg::F_GETLK(&mut lock)).ok()?;
        let held = libc::c_int::from(lock.l_type) != libc::c_int::from(libc::F_UNLCK);
        Some(lock.l_pid).filter(|id| held && *id > 0)
    }

    #[allow(clippy::cast_possible_truncation)] // small numbers, whose type differs from system to system
    fn whole_file() -> libc::flock {
        libc::flock {
            l_type: libc::F_WRLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: 0,
            l_len: 0,
            l_pid: 0,
            #[cfg(target_os = "freebsd")]
            l_sysid: 0,
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt;
    use std::path::Path;

    /// Opens a file so that other processes can read it and not open it to write.
    pub(crate) fn open(options: &OpenOptions, path: &Path) -> io::Result<File> {
        const FILE_SHARE_READ: u32 = 1;
        options.clone().share_mode(FILE_SHARE_READ).open(path)
    }

    /// Does nothing, because `open` has locked `file`.
    #[allow(clippy::unnecessary_wraps)] // elsewhere it can fail
    pub(crate) fn lock(_file: &File) -> Result<(), String> {
        Ok(())
    }
}
