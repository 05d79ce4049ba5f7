//! `arg_reduce`: where along an axis the first extreme element is.
//!
//! Along contiguous elements, blocks are folded as `reduce` folds them, and only the winning block is
//! searched. Across rows, the best values so far and their row numbers are kept in two rows of accumulators.

use tnp_backend::prim::ArgReduceOp;
use tnp_dtype::{DType, c64, c128};

use crate::load::{BLOCK, Loader, Scratch, Shared, first_of, scatter, stride_of};
use crate::reduce::fold::{FoldOp, Number, RunsFn, kernels};
use crate::reduce::{Axes, Axis, TASK, coalesce, for_each_place, longest};
use crate::simd::{level, simd_kernel};
use crate::strided::Strided;
use crate::threads::parallel_for;

/// Rows whose numbers fit the narrowest lanes.
const ROWS: usize = 128;
/// Columns whose accumulators stay in L1.
const COLUMNS: usize = 512;
/// Elements folded before the result is compared with the best so far.
const RUN: usize = 256;

/// A number with an unsigned integer of its width, for row numbers in the same vector lanes.
pub(crate) trait Lane: Number {
    type Index: Copy + Default + 'static;
    fn index(i: u8) -> Self::Index;
    fn wide(i: Self::Index) -> i64;
    fn above(self, other: Self) -> bool;
    fn below(self, other: Self) -> bool;
}

macro_rules! lanes {
    ($($t:ident $i:ident,)* ; $($z:ident)*) => {
        $(impl Lane for $t {
            type Index = $i;
            #[inline(always)]
            fn index(i: u8) -> $i { i as $i }
            #[inline(always)]
            fn wide(i: $i) -> i64 { i as i64 }
            // "Not at most" is true of a NaN; a NaN that leads stays.
            #[inline(always)]
            #[allow(clippy::neg_cmp_op_on_partial_ord, clippy::eq_op)]
            fn above(self, other: Self) -> bool { !(self <= other) & (other == other) }
            #[inline(always)]
            #[allow(clippy::neg_cmp_op_on_partial_ord, clippy::eq_op)]
            fn below(self, other: Self) -> bool { !(self >= other) & (other == other) }
        })*
        $(impl Lane for $z {
            type Index = u64;
            #[inline(always)]
            fn index(i: u8) -> u64 { i as u64 }
            #[inline(always)]
            fn wide(i: u64) -> i64 { i as i64 }
            #[inline(always)]
            fn above(self, other: Self) -> bool {
                let larger = self.re > other.re || (self.re == other.re && self.im > other.im);
                !Number::is_nan(other) && (larger || Number::is_nan(self))
            }
            #[inline(always)]
            fn below(self, other: Self) -> bool {
                let smaller = self.re < other.re || (self.re == other.re && self.im < other.im);
                !Number::is_nan(other) && (smaller || Number::is_nan(self))
            }
        })*
    };
}
lanes!(u8 u8, i8 u8, u16 u16, i16 u16, u32 u32, i32 u32, f32 u32, u64 u64, i64 u64, f64 u64, ; c64 c128);

/// Which of two elements is the better one.
pub(crate) trait Better: 'static {
    type T: Lane;
    fn wins(new: Self::T, best: Self::T) -> bool;
}
pub(crate) struct Largest<T>(std::marker::PhantomData<T>);
impl<T: Lane> Better for Largest<T> {
    type T = T;
    #[inline(always)]
    fn wins(new: T, best: T) -> bool {
        new.above(best)
    }
}
pub(crate) struct Smallest<T>(std::marker::PhantomData<T>);
impl<T: Lane> Better for Smallest<T> {
    type T = T;
    #[inline(always)]
    fn wins(new: T, best: T) -> bool {
        new.below(best)
    }
}

