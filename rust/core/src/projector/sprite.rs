//! Pictures of one size, tiled into one.

use std::io;

use crate::summary::png;

/// A picture for each vector.
#[derive(Debug)]
pub struct Sprite {
    /// Of shape \[count, channels, height, width\].
    pub pixels: Vec<u8>,
    /// At least 1.
    pub count: usize,
    /// 1 or 3.
    pub channels: usize,
    /// In pixels, at least 1.
    pub height: usize,
    /// In pixels, at least 1.
    pub width: usize,
}

impl Sprite {
    pub(super) fn size(&self) -> usize {
        self.pixels.len()
    }

    /// How many pictures stand side by side, the root of their number.
    fn side(&self) -> usize {
        let side = self.count.isqrt();
        if side * side < self.count { side + 1 } else { side }
    }

    /// The width and height of all of them, a square where pictures are no higher than wide: the
    /// projector takes the place of a picture from these.
    pub(super) fn dimensions(&self) -> (usize, usize) {
        let width = self.width * self.side();
        (width, width.max(self.height * self.count.div_ceil(self.side())))
    }

    /// The pictures row by row, RGB, and black where there is none.
    fn tiled(&self) -> Vec<u8> {
        let (width, height) = self.dimensions();
        let plane = self.height * self.width;
        let mut canvas = vec![0; 3 * width * height];
        for (index, picture) in self.pixels.chunks_exact(self.channels * plane).enumerate() {
            let top = index / self.side() * self.height;
            let left = index % self.side() * self.width;
            for y in 0..self.height {
                let start = 3 * ((top + y) * width + left);
                let line = &mut canvas[start..start + 3 * self.width];
                for channel in 0..3 {
                    // The same three times where there is one channel.
                    let from = channel % self.channels * plane + y * self.width;
                    let source = &picture[from..from + self.width];
                    for (pixel, &value) in line.chunks_exact_mut(3).zip(source) {
                        pixel[channel] = value;
                    }
                }
            }
        }
        canvas
    }

    pub(super) fn png(&self) -> io::Result<Vec<u8>> {
        let (width, height) = self.dimensions();
        let side = |pixels: usize| u32::try_from(pixels).map_err(io::Error::other);
        png(&self.tiled(), side(height)?, side(width)?, 3)
    }
}
