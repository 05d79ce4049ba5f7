//! The engine of elementwise work: runs a kernel over strided operands of one shape, block by block.
//!
//! A block is a few rows and columns of the two loops that matter. Operands that lie as the kernel wants them are used
//! where they are; others are packed into tiles in the first-level cache: gathered, repeated, transposed, widened.
//! The output likewise is written in place, scattered or narrowed. Large plain copies bypass the caches.

pub(crate) mod pack;
mod plan;

use std::mem::MaybeUninit;

use tnp_backend::prim::{Binary, Unary};
use tnp_dtype::DType;
use tnp_shape::Layout;

use crate::binary::{BinaryKernel, binary_kernel};
use crate::cast::{CastKernel, cast_kernel};
use crate::faults::{note_division_by_zero, take_division_by_zero};
use crate::select::{SelectKernel, select_kernel};
use crate::strided::Strided;
use crate::unary::unary_kernel;

pub(crate) use pack::fill;

/// An output of a kernel. Who makes one vouches that every element the layout reaches lies in live memory that nothing
/// else uses meanwhile, but for an input of the same layout and element size.
#[derive(Clone, Copy)]
pub(crate) struct StridedMut<'a> {
    /// Start of the buffer; the layout's offset is not yet added.
    pub(crate) ptr: *mut u8,
    pub(crate) dtype: DType,
    pub(crate) layout: &'a Layout,
}

/// What went wrong without stopping the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Faults {
    /// Some integer was divided by zero.
    pub(crate) divided_by_zero: bool,
}

/// A loop over contiguous tiles with one, two or three inputs.
#[derive(Clone, Copy)]
pub(crate) enum Kernel {
    /// The output is the input.
    Copy,
    /// `dst[i] = f(a[i])`.
    Unary(CastKernel),
    /// `dst[i] = f(a[i], b[i])`.
    Binary(BinaryKernel),
    /// `dst[i] = if c[i] { a[i] } else { b[i] }`.
    Select(SelectKernel),
}

impl Kernel {
    /// Runs over `n` elements of as many inputs as it has.
    ///
    /// # Safety
    /// As the kernel asks; `Copy` is the planner's to do.
    #[inline(always)]
    pub(crate) unsafe fn call(self, inputs: &[*const u8; 3], dst: *mut u8, n: usize) {
        // SAFETY: as the caller promises.
        unsafe {
            match self {
                Kernel::Copy => {}
                Kernel::Unary(f) => f(inputs[0], dst, n),
                Kernel::Binary(f) => f(inputs[0], inputs[1], dst, n),
                Kernel::Select(f) => f(inputs[0], inputs[1], inputs[2], dst, n),
            }
        }
    }
}

/// An input and the dtype in which the kernel takes it.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) array: Strided<'a>,
    pub(crate) taken_as: DType,
}

impl<'a> Input<'a> {
    /// An input taken as it is.
    pub(crate) fn plain(array: Strided<'a>) -> Input<'a> {
        Input {
            array,
            taken_as: array.dtype,
        }
    }
}

/// Work: a kernel, its inputs, the dtype it gives, and where that goes.
pub(crate) struct Task<'a> {
    pub(crate) kernel: Kernel,
    /// As many as the kernel takes, of the output's shape (broadcast axes have stride zero).
    pub(crate) inputs: &'a [Input<'a>],
    /// What the kernel gives; converted to the output's dtype where that differs.
    pub(crate) given: DType,
    pub(crate) output: StridedMut<'a>,
    /// Tenths of a nanosecond for each element, roughly: decides how finely threads share the work.
    pub(crate) cost: usize,
}

/// Elements that are worked through at once, without asking for threads or streaming.
const AT_ONCE: usize = 16 * 1024;