simd_kernel! {
    /// Folds `count <= ROWS` rows of `width` elements, the first of them number `base`, into best values and their row numbers.
    fn rows[O: Better](src: *const u8, row_stride: isize, count: usize, width: usize, base: i64, best: *mut u8, index: *mut i64) {
        let best = best.cast::<O::T>();
        let mut values = [O::T::ZERO; COLUMNS];
        let mut numbers = [<O::T as Lane>::Index::default(); COLUMNS];
        let mut start = 0;
        while start < width {
            let n = COLUMNS.min(width - start);
            let row = |r: usize| src.wrapping_offset(r as isize * row_stride).cast::<O::T>().wrapping_add(start);
            // SAFETY: rows, `best` and `index` have `width` elements, and `start + n <= width`.
            unsafe {
                std::ptr::copy_nonoverlapping(row(0), values.as_mut_ptr(), n);
                numbers[..n].fill(O::T::index(0));
                for r in 1..count {
                    let (from, number) = (row(r), O::T::index(r as u8));
                    for (j, (value, place)) in values[..n].iter_mut().zip(&mut numbers[..n]).enumerate() {
                        let new = *from.add(j);
                        let wins = O::wins(new, *value);
                        *value = if wins { new } else { *value };
                        *place = if wins { number } else { *place };
                    }
                }
                for j in 0..n {
                    let at = start + j;
                    if base == 0 || O::wins(values[j], *best.add(at)) {
                        *best.add(at) = values[j];
                        *index.add(at) = base + O::T::wide(numbers[j]);
                    }
                }
            }
            start += n;
        }
    }
}

/// Position of the first element equal to `wanted`, or of the first NaN when that is one.
fn find<T: Lane>(values: &[T], wanted: T) -> usize {
    let is_nan = wanted.is_nan();
    let is_it = |x: T| (x == wanted) | (is_nan & x.is_nan());
    // Without an early exit inside a chunk its comparisons are done in vectors.
    let chunk = values
        .chunks(32)
        .position(|chunk| chunk.iter().fold(false, |any, &x| any | is_it(x)))
        .unwrap_or(0);
    let start = chunk * 32;
    start + values[start..].iter().position(|&x| is_it(x)).unwrap_or(0)
}

/// Folds `n` contiguous elements, the first of them number `base`, into the best value and its number.
unsafe fn run<O: Better>(
    fold: RunsFn,
    src: *const u8,
    n: usize,
    base: i64,
    best: *mut u8,
    index: *mut i64,
) {
    let (src, best) = (src.cast::<O::T>(), best.cast::<O::T>());
    // SAFETY: `n` elements, and one each of `best` and `index`, as the caller says; blocks end at or before `n`.
    unsafe {
        if n <= 8 {
            let (mut value, mut number) = (*src, 0);
            for i in 1..n {
                let new = *src.add(i);
                let wins = O::wins(new, value);
                value = if wins { new } else { value };
                number = if wins { i } else { number };
            }
            if base == 0 || O::wins(value, *best) {
                (*best, *index) = (value, base + number as i64);
            }
            return;
        }
        let (mut leader, mut block) = (*best, None);
        for start in (0..n).step_by(RUN) {
            let mut value = O::T::ZERO;
            fold(
                src.add(start).cast(),
                0,
                1,
                RUN.min(n - start),
                (&raw mut value).cast(),
            );
            if (base == 0 && start == 0) || O::wins(value, leader) {
                (leader, block) = (value, Some(start));
                if leader.is_nan() {
                    break;
                }
            }
        }
        let Some(start) = block else { return };
        let found = std::slice::from_raw_parts(src.add(start), RUN.min(n - start));
        let place = find(found, leader);
        (*best, *index) = (found[place], base + (start + place) as i64);
    }
}

type RowsFn = unsafe fn(*const u8, isize, usize, usize, i64, *mut u8, *mut i64);
type RunFn = unsafe fn(RunsFn, *const u8, usize, i64, *mut u8, *mut i64);

