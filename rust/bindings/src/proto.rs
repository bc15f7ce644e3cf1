//! Decodes messages of plugins, and of events other than summaries, to tuples, dicts and lists.

use std::borrow::Cow;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use tfevents::proto::{
    AttrValue, ChartContent, GraphDef, HparamDomain, HparamInfo, HparamValue, HparamsData,
    HparamsPluginData, Layout, Malformed, MeshPluginData, Message, NodeDef, SessionLog, Shape,
    Tensor, graph_of_meta_graph as graph_of, type_name,
};

use crate::call::bytes;
use crate::call::names;
use crate::reader::decode::tensor_array;

fn malformed(_: Malformed) -> PyErr {
    PyValueError::new_err("the message is malformed")
}

fn decode<'a, M: Message<'a>>(message: &'a [u8]) -> PyResult<M> {
    M::decode(message).map_err(malformed)
}

/// Status, checkpoint path and message of a serialized `SessionLog`.
#[pyfunction]
pub fn session_log(message: &[u8]) -> PyResult<(&'static str, String, String)> {
    let log = SessionLog::from_raw(message).map_err(malformed)?;
    let (path, text) = (log.checkpoint_path.into_owned(), log.message.into_owned());
    Ok((log.status.name(), path, text))
}

/// The serialized graph in a serialized `MetaGraphDef`, if it has one.
#[pyfunction]
pub fn graph_of_meta_graph<'py>(
    py: Python<'py>,
    message: &[u8],
) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let graph = graph_of(message).map_err(malformed)?;
    graph.map(|graph| bytes::copied(py, &graph)).transpose()
}

/// Name, operation, inputs and device of a node, and its serialized `NodeDef`.
type NodeTuple<'a, 'py> =
    (Cow<'a, str>, Cow<'a, str>, Vec<Cow<'a, str>>, Cow<'a, str>, Bound<'py, PyBytes>);

/// The nodes of a serialized `GraphDef`.
#[pyfunction]
pub fn graph_nodes<'py>(py: Python<'py>, message: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for raw in GraphDef::node_messages(message) {
        let raw = raw.map_err(malformed)?;
        let node: NodeDef<'_> = decode(raw)?;
        let row: NodeTuple<'_, '_> =
            (node.name, node.op, node.inputs, node.device, bytes::copied(py, raw)?);
        list.append(row)?;
    }
    Ok(list)
}

/// The attributes of a serialized `NodeDef` by name.
#[pyfunction]
pub fn node_attributes<'py>(py: Python<'py>, message: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let attributes = PyDict::new(py);
    let node: NodeDef<'_> = decode(message)?;
    for (name, value) in &node.attributes {
        attributes.set_item(name, attribute(py, value)?)?;
    }
    Ok(attributes)
}

fn attribute<'py>(py: Python<'py>, value: &AttrValue<'_>) -> PyResult<Bound<'py, PyAny>> {
    let array = |tensor: &Tensor<'_>| names::TENSOR_AS_ARRAY.call(py, tensor_array(py, tensor)?);
    Ok(match value {
        AttrValue::Nothing => py.None().into_bound(py),
        AttrValue::Bytes(value) => bytes::copied(py, value)?.into_any(),
        AttrValue::Int(value) => value.into_pyobject(py)?.into_any(),
        AttrValue::Float(value) => f64::from(*value).into_pyobject(py)?.into_any(),
        AttrValue::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        AttrValue::Type(number) => type_name(*number).into_pyobject(py)?.into_any(),
        AttrValue::Shape(it) => shape(py, it)?,
        AttrValue::Tensor(tensor) => array(tensor)?,
        AttrValue::Placeholder(name) | AttrValue::Function(name) => {
            name.into_pyobject(py)?.into_any()
        }
        AttrValue::List(list) => {
            let values = PyList::empty(py);
            list.bytes.iter().try_for_each(|value| values.append(bytes::copied(py, value)?))?;
            list.ints.iter().try_for_each(|value| values.append(value))?;
            list.floats.iter().try_for_each(|&value| values.append(f64::from(value)))?;
            list.bools.iter().try_for_each(|value| values.append(value))?;
            list.types.iter().try_for_each(|&number| values.append(type_name(number)))?;
            list.shapes.iter().try_for_each(|it| values.append(shape(py, it)?))?;
            list.tensors.iter().try_for_each(|tensor| values.append(array(tensor)?))?;
            list.functions.iter().try_for_each(|name| values.append(name))?;
            values.into_any()
        }
    })
}

