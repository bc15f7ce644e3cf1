//! Scalars as JSON for TensorBoard's page.

use std::sync::Arc;

use crate::columns::{Series, thinned};
use crate::text::push_float;

/// The form of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `[wall_time, step, value]`, for the older dashboard.
    Array,
    /// `{"wallTime": …, "step": …, "value": …}`, for the newer dashboard.
    Object,
}

/// The points of a tag as a JSON array, at most about `most` of them. They are those of `parts`, one
/// after the other. Numbers that JSON can't express are strings: `"NaN"`, `"Infinity"`,
/// `"-Infinity"`.
pub fn json(parts: &[Arc<Series>], most: usize, style: Style) -> Vec<u8> {
    let kept = thinned(parts, most);
    let all = parts.iter().map(|part| part.points.len()).sum();
    let count = kept.as_ref().map_or(all, Vec::len);
    let mut out = Vec::with_capacity(2 + 80 * count);
    let mut integer = itoa::Buffer::new();
    let [begin, before_step, before_value, end]: [&[u8]; 4] = match style {
        Style::Array => [b"[", b",", b",", b"],"],
        Style::Object => [b"{\"wallTime\":", b",\"step\":", b",\"value\":", b"},"],
    };
    out.push(b'[');
    // The first index of the part, and the place in `kept`.
    let (mut start, mut at) = (0, 0);
    for part in parts {
        let points = &part.points;
        let (steps, wall_times, values) = (points.steps(), points.wall_times(), points.values());
        while at < count {
            let index = kept.as_ref().map_or(at, |kept| kept[at]) - start;
            let Some(&value) = values.get(index) else { break };
            out.extend_from_slice(begin);
            number(&mut out, wall_times[index]);
            out.extend_from_slice(before_step);
            out.extend_from_slice(integer.format(steps[index]).as_bytes());
            out.extend_from_slice(before_value);
            number(&mut out, value);
            out.extend_from_slice(end);
            at += 1;
        }
        start += values.len();
    }
    // This removes the last comma.
    out.truncate(if count > 0 { out.len() - 1 } else { out.len() });
    out.push(b']');
    out
}

fn number(out: &mut Vec<u8>, value: f64) {
    match value {
        value if value.is_finite() => push_float(out, value),
        value if value.is_nan() => out.extend_from_slice(b"\"NaN\""),
        value if value > 0.0 => out.extend_from_slice(b"\"Infinity\""),
        _ => out.extend_from_slice(b"\"-Infinity\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Kind;

    #[test]
    fn points_are_arrays_or_objects() {
        let empty = || Series::new("loss", Kind::Scalar, true);
        assert_eq!(json(&[], 9, Style::Array), b"[]");
        assert_eq!(json(&[Arc::new(empty())], 9, Style::Array), b"[]");
        let (mut first, mut second) = (empty(), empty());
        first.points.push(-3, 1.5, f64::NAN);
        second.points.push(4, f64::INFINITY, -1e300);
        let parts = [first, empty(), second].map(Arc::new);
        let text = |style| String::from_utf8(json(&parts, 9, style)).unwrap();
        assert_eq!(text(Style::Array), r#"[[1.5,-3,"NaN"],["Infinity",4,-1e+300]]"#);
        assert_eq!(
            text(Style::Object),
            concat!(
                r#"[{"wallTime":1.5,"step":-3,"value":"NaN"},"#,
                r#"{"wallTime":"Infinity","step":4,"value":-1e+300}]"#
            )
        );
    }
}
