//! The fast ways give the same result as decoding in full.

use std::collections::HashMap;

use super::*;
use crate::columns::content::Content;
use crate::crc32c;
use crate::proto::{Data, Event, Kind, What};
use crate::record::{self, HEADER, OVERHEAD, Parsed, Verify};
use crate::wire::encode;
use proptest::prelude::*;

fn message(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    build(&mut out);
    out
}

/// Every shape of value that occurs, and some that do not occur.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let tensor = (0..6usize, any::<[u8; 8]>(), 0..3u64).prop_map(|(shape, bytes, dims)| {
        message(|out| match shape {
            0 => {
                encode::varint_field(out, 1, 1);
                encode::bytes_field(out, 2, b"");
                encode::bytes_field(out, 4, &bytes[..4]);
            }
            1 => {
                encode::varint_field(out, 1, 2);
                encode::bytes_field(out, 6, &bytes);
            }
            2 => {
                encode::bytes_field(out, 5, &bytes[..4]);
                encode::varint_field(out, 1, 1);
            }
            3 => {
                encode::varint_field(out, 1, 9);
                encode::varint_field(out, 10, u64::from_le_bytes(bytes));
            }
            4 => {
                let dim = message(|out| encode::varint_field(out, 1, dims));
                let shape = message(|out| encode::bytes_field(out, 2, &dim));
                encode::varint_field(out, 1, 3);
                encode::bytes_field(out, 2, &shape);
                encode::bytes_field(out, 4, &bytes[..4]);
            }
            _ => {
                encode::varint_field(out, 1, 7);
                encode::bytes_field(out, 8, &bytes[..3]);
            }
        })
    });
    let plugin = prop_oneof![2 => Just("scalars"), 1 => Just("text"), 1 => Just("other")];
    let metadata = plugin.prop_map(|plugin| {
        let plugin = message(|out| encode::bytes_field(out, 1, plugin.as_bytes()));
        message(|out| encode::bytes_field(out, 1, &plugin))
    });
    let tag = prop_oneof!["[ab]", "tag/[ab]{8}", "[ab]{200}"];
    let simple = any::<f32>().prop_map(|value| message(|o| encode::float_field(o, 2, value)));
    let tensor = tensor.prop_map(|tensor| message(|o| encode::bytes_field(o, 8, &tensor)));
    let metadata = metadata.prop_map(|data| message(|o| encode::bytes_field(o, 9, &data)));
    let histogram = (any::<f64>(), any::<[u8; 16]>(), 14..=16usize, any::<bool>()).prop_map(
        |(min, doubles, length, plugin)| {
            let histogram = message(|out| {
                encode::double_field(out, 1, min);
                encode::bytes_field(out, 6, &doubles);
                encode::bytes_field(out, 7, &doubles[..length]);
                encode::double_field(out, 7, min);
            });
            message(|out| {
                encode::bytes_field(out, 5, &histogram);
                if plugin {
                    encode::bytes_field(out, 9, b"");
                }
            })
        },
    );
    let content = prop_oneof![
        simple,
        histogram,
        tensor.clone(),
        (tensor, metadata).prop_map(|(a, b)| [a, b].concat())
    ];
    (tag, content).prop_map(|(tag, content)| {
        let tag = message(|out| encode::bytes_field(out, 1, tag.as_bytes()));
        [tag, content].concat()
    })
}

fn event() -> impl Strategy<Value = Vec<u8>> {
    let step = prop_oneof![any::<i64>(), 0..1000i64];
    (any::<f64>(), prop::option::of(step), prop::collection::vec(value(), 1..4)).prop_map(
        |(wall_time, step, values)| {
            message(|out| {
                encode::double_field(out, 1, wall_time);
                if let Some(step) = step {
                    encode::varint_field(out, 2, step as u64);
                }
                let summary = message(|out| {
                    values.iter().for_each(|value| encode::bytes_field(out, 1, value));
                });
                encode::bytes_field(out, 5, &summary);
            })
        },
    )
}

fn contents(columns: Columns) -> Vec<String> {
    shown(&columns.finish().0)
}

fn shown(content: &Content) -> Vec<String> {
    (content.series.iter())
        .map(|series| {
            let points = &series.points;
            let bits = |column: &[f64]| column.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            let (times, values) = (bits(points.wall_times()), bits(points.values()));
            let (tag, kind, steps, others) =
                (&series.tag, series.kind, points.steps(), &series.values);
            format!("{tag} {kind:?} {steps:?} {times:?} {values:?} {others:?}")
        })
        .collect()
}

proptest! {
    #[test]
    fn the_fast_path_reads_what_the_general_one_reads(
        pool in prop::collection::vec(event(), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        change in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let (mut fast, mut thorough) = (Columns::default(), Columns::default());
        thorough.thorough = true;
        for index in order {
            // The same events are repeated, so that the fast way knows them.
            let event = &pool[index.index(pool.len())];
            let mut payload = event.clone();
            if let Some((at, byte)) = change {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
            prop_assert_eq!(fast.add(&payload, 0), thorough.add(&payload, 0));
            prop_assert_eq!(fast.add(event, 0), thorough.add(event, 0));
        }
        prop_assert_eq!(contents(fast), contents(thorough));
    }
}

/// Bytes that replace others, or are inserted.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, bool, Vec<u8>)> {
    let bytes = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        // Zeros, as on a disk that lost data, and also before the checksum of an empty payload.
        (1..200usize).prop_map(|count| vec![0; count]),
        Just([&[0; HEADER][..], &crc32c::masked(b"").to_le_bytes()].concat()),
        prop::collection::vec(any::<u8>(), 1..20),
    ];
    (any::<prop::sample::Index>(), any::<bool>(), bytes)
}

