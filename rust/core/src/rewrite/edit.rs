//! Encodes scalars anew that differ from one another only in time, step and number.

use std::ops::Range;

use crate::columns::shape::{HEAD, WALL_TIME_LEN};
use crate::proto::number::event;
use crate::proto::{Element, TensorScalar};
use crate::record::{self, HEADER};
use crate::rewrite::value::{Changed, as_float};
use crate::wire::encode;

/// The record of a scalar, in which only time, step and number have to be put.
pub struct Edit {
    /// The field `summary` of the event.
    summary: Box<[u8]>,
    /// Where the value begins in it, and where the number is.
    value: usize,
    number: Range<usize>,
    /// The type that the number had, if it becomes a float.
    narrowed: Option<Element>,
    /// A whole record, and where the summary begins in it.
    record: Vec<u8>,
    begin: usize,
    /// The bits behind the wall time that belong to the step. There are none if the step is longer.
    step: u64,
    /// The other bits there.
    behind_step: u64,
}

impl Edit {
    /// The edit that made `changed` of a value whose number was such an element. None if other
    /// values of this shape may become something else.
    pub fn of(changed: &Changed, element: Element) -> Option<Edit> {
        let number = changed.number.clone()?;
        let mut summary = Vec::new();
        encode::bytes_field(&mut summary, event::SUMMARY, &changed.field);
        let value = summary.len() - changed.field.len();
        let narrowed = match number.len() {
            4 if element != Element::F32 => Some(element),
            length if length == element.size() => None,
            _ => return None,
        };
        let number = value + number.start..value + number.end;
        let (summary, record) = (summary.into(), Vec::new());
        Some(Edit { summary, value, number, narrowed, record, begin: 0, step: 0, behind_step: 0 })
    }

    /// Appends what becomes of `record`, without its checksums. The summary begins at `summary` in
    /// it, and its number is at the beginning of `number`. If there is no number, nothing is
    /// appended.
    #[inline(always)]
    pub fn put(
        &mut self,
        out: &mut Vec<u8>,
        record: &[u8],
        summary: usize,
        number: &[u8],
    ) -> Option<()> {
        // Nearly every number is a float.
        let float = match self.narrowed {
            None if self.number.len() == size_of::<f32>() => Some(*number.first_chunk()?),
            None => None,
            Some(element) => Some(narrowed(element, number)?),
        };
        if self.begin != summary {
            self.frame(&record[HEADER..summary]);
        }
        let start = out.len();
        out.extend_from_slice(&self.record);
        let new = &mut out[start..];
        match (new.first_chunk_mut::<HEAD>(), record.first_chunk::<HEAD>(), self.step) {
            (Some(new), Some(record), step) if step != 0 => {
                put_head(new, record, step, self.behind_step)
            }
            _ => new[HEADER..summary].copy_from_slice(&record[HEADER..summary]),
        }
        let number_at = summary + self.number.start;
        match (float, new[number_at..].first_chunk_mut()) {
            (Some(float), Some(place)) => *place = float,
            _ => new[number_at..summary + self.number.end]
                .copy_from_slice(&number[..self.number.len()]),
        }
        Some(())
    }

    /// The whole field of a summary with such a value.
    pub fn value(&self, number: &[u8]) -> Option<Vec<u8>> {
        let mut field = self.summary[self.value..].to_vec();
        let place = &mut field[self.number.start - self.value..self.number.end - self.value];
        match self.narrowed {
            Some(element) => place.copy_from_slice(&narrowed(element, number)?),
            None => place.copy_from_slice(number),
        }
        Some(field)
    }

    /// Makes the record anew, for heads of this length. The head is what comes before the summary.
    #[inline(never)]
    fn frame(&mut self, head: &[u8]) {
        self.record.clear();
        let start = record::start(&mut self.record);
        self.record.extend_from_slice(head);
        self.record.extend_from_slice(&self.summary);
        record::finish(&mut self.record, start);
        self.begin = HEADER + head.len();
        let unused = u64::BITS.checked_sub(8 * (head.len() - WALL_TIME_LEN) as u32);
        self.step = unused.and_then(|bits| u64::MAX.checked_shr(bits)).unwrap_or(0);
        // They are kept, since to read bytes right after they were written makes the processor wait.
        let word = self.record.first_chunk::<HEAD>().and_then(|head| head.last_chunk());
        self.behind_step = word.map_or(0, |&word| u64::from_le_bytes(word)) & !self.step;
    }
}

/// Copies the wall time, and the bits behind it that belong to the step. The others are `behind`.
#[inline(always)]
fn put_head(to: &mut [u8; HEAD], from: &[u8; HEAD], step: u64, behind: u64) {
    const STEP: usize = HEADER + WALL_TIME_LEN;
    to[HEADER..STEP].copy_from_slice(&from[HEADER..STEP]);
    if let (Some(to), Some(from)) = (to.last_chunk_mut(), from.last_chunk()) {
        *to = (behind | u64::from_le_bytes(*from) & step).to_le_bytes();
    }
}

/// The number at the beginning of `number`, as a float.
#[inline(never)]
fn narrowed(element: Element, number: &[u8]) -> Option<[u8; 4]> {
    let number = TensorScalar::Fixed(element, number.get(..element.size())?);
    Some(as_float(number)?.to_le_bytes())
}
