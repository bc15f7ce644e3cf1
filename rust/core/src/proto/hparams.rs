//! `HParamsPluginData`: the content of the "hparams" plugin
//! (`tensorboard/plugins/hparams/{api,plugin_data}.proto`).

use crate::proto::field::{lossy, put_double, put_message, put_text, put_varint};
use crate::proto::message::Message;
use crate::proto::number::{
    any_list, any_struct, any_value, experiment, hparam_info, hparams as number, interval,
    map_entry, metric_info, metric_name, session_end, session_start,
};
use crate::wire::{Cursor, Malformed, Value, encode};

/// The tags of hyperparameters.
pub const EXPERIMENT_TAG: &str = "_hparams_/experiment";
#[allow(missing_docs)]
pub const SESSION_START_TAG: &str = "_hparams_/session_start_info";
#[allow(missing_docs)]
pub const SESSION_END_TAG: &str = "_hparams_/session_end_info";

/// The content of one of these tags.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HparamsPluginData {
    /// `HParamsPluginData.data`; its version is 0.
    pub data: Option<HparamsData>,
}

/// The content of one of these tags.
#[derive(Debug, Clone, PartialEq)]
pub enum HparamsData {
    /// The hyperparameters and metrics of the experiment.
    Experiment(Experiment),
    /// The hyperparameters of this run.
    SessionStart(SessionStart),
    /// How this run ended.
    SessionEnd(SessionEnd),
}

/// The hyperparameters and metrics of an experiment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Experiment {
    /// The hyperparameters.
    pub hparams: Vec<HparamInfo>,
    /// The metrics, by their tags.
    pub metrics: Vec<MetricInfo>,
}

/// A hyperparameter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HparamInfo {
    /// Its name.
    pub name: String,
    /// `DataType`: 0 unset, 1 string, 2 bool, 3 float64.
    pub data_type: i32,
    /// Its possible values, if they are known.
    pub domain: Option<HparamDomain>,
}

/// The possible values of a hyperparameter.
#[derive(Debug, Clone, PartialEq)]
pub enum HparamDomain {
    /// One of these.
    Discrete(Vec<HparamValue>),
    /// Numbers from the first to the second.
    Interval(f64, f64),
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetricInfo {
    /// The tag under which it is logged.
    pub tag: String,
}

/// The hyperparameters of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionStart {
    /// Names and values. The last value of a name counts.
    pub hparams: Vec<(String, HparamValue)>,
    /// The name of the group of runs with the same hyperparameters.
    pub group_name: String,
    /// In seconds since the epoch; 0 if unknown.
    pub start_time: f64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionEnd {
    /// Whether it succeeded.
    pub status: HparamsStatus,
    /// In seconds since the epoch; 0 if unknown.
    pub end_time: f64,
}

/// How a run ended, `Status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum HparamsStatus {
    #[default]
    Unknown = 0,
    Success = 1,
    Failure = 2,
    Running = 3,
}

/// A hyperparameter's value, a `google.protobuf.Value`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum HparamValue {
    /// `null_value`, or nothing.
    #[default]
    Null,
    /// `number_value`
    Number(f64),
    /// `string_value`
    Text(String),
    /// `bool_value`
    Bool(bool),
    /// `struct_value`
    Struct(Vec<(String, HparamValue)>),
    /// `list_value`
    List(Vec<HparamValue>),
}

/// The greatest depth of nested values. Protobuf's own parsers stop at this depth too.
const MAX_DEPTH: usize = 100;

impl HparamsStatus {
    fn of(number: i32) -> HparamsStatus {
        match number {
            1 => HparamsStatus::Success,
            2 => HparamsStatus::Failure,
            3 => HparamsStatus::Running,
            _ => HparamsStatus::Unknown,
        }
    }

    /// One word, such as `success`.
    pub fn name(self) -> Option<&'static str> {
        match self {
            HparamsStatus::Unknown => None,
            HparamsStatus::Success => Some("success"),
            HparamsStatus::Failure => Some("failure"),
            HparamsStatus::Running => Some("running"),
        }
    }
}