/// Adds records one by one with a plain loop. Returns the number of bytes and records.
fn walk(columns: &mut Columns, window: &[u8], verify: Verify) -> (usize, u64) {
    let (mut at, mut records) = (0, 0);
    while let Parsed::Record(payload) = record::parse(&window[at..], verify) {
        if columns.decode(payload, (at + HEADER) as u64).is_err() {
            break;
        }
        at += payload.len() + OVERHEAD;
        records += 1;
    }
    (at, records)
}

proptest! {
    #[test]
    fn what_is_taken_in_is_what_the_parser_and_the_decoder_take(
        pool in prop::collection::vec(event(), 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        mutations in prop::collection::vec(mutation(), 0..3),
        verify in prop_oneof![Just(Verify::Crc), Just(Verify::None)],
    ) {
        let mut bytes = Vec::new();
        order.iter().for_each(|index| record::frame(&mut bytes, &pool[index.index(pool.len())]));
        for (at, replaces, new) in mutations {
            let at = at.index(bytes.len() + 1);
            let end = if replaces { bytes.len().min(at + new.len()) } else { at };
            bytes.splice(at..end, new);
        }
        let (mut fast, mut plain) = (Columns::default(), Columns::default());
        let mut at = 0;
        // If neither takes a record, one byte is skipped, so that the rest is tried too.
        while at < bytes.len() {
            let taken = fast.run(&bytes[at..], 0, verify);
            prop_assert_eq!(taken, walk(&mut plain, &bytes[at..], verify));
            at += taken.0 + 1;
        }
        prop_assert_eq!(contents(fast), contents(plain));
    }
}

/// An event that is well-formed.
fn good_event() -> impl Strategy<Value = Vec<u8>> {
    event().prop_filter("malformed", |event| Columns::default().decode(event, 0).is_ok())
}

/// The steps of each kind of each tag, by a plain reading of the rule.
fn by_the_rule(events: &[&Vec<u8>]) -> HashMap<(String, Kind), Vec<i64>> {
    let mut all: HashMap<_, Vec<i64>> = HashMap::new();
    let mut first: HashMap<String, Kind> = HashMap::new();
    for payload in events {
        let event = Event::decode(payload).unwrap();
        let What::Summary(summary) = &event.what else { panic!("{event:?}") };
        for value in summary.values().map(Result::unwrap) {
            let tag = value.tag.to_owned();
            let own = value.metadata.as_ref().map(Kind::claimed_by);
            let claimed = own.or(first.get(&tag).copied()).unwrap_or(Kind::Tensor);
            own.map(|own| first.entry(tag.clone()).or_insert(own));
            let kind = match (&value.data, claimed) {
                (Data::SimpleValue(_), _) => Kind::Scalar,
                (Data::Histogram(_), _) => Kind::Histogram,
                (Data::Tensor(tensor), Kind::Scalar) if tensor.scalar().is_some() => Kind::Scalar,
                (Data::Tensor(tensor), Kind::Text) if tensor.strings().is_some() => Kind::Text,
                (Data::Tensor(_), _) => Kind::Tensor,
                (other, _) => panic!("{other:?}"),
            };
            all.entry((tag, kind)).or_default().push(event.step);
        }
    }
    all
}

proptest! {
    #[test]
    fn each_value_is_what_it_says_it_is(
        pool in prop::collection::vec(good_event(), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let events: Vec<_> = order.iter().map(|index| &pool[index.index(pool.len())]).collect();
        let mut columns = Columns::default();
        events.iter().for_each(|event| columns.add(event, 0).unwrap());
        let found: HashMap<_, _> = (columns.finish().0.series.iter())
            .map(|series| ((series.tag.to_string(), series.kind), series.steps().to_vec()))
            .collect();
        prop_assert_eq!(found, by_the_rule(&events));
    }

    #[test]
    fn a_file_is_what_its_parts_are(
        pool in prop::collection::vec(good_event(), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let events: Vec<_> = order.iter().map(|index| &pool[index.index(pool.len())]).collect();
        let take_in = |columns: &mut Columns<'_>, events: &[&Vec<u8>]| {
            events.iter().for_each(|event| columns.add(event, 0).unwrap());
        };
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(events.len() + 1)).collect();
        cuts.extend([0, events.len()]);
        cuts.sort_unstable();
        let (mut joined, mut part, mut places) = (Columns::default(), Columns::default(), Vec::new());
        for cut in cuts.windows(2) {
            let events = &events[cut[0]..cut[1]];
            take_in(&mut part, events);
            if !joined.append(&mut part, &mut places) {
                // The reader of a file in blocks does the same.
                (part, places) = Default::default();
                take_in(&mut joined, events);
            }
        }
        let mut whole = Columns::default();
        take_in(&mut whole, &events);
        let (whole, parts) = (whole.finish().0, joined.finish().0);
        prop_assert_eq!(shown(&parts), shown(&whole));
        prop_assert_eq!((parts.claims, parts.origin), (whole.claims, whole.origin));
    }
}
