//! Smooths values as TensorBoard's charts do (`vz_line_chart2`, `line_chart_v2`).

/// An exponential moving average, debiased. If all values are the same, they stay the same. Values
/// that are not finite stay too, and the average ignores them.
pub fn smooth(values: &[f64], weight: f64) -> Vec<f64> {
    let Some(&first) = values.first() else { return Vec::new() };
    if values.iter().all(|&value| value == first) {
        return values.to_vec();
    }
    let (mut last, mut count) = (0.0, 0.0);
    let smoothed = values.iter().map(|&value| {
        if !value.is_finite() {
            return value;
        }
        last = last * weight + (1.0 - weight) * value;
        count += 1.0;
        // With the weight 1 the average stays at 0.
        let debias = if weight == 1.0 { 1.0 } else { 1.0 - weight.powf(count) };
        last / debias
    });
    smoothed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_debiased_average() {
        assert_eq!(smooth(&[], 0.5), []);
        assert_eq!(smooth(&[2.0, 2.0], 0.5), [2.0, 2.0]);
        assert_eq!(smooth(&[1.0, 4.0], 0.5), [1.0, 3.0]);
        assert_eq!(smooth(&[1.0, 4.0], 0.0), [1.0, 4.0]);
        assert_eq!(smooth(&[1.0, 4.0], 1.0), [0.0, 0.0]);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let smoothed = smooth(&[1.0, f64::INFINITY, 4.0], 0.5);
        assert_eq!(smoothed, [1.0, f64::INFINITY, 3.0]);
        assert!(smooth(&[1.0, f64::NAN], 0.5)[1].is_nan());
    }
}
