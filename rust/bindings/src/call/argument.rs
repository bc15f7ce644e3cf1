//! Converts arguments of the writer's methods. A wrong one raises a `TypeError` or `ValueError`
//! that names it.

use std::fmt::Display;

use numpy::PyUntypedArray;
use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyString};
use tfevents::columns::Restarts;
use tfevents::proto::{Kind, KindSet};

use crate::call::list::List;
use crate::call::names::{self, of};

/// A `str`.
#[inline(always)]
pub fn text<'a>(value: &'a Bound<'_, PyAny>, argument: impl Display + Copy) -> PyResult<&'a str> {
    // Comparing exact types is one load. Checking base classes takes a call or two.
    match value.cast_exact::<PyString>().or_else(|_| value.cast::<PyString>()) {
        Ok(text) => {
            let text = text.to_str().map_err(|error| not_unicode(value.py(), argument, error))?;
            fits(text.len(), argument).map(|()| text)
        }
        Err(_) => Err(wrong_type(value, argument, "a str")),
    }
}

/// A tag. TensorBoard does not list an empty tag, so this warns of it.
#[inline(always)]
pub fn tag<'a>(value: &'a Bound<'_, PyAny>, argument: impl Display + Copy) -> PyResult<&'a str> {
    let tag = text(value, argument)?;
    if tag.is_empty() { unlisted(value, argument).map(|()| tag) } else { Ok(tag) }
}

#[cold]
fn unlisted(tag: &Bound<'_, PyAny>, argument: impl Display) -> PyResult<()> {
    warn(tag.py(), &format!("{argument} is empty: TensorBoard lists no such tag"))
}

/// Gives a `RuntimeWarning` at the line that called the package.
#[cold]
pub fn warn(py: Python<'_>, message: &str) -> PyResult<()> {
    names::WARN.call(py, (message,)).map(drop)
}

/// Fails if `size` encoded bytes are too many for an event. No reader accepts a message of 2 GiB,
/// and the other fields of the event need some bytes too.
#[inline(always)]
pub fn fits(size: usize, argument: impl Display) -> PyResult<()> {
    const MOST: usize = i32::MAX as usize - (1 << 20);
    if size > MOST { Err(too_large(size, argument)) } else { Ok(()) }
}

#[cold]
fn too_large(size: usize, argument: impl Display) -> PyErr {
    PyValueError::new_err(format!("{argument}: {size} bytes are more than an event can hold"))
}

#[cold]
fn not_unicode(py: Python<'_>, argument: impl Display + Copy, cause: PyErr) -> PyErr {
    with_cause(py, PyValueError::new_err(format!("{argument} is not valid Unicode")), cause)
}

/// An optional `str`.
pub fn optional_text<'a>(
    value: Option<&'a Bound<'_, PyAny>>,
    argument: impl Display + Copy,
) -> PyResult<&'a str> {
    value.map_or(Ok(""), |value| text(value, argument))
}

/// The truth value of an object, as torch uses it for its options.
pub fn truth(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.is_truthy()
}

/// A number, or an array or tensor with one element.
#[inline(always)]
pub fn number(value: &Bound<'_, PyAny>, argument: impl Display + Copy) -> PyResult<f64> {
    match value.cast_exact::<PyFloat>() {
        Ok(float) => Ok(float.value()),
        Err(_) => other_number(value, argument, &names::ELEMENT),
    }
}

fn other_number(
    value: &Bound<'_, PyAny>,
    argument: impl Display + Copy,
    otherwise: &names::Global,
) -> PyResult<f64> {
    if let Ok(float) = value.cast::<PyFloat>() {
        // NumPy's float64 is a float too.
        return Ok(float.value());
    }
    let single = single(value, argument, otherwise)?;
    // NumPy's str has `__float__`, as all NumPy's scalars do, but it is not a number.
    let is_number =
        !single.is_instance_of::<PyString>() && single.hasattr(of::float(value.py()))?;
    if is_number || single.is_instance_of::<PyInt>() {
        return single.extract().map_err(|cause| unusable(value, argument, cause));
    }
    Err(wrong_type(value, argument, "a number or an array with one element"))
}

