//! Hyperparameters: the three values of the "hparams" plugin, all of it in their metadata.
//!
//! Field numbers are those of `plugin_data.proto` and `api.proto` of TensorBoard's hparams plugin,
//! and of protobuf's `struct.proto`.

use super::*;

/// `HParamsPluginData.experiment`, `.session_start_info`, `.session_end_info`. Its version is 0.
const EXPERIMENT: u32 = 2;
const SESSION_START: u32 = 3;
const SESSION_END: u32 = 4;

/// A hyperparameter's value, a `google.protobuf.Value`.
#[derive(Debug, Clone, PartialEq)]
pub enum HparamValue {
    /// `bool_value`
    Bool(bool),
    /// `number_value`
    Number(f64),
    /// `string_value`
    Text(String),
}

impl HparamValue {
    /// A oneof's field is there even where it holds the default.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            HparamValue::Number(number) => encode::double_field(&mut out, 2, *number),
            HparamValue::Text(text) => encode::bytes_field(&mut out, 3, text.as_bytes()),
            HparamValue::Bool(value) => encode::varint_field(&mut out, 4, u64::from(*value)),
        }
        out
    }

    /// `DataType`
    fn data_type(&self) -> u64 {
        match self {
            HparamValue::Text(_) => 1,
            HparamValue::Bool(_) => 2,
            HparamValue::Number(_) => 3,
        }
    }
}

/// A hyperparameter of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Hparam {
    /// Its name.
    pub name: String,
    /// Its value in this run.
    pub value: HparamValue,
    /// All values that it can have, where they are known.
    pub domain: Option<Vec<HparamValue>>,
}

/// Appends the `Summary.value` that names the hyperparameters and the metrics' tags.
pub fn hparams_experiment_value(out: &mut Vec<u8>, hparams: &[Hparam], metrics: &[String]) {
    let mut experiment = Vec::new();
    for hparam in hparams {
        // HParamInfo
        let mut info = Vec::new();
        put_text(&mut info, 1, &hparam.name);
        encode::varint_field(&mut info, 4, hparam.value.data_type());
        if let Some(domain) = &hparam.domain {
            let mut values = Vec::new();
            for value in domain {
                encode::bytes_field(&mut values, 1, &value.encode());
            }
            encode::bytes_field(&mut info, 5, &values);
        }
        encode::bytes_field(&mut experiment, 4, &info);
    }
    for metric in metrics {
        // MetricInfo.name, a MetricName
        let mut name = Vec::new();
        put_text(&mut name, 2, metric);
        let mut info = Vec::new();
        encode::bytes_field(&mut info, 1, &name);
        encode::bytes_field(&mut experiment, 5, &info);
    }
    hparams_value(out, "_hparams_/experiment", EXPERIMENT, &experiment);
}

/// Appends the `Summary.value` with the hyperparameters' values in this run.
pub fn hparams_session_start_value(out: &mut Vec<u8>, hparams: &[Hparam]) {
    let mut start = Vec::new();
    for hparam in hparams {
        // An entry of a map has both fields, whatever they hold.
        let mut entry = Vec::new();
        encode::bytes_field(&mut entry, 1, hparam.name.as_bytes());
        encode::bytes_field(&mut entry, 2, &hparam.value.encode());
        encode::bytes_field(&mut start, 1, &entry);
    }
    hparams_value(out, "_hparams_/session_start_info", SESSION_START, &start);
}

/// Appends the `Summary.value` that says that the run ended well.
pub fn hparams_session_end_value(out: &mut Vec<u8>) {
    // SessionEndInfo.status = STATUS_SUCCESS
    hparams_value(out, "_hparams_/session_end_info", SESSION_END, &[0x08, 0x01]);
}

fn hparams_value(out: &mut Vec<u8>, tag: &str, field: u32, message: &[u8]) {
    let mut content = Vec::with_capacity(8 + message.len());
    encode::bytes_field(&mut content, field, message);
    message_value(out, tag, VALUE_METADATA, &plugin_metadata("hparams", &content));
}
