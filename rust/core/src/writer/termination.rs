//! Does something before SIGTERM ends the process.
//!
//! It installs a signal handler only if SIGTERM has its default action. If the program installs one
//! later, that one replaces ours.

#![allow(unsafe_code)]

use std::io;
use std::time::Duration;

/// Calls `act` when the process gets SIGTERM. The process ends once `act` returns or `patience` is
/// over. False if SIGTERM does not end the process, since the program handles it.
///
/// `act` is called in a thread of its own. SIGTERM ends a forked child as usual.
#[cfg(unix)]
pub fn before_termination(
    act: impl FnOnce() + Send + 'static,
    patience: Duration,
) -> io::Result<bool> {
    unix::before_termination(act, patience)
}

/// Windows has no SIGTERM from other processes.
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

    /// The pipe by which the handler reports the signal.
    static PIPE: AtomicI32 = AtomicI32::new(-1);
    /// The process that reads the pipe. Its children inherit the handler.
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
            // SAFETY: the descriptor is ours. Programs that this one starts must not inherit it.
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

    /// The action of SIGTERM. If `new` is given, it becomes the action.
    fn action(new: Option<libc::sighandler_t>) -> io::Result<libc::sighandler_t> {
        // SAFETY: all zeros is a valid sigaction, whose mask is empty.
        let (mut then, mut now): (libc::sigaction, libc::sigaction) =
            unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        then.sa_sigaction = new.unwrap_or(libc::SIG_DFL);
        then.sa_flags = libc::SA_RESTART;
        let then = new.map_or(ptr::null(), |_| ptr::from_ref(&then));
        // SAFETY: both point to a sigaction or are null, and the handler does only what is allowed
        // in signal handlers.
        match unsafe { libc::sigaction(libc::SIGTERM, then, &mut now) } {
            0 => Ok(now.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }

    extern "C" fn handler(_: libc::c_int) {
        // SAFETY: a signal handler may call all of these functions, and the byte exists. `errno` is
        // restored for the code that was interrupted.
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
        // SAFETY: the signal ends the process. If the signal is blocked, the call after it does.
        unsafe {
            libc::kill(libc::getpid(), libc::SIGTERM);
            thread::sleep(Duration::from_secs(1));
            libc::_exit(128 + libc::SIGTERM);
        }
    }
}