impl Message<'_> for HparamsPluginData {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            let Value::Bytes(content) = field.value else { continue };
            self.data = Some(match (field.number, self.data.take()) {
                (number::EXPERIMENT, Some(HparamsData::Experiment(known))) => {
                    HparamsData::Experiment(merged(known, content)?)
                }
                (number::SESSION_START_INFO, Some(HparamsData::SessionStart(known))) => {
                    HparamsData::SessionStart(merged(known, content)?)
                }
                (number::SESSION_END_INFO, Some(HparamsData::SessionEnd(known))) => {
                    HparamsData::SessionEnd(merged(known, content)?)
                }
                (number::EXPERIMENT, _) => HparamsData::Experiment(Experiment::decode(content)?),
                (number::SESSION_START_INFO, _) => {
                    HparamsData::SessionStart(SessionStart::decode(content)?)
                }
                (number::SESSION_END_INFO, _) => {
                    HparamsData::SessionEnd(SessionEnd::decode(content)?)
                }
                (_, known) => {
                    self.data = known;
                    continue;
                }
            });
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match &self.data {
            None => {}
            Some(HparamsData::Experiment(it)) => {
                put_message(out, number::EXPERIMENT, |out| it.encode(out));
            }
            Some(HparamsData::SessionStart(it)) => {
                put_message(out, number::SESSION_START_INFO, |out| it.encode(out));
            }
            Some(HparamsData::SessionEnd(it)) => {
                put_message(out, number::SESSION_END_INFO, |out| it.encode(out));
            }
        }
    }
}

fn merged<'a, M: Message<'a>>(mut known: M, message: &'a [u8]) -> Result<M, Malformed> {
    known.merge(message)?;
    Ok(known)
}

impl Message<'_> for Experiment {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (experiment::HPARAM_INFOS, Value::Bytes(info)) => {
                    self.hparams.push(HparamInfo::decode(info)?);
                }
                (experiment::METRIC_INFOS, Value::Bytes(info)) => {
                    self.metrics.push(MetricInfo::decode(info)?);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for info in &self.hparams {
            put_message(out, experiment::HPARAM_INFOS, |out| info.encode(out));
        }
        for info in &self.metrics {
            put_message(out, experiment::METRIC_INFOS, |out| info.encode(out));
        }
    }
}

impl Message<'_> for HparamInfo {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (hparam_info::NAME, Value::Bytes(name)) => self.name = lossy(name),
                (hparam_info::TYPE, Value::Varint(kind)) => self.data_type = kind as i32,
                (hparam_info::DOMAIN_DISCRETE, Value::Bytes(message)) => {
                    let mut values = match self.domain.take() {
                        Some(HparamDomain::Discrete(values)) => values,
                        _ => Vec::new(),
                    };
                    merge_list(&mut values, message, 0)?;
                    self.domain = Some(HparamDomain::Discrete(values));
                }
                (hparam_info::DOMAIN_INTERVAL, Value::Bytes(message)) => {
                    let (mut least, mut greatest) = match self.domain {
                        Some(HparamDomain::Interval(least, greatest)) => (least, greatest),
                        _ => (0.0, 0.0),
                    };
                    for field in Cursor::new(message) {
                        let field = field?;
                        match (field.number, field.value) {
                            (interval::MIN_VALUE, Value::Fixed64(bits)) => {
                                least = f64::from_bits(bits);
                            }
                            (interval::MAX_VALUE, Value::Fixed64(bits)) => {
                                greatest = f64::from_bits(bits);
                            }
                            _ => {}
                        }
                    }
                    self.domain = Some(HparamDomain::Interval(least, greatest));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, hparam_info::NAME, &self.name);
        put_varint(out, hparam_info::TYPE, i64::from(self.data_type) as u64);
        match &self.domain {
            None => {}
            Some(HparamDomain::Discrete(values)) => {
                put_message(out, hparam_info::DOMAIN_DISCRETE, |out| encode_list(out, values));
            }
            Some(HparamDomain::Interval(least, greatest)) => {
                put_message(out, hparam_info::DOMAIN_INTERVAL, |out| {
                    put_double(out, interval::MIN_VALUE, *least);
                    put_double(out, interval::MAX_VALUE, *greatest);
                });
            }
        }
    }
}

impl Message<'_> for MetricInfo {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            let (metric_info::NAME, Value::Bytes(name)) = (field.number, field.value) else {
                continue;
            };
            for field in Cursor::new(name) {
                let field = field?;
                if let (metric_name::TAG, Value::Bytes(tag)) = (field.number, field.value) {
                    self.tag = lossy(tag);
                }
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_message(out, metric_info::NAME, |out| put_text(out, metric_name::TAG, &self.tag));
    }
}

impl Message<'_> for SessionStart {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (session_start::HPARAMS, Value::Bytes(message)) => {
                    self.hparams.push(entry(message, 0)?);
                }
                (session_start::GROUP_NAME, Value::Bytes(name)) => self.group_name = lossy(name),
                (session_start::START_TIME_SECS, Value::Fixed64(bits)) => {
                    self.start_time = f64::from_bits(bits);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.hparams {
            put_message(out, session_start::HPARAMS, |out| encode_entry(out, name, value));
        }
        put_text(out, session_start::GROUP_NAME, &self.group_name);
        put_double(out, session_start::START_TIME_SECS, self.start_time);
    }
}

