//! Where the host puts what it returns.
//!
//! The host asks for memory by a call into the module, for each call that returns data. Here it is the
//! next piece of one static buffer, which begins anew with each request: nothing is ever freed.

#[cfg(feature = "allocator")]
use std::alloc::{Layout, alloc, dealloc};
#[cfg(not(feature = "allocator"))]
use std::sync::atomic::{AtomicUsize, Ordering};

/// Several times the 60 KiB of headers that Envoy takes by default.
#[cfg(not(feature = "allocator"))]
const SIZE: usize = 1 << 20;

#[cfg(not(feature = "allocator"))]
static mut BUFFER: [u8; SIZE] = [0; SIZE];

/// How much of it is in use. Atomic for the compiler's sake alone: a module has one thread.
#[cfg(not(feature = "allocator"))]
static USED: AtomicUsize = AtomicUsize::new(0);

/// Called by the host. A null pointer is an error to it.
#[cfg(not(feature = "allocator"))]
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    let used = USED.load(Ordering::Relaxed);
    if size > SIZE - used {
        return std::ptr::null_mut();
    }
    USED.store(used + size, Ordering::Relaxed);
    // The offset is within the buffer by the comparison above.
    (&raw mut BUFFER).cast::<u8>().wrapping_add(used)
}

/// Begins anew: what was returned before is not looked at any more.
#[cfg(not(feature = "allocator"))]
pub(crate) fn clear() {
    USED.store(0, Ordering::Relaxed);
}

/// Takes note that what the host returned is not looked at any more.
#[cfg(not(feature = "allocator"))]
pub(crate) fn free(_data: *mut u8, _size: usize) {}

/// The same from Rust's own allocator, as the SDK does it.
#[cfg(feature = "allocator")]
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    match Layout::array::<u8>(size) {
        // SAFETY: the size is not zero.
        Ok(layout) if size > 0 => unsafe { alloc(layout) },
        _ => std::ptr::null_mut(),
    }
}

#[cfg(feature = "allocator")]
pub(crate) fn clear() {}

#[cfg(feature = "allocator")]
pub(crate) fn free(data: *mut u8, size: usize) {
    if let (false, Ok(layout)) = (data.is_null(), Layout::array::<u8>(size)) {
        // SAFETY: it was allocated above with this layout, for the host to return it.
        unsafe { dealloc(data, layout) }
    }
}
