//! Linux, macOS and other Unix systems.

#![allow(unsafe_code)]

use std::fs::{self, DirEntry, File, Metadata};
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::os::unix::fs::{DirEntryExt, FileExt, MetadataExt};
use std::path::Path;
use std::sync::OnceLock;

use super::{Identity, Status};

/// Seconds since the epoch. `SystemTime` does the same and takes a third longer.
#[inline(always)]
pub(crate) fn now() -> f64 {
    let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: the call writes the time, and can't fail for this clock.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_REALTIME, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn current_hostname() -> String {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer is as long as said; its last byte stays 0.
    unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
    let name = buffer.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

/// The host's name when it was first asked for. If a later file of the same second had another
/// name, the order of the files could be wrong.
pub(crate) fn hostname() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(current_hostname)
}

/// The status of an open file.
pub(crate) fn status(file: &File) -> io::Result<Status> {
    file.metadata().map(|metadata| status_of(&metadata))
}

/// The status of the file at `path`.
pub(crate) fn status_at(path: &Path) -> io::Result<Status> {
    fs::metadata(path).map(|metadata| status_of(&metadata))
}

fn status_of(metadata: &Metadata) -> Status {
    Status {
        identity: Identity { device: metadata.dev(), inode: metadata.ino() },
        length: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        is_file: metadata.is_file(),
    }
}

/// A file's inode according to its directory. Some file systems give all files the same one.
pub(crate) fn inode(entry: &DirEntry) -> u64 {
    entry.ino()
}

/// Whether an open file has no name any more. Some network file systems claim it of every file.
pub(crate) fn is_removed(file: &File) -> io::Result<bool> {
    file.metadata().map(|metadata| metadata.nlink() == 0)
}

/// Reads some bytes at `offset`, wherever the file's own position is.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Has the disk begin to take what was written to a file, where the system can do that. Nobody waits
/// for it, nor learns of a failure but by syncing.
pub(crate) fn begin_to_sync(file: &File) {
    #[cfg(target_os = "linux")]
    // SAFETY: the descriptor is open, and the call touches no memory.
    unsafe {
        libc::sync_file_range(file.as_raw_fd(), 0, 0, libc::SYNC_FILE_RANGE_WRITE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

/// Waits until what a file or a directory holds is on the disk. Some file systems, such as those of
/// other systems on a network, can't wait for a directory.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    file.sync_all().or_else(|error| match error.raw_os_error() {
        Some(libc::EINVAL | libc::ENOTSUP) if path.is_dir() => Ok(()),
        _ => Err(error),
    })
}

/// Identifies an open file of the process.
pub(crate) type Descriptor = RawFd;

pub(crate) fn descriptor(file: &File) -> Descriptor {
    file.as_raw_fd()
}

/// Whether the process or the system has no descriptors left.
pub(crate) fn lacks_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// How many descriptors the process may have.
pub(crate) fn descriptor_limit() -> Option<usize> {
    let mut limit = std::mem::MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: where the call succeeds, it has written the limit.
    unsafe {
        match libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) {
            0 => usize::try_from(limit.assume_init().rlim_cur).ok(),
            _ => None,
        }
    }
}

/// Closes the file. Unlike dropping it, this reports a failure.
pub(crate) fn close(file: File) -> io::Result<()> {
    // SAFETY: the descriptor is ours, and nobody uses it after this.
    match unsafe { libc::close(file.into_raw_fd()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Closes a forked child's copy of its parent's descriptor.
pub(crate) fn close_inherited(descriptor: Descriptor) {
    // SAFETY: only a thread of the parent used it, and the child does not have that thread.
    unsafe { libc::close(descriptor) };
}

/// The error for a file that is no longer the one that was opened.
pub(crate) fn stale() -> io::Error {
    io::Error::from_raw_os_error(libc::ESTALE)
}

/// The error for a file that somebody removed.
pub(crate) fn removed() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

/// Whether symbolic links form a circle.
pub(crate) fn is_circle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ELOOP)
}

/// Whether a file or a directory can't be read, because of its disk, its server or its name.
pub(crate) fn is_unreadable(error: &io::Error) -> bool {
    match error.raw_os_error() {
        // A name can be too long only with all directories before it.
        Some(libc::EIO | libc::ENXIO | libc::ENODEV | libc::ELOOP | libc::ENAMETOOLONG) => true,
        Some(libc::ENOTCONN | libc::ETIMEDOUT | libc::EHOSTDOWN | libc::EHOSTUNREACH) => true,
        #[cfg(target_os = "linux")]
        Some(libc::EUCLEAN | libc::EREMOTEIO) => true,
        _ => false,
    }
}

/// The error for what may not be read.
pub(crate) fn denied() -> io::Error {
    io::Error::from_raw_os_error(libc::EACCES)
}

/// Blocks signals in this thread, so that other threads handle them.
pub(crate) fn block_signals() {
    // SAFETY: `set` is initialised by sigfillset before it is read; null is allowed for the
    // old mask.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigfillset(&mut set);
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
    }
}

/// A part of the address space that nothing else can have. It takes no memory.
pub(crate) struct Room {
    at: *mut libc::c_void,
    bytes: usize,
}

impl Room {
    /// One of this size; none where there is no such part left, or none that the process may have.
    pub(crate) fn of(bytes: usize) -> Option<Room> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: what is mapped is new, and can't be used.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
        (at != libc::MAP_FAILED).then_some(Room { at, bytes })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this size, and nobody can use it.
        unsafe { libc::munmap(self.at, self.bytes) };
    }
}