fn choose(op: ArgReduceOp, dtype: DType) -> (RowsFn, RunFn) {
    macro_rules! of {
        ($($d:ident $t:ty),*) => {
            match (op, dtype) {
                $((ArgReduceOp::Max, DType::$d) => (rows::<Largest<$t>>(level()), run::<Largest<$t>>),
                (ArgReduceOp::Min, DType::$d) => (rows::<Smallest<$t>>(level()), run::<Smallest<$t>>),)*
                (_, other) => unreachable!("{other} is compared as another dtype"),
            }
        };
    }
    of!(Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,
        Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
}

struct Job<'a> {
    loader: &'a Loader,
    fold: RunsFn,
    rows: RowsFn,
    run: RunFn,
    /// Bytes of an element as compared.
    width: usize,
    /// The axis: its length and stride in bytes.
    n: usize,
    step: isize,
}

/// Writes the position (int64) of the first largest or smallest element along `axis`; the first NaN counts as extreme.
///
/// # Safety
/// `axis` is within the layout and not empty; the elements can be read; `out` has room for one int64
/// for each element of the other axes.
pub(crate) unsafe fn arg_reduce(op: ArgReduceOp, input: Strided<'_>, axis: usize, out: *mut i64) {
    // Bools compare as bytes, half-width floats as float32.
    let (from, dtype) = match input.dtype {
        DType::Bool => (DType::UInt8, DType::UInt8),
        DType::Float16 | DType::BFloat16 => (input.dtype, DType::Float32),
        other => (other, other),
    };
    let layout = input.layout;
    let size = layout.size();
    if size == 0 {
        return;
    }
    let fold = match op {
        ArgReduceOp::Max => kernels(FoldOp::Max, dtype).runs,
        ArgReduceOp::Min => kernels(FoldOp::Min, dtype).runs,
    };
    let (rows, run) = choose(op, dtype);
    let loader = Loader::new(from, from, dtype);
    let (n, step) = (layout.shape()[axis], stride_of(&input, axis));
    let job = Job {
        loader: &loader,
        fold,
        rows,
        run,
        width: dtype.itemsize(),
        n,
        step,
    };
    let (mut src, mut out) = (first_of(&input), out.cast::<u8>());
    let mut kept = Axes::new();
    let mut out_stride = size_of::<i64>() as isize;
    for other in (0..layout.ndim()).rev().filter(|&other| other != axis) {
        let (dim, mut stride, mut out_step) =
            (layout.shape()[other], stride_of(&input, other), out_stride);
        out_stride *= dim as isize;
        if dim == 1 {
            continue;
        }
        if stride < 0 {
            src = src.wrapping_offset((dim as isize - 1) * stride);
            out = out.wrapping_offset((dim as isize - 1) * out_step);
            (stride, out_step) = (-stride, -out_step);
        }
        kept.push(Axis {
            dim,
            stride,
            out: out_step,
        });
    }
    coalesce(&mut kept);
    // SAFETY: the axes describe what the caller vouches for.
    unsafe { job.split(src, out, &kept, size) }
}

