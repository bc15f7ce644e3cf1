//! Counts forks, so that a child can tell what its parent's threads had in hand, and it never gets.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Begins to count. Earlier forks don't matter to what is made later.
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

/// How many forks led from the first process that watched to this one.
pub fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

#[cfg(unix)]
unsafe extern "C" fn in_child() {
    COUNT.fetch_add(1, Ordering::Relaxed);
}
