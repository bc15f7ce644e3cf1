//! The shape of a tag's last record, by which the next one is read with a single comparison.
//!
//! Most records of a tag have the same length and differ only in the wall time, the digits of the
//! step, the number and the checksum. So all other bits are compared at once. If they are equal,
//! the record is an event of the same tag with its fields at the same places. Its header was
//! verified once, so it need not be verified again.

use crate::columns::template::Template;
use crate::proto::Element;
use crate::proto::number::event;
use crate::proto::scalar_event::{WALL_TIME, head, values_of};
use crate::record::{FOOTER, HEADER};
use crate::wire::{VARINT, key};

/// The number of bytes of an event's wall time.
pub const WALL_TIME_LEN: usize = 9;
/// The key of an event's step.
const STEP: u8 = key(event::STEP, VARINT) as u8;
/// Steps of more bytes, from 2^28 on, are rare.
const MAX_STEP: usize = 4;

/// The length of a record's beginning, up to the end of the eight bytes with the step.
pub const HEAD: usize = HEADER + WALL_TIME_LEN + size_of::<u64>();
/// The number of bytes that are compared at once.
const BLOCK: usize = 32;
/// Longer records have no shape, since a shape takes twice the record's size for each tag.
pub const MAX_RECORD: usize = 512;

/// The values of the record that `bytes` seem to begin with, which are not verified and may be cut.
pub fn values_at(bytes: &[u8]) -> Option<&[u8]> {
    // A longer record has no shape.
    let (_, _, summary) = head(bytes.get(HEADER..bytes.len().min(MAX_RECORD))?)?;
    values_of(summary)
}

/// The bits that all records of a tag with this length have in common.
#[derive(Debug)]
pub struct Shape {
    /// The bytes of a record, padded to whole blocks.
    blocks: Box<[Block]>,
    /// The bits that hold the step, in the eight bytes after the wall time.
    digits: u64,
    // Small numbers, since there may be many tags.
    /// The record's size.
    record: u16,
    /// The offset of the summary.
    summary: u16,
    /// The offset of the number.
    number: u16,
    element: Element,
}

/// A piece of a record. Only the bits in `mask` are compared.
#[derive(Debug, Clone, Copy)]
struct Block {
    mask: [u8; BLOCK],
    bytes: [u8; BLOCK],
}

/// A record that has a shape.
#[derive(Debug, PartialEq)]
pub struct Shaped<'a> {
    pub record: &'a [u8],
    pub payload: &'a [u8],
    /// The stored checksum of the payload.
    pub checksum: u32,
    pub wall_time: f64,
    pub step: i64,
    pub value: f64,
    /// The bytes from the number's offset to the checksum.
    pub number: &'a [u8],
    /// The bytes after the record.
    pub behind: &'a [u8],
}

impl Default for Shape {
    /// A shape that no record has, since no record has this length.
    fn default() -> Shape {
        let (blocks, element) = (Box::default(), Element::F32);
        Shape { blocks, digits: 0, record: 0, summary: 0, number: 0, element }
    }
}

impl Shape {
    /// The shape of `record`, which is verified. Its step field takes `step` bytes, and its summary
    /// has this template.
    pub fn of(record: &[u8], step: usize, template: &Template) -> Option<Shape> {
        let count = step.saturating_sub(1);
        let is_usual = step != 1 && count <= MAX_STEP && record.len() >= HEAD + FOOTER;
        let end = record.len().checked_sub(FOOTER).filter(|_| is_usual)?;
        let (number, element) = template.number();
        let (wall_time, summary) = (HEADER + 1, HEADER + WALL_TIME_LEN + step);
        let number = summary + number;
        let step = HEADER + WALL_TIME_LEN;
        if record.len() > MAX_RECORD || record[HEADER] != WALL_TIME {
            return None;
        }
        let mut mask = vec![0xff; end];
        mask[wall_time..step].fill(0);
        let mut digits = 0;
        if count > 0 {
            if record[step] != STEP {
                return None;
            }
            // In a varint, the highest bit of each byte except the last is set.
            mask[step + 1..=step + count].fill(0x80);
            digits = (1..=count).map(|at| 0x7f << (8 * at)).sum();
        }
        mask.get_mut(number..number + element.size())?.fill(0);
        mask.resize(record.len().next_multiple_of(BLOCK), 0);
        let blocks =
            mask.as_chunks::<BLOCK>().0.iter().zip(record.chunks(BLOCK)).map(|(&mask, record)| {
                let mut bytes = [0; BLOCK];
                (bytes.iter_mut().zip(mask.iter().zip(record)))
                    .for_each(|(to, (mask, it))| *to = mask & it);
                Block { mask, bytes }
            });
        let [record, summary, number] = [record.len(), summary, number].map(|it| it as u16);
        Some(Shape { blocks: blocks.collect(), digits, record, summary, number, element })
    }

