//! Warnings: what NumPy warns of and goes on.

use std::sync::RwLock;

/// Something suspicious that has a defined result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// An integer was divided by zero; the result is zero there.
    DivideByZero,
    /// The mean or variance of nothing, or with no degrees of freedom left; the result is NaN.
    EmptySlice,
    /// An imaginary part was discarded by a conversion to real.
    ComplexDiscarded,
    /// A traced function is traced again and again.
    Retrace,
}

impl Warning {
    /// NumPy's words for it.
    pub const fn message(self) -> &'static str {
        match self {
            Warning::DivideByZero => "divide by zero encountered",
            Warning::EmptySlice => "Mean of empty slice, or degrees of freedom <= 0 for slice",
            Warning::Retrace => {
                "a function that is traced at nearly every call gains nothing by it"
            }
            Warning::ComplexDiscarded => {
                "Casting complex values to real discards the imaginary part"
            }
        }
    }
}

type Hook = dyn Fn(Warning, &str) + Send + Sync;
static HOOK: RwLock<Option<Box<Hook>>> = RwLock::new(None);

/// Sets what is called with each warning and the name of the operation; `None` for silence, which is the default.
///
/// The hook must not panic and must not set another hook.
pub fn set_warning_hook(hook: Option<Box<Hook>>) {
    *HOOK
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner()) = hook;
}

/// Raises a warning.
#[cold]
pub fn warn(warning: Warning, op: &str) {
    if let Some(hook) = HOOK
        .read()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
        .as_deref()
    {
        hook(warning, op);
    }
}
