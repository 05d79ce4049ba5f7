//! `dot_general`: sums of products over any pairs of axes, on any layout; the products themselves are in `matmul`.

use half::slice::HalfFloatSliceExt;
use smallvec::SmallVec;
use tnp_dtype::{DType, bf16, f16, with_dtype};
use tnp_shape::Layout;

use crate::matmul::{Bit, Number, Problem, Product, pack};
use crate::memory::{OutOfMemory, PoolBlock, allocate};
use crate::strided::Strided;

/// Size and stride of axes, outermost first.
type Axes = SmallVec<[(usize, isize); 4]>;
/// Size and both operands' strides of paired axes.
type Pairs = SmallVec<[(usize, isize, isize); 4]>;

/// Which axes of the operands are summed over and which go together; all others are free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DotAxes<'a> {
    pub(crate) lhs_contract: &'a [usize],
    pub(crate) rhs_contract: &'a [usize],
    pub(crate) lhs_batch: &'a [usize],
    pub(crate) rhs_batch: &'a [usize],
}

/// Writes the contraction of `lhs` and `rhs` to `out`, in C order: batch axes, free axes of `lhs`, free axes of `rhs`.
///
/// Integers wrap, bools are combined with and/or, half-width floats are summed in `f32` and rounded once.
///
/// # Errors
/// When there is no memory for packed operands.
///
/// # Safety
/// The operands are of the same dtype and paired axes of the same size; `out` is aligned, apart from the operands, and has room.
pub(crate) unsafe fn dot_general(
    lhs: &Strided<'_>,
    rhs: &Strided<'_>,
    axes: &DotAxes<'_>,
    out: *mut u8,
) -> Result<(), OutOfMemory> {
    debug_assert_eq!(lhs.dtype, rhs.dtype);
    // SAFETY: each arm names the type of the dtype; the rest is passed on.
    unsafe {
        with_dtype!(lhs.dtype, T: number => same::<T>(lhs, rhs, axes, out.cast()), else => match lhs.dtype {
            DType::Float16 => widened(lhs, rhs, axes, out.cast::<f16>(), f16::to_f32, |from, to| {
                to.convert_from_f32_slice(from);
            }),
            DType::BFloat16 => widened(lhs, rhs, axes, out.cast::<bf16>(), bf16::to_f32, |from, to| {
                to.convert_from_f32_slice(from);
            }),
            // Of the dtypes outside `number` only bool is left.
            _ => same::<Bit>(lhs, rhs, axes, out.cast()),
        })
    }
}

/// The contraction in the operands' own type.
unsafe fn same<T: Number>(
    lhs: &Strided<'_>,
    rhs: &Strided<'_>,
    axes: &DotAxes<'_>,
    out: *mut T,
) -> Result<(), OutOfMemory> {
    if let Some(one) = matrices(lhs, rhs, axes, out) {
        // SAFETY: as the caller promises.
        return unsafe { one.run() };
    }
    let plan = Plan::new(lhs, rhs, axes);
    if plan.is_trivial(out) {
        return Ok(());
    }
    // SAFETY: as the caller promises.
    unsafe { plan.run(out, false, |value: T| value) }
}

/// Matrices and vectors as they are, the common case, for which sorting out axes would take longer than a small product.
fn matrices<T: Number>(
    lhs: &Strided<'_>,
    rhs: &Strided<'_>,
    axes: &DotAxes<'_>,
    out: *mut T,
) -> Option<Problem<T>> {
    let (&[l], &[r], []) = (axes.lhs_contract, axes.rhs_contract, axes.lhs_batch) else {
        return None;
    };
    let (rows, depth) = free_and_summed(lhs.layout, l)?;
    let (columns, depth_of_rhs) = free_and_summed(rhs.layout, r)?;
    if rows.0 == 0 || columns.0 == 0 || depth.0 == 0 {
        return None;
    }
    Some(Problem {
        batch: SmallVec::new(),
        one: Product {
            m: rows.0,
            n: columns.0,
            k: depth.0,
            a: lhs.ptr.cast::<T>().wrapping_add(lhs.layout.offset()),
            a_rs: rows.1,
            a_cs: depth.1,
            b: rhs.ptr.cast::<T>().wrapping_add(rhs.layout.offset()),
            b_rs: depth_of_rhs.1,
            b_cs: columns.1,
            out,
            out_rs: columns.0,
        },
    })
}

/// Size and stride of the free axis, if there is one, and of the summed one, of an array of one or two axes.
#[inline]
fn free_and_summed(layout: &Layout, summed: usize) -> Option<((usize, isize), (usize, isize))> {
    let axis = |i: usize| (layout.shape()[i], layout.strides()[i]);
    match layout.ndim() {
        1 => Some(((1, 1), axis(0))),
        2 => {
            let (free, summed) = (axis(1 - summed), axis(summed));
            // Unit axes may have any stride; one is the best.
            let unit = |a: (usize, isize)| if a.0 == 1 { (1, 1) } else { a };
            Some((unit(free), unit(summed)))
        }
        _ => None,
    }
}

