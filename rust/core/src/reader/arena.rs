//! One large piece of memory in huge pages, from which many columns are cut.

#![allow(unsafe_code)]

use std::ptr::NonNull;

/// A huge page on x86-64 and on most aarch64.
const HUGE_PAGE: usize = 2 << 20;
const WORD: usize = size_of::<u64>();

/// Zeroed words. What is never touched takes no memory.
pub struct Arena {
    mapping: NonNull<libc::c_void>,
    mapped: usize,
    /// The first word, at the beginning of a huge page.
    start: NonNull<u64>,
}

// SAFETY: the arena is only an address range; who uses which words is its users' contract.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena of that many words, if the system has the address space for it.
    pub fn new(words: usize) -> Option<Arena> {
        let size = words.checked_mul(WORD)?.checked_next_multiple_of(HUGE_PAGE)?;
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
        // SAFETY: advice about our own mapping; without huge pages it is only slower.
        unsafe {
            libc::madvise(start.as_ptr(), size, libc::MADV_HUGEPAGE);
        }
        Some(Arena { mapping, mapped, start: start.cast() })
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
        // A multiple of every page size in use.
        const PAGE: usize = 64 << 10;
        let start = from.as_ptr().addr().next_multiple_of(PAGE);
        let end = (from.as_ptr().addr() + words * WORD) / PAGE * PAGE;
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
        // SAFETY: our mapping, which no column uses any more.
        unsafe { libc::munmap(self.mapping.as_ptr(), self.mapped) };
    }
}
