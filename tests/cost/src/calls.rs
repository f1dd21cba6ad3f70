//! What the host answers to each call.

use wasmi::{Caller, Error, Extern, Memory, Val};

use crate::host::{Host, MONOTONIC, WALL};
use crate::pairs;

const OK: i32 = 0;
const NOT_FOUND: i32 = 1;
const BAD_ARGUMENT: i32 = 2;
const CAS_MISMATCH: i32 = 8;
const REQUEST_HEADERS: u32 = 0;
const PLUGIN_CONFIGURATION: u32 = 7;

/// `message VerifySignatureResult { bool result = 1; … }`: every signature holds. What verifying takes is the
/// host's.
const HOLDS: &[u8] = &[0x08, 1];

/// One call of the module's, with its arguments.
pub(crate) struct HostCall<'a, 'c> {
    pub(crate) caller: &'a mut Caller<'c, Host>,
    pub(crate) arguments: &'a [Val],
}

impl HostCall<'_, '_> {
    /// Answers it.
    ///
    /// # Errors
    /// If it is none that this host has.
    pub(crate) fn answer(&mut self, name: &str) -> Result<i32, Error> {
        let subject = self.subject(name)?;
        self.host().traffic.calls.push(match subject {
            Some(subject) => {
                format!("{name} {}", String::from_utf8_lossy(&subject).replace('\0', "."))
            }
            None => name.to_owned(),
        });
        match name {
            "proxy_log" => {
                let line = self.slice(1)?;
                self.host().logs.push(String::from_utf8_lossy(&line).into_owned());
                Ok(OK)
            }
            "proxy_get_buffer_bytes" => self.buffer(),
            "proxy_get_header_map_pairs" => {
                if self.number(0) != REQUEST_HEADERS {
                    return Ok(NOT_FOUND);
                }
                let bytes = pairs::write(&self.host().headers);
                self.give(&bytes, 1)
            }
            "proxy_get_header_map_value" => {
                let name = self.slice(1)?;
                let found = self.host().headers.iter().find(|(of, _)| *of == name).cloned();
                match found {
                    Some((_, value)) => self.give(&value, 3),
                    None => Ok(NOT_FOUND),
                }
            }
            "proxy_remove_header_map_value" => {
                let name = self.slice(1)?;
                self.host().headers.retain(|(of, _)| *of != name);
                Ok(OK)
            }
            "proxy_replace_header_map_value" | "proxy_add_header_map_value" => {
                let (name_, value) = (self.slice(1)?, self.slice(3)?);
                let host = self.host();
                if name.starts_with("proxy_replace") {
                    host.headers.retain(|(of, _)| *of != name_);
                }
                host.headers.push((name_, value));
                Ok(OK)
            }
            "proxy_get_property" => {
                let path = self.slice(0)?;
                match self.host().properties.get(&path).cloned() {
                    Some(value) => self.give(&value, 2),
                    None => Ok(NOT_FOUND),
                }
            }
            "proxy_set_property" => {
                let (name, value) = (self.slice(0)?, self.slice(2)?);
                self.host().state.insert(name, value);
                Ok(OK)
            }
            "proxy_send_local_response" => {
                for place in [1, 3, 5] {
                    self.slice(place)?;
                }
                Ok(OK)
            }
            "proxy_define_metric" => {
                let name = self.slice(1)?;
                let host = self.host();
                let place = host.metrics.iter().position(|of| *of == name).unwrap_or_else(|| {
                    host.metrics.push(name);
                    host.metrics.len() - 1
                });
                self.put(3, &u32::try_from(place + 1).expect("few metrics").to_le_bytes())
            }
            "proxy_get_shared_data" => {
                let key = self.slice(0)?;
                let Some((value, number)) = self.host().shared(&key) else {
                    return Ok(NOT_FOUND);
                };
                self.give(&value, 2)?;
                self.put(4, &number.to_le_bytes())
            }
            "proxy_set_shared_data" => {
                let (key, value, number) = (self.slice(0)?, self.slice(2)?, self.number(4));
                Ok(if self.host().set_shared(key, value, number) { OK } else { CAS_MISMATCH })
            }
            "proxy_get_current_time_nanoseconds" => self.put(0, &WALL.to_le_bytes()),
            "clock_time_get" => self.put(2, &MONOTONIC.to_le_bytes()),
            "random_get" => {
                let (place, size) = (self.number(0), self.number(1));
                self.memory().data_mut(&mut *self.caller)[usize_of(place)..][..usize_of(size)]
                    .fill(7);
                Ok(OK)
            }
            "environ_sizes_get" => {
                self.put(0, &[0; 4])?;
                self.put(1, &[0; 4])
            }
            "proxy_increment_metric"
            | "proxy_record_metric"
            | "proxy_set_tick_period_milliseconds"
            | "proxy_set_effective_context"
            | "proxy_continue_stream"
            | "proxy_close_stream"
            | "environ_get" => Ok(OK),
            "proxy_call_foreign_function" => {
                let (name, _) = (self.slice(0)?, self.slice(2)?);
                if name == b"verify_signature" { self.give(HOLDS, 4) } else { Ok(NOT_FOUND) }
            }
            _ => Err(Error::new(format!("the host has no {name}"))),
        }
    }

