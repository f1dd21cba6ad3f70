//! What a plugin asks for without a stream: ticks, shared data, foreign functions.

use std::time::Duration;

use super::{Turn, text};
use crate::call::Call;
use crate::foreign::ForeignFunction;
use crate::status::Status;

impl Turn {
    /// Sets the period of the plugin's root context, whichever context asks; 0 ends it.
    pub(crate) fn set_tick_period(&mut self, milliseconds: u32) -> Result<(), Status> {
        if self.note(Call::TickPeriod, milliseconds.to_string())?.is_none() {
            let period = Duration::from_millis(milliseconds.into());
            self.tick_period = (!period.is_zero()).then_some(period);
        }
        Ok(())
    }

    /// A value and its number.
    pub(crate) fn shared_data(&mut self, key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
        match self.note(Call::SharedData, text(key))? {
            Some(bytes) if bytes.is_empty() => Ok((bytes, 0)),
            // What it comes with is no fault.
            Some(bytes) => {
                let number = self.shared.numbered(key).map_or(1, |(_, number)| number);
                Ok((bytes, number))
            }
            None => self.shared.numbered(key).ok_or(Status::NOT_FOUND),
        }
    }

    pub(crate) fn set_shared_data(
        &mut self,
        key: &[u8],
        value: &[u8],
        number: u32,
    ) -> Result<(), Status> {
        if self.note(Call::SetSharedData, text(key))?.is_none() {
            self.shared.replace(key, value, number)?;
        }
        Ok(())
    }

    /// A foreign function, for the caller to call: it must not run while the world is borrowed.
    pub(crate) fn foreign_function(&mut self, name: &[u8]) -> Result<ForeignFunction, Status> {
        let name = text(name);
        match self.note(Call::ForeignFunction, name.clone())? {
            Some(bytes) => Ok(ForeignFunction::new(move |_| Ok(bytes.clone()))),
            None => self.foreign_functions.get(&name).cloned().ok_or(Status::NOT_FOUND),
        }
    }
}