/// The float that a method would log for `value`, which its error calls `argument`.
#[pyfunction]
pub fn as_number(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<f64> {
    number(value, argument)
}

/// `value` as a plain `str`, if it is one that can be written; its error calls it `argument`.
#[pyfunction]
pub fn as_text(value: &Bound<'_, PyAny>, argument: &str) -> PyResult<String> {
    text(value, argument).map(str::to_owned)
}

/// The step that a method would log for `value`, which its error calls `argument`.
#[pyfunction]
pub fn as_step(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<Option<i64>> {
    step(value, argument)
}

/// The seconds since the epoch that a method would log for `value`, which its error calls
/// `argument`; now, where there is none.
#[pyfunction]
pub fn as_wall_time(value: Option<&Bound<'_, PyAny>>, argument: &str) -> PyResult<f64> {
    wall_time(value, argument)
}

/// The value of an argument that has two names.
#[inline(always)]
pub fn either<'a, 'py>(
    value: Option<&'a Bound<'py, PyAny>>,
    other: Option<&'a Bound<'py, PyAny>>,
    [argument, word]: [&str; 2],
) -> PyResult<Option<&'a Bound<'py, PyAny>>> {
    match other {
        None => Ok(value),
        Some(_) if value.is_none() => Ok(other),
        Some(_) => Err(PyTypeError::new_err(format!(
            "{word} is another word for {argument}: give one of them"
        ))),
    }
}

/// An optional step.
#[inline(always)]
pub fn step(
    value: Option<&Bound<'_, PyAny>>,
    argument: impl Display + Copy,
) -> PyResult<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    match value.cast_exact::<PyInt>() {
        Ok(int) => int.extract().map(Some).map_err(|_| step_out_of_range(value, argument)),
        Err(_) => other_step(value, argument).map(Some),
    }
}

fn other_step(value: &Bound<'_, PyAny>, argument: impl Display + Copy) -> PyResult<i64> {
    let single = single(value, argument, &names::UNMASKED_ELEMENT)?;
    if let Ok(float) = single.cast::<PyFloat>() {
        let float = float.value();
        if float.fract() != 0.0 || !float.is_finite() {
            let message = format!("{argument}: steps are integers, got {float}");
            return Err(PyTypeError::new_err(message));
        }
        // Every whole float from -2^63 to below 2^63 is an i64.
        let limit = -(i64::MIN as f64);
        return if (-limit..limit).contains(&float) {
            Ok(float as i64)
        } else {
            Err(step_out_of_range(value, argument))
        };
    }
    let Ok(int) = single.call_method0(of::index(value.py())) else {
        return Err(wrong_type(value, argument, "an integer"));
    };
    int.extract().map_err(|_| step_out_of_range(value, argument))
}

#[cold]
fn step_out_of_range(value: &Bound<'_, PyAny>, argument: impl Display + Copy) -> PyErr {
    PyValueError::new_err(format!("{argument}: {} does not fit into 64 bits", shown(value)))
}

/// Seconds since the epoch, or a `datetime`. The default is now.
#[inline(always)]
pub fn wall_time(value: Option<&Bound<'_, PyAny>>, argument: impl Display + Copy) -> PyResult<f64> {
    match value {
        None => Ok(tfevents::writer::now()),
        Some(value) => match value.cast_exact::<PyFloat>() {
            Ok(float) => Ok(float.value()),
            Err(_) => other_wall_time(value, argument),
        },
    }
}

fn other_wall_time(value: &Bound<'_, PyAny>, argument: impl Display + Copy) -> PyResult<f64> {
    let py = value.py();
    if let Some(timestamp) = value.getattr_opt(of::timestamp(py))? {
        let seconds = timestamp.call0().and_then(|seconds| seconds.extract());
        return seconds.map_err(|cause| unusable(value, argument, cause));
    }
    if kind_of(value)? == Some('M') {
        return names::TIME.call(py, (value, argument.to_string()))?.extract();
    }
    // A masked element is not a time. A masked number would be NaN.
    other_number(value, argument, &names::UNMASKED_ELEMENT)
}

/// The kind of this name.
pub fn kind(name: &str, argument: &str) -> PyResult<Kind> {
    (Kind::ALL.into_iter().find(|kind| kind.name() == name))
        .ok_or_else(|| PyValueError::new_err(format!("{argument}: there is no kind {name:?}")))
}

/// The kinds of these names. None means all kinds.
pub fn kinds(names: Option<List<String>>) -> PyResult<KindSet> {
    match names {
        None => Ok(KindSet::ALL),
        Some(names) => names.iter().map(|name| kind(name, "kinds")).collect(),
    }
}

/// The way to handle steps that were logged again.
pub fn restarts(name: &str) -> PyResult<Restarts> {
    match name {
        "raw" => Ok(Restarts::Raw),
        "tensorboard" => Ok(Restarts::TensorBoard),
        "last_wins" => Ok(Restarts::LastWins),
        "latest" => Ok(Restarts::Latest),
        other => Err(PyValueError::new_err(format!("restarts: no way {other:?}"))),
    }
}

/// Two objects in a tuple, a list or another sequence.
pub fn pair<'py>(
    value: &Bound<'py, PyAny>,
    argument: impl Display + Copy,
) -> PyResult<[Bound<'py, PyAny>; 2]> {
    value.extract().map_err(|_| wrong_type(value, argument, "a pair"))
}

