//! SIGTERM, where it would end the process: something is done before it does.
//!
//! The handler is none of Python's or whoever else is around: a program that has one of its own, or
//! installs one later, has that alone.

#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

/// Has `act` called once this process is to end by SIGTERM, and the process end when that is done
/// or `patience` is over. False where SIGTERM does not end the process: somebody handles it.
///
/// `act` is called in a thread of its own. A forked child ends as it would have without.
#[cfg(unix)]
pub fn before_termination(
    act: impl FnOnce() + Send + 'static,
    patience: Duration,
) -> io::Result<bool> {
    unix::before_termination(act, patience)
}

/// Windows knows no SIGTERM from elsewhere.
#[cfg(not(unix))]
pub fn before_termination(
    _act: impl FnOnce() + Send + 'static,
    _patience: Duration,
) -> io::Result<bool> {
    Ok(false)
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::fd::{FromRawFd, RawFd};
    use std::ptr;
    use std::sync::atomic::{AtomicI32, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use crate::sys::block_signals;

    /// Where the handler says that the signal came.
    static PIPE: AtomicI32 = AtomicI32::new(-1);
    /// The process that reads there; its children have the handler too.
    static OWNER: AtomicI32 = AtomicI32::new(0);

    pub(super) fn before_termination(
        act: impl FnOnce() + Send + 'static,
        patience: Duration,
    ) -> io::Result<bool> {
        // SAFETY: getpid can't fail.
        let process = unsafe { libc::getpid() };
        let now = action(None)?;
        if now != handler as *const () as libc::sighandler_t {
            if now != libc::SIG_DFL {
                return Ok(false);
            }
        } else if OWNER.load(Ordering::SeqCst) == process {
            return Ok(true);
        }
        let mut ends: [RawFd; 2] = [-1; 2];
        // SAFETY: the array has room for both ends.
        if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        for end in ends {
            // SAFETY: the descriptor is ours; programs that this one starts have no use for it.
            unsafe { libc::fcntl(end, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        // SAFETY: the descriptor is open, and nobody else owns it.
        let mut pipe = unsafe { File::from_raw_fd(ends[0]) };
        thread::Builder::new().name("tfevents-sigterm".into()).spawn(move || {
            block_signals();
            if pipe.read_exact(&mut [0]).is_err() {
                return;
            }
            let (done, is_done) = channel();
            let acts = thread::Builder::new().name("tfevents-sigterm".into()).spawn(move || {
                act();
                let _ = done.send(());
            });
            if acts.is_ok() {
                let _ = is_done.recv_timeout(patience);
            }
            end();
        })?;
        PIPE.store(ends[1], Ordering::SeqCst);
        OWNER.store(process, Ordering::SeqCst);
        action(Some(handler as *const () as libc::sighandler_t))?;
        Ok(true)
    }

    /// What SIGTERM does, and from now on if that is given.
    fn action(new: Option<libc::sighandler_t>) -> io::Result<libc::sighandler_t> {
        // SAFETY: all zeros is a valid sigaction, whose mask is empty.
        let (mut then, mut now): (libc::sigaction, libc::sigaction) =
            unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        then.sa_sigaction = new.unwrap_or(libc::SIG_DFL);
        then.sa_flags = libc::SA_RESTART;
        let then = new.map_or(ptr::null(), |_| ptr::from_ref(&then));
        // SAFETY: both point to a sigaction or to nothing; the handler does only what handlers may.
        match unsafe { libc::sigaction(libc::SIGTERM, then, &mut now) } {
            0 => Ok(now.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }

    extern "C" fn handler(_: libc::c_int) {
        // SAFETY: all of these may be called by a signal handler, and the byte is there. `errno` is
        // what it was for the code that was interrupted.
        unsafe {
            if libc::getpid() == OWNER.load(Ordering::SeqCst) {
                let errno = *errno();
                libc::write(PIPE.load(Ordering::SeqCst), [0u8].as_ptr().cast(), 1);
                *self::errno() = errno;
            } else {
                libc::signal(libc::SIGTERM, libc::SIG_DFL);
                libc::raise(libc::SIGTERM);
            }
        }
    }

    #[cfg(not(any(target_os = "macos", target_os = "ios", target_os = "freebsd")))]
    use libc::__errno_location as errno;
    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    use libc::__error as errno;

    /// Ends the process as SIGTERM would have.
    fn end() {
        let _ = action(Some(libc::SIG_DFL));
        // SAFETY: the signal ends the process, and where that is blocked, the call after it.
        unsafe {
            libc::kill(libc::getpid(), libc::SIGTERM);
            thread::sleep(Duration::from_secs(1));
            libc::_exit(128 + libc::SIGTERM);
        }
    }
}
