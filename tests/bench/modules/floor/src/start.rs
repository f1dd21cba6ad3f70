//! What every module exports.

unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Called once. Without it the linker has every exported function call the constructors of the C library
/// before it does anything else, and its destructors after that.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: the linker makes this function, and the host calls ours first and once.
    unsafe { __wasm_call_ctors() }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}