/// The contraction in `f32` of operands that are narrower.
unsafe fn widened<T: Copy>(
    lhs: &Strided<'_>,
    rhs: &Strided<'_>,
    axes: &DotAxes<'_>,
    out: *mut T,
    widen: impl Fn(T) -> f32 + Copy,
    narrow: impl Fn(&[f32], &mut [T]),
) -> Result<(), OutOfMemory> {
    let plan = Plan::new(lhs, rhs, axes);
    if plan.is_trivial(out) {
        return Ok(());
    }
    let size = plan.size();
    let wide = allocate(size.saturating_mul(size_of::<f32>()))?;
    // SAFETY: the scratch holds `size` floats, which `run` fills, and `out` has that many elements; zero bits are the
    // number zero, so that the slice of `out` is of initialised memory.
    unsafe {
        plan.run(wide.as_ptr().cast::<f32>(), true, widen)?;
        out.write_bytes(0, size);
        narrow(
            std::slice::from_raw_parts(wide.as_ptr().cast(), size),
            std::slice::from_raw_parts_mut(out, size),
        );
    }
    Ok(())
}

/// The axes sorted by what they do.
struct Plan {
    batch: Pairs,
    rows: Axes,
    columns: Axes,
    depth: Pairs,
    lhs: Start,
    rhs: Start,
}

/// Address of an operand's first element, in elements after `ptr`.
#[derive(Clone, Copy)]
struct Start {
    ptr: *const u8,
    offset: usize,
}

impl Plan {
    fn new(lhs: &Strided<'_>, rhs: &Strided<'_>, axes: &DotAxes<'_>) -> Plan {
        let pair = |l: &[usize], r: &[usize]| -> Pairs {
            let size = lhs.layout.shape();
            let (ls, rs) = (lhs.layout.strides(), rhs.layout.strides());
            let paired = l.iter().zip(r).map(|(&l, &r)| (size[l], ls[l], rs[r]));
            paired.filter(|axis| axis.0 != 1).collect()
        };
        let mut batch = pair(axes.lhs_batch, axes.rhs_batch);
        fuse_pairs(&mut batch);
        let mut plan = Plan {
            batch,
            rows: free(lhs, axes.lhs_contract, axes.lhs_batch),
            columns: free(rhs, axes.rhs_contract, axes.rhs_batch),
            depth: pair(axes.lhs_contract, axes.rhs_contract),
            lhs: Start {
                ptr: lhs.ptr,
                offset: lhs.layout.offset(),
            },
            rhs: Start {
                ptr: rhs.ptr,
                offset: rhs.layout.offset(),
            },
        };
        plan.order_depth();
        plan.batch_into_rows();
        plan
    }

    /// Sums may run in any order: one in which both operands' axes fuse, if there is one.
    fn order_depth(&mut self) {
        if self.depth.len() < 2 {
            return;
        }
        let fused = |depth: &Pairs| {
            let one = |axes: Axes| usize::from(fuse(axes).len() <= 1);
            one(depth.iter().map(|a| (a.0, a.1)).collect())
                + one(depth.iter().map(|a| (a.0, a.2)).collect())
        };
        let mut by_lhs = self.depth.clone();
        by_lhs.sort_by_key(|axis| std::cmp::Reverse(axis.1.unsigned_abs()));
        let mut by_rhs = self.depth.clone();
        by_rhs.sort_by_key(|axis| std::cmp::Reverse(axis.2.unsigned_abs()));
        for order in [by_lhs, by_rhs] {
            if fused(&order) > fused(&self.depth) {
                self.depth = order;
            }
        }
    }

    /// A batch that shares its right operand is one product with more rows.
    fn batch_into_rows(&mut self) {
        if self.batch.is_empty() || self.batch.iter().any(|axis| axis.2 != 0) {
            return;
        }
        let batch = self.batch.iter().map(|axis| (axis.0, axis.1));
        let all = fuse(batch.chain(self.rows.iter().copied()).collect());
        if all.len() <= 1 {
            self.rows = all;
            self.batch.clear();
        }
    }

    fn size(&self) -> usize {
        let batch: usize = self.batch.iter().map(|axis| axis.0).product();
        batch * product(&self.rows) * product(&self.columns)
    }

    /// Empty outputs and empty sums need no operands.
    fn is_trivial<T>(&self, out: *mut T) -> bool {
        let size = self.size();
        if size > 0 && self.depth.iter().all(|axis| axis.0 > 0) {
            return false;
        }
        // SAFETY: `out` has room for `size` elements, and zero bits are zero in every dtype.
        unsafe { out.write_bytes(0, size) };
        true
    }

