//! Images: copies pixels at the call, and encodes them as PNG later.

use std::io;

use fast_image_resize::images::{Image as Resized, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use ndarray::ArrayView4;

use crate::proto::Image;
use crate::proto::number::value as number;
use crate::proto::value::put_message_value;
use crate::summary::boxes::{self, Label};
use crate::summary::deferred::DeferredValues;
use crate::summary::pixels::{self, Channel, Grid};

/// A value with one picture.
#[derive(Debug)]
pub struct DeferredImage {
    tag: String,
    height: usize,
    width: usize,
    /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
    channels: usize,
    /// \[height, width, channels\]
    pixels: Vec<u8>,
    /// The height and width to resize to.
    resized: Option<[u32; 2]>,
}

impl DeferredImage {
    /// Copies pictures \[N, H, W, C\] of 1 to 4 channels into one picture.
    pub fn new<T: Channel>(tag: &str, pictures: ArrayView4<'_, T>, grid: Grid) -> DeferredImage {
        let (_, height, width, channels) = pictures.dim();
        let (height, width) = (grid.rows * height, grid.columns * width);
        let mut pixels = vec![0; height * width * channels];
        pixels::tile(&mut pixels, pictures, grid);
        DeferredImage { tag: tag.to_owned(), height, width, channels, pixels, resized: None }
    }

    /// Draws the outline of a box with these corners, x before y, and its label.
    pub fn draw_box(&mut self, corners: [f64; 4], label: Option<&str>) {
        let mut canvas = boxes::Canvas::new(&mut self.pixels, self.width, self.channels);
        canvas.outline(corners);
        if let Some(label) = label.map(Label::new) {
            canvas.label(corners, &label);
        }
    }

    /// Resizes the picture. The value's fields still have the old height and width.
    pub fn resize(&mut self, height: u32, width: u32) {
        self.resized = Some([height, width]);
    }

    fn resize_now(&self, [height, width]: [u32; 2]) -> io::Result<Vec<u8>> {
        let kind = match self.channels {
            1 => PixelType::U8,
            2 => PixelType::U8x2,
            3 => PixelType::U8x3,
            _ => PixelType::U8x4,
        };
        let source = ImageRef::new(self.width as u32, self.height as u32, &self.pixels, kind)
            .map_err(io::Error::other)?;
        let mut resized = Resized::new(width, height, kind);
        let lanczos = ResizeAlg::Convolution(FilterType::Lanczos3);
        Resizer::new()
            .resize(&source, &mut resized, &ResizeOptions::new().resize_alg(lanczos))
            .map_err(io::Error::other)?;
        Ok(resized.into_vec())
    }

    fn png(&self) -> io::Result<Vec<u8>> {
        let Some(size @ [height, width]) = self.resized else {
            return png(&self.pixels, self.height as u32, self.width as u32, self.channels);
        };
        png(&self.resize_now(size)?, height, width, self.channels)
    }
}

impl DeferredValues for DeferredImage {
    fn size(&self) -> usize {
        size_of::<DeferredImage>() + self.tag.capacity() + self.pixels.capacity()
    }

    fn encode(&self, out: &mut Vec<u8>) -> io::Result<()> {
        image_value(out, &self.tag, [self.height, self.width, self.channels], &self.png()?);
        Ok(())
    }
}

/// The PNG of these pixels, row by row, of 1 to 4 channels.
pub(crate) fn png(pixels: &[u8], height: u32, width: u32, channels: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(pixels.len() / 2);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        2 => png::ColorType::GrayscaleAlpha,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    // For noise and photographs the output is a few per cent longer than zlib's, but this is twenty
    // times as fast.
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(out)
}

/// Appends a `Summary.value` with an encoded picture of this height, width and number of channels.
pub(super) fn image_value(out: &mut Vec<u8>, tag: &str, size: [usize; 3], encoded: &[u8]) {
    let [height, width, colorspace] = size.map(|size| size as i32);
    let mut message = Vec::with_capacity(encoded.len() + 32);
    Image { height, width, colorspace, encoded: encoded.into() }.encode(&mut message);
    put_message_value(out, tag, number::IMAGE, &message);
}
