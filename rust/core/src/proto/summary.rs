//! `Summary`: the values of one event.

use std::borrow::Cow;

use crate::proto::number::summary as number;
use crate::proto::value::SummaryValue;
use crate::wire::{Cursor, Field, Malformed, Value};

/// The values of one event.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary<'a>(Cow<'a, [u8]>);

impl<'a> Summary<'a> {
    /// The summary of this encoded message.
    pub fn new(message: impl Into<Cow<'a, [u8]>>) -> Summary<'a> {
        Summary(message.into())
    }

    /// The encoded message.
    pub fn raw(&self) -> &[u8] {
        &self.0
    }

    /// The values, in order.
    pub fn values(&self) -> impl Iterator<Item = Result<SummaryValue<'_>, Malformed>> + Clone {
        Cursor::new(&self.0).filter_map(|field| match field {
            Ok(Field { number: number::VALUE, value: Value::Bytes(message), raw }) => {
                Some(SummaryValue::decode(message, raw))
            }
            Ok(_) => None,
            Err(malformed) => Some(Err(malformed)),
        })
    }
}
