//! `TensorShapeProto`: the size of a tensor in each dimension.

use crate::proto::field::{put_message, put_varint};
use crate::proto::message::Message;
use crate::proto::number::{dim, shape as number};
use crate::wire::{Cursor, Malformed, Value};

/// The size in each dimension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// -1 where it is not known.
    pub sizes: Vec<i64>,
    /// Whether not even the number of dimensions is known.
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

/// How many elements a shape takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// How many dimensions there are.
    rank: usize,
    /// How many of them have a size that is not known.
    unknown: usize,
    /// The product of the sizes that are known; none where it is too large.
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

    /// Whether it can be said how many elements fill the shape.
    pub fn is_known(self) -> bool {
        self.product.is_some() && self.unknown <= 1
    }

    /// What `count` elements make of the shape of these sizes, as `make_ndarray` of TensorBoard
    /// does with NumPy: they fill it, where one size is not known it follows from them, and a
    /// single one stands for all. Without any sizes, which others than TensorFlow leave out, more
    /// or less elements than one are a row.
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
