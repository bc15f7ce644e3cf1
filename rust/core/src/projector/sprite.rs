//! Tiles pictures of one size into one picture.

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

    /// The number of pictures in a row, which is the square root of their number, rounded up.
    fn side(&self) -> usize {
        let side = self.count.isqrt();
        if side * side < self.count { side + 1 } else { side }
    }

    /// The width and height of the whole picture. It is a square if its tiles are not higher than
    /// wide. The projector computes the place of a tile from these sizes.
    pub(super) fn dimensions(&self) -> (usize, usize) {
        let width = self.width * self.side();
        (width, width.max(self.height * self.count.div_ceil(self.side())))
    }

    /// The pictures in RGB, row by row. Places without a picture are black.
    fn tiled(&self) -> io::Result<Vec<u8>> {
        let planar = (self.count, self.channels, self.height, self.width);
        let pictures = ArrayView4::from_shape(planar, &self.pixels).map_err(io::Error::other)?;
        let pictures = pictures.permuted_axes([0, 2, 3, 1]);
        // A single channel is used for all three.
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
