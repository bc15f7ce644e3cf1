//! Embeddings out of arrays.

use numpy::{Element, PyArrayDyn, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use tfevents::projector::{Matrix, Numbers, Sprite};

/// The rows of a contiguous array of shape [n, columns] and one of four types.
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

/// The pictures in a contiguous array of shape [n, channels, height, width], uint8 as they are,
/// floats from 0 to 1.
pub fn sprite(array: &Bound<'_, PyAny>) -> PyResult<Sprite> {
    let (pixels, shape) = if let Some(pixels) = copied::<u8>(array)? {
        pixels
    } else if let Some(pixels) = mapped(array, |value: f32| shade(f64::from(value)))? {
        pixels
    } else if let Some(pixels) = mapped(array, shade)? {
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

/// As torch does: in double precision, cut off. NaN is black.
fn shade(value: f64) -> u8 {
    (value * 255.0) as u8
}

fn copied<T: Element + Copy>(array: &Bound<'_, PyAny>) -> PyResult<Option<(Vec<T>, Vec<usize>)>> {
    mapped(array, |value: T| value)
}

/// The elements, each mapped, and the shape, where the array has this type.
fn mapped<T: Element + Copy, U>(
    array: &Bound<'_, PyAny>,
    map: impl Fn(T) -> U,
) -> PyResult<Option<(Vec<U>, Vec<usize>)>> {
    let Ok(array) = array.cast::<PyArrayDyn<T>>() else { return Ok(None) };
    let array = array.try_readonly()?;
    let values = array.as_slice()?.iter().map(|&value| map(value)).collect();
    Ok(Some((values, array.shape().to_vec())))
}