/// The sizes. None if even the number of dimensions is unknown.
fn shape<'py>(py: Python<'py>, shape: &Shape) -> PyResult<Bound<'py, PyAny>> {
    if shape.has_unknown_rank {
        return Ok(py.None().into_bound(py));
    }
    Ok(PyTuple::new(py, &shape.sizes)?.into_any())
}

/// The data of a serialized `MeshPluginData`: the mesh's name, the component of the tag (1
/// vertices, 2 faces, 3 colours, 0 unknown), and how to show it.
#[pyfunction]
pub fn mesh_plugin_data(message: &[u8]) -> PyResult<(String, u32, String)> {
    let data: MeshPluginData = decode(message)?;
    Ok((data.name, data.component as u32, data.json_config))
}

/// Title, tags and margins. A margin has the tags of the value, the lower and the upper bound.
type ChartTuple = (String, Vec<String>, Vec<(String, String, String)>);

/// For each category of a serialized `Layout`: title, charts, and whether it is closed.
#[pyfunction]
pub fn layout(message: &[u8]) -> PyResult<Vec<(String, Vec<ChartTuple>, bool)>> {
    let layout: Layout = decode(message)?;
    let categories = layout.categories.into_iter().map(|category| {
        let charts = category.charts.into_iter().map(|chart| match chart.content {
            None => (chart.title, Vec::new(), Vec::new()),
            Some(ChartContent::Multiline(tags)) => (chart.title, tags, Vec::new()),
            Some(ChartContent::Margin(lines)) => {
                let lines = lines.into_iter().map(|it| (it.value, it.lower, it.upper));
                (chart.title, Vec::new(), lines.collect())
            }
        });
        (category.title, charts.collect(), category.is_closed)
    });
    Ok(categories.collect())
}

/// The data of a serialized `HParamsPluginData`. It is one of `"experiment"`, the domains by name
/// and the tags of the metrics; `"start"`, the values by name, the group and the time; `"end"`, the
/// status and the time. None if the message is empty.
#[pyfunction]
pub fn hparams_plugin_data<'py>(
    py: Python<'py>,
    message: &[u8],
) -> PyResult<Option<Bound<'py, PyTuple>>> {
    let data: HparamsPluginData = decode(message)?;
    let Some(data) = data.data else { return Ok(None) };
    let tuple = match data {
        HparamsData::Experiment(experiment) => {
            let domains = PyDict::new(py);
            for HparamInfo { name, domain, .. } in &experiment.hparams {
                match domain {
                    None => {}
                    Some(HparamDomain::Interval(least, most)) => {
                        domains.set_item(name, (least, most))?;
                    }
                    Some(HparamDomain::Discrete(values)) => {
                        domains.set_item(name, list(py, values)?)?;
                    }
                }
            }
            let tags: Vec<String> = experiment.metrics.into_iter().map(|it| it.tag).collect();
            ("experiment", domains, tags).into_pyobject(py)?
        }
        HparamsData::SessionStart(start) => {
            let values = dict(py, &start.hparams)?;
            ("start", values, start.group_name, start.start_time).into_pyobject(py)?
        }
        HparamsData::SessionEnd(end) => {
            ("end", end.status.name(), end.end_time).into_pyobject(py)?
        }
    };
    Ok(Some(tuple))
}

fn hparam<'py>(py: Python<'py>, value: &HparamValue) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        HparamValue::Null => py.None().into_bound(py),
        HparamValue::Number(number) => number.into_pyobject(py)?.into_any(),
        HparamValue::Text(text) => bytes::text(py, text)?.into_any(),
        HparamValue::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        HparamValue::Struct(entries) => dict(py, entries)?.into_any(),
        HparamValue::List(values) => list(py, values)?.into_any(),
    })
}

fn list<'py>(py: Python<'py>, values: &[HparamValue]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    values.iter().try_for_each(|value| list.append(hparam(py, value)?))?;
    Ok(list)
}

fn dict<'py>(py: Python<'py>, entries: &[(String, HparamValue)]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    entries.iter().try_for_each(|(name, value)| dict.set_item(name, hparam(py, value)?))?;
    Ok(dict)
}
