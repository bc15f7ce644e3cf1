//! Precision-recall curves for TensorBoard's "pr_curves" plugin.

use crate::proto::value::put_tensor_value;
use crate::proto::{Message, Metadata, PR_CURVE_ROWS, PrCurvePluginData, plugin, tensor_of_floats};

/// The least divisor, which makes 0 of 0 / 0.
const MINIMUM_COUNT: f64 = 1e-7;
/// The number of weights that `numpy.histogram` adds up before it adds the result to the total.
const BLOCK: usize = 65_536;

/// A curve.
#[derive(Debug, Clone)]
pub struct PrCurve {
    /// Six rows, one after another, with one number for each threshold: true positives, false
    /// positives, true negatives, false negatives, precision, recall.
    pub rows: Vec<f64>,
    /// The number of predictions that are NaN or not from 0 to 1. They are in none of the rows.
    pub left_out: usize,
}

/// A predicted probability.
pub trait Prediction: Copy {
    /// The index of the greatest of `count` thresholds from 0 to 1 that it reaches. It is computed
    /// in the precision of the prediction.
    fn threshold(self, count: usize) -> Option<usize>;
}

macro_rules! prediction {
    ($float:ty) => {
        impl Prediction for $float {
            #[inline(always)]
            fn threshold(self, count: usize) -> Option<usize> {
                let place = self * (count - 1) as $float;
                (place >= 0.0 && place < count as $float).then_some(place as usize)
            }
        }
    };
}
prediction!(f32);
prediction!(f64);

/// The curve of `predictions` for `labels` from 0 to 1, at one or more `thresholds`. The sums are
/// added in the same order as in torch, where NumPy adds them, so they are equal to the last bit.
pub fn pr_curve<P: Prediction>(
    labels: &[f64],
    predictions: &[P],
    weights: Option<&[f64]>,
    thresholds: usize,
) -> PrCurve {
    let [mut tp, mut fp] = [vec![0.0; thresholds], vec![0.0; thresholds]];
    let mut left_out = 0;
    for start in (0..predictions.len()).step_by(BLOCK) {
        let [mut positive, mut negative] = [vec![0.0; thresholds], vec![0.0; thresholds]];
        for i in start..predictions.len().min(start + BLOCK) {
            let Some(place) = predictions[i].threshold(thresholds) else {
                left_out += 1;
                continue;
            };
            let weight = weights.map_or(1.0, |weights| weights[i]);
            positive[place] += labels[i] * weight;
            negative[place] += (1.0 - labels[i]) * weight;
        }
        add(&mut tp, &positive);
        add(&mut fp, &negative);
    }
    sum_from_the_end(&mut tp);
    sum_from_the_end(&mut fp);
    let tn: Vec<f64> = fp.iter().map(|count| fp[0] - count).collect();
    let fn_: Vec<f64> = tp.iter().map(|count| tp[0] - count).collect();
    let precision = share(&tp, &fp);
    let recall = share(&tp, &fn_);
    PrCurve { rows: [tp, fp, tn, fn_, precision, recall].concat(), left_out }
}

fn add(sums: &mut [f64], others: &[f64]) {
    for (sum, other) in sums.iter_mut().zip(others) {
        *sum += other;
    }
}

fn sum_from_the_end(counts: &mut [f64]) {
    let mut sum = 0.0;
    for count in counts.iter_mut().rev() {
        sum += *count;
        *count = sum;
    }
}

fn share(part: &[f64], rest: &[f64]) -> Vec<f64> {
    part.iter().zip(rest).map(|(part, rest)| part / (part + rest).max(MINIMUM_COUNT)).collect()
}

/// Appends a `Summary.value` with the rows of a [`PrCurve`]. `thresholds` is the number of
/// thresholds in the plugin's data.
pub fn pr_curve_value(out: &mut Vec<u8>, tag: &str, rows: &[f64], thresholds: u32) {
    let numbers: Vec<f32> = rows.iter().map(|&number| number as f32).collect();
    let shape = [PR_CURVE_ROWS as u64, (rows.len() / PR_CURVE_ROWS) as u64];
    let tensor = tensor_of_floats(&shape, &numbers);
    let content = PrCurvePluginData { num_thresholds: thresholds }.to_bytes();
    put_tensor_value(out, tag, &tensor, &Metadata::of_plugin(plugin::PR_CURVES, &content));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_at_the_thresholds() {
        assert_eq!(
            [0.0f32, 0.49, 0.5, 1.0, 1.4].map(|p| p.threshold(3)),
            [0, 0, 1, 2, 2].map(Some)
        );
        assert_eq!(0.7f64.threshold(1), Some(0));
        for nowhere in [-0.1, 1.5, f64::NAN, f64::INFINITY, -f64::INFINITY] {
            assert_eq!(nowhere.threshold(3), None);
        }
    }

    #[test]
    fn a_curve() {
        let curve = pr_curve(&[1.0, 0.0, 1.0], &[0.9, 0.5, 0.2], Some(&[1.0, 2.0, 4.0]), 3);
        let rows: Vec<&[f64]> = curve.rows.chunks(3).collect();
        assert_eq!(rows[..2], [[5.0, 1.0, 0.0], [2.0, 2.0, 0.0]]);
        assert_eq!(rows[2..4], [[0.0, 0.0, 2.0], [0.0, 4.0, 5.0]]);
        assert_eq!(rows[4..], [[5.0 / 7.0, 1.0 / 3.0, 0.0], [1.0, 0.2, 0.0]]);
    }
}
