//! Columns of numbers that have the same length and grow together.
//!
//! Filling columns costs more than parsing, since the first access to each 4 KiB page is a fault.
//! So the columns of a large file are packed into one arena of huge pages. Their sizes are
//! estimated. A column that outgrows its estimate moves to the heap, page by page, so memory never
//! doubles.

#![allow(unsafe_code)]

use std::alloc::{self, Layout};
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;

use super::arena::Arena;
use super::prefetch::prefetch_write;

/// Words of a cache line. Three columns for each tag are more streams than the processor can
/// predict, so lines are prefetched before they are written.
const LINE: usize = 64 / size_of::<u64>();

/// Words of a page, and of a huge page.
const PAGE: usize = 1 << 9;
const HUGE_PAGE: usize = 1 << 18;

/// `N` columns of words, each contiguous.
pub struct Lockstep<const N: usize> {
    /// Columns of `capacity` words, `len` of them initialised.
    columns: [NonNull<u64>; N],
    len: usize,
    capacity: usize,
    /// Keeps the arena of the columns alive. None if each column is an allocation of its own.
    arena: Option<Arc<Arena>>,
}

// SAFETY: only this value owns the columns, and a shared reference only reads.
unsafe impl<const N: usize> Send for Lockstep<N> {}
// SAFETY: as above.
unsafe impl<const N: usize> Sync for Lockstep<N> {}

impl<const N: usize> Default for Lockstep<N> {
    fn default() -> Self {
        Lockstep { columns: [NonNull::dangling(); N], len: 0, capacity: 0, arena: None }
    }
}

impl<const N: usize> Lockstep<N> {
    /// The number of words in each column.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of words that each column has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Appends all of `other`, which is empty then. Its memory is taken over or freed meanwhile. A
    /// small piece is kept for reuse, since most of it may be unused.
    pub fn append(&mut self, other: &mut Self) {
        if self.is_empty() && self.capacity < other.len && !other.is_small() {
            std::mem::swap(self, other);
            return;
        }
        self.make_room(other.len);
        for (index, to) in self.columns.iter().enumerate() {
            // SAFETY: there is room for `other.len` words after `len`. The two do not overlap.
            unsafe { other.move_column(index, to.add(self.len)) };
        }
        self.len += other.len;
        // The words were moved out.
        other.len = 0;
        if !other.is_small() {
            *other = Lockstep::default();
        }
    }

    /// Appends copies of these words of `other`.
    pub fn extend_from(&mut self, other: &Self, range: Range<usize>) {
        assert!(range.start <= range.end && range.end <= other.len);
        let count = range.len();
        self.reserve(self.len + count);
        for (from, to) in other.columns.iter().zip(&self.columns) {
            // SAFETY: the range has initialised words of `other`. Room for as many was reserved
            // after `len`, in other memory.
            unsafe { from.add(range.start).copy_to_nonoverlapping(to.add(self.len), count) };
        }
        self.len += count;
    }

