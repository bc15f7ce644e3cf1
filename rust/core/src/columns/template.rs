//! The bytes around a scalar, which allow reading a value without decoding its message.
//!
//! The values of a tag differ from one event to the next only in the number, whether the writer
//! uses `simple_value`, a tensor, or a tensor with metadata on each. So one value that was decoded
//! in full is a template for the next: if all bytes except those of the number are equal, the
//! messages are equal except for the number.

use crate::proto::number::event;
use crate::proto::{Element, SummaryValue, TensorScalar};
use crate::wire::encode;

/// The size of the longest value that becomes a template, in bytes.
const MAX_VALUE: usize = 4 << 10;

/// The bytes of an event's `summary` field with one value, in which one number changes. An empty
/// template fits nothing.
#[derive(Debug)]
pub struct Template {
    bytes: Box<[u8]>,
    // Small numbers, since there may be many tags.
    /// The offset of the value, after the summary's key and length.
    value: u16,
    /// The offset of the number.
    number: u16,
    element: Element,
}

impl Default for Template {
    fn default() -> Template {
        Template { bytes: Box::default(), value: 0, number: 0, element: Element::F32 }
    }
}

impl Template {
    /// The template of a value, if its number has a fixed place.
    pub fn of(value: &SummaryValue<'_>, number: TensorScalar<'_>) -> Option<Template> {
        let TensorScalar::Fixed(element, bytes) = number else { return None };
        // A template is kept for each tag, and comparing a long one is not faster than decoding.
        if value.raw.len() > MAX_VALUE {
            return None;
        }
        let offset = bytes.as_ptr().addr().checked_sub(value.raw.as_ptr().addr())?;
        if offset.checked_add(bytes.len())? > value.raw.len() {
            return None;
        }
        let mut bytes = Vec::new();
        encode::bytes_field(&mut bytes, event::SUMMARY, value.raw);
        let start = bytes.len() - value.raw.len();
        let [value, number] = [start, start + offset].map(|it| it as u16);
        Some(Template { bytes: bytes.into(), value, number, element })
    }

    /// The offset of the number in the field, and its type.
    pub fn number(&self) -> (usize, Element) {
        (self.number.into(), self.element)
    }

    /// The number in `summary`, a whole field, if it fits this template.
    #[inline(always)]
    pub fn read_summary(&self, summary: &[u8]) -> Option<f64> {
        self.element.decode(self.summary_number(summary)?)
    }

    /// The bytes of the number in `summary`, a whole field, if it fits this template.
    #[inline(always)]
    pub fn summary_number<'a>(&self, summary: &'a [u8]) -> Option<&'a [u8]> {
        (summary.len() == self.bytes.len()).then(|| self.find(summary, 0))?
    }

    /// The bytes of the number in the value at the beginning of `values`, and the value's length, if
    /// it fits this template.
    #[inline]
    pub fn value_number<'a>(&self, values: &'a [u8]) -> Option<(&'a [u8], usize)> {
        let start = self.value.into();
        let length = self.bytes.len() - start;
        Some((self.find(values.get(..length)?, start)?, length))
    }

    /// The bytes of the number in `field`, which must have the length of the template from `start`
    /// on.
    #[inline(always)]
    fn find<'a>(&self, field: &'a [u8], start: usize) -> Option<&'a [u8]> {
        // Nearly every number is a float. The compiler knows its width here.
        match self.element {
            Element::F32 => self.bytes_of::<4>(field, start).map(<[u8; 4]>::as_slice),
            _ => self.find_rare(field, start),
        }
    }

    #[inline(never)]
    fn find_rare<'a>(&self, field: &'a [u8], start: usize) -> Option<&'a [u8]> {
        Some(match self.element.size() {
            1 => self.bytes_of::<1>(field, start)?,
            2 => self.bytes_of::<2>(field, start)?,
            4 => self.bytes_of::<4>(field, start)?,
            _ => self.bytes_of::<8>(field, start)?,
        })
    }

    /// The number in the value at the beginning of `values`, and the value's length, if it fits
    /// this template.
    #[inline]
    pub fn read_value(&self, values: &[u8]) -> Option<(f64, usize)> {
        let (number, length) = self.value_number(values)?;
        Some((self.element.decode(number)?, length))
    }

    /// The bytes of the number in `field`, of which there are `N`.
    #[inline(always)]
    fn bytes_of<'a, const N: usize>(&self, field: &'a [u8], start: usize) -> Option<&'a [u8; N]> {
        let bytes = self.bytes.get(start..)?;
        let at = usize::from(self.number) - start;
        let ((before, rest), (known, known_rest)) =
            (field.split_at_checked(at)?, bytes.split_at_checked(at)?);
        let (number, after) = rest.split_first_chunk::<N>()?;
        let fits = same(before, known) && same(after, known_rest.get(N..)?);
        fits.then_some(number)
    }
}

/// Whether two slices are equal.
///
/// It is inlined, since for a few dozen bytes, a call of `memcmp` costs more than the comparison.
/// The last piece overlaps the one before it.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    #[inline(always)]
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
    }
    match a.len() {
        0 => true,
        1..8 => a == b,
        8..16 => ends::<8>(a, b),
        16..=32 => ends::<16>(a, b),
        _ => {
            let (pieces, others) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
            pieces.iter().zip(others).all(|(a, b)| a == b) && ends::<16>(a, b)
        }
    }
}
