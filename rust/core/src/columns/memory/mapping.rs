//! Memory of the system's, in huge pages where it has them.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr::NonNull;

/// A huge page on x86-64 and on most aarch64.
const HUGE_PAGE: usize = 2 << 20;

/// Uninitialised bytes, which take memory as they are touched.
pub struct Mapping {
    mapped: NonNull<c_void>,
    size: usize,
    start: NonNull<c_void>,
}

impl Mapping {
    /// From this size on, an arena is worth a mapping of its own, which is given back as soon as it
    /// is not used any more.
    pub const WORTH: usize = 128 << 10;

    /// A mapping of that many bytes, if the system has the address space for it.
    pub fn new(size: usize, huge_pages: bool) -> Option<Mapping> {
        let with_room = size.checked_add(HUGE_PAGE)?;
        // SAFETY: a new private mapping, of no file.
        let mapped = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                with_room,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return None;
        }
        let mapped = NonNull::new(mapped)?;
        let to_huge_page = mapped.as_ptr().addr().wrapping_neg() % HUGE_PAGE;
        // SAFETY: less than a huge page further on, of which one more than needed was mapped.
        let start = unsafe { mapped.byte_add(to_huge_page) };
        #[cfg(target_os = "linux")]
        if huge_pages {
            // The rest of the last one would be wasted.
            let whole = size / HUGE_PAGE * HUGE_PAGE;
            // SAFETY: advice about our own mapping; without huge pages it is only slower.
            unsafe { libc::madvise(start.as_ptr(), whole, libc::MADV_HUGEPAGE) };
        }
        // Others choose by themselves.
        #[cfg(not(target_os = "linux"))]
        let _ = huge_pages;
        Some(Mapping { mapped, size: with_room, start })
    }

    /// The first byte, at the beginning of a huge page.
    pub fn start(&self) -> NonNull<c_void> {
        self.start
    }

    /// Gives back the pages that lie wholly in these bytes.
    ///
    /// # Safety
    /// The bytes lie in the mapping, and are not read before they are written again.
    pub unsafe fn release(&self, from: NonNull<c_void>, size: usize) {
        // SAFETY: a question that any thread may ask.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0);
        if page == 0 {
            return;
        }
        let start = from.as_ptr().addr().next_multiple_of(page);
        let end = (from.as_ptr().addr() + size) / page * page;
        if start < end {
            // Only Linux promises that this frees at once; elsewhere it is a hint.
            // SAFETY: whole pages of our mapping that hold nothing any more.
            unsafe {
                libc::madvise(from.as_ptr().with_addr(start), end - start, libc::MADV_DONTNEED);
            }
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: our mapping, which no column uses any more.
        unsafe { libc::munmap(self.mapped.as_ptr(), self.size) };
    }
}
