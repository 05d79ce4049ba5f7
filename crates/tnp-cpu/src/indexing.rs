//! Gather and scatter: reading and writing at positions that index arrays give.
//!
//! Index arrays become byte offsets, a chunk at a time (`indexing/positions.rs`). What is left of the array at each
//! position is a block, copied as runs of bytes where its elements are neighbours.

mod combine;
mod positions;

use smallvec::SmallVec;
use tnp_backend::prim::{AxisIndex, Binary, ScatterOp};
use tnp_backend::{Arg, Device, Error, Result, Tensor, TensorType};
use tnp_dtype::{DType, with_dtype};
use tnp_shape::{Dims, Layout, Strides};

use self::combine::Combine;
use self::positions::{CHUNK, First, Positions, merged};
use crate::backend::{fresh, strided, strided_mut};
use crate::elementwise::{self, StridedMut};
use crate::load::for_each_offset;
use crate::movement::base;
use crate::threads::parallel_for;

/// Elements at random places worth handing to another thread.
const GRAIN: usize = 1 << 15;

/// How an array is cut by a gather's or scatter's parameters; strides and sizes in bytes.
struct Cut {
    /// Offset of the first element of the sliced part.
    start: isize,
    /// Sliced axes before the index axes.
    outer: SmallVec<[(usize, isize); 4]>,
    outer_count: usize,
    /// Sliced axes after the index axes, but for what makes a run; the innermost first.
    inner: SmallVec<[(usize, isize); 4]>,
    /// Bytes of neighbours.
    run: usize,
    /// Bytes of the block at a position.
    block: usize,
}

impl Cut {
    fn new(layout: &Layout, itemsize: usize, axes: &[AxisIndex], index_axes_at: usize) -> Cut {
        let size = itemsize as isize;
        let mut start = (layout.offset() as isize).wrapping_mul(size);
        let (mut shape, mut strides) = (Dims::new(), Strides::new());
        for (what, &stride) in axes.iter().zip(layout.strides()) {
            if let AxisIndex::Slice(spec) = what {
                start = start.wrapping_add((spec.start as isize * stride).wrapping_mul(size));
                shape.push(spec.len);
                strides.push(spec.step.wrapping_mul(stride).wrapping_mul(size));
            }
        }
        let (outer_shape, inner_shape) = shape.split_at(index_axes_at);
        let (outer_strides, inner_strides) = strides.split_at(index_axes_at);
        let mut inner = merged(inner_shape, inner_strides);
        let mut run = itemsize;
        if let Some(&(dim, stride)) = inner.last()
            && stride == size
        {
            run *= dim;
            inner.pop();
        }
        inner.reverse();
        Cut {
            start,
            outer: merged(outer_shape, outer_strides),
            outer_count: outer_shape.iter().product(),
            inner,
            run,
            block: inner_shape.iter().product::<usize>() * itemsize,
        }
    }

