//! `cumulative`: running sums, products and extremes along an axis.
//!
//! Every step rounds as NumPy's does (also in float16), so results are NumPy's to the bit. Across rows
//! a row is the one before it and a row of input, in vectors; along contiguous elements four
//! rows are walked side by side, because each addition waits for the one before it.

use tnp_backend::prim::CumulativeOp;
use tnp_dtype::{DType, bf16, c64, c128, f16};

use crate::load::{BLOCK, Loader, Scratch, Shared, first_of, stride_of};
use crate::reduce::fold::{And, Fold, Max, Min, Number, Or, Prod, Sum};
use crate::reduce::{Axes, Axis, TASK, coalesce, for_each_place, longest};
use crate::simd::{level, simd_kernel};
use crate::strided::Strided;
use crate::threads::parallel_for;

/// Columns whose rows stay in L1.
const COLUMNS: usize = 2048;
/// Rows walked side by side.
const CHAINS: usize = 4;

macro_rules! halves {
    ($($t:ident)*) => {$(impl Number for $t {
        const ZERO: Self = $t::ZERO;
        const ONE: Self = $t::ONE;
        const LOWEST: Self = $t::NEG_INFINITY;
        const HIGHEST: Self = $t::INFINITY;
        #[inline(always)]
        fn plus(self, other: Self) -> Self { $t::from_f32(self.to_f32() + other.to_f32()) }
        #[inline(always)]
        fn times(self, other: Self) -> Self { $t::from_f32(self.to_f32() * other.to_f32()) }
        #[inline(always)]
        fn larger(self, other: Self) -> Self { if self > other || self.is_nan() { self } else { other } }
        #[inline(always)]
        fn smaller(self, other: Self) -> Self { if self < other || self.is_nan() { self } else { other } }
        #[inline(always)]
        fn is_nan(self) -> bool { $t::is_nan(self) }
    })*};
}
halves!(f16 bf16);

simd_kernel! {
    /// `out[r][j] = out[r - 1][j] op src[r][j]` for `count` rows of `width` contiguous elements; the first
    /// row is copied when it is the `first` of all, else the row before it is there.
    fn scan_rows[O: Fold](src: *const u8, row_stride: isize, out: *mut u8, out_stride: isize, count: usize, width: usize, first: bool) {
        for r in 0..count as isize {
            let from = src.wrapping_offset(r * row_stride).cast::<O::T>();
            let to = out.wrapping_offset(r * out_stride).cast::<O::T>();
            let before = out.wrapping_offset((r - 1) * out_stride).cast::<O::T>();
            // SAFETY: the caller gives `width` elements of each row.
            unsafe {
                if first && r == 0 {
                    std::ptr::copy_nonoverlapping(from, to, width);
                    continue;
                }
                for j in 0..width {
                    *to.add(j) = O::combine(*before.add(j), *from.add(j));
                }
            }
        }
    }
}

simd_kernel! {
    /// Scans `count` rows of `n` elements `step` bytes apart into rows of the same `step`; a row goes on from the
    /// element before it in `out` unless it is the `first` part.
    fn scan_runs[O: Fold](src: *const u8, strides: (isize, isize), out: *mut u8, out_strides: (isize, isize), count: usize, n: usize, first: bool) {
        let mut r = 0;
        while r < count {
            let chains = if r + CHAINS <= count { CHAINS } else { 1 };
            let from = src.wrapping_offset(r as isize * strides.0);
            let to = out.wrapping_offset(r as isize * out_strides.0);
            // SAFETY: the caller gives `n` elements of each row, and the element before them unless `first`.
            unsafe {
                if chains == CHAINS {
                    scan_chains::<O, CHAINS>(from, strides, to, out_strides, n, first);
                } else {
                    scan_chains::<O, 1>(from, strides, to, out_strides, n, first);
                }
            }
            r += chains;
        }
    }
}

/// Scans `R` rows at once.
///
/// # Safety
/// As of `scan_runs`.
#[inline(always)]
unsafe fn scan_chains<O: Fold, const R: usize>(
    src: *const u8,
    (row_stride, step): (isize, isize),
    out: *mut u8,
    (out_stride, out_step): (isize, isize),
    n: usize,
    first: bool,
) {
    let mut carry = [O::IDENTITY; R];
    let mut start = 0;
    // SAFETY: element `i` of row `k`, as the caller says.
    unsafe {
        let read = |k: usize, i: isize| {
            src.wrapping_offset(k as isize * row_stride + i * step)
                .cast::<O::T>()
                .read()
        };
        let place = |k: usize, i: isize| {
            out.wrapping_offset(k as isize * out_stride + i * out_step)
                .cast::<O::T>()
        };
        if first {
            start = 1;
        }
        for (k, carry) in carry.iter_mut().enumerate() {
            if first {
                *carry = read(k, 0);
                place(k, 0).write(*carry);
            } else {
                *carry = place(k, -1).read();
            }
        }
        for i in start..n as isize {
            for (k, carry) in carry.iter_mut().enumerate() {
                *carry = O::combine(*carry, read(k, i));
                place(k, i).write(*carry);
            }
        }
    }
}

