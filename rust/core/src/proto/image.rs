//! Pictures: `Summary.Image`, and the tensors of the "images" plugin.

use std::borrow::Cow;

use crate::proto::field::{last_bytes, put_bytes, put_varint};
use crate::proto::number::image as number;
use crate::proto::tensor::Tensor;
use crate::wire::{Cursor, Malformed, Value};

/// `Summary.Image`: a picture, encoded as PNG, JPEG or GIF.
#[derive(Debug, Clone, PartialEq)]
pub struct Image<'a> {
    /// Rows of pixels.
    pub height: i32,
    /// Columns of pixels.
    pub width: i32,
    /// The channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. Rarer numbers are other orders.
    pub colorspace: i32,
    /// The file's bytes.
    pub encoded: Cow<'a, [u8]>,
}

/// The pictures of one event. Only TensorFlow 2 writes more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures<'a> {
    /// Columns of pixels; 0 if unknown.
    pub width: i64,
    /// Rows of pixels; 0 if unknown.
    pub height: i64,
    /// The bytes of each file.
    pub encoded: Vec<&'a [u8]>,
}

impl<'a> Image<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Image<'a>, Malformed> {
        let encoded = last_bytes(&message, number::ENCODED_IMAGE_STRING)?;
        let mut image = Image { height: 0, width: 0, colorspace: 0, encoded };
        for field in Cursor::new(&message) {
            let field = field?;
            match (field.number, field.value) {
                (number::HEIGHT, Value::Varint(height)) => image.height = height as i32,
                (number::WIDTH, Value::Varint(width)) => image.width = width as i32,
                (number::COLORSPACE, Value::Varint(colorspace)) => {
                    image.colorspace = colorspace as i32;
                }
                _ => {}
            }
        }
        Ok(image)
    }

    /// Appends the fields.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for (number, size) in [
            (number::HEIGHT, self.height),
            (number::WIDTH, self.width),
            (number::COLORSPACE, self.colorspace),
        ] {
            put_varint(out, number, i64::from(size) as u64);
        }
        put_bytes(out, number::ENCODED_IMAGE_STRING, &self.encoded);
    }

    /// The picture, as a list of one.
    pub fn pictures(&self) -> Pictures<'_> {
        Pictures {
            width: self.width.into(),
            height: self.height.into(),
            encoded: vec![&self.encoded],
        }
    }
}

impl Tensor<'_> {
    /// The pictures of a tensor of the "images" plugin. Its first two strings are the width and the
    /// height in digits. `None` if there are fewer than two strings.
    ///
    /// As in TensorBoard, only the order of the strings counts. The tensor's shape does not matter,
    /// nor whether the first two strings are numbers.
    pub fn pictures(&self) -> Option<Pictures<'_>> {
        let [width, height, encoded @ ..] = &self.all_strings()?[..] else { return None };
        let number = |text: &[u8]| str::from_utf8(text).ok()?.trim().parse().ok();
        let (width, height) = (number(width).unwrap_or(0), number(height).unwrap_or(0));
        Some(Pictures { width, height, encoded: encoded.to_vec() })
    }
}
