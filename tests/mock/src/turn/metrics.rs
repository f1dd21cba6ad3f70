//! Counters, gauges and histograms.

use super::{Turn, text};
use crate::call::Call;
use crate::status::Status;

impl Turn {
    pub(crate) fn define_metric(&mut self, kind: u32, name: &[u8]) -> Result<u32, Status> {
        let name = text(name);
        if self.note(Call::DefineMetric, name.clone())?.is_some() {
            return Ok(0);
        }
        if kind > HISTOGRAM {
            return Err(Status::BAD_ARGUMENT);
        }
        self.metrics.entry(name.clone()).or_default();
        self.definitions.push((kind, name));
        u32::try_from(self.definitions.len()).map_err(|_| Status::INTERNAL_FAILURE)
    }

    pub(crate) fn metric(&mut self, id: u32) -> Result<u64, Status> {
        let (_, name) = self.definition(id);
        if self.note(Call::Metric, name.clone())?.is_some() {
            return Ok(0);
        }
        self.metrics.get(&name).copied().ok_or(Status::NOT_FOUND)
    }

    pub(crate) fn record_metric(&mut self, id: u32, value: u64) -> Result<(), Status> {
        let (kind, name) = self.definition(id);
        if self.note(Call::RecordMetric, name.clone())?.is_some() {
            return Ok(());
        }
        let kind = kind.ok_or(Status::NOT_FOUND)?;
        let metric = self.metrics.entry(name).or_default();
        // A counter counts, whichever way it is told.
        *metric = if kind == COUNTER { metric.saturating_add(value) } else { value };
        Ok(())
    }

    pub(crate) fn increment_metric(&mut self, id: u32, offset: i64) -> Result<(), Status> {
        let (kind, name) = self.definition(id);
        if self.note(Call::IncrementMetric, name.clone())?.is_some() {
            return Ok(());
        }
        match kind {
            None => Err(Status::NOT_FOUND),
            Some(COUNTER) if offset <= 0 => Err(Status::BAD_ARGUMENT),
            Some(HISTOGRAM) => Err(Status::BAD_ARGUMENT),
            Some(_) => {
                let value = self.metrics.entry(name).or_default();
                *value = value.saturating_add_signed(offset);
                Ok(())
            }
        }
    }

    /// A metric's kind and name; no kind if nobody defined it.
    fn definition(&self, id: u32) -> (Option<u32>, String) {
        let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        match place.and_then(|place| self.definitions.get(place)) {
            Some((kind, name)) => (Some(*kind), name.clone()),
            None => (None, format!("undefined metric {id}")),
        }
    }
}

const COUNTER: u32 = 0;
const HISTOGRAM: u32 = 2;
