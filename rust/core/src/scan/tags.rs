//! The tags of a file, by name.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Maps names to indices, in the order in which the names came.
///
/// The map has hashes only. So a name costs one lookup if the caller compares names itself. If two
/// names have the same hash, the later one gets the next free hash.
#[derive(Debug)]
pub struct Tags {
    indices: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    names: Vec<Box<str>>,
    /// Random, so that nobody can make a file whose tags all collide.
    seed: u64,
}

impl Default for Tags {
    fn default() -> Tags {
        let seed = RandomState::new().build_hasher().finish();
        Tags { indices: HashMap::default(), names: Vec::new(), seed }
    }
}

impl Tags {
    /// The index of `name`, if it came before. In rare cases it is the index of another name.
    #[inline]
    pub fn guess(&self, name: &[u8]) -> Option<u32> {
        self.indices.get(&self.hash(name)).copied()
    }

    /// The index of `name`, if it came before.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.find(name).ok()
    }

    /// The index of `name`. A new name gets the next index.
    pub fn insert(&mut self, name: &str) -> u32 {
        self.find(name).unwrap_or_else(|free| {
            let next = u32::try_from(self.names.len()).expect("fewer tags than 2^32");
            self.names.push(name.into());
            self.indices.insert(free, next);
            next
        })
    }

    /// Whether this is the index of `name`.
    pub fn is(&self, index: u32, name: &[u8]) -> bool {
        self.names.get(index as usize).is_some_and(|it| it.as_bytes() == name)
    }

    /// The name with this index.
    pub fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }

    /// The names, by index.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// The names, by index.
    pub fn into_names(self) -> Vec<Box<str>> {
        self.names
    }

    /// The index of `name`, or the hash under which it can be added.
    fn find(&self, name: &str) -> Result<u32, u64> {
        let mut hash = self.hash(name.as_bytes());
        while let Some(&index) = self.indices.get(&hash) {
            if &*self.names[index as usize] == name {
                return Ok(index);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// Multiplies to 128 bits and folds them, word by word. This is fast for a few dozen bytes.
    #[inline]
    fn hash(&self, name: &[u8]) -> u64 {
        const ODD: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        let fold = |hash: u64, word: u64| {
            let product = u128::from(hash ^ word).wrapping_mul(ODD);
            (product as u64) ^ ((product >> 64) as u64)
        };
        let (words, rest) = name.as_chunks::<8>();
        let hash = (words.iter()).fold(self.seed ^ name.len() as u64, |hash, word| {
            fold(hash, u64::from_le_bytes(*word))
        });
        let last = rest.iter().fold(0, |last, &byte| last << 8 | u64::from(byte));
        fold(hash, last)
    }
}

/// A hash is its own hash.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        unreachable!("only hashes are hashed, not {bytes:?}")
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_indices() {
        let names: Vec<String> = (0..5000).map(|i| "x".repeat(i % 20) + &i.to_string()).collect();
        let mut tags = Tags::default();
        for (i, name) in names.iter().enumerate() {
            assert_eq!(tags.get(name), None);
            assert_eq!(tags.insert(name), i as u32);
        }
        for (i, name) in names.iter().enumerate() {
            assert_eq!(tags.get(name), Some(i as u32));
            assert_eq!(tags.guess(name.as_bytes()), Some(i as u32));
            assert_eq!(tags.insert(name), i as u32);
        }
        assert_eq!(tags.into_names()[7], names[7].clone().into_boxed_str());
    }

    #[test]
    fn a_hash_that_is_taken_leads_to_the_next() {
        let mut tags = Tags::default();
        let taken = tags.hash(b"second");
        tags.names.push("first".into());
        tags.indices.insert(taken, 0);
        assert_eq!(tags.get("second"), None);
        assert_eq!(tags.insert("second"), 1);
        assert_eq!((tags.get("second"), tags.guess(b"second")), (Some(1), Some(0)));
    }
}
