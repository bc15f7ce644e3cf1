//! Memory from the system, in huge pages if it has them.

#![allow(unsafe_code)]

use std::ffi::c_void;
use std::ptr::NonNull;

/// The size of a huge page on x86-64 and on most aarch64 systems.
const HUGE_PAGE: usize = 2 << 20;

/// Uninitialised bytes, which take memory when they are touched.
pub struct Mapping {
    mapped: NonNull<c_void>,
    size: usize,
    start: NonNull<c_void>,
}

impl Mapping {
    /// From this size on, an arena is worth a mapping of its own, which is freed as soon as it is
    /// not used any more.
    pub const WORTH: usize = 128 << 10;

    /// A mapping of `size` bytes, if the system has the address space.
    pub fn new(size: usize, huge_pages: bool) -> Option<Mapping> {
        // A last huge page of which less than half is used would be wasted. Small pages for more
        // than that take longer.
        let in_huge_pages = size.checked_add(HUGE_PAGE / 2)? / HUGE_PAGE * HUGE_PAGE;
        let with_room = size.max(in_huge_pages).checked_add(HUGE_PAGE)?;
        // SAFETY: this is a new private mapping without a file.
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
        // SAFETY: the start is less than a huge page further, and one huge page more was mapped.
        let start = unsafe { mapped.byte_add(to_huge_page) };
        #[cfg(target_os = "linux")]
        if huge_pages {
            // SAFETY: this is advice about our own mapping. If it fails, the memory is only slower.
            unsafe { libc::madvise(start.as_ptr(), in_huge_pages, libc::MADV_HUGEPAGE) };
        }
        // Other systems choose the page size by themselves.
        #[cfg(not(target_os = "linux"))]
        let _ = huge_pages;
        Some(Mapping { mapped, size: with_room, start })
    }

    /// The first byte, at the beginning of a huge page.
    pub fn start(&self) -> NonNull<c_void> {
        self.start
    }

    /// Frees the pages that are wholly within these bytes.
    ///
    /// # Safety
    /// The bytes lie in the mapping, and are not read before they are written again.
    pub unsafe fn release(&self, from: NonNull<c_void>, size: usize) {
        // SAFETY: any thread may call this.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0);
        if page == 0 {
            return;
        }
        let start = from.as_ptr().addr().next_multiple_of(page);
        let end = (from.as_ptr().addr() + size) / page * page;
        if start < end {
            // Linux frees the pages at once. On other systems this is a hint.
            // SAFETY: these are whole pages of our mapping, which are not used any more.
            unsafe {
                libc::madvise(from.as_ptr().with_addr(start), end - start, libc::MADV_DONTNEED);
            }
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is our mapping, and no column uses it any more.
        unsafe { libc::munmap(self.mapped.as_ptr(), self.size) };
    }
}
