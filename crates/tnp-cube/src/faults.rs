//! Indices out of bounds, which only the device sees: kernels leave a mark, and whoever waits for the result finds it.
//!
//! A kernel that takes indices has a few words of its own in a page of zeros. At an index out of bounds it writes the
//! position of that index, plus one, and goes on with index 0. The mark is read with the first result that derives from
//! the kernel's, or at synchronisation.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use cubecl::server::Handle;
use tnp_backend::{Error, Result, Tensor};

use crate::kernel::Driver;

/// Words for each kernel: one for each index array.
pub(crate) const WORDS: usize = 32;
/// Kernels that share a page.
const KERNELS: usize = 64;

/// What is known of one index array.
pub(crate) struct Checked {
    /// The indices.
    pub(crate) index: Tensor,
    /// The axis they index, and its size.
    pub(crate) axis: usize,
    pub(crate) size: usize,
    /// For blocks at run-time positions: the largest start, and the block's length.
    pub(crate) block: Option<usize>,
}

/// A kernel that may have met an index out of bounds.
pub(crate) struct Fault {
    page: Arc<Handle>,
    /// The first of its words.
    pub(crate) first: usize,
    checked: Vec<Checked>,
    outcome: OnceLock<Option<Error>>,
}

impl Fault {
    /// Known to have gone well.
    pub(crate) fn is_harmless(&self) -> bool {
        matches!(self.outcome.get(), Some(None))
    }

    /// The page of marks.
    pub(crate) fn page(&self) -> &Handle {
        &self.page
    }

    /// What went wrong, as far as known.
    fn known(&self) -> Option<Option<Error>> {
        self.outcome.get().cloned()
    }
}

/// The marks of one device.
#[derive(Default)]
pub(crate) struct Faults {
    current: Mutex<Option<(Arc<Handle>, usize)>>,
    /// Those that nobody has asked for.
    open: Mutex<Vec<Weak<Fault>>>,
}

impl Faults {
    /// Words for a kernel about to be launched.
    pub(crate) fn open(&self, driver: &dyn Driver, checked: Vec<Checked>) -> Result<Arc<Fault>> {
        debug_assert!(checked.len() <= WORDS);
        let mut current = self.current.lock().unwrap_or_else(|e| e.into_inner());
        let (page, used) = match current.take() {
            Some((page, used)) if used < KERNELS => (page, used),
            _ => {
                let zeros = vec![0u8; 4 * WORDS * KERNELS];
                (Arc::new(driver.create(&zeros)?), 0)
            }
        };
        *current = Some((page.clone(), used + 1));
        let fault = Arc::new(Fault {
            page,
            first: used * WORDS,
            checked,
            outcome: OnceLock::new(),
        });
        let mut open = self.open.lock().unwrap_or_else(|e| e.into_inner());
        open.retain(|fault| fault.strong_count() > 0);
        open.push(Arc::downgrade(&fault));
        Ok(fault)
    }

    /// Finds out about the faults given; the first error among them.
    pub(crate) fn settle(&self, driver: &dyn Driver, faults: &[Arc<Fault>]) -> Result<()> {
        for fault in faults {
            let outcome = match fault.known() {
                Some(outcome) => outcome,
                None => {
                    let outcome = examine(driver, fault)?;
                    fault.outcome.get_or_init(|| outcome).clone()
                }
            };
            if let Some(error) = outcome {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Finds out about all that nobody has asked for.
    pub(crate) fn settle_all(&self, driver: &dyn Driver) -> Result<()> {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(|e| e.into_inner()));
        let mut first = Ok(());
        for fault in open.iter().filter_map(Weak::upgrade) {
            if fault.known().is_none() {
                first = first.and(self.settle(driver, &[fault]));
            }
        }
        first
    }
}

/// Reads a kernel's marks, and the index that each tells of.
fn examine(driver: &dyn Driver, fault: &Fault) -> Result<Option<Error>> {
    let page = driver.read(vec![fault.page().clone()])?.remove(0);
    for (at, checked) in fault.checked.iter().enumerate() {
        let word = 4 * (fault.first + at);
        let bytes = page
            .get(word..word + 4)
            .and_then(|bytes| bytes.try_into().ok());
        let mark = u32::from_le_bytes(bytes.unwrap_or_default());
        if mark == 0 {
            continue;
        }
        let index = index_at(driver, &checked.index, mark as usize - 1)?;
        let (axis, size) = (checked.axis, checked.size);
        return Ok(Some(match checked.block {
            None => Error::index(format!(
                "index {index} is out of bounds for axis {axis} with size {size}"
            )),
            Some(len) => Error::index(format!(
                "a block of {len} elements from {index} is out of bounds for axis {axis} with size {size}"
            )),
        }));
    }
    Ok(None)
}

/// The element of that number in C order.
fn index_at(driver: &dyn Driver, x: &Tensor, mut number: usize) -> Result<i64> {
    let layout = &x.layout;
    let mut place = layout.offset() as isize;
    for (&dim, &stride) in layout.shape().iter().zip(layout.strides()).rev() {
        place += (number % dim.max(1)) as isize * stride;
        number /= dim.max(1);
    }
    let from = 8 * place as usize;
    let memory = crate::memory::memory(&x.buffer)?;
    let (part, start) = memory.part(from, from + 8);
    let bytes = driver.read(vec![part])?.remove(0);
    let bytes = bytes.get(from - start..from - start + 8);
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    Ok(i64::from_le_bytes(bytes.unwrap_or_default()))
}
