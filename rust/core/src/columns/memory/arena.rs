//! One piece of memory for many columns. It has huge pages if it is large.

#![allow(unsafe_code)]

use std::ptr::NonNull;

use super::mapping::Mapping;

const WORD: usize = size_of::<u64>();

/// Uninitialised words. Words of a large arena that are never touched take no memory.
pub struct Arena {
    /// The first word. In a mapping, it is at the beginning of a huge page.
    start: NonNull<u64>,
    memory: Memory,
    /// Whether the arena may take memory for words that are not used.
    pub huge_pages: bool,
}

enum Memory {
    /// Owns the memory. The words are accessed through `start`.
    Heap {
        _words: Vec<u64>,
    },
    Mapped(Mapping),
}

// SAFETY: the arena is only an address range. Its users agree on who uses which words.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena of `words` words, if the system has the address space. Huge pages are faster, but
    /// they waste memory if columns are far apart and only their beginnings are used.
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

    /// Whether all words are 0 until they are written.
    pub fn is_zero(&self) -> bool {
        matches!(self.memory, Memory::Mapped(_))
    }

    /// Frees the pages that are wholly within these words, if the system takes them back.
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
