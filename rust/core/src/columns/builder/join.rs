//! Joins the columns of a file whose parts are read separately.

use super::columns::{Columns, Known};
use crate::columns::claims::Claim;
use crate::columns::points::Points;

impl Columns<'_> {
    /// Appends the values of `part`, which is the next part of the file, and empties it. `part`
    /// keeps the shapes of records. `places` maps its series to ours, and belongs to it.
    ///
    /// Returns false and does nothing if a wrong kind was assumed for tensors, since earlier
    /// metadata were not known.
    pub fn append(&mut self, part: &mut Columns<'_>, places: &mut Vec<u32>) -> bool {
        let agrees = |(name, theirs): (&str, &Known)| {
            let claimed = self.tags.get(name).and_then(|tag| self.claimed(tag));
            claimed.is_none_or(|kind| theirs.claim.assumed.is_at_most(kind))
        };
        if !part.tags.names().zip(&part.known).all(agrees) {
            return false;
        }
        self.append_claims(part);
        for index in places.len()..part.hot.len() {
            let (name, kind) = (part.tags.name(part.cold[index].tag), part.cold[index].kind);
            let tag = self.tag(name);
            places.push(self.find(tag, kind).unwrap_or_else(|| self.open(tag, kind)));
        }
        for (index, &place) in places.iter().enumerate() {
            let (theirs, ours) =
                (&mut part.hot[index].points, &mut self.hot[place as usize].points);
            // Its memory is kept for the next part, unless nothing was in it: the part may not need
            // it again, and with many tags it would be much.
            match theirs.is_empty() {
                true => *theirs = Points::default(),
                false => ours.append(theirs),
            }
            let (theirs, ours) = (&mut part.cold[index], &mut self.cold[place as usize]);
            if ours.metadata.is_none() {
                ours.metadata.clone_from(&theirs.metadata);
            }
            match theirs.values.is_empty() {
                true => theirs.values.free(),
                false => ours.values.append(&mut theirs.values, 0),
            }
        }
        part.event_places.clear();
        for mut theirs in part.events.drain(..) {
            self.event(theirs.kind, &theirs.tag).values.append(&mut theirs.values, 0);
        }
        self.origin.append(&std::mem::take(&mut part.origin));
        self.sessions.append(&mut part.sessions);
        true
    }

    /// Adds the claims of `part` about its tags, and gives it ours.
    fn append_claims(&mut self, part: &mut Columns<'_>) {
        for (name, theirs) in part.tags.names().zip(&mut part.known) {
            let tag = self.tag(name);
            let ours = &mut self.known[tag as usize];
            let Claim { first, assumed } = std::mem::take(&mut theirs.claim);
            ours.claim.first = ours.claim.first.or(first);
            ours.claim.assumed = ours.claim.assumed.union(assumed);
            ours.claimed = ours.claimed.or(first);
            theirs.claimed = ours.claimed;
        }
    }
}
