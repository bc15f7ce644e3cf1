//! Hyperparameters.

use pyo3::prelude::*;
use tfevents::proto::HparamValue;
use tfevents::summary::{self, Hparam};

use super::encoded::Summary;
use crate::call::list::List;

/// A hyperparameter's value. PyO3 tries the variants in this order, which matters since a `bool` is
/// an `int`.
#[derive(FromPyObject)]
pub enum Value {
    Bool(bool),
    Number(f64),
    Text(String),
}

impl From<Value> for HparamValue {
    fn from(value: Value) -> HparamValue {
        match value {
            Value::Bool(value) => HparamValue::Bool(value),
            Value::Number(number) => HparamValue::Number(number),
            Value::Text(text) => HparamValue::Text(text),
        }
    }
}

/// The summaries of the experiment, and of the start and the end of a session. `hparams` are (name,
/// value, domain), and `metrics` are tags.
#[pyfunction]
pub fn hparams(
    hparams: List<(String, Value, Option<List<Value>>)>,
    metrics: List<String>,
) -> PyResult<(Summary, Summary, Summary)> {
    let hparams: Vec<_> = hparams
        .into_iter()
        .map(|(name, value, domain)| Hparam {
            name,
            value: value.into(),
            domain: domain.map(|values| values.into_iter().map(HparamValue::from).collect()),
        })
        .collect();
    let encoded = |encode: &dyn Fn(&mut Vec<u8>)| Summary::encoded("hparam_dict", encode);
    Ok((
        encoded(&|out| summary::hparams_experiment_value(out, &hparams, &metrics))?,
        encoded(&|out| summary::hparams_session_start_value(out, &hparams))?,
        encoded(&summary::hparams_session_end_value)?,
    ))
}
