//! The tags of a file, found by name.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Maps names to indices, in the order in which they came.
#[derive(Debug, Default)]
pub struct Tags {
    indices: HashMap<Box<[u8]>, u32, Seed>,
}

impl Tags {
    /// The index of `name`, if it came before.
    #[inline]
    pub fn get(&self, name: &[u8]) -> Option<u32> {
        self.indices.get(name).copied()
    }

    /// Gives `name` the next index.
    pub fn insert(&mut self, name: &[u8]) -> u32 {
        let next = u32::try_from(self.indices.len()).expect("fewer tags than 2^32");
        *self.indices.entry(name.into()).or_insert(next)
    }
}

/// Random, so that no file can be made whose tags all collide.
#[derive(Debug, Clone)]
struct Seed(u64);

impl Default for Seed {
    fn default() -> Seed {
        Seed(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for Seed {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded(self.0)
    }
}

/// Multiplies to 128 bits and folds, a word at a time: fast for names of a few dozen bytes.
struct Folded(u64);

impl Folded {
    #[inline(always)]
    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Folded {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last));
    }

    #[inline]
    fn write_usize(&mut self, length: usize) {
        self.word(length as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