    /// What a call is about, to tell it from others of the same function.
    fn subject(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(match name {
            "proxy_get_property" | "proxy_set_property" => Some(self.peek(0)?),
            "proxy_remove_header_map_value"
            | "proxy_replace_header_map_value"
            | "proxy_add_header_map_value"
            | "proxy_get_header_map_value" => Some(self.peek(1)?),
            _ => None,
        })
    }

    fn buffer(&mut self) -> Result<i32, Error> {
        let (start, length) = (usize_of(self.number(1)), usize_of(self.number(2)));
        if self.number(0) != PLUGIN_CONFIGURATION {
            return Ok(NOT_FOUND);
        }
        let whole = self.host().configuration.clone();
        let end = start.saturating_add(length).min(whole.len());
        match whole.get(start..end) {
            Some(part) => self.give(part, 3),
            None => Ok(BAD_ARGUMENT),
        }
    }

    fn host(&mut self) -> &mut Host {
        self.caller.data_mut()
    }

    fn number(&self, place: usize) -> u32 {
        match self.arguments[place] {
            Val::I32(number) => number.cast_unsigned(),
            _ => panic!("argument {place} is no i32"),
        }
    }

    fn memory(&self) -> Memory {
        self.caller.get_export("memory").and_then(Extern::into_memory).expect("the module's memory")
    }

    fn peek(&self, place: usize) -> Result<Vec<u8>, Error> {
        let (data, size) = (usize_of(self.number(place)), usize_of(self.number(place + 1)));
        let memory = self.memory();
        let slice = memory.data(&*self.caller).get(data..).and_then(|rest| rest.get(..size));
        slice.map(<[u8]>::to_vec).ok_or_else(|| Error::new("a slice outside of memory"))
    }

    /// The bytes that two arguments tell: where they are, and how many.
    fn slice(&mut self, place: usize) -> Result<Vec<u8>, Error> {
        let bytes = self.peek(place)?;
        self.host().traffic.taken += bytes.len() as u64;
        Ok(bytes)
    }

    fn put(&mut self, place: usize, bytes: &[u8]) -> Result<i32, Error> {
        let place = usize_of(self.number(place));
        self.memory()
            .write(&mut *self.caller, place, bytes)
            .map_err(|error| Error::new(error.to_string()))?;
        Ok(OK)
    }

    /// Hands bytes over, in memory that the module is asked for. No bytes are a null pointer, as in Envoy.
    fn give(&mut self, bytes: &[u8], place: usize) -> Result<i32, Error> {
        let size = u32::try_from(bytes.len()).expect("fits in the module");
        let mut data = 0;
        if size > 0 {
            let allocate =
                self.caller.get_export("proxy_on_memory_allocate").and_then(Extern::into_func);
            let allocate =
                allocate.expect("the module's allocator").typed::<u32, u32>(&*self.caller)?;
            data = allocate.call(&mut *self.caller, size)?;
            let written = self.memory().write(&mut *self.caller, usize_of(data), bytes);
            written.map_err(|error| Error::new(error.to_string()))?;
            let traffic = &mut self.host().traffic;
            traffic.allocations += 1;
            traffic.given += u64::from(size);
        }
        self.put(place, &data.to_le_bytes())?;
        self.put(place + 1, &size.to_le_bytes())
    }
}

fn usize_of(number: u32) -> usize {
    number as usize
}
