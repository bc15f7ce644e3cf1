//! Tensors and pictures as Python has them.

use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use tfevents::proto::{Data, Elements, NoArray, Pictures, SummaryValue, Tensor};
use tfevents::summary::PictureError;

use crate::call::bytes;

/// The name of the elements' type, the shape, and the elements. One element may stand for all.
pub type Array<'py> = (&'static str, Vec<usize>, Bound<'py, PyAny>);

/// The width, the height and the bytes of pictures.
pub type PictureTuple<'py> = (i64, i64, Vec<Bound<'py, PyBytes>>);

pub fn pictures<'py>(py: Python<'py>, pictures: Pictures<'_>) -> PyResult<PictureTuple<'py>> {
    let encoded = pictures.encoded.iter().map(|picture| bytes::copied(py, picture));
    Ok((pictures.width, pictures.height, encoded.collect::<PyResult<_>>()?))
}

pub fn no_strings() -> PyErr {
    PyValueError::new_err("the tensor holds no strings")
}

fn no_array(error: NoArray) -> PyErr {
    PyValueError::new_err(format!("the tensor can't be an array: {error}"))
}

pub fn tensor_array<'py>(py: Python<'py>, tensor: &Tensor<'_>) -> PyResult<Array<'py>> {
    let array = tensor.array().map_err(no_array)?;
    Ok(match array.elements {
        // The array over these bytes is writable.
        Elements::Numbers(dtype, numbers) => {
            (dtype.name, array.shape, bytes::writable(py, &numbers)?.into_any())
        }
        Elements::Strings(strings) => {
            let strings = strings.into_iter().map(|string| bytes::copied(py, string));
            let strings = strings.collect::<PyResult<Vec<_>>>()?;
            ("object", array.shape, PyList::new(py, strings)?.into_any())
        }
    })
}

/// The tensor of a serialized `Summary` with one value, as `RunData.tensor` gives it.
#[pyfunction]
pub fn decode_value<'py>(py: Python<'py>, summary: &[u8]) -> PyResult<Array<'py>> {
    let malformed = || PyValueError::new_err("the message is malformed");
    match SummaryValue::from_raw(summary).map_err(|_| malformed())?.data {
        Data::Tensor(tensor) => tensor_array(py, &tensor),
        _ => Err(PyValueError::new_err("the value is no tensor")),
    }
}

/// The height, width and channels of a PNG, and its samples of 8 bits. If it needs more than
/// `limit` bytes, their number instead.
#[pyfunction]
pub fn decode_png(py: Python<'_>, data: &Bound<'_, PyBytes>, limit: usize) -> PyResult<Decoded> {
    let bytes = data.as_bytes();
    match py.detach(|| tfevents::summary::decode_png(bytes, limit)) {
        Ok(picture) => Ok(Decoded::Picture(
            [picture.height, picture.width, picture.channels],
            PyArray1::from_vec(py, picture.samples).unbind(),
        )),
        Err(PictureError::TooLarge(size)) => Ok(Decoded::TooLarge(size)),
        Err(error) => Err(PyValueError::new_err(error.to_string())),
    }
}

/// The result of `decode_png`.
#[derive(IntoPyObject)]
pub enum Decoded {
    Picture([usize; 3], Py<PyArray1<u8>>),
    TooLarge(usize),
}
