//! Functions that a host offers besides the ABI.

use std::fmt;
use std::rc::Rc;

use crate::status::Status;

/// A foreign function, as a test provides it.
#[derive(Clone)]
pub(crate) struct ForeignFunction(Rc<Body>);

type Body = dyn Fn(&[u8]) -> Result<Vec<u8>, Status>;

impl ForeignFunction {
    pub(crate) fn new(body: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + 'static) -> Self {
        Self(Rc::new(body))
    }

    pub(crate) fn call(&self, argument: &[u8]) -> Result<Vec<u8>, Status> {
        (self.0)(argument)
    }
}

impl fmt::Debug for ForeignFunction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ForeignFunction")
    }
}
