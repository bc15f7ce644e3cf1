//! One piece of memory from which many columns are cut, in huge pages if it is large.

#![allow(unsafe_code)]

use std::ptr::NonNull;

/// A huge page on x86-64 and on most aarch64.
const HUGE_PAGE: usize = 2 << 20;
const WORD: usize = size_of::<u64>();

/// From this size on, an arena is worth a mapping of its own, which is given back as soon as it is
/// not used any more.
const WORTH_MAPPING: usize = 128 << 10;

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
    Heap { _words: Vec<u64> },
    /// A mapping of so many bytes.
    Mapped(NonNull<libc::c_void>, usize),
}

// SAFETY: the arena is only an address range; who uses which words is its users' contract.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena of that many words, if the system has the address space for it. Huge pages are
    /// faster, and waste memory where only the beginnings of columns that lie far apart are used.
    pub fn new(words: usize, huge_pages: bool) -> Option<Arena> {
        if words.checked_mul(WORD)? >= WORTH_MAPPING && !cfg!(plain_memory) {
            return Arena::mapped(words, huge_pages);
        }
        let mut words = Vec::with_capacity(words);
        Some(Arena {
            start: NonNull::new(words.as_mut_ptr())?,
            memory: Memory::Heap { _words: words },
            huge_pages: false,
        })
    }

    fn mapped(words: usize, huge_pages: bool) -> Option<Arena> {
        let size = words.checked_mul(WORD)?;
        let mapped = size.checked_add(HUGE_PAGE)?;
        // SAFETY: a new private mapping, of no file.
        let mapping = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                mapped,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if mapping == libc::MAP_FAILED {
            return None;
        }
        let mapping = NonNull::new(mapping)?;
        let to_huge_page = mapping.as_ptr().addr().wrapping_neg() % HUGE_PAGE;
        // SAFETY: less than a huge page further on, of which one more than needed was mapped.
        let start = unsafe { mapping.byte_add(to_huge_page) };
        #[cfg(target_os = "linux")]
        if huge_pages {
            // The rest of the last one would be wasted.
            let whole = size / HUGE_PAGE * HUGE_PAGE;
            // SAFETY: advice about our own mapping; without huge pages it is only slower.
            unsafe { libc::madvise(start.as_ptr(), whole, libc::MADV_HUGEPAGE) };
        }
        #[cfg(not(target_os = "linux"))]
        let _ = huge_pages;
        Some(Arena { start: start.cast(), memory: Memory::Mapped(mapping, mapped), huge_pages })
    }

    /// The first word.
    pub fn start(&self) -> NonNull<u64> {
        self.start
    }

    /// Gives back the pages that lie wholly in these words.
    ///
    /// # Safety
    /// The words lie in the arena, and are not read before they are written again.
    pub unsafe fn release(&self, from: NonNull<u64>, words: usize) {
        if let Memory::Heap { .. } = self.memory {
            return;
        }
        // SAFETY: a question that any thread may ask.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0);
        if page == 0 {
            return;
        }
        let start = from.as_ptr().addr().next_multiple_of(page);
        let end = (from.as_ptr().addr() + words * WORD) / page * page;
        if start < end {
            // Only Linux promises that this frees at once; elsewhere it is a hint.
            // SAFETY: whole pages of our mapping that hold nothing any more.
            unsafe {
                let page = from.as_ptr().with_addr(start);
                libc::madvise(page.cast(), end - start, libc::MADV_DONTNEED);
            }
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if let Memory::Mapped(mapping, mapped) = self.memory {
            // SAFETY: our mapping, which no column uses any more.
            unsafe { libc::munmap(mapping.as_ptr(), mapped) };
        }
    }
}
