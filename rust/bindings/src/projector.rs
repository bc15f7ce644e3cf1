//! Makes embeddings from arrays.

use numpy::{Element, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use tfevents::projector::{Matrix, Numbers, Sprite};

/// The rows of a contiguous array of shape [n, columns], of one of four types.
pub fn matrix(array: &Bound<'_, PyAny>) -> PyResult<Matrix> {
    let (numbers, shape) = if let Some((values, shape)) = copied(array)? {
        (Numbers::Float32(values), shape)
    } else if let Some((values, shape)) = copied(array)? {
        (Numbers::Float64(values), shape)
    } else if let Some((values, shape)) = copied(array)? {
        (Numbers::Int(values), shape)
    } else if let Some((values, shape)) = copied(array)? {
        (Numbers::UInt(values), shape)
    } else {
        return Err(PyTypeError::new_err("mat: expected float32, float64, int64 or uint64"));
    };
    match shape[..] {
        [_, columns] if columns > 0 => Ok(Matrix { numbers, columns }),
        _ => Err(PyTypeError::new_err("mat: expected the shape [n, columns]")),
    }
}

/// The pictures in a contiguous array of shape [n, channels, height, width]. They are uint8, or
/// floats from 0 to 1.
pub fn sprite(array: &Bound<'_, PyAny>) -> PyResult<Sprite> {
    let (pixels, shape) = if let Some(pixels) = copied::<u8>(array)? {
        pixels
    } else if let Some(pixels) = mapped(array, |values: &[f32]| shades(values))? {
        pixels
    } else if let Some(pixels) = mapped(array, |values: &[f64]| shades(values))? {
        pixels
    } else {
        return Err(PyTypeError::new_err("label_img: expected uint8, float32 or float64"));
    };
    match shape[..] {
        [count, channels @ (1 | 3), height, width] if !pixels.is_empty() => {
            Ok(Sprite { pixels, count, channels, height, width })
        }
        _ => Err(PyTypeError::new_err("label_img: expected the shape [n, 1 or 3, height, width]")),
    }
}

/// Converts floats to bytes as torch does: in double precision, rounded down. NaN is black.
fn shades<T: Copy + Into<f64>>(values: &[T]) -> Vec<u8> {
    values.iter().map(|&value| (value.into() * 255.0) as u8).collect()
}

/// The elements and the shape, if the array has this type.
fn copied<T: Element + Copy>(array: &Bound<'_, PyAny>) -> PyResult<Option<(Vec<T>, Vec<usize>)>> {
    mapped(array, |values: &[T]| values.to_vec())
}

/// The converted elements and the shape, if the array has this type.
fn mapped<T: Element, U>(
    array: &Bound<'_, PyAny>,
    map: impl Fn(&[T]) -> Vec<U>,
) -> PyResult<Option<(Vec<U>, Vec<usize>)>> {
    let Ok(array) = array.cast::<PyArrayDyn<T>>() else { return Ok(None) };
    let array = array.try_readonly()?;
    Ok(Some((map(array.as_slice()?), array.shape().to_vec())))
}