/// Runs a task.
///
/// # Safety
/// Layouts reach live memory, inputs are initialised, the output overlaps no input but one of equal layout and element size.
#[inline]
pub(crate) unsafe fn run(task: &Task<'_>) -> Faults {
    let output = &task.output;
    let size = output.layout.size();
    if size <= AT_ONCE && task.given == output.dtype && output.layout.is_contiguous() {
        let mut starts = [std::ptr::null(); 3];
        let mut plain = !matches!(task.kernel, Kernel::Copy);
        let mut repeated = None;
        for (k, (start, input)) in starts.iter_mut().zip(task.inputs).enumerate() {
            let Strided { ptr, dtype, layout } = input.array;
            *start = ptr.wrapping_add(layout.offset() * dtype.itemsize());
            plain &= dtype == input.taken_as;
            if size == 1 || layout.is_contiguous() {
                continue;
            }
            plain &= repeated.is_none() && layout.strides().iter().all(|&stride| stride == 0);
            repeated = Some(k);
        }
        if plain {
            let dst = (output.ptr).wrapping_add(output.layout.offset() * output.dtype.itemsize());
            // SAFETY: everything is contiguous, or one element, but for the repeated input.
            unsafe {
                match repeated {
                    None => task.kernel.call(&starts, dst, size),
                    Some(k) => run_beside_repeated(task, k, starts, dst, size),
                }
            }
            return Faults {
                divided_by_zero: take_division_by_zero(),
            };
        }
    }
    if size != 0 {
        // SAFETY: as the caller promises.
        unsafe { plan::run(task) };
    }
    Faults {
        divided_by_zero: take_division_by_zero(),
    }
}

/// Room for one element repeated, in the first-level cache.
#[repr(align(64))]
struct Tile([MaybeUninit<u8>; 4096]);

/// A short task on contiguous operands, of which one repeats a single element: a scalar beside an array, mostly.
///
/// # Safety
/// As for [`run`]; operands start at `starts` and `dst` and are contiguous, but input `repeated` has one element.
unsafe fn run_beside_repeated(
    task: &Task<'_>,
    repeated: usize,
    mut starts: [*const u8; 3],
    mut dst: *mut u8,
    size: usize,
) {
    let width = |k: usize| task.inputs[k].array.dtype.itemsize();
    let mut tile = Tile([MaybeUninit::uninit(); 4096]);
    let most = size.min(tile.0.len() / width(repeated));
    let place = tile.0.as_mut_ptr().cast::<u8>();
    // SAFETY: the tile is aligned and has room for so many elements; the element is initialised, as the caller promises.
    unsafe {
        let element = std::slice::from_raw_parts(starts[repeated], width(repeated));
        fill(place, element, most);
    }
    starts[repeated] = place;
    let mut left = size;
    while left > 0 {
        let n = left.min(most);
        // SAFETY: `n` elements are left of the operands, and no more than the tile has.
        unsafe { task.kernel.call(&starts, dst, n) };
        for k in (0..task.inputs.len()).filter(|&k| k != repeated) {
            starts[k] = starts[k].wrapping_add(n * width(k));
        }
        dst = dst.wrapping_add(n * task.output.dtype.itemsize());
        left -= n;
    }
}

/// The dtype in which an operation on `dtype` without a loop of its own is computed.
pub(crate) fn computed_in(dtype: DType) -> DType {
    match dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    }
}

/// Tenths of a nanosecond for each element.
pub(crate) fn cost(op: Binary, dtype: DType) -> usize {
    match op {
        Binary::Power | Binary::Logaddexp | Binary::Logaddexp2 | Binary::Arctan2 => 150,
        Binary::Gcd | Binary::Lcm => 200,
        Binary::FloorDivide | Binary::Remainder | Binary::Fmod | Binary::Nextafter => 20,
        Binary::Hypot => 40,
        _ => 1 + dtype.itemsize() / 2,
    }
}

