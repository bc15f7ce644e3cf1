//! Keeps the bytes of a pipe that are still needed, so that they can be read again.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::storage::source::{Source, Stamp};

/// The number of bytes in one read.
const PIECE: usize = 64 << 10;

/// The bytes of a pipe that were not [released](Source::release) yet.
pub(crate) struct Pipe {
    source: Box<dyn Source>,
    kept: Mutex<Kept>,
}

struct Kept {
    /// The offset of the first byte that is kept.
    start: u64,
    bytes: Vec<u8>,
}

impl Pipe {
    pub fn new(source: Box<dyn Source>) -> Pipe {
        Pipe { source, kept: Mutex::new(Kept { start: 0, bytes: Vec::new() }) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Pipe {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut kept = self.kept();
        let Some(at) = offset.checked_sub(kept.start) else {
            return Err(io::Error::other("a pipe gives its bytes once"));
        };
        let at = usize::try_from(at).map_err(io::Error::other)?;
        while kept.bytes.len() <= at {
            let (length, next) = (kept.bytes.len(), kept.start + kept.bytes.len() as u64);
            kept.bytes.resize(length + PIECE, 0);
            let read = self.source.read_at(&mut kept.bytes[length..], next);
            kept.bytes.truncate(length + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Ok(0);
            }
        }
        let count = buffer.len().min(kept.bytes.len() - at);
        buffer[..count].copy_from_slice(&kept.bytes[at..at + count]);
        Ok(count)
    }

    fn len(&self) -> io::Result<Option<u64>> {
        self.source.len()
    }

    fn is_seekable(&self) -> bool {
        false
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        self.source.stamp()
    }

    fn release(&self, before: u64) {
        let mut kept = self.kept();
        let count = usize::try_from(before.saturating_sub(kept.start)).unwrap_or(usize::MAX);
        // This is done rarely, since it moves the bytes that stay.
        if count >= PIECE && 2 * count >= kept.bytes.len() {
            let count = count.min(kept.bytes.len());
            kept.bytes.drain(..count);
            kept.start += count as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A source that gives each byte once, and a few at a time.
    struct Once(Mutex<(Vec<u8>, usize)>);

    impl Source for Once {
        fn read_at(&self, buffer: &mut [u8], _: u64) -> io::Result<usize> {
            let (bytes, at) = &mut *self.0.lock().unwrap();
            let count = buffer.len().min(7000).min(bytes.len() - *at);
            buffer[..count].copy_from_slice(&bytes[*at..*at + count]);
            *at += count;
            Ok(count)
        }

        fn len(&self) -> io::Result<Option<u64>> {
            Ok(None)
        }

        fn is_seekable(&self) -> bool {
            false
        }

        fn stamp(&self) -> io::Result<Option<Stamp>> {
            Ok(None)
        }
    }

    proptest! {
        #[test]
        fn bytes_that_were_not_released_come_again(
            reads in prop::collection::vec((0..400_000u64, 1..100_000usize), 1..20),
        ) {
            let bytes: Vec<u8> = (0..300_000u32).map(|at| (at / 100) as u8).collect();
            let pipe = Pipe::new(Box::new(Once(Mutex::new((bytes.clone(), 0)))));
            let mut released = 0;
            for (at, count) in reads {
                let at = at.max(released);
                let mut buffer = vec![0; count];
                let got = pipe.read_at(&mut buffer, at).unwrap();
                let there = &bytes[bytes.len().min(at as usize)..];
                prop_assert!(got <= there.len());
                prop_assert_eq!(got == 0, there.is_empty());
                prop_assert_eq!(&buffer[..got], &there[..got]);
                released = released.max(at / 2);
                pipe.release(released);
            }
        }
    }
}
