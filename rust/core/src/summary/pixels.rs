//! Converts numbers of several types, in any memory order, to pixels of bytes.

#![allow(unsafe_code)]

use ndarray::{ArrayView2, ArrayView4, Axis};

/// One channel of a pixel, of a type that callers may pass.
pub trait Channel: Copy + Sync {
    /// The channel from 0 to 255. Floats are intensities from 0 to 1. They are clipped and rounded
    /// down, as in torch. NaN is 0.
    fn byte(self) -> u8;
}

impl Channel for u8 {
    #[inline(always)]
    fn byte(self) -> u8 {
        self
    }
}

impl Channel for f32 {
    #[inline(always)]
    #[expect(clippy::manual_clamp, reason = "of NaN and a number, `max` takes the number")]
    fn byte(self) -> u8 {
        let value = (self * 255.0).max(0.0).min(255.0);
        // SAFETY: it is from 0 to 255, so it can be truncated. (`as` would check each value by
        // itself, which takes five times as long.)
        unsafe { value.to_int_unchecked::<i32>() as u8 }
    }
}

impl Channel for f64 {
    #[inline(always)]
    fn byte(self) -> u8 {
        (self as f32).byte()
    }
}

/// A grid of pictures of one size, which is filled row by row.
#[derive(Debug, Clone, Copy)]
pub struct Grid {
    /// Pictures below each other.
    pub rows: usize,
    /// Pictures beside each other.
    pub columns: usize,
}

/// Copies pictures \[N, H, W, C\] into a `grid`. `out` must be black, and of the shape
/// \[rows · H, columns · W, C\].
pub fn tile<T: Channel>(out: &mut [u8], pictures: ArrayView4<'_, T>, grid: Grid) {
    let (_, height, width, channels) = pictures.dim();
    let row_size = width * channels;
    let mut planes = vec![0; row_size];
    for (number, picture) in pictures.outer_iter().enumerate() {
        let (above, left) = (number / grid.columns, number % grid.columns);
        for (y, row) in picture.outer_iter().enumerate() {
            let start = ((above * height + y) * grid.columns + left) * row_size;
            put_row(&mut out[start..start + row_size], row, &mut planes);
        }
    }
}

/// Copies the pixels \[W, C\] of a row. `planes` is scratch memory of the same length.
fn put_row<T: Channel>(out: &mut [u8], row: ArrayView2<'_, T>, planes: &mut [u8]) {
    if let Some(row) = row.as_slice() {
        put(out, row);
        return;
    }
    let (width, channels) = row.dim();
    for (plane, channel) in planes.chunks_exact_mut(width).zip(row.axis_iter(Axis(1))) {
        match channel.as_slice() {
            Some(channel) => put(plane, channel),
            None => plane.iter_mut().zip(channel).for_each(|(byte, value)| *byte = value.byte()),
        }
    }
    // The compiler makes fast code if whole planes are converted first and bytes interleaved then.
    match channels {
        3 => {
            let (red, rest) = planes.split_at(width);
            let (green, blue) = rest.split_at(width);
            for (pixel, ((&r, &g), &b)) in
                out.as_chunks_mut().0.iter_mut().zip(red.iter().zip(green).zip(blue))
            {
                *pixel = [r, g, b];
            }
        }
        _ => {
            for (channel, plane) in planes.chunks_exact(width).enumerate() {
                let places = out[channel..].iter_mut().step_by(channels);
                places.zip(plane).for_each(|(place, &byte)| *place = byte);
            }
        }
    }
}

fn put<T: Channel>(out: &mut [u8], values: &[T]) {
    for (byte, value) in out.iter_mut().zip(values) {
        *byte = value.byte();
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array4, s};

    use super::*;

    #[test]
    fn floats_are_cut_off_and_truncated() {
        let cases = [(0.0, 0), (1.0, 255), (0.5, 127), (1.5, 255), (-0.5, 0), (f32::NAN, 0)];
        for (float, byte) in cases {
            assert_eq!(float.byte(), byte);
            assert_eq!(f64::from(float).byte(), byte);
        }
        assert_eq!(f64::INFINITY.byte(), 255);
        assert_eq!(f32::NEG_INFINITY.byte(), 0);
    }

    #[test]
    fn every_memory_order_gives_the_same_grid() {
        for channels in 1..=4 {
            let shape = (3, 5, 7, channels);
            let pictures = Array4::from_shape_fn(shape, |(n, y, x, c)| {
                (((n * 5 + y) * 7 + x) * 4 + c) as f32 / 500.0
            });
            let grid = Grid { rows: 2, columns: 2 };
            let mut expected = vec![0; 2 * 5 * 2 * 7 * channels];
            for ((n, y, x, c), &value) in pictures.indexed_iter() {
                let (row, column) = (n / 2 * 5 + y, n % 2 * 7 + x);
                expected[(row * 14 + column) * channels + c] = value.byte();
            }
            // An array of twice the size, of which every second element is used.
            let mut sparse = Array4::from_elem((3, 10, 14, 2 * channels), 9.0);
            sparse.slice_mut(s![.., ..;2, ..;2, ..;2]).assign(&pictures);
            let mut planar = Array4::zeros((3, channels, 5, 7));
            planar.assign(&pictures.view().permuted_axes([0, 3, 1, 2]));
            let mut reversed = pictures.clone();
            reversed.assign(&pictures.slice(s![.., .., ..;-1, ..]));
            for view in [
                pictures.view(),
                sparse.slice(s![.., ..;2, ..;2, ..;2]),
                planar.view().permuted_axes([0, 2, 3, 1]),
                reversed.slice(s![.., .., ..;-1, ..]),
            ] {
                let mut out = vec![0; expected.len()];
                tile(&mut out, view, grid);
                assert_eq!(out, expected);
            }
        }
    }
}
