//! Gather and scatter: reading and writing at positions that index arrays give.
//!
//! Index arrays become one byte offset per position, checked once. What is left of the array at each position is a block,
//! copied as a run of bytes where its elements are neighbours.

use std::ops::Range;
use std::sync::Mutex;

use tnp_backend::prim::{AxisIndex, Binary, ScatterOp};
use tnp_backend::{Arg, Device, Error, Result, Tensor, TensorType};
use tnp_dtype::{DType, Element, bf16, f16, with_dtype};
use tnp_shape::{Dims, Layout, Strides};

use crate::backend::{fresh, strided, strided_mut};
use crate::elementwise::{self, StridedMut};
use crate::movement::base;
use crate::threads::parallel_for;

/// Positions worked through by a thread at once.
const GRAIN: usize = 1 << 15;

/// How an array is cut by a gather's or scatter's parameters, in bytes.
struct Plan {
    /// Offset of the first element of the sliced part.
    start: isize,
    /// Sliced axes before the index axes: offsets in C order.
    outer: Vec<isize>,
    /// Checked offset of each position.
    positions: Vec<isize>,
    /// Sliced axes after the index axes: offsets in C order of runs.
    inner: Vec<isize>,
    /// Bytes of a run.
    run: usize,
}

/// Offsets in C order over axes, each of `strides` bytes.
fn offsets(shape: &[usize], strides: &[isize]) -> Vec<isize> {
    let mut all = vec![0isize];
    for (&dim, &stride) in shape.iter().zip(strides) {
        all = all
            .iter()
            .flat_map(|&offset| (0..dim as isize).map(move |i| offset + i * stride))
            .collect();
    }
    all
}

fn plan(
    layout: &Layout,
    itemsize: usize,
    axes: &[AxisIndex],
    index_axes_at: usize,
    indices: &[Arg<'_>],
) -> Result<Plan> {
    let size = itemsize as isize;
    let mut start = layout.offset() as isize * size;
    let (mut shape, mut strides) = (Dims::new(), Strides::new());
    let mut indexed = Vec::new();
    for (axis, (what, (&dim, &stride))) in axes
        .iter()
        .zip(layout.shape().iter().zip(layout.strides()))
        .enumerate()
    {
        match what {
            AxisIndex::Slice(spec) => {
                start += spec.start as isize * stride * size;
                shape.push(spec.len);
                strides.push(spec.step * stride * size);
            }
            AxisIndex::Index => indexed.push((axis, dim, stride * size)),
        }
    }
    let positions = positions(&indexed, indices)?;
    let (outer_shape, inner_shape) = shape.split_at(index_axes_at);
    let (outer_strides, inner_strides) = strides.split_at(index_axes_at);
    // Trailing axes whose elements are neighbours make one run.
    let mut run = itemsize;
    let mut runs_from = inner_shape.len();
    while runs_from > 0
        && (inner_strides[runs_from - 1] == run as isize || inner_shape[runs_from - 1] == 1)
    {
        run *= inner_shape[runs_from - 1];
        runs_from -= 1;
    }
    Ok(Plan {
        start,
        outer: offsets(outer_shape, outer_strides),
        positions,
        inner: offsets(&inner_shape[..runs_from], &inner_strides[..runs_from]),
        run,
    })
}

/// The byte offset of every position; negative indices count from the end.
fn positions(indexed: &[(usize, usize, isize)], indices: &[Arg<'_>]) -> Result<Vec<isize>> {
    let size = indices.first().map_or(1, |arg| arg.tensor.layout.size());
    let mut all = vec![0isize; size];
    for (&(axis, dim, stride), arg) in indexed.iter().zip(indices) {
        let index = tnp_backend::compact(arg.tensor)?;
        let source = strided(&index)?;
        // SAFETY: compact int64 elements, as inference saw to.
        let index = unsafe { std::slice::from_raw_parts(source.first::<i64>(), size) };
        let failed = Mutex::new(None);
        let target = SharedOffsets(all.as_mut_ptr());
        parallel_for(size, GRAIN, |range| {
            // SAFETY: ranges are disjoint.
            let part = unsafe { target.part(range.clone()) };
            let mut bad = false;
            for (offset, &at) in part.iter_mut().zip(&index[range.clone()]) {
                let wrapped = at.wrapping_add(if at < 0 { dim as i64 } else { 0 });
                bad |= wrapped as u64 >= dim as u64;
                *offset = offset.wrapping_add((wrapped as isize).wrapping_mul(stride));
            }
            if bad {
                let first = index[range.clone()]
                    .iter()
                    .find(|&&at| at >= dim as i64 || at < -(dim as i64));
                let mut failed = failed
                    .lock()
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                if let Some(&at) = first
                    && failed.is_none_or(|(start, _)| range.start < start)
                {
                    *failed = Some((range.start, at));
                }
            }
        });
        let failed = failed
            .into_inner()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, at)) = failed {
            return Err(Error::index(format!(
                "index {at} is out of bounds for axis {axis} with size {dim}"
            )));
        }
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct SharedOffsets(*mut isize);

// SAFETY: used for disjoint parts only.
unsafe impl Send for SharedOffsets {}
// SAFETY: as above.
unsafe impl Sync for SharedOffsets {}

impl SharedOffsets {
    /// # Safety
    /// Ranges in use at once are disjoint and lie in the allocation.
    #[allow(clippy::mut_from_ref, reason = "the parts are disjoint")]
    unsafe fn part(&self, range: Range<usize>) -> &mut [isize] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(range.start), range.len()) }
    }
}

