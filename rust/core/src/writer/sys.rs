//! The few calls to the operating system that the standard library lacks.

#![allow(unsafe_code)]

use std::fs::{File, Metadata};
use std::io;

/// Seconds since the epoch.
#[inline(always)]
pub fn now() -> f64 {
    clock()
}

#[cfg(unix)]
pub(super) use unix::*;

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
    use std::os::unix::fs::MetadataExt;
    use std::sync::OnceLock;

    /// `SystemTime` does the same and takes a third longer.
    #[inline(always)]
    pub(super) fn clock() -> f64 {
        let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: the call writes the time, and can't fail for this clock.
        let time = unsafe {
            libc::clock_gettime(libc::CLOCK_REALTIME, time.as_mut_ptr());
            time.assume_init()
        };
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    }

    /// Names an open file of the process.
    pub(in super::super) type Descriptor = RawFd;

    pub(in super::super) fn descriptor(file: &File) -> Descriptor {
        file.as_raw_fd()
    }

    /// How many names the file has.
    pub(in super::super) fn links(metadata: &Metadata) -> u64 {
        metadata.nlink()
    }

    /// What tells a file from all others: its device and inode.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) struct Identity(u64, u64);

    impl Identity {
        pub(in super::super) fn device(self) -> u64 {
            self.0
        }
    }

    pub(in super::super) fn identity(metadata: &Metadata) -> Identity {
        Identity(metadata.dev(), metadata.ino())
    }

    /// Whether the process, or the system, has as many descriptors as it may.
    pub(in super::super) fn lacks_descriptors(error: &io::Error) -> bool {
        matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
    }

    /// How many descriptors the process may have.
    pub(in super::super) fn descriptor_limit() -> Option<usize> {
        let mut limit = std::mem::MaybeUninit::<libc::rlimit>::uninit();
        // SAFETY: where the call succeeds, it has written the limit.
        unsafe {
            match libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) {
                0 => usize::try_from(limit.assume_init().rlim_cur).ok(),
                _ => None,
            }
        }
    }

    /// A file that is no longer what was opened.
    pub(in super::super) fn stale() -> io::Error {
        io::Error::from_raw_os_error(libc::ESTALE)
    }

    /// Closes the file and tells if that failed, unlike dropping it.
    pub(in super::super) fn close(file: File) -> io::Result<()> {
        // SAFETY: the descriptor is ours, and nobody uses it after this.
        match unsafe { libc::close(file.into_raw_fd()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Closes a forked child's copy of its parent's descriptor.
    pub(in super::super) fn close_inherited(descriptor: Descriptor) {
        // SAFETY: it belonged to the thread of the parent, which the child has not got.
        unsafe { libc::close(descriptor) };
    }

    /// Leaves signals to the threads that know what to do with them.
    pub(in super::super) fn block_signals() {
        // SAFETY: `set` is initialised by sigfillset before it is read; null is allowed for the
        // old mask.
        unsafe {
            let mut set = std::mem::zeroed();
            libc::sigfillset(&mut set);
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        }
    }

    fn current_hostname() -> String {
        let mut buffer = [0u8; 256];
        // SAFETY: the buffer is as long as said; its last byte stays 0.
        unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) };
        let name = buffer.split(|&byte| byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    }

    /// The name that the host had at first: by another one, files of the same second might change
    /// their order.
    pub(in super::super) fn hostname() -> &'static str {
        static NAME: OnceLock<String> = OnceLock::new();
        NAME.get_or_init(current_hostname)
    }
}

#[cfg(not(unix))]
pub(super) use other::*;

#[cfg(not(unix))]
mod other {
    use super::*;

    pub(super) fn clock() -> f64 {
        std::time::UNIX_EPOCH.elapsed().map_or(0.0, |since| since.as_secs_f64())
    }

    pub(in super::super) type Descriptor = ();

    pub(in super::super) fn descriptor(_: &File) -> Descriptor {}

    pub(in super::super) fn links(_: &Metadata) -> u64 {
        1
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) struct Identity;

    impl Identity {
        pub(in super::super) fn device(self) -> u64 {
            1
        }
    }

    pub(in super::super) fn identity(_: &Metadata) -> Identity {
        Identity
    }

    pub(in super::super) fn lacks_descriptors(_: &io::Error) -> bool {
        false
    }

    pub(in super::super) fn descriptor_limit() -> Option<usize> {
        None
    }

    pub(in super::super) fn stale() -> io::Error {
        io::ErrorKind::StaleNetworkFileHandle.into()
    }

    pub(in super::super) fn close(_: File) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn close_inherited(_: Descriptor) {}

    pub(in super::super) fn block_signals() {}

    pub(in super::super) fn hostname() -> String {
        std::env::var("COMPUTERNAME").unwrap_or_else(|_| "localhost".into())
    }
}