    /// Offset of the outer part of a number.
    fn outer_offset(&self, number: usize) -> isize {
        let (mut rest, mut offset) = (number, 0);
        for &(dim, stride) in self.outer.iter().rev() {
            offset += (rest % dim) as isize * stride;
            rest /= dim;
        }
        offset
    }
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

/// Reads what the index arrays point at.
pub(crate) fn gather(
    device: Device,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Tensor> {
    let x = inputs[0].tensor;
    let itemsize = ty.dtype.itemsize();
    let positions = Positions::new(&x.layout, itemsize, axes, &inputs[1..])?;
    if ty.size() == 0 {
        // NumPy checks indices even when nothing is read.
        positions.check()?;
        return fresh(device, ty);
    }
    let output = fresh(device, ty)?;
    let cut = Cut::new(&x.layout, itemsize, axes, index_axes_at);
    let source = Address(strided(x)?.ptr.wrapping_offset(cut.start).cast_mut());
    let target = Address(strided_mut(&output)?.ptr);
    let len = positions.len();
    // A unit is a chunk of positions in one outer part; the offsets of a chunk serve all its units.
    let units = len.div_ceil(CHUNK) * cut.outer_count;
    let work = len.min(CHUNK) * (cut.block / 32).max(1);
    let failed = First::default();
    parallel_for(units, (GRAIN / work).max(1), |range| {
        let mut offsets = [0isize; CHUNK];
        let mut current = usize::MAX;
        for unit in range {
            let (chunk, outer) = (unit / cut.outer_count, unit % cut.outer_count);
            let start = chunk * CHUNK;
            let offsets = &mut offsets[..CHUNK.min(len - start)];
            if chunk != current {
                if let Err(error) = positions.offsets(start, offsets) {
                    return failed.report(chunk, error);
                }
                current = chunk;
            }
            let source = source.add(cut.outer_offset(outer));
            let target = target.add(((outer * len + start) * cut.block) as isize);
            // SAFETY: positions were checked, and each unit writes its own part of the fresh output.
            unsafe { gather_blocks(source.get(), target.get(), &cut, offsets) };
        }
    });
    failed.result()?;
    Ok(output)
}

/// Copies the blocks of some positions.
///
/// # Safety
/// Every run of every position lies in the source; the target has room for all of them.
unsafe fn gather_blocks(source: *const u8, target: *mut u8, cut: &Cut, offsets: &[isize]) {
    macro_rules! by_run {
        ($($size:literal $t:ty),*) => {
            match cut.run {
                // SAFETY: as the caller promises.
                $($size => unsafe { copy_blocks::<$t>(source, target, cut, offsets) },)*
                run => {
                    let mut target = target;
                    for &offset in offsets {
                        let source = source.wrapping_offset(offset);
                        for_each_offset(&cut.inner, |inner| {
                            // SAFETY: as the caller promises; a fresh output overlaps nothing.
                            unsafe { std::ptr::copy_nonoverlapping(source.wrapping_offset(inner), target, run) };
                            target = target.wrapping_add(run);
                        });
                    }
                }
            }
        };
    }
    by_run!(1 u8, 2 u16, 4 u32, 8 u64, 12 [u32; 3], 16 u128, 24 [u64; 3], 32 [u64; 4], 64 [u64; 8]);
}

/// Copies runs of one size.
///
/// # Safety
/// As [`gather_blocks`].
#[inline(always)]
unsafe fn copy_blocks<T: Copy>(source: *const u8, target: *mut u8, cut: &Cut, offsets: &[isize]) {
    let mut target = target.cast::<T>();
    let mut copy = |from: *const u8| {
        // SAFETY: as the caller promises.
        unsafe { target.write_unaligned(from.cast::<T>().read_unaligned()) };
        target = target.wrapping_add(1);
    };
    match cut.inner.as_slice() {
        [] => {
            for &offset in offsets {
                copy(source.wrapping_offset(offset));
            }
        }
        [(dim, stride)] => {
            for &offset in offsets {
                let mut from = source.wrapping_offset(offset);
                for _ in 0..*dim {
                    copy(from);
                    from = from.wrapping_offset(*stride);
                }
            }
        }
        inner => {
            for &offset in offsets {
                for_each_offset(inner, |inner| copy(source.wrapping_offset(offset + inner)));
            }
        }
    }
}

/// How the update of a scatter is read.
struct Update {
    first: *const u8,
    /// Bytes from the block of one position to that of the next.
    block: usize,
    /// Bytes from element to element.
    step: usize,
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
    let itemsize = ty.dtype.itemsize();
    // Positions are checked, and memory is taken, before anything is written: on an error the array is as it was.
    Positions::new(&x.tensor.layout, itemsize, axes, indices)?.check()?;
    let values = update.tensor;
    let index_ndim = indices[0].tensor.layout.ndim();
    let way = UpdateWay::of(values, index_axes_at + index_ndim);
    let values = match way {
        UpdateWay::All => tnp_backend::compact(values)?,
        UpdateWay::OneBlock | UpdateWay::OneValue => values.clone(),
    };
    let output = base(device, x, ty)?;
    if values.layout.size() == 0 {
        return Ok(output);
    }
    let positions = Positions::new(&output.layout, itemsize, axes, indices)?;
    let cut = Cut::new(&output.layout, itemsize, axes, index_axes_at);
    let update = Update {
        first: strided(&values)?
            .ptr
            .wrapping_add(values.layout.offset() * itemsize),
        block: if way == UpdateWay::All { cut.block } else { 0 },
        step: if way == UpdateWay::OneValue {
            0
        } else {
            itemsize
        },
    };
    let target = strided_mut(&output)?.ptr.wrapping_offset(cut.start);
    let len = positions.len();
    let mut offsets = [0isize; CHUNK];
    // One thread, in the update's order at each place: the last of several writes to it stays.
    for start in (0..len).step_by(CHUNK) {
        let offsets = &mut offsets[..CHUNK.min(len - start)];
        positions.offsets(start, offsets)?;
        for outer in 0..cut.outer_count {
            let part = Update {
                first: update
                    .first
                    .wrapping_add((outer * len + start) * update.block),
                ..update
            };
            let target = target.wrapping_offset(cut.outer_offset(outer));
            // SAFETY: positions were checked; the output is fresh or donated; the update has an element for each write.
            unsafe { scatter_blocks(op, ty.dtype, target, &part, &cut, offsets) };
        }
    }
    Ok(output)
}

/// What an update repeats.
#[derive(Clone, Copy, PartialEq)]
enum UpdateWay {
    OneValue,
    OneBlock,
    All,
}

impl UpdateWay {
    /// `block_from` is the axis from which on a block has its own axes.
    fn of(update: &Tensor, block_from: usize) -> UpdateWay {
        let layout = &update.layout;
        let repeats = |(&dim, &stride): (&usize, &isize)| dim == 1 || stride == 0;
        let mut axes = layout.shape().iter().zip(layout.strides());
        if axes.clone().all(repeats) {
            return UpdateWay::OneValue;
        }
        let block = Layout::from_parts(
            Dims::from_slice(&layout.shape()[block_from..]),
            Strides::from_slice(&layout.strides()[block_from..]),
            0,
        );
        if axes.by_ref().take(block_from).all(repeats) && block.is_contiguous() {
            return UpdateWay::OneBlock;
        }
        UpdateWay::All
    }
}

/// Writes the blocks of some positions of one outer part.
///
/// # Safety
/// Every element of every position lies in the target; the update has as many elements.
unsafe fn scatter_blocks(
    op: ScatterOp,
    dtype: DType,
    target: *mut u8,
    update: &Update,
    cut: &Cut,
    offsets: &[isize],
) {
    macro_rules! each {
        ($t:ty, $combine:expr) => {
            // SAFETY: as the caller promises.
            unsafe { write_blocks::<$t>(target, update, cut, offsets, $combine) }
        };
    }
    if op == ScatterOp::Set {
        let itemsize = dtype.itemsize();
        if update.step != 0 && cut.run > itemsize {
            let mut source = update.first;
            for &offset in offsets {
                let mut from = source;
                for_each_offset(&cut.inner, |inner| {
                    let place = target.wrapping_offset(offset + inner);
                    // SAFETY: as the caller promises; the update is another buffer.
                    unsafe { std::ptr::copy_nonoverlapping(from, place, cut.run) };
                    from = from.wrapping_add(cut.run);
                });
                source = source.wrapping_add(update.block);
            }
            return;
        }
        match itemsize {
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

/// Writes element by element.
///
/// # Safety
/// As [`scatter_blocks`].
#[inline(always)]
unsafe fn write_blocks<T: Copy>(
    target: *mut u8,
    update: &Update,
    cut: &Cut,
    offsets: &[isize],
    combine: impl Fn(T, T) -> T,
) {
    let count = cut.run / size_of::<T>();
    let mut source = update.first;
    let combine = |place: *mut T, from: *const u8| {
        // SAFETY: as the caller promises.
        unsafe {
            let new = from.cast::<T>().read_unaligned();
            place.write_unaligned(combine(place.read_unaligned(), new));
        }
    };
    if count == 1 && cut.inner.is_empty() {
        for &offset in offsets {
            combine(target.wrapping_offset(offset).cast(), source);
            source = source.wrapping_add(update.block);
        }
        return;
    }
    for &offset in offsets {
        let mut from = source;
        for_each_offset(&cut.inner, |inner| {
            let place = target.wrapping_offset(offset + inner).cast::<T>();
            for i in 0..count {
                combine(place.wrapping_add(i), from);
                from = from.wrapping_add(update.step);
            }
        });
        source = source.wrapping_add(update.block);
    }
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
    let specs: SmallVec<[tnp_backend::prim::SliceSpec; 4]> = axes
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
