//! Counts forks. A child can tell by the count that its parent's threads, and their work, are not
//! in the child.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Begins to count. Forks before that do not matter.
pub fn watch() {
    #[cfg(unix)]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // SAFETY: the handler is a function of the right type that lives as long as the process.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        });
    }
}

/// The number of forks between the first process that counted and this one.
pub fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

#[cfg(unix)]
unsafe extern "C" fn in_child() {
    COUNT.fetch_add(1, Ordering::Relaxed);
}