    /// Where the summary begins in such a record.
    pub fn summary(&self) -> usize {
        self.summary.into()
    }

    /// Whether `record` has this shape.
    pub fn fits(&self, record: &[u8]) -> bool {
        let fits = |(record, block): (&[u8], &Block)| {
            let mut pairs = record.iter().zip(block.mask.iter().zip(&block.bytes));
            pairs.all(|(it, (mask, byte))| it & mask == *byte)
        };
        usize::from(self.record) == record.len() && record.chunks(BLOCK).zip(&self.blocks).all(fits)
    }

    /// The record at the beginning of `bytes`, if it has this shape and enough bytes follow.
    #[inline(always)]
    pub fn read<'a>(&self, bytes: &'a [u8]) -> Option<Shaped<'a>> {
        let blocks = bytes.get(..self.blocks.len() * BLOCK)?.as_chunks::<BLOCK>().0;
        let mut differs = [0; BLOCK];
        for (bytes, block) in blocks.iter().zip(&self.blocks) {
            for at in 0..BLOCK {
                differs[at] |= bytes[at] & block.mask[at] ^ block.bytes[at];
            }
        }
        let (record, behind) = bytes.split_at_checked(self.record.into())?;
        if differs.iter().fold(0, |any, byte| any | byte) != 0 {
            return None;
        }
        let head = record.first_chunk::<HEAD>()?;
        let (framed, checksum) = record.split_last_chunk()?;
        let number = framed.get(usize::from(self.number)..)?;
        let value = match self.element {
            // Nearly every number is a float.
            Element::F32 => f32::from_le_bytes(*number.first_chunk()?).into(),
            element => read_rare(element, number)?,
        };
        let (_, head) = head.split_first_chunk::<{ HEADER + 1 }>()?;
        let (wall_time, digits) = head.split_first_chunk()?;
        Some(Shaped {
            record,
            payload: framed.get(HEADER..)?,
            checksum: u32::from_le_bytes(*checksum),
            wall_time: f64::from_le_bytes(*wall_time),
            step: step(u64::from_le_bytes(*digits.first_chunk()?) & self.digits),
            value,
            number,
            behind,
        })
    }
}

#[inline(never)]
fn read_rare(element: Element, number: &[u8]) -> Option<f64> {
    element.decode(number.get(..element.size())?)
}

