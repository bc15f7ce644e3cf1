//! `TensorShapeProto`: the size of a tensor in each dimension.

use crate::proto::field::{put_message, put_varint};
use crate::proto::message::Message;
use crate::proto::number::{dim, shape as number};
use crate::wire::{Cursor, Malformed, Value};

/// The size in each dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// A size is -1 if it is unknown.
    pub sizes: Vec<i64>,
    /// Whether even the number of dimensions is unknown.
    pub has_unknown_rank: bool,
}

impl Shape {
    /// A shape of these sizes.
    pub fn of(sizes: Vec<i64>) -> Shape {
        Shape { sizes, has_unknown_rank: false }
    }
}

impl Message<'_> for Shape {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for size in sizes(message) {
            self.sizes.push(size?);
        }
        for field in Cursor::new(message) {
            let field = field?;
            if let (number::UNKNOWN_RANK, Value::Varint(value)) = (field.number, field.value) {
                self.has_unknown_rank = value != 0;
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for &size in &self.sizes {
            put_message(out, number::DIM, |dim| put_varint(dim, dim::SIZE, size as u64));
        }
        put_varint(out, number::UNKNOWN_RANK, self.has_unknown_rank.into());
    }
}

/// The sizes in an encoded shape.
pub fn sizes(shape: &[u8]) -> impl Iterator<Item = Result<i64, Malformed>> {
    Cursor::new(shape).filter_map(|field| match field {
        Ok(field) => match (field.number, field.value) {
            (number::DIM, Value::Bytes(dim)) => {
                Some(Cursor::new(dim).try_fold(0, |size, field| {
                    let field = field?;
                    match (field.number, field.value) {
                        (dim::SIZE, Value::Varint(size)) => Ok(size as i64),
                        _ => Ok(size),
                    }
                }))
            }
            _ => None,
        },
        Err(malformed) => Some(Err(malformed)),
    })
}

/// The number of elements of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many dimensions there are.
    rank: usize,
    /// How many of them have an unknown size.
    unknown: usize,
    /// The product of the known sizes; none if it is too large.
    product: Option<usize>,
}

impl Default for Extent {
    fn default() -> Extent {
        Extent { rank: 0, unknown: 0, product: Some(1) }
    }
}

impl Extent {
    /// Adds a dimension of this size.
    pub fn add(&mut self, size: i64) {
        self.rank += 1;
        match usize::try_from(size) {
            Ok(size) => self.product = self.product.and_then(|it| it.checked_mul(size)),
            Err(_) if size < 0 => self.unknown += 1,
            Err(_) => self.product = None,
        }
    }

    /// Whether one element fills the shape.
    pub fn is_one(self) -> bool {
        self.product == Some(1) && self.unknown <= 1
    }

    /// The number of elements of the shape, if it says one.
    pub fn size(self) -> Option<usize> {
        self.product.filter(|_| self.rank > 0 && self.unknown == 0)
    }

    /// Whether the number of elements of the shape is known.
    pub fn is_known(self) -> bool {
        self.product.is_some() && self.unknown <= 1
    }

    /// The shape that `count` elements have, if these sizes were declared. The rules are those of
    /// NumPy in TensorBoard's `make_ndarray`. The elements fill the shape. One unknown size follows
    /// from their number. A single element stands for all. If there are no sizes, which programs
    /// other than TensorFlow may leave out, any number of elements but one is a vector.
    pub fn filled(self, sizes: impl Iterator<Item = i64>, count: usize) -> Option<Vec<usize>> {
        let product = self.product?;
        if self.rank == 0 {
            return Some(if count == 1 { Vec::new() } else { vec![count] });
        }
        let missing = match self.unknown {
            0 if product == count || count == 1 => 0,
            1 if product > 0 && count.is_multiple_of(product) => count / product,
            _ => return None,
        };
        Some(sizes.map(|size| usize::try_from(size).unwrap_or(missing)).collect())
    }
}
