//! What went wrong inside kernels without stopping them: integer division by zero.

use std::cell::Cell;

thread_local! {
    static DIVIDED_BY_ZERO: Cell<bool> = const { Cell::new(false) };
}

/// Called by a kernel that met an integer divisor of zero and gave 0.
#[cold]
pub(crate) fn note_division_by_zero() {
    DIVIDED_BY_ZERO.set(true);
}

/// Whether a kernel on this thread divided an integer by zero since the last call.
#[inline]
pub(crate) fn take_division_by_zero() -> bool {
    DIVIDED_BY_ZERO.replace(false)
}
