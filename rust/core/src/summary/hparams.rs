//! Hyperparameters: the three values of the "hparams" plugin, whose data are in their metadata.

use crate::proto::hparams::{EXPERIMENT_TAG, SESSION_END_TAG, SESSION_START_TAG};
use crate::proto::number::value as number;
use crate::proto::value::put_message_value;
use crate::proto::{
    Experiment, HparamDomain, HparamInfo, HparamValue, HparamsData, HparamsPluginData,
    HparamsStatus, Message, Metadata, MetricInfo, SessionEnd, SessionStart, plugin,
};

/// A hyperparameter of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Hparam {
    /// Its name.
    pub name: String,
    /// Its value in this run.
    pub value: HparamValue,
    /// All its possible values, if they are known.
    pub domain: Option<Vec<HparamValue>>,
}

/// Appends the `Summary.value` that names the hyperparameters and the metrics' tags.
pub fn hparams_experiment_value(out: &mut Vec<u8>, hparams: &[Hparam], metrics: &[String]) {
    let info = |hparam: &Hparam| HparamInfo {
        name: hparam.name.clone(),
        data_type: hparam.value.data_type(),
        domain: hparam.domain.clone().map(HparamDomain::Discrete),
    };
    let metric = |tag: &String| MetricInfo { tag: tag.clone() };
    let experiment = Experiment {
        hparams: hparams.iter().map(info).collect(),
        metrics: metrics.iter().map(metric).collect(),
    };
    put_hparams(out, EXPERIMENT_TAG, HparamsData::Experiment(experiment));
}

/// Appends the `Summary.value` with the hyperparameters' values in this run.
pub fn hparams_session_start_value(out: &mut Vec<u8>, hparams: &[Hparam]) {
    let entry = |hparam: &Hparam| (hparam.name.clone(), hparam.value.clone());
    let hparams = hparams.iter().map(entry).collect();
    let start = SessionStart { hparams, ..SessionStart::default() };
    put_hparams(out, SESSION_START_TAG, HparamsData::SessionStart(start));
}

/// Appends the `Summary.value` that marks the run as successful.
pub fn hparams_session_end_value(out: &mut Vec<u8>) {
    let end = SessionEnd { status: HparamsStatus::Success, ..SessionEnd::default() };
    put_hparams(out, SESSION_END_TAG, HparamsData::SessionEnd(end));
}

fn put_hparams(out: &mut Vec<u8>, tag: &str, data: HparamsData) {
    let content = HparamsPluginData { data: Some(data) }.to_bytes();
    let metadata = Metadata::of_plugin(plugin::HPARAMS, &content).to_bytes();
    put_message_value(out, tag, number::METADATA, &metadata);
}
