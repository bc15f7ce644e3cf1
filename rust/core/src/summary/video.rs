//! Videos: copies pixels at the call, and encodes them as an animated GIF later.

use std::io;

use gif::{Encoder, Frame, Repeat};
use ndarray::{ArrayView5, Axis};
use quantizr::QuantizeResult;

use crate::summary::deferred::DeferredValues;
use crate::summary::image::image_value;
use crate::summary::pixels::{self, Channel, Grid};

const RGB: usize = 3;

/// A value with one video.
#[derive(Debug)]
pub struct DeferredVideo {
    tag: String,
    height: u16,
    width: u16,
    colorspace: usize,
    fps: f64,
    /// \[frames, height, width, 3\]
    pixels: Vec<u8>,
}

impl DeferredVideo {
    /// Copies RGB videos \[N, T, H, W, 3\] into one, whose sides have at most 65,535 pixels.
    /// `colorspace` is that of the value.
    pub fn new<T: Channel>(
        tag: &str,
        videos: ArrayView5<'_, T>,
        grid: Grid,
        fps: f64,
        colorspace: usize,
    ) -> Option<DeferredVideo> {
        let (_, frames, height, width, channels) = videos.dim();
        let (height, width) = (grid.rows * height, grid.columns * width);
        let sides = [height, width].map(u16::try_from);
        let ([Ok(side_height), Ok(side_width)], RGB) = (sides, channels) else { return None };
        let frame_size = height * width * RGB;
        let mut pixels = vec![0; frames * frame_size];
        for (frame, pictures) in pixels.chunks_exact_mut(frame_size).zip(videos.axis_iter(Axis(1)))
        {
            pixels::tile(frame, pictures, grid);
        }
        let (height, width) = (side_height, side_width);
        Some(DeferredVideo { tag: tag.to_owned(), height, width, colorspace, fps, pixels })
    }

    fn gif(&self) -> io::Result<Vec<u8>> {
        let encoder = Encoder::new(Vec::new(), self.width, self.height, &[]);
        let mut encoder = encoder.map_err(io::Error::other)?;
        encoder.set_repeat(Repeat::Infinite).map_err(io::Error::other)?;
        let frame_size = usize::from(self.height) * usize::from(self.width) * RGB;
        for (number, pixels) in self.pixels.chunks_exact(frame_size).enumerate() {
            let mut frame = self.frame(pixels).map_err(io::Error::other)?;
            frame.delay = delay(number, self.fps);
            encoder.write_frame(&frame).map_err(io::Error::other)?;
        }
        encoder.into_inner().map_err(io::Error::other)
    }

    /// A frame with a palette of its own.
    fn frame(&self, rgb: &[u8]) -> Result<Frame<'static>, quantizr::Error> {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let rgba: Vec<u8> = rgb.chunks_exact(RGB).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
        let picture = quantizr::Image::new(&rgba, width, height)?;
        let mut quantized = QuantizeResult::quantize(&picture, &quantizr::Options::default());
        // The dots of dithering would flicker from frame to frame.
        quantized.set_dithering_level(0.0)?;
        let mut indices = vec![0; width * height];
        quantized.remap_image(&picture, &mut indices)?;
        let palette = quantized.get_palette();
        let colours = &palette.entries[..palette.count as usize];
        let colours: Vec<u8> = colours.iter().flat_map(|c| [c.r, c.g, c.b]).collect();
        Ok(Frame::from_palette_pixels(self.width, self.height, indices, colours, None))
    }
}

/// Hundredths of a second that a frame is shown. The rounding keeps the beginning of every frame as
/// near to its exact time as possible.
fn delay(number: usize, fps: f64) -> u16 {
    let start = |number: usize| (100.0 * number as f64 / fps).round();
    (start(number + 1) - start(number)) as u16
}

impl DeferredValues for DeferredVideo {
    fn size(&self) -> usize {
        size_of::<DeferredVideo>() + self.tag.capacity() + self.pixels.capacity()
    }

    fn encode(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let gif = self.gif()?;
        let size = [usize::from(self.height), usize::from(self.width), self.colorspace];
        image_value(out, &self.tag, size, &gif);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_begin_when_they_are_due() {
        assert_eq!((0..4).map(|n| delay(n, 4.0)).collect::<Vec<_>>(), [25; 4]);
        assert_eq!((0..6).map(|n| delay(n, 30.0)).collect::<Vec<_>>(), [3, 4, 3, 3, 4, 3]);
        for fps in [0.01, 0.3, 7.0, 24.0, 29.97, 60.0, 240.0] {
            let hundredths: f64 = (0..1000).map(|n| f64::from(delay(n, fps))).sum();
            assert!((hundredths - 100_000.0 / fps).abs() <= 0.5, "{fps}");
        }
    }
}
