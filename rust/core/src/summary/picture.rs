//! Decoding pictures.

use std::io::Cursor;

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

/// No picture takes more bytes.
const MAX_SAMPLES: usize = 1 << 30;

/// A byte of a file says no more samples, whatever it says of its size: deflate makes 1032 bytes of
/// one, and of a bit may come the four samples of a colour.
const SAMPLES_A_BYTE: usize = 1032 * 8 * 4;

/// Decodes a PNG; of 16 bits a sample, the upper 8 are given.
pub fn decode_png(data: &[u8]) -> Result<Picture, String> {
    let most = MAX_SAMPLES.min(data.len().saturating_mul(SAMPLES_A_BYTE));
    let limits = Limits { bytes: MAX_SAMPLES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(data), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    // The decoder panics at an entry of fewer than three bytes, or at more than 256 of them.
    let palette = reader.info().palette.as_ref().map_or(3, |palette| palette.len());
    if !palette.is_multiple_of(3) || palette > 3 * 256 {
        return Err(format!("a palette of {palette} bytes"));
    }
    let size = reader.output_buffer_size().filter(|&size| size <= most);
    let mut samples = vec![0; size.ok_or("the picture is too large, or not whole")?];
    let frame = reader.next_frame(&mut samples).map_err(|error| error.to_string())?;
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
            prop_assert_eq!(decode_png(&encoded(&picture)).unwrap(), picture);
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
            let _ = decode_png(&data);
            let _ = decode_png(&data[..cut.index(data.len())]);
        }
    }
}