/// The bytes of a protocol buffer of any package.
pub fn message<'py>(
    value: &Bound<'py, PyAny>,
    argument: impl Display + Copy,
) -> PyResult<Bound<'py, PyBytes>> {
    let Ok(serialize) = value.getattr(of::serialize(value.py())) else {
        return Err(wrong_type(value, argument, "an object with SerializeToString()"));
    };
    let bytes: Bound<'_, PyBytes> = serialize
        .call0()?
        .cast_into()
        .map_err(|_| wrong_type(value, argument, "a message that serializes to bytes"))?;
    fits(bytes.as_bytes().len(), argument).map(|()| bytes)
}

/// The error for bytes that are not a message.
pub fn malformed(argument: impl Display + Copy) -> PyErr {
    PyValueError::new_err(format!("{argument} does not serialize to a well-formed message"))
}

/// The one element of an array or tensor, through the methods that all packages share. Any other
/// object stays as it is. `otherwise` handles arrays that lack these methods.
fn single<'py>(
    value: &Bound<'py, PyAny>,
    argument: impl Display + Copy,
    otherwise: &names::Global,
) -> PyResult<Bound<'py, PyAny>> {
    if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyString>() {
        return Ok(value.clone());
    }
    match element(value).map_err(|cause| unusable(value, argument, cause))? {
        Element::Known(element) => Ok(element),
        Element::Unknown => otherwise.call(value.py(), (value, argument.to_string())),
        Element::OfSeveral(shape) => Err(PyValueError::new_err(format!(
            "{argument}: expected one element, got an array of shape {}",
            shown(&shape)
        ))),
    }
}