impl Job<'_> {
    /// Splits the work over threads where that pays.
    unsafe fn split(&self, src: *const u8, out: *mut u8, kept: &Axes, size: usize) {
        let (from, to) = (Shared(src.cast_mut()), Shared(out));
        if size < 2 * TASK {
            // SAFETY: as the caller says.
            return unsafe { self.part(src, out, kept, &mut Scratch::default()) };
        }
        if kept.is_empty() {
            // SAFETY: as the caller says.
            return unsafe { self.split_axis(from, out) };
        }
        let longest = longest(kept);
        let axis = kept[longest];
        let grain = (TASK * axis.dim / size).clamp(1, axis.dim);
        parallel_for(axis.dim, grain, |range| {
            let mut part = kept.clone();
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

    /// One result from many elements: the first of the best of equal parts.
    unsafe fn split_axis(&self, src: Shared, out: *mut u8) {
        let parts = (self.n / TASK).max(1);
        let step = self.n.div_ceil(parts);
        let parts = self.n.div_ceil(step);
        let mut values = vec![0u128; (parts * self.width).div_ceil(16)];
        let mut places = vec![0i64; parts];
        let (value, place) = (
            Shared(values.as_mut_ptr().cast()),
            Shared(places.as_mut_ptr().cast()),
        );
        parallel_for(parts, 1, |range| {
            let mut scratch = Scratch::default();
            for p in range {
                let start = p * step;
                // SAFETY: a part of the axis, with a value and a place of its own.
                unsafe {
                    let place = place.at((p * 8) as isize).cast::<i64>();
                    let from = src.at(start as isize * self.step);
                    self.along(
                        from,
                        step.min(self.n - start),
                        value.at((p * self.width) as isize),
                        place,
                        &mut scratch,
                    );
                    *place += start as i64;
                }
            }
        });
        let (mut best, mut first) = (0u128, 0i64);
        // SAFETY: the values of all parts, contiguous; the result goes where the caller said.
        unsafe {
            (self.run)(
                self.fold,
                value.0,
                parts,
                0,
                (&raw mut best).cast(),
                &raw mut first,
            );
            *out.cast::<i64>() = places[first as usize];
        }
    }

    /// The results at all positions of `kept`, on this thread.
    unsafe fn part(&self, src: *const u8, out: *mut u8, kept: &Axes, scratch: &mut Scratch) {
        let item = self.loader.item() as isize;
        let by_columns = kept.first().is_some_and(|k| {
            k.dim >= 8 && k.stride != 0 && (k.stride == item || k.stride < self.step.abs())
        });
        if !by_columns {
            return for_each_place(kept, src, out, &mut |src, out| {
                let mut best = 0u128;
                // SAFETY: the axis at one position of the others.
                unsafe { self.along(src, self.n, (&raw mut best).cast(), out.cast(), scratch) }
            });
        }
        let columns = kept[0];
        let mut values = vec![0u128; COLUMNS];
        let mut places = vec![0i64; COLUMNS];
        for_each_place(&kept[1..], src, out, &mut |src, out| {
            for start in (0..columns.dim).step_by(COLUMNS) {
                let n = COLUMNS.min(columns.dim - start);
                let from = src.wrapping_offset(start as isize * columns.stride);
                // SAFETY: `n` of the columns.
                unsafe {
                    self.down(
                        from,
                        (columns.stride, n),
                        values.as_mut_ptr().cast(),
                        places.as_mut_ptr(),
                        scratch,
                    );
                    scatter(
                        places.as_ptr().cast(),
                        out.wrapping_offset(start as isize * columns.out),
                        columns.out,
                        n,
                        8,
                    );
                }
            }
        });
    }

    /// The best of `n` elements along the axis.
    unsafe fn along(
        &self,
        src: *const u8,
        n: usize,
        best: *mut u8,
        place: *mut i64,
        scratch: &mut Scratch,
    ) {
        if self.loader.is_direct() && (self.step == self.loader.item() as isize || n == 1) {
            // SAFETY: contiguous elements of the dtype compared.
            return unsafe { (self.run)(self.fold, src, n, 0, best, place) };
        }
        for start in (0..n).step_by(BLOCK) {
            let count = BLOCK.min(n - start);
            let from = src.wrapping_offset(start as isize * self.step);
            // SAFETY: a block of the axis.
            unsafe {
                let block = self.loader.load(from, (0, 1), (self.step, count), scratch);
                (self.run)(self.fold, block, count, start as i64, best, place);
            }
        }
    }

    /// The best of each of `n <= COLUMNS` columns.
    unsafe fn down(
        &self,
        src: *const u8,
        (stride, n): (isize, usize),
        best: *mut u8,
        place: *mut i64,
        scratch: &mut Scratch,
    ) {
        let direct = self.loader.is_direct() && stride == self.loader.item() as isize;
        let at_once = if direct {
            ROWS
        } else {
            (BLOCK / n).clamp(1, ROWS)
        };
        for start in (0..self.n).step_by(at_once) {
            let count = at_once.min(self.n - start);
            let from = src.wrapping_offset(start as isize * self.step);
            // SAFETY: `count` rows of the columns, at most `BLOCK` elements if they must be loaded.
            unsafe {
                let (rows, row_stride) = if direct {
                    (from, self.step)
                } else {
                    (
                        self.loader
                            .load(from, (self.step, count), (stride, n), scratch),
                        (n * self.width) as isize,
                    )
                };
                (self.rows)(rows, row_stride, count, n, start as i64, best, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Rng, Sample, indices, output, random_shape, read_output};
    use tnp_dtype::Literal;

    fn wins(op: ArgReduceOp, new: Literal, best: Literal) -> bool {
        if let (Some(new), Some(best)) = (new.to_i128(), best.to_i128()) {
            return if op == ArgReduceOp::Max {
                new > best
            } else {
                new < best
            };
        }
        let (new, best) = (new.to_c128(), best.to_c128());
        if best.re.is_nan() || best.im.is_nan() {
            return false;
        }
        let (a, b) = ((new.re, new.im), (best.re, best.im));
        new.re.is_nan() || new.im.is_nan() || if op == ArgReduceOp::Max { a > b } else { a < b }
    }

    fn check(op: ArgReduceOp, sample: &Sample, axis: usize) {
        let shape = sample.layout.shape();
        let size = shape.iter().product::<usize>() / shape[axis];
        let mut model: Vec<Option<(Literal, i64)>> = vec![None; size];
        for (index, value) in indices(shape).zip(sample.values()) {
            let place = (0..shape.len())
                .filter(|&a| a != axis)
                .fold(0, |p, a| p * shape[a] + index[a]);
            if model[place].is_none_or(|(best, _)| wins(op, value, best)) {
                model[place] = Some((value, index[axis] as i64));
            }
        }
        let mut out = output(DType::Int64, size);
        // SAFETY: the sample owns its elements, and `out` has room for all results.
        unsafe { arg_reduce(op, sample.strided(), axis, out.as_mut_ptr().cast()) };
        for (found, expected) in read_output(&out, DType::Int64, size).iter().zip(model) {
            let expected = expected.map(|(_, i)| Literal::new(i));
            assert_eq!(
                Some(*found),
                expected,
                "{op:?} of {} {:?} axis {axis}",
                sample.dtype,
                sample.layout
            );
        }
    }

    #[test]
    fn first_extreme_of_any_layout() {
        let mut rng = Rng(99);
        for round in 0..25 {
            for dtype in DType::ALL {
                for &op in ArgReduceOp::ALL {
                    let mut shape = random_shape(&mut rng, 3);
                    shape.push(1 + rng.below(40));
                    if shape.contains(&0) {
                        continue;
                    }
                    let axis = rng.below(shape.len());
                    check(
                        op,
                        &Sample::random(&mut rng, dtype, &shape, round % 3),
                        axis,
                    );
                }
            }
        }
    }

    #[test]
    fn first_extreme_of_many() {
        let mut rng = Rng(3);
        for (shape, axis) in [
            (vec![200_000], 0),
            (vec![600, 700], 0),
            (vec![600, 700], 1),
            (vec![70_000, 3], 0),
        ] {
            for dtype in [DType::Float32, DType::Int64, DType::Bool, DType::Float16] {
                check(
                    ArgReduceOp::Max,
                    &Sample::contiguous(&mut rng, dtype, &shape, 0),
                    axis,
                );
                check(
                    ArgReduceOp::Min,
                    &Sample::random(&mut rng, dtype, &shape, 0),
                    axis,
                );
            }
        }
    }
}
