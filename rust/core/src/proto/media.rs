//! Pictures and sounds, as `Summary.Image` and `Summary.Audio` hold them.

use std::borrow::Cow;

use super::session::{bytes, text};
use crate::wire::{Cursor, Malformed, Value};

/// `Summary.Image`: a picture, encoded as PNG, JPEG or GIF.
#[derive(Debug, Clone, PartialEq)]
pub struct Image<'a> {
    /// Rows of pixels.
    pub height: i32,
    /// Columns of pixels.
    pub width: i32,
    /// How many channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA, or a rarer order.
    pub colorspace: i32,
    /// The file's bytes.
    pub encoded: Cow<'a, [u8]>,
}

/// `Summary.Audio`: a sound, encoded as WAV.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio<'a> {
    /// Frames a second.
    pub sample_rate: f32,
    /// How many channels.
    pub channels: i64,
    /// How many frames.
    pub frames: i64,
    /// The file's bytes.
    pub encoded: Cow<'a, [u8]>,
    /// What they are, `audio/wav` say.
    pub content_type: Cow<'a, str>,
}

impl<'a> Image<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Image<'a>, Malformed> {
        let encoded = bytes(&message, 4)?;
        let mut image = Image { height: 0, width: 0, colorspace: 0, encoded };
        for field in Cursor::new(&message) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(height)) => image.height = height as i32,
                (2, Value::Varint(width)) => image.width = width as i32,
                (3, Value::Varint(colorspace)) => image.colorspace = colorspace as i32,
                _ => {}
            }
        }
        Ok(image)
    }
}

impl<'a> Audio<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Audio<'a>, Malformed> {
        let (encoded, content_type) = (bytes(&message, 4)?, text(&message, 5)?);
        let mut audio = Audio { sample_rate: 0.0, channels: 0, frames: 0, encoded, content_type };
        for field in Cursor::new(&message) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Fixed32(bits)) => audio.sample_rate = f32::from_bits(bits),
                (2, Value::Varint(channels)) => audio.channels = channels as i64,
                (3, Value::Varint(frames)) => audio.frames = frames as i64,
                _ => {}
            }
        }
        Ok(audio)
    }
}