enum Element<'py> {
    Known(Bound<'py, PyAny>),
    /// The array has several elements, in this shape.
    OfSeveral(Bound<'py, PyAny>),
    /// The array has its element in another form.
    Unknown,
}

fn element<'py>(value: &Bound<'py, PyAny>) -> PyResult<Element<'py>> {
    if let Some(detach) = value.getattr_opt(of::detach(value.py()))? {
        // A torch tensor that requires a gradient would give a warning.
        let value = detach.call0()?;
        return Ok(match several(&value)? {
            Some(shape) => Element::OfSeveral(shape),
            // An array without that method, such as a sparse one, may have another way.
            None => match value.call_method0(of::item(value.py())).ok().filter(is_real) {
                Some(item) => Element::Known(item),
                None => Element::Unknown,
            },
        });
    }
    let Some(item) = value.getattr_opt(of::item(value.py()))? else {
        let is_known = !is_array_like(value)?;
        return Ok(if is_known { Element::Known(value.clone()) } else { Element::Unknown });
    };
    if let Some(shape) = several(value)? {
        return Ok(Element::OfSeveral(shape));
    }
    if may_mask(value) {
        return Ok(Element::Unknown);
    }
    let item = item.call0()?;
    // NumPy's times give integers here, but are not numbers.
    let is_number = item.is_instance_of::<PyFloat>() || is_real(&item) && !is_time(value)?;
    Ok(if is_number { Element::Known(item) } else { Element::Unknown })
}

/// The shape of an array that does not have exactly one element.
fn several<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(shape) = value.getattr_opt(of::shape(value.py()))? else { return Ok(None) };
    let sizes: PyResult<Vec<u64>> = shape.extract();
    Ok(sizes.is_ok_and(|sizes| sizes.iter().any(|&size| size != 1)).then_some(shape))
}

/// Whether an array may have a mask, which its `item` ignores. Only NumPy's own classes are known
/// to have none.
fn may_mask(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyUntypedArray>() && !value.is_exact_instance_of::<PyUntypedArray>()
}

fn is_real(item: &Bound<'_, PyAny>) -> bool {
    item.is_instance_of::<PyFloat>() || item.is_instance_of::<PyInt>()
}

fn is_time(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(matches!(kind_of(value)?, Some('m' | 'M')))
}

/// The kind of a NumPy array's type.
fn kind_of(value: &Bound<'_, PyAny>) -> PyResult<Option<char>> {
    let py = value.py();
    let Some(dtype) = value.getattr_opt(of::dtype(py))? else { return Ok(None) };
    Ok(dtype.getattr_opt(of::kind(py))?.and_then(|kind| kind.extract().ok()))
}

/// Whether `tfevents._arrays` may be able to get a number from the object.
fn is_array_like(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    let protocols =
        [of::array(py), of::array_interface(py), of::dlpack(py), of::as_py(py), of::to_list(py)];
    for name in protocols {
        if value.hasattr(name)? {
            return Ok(true);
        }
    }
    // `NAType` is the type of pandas' missing value.
    Ok(!value.hasattr(of::float(py))? && value.get_type().name()? == "NAType")
}

#[cold]
fn wrong_type(value: &Bound<'_, PyAny>, argument: impl Display + Copy, expected: &str) -> PyErr {
    let kind = value.get_type().qualname().map_or_else(|_| "?".into(), |name| name.to_string());
    PyTypeError::new_err(format!("{argument}: expected {expected}, got {kind}: {}", shown(value)))
}

/// Wraps an exception that the object raised for its value. Exceptions that are not errors, such as
/// `KeyboardInterrupt`, stay as they are.
#[cold]
fn unusable(value: &Bound<'_, PyAny>, argument: impl Display + Copy, cause: PyErr) -> PyErr {
    let py = value.py();
    if !cause.is_instance_of::<PyException>(py) {
        return cause;
    }
    let message = format!("{argument}: {} can't be used: {cause}", shown(value));
    with_cause(py, PyValueError::new_err(message), cause)
}

fn with_cause(py: Python<'_>, error: PyErr, cause: PyErr) -> PyErr {
    error.set_cause(py, Some(cause));
    error
}

/// A short `repr`.
fn shown(value: &Bound<'_, PyAny>) -> String {
    let repr = value.repr().map_or_else(|_| "?".into(), |repr| repr.to_string());
    match repr.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &repr[..end]),
        None => repr,
    }
}