impl Message<'_> for SessionEnd {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (session_end::STATUS, Value::Varint(status)) => {
                    self.status = HparamsStatus::of(status as i32);
                }
                (session_end::END_TIME_SECS, Value::Fixed64(bits)) => {
                    self.end_time = f64::from_bits(bits);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, session_end::STATUS, self.status as u64);
        put_double(out, session_end::END_TIME_SECS, self.end_time);
    }
}

impl HparamValue {
    /// The number of its `DataType`, or 0 if it has none.
    pub fn data_type(&self) -> i32 {
        match self {
            HparamValue::Text(_) => 1,
            HparamValue::Bool(_) => 2,
            HparamValue::Number(_) => 3,
            HparamValue::Null | HparamValue::Struct(_) | HparamValue::List(_) => 0,
        }
    }

    fn merge_at(&mut self, message: &[u8], depth: usize) -> Result<(), Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed);
        }
        for field in Cursor::new(message) {
            let field = field?;
            match (field.number, field.value) {
                (any_value::NULL_VALUE, Value::Varint(_)) => *self = HparamValue::Null,
                (any_value::NUMBER_VALUE, Value::Fixed64(bits)) => {
                    *self = HparamValue::Number(f64::from_bits(bits));
                }
                (any_value::STRING_VALUE, Value::Bytes(text)) => {
                    *self = HparamValue::Text(lossy(text));
                }
                (any_value::BOOL_VALUE, Value::Varint(value)) => {
                    *self = HparamValue::Bool(value != 0);
                }
                (any_value::STRUCT_VALUE, Value::Bytes(message)) => {
                    let mut entries = match std::mem::take(self) {
                        HparamValue::Struct(entries) => entries,
                        _ => Vec::new(),
                    };
                    for field in Cursor::new(message) {
                        let field = field?;
                        if let (any_struct::FIELDS, Value::Bytes(it)) = (field.number, field.value)
                        {
                            entries.push(entry(it, depth + 1)?);
                        }
                    }
                    *self = HparamValue::Struct(entries);
                }
                (any_value::LIST_VALUE, Value::Bytes(message)) => {
                    let mut values = match std::mem::take(self) {
                        HparamValue::List(values) => values,
                        _ => Vec::new(),
                    };
                    merge_list(&mut values, message, depth + 1)?;
                    *self = HparamValue::List(values);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Message<'_> for HparamValue {
    fn merge(&mut self, message: &[u8]) -> Result<(), Malformed> {
        self.merge_at(message, 0)
    }

    /// The field of a oneof is written even if it has the default value.
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            HparamValue::Null => encode::varint_field(out, any_value::NULL_VALUE, 0),
            HparamValue::Number(it) => encode::double_field(out, any_value::NUMBER_VALUE, *it),
            HparamValue::Text(text) => {
                encode::bytes_field(out, any_value::STRING_VALUE, text.as_bytes());
            }
            HparamValue::Bool(it) => {
                encode::varint_field(out, any_value::BOOL_VALUE, u64::from(*it));
            }
            HparamValue::Struct(entries) => put_message(out, any_value::STRUCT_VALUE, |out| {
                for (name, value) in entries {
                    put_message(out, any_struct::FIELDS, |out| encode_entry(out, name, value));
                }
            }),
            HparamValue::List(values) => {
                put_message(out, any_value::LIST_VALUE, |out| encode_list(out, values));
            }
        }
    }
}

fn merge_list(into: &mut Vec<HparamValue>, message: &[u8], depth: usize) -> Result<(), Malformed> {
    for field in Cursor::new(message) {
        let field = field?;
        if let (any_list::VALUES, Value::Bytes(message)) = (field.number, field.value) {
            let mut value = HparamValue::Null;
            value.merge_at(message, depth)?;
            into.push(value);
        }
    }
    Ok(())
}

fn encode_list(out: &mut Vec<u8>, values: &[HparamValue]) {
    for value in values {
        put_message(out, any_list::VALUES, |out| value.encode(out));
    }
}

/// An entry of a map.
fn entry(message: &[u8], depth: usize) -> Result<(String, HparamValue), Malformed> {
    let (mut name, mut value) = (String::new(), HparamValue::Null);
    for field in Cursor::new(message) {
        let field = field?;
        match (field.number, field.value) {
            (map_entry::KEY, Value::Bytes(key)) => name = lossy(key),
            (map_entry::VALUE, Value::Bytes(message)) => value.merge_at(message, depth)?,
            _ => {}
        }
    }
    Ok((name, value))
}

/// An entry of a map always has both fields, even with default values.
fn encode_entry(out: &mut Vec<u8>, name: &str, value: &HparamValue) {
    encode::bytes_field(out, map_entry::KEY, name.as_bytes());
    put_message(out, map_entry::VALUE, |out| value.encode(out));
}
