//! Decoding pictures.

use std::io::Cursor;

use std::fmt;

use png::{Decoder, Limits, Transformations};

/// The pixels of a picture, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    pub channels: usize,
    /// The samples of all channels of one pixel, then those of the next.
    pub samples: Vec<u8>,
}

/// The reason why a picture can't be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureError {
    /// It needs this many bytes, which is more than the limit.
    TooLarge(usize),
    /// It is not a picture, or it is not complete.
    Broken(String),
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PictureError::TooLarge(size) => write!(f, "the picture takes {size} bytes"),
            PictureError::Broken(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for PictureError {}

impl From<png::DecodingError> for PictureError {
    fn from(error: png::DecodingError) -> PictureError {
        PictureError::Broken(error.to_string())
    }
}

/// Memory that the decoder may use besides the samples: for one or two rows, which are twice as
/// long if samples of 16 bits are reduced to 8, and for a few small chunks.
const BESIDE: usize = 1 << 20;

/// The greatest number of samples that one byte of a file can give. Deflate makes at most 1032
/// bytes of one byte, and each bit of these may give the four samples of a colour.
const SAMPLES_A_BYTE: usize = 1032 * 8 * 4;

/// Decodes a PNG that needs at most `limit` bytes. Samples of 16 bits are reduced to their upper 8.
pub fn decode_png(data: &[u8], limit: usize) -> Result<Picture, PictureError> {
    let limits = Limits { bytes: limit.saturating_mul(2).saturating_add(BESIDE) };
    let mut decoder = Decoder::new_with_limits(Cursor::new(data), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    // Text chunks may be compressed, so a few bytes may need any amount of memory. No event file
    // needs them.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info()?;
    // The decoder panics if an entry has fewer than three bytes, or if there are more than 256.
    let palette = reader.info().palette.as_ref().map_or(3, |palette| palette.len());
    if !palette.is_multiple_of(3) || palette > 3 * 256 {
        return Err(PictureError::Broken(format!("a palette of {palette} bytes")));
    }
    let size = reader.output_buffer_size().unwrap_or(usize::MAX);
    if size > data.len().saturating_mul(SAMPLES_A_BYTE) {
        return Err(PictureError::Broken("the picture is not whole".into()));
    }
    if size > limit {
        return Err(PictureError::TooLarge(size));
    }
    let mut samples = Vec::new();
    // `vec!` would end the process.
    if samples.try_reserve_exact(size).is_err() {
        return Err(PictureError::Broken(format!("there is no memory for its {size} bytes")));
    }
    samples.resize(size, 0);
    let frame = reader.next_frame(&mut samples)?;
    samples.truncate(frame.buffer_size());
    Ok(Picture {
        height: frame.height as usize,
        width: frame.width as usize,
        channels: frame.color_type.samples(),
        samples,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(picture: &Picture) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, picture.width as u32, picture.height as u32);
        encoder.set_color(
            [
                png::ColorType::Grayscale,
                png::ColorType::GrayscaleAlpha,
                png::ColorType::Rgb,
                png::ColorType::Rgba,
            ][picture.channels - 1],
        );
        encoder.write_header().unwrap().write_image_data(&picture.samples).unwrap();
        out
    }

    fn picture() -> impl Strategy<Value = Picture> {
        (1..9usize, 1..9usize, 1..5usize).prop_flat_map(|(height, width, channels)| {
            prop::collection::vec(any::<u8>(), height * width * channels)
                .prop_map(move |samples| Picture { height, width, channels, samples })
        })
    }

    proptest! {
        #[test]
        fn pixels_come_back(picture in picture()) {
            let size = picture.samples.len();
            prop_assert_eq!(decode_png(&encoded(&picture), size).unwrap(), picture.clone());
            let too_large = decode_png(&encoded(&picture), size - 1).unwrap_err();
            prop_assert_eq!(too_large, PictureError::TooLarge(size));
        }

        #[test]
        fn any_bytes_are_a_picture_or_an_error(
            picture in picture(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut data = encoded(&picture);
            for (at, byte) in changes {
                let at = at.index(data.len());
                data[at] = byte;
            }
            let _ = decode_png(&data, usize::MAX);
            let _ = decode_png(&data[..cut.index(data.len())], 1 << 20);
        }
    }
}
