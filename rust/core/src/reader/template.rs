//! The bytes around a scalar: what lets a value be read without decoding its message.
//!
//! A tag's values differ from one event to the next in nothing but the number, whichever way the
//! writer encodes them: `simple_value`, a tensor, a tensor with metadata on each. So the bytes of
//! one value that was decoded in full tell how to read the next: if all bytes but the number's are
//! equal, the messages are equal but for the number.

use crate::event::{Element, Number, SummaryValue};

/// One `Summary.value` field, as bytes, in which one number changes.
#[derive(Debug)]
pub struct Template {
    bytes: Box<[u8]>,
    number: usize,
    element: Element,
}

impl Template {
    /// The template of a value, if its number has a fixed place.
    pub fn of(value: &SummaryValue<'_>, number: Number<'_>) -> Option<Template> {
        let Number::Fixed(element, bytes) = number else { return None };
        let offset = bytes.as_ptr().addr().checked_sub(value.raw.as_ptr().addr())?;
        let inside = offset.checked_add(bytes.len())? <= value.raw.len();
        inside.then(|| Template { bytes: value.raw.into(), number: offset, element })
    }

    /// The number in the field at the beginning of `summary`, and the field's length, if the field
    /// has this shape.
    #[inline(always)]
    pub fn read(&self, summary: &[u8]) -> Option<(f64, usize)> {
        let field = summary.get(..self.bytes.len())?;
        let (before, rest) = field.split_at_checked(self.number)?;
        let (number, after) = rest.split_at_checked(self.element.size())?;
        if !same(before, &self.bytes[..self.number])
            || !same(after, &self.bytes[self.bytes.len() - after.len()..])
        {
            return None;
        }
        Some((self.element.decode(number)?, field.len()))
    }
}

/// Whether two slices of equal length are equal. Inlined: for a few dozen bytes, a call of the
/// system's comparison costs more than the comparison.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    let ((a_words, a_rest), (b_words, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a_words.iter().zip(b_words) {
        if u64::from_le_bytes(*a) != u64::from_le_bytes(*b) {
            return false;
        }
    }
    // The last word overlaps the one before it, instead of a loop over single bytes.
    match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(a), Some(b)) => u64::from_le_bytes(*a) == u64::from_le_bytes(*b),
        _ => a_rest.iter().eq(b_rest),
    }
}
