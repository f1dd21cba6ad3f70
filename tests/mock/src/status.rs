//! What a host call returns.

/// A status of the proxy-wasm ABI, as the host's number. Hosts return others than those named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Status(pub u32);

impl Status {
    /// The call was carried out.
    pub const OK: Self = Self(0);
    /// Nothing of that name.
    pub const NOT_FOUND: Self = Self(1);
    /// An argument that makes no sense, or not now: a header map that is not at hand, say.
    pub const BAD_ARGUMENT: Self = Self(2);
    /// A value that cannot be written as bytes.
    pub const SERIALIZATION_FAILURE: Self = Self(3);
    /// Bytes that cannot be read.
    pub const PARSE_FAILURE: Self = Self(4);
    /// Memory that is not the caller's.
    pub const INVALID_MEMORY_ACCESS: Self = Self(6);
    /// Nothing there.
    pub const EMPTY: Self = Self(7);
    /// The value was replaced since it was read.
    pub const CAS_MISMATCH: Self = Self(8);
    /// Something else went wrong.
    pub const INTERNAL_FAILURE: Self = Self(10);
    /// The host does not know the call.
    pub const UNIMPLEMENTED: Self = Self(12);
}
