//! The content of one file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::columns::claims::Claims;
use crate::columns::origin::Origin;
use crate::columns::points::Points;
use crate::columns::series::Series;
use crate::columns::sessions::SessionsRead;
use crate::proto::Kind;

/// The content of one file.
#[derive(Debug, Default)]
pub struct Content {
    /// The values of tags, in the order in which each kind of a tag came first.
    pub series: Vec<Series>,
    /// The content of events other than summaries, by kind and tag.
    pub events: Vec<Series>,
    /// Who wrote the file.
    pub origin: Origin,
    /// The restarts in the file.
    pub sessions: SessionsRead,
    /// The file's claims about the kinds of tensors.
    pub claims: Claims,
}

/// This number of points takes several pages.
const MANY: usize = 2048;

/// A series that is merged from parts.
struct Merged {
    series: Series,
    /// The number of points that it will have, and the number that its first part has room for.
    points: usize,
    room: usize,
}

/// Merges parts in their order. Each part is given with the index of its file.
///
/// The points are appended to those of the first part, if it has room for all. So if the columns of
/// a file's first part were laid out for the whole file, only the rest is copied. Otherwise all
/// points are copied once, into one piece of memory. Memory is freed while its points are copied.
pub fn merge(mut parts: Vec<(u32, Vec<Series>)>) -> Vec<Series> {
    if let [(0, only)] = &mut parts[..] {
        return std::mem::take(only);
    }
    let mut places: HashMap<(Kind, Box<str>), usize> = HashMap::new();
    let mut merged: Vec<Merged> = Vec::new();
    let mut all = Vec::with_capacity(parts.iter().map(|(_, series)| series.len()).sum());
    for (file, series) in parts {
        for series in series {
            let points = &series.points;
            let place = match places.entry((series.kind, series.tag.clone())) {
                Entry::Occupied(place) => *place.get(),
                Entry::Vacant(place) => {
                    let room = if points.capacity() > points.len() { points.capacity() } else { 0 };
                    let series = Series::new(&series.tag, series.kind, series.is_selected);
                    merged.push(Merged { series, points: 0, room });
                    *place.insert(merged.len() - 1)
                }
            };
            merged[place].points += points.len();
            all.push((place, file, series));
        }
    }
    // The memory of the parts is freed while the whole is filled. If each tag takes several pages,
    // this is done page by page, and tag after tag is best. Otherwise it is done file by file.
    let is_paged = merged.iter().map(|it| it.points).sum::<usize>() > MANY * all.len();
    if is_paged {
        all.sort_by_key(|&(place, ..)| place);
    }
    let (short, lengths): (Vec<_>, Vec<_>) = (merged.iter_mut())
        .filter(|it| it.room < it.points)
        .map(|it| (&mut it.series.points, it.points))
        .unzip();
    Points::pack(short.into_iter(), &lengths, is_paged);
    for (place, file, series) in all {
        merged[place].series.append(series, file);
    }
    merged.into_iter().map(|it| it.series).collect()
}
