//! Prefetches memory before it is needed.

#![allow(unsafe_code)]

/// How far ahead of the record that is parsed memory is fetched. Each record says where the next
/// begins, so the processor cannot guess it.
const AHEAD: usize = 2048;

/// Prefetches what is a little further on in `bytes`, which begin with the record that is parsed.
#[inline(always)]
pub fn prefetch(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if let Some(byte) = bytes.get(AHEAD) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 processor has the instruction, which is only a hint.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = bytes;
}

/// Prefetches the cache line of a word that will be written.
#[inline(always)]
pub fn prefetch_write(word: *const u64) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        // SAFETY: as above. The instruction does not fault at any address.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(word.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = word;
}
