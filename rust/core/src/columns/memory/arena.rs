//! One piece of memory from which many columns are cut, in huge pages if it is large.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::mapping::Mapping;

const WORD: usize = size_of::<u64>();

/// Uninitialised words. What is never touched of a large arena takes no memory.
pub struct Arena {
    /// The first word; of a mapping, at the beginning of a huge page.
    start: NonNull<u64>,
    memory: Memory,
    /// Whether memory may be taken for words that are not used.
    pub huge_pages: bool,
}

enum Memory {
    /// Only kept; the words are reached through `start`.
    Heap {
        _words: Vec<u64>,
    },
    Mapped(Mapping),
}

// SAFETY: the arena is only an address range; who uses which words is its users' contract.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena of that many words, if the system has the address space for it. Huge pages are
    /// faster, and waste memory where only the beginnings of columns that lie far apart are used.
    pub fn new(words: usize, huge_pages: bool) -> Option<Arena> {
        let size = words.checked_mul(WORD)?;
        if size >= Mapping::WORTH && !cfg!(plain_memory) {
            let mapping = Mapping::new(size, huge_pages)?;
            let start = mapping.start().cast();
            return Some(Arena { start, memory: Memory::Mapped(mapping), huge_pages });
        }
        let mut memory = Vec::new();
        memory.try_reserve_exact(words).ok()?;
        Some(Arena {
            start: NonNull::new(memory.as_mut_ptr())?,
            memory: Memory::Heap { _words: memory },
            huge_pages: false,
        })
    }

    /// The first word.
    pub fn start(&self) -> NonNull<u64> {
        self.start
    }

    /// Gives back the pages that lie wholly in these words, where the system takes them.
    ///
    /// # Safety
    /// The words lie in the arena, and are not read before they are written again.
    pub unsafe fn release(&self, from: NonNull<u64>, words: usize) {
        match &self.memory {
            Memory::Heap { .. } => {}
            // SAFETY: as the caller promises.
            Memory::Mapped(mapping) => unsafe { mapping.release(from.cast(), words * WORD) },
        }
    }
}
