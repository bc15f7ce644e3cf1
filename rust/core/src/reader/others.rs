//! Tags of a run without values in it.

use std::collections::HashMap;

use crate::columns::content::Content;
use crate::columns::series::Series;
use crate::proto::Kind;
use crate::reader::state::TagState;

/// The metadata of tags without values here.
#[derive(Default)]
pub struct Others {
    pub states: Vec<TagState>,
    places: HashMap<(Kind, Box<str>), usize>,
}

impl Others {
    /// The tags of a state.
    pub fn of(states: &[TagState]) -> Others {
        let key = |state: &TagState| (state.kind, state.name.clone());
        Others { states: states.to_vec(), places: states.iter().map(key).zip(0..).collect() }
    }

    /// Moves the tags that are not selected out of `content`.
    pub fn take(&mut self, content: &mut Content) {
        content.events.retain(|series| series.is_selected);
        content.series.retain(|series| {
            if !series.is_selected {
                self.add(series);
            }
            series.is_selected
        });
    }

    /// Adds the metadata of a series.
    fn add(&mut self, series: &Series) {
        let next = self.states.len();
        let place = *self.places.entry((series.kind, series.tag.clone())).or_insert(next);
        if place == next {
            let (name, metadata) = (series.tag.clone(), None);
            self.states.push(TagState { name, kind: series.kind, metadata });
        }
        let known = &mut self.states[place].metadata;
        *known = known.take().or_else(|| series.metadata.clone());
    }

    /// Gives a series the first metadata of its tag, if these came before it.
    pub fn complete(&self, series: &mut Series) {
        let key = (series.kind, std::mem::take(&mut series.tag));
        if let Some(first) = self.places.get(&key).and_then(|&it| self.states[it].metadata.as_ref())
        {
            series.metadata = Some(first.clone());
        }
        series.tag = key.1;
    }
}