/// Computes a binary function; `None` where there is no kernel for the dtype.
///
/// # Safety
/// As for [`run`]; the output's dtype is the one that `op` gives.
#[inline]
pub(crate) unsafe fn run_binary(
    op: Binary,
    a: Strided<'_>,
    b: Strided<'_>,
    output: StridedMut<'_>,
) -> Option<Faults> {
    let (taken_as, kernel) = match binary_kernel(op, a.dtype) {
        Some(kernel) => (a.dtype, kernel),
        None => {
            let wide = computed_in(a.dtype);
            (wide, binary_kernel(op, wide)?)
        }
    };
    let inputs = [Input { array: a, taken_as }, Input { array: b, taken_as }];
    let task = Task {
        kernel: Kernel::Binary(kernel),
        inputs: &inputs,
        given: match taken_as == a.dtype {
            true => output.dtype,
            false => op.output(taken_as)?,
        },
        output,
        cost: cost(op, taken_as),
    };
    // SAFETY: as the caller promises.
    Some(unsafe { run(&task) })
}

/// Computes a unary function; `None` where there is no kernel for the dtype.
///
/// # Safety
/// As for [`run`]; the output's dtype is the one that `op` gives.
#[inline]
pub(crate) unsafe fn run_unary(
    op: Unary,
    src: Strided<'_>,
    output: StridedMut<'_>,
) -> Option<Faults> {
    let (taken_as, kernel) = match unary_kernel(op, src.dtype) {
        Some(kernel) => (src.dtype, kernel),
        None => {
            let wide = computed_in(src.dtype);
            (wide, unary_kernel(op, wide)?)
        }
    };
    let given = match taken_as == src.dtype {
        true => output.dtype,
        false => op.output(taken_as)?,
    };
    let array = src;
    let task = Task {
        kernel: Kernel::Unary(kernel),
        inputs: &[Input { array, taken_as }],
        given,
        output,
        cost: match op {
            Unary::Negative | Unary::Abs | Unary::Square | Unary::Conjugate => 4,
            _ => 20,
        },
    };
    // SAFETY: as the caller promises.
    Some(unsafe { run(&task) })
}

/// Chooses between `a` and `b`, which have the output's dtype, by the truth of `condition`.
///
/// # Safety
/// As for [`run`].
#[inline]
pub(crate) unsafe fn run_select(
    condition: Strided<'_>,
    a: Strided<'_>,
    b: Strided<'_>,
    output: StridedMut<'_>,
) {
    let task = Task {
        kernel: Kernel::Select(select_kernel(output.dtype.itemsize())),
        inputs: &[condition, a, b].map(Input::plain),
        given: output.dtype,
        output,
        cost: 1 + output.dtype.itemsize() / 2,
    };
    // SAFETY: as the caller promises.
    unsafe { run(&task) };
}

/// Converts `src` to the output's dtype; a copy where it has that already.
///
/// # Safety
/// As for [`run`].
#[inline]
pub(crate) unsafe fn run_cast(src: Strided<'_>, output: StridedMut<'_>) {
    let copies = src.dtype == output.dtype;
    let task = Task {
        kernel: if copies {
            Kernel::Copy
        } else {
            Kernel::Unary(cast_kernel(src.dtype, output.dtype))
        },
        inputs: &[Input::plain(src)],
        given: output.dtype,
        output,
        cost: 1 + output.dtype.itemsize() / 2,
    };
    // SAFETY: as the caller promises.
    unsafe { run(&task) };
}

/// Carries a thread's faults to the thread that asked for the work.
pub(crate) struct SharedFaults(std::sync::atomic::AtomicBool);

impl SharedFaults {
    pub(crate) fn new() -> SharedFaults {
        SharedFaults(std::sync::atomic::AtomicBool::new(false))
    }

    /// On the worker, after its share.
    pub(crate) fn collect(&self) {
        if take_division_by_zero() {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }

    /// On the caller, after everybody's.
    pub(crate) fn hand_over(self) {
        if self.0.into_inner() {
            note_division_by_zero();
        }
    }
}

#[cfg(test)]
mod tests;