    /// Runs the product in `U`. Operands of type `T` are used where they are if their axes fuse to rows and columns and
    /// `copy` is not set (`T` and `U` are then the same), and copied otherwise.
    unsafe fn run<T: Copy, U: Number>(
        &self,
        out: *mut U,
        copy: bool,
        convert: impl Fn(T) -> U + Copy,
    ) -> Result<(), OutOfMemory> {
        let depth = |side: fn(&(usize, isize, isize)) -> isize| -> Axes {
            self.depth.iter().map(|axis| (axis.0, side(axis))).collect()
        };
        let batch = |side: fn(&(usize, isize, isize)) -> isize| -> Axes {
            self.batch.iter().map(|axis| (axis.0, side(axis))).collect()
        };
        // SAFETY: as the caller promises.
        let (lhs, rhs) = unsafe {
            (
                operand(
                    self.lhs,
                    batch(|axis| axis.1),
                    &self.rows,
                    &depth(|axis| axis.1),
                    copy,
                    convert,
                )?,
                operand(
                    self.rhs,
                    batch(|axis| axis.2),
                    &depth(|axis| axis.2),
                    &self.columns,
                    copy,
                    convert,
                )?,
            )
        };
        let (m, n) = (product(&self.rows), product(&self.columns));
        let problem = Problem {
            batch: (0..self.batch.len())
                .map(|i| (self.batch[i].0, lhs.batch[i], rhs.batch[i]))
                .collect(),
            one: Product {
                m,
                n,
                k: self.depth.iter().map(|axis| axis.0).product(),
                a: lhs.first,
                a_rs: lhs.outer,
                a_cs: lhs.inner,
                b: rhs.first,
                b_rs: rhs.outer,
                b_cs: rhs.inner,
                out,
                out_rs: n,
            },
        };
        // SAFETY: no size is zero here; the strides are those of the operands or of their copies.
        unsafe { problem.run() }
    }
}

/// An operand as matrices.
struct Matrices<U> {
    first: *const U,
    batch: SmallVec<[isize; 4]>,
    outer: isize,
    inner: isize,
    _copy: Option<PoolBlock>,
}

/// Uses an operand where it is, or copies it to rows without gaps.
unsafe fn operand<T: Copy, U: Number>(
    start: Start,
    batch: Axes,
    outer: &Axes,
    inner: &Axes,
    copy: bool,
    convert: impl Fn(T) -> U + Copy,
) -> Result<Matrices<U>, OutOfMemory> {
    let first = start.ptr.cast::<T>().wrapping_add(start.offset);
    if !copy {
        let (outer, inner) = (fuse(outer.clone()), fuse(inner.clone()));
        if outer.len() <= 1 && inner.len() <= 1 {
            return Ok(Matrices {
                first: first.cast(),
                batch: batch.iter().map(|axis| axis.1).collect(),
                outer: outer.first().map_or(1, |axis| axis.1),
                inner: inner.first().map_or(1, |axis| axis.1),
                _copy: None,
            });
        }
    }
    // What is broadcast along the batch is copied once.
    let mut all: Axes = batch.iter().copied().filter(|axis| axis.1 != 0).collect();
    all.extend(outer.iter().chain(inner).copied());
    let columns = product(inner);
    let mut step = product(outer) * columns;
    let mut steps: SmallVec<[isize; 4]> = SmallVec::from_elem(0, batch.len());
    for (to, &(size, stride)) in steps.iter_mut().zip(&batch).rev() {
        if stride != 0 {
            *to = step as isize;
            step *= size;
        }
    }
    let block = allocate(step.saturating_mul(size_of::<U>()))?;
    let to = block.as_ptr().cast::<U>();
    // SAFETY: the operand is readable and the block holds all its elements.
    unsafe { pack::contiguous(first, &fuse(all), to, convert) };
    Ok(Matrices {
        first: to,
        batch: steps,
        outer: columns as isize,
        inner: 1,
        _copy: Some(block),
    })
}

/// The axes of an operand that are neither summed nor paired.
fn free(operand: &Strided<'_>, contract: &[usize], batch: &[usize]) -> Axes {
    let layout = operand.layout;
    (0..layout.ndim())
        .filter(|axis| !contract.contains(axis) && !batch.contains(axis))
        .map(|axis| (layout.shape()[axis], layout.strides()[axis]))
        .collect()
}

fn product(axes: &Axes) -> usize {
    axes.iter().map(|axis| axis.0).product()
}

/// Merges neighbouring axes that one stride covers.
fn fuse(axes: Axes) -> Axes {
    if axes.len() == 1 && axes[0].0 != 1 {
        return axes;
    }
    let mut fused = Axes::new();
    for (size, stride) in axes {
        match fused.last_mut() {
            _ if size == 1 => {}
            Some(last) if last.1 == stride * size as isize => *last = (last.0 * size, stride),
            _ => fused.push((size, stride)),
        }
    }
    fused
}

/// As [`fuse`], for both operands at once.
fn fuse_pairs(axes: &mut Pairs) {
    let mut fused = Pairs::new();
    for &(size, l, r) in axes.iter() {
        let steps = (l * size as isize, r * size as isize);
        match fused.last_mut() {
            Some(last) if (last.1, last.2) == steps => *last = (last.0 * size, l, r),
            _ => fused.push((size, l, r)),
        }
    }
    *axes = fused;
}

#[cfg(test)]
mod tests;
