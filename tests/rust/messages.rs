//! Messages for the tests, field by field.
#![allow(dead_code)]

use tfevents::wire::encode;

pub fn message(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    build(&mut out);
    out
}

/// `SummaryMetadata` of a plugin.
pub fn metadata(plugin: &str) -> Vec<u8> {
    let plugin = message(|out| encode::bytes_field(out, 1, plugin.as_bytes()));
    message(|out| encode::bytes_field(out, 1, &plugin))
}

/// An event with these `Summary.Value`s.
pub fn event(step: i64, wall_time: f64, values: &[Vec<u8>]) -> Vec<u8> {
    let summary = message(|out| values.iter().for_each(|value| encode::bytes_field(out, 1, value)));
    message(|out| {
        encode::double_field(out, 1, wall_time);
        if step != 0 {
            encode::varint_field(out, 2, step as u64);
        }
        encode::bytes_field(out, 5, &summary);
    })
}
