//! Windows.

#![allow(unsafe_code)]

use std::fs::{DirEntry, File, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, IntoRawHandle};
use std::path::Path;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_ACCESS_DENIED, ERROR_BAD_NETPATH, ERROR_CANT_RESOLVE_FILENAME, ERROR_CRC,
    ERROR_FILE_INVALID, ERROR_FILE_NOT_FOUND, ERROR_FILENAME_EXCED_RANGE, ERROR_IO_DEVICE,
    ERROR_NETNAME_DELETED, ERROR_NOT_READY, ERROR_SEM_TIMEOUT, ERROR_TOO_MANY_OPEN_FILES,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_STANDARD_INFO, FileStandardInfo,
    GetFileInformationByHandle, GetFileInformationByHandleEx,
};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNamePhysicalDnsHostname, GetComputerNameExW,
};

use super::{Identity, Status};

/// Seconds since the epoch.
pub(crate) fn now() -> f64 {
    UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64())
}

fn current_hostname() -> String {
    let mut buffer = [0u16; 256];
    let mut length = buffer.len() as u32;
    // SAFETY: the buffer is as long as said; the call writes the length of what it wrote there.
    let ok = unsafe {
        GetComputerNameExW(ComputerNamePhysicalDnsHostname, buffer.as_mut_ptr(), &mut length)
    };
    match buffer.get(..length as usize) {
        Some(name) if ok != 0 && length > 0 => String::from_utf16_lossy(name),
        _ => "localhost".into(),
    }
}

/// The host's name when it was first asked for. If a later file of the same second had another
/// name, the order of the files could be wrong.
pub(crate) fn hostname() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(current_hostname)
}

/// The status of an open file.
pub(crate) fn status(file: &File) -> io::Result<Status> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the call writes to a struct of the right type.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &mut found) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let long = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let written = found.ftLastWriteTime;
    Ok(Status {
        identity: Identity {
            device: found.dwVolumeSerialNumber.into(),
            inode: long(found.nFileIndexHigh, found.nFileIndexLow),
        },
        length: long(found.nFileSizeHigh, found.nFileSizeLow),
        modified: (long(written.dwHighDateTime, written.dwLowDateTime) as i64, 0),
        is_file: file.metadata()?.is_file(),
    })
}

/// The status of the file at `path`. The file is opened for that, since the directory's data about
/// a file that is being written are out of date.
pub(crate) fn status_at(path: &Path) -> io::Result<Status> {
    let mut options = OpenOptions::new();
    options.access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS); // Directories can be opened too.
    status(&options.open(path)?)
}

/// Always 0, since a directory's entries do not identify files.
pub(crate) fn inode(_: &DirEntry) -> u64 {
    0
}

/// Whether an open file has no name any more, or loses its name once it is closed everywhere.
pub(crate) fn is_removed(file: &File) -> io::Result<bool> {
    let mut found = FILE_STANDARD_INFO::default();
    // SAFETY: the handle is open, and the call writes to a struct of the right type and size.
    let ok = unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileStandardInfo,
            (&raw mut found).cast(),
            size_of::<FILE_STANDARD_INFO>() as u32,
        )
    };
    match ok {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(found.DeletePending || found.NumberOfLinks == 0),
    }
}

/// Reads some bytes at `offset`, wherever the file's own position is.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

/// Nothing has the disk begin without waiting for it.
pub(crate) fn begin_to_sync(_: &File) {}

/// Waits until what a file holds is on the disk. A directory can't be waited for.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    OpenOptions::new().write(true).open(path)?.sync_all()
}

/// Child processes inherit no files on Windows.
pub(crate) type Descriptor = ();

pub(crate) fn descriptor(_: &File) -> Descriptor {}

/// Whether the process or the system can open no more files.
pub(crate) fn lacks_descriptors(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_TOO_MANY_OPEN_FILES as i32)
}

/// There is no limit to respect, since a process may have millions of handles.
pub(crate) fn descriptor_limit() -> Option<usize> {
    None
}

/// Closes the file. Unlike dropping it, this reports a failure.
pub(crate) fn close(file: File) -> io::Result<()> {
    // SAFETY: the handle is ours, and nobody uses it after this.
    match unsafe { CloseHandle(file.into_raw_handle()) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The error for a file that is no longer the one that was opened.
pub(crate) fn stale() -> io::Error {
    io::Error::from_raw_os_error(ERROR_FILE_INVALID as i32)
}

/// The error for a file that somebody removed.
pub(crate) fn removed() -> io::Error {
    io::Error::from_raw_os_error(ERROR_FILE_NOT_FOUND as i32)
}

/// Whether symbolic links form a circle.
pub(crate) fn is_circle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_CANT_RESOLVE_FILENAME as i32)
}

/// Whether a file or a directory can't be read, because of its disk, its server or its name.
pub(crate) fn is_unreadable(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(|code| code as u32);
    matches!(
        code,
        Some(
            ERROR_BAD_NETPATH
                | ERROR_CANT_RESOLVE_FILENAME
                | ERROR_CRC
                | ERROR_FILENAME_EXCED_RANGE
                | ERROR_IO_DEVICE
                | ERROR_NETNAME_DELETED
                | ERROR_NOT_READY
                | ERROR_SEM_TIMEOUT
        )
    )
}

/// The error for what may not be read.
pub(crate) fn denied() -> io::Error {
    io::Error::from_raw_os_error(ERROR_ACCESS_DENIED as i32)
}

/// Does nothing, since signals interrupt no thread on Windows.
pub(crate) fn block_signals() {}

/// Address space is not limited here.
pub(crate) struct Room;

impl Room {
    pub(crate) fn of(_bytes: usize) -> Option<Room> {
        Some(Room)
    }
}