    /// Empty columns with room for `capacity` words each.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut words = Lockstep::default();
        words.reserve(capacity);
        words
    }

    /// A column as words.
    pub fn column(&self, index: usize) -> &[u64] {
        // SAFETY: `len` words are initialised.
        unsafe { std::slice::from_raw_parts(self.columns[index].as_ptr(), self.len) }
    }

    /// A column as integers.
    pub fn integers(&self, index: usize) -> &[i64] {
        let words = self.column(index);
        // SAFETY: any word is an `i64`.
        unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
    }

    /// A column as doubles.
    pub fn floats(&self, index: usize) -> &[f64] {
        let words = self.column(index);
        // SAFETY: any word is an `f64`.
        unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
    }

    /// Appends a word to each column.
    #[inline(always)]
    pub fn push_words(&mut self, words: [u64; N]) {
        if self.len == self.capacity {
            self.grow();
        }
        // These are copies, since the compiler must assume that the writes below change the fields.
        let (len, columns) = (self.len, self.columns);
        for (column, word) in columns.into_iter().zip(words) {
            // SAFETY: `len < capacity`, the number of words of each column.
            unsafe { column.add(len).write(word) };
        }
        if len.is_multiple_of(LINE) {
            for column in columns {
                prefetch_write(column.as_ptr().wrapping_add(len + 2 * LINE));
            }
        }
        self.len = len + 1;
    }

    /// Appends little-endian words to each column, as many as the shortest slice has. Returns their
    /// number.
    pub fn extend(&mut self, words: [&[[u8; 8]]; N]) -> usize {
        let count = words.iter().map(|words| words.len()).min().unwrap_or(0);
        self.make_room(count);
        for (column, words) in self.columns.iter().zip(words) {
            for (index, word) in words[..count].iter().enumerate() {
                // SAFETY: `count` words are free after `len`.
                unsafe { column.add(self.len + index).write(u64::from_le_bytes(*word)) };
            }
        }
        self.len += count;
        count
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.reserve(match self.capacity {
            0 => 4,
            // Small columns waste little memory, but are expensive to move.
            small @ ..1024 => small * 4,
            large => large.saturating_mul(2),
        });
    }

    /// Makes room for so many more words in each column, and for more that may follow.
    fn make_room(&mut self, count: usize) {
        let length = self.len + count;
        if length > self.capacity {
            self.reserve(length.max(2 * self.capacity));
        }
    }

    /// Makes room for `capacity` words in each column.
    pub fn reserve(&mut self, capacity: usize) {
        if capacity <= self.capacity {
            return;
        }
        if self.arena.is_none() {
            return self.reallocate(capacity);
        }
        let mut heap = Lockstep::default();
        heap.reallocate(capacity);
        for (index, to) in heap.columns.into_iter().enumerate() {
            // SAFETY: `to` is a new allocation with room for `capacity > len` words.
            unsafe { self.move_column(index, to) };
        }
        heap.len = self.len;
        *self = heap;
    }

    /// Frees the memory that no word uses.
    pub fn shrink(&mut self) {
        let unused = self.capacity - self.len;
        match &self.arena {
            None if unused > 0 => self.reallocate(self.len),
            Some(arena) if unused > PAGE && arena.huge_pages => {
                for column in self.columns {
                    // SAFETY: these words belong to this column alone, and are not initialised.
                    unsafe { arena.release(column.add(self.len), unused) };
                }
            }
            _ => {}
        }
    }

    /// The number of allocated bytes that are not used yet, if each column is an allocation of its
    /// own.
    pub fn unused(&self) -> usize {
        match self.arena {
            None => N * size_of::<u64>() * (self.capacity - self.len),
            Some(_) => 0,
        }
    }

    /// Gives columns on the heap another capacity, at least `len`. The allocator moves the pages of
    /// large columns, so that they never exist twice.
    fn reallocate(&mut self, capacity: usize) {
        assert!(capacity >= self.len && self.arena.is_none());
        for column in &mut self.columns {
            let old = (self.capacity > 0).then(|| (column.cast(), layout(self.capacity)));
            // SAFETY: `old` is this column's allocation and layout; no layout has size 0.
            let new = unsafe {
                match (old, capacity) {
                    (None, 0) => continue,
                    (None, _) => alloc::alloc(layout(capacity)),
                    (Some((old, old_layout)), 0) => {
                        alloc::dealloc(old.as_ptr(), old_layout);
                        *column = NonNull::dangling();
                        continue;
                    }
                    (Some((old, old_layout)), _) => {
                        alloc::realloc(old.as_ptr(), old_layout, layout(capacity).size())
                    }
                }
            };
            *column = NonNull::new(new.cast())
                .unwrap_or_else(|| alloc::handle_alloc_error(layout(capacity)));
        }
        self.capacity = capacity;
    }

    /// Copies one column to `to`, and frees pages of an arena meanwhile.
    ///
    /// # Safety
    /// `to` has room for `len` words and does not overlap the column.
    unsafe fn move_column(&mut self, index: usize, to: NonNull<u64>) {
        const STEP: usize = 1 << 17;
        let from = self.columns[index];
        for start in (0..self.len).step_by(STEP) {
            let count = STEP.min(self.len - start);
            // SAFETY: the words are within the column, and `to` has room, as the caller promises.
            unsafe { to.add(start).copy_from_nonoverlapping(from.add(start), count) };
            if let Some(arena) = &self.arena {
                // SAFETY: these words are in the arena, and are not read again.
                unsafe { arena.release(from.add(start), count) };
            }
        }
    }

    /// Moves all these columns into one arena. Each has room to grow to its capacity, or to its
    /// length if that is greater. Returns the old columns, empty, for reuse.
    ///
    /// Does nothing if more than `may_waste` bytes would be wasted in case the capacities prove too
    /// large. Otherwise it subtracts these bytes from `may_waste`.
    pub fn spread<'a>(
        all: impl Iterator<Item = &'a mut Self>,
        capacities: &[usize],
        may_waste: &mut usize,
    ) -> Option<Vec<Self>> {
        let words = words(N, capacities, spread)?.saturating_mul(size_of::<u64>());
        // A column that is never filled wastes the rest of its page.
        let waste =
            |page: usize| words.min((N * capacities.len()).saturating_mul(page * size_of::<u64>()));
        let huge_pages = waste(HUGE_PAGE) <= *may_waste;
        let waste = waste(if huge_pages { HUGE_PAGE } else { PAGE });
        *may_waste = may_waste.checked_sub(waste)?;
        Some(Lockstep::settle(all, capacities, spread, huge_pages))
    }

    /// Moves all these columns into one arena without room to grow. Returns the old columns, empty,
    /// for reuse. Huge pages are faster, but they take memory before it is filled.
    pub fn pack<'a>(
        all: impl Iterator<Item = &'a mut Self>,
        lengths: &[usize],
        huge_pages: bool,
    ) -> Vec<Self> {
        Lockstep::settle(all, lengths, Some, huge_pages)
    }

    /// Moves all these into one arena. The columns of each have its capacity, and are `stride`
    /// words apart. If there is no address space, they stay where they are.
    fn settle<'a>(
        all: impl Iterator<Item = &'a mut Self>,
        capacities: &[usize],
        stride: impl Fn(usize) -> Option<usize>,
        huge_pages: bool,
    ) -> Vec<Self> {
        let words = words(N, capacities, &stride);
        let Some(arena) = words.and_then(|words| Arena::new(words, huge_pages)) else {
            return Vec::new();
        };
        let arena = Arc::new(arena);
        let mut next = arena.start();
        let mut emptied = Vec::new();
        for (old, &capacity) in all.zip(capacities) {
            let Some(stride) = stride(capacity) else { break };
            if capacity < old.len {
                continue;
            }
            let mut settled =
                Lockstep { arena: Some(Arc::clone(&arena)), capacity, ..Lockstep::default() };
            for (index, column) in settled.columns.iter_mut().enumerate() {
                *column = next;
                // SAFETY: the arena has `N` strides for each capacity. This stride is used by no
                // other column, and it has room for `len` words.
                unsafe {
                    old.move_column(index, *column);
                    next = next.add(stride);
                }
            }
            settled.len = old.len;
            let mut empty = std::mem::replace(old, settled);
            empty.len = 0;
            emptied.push(empty);
        }
        emptied
    }

    /// Whether these columns, once empty, are worth keeping for other words.
    pub fn is_reusable(&self) -> bool {
        self.is_empty() && self.capacity > 0 && self.is_small()
    }

    /// Whether this is so little memory of the heap that it may wait for other words.
    fn is_small(&self) -> bool {
        self.arena.is_none() && self.capacity < 1 << 16
    }
}

