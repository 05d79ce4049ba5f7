//! Detours: which primitives a device did not run itself, told to whoever asks on this thread.
//!
//! Nothing is kept unless somebody asks, and only the way round a missing kernel looks whether somebody does.

use std::cell::RefCell;

use smallvec::SmallVec;
use tnp_dtype::DType;

use crate::prim::Prim;
use crate::{Device, TensorType, input_dtypes};

/// A primitive that a device's backend refused ([`crate::Backend::supports`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detour {
    /// The device.
    pub device: Device,
    /// The primitive's name.
    pub prim: &'static str,
    /// Dtypes of its inputs, or of its output where it has none.
    pub dtypes: SmallVec<[DType; 3]>,
    /// Whether its decomposition was run; else it was an error.
    pub decomposed: bool,
}

thread_local! {
    static SEEN: RefCell<Option<Vec<Detour>>> = const { RefCell::new(None) };
}

/// Runs `body` and tells, once each, the primitives that devices did not run themselves meanwhile on this thread.
///
/// A graph that was compiled before is not compiled again, so its detours are not told again.
///
/// # Examples
/// ```
/// use tnp_backend::detours;
/// let (two, detours) = detours(|| 1 + 1);
/// assert_eq!((two, detours.len()), (2, 0));
/// ```
pub fn detours<R>(body: impl FnOnce() -> R) -> (R, Vec<Detour>) {
    let outer = SEEN.replace(Some(Vec::new()));
    let result = body();
    let seen = SEEN.replace(outer).unwrap_or_default();
    SEEN.with_borrow_mut(|outer| {
        if let Some(outer) = outer {
            let new = seen.iter().filter(|detour| !outer.contains(detour));
            let new: Vec<Detour> = new.cloned().collect();
            outer.extend(new);
        }
    });
    (result, seen)
}

/// Takes down a detour, if somebody listens.
#[cold]
pub(crate) fn note(device: Device, prim: &Prim, types: &[&TensorType], decomposed: bool) {
    SEEN.with_borrow_mut(|seen| {
        let Some(seen) = seen else { return };
        let detour = Detour {
            device,
            prim: prim.name(),
            dtypes: dtypes(prim, types),
            decomposed,
        };
        if !seen.contains(&detour) {
            seen.push(detour);
        }
    });
}

fn dtypes(prim: &Prim, types: &[&TensorType]) -> SmallVec<[DType; 3]> {
    if !types.is_empty() {
        return input_dtypes(types);
    }
    let made = crate::prim::infer(prim, &[]).unwrap_or_default();
    made.iter().map(|ty| ty.dtype).collect()
}
