//! Draws boxes and their labels into a picture.
//!
//! The outlines have the same pixels as the lines of two pixels that Pillow draws for torch. The
//! labels have the same place as torch's, but another font.

use noto_sans_mono_bitmap::{FontWeight, RasterHeight, RasterizedChar, get_raster};

/// The colour in RGB. Grey pictures use its luminance.
const RED: [u8; 3] = [255, 0, 0];
const RED_IN_GREY: u8 = 76;
const WEIGHT: FontWeight = FontWeight::Regular;
const HEIGHT: RasterHeight = RasterHeight::Size16;
/// Pixels between a label and the edges of its background.
const MARGIN: i64 = 1;

/// A text as pixels.
pub(super) struct Label(Vec<RasterizedChar>);

impl Label {
    /// A character that the font lacks becomes a question mark.
    pub(super) fn new(text: &str) -> Label {
        let raster = |char| get_raster(char, WEIGHT, HEIGHT);
        Label(text.chars().filter_map(|char| raster(char).or_else(|| raster('?'))).collect())
    }

    fn width(&self) -> i64 {
        self.0.iter().map(|char| char.width() as i64).sum()
    }
}

/// Pixels to draw on. Nothing is drawn outside of the edges.
pub(super) struct Canvas<'a> {
    pixels: &'a mut [u8],
    width: i64,
    height: i64,
    channels: usize,
}

impl Canvas<'_> {
    pub(super) fn new(pixels: &mut [u8], width: usize, channels: usize) -> Canvas<'_> {
        let height = (pixels.len() / (width * channels)) as i64;
        Canvas { pixels, width: width as i64, height, channels }
    }

    /// Draws the four sides of a box.
    pub(super) fn outline(&mut self, corners: [f64; 4]) {
        let [left, top, right, bottom] = whole(corners);
        self.upright(left, top, bottom);
        self.level(bottom, left, right);
        self.upright(right, bottom, top);
        self.level(top, right, left);
    }

    /// Draws a vertical line from `from` to `to`. Its second pixel is on its left, in the direction
    /// of the line.
    fn upright(&mut self, x: i64, from: i64, to: i64) {
        let second = x + (to - from).signum();
        self.fill([x.min(second), from.min(to), x.max(second), from.max(to)]);
    }

    /// Draws a horizontal line, whose second pixel is on its right.
    fn level(&mut self, y: i64, from: i64, to: i64) {
        let second = y + (to - from).signum();
        self.fill([from.min(to), y.min(second), from.max(to), y.max(second)]);
    }

    /// Fills a rectangle, including its corners.
    fn fill(&mut self, [left, top, right, bottom]: [i64; 4]) {
        for y in top.max(0)..=bottom.min(self.height - 1) {
            for x in left.max(0)..=right.min(self.width - 1) {
                self.put(x, y, 0);
            }
        }
    }

    /// Writes a label in black on red. It begins at the left side of a box, above its bottom.
    pub(super) fn label(&mut self, corners: [f64; 4], label: &Label) {
        let [left, _, _, bottom] = whole(corners);
        let top = bottom - HEIGHT.val() as i64 - 2 * MARGIN;
        self.fill([left, top, left + label.width() + 2 * MARGIN, bottom]);
        let mut x = left + MARGIN;
        for char in &label.0 {
            for (row, y) in char.rows().zip(top + MARGIN..) {
                for (&ink, x) in row.iter().zip(x..) {
                    if (0..self.width).contains(&x) && (0..self.height).contains(&y) {
                        self.put(x, y, ink);
                    }
                }
            }
            x += char.width() as i64;
        }
    }

    /// Makes a pixel red. The more `ink` there is, the darker it is.
    fn put(&mut self, x: i64, y: i64, ink: u8) {
        let start = (y * self.width + x) as usize * self.channels;
        let pixel = &mut self.pixels[start..start + self.channels];
        let shade = |colour: u8| (u16::from(colour) * u16::from(255 - ink) / 255) as u8;
        let colours = if self.channels < 3 { &[RED_IN_GREY][..] } else { &RED };
        let (channels, alpha) = pixel.split_at_mut(colours.len());
        for (channel, &colour) in channels.iter_mut().zip(colours) {
            *channel = shade(colour);
        }
        alpha.fill(255);
    }
}

/// Truncates corners. The result is small enough to add a picture's size without overflow.
fn whole(corners: [f64; 4]) -> [i64; 4] {
    corners.map(|corner| (corner as i64).clamp(-(1 << 32), 1 << 32))
}