impl<const N: usize> Drop for Lockstep<N> {
    fn drop(&mut self) {
        if self.arena.is_none() {
            self.len = 0;
            self.reallocate(0);
        }
    }
}

/// The size of an arena, in words, with `N` columns of each of these capacities.
fn words(
    columns: usize,
    capacities: &[usize],
    stride: impl Fn(usize) -> Option<usize>,
) -> Option<usize> {
    (capacities.iter())
        .try_fold(0usize, |sum, &capacity| stride(capacity)?.checked_mul(columns)?.checked_add(sum))
}

/// The distance between two growing columns in an arena, in words.
///
/// Columns grow together, so their ends should not use the same lines of the first-level cache. The
/// address modulo 4096 chooses the line. An odd multiple of 128 bytes spreads the ends evenly.
fn spread(capacity: usize) -> Option<usize> {
    const LINES: usize = 128 / size_of::<u64>();
    if capacity == 0 {
        return Some(0);
    }
    (capacity.checked_add(1)?.div_ceil(LINES) | 1).checked_mul(LINES)
}

/// The layout of one column on the heap.
fn layout(capacity: usize) -> Layout {
    Layout::array::<u64>(capacity).expect("no file holds that many numbers")
}

impl<const N: usize> std::fmt::Debug for Lockstep<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((0..N).map(|index| self.column(index))).finish()
    }
}