/// Reads what the index arrays point at.
pub(crate) fn gather(
    device: Device,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Tensor> {
    let x = inputs[0].tensor;
    let output = fresh(device, ty)?;
    let plan = plan(
        &x.layout,
        ty.dtype.itemsize(),
        axes,
        index_axes_at,
        &inputs[1..],
    )?;
    if ty.size() == 0 {
        return Ok(output);
    }
    let source = Address(strided(x)?.ptr.wrapping_offset(plan.start).cast_mut());
    let target = Address(strided_mut(&output)?.ptr);
    let block = plan.inner.len() * plan.run;
    let row = plan.positions.len() * block;
    for (at, &outer) in plan.outer.iter().enumerate() {
        let (source, target) = (source.add(outer), target.add((at * row) as isize));
        let grain = (GRAIN / block.max(1)).max(64);
        parallel_for(plan.positions.len(), grain, |range| {
            let target = target.add((range.start * block) as isize);
            // SAFETY: positions were checked, and each range writes its own part of the fresh output.
            unsafe { gather_range(source.get(), target.get(), &plan, range) };
        });
    }
    Ok(output)
}

/// Copies the blocks of some positions.
///
/// # Safety
/// Every run of every position lies in the source; the target has room for all of them.
unsafe fn gather_range(source: *const u8, target: *mut u8, plan: &Plan, range: Range<usize>) {
    macro_rules! typed {
        ($($size:literal $t:ty),*) => {
            match (plan.inner.as_slice(), plan.run) {
                $(([first], $size) => {
                    let target = target.cast::<$t>();
                    for (i, &position) in plan.positions[range].iter().enumerate() {
                        // SAFETY: as the caller promises.
                        unsafe { target.add(i).write_unaligned(source.offset(position + first).cast::<$t>().read_unaligned()) };
                    }
                })*
                _ => {
                    let mut target = target;
                    for &position in &plan.positions[range] {
                        for &inner in &plan.inner {
                            // SAFETY: as the caller promises; a fresh output overlaps nothing.
                            unsafe {
                                std::ptr::copy_nonoverlapping(source.offset(position + inner), target, plan.run);
                                target = target.add(plan.run);
                            }
                        }
                    }
                }
            }
        };
    }
    typed!(1 u8, 2 u16, 4 u32, 8 u64, 16 u128);
}

/// A pointer that crosses threads; each uses a part of its own.
#[derive(Clone, Copy)]
pub(crate) struct Address(pub(crate) *mut u8);

// SAFETY: threads use disjoint parts of what is written.
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

impl Address {
    pub(crate) fn add(self, bytes: isize) -> Address {
        Address(self.0.wrapping_offset(bytes))
    }

    pub(crate) fn get(self) -> *mut u8 {
        self.0
    }
}

/// The array with the update combined in where the index arrays point.
pub(crate) fn scatter(
    device: Device,
    op: ScatterOp,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Tensor> {
    let [x, indices @ .., update] = inputs else {
        return Err(Error::value(
            "scatter: takes an array, index arrays and an update",
        ));
    };
    if indices.is_empty() {
        return scatter_slices(device, op, axes, x, update.tensor, ty);
    }
    // Positions are checked before anything is written: on an error the array is as it was.
    let shaped = if x.donated {
        x.tensor.layout.clone()
    } else {
        Layout::contiguous(&ty.shape)
    };
    let checked = plan(&shaped, ty.dtype.itemsize(), axes, index_axes_at, indices)?;
    let output = base(device, x, ty)?;
    let plan = if output.layout == shaped {
        checked
    } else {
        plan(
            &output.layout,
            ty.dtype.itemsize(),
            axes,
            index_axes_at,
            indices,
        )?
    };
    if update.tensor.layout.size() == 0 {
        return Ok(output);
    }
    let one_value = update
        .tensor
        .layout
        .strides()
        .iter()
        .zip(update.tensor.shape())
        .all(|(&s, &dim)| s == 0 || dim == 1);
    let update = if one_value {
        update.tensor.clone()
    } else {
        tnp_backend::compact(update.tensor)?
    };
    let source = strided(&update)?;
    let itemsize = ty.dtype.itemsize();
    let source = source.ptr.wrapping_add(update.layout.offset() * itemsize);
    let target = strided_mut(&output)?.ptr.wrapping_offset(plan.start);
    let step = if one_value { 0 } else { itemsize as isize };
    // SAFETY: positions were checked; the output is fresh or donated; the update holds an element for each write.
    unsafe { scatter_all(op, ty.dtype, target, source, step, &plan) };
    Ok(output)
}

/// Writes element by element, in the update's order, so that the last of several writes to one place stays.
///
/// # Safety
/// Every element of every position lies in the target; the source has as many elements, `step` bytes apart.
unsafe fn scatter_all(
    op: ScatterOp,
    dtype: DType,
    target: *mut u8,
    source: *const u8,
    step: isize,
    plan: &Plan,
) {
    macro_rules! each {
        ($t:ty, $combine:expr) => {{
            let combine: fn($t, $t) -> $t = $combine;
            let count = plan.run / size_of::<$t>();
            let mut source = source;
            for &outer in &plan.outer {
                for &position in &plan.positions {
                    for &inner in &plan.inner {
                        // SAFETY: as the caller promises.
                        let place = unsafe { target.offset(outer + position + inner) }.cast::<$t>();
                        for i in 0..count {
                            // SAFETY: as the caller promises.
                            unsafe {
                                let old = place.add(i).read_unaligned();
                                place.add(i).write_unaligned(combine(
                                    old,
                                    source.cast::<$t>().read_unaligned(),
                                ));
                                source = source.offset(step);
                            }
                        }
                    }
                }
            }
        }};
    }
    if op == ScatterOp::Set {
        match dtype.itemsize() {
            1 => each!(u8, |_, new| new),
            2 => each!(u16, |_, new| new),
            4 => each!(u32, |_, new| new),
            8 => each!(u64, |_, new| new),
            _ => each!(u128, |_, new| new),
        }
        return;
    }
    with_dtype!(dtype, T => {
        match op {
            ScatterOp::Set => {}
            ScatterOp::Add => each!(T, T::sum),
            ScatterOp::Multiply => each!(T, T::product),
            ScatterOp::Minimum => each!(T, T::smaller),
            ScatterOp::Maximum => each!(T, T::larger),
        }
    });
}

/// How two elements combine, as the binary functions of the same names do.
trait Combine: Element {
    fn sum(self, other: Self) -> Self;
    fn product(self, other: Self) -> Self;
    fn smaller(self, other: Self) -> Self;
    fn larger(self, other: Self) -> Self;
}

macro_rules! combine {
    ($($t:ty: |$x:ident, $y:ident| $sum:expr, $product:expr, $less:expr, $nan:expr;)*) => {$(
        impl Combine for $t {
            fn sum(self, other: Self) -> Self { let ($x, $y) = (self, other); $sum }
            fn product(self, other: Self) -> Self { let ($x, $y) = (self, other); $product }
            fn smaller(self, other: Self) -> Self {
                let is_nan = |$x: $t| $nan;
                let less = |$x: $t, $y: $t| $less;
                if is_nan(self) || less(self, other) { self } else { other }
            }
            fn larger(self, other: Self) -> Self {
                let is_nan = |$x: $t| $nan;
                let less = |$x: $t, $y: $t| $less;
                if is_nan(self) || less(other, self) { self } else { other }
            }
        }
    )*};
}
macro_rules! combine_integers {
    ($($t:ty)*) => { combine! { $($t: |x, y| x.wrapping_add(y), x.wrapping_mul(y), x < y, { let _ = x; false };)* } };
}
combine_integers!(i8 i16 i32 i64 u8 u16 u32 u64);
combine! {
    bool: |x, y| x | y, x & y, !x & y, { let _ = x; false };
    f16: |x, y| f16::from_f32(x.to_f32() + y.to_f32()), f16::from_f32(x.to_f32() * y.to_f32()), x < y, x.is_nan();
    bf16: |x, y| bf16::from_f32(x.to_f32() + y.to_f32()), bf16::from_f32(x.to_f32() * y.to_f32()), x < y, x.is_nan();
    f32: |x, y| x + y, x * y, x < y, x.is_nan();
    f64: |x, y| x + y, x * y, x < y, x.is_nan();
    tnp_dtype::c64: |x, y| x + y, x * y, (x.re, x.im) < (y.re, y.im), x.re.is_nan() || x.im.is_nan();
    tnp_dtype::c128: |x, y| x + y, x * y, (x.re, x.im) < (y.re, y.im), x.re.is_nan() || x.im.is_nan();
}

/// A scatter without index arrays: an elementwise operation on a part of the array.
fn scatter_slices(
    device: Device,
    op: ScatterOp,
    axes: &[AxisIndex],
    x: &Arg<'_>,
    update: &Tensor,
    ty: &TensorType,
) -> Result<Tensor> {
    let output = base(device, x, ty)?;
    if update.layout.size() == 0 {
        return Ok(output);
    }
    let specs: smallvec::SmallVec<[tnp_backend::prim::SliceSpec; 4]> = axes
        .iter()
        .filter_map(|axis| match axis {
            AxisIndex::Slice(spec) => Some(*spec),
            AxisIndex::Index => None,
        })
        .collect();
    let part = tnp_backend::slice_layout(&output.layout, &specs);
    let target = StridedMut {
        layout: &part,
        ..strided_mut(&output)?
    };
    let binary = match op {
        ScatterOp::Set => {
            // SAFETY: the part lies in the output, which is fresh or donated; the update is another buffer.
            unsafe { elementwise::run_cast(strided(update)?, target) };
            return Ok(output);
        }
        ScatterOp::Add => Binary::Add,
        ScatterOp::Multiply => Binary::Multiply,
        ScatterOp::Minimum => Binary::Minimum,
        ScatterOp::Maximum => Binary::Maximum,
    };
    let old = Tensor {
        layout: part.clone(),
        ..output.clone()
    };
    // SAFETY: as above; the old values are an input of the output's own layout.
    let ran = unsafe { elementwise::run_binary(binary, strided(&old)?, strided(update)?, target) };
    ran.map(|_| output)
        .ok_or_else(|| Error::unsupported(format!("scatter: no kernel for {}", ty.dtype)))
}