type ScanRowsFn = unsafe fn(*const u8, isize, *mut u8, isize, usize, usize, bool);
type ScanRunsFn = unsafe fn(*const u8, (isize, isize), *mut u8, (isize, isize), usize, usize, bool);

fn of<O: Fold>() -> (ScanRowsFn, ScanRunsFn) {
    (scan_rows::<O>(level()), scan_runs::<O>(level()))
}

fn choose(op: CumulativeOp, dtype: DType) -> (ScanRowsFn, ScanRunsFn) {
    macro_rules! numbers {
        ($fold:ident: $($d:ident $t:ty),*) => {
            match dtype {
                $(DType::$d => of::<$fold<$t>>(),)*
                DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64 | DType::Bool => unreachable!("taken as another dtype"),
            }
        };
    }
    macro_rules! ordered {
        ($fold:ident) => {
            match dtype {
                DType::Int8 => of::<$fold<i8>>(),
                DType::Int16 => of::<$fold<i16>>(),
                DType::Int32 => of::<$fold<i32>>(),
                DType::Int64 => of::<$fold<i64>>(),
                _ => numbers!($fold: UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64, Complex64 c64, Complex128 c128),
            }
        };
    }
    // Wrapping arithmetic does not know signs.
    let unsigned = match dtype {
        DType::Int8 => DType::UInt8,
        DType::Int16 => DType::UInt16,
        DType::Int32 => DType::UInt32,
        DType::Int64 => DType::UInt64,
        other => other,
    };
    match (op, dtype) {
        (CumulativeOp::Sum | CumulativeOp::Max, DType::Bool) => of::<Or>(),
        (CumulativeOp::Prod | CumulativeOp::Min, DType::Bool) => of::<And>(),
        (CumulativeOp::Sum | CumulativeOp::Prod, _) if unsigned != dtype => choose(op, unsigned),
        (CumulativeOp::Sum, _) => {
            numbers!(Sum: UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
        }
        (CumulativeOp::Prod, _) => {
            numbers!(Prod: UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float16 f16, BFloat16 bf16, Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
        }
        (CumulativeOp::Max, _) => ordered!(Max),
        (CumulativeOp::Min, _) => ordered!(Min),
    }
}

struct Job<'a> {
    loader: &'a Loader,
    scan_rows: ScanRowsFn,
    scan_runs: ScanRunsFn,
    /// Bytes of an output element.
    width: isize,
    /// The axis, in the direction of the scan.
    n: usize,
    step: isize,
    out_step: isize,
}

/// Writes the running combination of `input`, read as cast to `out_dtype`, along `axis`; from the end when `reverse`.
///
/// # Safety
/// `axis` is within the layout; the elements can be read; `out` has room for as many contiguous `out_dtype`.
pub(crate) unsafe fn cumulative(
    op: CumulativeOp,
    input: Strided<'_>,
    axis: usize,
    reverse: bool,
    out_dtype: DType,
    out: *mut u8,
) {
    let layout = input.layout;
    let size = layout.size();
    if size == 0 {
        return;
    }
    let (scan_rows, scan_runs) = choose(op, out_dtype);
    let loader = Loader::new(input.dtype, out_dtype, out_dtype);
    let width = out_dtype.itemsize() as isize;
    let mut job = Job {
        loader: &loader,
        scan_rows,
        scan_runs,
        width,
        n: 1,
        step: 0,
        out_step: 0,
    };
    let (mut src, mut out) = (first_of(&input), out);
    let mut others = Axes::new();
    let mut out_stride = width;
    for other in (0..layout.ndim()).rev() {
        let (dim, stride, out_now) = (layout.shape()[other], stride_of(&input, other), out_stride);
        out_stride *= dim as isize;
        if other == axis {
            (job.n, job.step, job.out_step) = (dim, stride, out_now);
            if reverse {
                src = src.wrapping_offset((dim as isize - 1) * stride);
                out = out.wrapping_offset((dim as isize - 1) * out_now);
                (job.step, job.out_step) = (-stride, -out_now);
            }
        } else if dim != 1 {
            others.push(Axis {
                dim,
                stride: out_now,
                out: stride,
            });
        }
    }
    // The output's order decides; so its strides stand in for the input's here.
    coalesce(&mut others);
    for axis in &mut others {
        (axis.stride, axis.out) = (axis.out, axis.stride);
    }
    // SAFETY: the axes describe what the caller vouches for.
    unsafe { job.split(src, out, &others, size) }
}

impl Job<'_> {
    /// Splits the work over threads where that pays; a single run is not split, so that it rounds as NumPy's.
    unsafe fn split(&self, src: *const u8, out: *mut u8, others: &Axes, size: usize) {
        if size < 2 * TASK || others.is_empty() {
            // SAFETY: as the caller says.
            return unsafe { self.part(src, out, others, &mut Scratch::default()) };
        }
        let (from, to) = (Shared(src.cast_mut()), Shared(out));
        let longest = longest(others);
        let axis = others[longest];
        let grain = (TASK * axis.dim / size).clamp(64.min(axis.dim.div_ceil(8)), axis.dim);
        parallel_for(axis.dim, grain, |range| {
            let mut part = others.clone();
            part[longest].dim = range.len();
            let start = range.start as isize;
            // SAFETY: a part of the whole, with outputs of its own.
            unsafe {
                self.part(
                    from.at(start * axis.stride),
                    to.at(start * axis.out),
                    &part,
                    &mut Scratch::default(),
                )
            }
        });
    }

    unsafe fn part(&self, src: *const u8, out: *mut u8, others: &Axes, scratch: &mut Scratch) {
        let inner = others.first().copied().unwrap_or(Axis {
            dim: 1,
            stride: 0,
            out: 0,
        });
        let by_rows = inner.out == self.width;
        for_each_place(
            others.get(1..).unwrap_or_default(),
            src,
            out,
            &mut |src, out| {
                // SAFETY: the innermost axis at one position of the others.
                unsafe {
                    if by_rows {
                        self.rows(src, out, inner, scratch);
                    } else {
                        self.runs(src, out, inner, scratch);
                    }
                }
            },
        );
    }

    /// Scans down columns that lie side by side in the output.
    unsafe fn rows(&self, src: *const u8, out: *mut u8, inner: Axis, scratch: &mut Scratch) {
        let direct = self.loader.is_direct() && inner.stride == self.width;
        let columns = match (direct, inner.stride == self.loader.item() as isize) {
            (true, _) => COLUMNS,
            (false, true) => 512,
            // Tiles that share cache lines of both operands.
            (false, false) => 32,
        };
        for start in (0..inner.dim).step_by(columns) {
            let width = columns.min(inner.dim - start);
            let at_once = if direct { self.n } else { BLOCK / width };
            for row in (0..self.n).step_by(at_once) {
                let count = at_once.min(self.n - row);
                let from =
                    src.wrapping_offset(start as isize * inner.stride + row as isize * self.step);
                let to =
                    out.wrapping_offset(start as isize * inner.out + row as isize * self.out_step);
                // SAFETY: `count` rows of `width` elements, at most `BLOCK` if they must be loaded.
                unsafe {
                    let (from, stride) = if direct {
                        (from, self.step)
                    } else {
                        let block = self.loader.load(
                            from,
                            (self.step, count),
                            (inner.stride, width),
                            scratch,
                        );
                        (block, width as isize * self.width)
                    };
                    (self.scan_rows)(from, stride, to, self.out_step, count, width, row == 0);
                }
            }
        }
    }

    /// Scans along elements that lie side by side in the output, some rows at once.
    unsafe fn runs(&self, src: *const u8, out: *mut u8, inner: Axis, scratch: &mut Scratch) {
        if self.loader.is_direct() {
            // SAFETY: the kernel takes any strides.
            return unsafe {
                (self.scan_runs)(
                    src,
                    (inner.stride, self.step),
                    out,
                    (inner.out, self.out_step),
                    inner.dim,
                    self.n,
                    true,
                );
            };
        }
        for row in (0..inner.dim).step_by(CHAINS) {
            let count = CHAINS.min(inner.dim - row);
            for start in (0..self.n).step_by(BLOCK / CHAINS) {
                let n = (BLOCK / CHAINS).min(self.n - start);
                let from =
                    src.wrapping_offset(row as isize * inner.stride + start as isize * self.step);
                let to =
                    out.wrapping_offset(row as isize * inner.out + start as isize * self.out_step);
                // SAFETY: `n` elements of `count` rows, at most `BLOCK`.
                unsafe {
                    let block =
                        self.loader
                            .load(from, (inner.stride, count), (self.step, n), scratch);
                    let stride = n as isize * self.width;
                    (self.scan_runs)(
                        block,
                        (stride, self.width),
                        to,
                        (inner.out, self.out_step),
                        count,
                        n,
                        start == 0,
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Rng, Sample, indices, output, random_shape, read_output, same};
    use tnp_dtype::Literal;

    fn step(op: CumulativeOp, a: Literal, b: Literal) -> Literal {
        let dtype = a.dtype();
        if let (Some(x), Some(y)) = (a.to_i128(), b.to_i128()) {
            let wide = match op {
                CumulativeOp::Sum => x.wrapping_add(y),
                CumulativeOp::Prod => x.wrapping_mul(y),
                CumulativeOp::Max => x.max(y),
                CumulativeOp::Min => x.min(y),
            };
            return match dtype {
                DType::UInt64 => Literal::new(wide as u64),
                DType::Bool => Literal::new(wide != 0),
                _ => Literal::new(wide as i64).cast(dtype),
            };
        }
        let (x, y) = (a.to_c128(), b.to_c128());
        let nan = |z: c128| z.re.is_nan() || z.im.is_nan();
        match op {
            CumulativeOp::Sum => Literal::new(x + y).cast(dtype),
            CumulativeOp::Prod => Literal::new(x * y).cast(dtype),
            _ if nan(x) => a,
            _ if nan(y) => b,
            CumulativeOp::Max => {
                if (y.re, y.im) > (x.re, x.im) {
                    b
                } else {
                    a
                }
            }
            CumulativeOp::Min => {
                if (y.re, y.im) < (x.re, x.im) {
                    b
                } else {
                    a
                }
            }
        }
    }

    fn check(op: CumulativeOp, sample: &Sample, axis: usize, reverse: bool, dtype: DType) {
        let shape = sample.layout.shape();
        let mut model: Vec<Literal> = sample.values().iter().map(|v| v.cast(dtype)).collect();
        let size = model.len();
        let stride: usize = shape[axis + 1..].iter().product();
        let order: Vec<usize> = if reverse {
            (0..size).rev().collect()
        } else {
            (0..size).collect()
        };
        let all: Vec<Vec<usize>> = indices(shape).collect();
        for flat in order {
            let i = all[flat][axis];
            if !reverse && i > 0 {
                model[flat] = step(op, model[flat - stride], model[flat]);
            } else if reverse && i + 1 < shape[axis] {
                model[flat] = step(op, model[flat + stride], model[flat]);
            }
        }
        let mut out = output(dtype, size);
        // SAFETY: the sample owns its elements, and `out` has room for all results.
        unsafe {
            cumulative(
                op,
                sample.strided(),
                axis,
                reverse,
                dtype,
                out.as_mut_ptr().cast(),
            )
        };
        for (place, (&f, &e)) in read_output(&out, dtype, size)
            .iter()
            .zip(&model)
            .enumerate()
        {
            assert!(
                same(f, e),
                "{op:?} of {} {:?} axis {axis} as {dtype}: {f} is not {e} at {place}",
                sample.dtype,
                sample.layout
            );
        }
    }

    #[test]
    fn any_layout_any_axis_as_the_model_says() {
        let mut rng = Rng(11);
        for round in 0..12 {
            for dtype in DType::ALL {
                for &op in CumulativeOp::ALL {
                    let mut shape = random_shape(&mut rng, 3);
                    shape.push(1 + rng.below(20));
                    let axis = rng.below(shape.len());
                    let extreme = matches!(op, CumulativeOp::Max | CumulativeOp::Min);
                    let sample = Sample::random(
                        &mut rng,
                        dtype,
                        &shape,
                        if extreme { round % 3 } else { 0 },
                    );
                    check(op, &sample, axis, round % 2 == 1, dtype);
                    if op == CumulativeOp::Sum {
                        let wide = if dtype.is_inexact() {
                            DType::Complex128
                        } else {
                            DType::Int64
                        };
                        check(op, &sample, axis, round % 2 == 1, wide);
                    }
                }
            }
        }
    }

    #[test]
    fn float16_rounds_at_every_step() {
        // 2048 + 1 is 2048 in float16; in float32 the last sum would be 2050.
        let values: Vec<f16> = [2048.0f32, 1.0, 1.0].map(f16::from_f32).to_vec();
        let layout = tnp_shape::Layout::contiguous(&[3]);
        let input = Strided {
            ptr: values.as_ptr().cast(),
            dtype: DType::Float16,
            layout: &layout,
        };
        let mut out = [f16::ZERO; 3];
        // SAFETY: three elements, three results.
        unsafe {
            cumulative(
                CumulativeOp::Sum,
                input,
                0,
                false,
                DType::Float16,
                out.as_mut_ptr().cast(),
            )
        };
        assert_eq!(
            out,
            values
                .iter()
                .map(|_| f16::from_f32(2048.0))
                .collect::<Vec<_>>()[..]
        );
    }

    #[test]
    fn large_ones_that_are_split() {
        let mut rng = Rng(4);
        for (shape, axis) in [
            (vec![140_000], 0),
            (vec![500, 301], 0),
            (vec![500, 301], 1),
            (vec![60, 50, 50], 1),
        ] {
            let sample = Sample::random(&mut rng, DType::Float32, &shape, 0);
            check(CumulativeOp::Sum, &sample, axis, false, DType::Float32);
            check(CumulativeOp::Sum, &sample, axis, true, DType::Float64);
        }
    }
}
