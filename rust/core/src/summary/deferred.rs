//! Summaries that may be encoded later, by the writer's thread.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use crate::error::Result;
use crate::record::Deferred;
use crate::summary::event::summary_event;

/// Values that take time to encode, such as pixels or samples. They are copied and checked already.
pub trait DeferredValues: Debug + Send + Sync {
    /// Bytes of memory that they hold.
    fn size(&self) -> usize;
    /// Appends the fields of a `Summary`, which are whole `Summary.value`s.
    fn encode(&self, out: &mut Vec<u8>) -> io::Result<()>;
}

/// The values of one event, ready to be logged. Clones share the data.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// An encoded `Summary`.
    Encoded(Arc<[u8]>),
    /// Values that are encoded later.
    Deferred(Arc<dyn DeferredValues>),
}

impl Prepared {
    /// The encoded `Summary`.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        match self {
            Prepared::Encoded(bytes) => Ok(bytes.to_vec()),
            Prepared::Deferred(values) => {
                let mut out = Vec::new();
                values.encode(&mut out)?;
                Ok(out)
            }
        }
    }
}

/// The event of [`DeferredValues`].
#[derive(Debug)]
pub struct DeferredEvent {
    /// Seconds since the epoch.
    pub wall_time: f64,
    /// The event's step.
    pub step: Option<i64>,
    /// The values.
    pub values: Arc<dyn DeferredValues>,
}

impl Deferred for DeferredEvent {
    fn size(&self) -> usize {
        self.values.size()
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<()> {
        let mut summary = Vec::new();
        self.values.encode(&mut summary)?;
        summary_event(out, self.wall_time, self.step, &summary);
        Ok(())
    }
}
