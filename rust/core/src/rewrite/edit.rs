//! Scalars encoded anew that differ from one another in nothing but time, step and number.

use std::ops::Range;

use crate::proto::number::event;
use crate::proto::{Element, TensorScalar};
use crate::record::{self, HEADER};
use crate::rewrite::value::{Changed, as_float};
use crate::wire::encode;

/// The record of a scalar, but for what differs.
pub struct Edit {
    /// The field `summary` of the event.
    summary: Box<[u8]>,
    /// Where the value begins in it, and where the number is.
    value: usize,
    number: Range<usize>,
    /// What the number was before, if it becomes a float.
    narrowed: Option<Element>,
    /// A whole record, and how many bytes come before the summary in its payload.
    record: Vec<u8>,
    head: usize,
}

impl Edit {
    /// That of a value of which this became, and whose number was such an element; none where not
    /// all such values become it.
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
        Some(Edit { summary: summary.into(), value, number, narrowed, record: Vec::new(), head: 0 })
    }

    /// Appends the record, not sealed, of an event that begins with `head`, where the number was
    /// `number`. If that is none, it appends nothing and gives false.
    #[inline]
    pub fn put(&mut self, out: &mut Vec<u8>, head: &[u8], number: &[u8]) -> bool {
        let mut float = [0; 4];
        let Some(number) = self.changed(number, &mut float) else { return false };
        if self.head != head.len() || self.record.is_empty() {
            self.frame(head);
        }
        let summary = HEADER + head.len();
        let place = summary + self.number.start..summary + self.number.end;
        let start = out.len();
        out.extend_from_slice(&self.record);
        let record = &mut out[start..];
        record[HEADER..summary].copy_from_slice(head);
        record[place].copy_from_slice(number);
        true
    }

    /// The whole field of a summary with such a value.
    pub fn value(&self, number: &[u8]) -> Option<Vec<u8>> {
        let mut float = [0; 4];
        let number = self.changed(number, &mut float)?;
        let mut field = self.summary[self.value..].to_vec();
        field[self.number.start - self.value..self.number.end - self.value].copy_from_slice(number);
        Some(field)
    }

    /// What the number becomes.
    #[inline]
    fn changed<'n>(&self, number: &'n [u8], float: &'n mut [u8; 4]) -> Option<&'n [u8]> {
        let Some(element) = self.narrowed else { return Some(number) };
        *float = as_float(TensorScalar::Fixed(element, number))?.to_le_bytes();
        Some(float)
    }

    /// Makes the record anew, for heads as long as this one.
    #[inline(never)]
    fn frame(&mut self, head: &[u8]) {
        self.record.clear();
        let start = record::start(&mut self.record);
        self.record.extend_from_slice(head);
        self.record.extend_from_slice(&self.summary);
        record::finish(&mut self.record, start);
        self.head = head.len();
    }
}
