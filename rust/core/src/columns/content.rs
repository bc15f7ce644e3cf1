//! What was read of one file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::columns::claims::Claims;
use crate::columns::origin::Origin;
use crate::columns::points::Points;
use crate::columns::series::Series;
use crate::columns::sessions::SessionsRead;
use crate::proto::Kind;

/// What one file holds.
#[derive(Debug, Default)]
pub struct Content {
    /// The values under tags, in the order in which each kind of a tag first came.
    pub series: Vec<Series>,
    /// What other events than summaries hold, by kind and tag.
    pub events: Vec<Series>,
    /// Where the file comes from.
    pub origin: Origin,
    /// What the file says of restarts.
    pub sessions: SessionsRead,
    /// What the file says of tensors under its tags.
    pub claims: Claims,
}

/// So many points take several pages.
const MANY: usize = 2048;

/// A series that is put together.
struct Merged {
    series: Series,
    /// How many points it will have, and for how many its first part has room.
    points: usize,
    room: usize,
}

/// Puts together what parts hold, each given with the index of its file, in their order.
///
/// The points are appended to those of the first part, where these have room for all: who lays out
/// the columns of a file's first part for the whole file has the rest copied alone. Else all are
/// copied once, into one piece of memory. What held them is given back on the way.
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
    // The memory of the parts is given back as that of the whole is filled: page by page where each
    // takes several, which is best done tag after tag; or else file by file.
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
