//! A column of a table: a vector in huge pages. The first access to a small page costs more than
//! writing what is stored there.

#![allow(unsafe_code)]

use std::collections::TryReserveError;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::arena::Arena;

/// A type of numbers whose size divides that of an arena's word, and whose default has no bit set.
pub trait Number: Copy + Default + Send + Sync + 'static {}
impl Number for i32 {}
impl Number for i64 {}
impl Number for f64 {}

/// Numbers in one piece of memory, which never moves.
pub struct Column<T> {
    start: NonNull<T>,
    len: usize,
    capacity: usize,
    /// Keeps the memory alive. None if the capacity is 0.
    arena: Option<Arena>,
    numbers: PhantomData<T>,
}

// SAFETY: a column owns its numbers, as a vector does.
unsafe impl<T: Number> Send for Column<T> {}
// SAFETY: as above.
unsafe impl<T: Number> Sync for Column<T> {}

impl<T> Default for Column<T> {
    fn default() -> Column<T> {
        let (start, numbers) = (NonNull::dangling(), PhantomData);
        Column { start, len: 0, capacity: 0, arena: None, numbers }
    }
}

impl<T: Number> Column<T> {
    /// An empty column with room for `capacity` numbers.
    pub fn with_capacity(capacity: usize) -> Result<Column<T>, TryReserveError> {
        // The system grants an arena more memory than it may have. A vector gives an error.
        let mut vector: Vec<T> = Vec::new();
        vector.try_reserve_exact(capacity)?;
        if capacity == 0 {
            return Ok(Column::default());
        }
        let words = capacity.div_ceil(size_of::<u64>() / size_of::<T>());
        let Some(arena) = Arena::new(words, true) else {
            // The arena was refused, so this returns an error too.
            return Err(vector.try_reserve_exact(usize::MAX).expect_err("overflows"));
        };
        let start = arena.start().cast();
        Ok(Column { start, capacity, arena: Some(arena), ..Column::default() })
    }

    /// A column of `len` zeros, which may take no memory until they are written.
    pub fn zeros(len: usize) -> Result<Column<T>, TryReserveError> {
        let mut column = Column::with_capacity(len)?;
        match &column.arena {
            Some(arena) if arena.is_zero() => column.len = len,
            _ => column.resize(len, T::default()),
        }
        Ok(column)
    }

    /// Removes all numbers from this length on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Appends these numbers. There must be room for them.
    pub fn extend_from_slice(&mut self, numbers: &[T]) {
        assert!(numbers.len() <= self.capacity - self.len);
        // SAFETY: there is room, and nobody else has this memory.
        unsafe {
            let end = self.start.as_ptr().add(self.len);
            end.copy_from_nonoverlapping(numbers.as_ptr(), numbers.len());
        }
        self.len += numbers.len();
    }

    /// Appends copies of a number until there are `len`. There must be room for them.
    pub fn resize(&mut self, len: usize, number: T) {
        assert!((self.len..=self.capacity).contains(&len));
        for at in self.len..len {
            // SAFETY: `at` is below the capacity.
            unsafe { self.start.as_ptr().add(at).write(number) };
        }
        self.len = len;
    }
}

impl<T> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` numbers are initialised.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Column<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody else has this memory.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}
