//! Tags that are named in values: those of metrics, and those in charts. Renaming changes them too.

use crate::proto::number::{
    category, chart, experiment, hparams, layout, margin, margin_series, metadata, metric_info,
    metric_name, multiline, plugin_data, tensor,
};
use crate::wire::{Cursor, Value, encode};

/// The new name of a tag, if it gets one.
pub type Rename<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The path to a field, by the numbers of fields from the outside in.
type Path<'a> = &'a [u32];

const METRIC: Path<'static> = &[
    metadata::PLUGIN_DATA,
    plugin_data::CONTENT,
    hparams::EXPERIMENT,
    experiment::METRIC_INFOS,
    metric_info::NAME,
    metric_name::TAG,
];
const LINE: Path<'static> =
    &[tensor::STRING_VAL, layout::CATEGORY, category::CHART, chart::MULTILINE, multiline::TAG];
const MARGIN: Path<'static> =
    &[tensor::STRING_VAL, layout::CATEGORY, category::CHART, chart::MARGIN, margin::SERIES];

/// The metadata of hyperparameters with the new tags of metrics. None if no tag is renamed.
pub fn metrics(metadata: &[u8], rename: Rename<'_>) -> Option<Vec<u8>> {
    with(metadata, METRIC, &|tag| renamed(tag, rename))
}

/// The tensor of a layout with the new tags in charts. None if no tag is renamed.
///
/// Regular expressions choose the lines of a chart. One that is more than a tag stays.
pub fn charts(tensor: &[u8], rename: Rename<'_>) -> Option<Vec<u8>> {
    let lines = with(tensor, LINE, &|pattern| {
        let pattern = str::from_utf8(pattern).ok()?;
        renamed_pattern(pattern, rename).map(String::into_bytes)
    });
    let margins = with(lines.as_deref().unwrap_or(tensor), MARGIN, &|series| {
        let tags = [margin_series::VALUE, margin_series::LOWER, margin_series::UPPER];
        tags.iter().fold(None, |changed: Option<Vec<u8>>, &number| {
            let before = changed.as_deref().unwrap_or(series);
            with(before, &[number], &|tag| renamed(tag, rename)).or(changed)
        })
    });
    margins.or(lines)
}

fn renamed(tag: &[u8], rename: Rename<'_>) -> Option<Vec<u8>> {
    rename(str::from_utf8(tag).ok()?).map(String::into_bytes)
}

/// A message after a change of the fields at the end of this path. None if none changes.
fn with(
    message: &[u8],
    path: Path<'_>,
    change: &dyn Fn(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let (&number, inner) = path.split_first()?;
    let (mut out, mut is_changed) = (Vec::with_capacity(message.len()), false);
    for field in Cursor::new(message) {
        // A malformed message stays.
        let field = field.ok()?;
        let new = match field.value {
            Value::Bytes(bytes) if field.number == number => match inner {
                [] => change(bytes),
                inner => with(bytes, inner, change),
            },
            _ => None,
        };
        match &new {
            Some(new) => encode::bytes_field(&mut out, number, new),
            None => out.extend_from_slice(field.raw),
        }
        is_changed |= new.is_some();
    }
    is_changed.then_some(out)
}

/// Characters with a special meaning. The dot is not among them, since it also matches itself.
const SPECIAL: &str = r"\^$*+?()[]{}|";

/// The expression for the new tag, if the old one is nothing but a tag.
fn renamed_pattern(pattern: &str, rename: Rename<'_>) -> Option<String> {
    let (begin, rest) = pattern.strip_prefix('^').map_or(("", pattern), |rest| ("^", rest));
    let (rest, end) = rest.strip_suffix('$').map_or((rest, ""), |rest| (rest, "$"));
    let mut tag = String::new();
    let mut chars = rest.chars();
    while let Some(one) = chars.next() {
        tag.push(match one {
            // A backslash before a letter or digit would have another meaning.
            '\\' => chars.next().filter(|next| !next.is_alphanumeric())?,
            one if SPECIAL.contains(one) => return None,
            one => one,
        });
    }
    let mut new = begin.to_owned();
    for one in rename(&tag)?.chars() {
        if SPECIAL.contains(one) {
            new.push('\\');
        }
        new.push(one);
    }
    Some(new + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(tag: &str) -> Option<String> {
        ["loss", "a.b", "f(x)"].contains(&tag).then(|| format!("new/{tag}"))
    }

    #[test]
    fn patterns_that_are_a_tag() {
        for (pattern, expected) in [
            ("loss", Some("new/loss")),
            ("^loss$", Some("^new/loss$")),
            ("a.b", Some("new/a.b")),
            (r"a\.b", Some("new/a.b")),
            (r"f\(x\)", Some(r"new/f\(x\)")),
            ("f(x)", None),
            ("loss.*", None),
            (r"\d", None),
            (r"loss\", None),
            ("acc", None),
            ("", None),
        ] {
            assert_eq!(renamed_pattern(pattern, &rename).as_deref(), expected, "{pattern}");
        }
    }

    #[test]
    fn what_is_malformed_stays() {
        let mut good = Vec::new();
        encode::bytes_field(&mut good, 1, b"loss");
        let mut out = Vec::new();
        encode::bytes_field(&mut out, 1, b"new/loss");
        let change = |tag: &[u8]| renamed(tag, &rename);
        assert_eq!(with(&good, &[1], &change), Some(out));
        good.push(0xff);
        assert_eq!(with(&good, &[1], &change), None);
    }
}
