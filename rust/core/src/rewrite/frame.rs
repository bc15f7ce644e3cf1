//! The frame of a tag's last record: what lets the next one be taken apart without a decision.
//!
//! The records of a tag mostly are as long as the ones before, so their headers are equal, and a
//! header that was verified once need not be again. The length tells how long the step is.

use crate::columns::shape::{WALL_TIME_LEN, step};
use crate::proto::number::event;
use crate::proto::scalar_event::WALL_TIME;
use crate::record::{HEADER, OVERHEAD};
use crate::wire::{VARINT, key};

/// The key of an event's step.
const STEP: u64 = key(event::STEP, VARINT) as u64;
/// Steps of more bytes, from 2^28 on, are rare.
const MAX_STEP: usize = 4;

/// What all records of a tag have in common that are as long as its last one.
#[derive(Debug)]
pub struct Frame {
    header: [u8; HEADER],
    payload: usize,
    /// The bits of the step field that tell its key and length, and what they must be.
    fixed: u64,
    expected: u64,
    /// The bits that hold the step.
    digits: u64,
    /// Bytes of the step field.
    step: usize,
}

impl Default for Frame {
    /// A frame that no record has: none is as long as memory.
    fn default() -> Frame {
        let (header, payload) = ([0; HEADER], usize::MAX);
        Frame { header, payload, fixed: 0, expected: 0, digits: 0, step: 0 }
    }
}

impl Frame {
    /// The frame of `record`, which is verified, and whose step field takes `step` bytes.
    pub fn of(record: &[u8], step: usize) -> Option<Frame> {
        let payload = record.len().checked_sub(OVERHEAD)?;
        let header = *record.first_chunk()?;
        let count = step.saturating_sub(1);
        if step == 1 || count > MAX_STEP || payload < WALL_TIME_LEN + size_of::<u64>() {
            return None;
        }
        let (mut fixed, mut expected, mut digits) = (0, 0, 0);
        if count > 0 {
            (fixed, expected) = (0xff, STEP);
            for at in 1..=count {
                fixed |= 0x80 << (8 * at);
                digits |= 0x7f << (8 * at);
                // All bytes of a varint but the last have their highest bit set.
                if at < count {
                    expected |= 0x80 << (8 * at);
                }
            }
        }
        Some(Frame { header, payload, fixed, expected, digits, step })
    }

    /// Whether `record`, whose step field takes `step` bytes, has this frame.
    #[inline]
    pub fn fits(&self, record: &[u8], step: usize) -> bool {
        self.step == step && record.first_chunk() == Some(&self.header)
    }

    /// How many bytes of such a payload come before its summary.
    #[inline(always)]
    pub fn head_len(&self) -> usize {
        WALL_TIME_LEN + self.step
    }

    /// The payload of the record at the beginning of `bytes` and the checksum behind it, if the
    /// record is as long as this frame's.
    #[inline(always)]
    pub fn payload<'a>(&self, bytes: &'a [u8]) -> Option<(&'a [u8], u32)> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
        if *header != self.header {
            return None;
        }
        let (payload, rest) = rest.split_at_checked(self.payload)?;
        Some((payload, u32::from_le_bytes(*rest.first_chunk()?)))
    }

    /// The wall time and step of such a payload, and what follows them.
    #[inline(always)]
    pub fn head<'a>(&self, payload: &'a [u8]) -> Option<(f64, i64, &'a [u8])> {
        let (&[key, ref time @ ..], rest) = payload.split_first_chunk::<WALL_TIME_LEN>()?;
        let word = u64::from_le_bytes(*rest.first_chunk()?);
        if key != WALL_TIME || word & self.fixed != self.expected {
            return None;
        }
        let step = step(word & self.digits);
        Some((f64::from_le_bytes(*time), step, rest.get(self.step..)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;
    use crate::wire::encode;

    #[test]
    fn steps_of_every_length() {
        for step in (0..28).flat_map(|bits| [(1u64 << bits) - 1, 1 << bits]) {
            let mut payload = Vec::new();
            encode::double_field(&mut payload, 1, 1.5);
            encode::varint_field(&mut payload, 2, step);
            let field = payload.len() - WALL_TIME_LEN;
            payload.extend_from_slice(b"what comes next");
            let mut framed = Vec::new();
            record::frame(&mut framed, &payload);
            let frame = Frame::of(&framed, field).unwrap();
            assert_eq!(frame.head(&payload), Some((1.5, step as i64, &b"what comes next"[..])));
        }
    }

    #[test]
    fn the_default_frame_fits_nothing() {
        for bytes in [&[][..], &[0; HEADER], &[0; OVERHEAD], &[0; 64]] {
            assert_eq!(Frame::default().payload(bytes), None);
        }
    }
}
