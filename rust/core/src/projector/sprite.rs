//! Pictures of one size, tiled into one.

use std::io;

use ndarray::ArrayView4;

use crate::summary::{Grid, png, tile};

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
    fn tiled(&self) -> io::Result<Vec<u8>> {
        let planar = (self.count, self.channels, self.height, self.width);
        let pictures = ArrayView4::from_shape(planar, &self.pixels).map_err(io::Error::other)?;
        let pictures = pictures.permuted_axes([0, 2, 3, 1]);
        // One channel stands for all three.
        let coloured = pictures
            .broadcast((self.count, self.height, self.width, 3))
            .ok_or_else(|| io::Error::other("the pictures have neither 1 nor 3 channels"))?;
        let (width, height) = self.dimensions();
        let mut canvas = vec![0; 3 * width * height];
        let grid = Grid { rows: self.count.div_ceil(self.side()), columns: self.side() };
        tile(&mut canvas, coloured, grid);
        Ok(canvas)
    }

    pub(super) fn png(&self) -> io::Result<Vec<u8>> {
        let (width, height) = self.dimensions();
        let side = |pixels: usize| u32::try_from(pixels).map_err(io::Error::other);
        png(&self.tiled()?, side(height)?, side(width)?, 3)
    }
}
