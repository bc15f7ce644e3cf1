//! Work whose caller has gone: it ends at its next look at a file.

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
    /// Has the work end, with an error that no caller sees.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The token of what this thread does, for other threads that help it.
    pub fn current() -> Option<Token> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Does some work, here, that this token ends.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(CURRENT.replace(Some(self)));
        work()
    }
}

/// Puts the token back that was there before.
struct Restored(Option<Token>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// An error where the caller of this work has gone.
pub(crate) fn check() -> io::Result<()> {
    match CURRENT.with_borrow(|token| token.as_ref().is_some_and(Token::is_cancelled)) {
        true => Err(io::Error::other("nobody waits for it any more")),
        false => Ok(()),
    }
}
