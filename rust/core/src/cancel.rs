//! Cancels work whose caller no longer waits. The work ends when it next reads from a file.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    static CURRENT: RefCell<Option<Token>> = const { RefCell::new(None) };
}

/// Shared by some work and the callers that wait for it.
#[derive(Debug, Clone, Default)]
pub struct Token(Arc<AtomicBool>);

impl Token {
    /// Makes the work end with an error, which no caller sees.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work should end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The token of this thread's work, for other threads that help with it.
    pub fn current() -> Option<Token> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs `work` on this thread. The token can cancel it.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(CURRENT.replace(Some(self)));
        work()
    }
}

/// Restores the earlier token when it is dropped.
struct Restored(Option<Token>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Returns an error if the work was cancelled.
pub(crate) fn check() -> io::Result<()> {
    match CURRENT.with_borrow(|token| token.as_ref().is_some_and(Token::is_cancelled)) {
        true => Err(io::Error::other("nobody waits for it any more")),
        false => Ok(()),
    }
}