/// The number in a varint of up to four bytes, with seven bits in each.
#[inline(always)]
fn step(digits: u64) -> i64 {
    // Four bytes become two pairs, and two pairs become one number.
    let bytes = digits >> 8;
    let pairs = bytes - ((bytes & 0x7f00_7f00) >> 1);
    (pairs - (pairs >> 16) * ((1 << 16) - (1 << 14))) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::number::{summary, value};
    use crate::proto::{SummaryValue, TensorScalar};
    use crate::record::{self, OVERHEAD};
    use crate::wire::encode;
    use proptest::prelude::*;

    /// A record of a scalar, the number of bytes of its step, and the template of its summary.
    fn scalar(step: Option<u64>, tag: &str, number: f32) -> (Vec<u8>, usize, Template) {
        let (mut message, mut field, mut payload) = (Vec::new(), Vec::new(), Vec::new());
        encode::bytes_field(&mut message, value::TAG, tag.as_bytes());
        encode::float_field(&mut message, value::SIMPLE_VALUE, number);
        encode::bytes_field(&mut field, summary::VALUE, &message);
        encode::double_field(&mut payload, event::WALL_TIME, 1.5);
        if let Some(step) = step {
            encode::varint_field(&mut payload, event::STEP, step);
        }
        let length = payload.len() - WALL_TIME_LEN;
        encode::bytes_field(&mut payload, event::SUMMARY, &field);
        let mut framed = Vec::new();
        record::frame(&mut framed, &payload);
        let bytes = &field[field.len() - size_of::<f32>()..];
        let value = SummaryValue::from_raw(&field).unwrap();
        let template = Template::of(&value, TensorScalar::Fixed(Element::F32, bytes)).unwrap();
        (framed, length, template)
    }

    #[test]
    fn steps_of_every_length() {
        for step in (0..28).flat_map(|bits| [(1u64 << bits) - 1, 1 << bits]) {
            let (mut record, length, template) = scalar(Some(step), "train/loss", 0.5);
            let shape = Shape::of(&record, length, &template).unwrap();
            let size = record.len();
            record.resize(size + BLOCK, 7);
            let Shaped {
                record: found,
                payload,
                checksum,
                wall_time,
                step: read,
                value,
                number,
                behind,
            } = shape.read(&record).unwrap();
            assert_eq!((wall_time, read, value), (1.5, step as i64, 0.5));
            assert_eq!(
                (found, shape.summary()),
                (&record[..size], HEADER + WALL_TIME_LEN + length)
            );
            assert_eq!(number, 0.5f32.to_le_bytes());
            assert_eq!((payload, behind), (&record[HEADER..size - FOOTER], &[7; BLOCK][..]));
            assert_eq!(checksum.to_le_bytes(), record[size - FOOTER..size]);
        }
    }

    #[test]
    fn the_default_shape_fits_nothing() {
        for length in [0, HEADER, OVERHEAD, 64, 1 << 16, 1 << 17] {
            let bytes = vec![0; length];
            assert_eq!(Shape::default().read(&bytes), None);
            // Every record has a frame.
            assert!(length < OVERHEAD || !Shape::default().fits(&bytes));
        }
    }

    proptest! {
        #[test]
        fn only_what_differs_in_time_step_and_number_has_the_shape(
            steps: (Option<u32>, Option<u32>),
            tags in ("[a-c]{0,70}", "[a-c]{0,3}"),
            at: prop::sample::Index,
            bit in 0..8,
        ) {
            let steps = [steps.0, steps.1].map(|step| step.map(|step| u64::from(step >> 4)));
            let (record, length, template) = scalar(steps[0], &tags.0, 0.5);
            let shape = Shape::of(&record, length, &template).unwrap();
            for tag in [&tags.0, &tags.1] {
                let (mut other, other_length, _) = scalar(steps[1], tag, -2.0);
                let fits = tag == &tags.0 && other_length == length;
                prop_assert_eq!(shape.fits(&other), fits);
                let size = other.len();
                other.resize(size + BLOCK, 0);
                prop_assert_eq!(shape.read(&other).is_some(), fits);
                let read = shape.read(&other).map(|it| (it.step, it.value));
                prop_assert!(!fits || read == Some((steps[1].unwrap_or(0) as i64, -2.0)));
                // A flipped bit changes the time, the step, the number, the checksum or the shape.
                let at = at.index(size);
                other[at] ^= 1u8 << bit;
                let is_free = (HEADER + 1..HEADER + WALL_TIME_LEN).contains(&at)
                    || (at > HEADER + WALL_TIME_LEN
                        && at < HEADER + WALL_TIME_LEN + other_length
                        && bit < 7)
                    || at >= size - FOOTER - size_of::<f32>();
                prop_assert_eq!(shape.read(&other).is_some(), fits && is_free);
            }
        }
    }
}
