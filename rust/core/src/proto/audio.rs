//! Sounds: `Summary.Audio`, and the tensors of the "audio" plugin.

use std::borrow::Cow;

use crate::proto::field::{last_bytes, last_text, put_bytes, put_float, put_text, put_varint};
use crate::proto::number::audio as number;
use crate::proto::tensor::Tensor;
use crate::wire::{Cursor, Malformed, Value};

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
    /// The MIME type, such as `audio/wav`.
    pub content_type: Cow<'a, str>,
}

/// A sound of TensorFlow 2: the file's bytes, and its label in Markdown, if it has one.
pub type LabelledSound<'a> = (&'a [u8], Option<&'a [u8]>);

impl<'a> Audio<'a> {
    pub(crate) fn decode(message: Cow<'a, [u8]>) -> Result<Audio<'a>, Malformed> {
        let encoded = last_bytes(&message, number::ENCODED_AUDIO_STRING)?;
        let content_type = last_text(&message, number::CONTENT_TYPE)?;
        let mut audio = Audio { sample_rate: 0.0, channels: 0, frames: 0, encoded, content_type };
        for field in Cursor::new(&message) {
            let field = field?;
            match (field.number, field.value) {
                (number::SAMPLE_RATE, Value::Fixed32(bits)) => {
                    audio.sample_rate = f32::from_bits(bits);
                }
                (number::NUM_CHANNELS, Value::Varint(channels)) => {
                    audio.channels = channels as i64;
                }
                (number::LENGTH_FRAMES, Value::Varint(frames)) => audio.frames = frames as i64,
                _ => {}
            }
        }
        Ok(audio)
    }

    /// Appends the fields.
    pub fn encode(&self, out: &mut Vec<u8>) {
        put_float(out, number::SAMPLE_RATE, self.sample_rate);
        put_varint(out, number::NUM_CHANNELS, self.channels as u64);
        put_varint(out, number::LENGTH_FRAMES, self.frames as u64);
        put_bytes(out, number::ENCODED_AUDIO_STRING, &self.encoded);
        put_text(out, number::CONTENT_TYPE, &self.content_type);
    }
}

impl Tensor<'_> {
    /// The sounds of a tensor of the "audio" plugin: strings of shape \[k\], or pairs of a sound
    /// and its label, of shape \[k, 2\]. `None` if the tensor has no strings.
    ///
    /// If there are more dimensions, only index 0 of the further ones counts, as in TensorBoard.
    /// If the shape does not fit the strings, each string is a sound.
    pub fn sounds(&self) -> Option<Vec<LabelledSound<'_>>> {
        let strings = self.all_strings()?;
        let shape = self.shape_of(strings.len()).unwrap_or_default();
        let inner: usize = shape.iter().skip(1).product();
        if strings.is_empty() || shape.iter().product::<usize>() != strings.len() {
            return Some(strings.into_iter().map(|sound| (sound, None)).collect());
        }
        let sounds = strings.chunks(inner).map(|sound| match sound {
            [file, label] if inner == 2 => (*file, Some(*label)),
            [file, ..] => (*file, None),
            [] => (&[][..], None),
        });
        Some(sounds.collect())
    }
}
