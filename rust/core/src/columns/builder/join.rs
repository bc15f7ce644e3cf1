//! The columns of a file whose parts are read each by itself.

use super::columns::{Columns, Known};
use crate::columns::claims::Claim;
use crate::columns::points::Points;
use crate::columns::series::Values;

impl Columns<'_> {
    /// Appends all that `part` took in of the bytes that come next, and empties `part`, which keeps
    /// what it learned of the shape of records. `places` says which series here its series are, and
    /// goes with it.
    ///
    /// False, and nothing is done, where tensors were taken for something else than they are, since
    /// it was not known what stands before them.
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
            ours.append_copies(theirs);
            // What is not used now may not be again: of many tags it would be much.
            match theirs.is_empty() {
                true => *theirs = Points::default(),
                false => theirs.clear(),
            }
            let (theirs, ours) = (&mut part.cold[index], &mut self.cold[place as usize]);
            if ours.metadata.is_none() {
                ours.metadata.clone_from(&theirs.metadata);
            }
            if !theirs.values.is_empty() {
                let values = std::mem::replace(&mut theirs.values, Values::of(theirs.kind));
                ours.values.append(values, 0);
            }
        }
        part.event_places.clear();
        for theirs in part.events.drain(..) {
            self.event(theirs.kind, &theirs.tag).values.append(theirs.values, 0);
        }
        self.origin.append(&std::mem::take(&mut part.origin));
        self.sessions.append(&mut part.sessions);
        true
    }

    /// Appends what `part` found its tags to claim, and tells it what they do.
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
