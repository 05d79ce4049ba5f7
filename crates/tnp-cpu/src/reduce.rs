//! `reduce`: sums, products, extremes and logical tests over any axes of any layout.
//!
//! Axes are sorted by stride and coalesced. When the elements next to each other are folded away, each
//! result is a run (or several) folded by itself; when they are kept, rows are folded into a row of
//! accumulators. The loops are in `fold`; what is not contiguous or of another dtype goes through `load`.

#[cfg(target_arch = "x86_64")]
mod avx2;
pub(crate) mod fold;
#[cfg(test)]
mod tests;

use smallvec::SmallVec;
use tnp_backend::prim::ReduceOp;
use tnp_dtype::DType;

use crate::cast::cast_kernel;
use crate::load::{BLOCK, Loader, Scratch, Shared, first_of, for_each_offset, scatter, stride_of};
use crate::strided::Strided;
use crate::threads::parallel_for;
use fold::{FoldOp, Kernels, kernels};

/// Elements worth a task of their own.
pub(crate) const TASK: usize = 1 << 16;
/// Bytes of accumulators that stay in L1 beside the rows that stream past.
const ROW_BYTES: usize = 1 << 14;
/// Rows added up before the sum is moved one level up, so that no chain of additions gets long.
const LEVEL_ROWS: usize = 64;
/// Levels of row sums; the last one takes `LEVEL_ROWS^2` rows at a time.
const LEVELS: usize = 3;
/// Partial results of one output element kept before they are folded.
const PARTIALS: usize = 256;

/// Folds `axes` of `input`, read as cast to `out_dtype`, into `out`.
///
/// Sums are at least as accurate as NumPy's pairwise ones and do not depend on the number of threads.
/// Float16 and bfloat16 are folded in float32 and rounded once. Where a folded axis is empty the
/// result is the operation's identity.
///
/// # Safety
/// `axes` are distinct and within the layout; its elements can be read; `out` has room for one
/// contiguous `out_dtype` for each element of the axes kept.
pub(crate) unsafe fn reduce(
    op: ReduceOp,
    input: Strided<'_>,
    axes: &[usize],
    out_dtype: DType,
    out: *mut u8,
) {
    if op == ReduceOp::Sum
        && input.dtype == DType::Bool
        && matches!(out_dtype, DType::Int64 | DType::UInt64)
        && axes.len() == input.layout.ndim()
        && input.layout.is_contiguous()
        && !input.layout.is_empty()
    {
        // SAFETY: the elements lie in one run, and `out` has room for the one result, aligned.
        unsafe {
            let truth = std::slice::from_raw_parts(first_of(&input), input.layout.size());
            out.cast::<u64>().write(crate::nonzero::total(truth) as u64);
        }
        return;
    }
    let op = match op {
        ReduceOp::Sum => FoldOp::Sum,
        ReduceOp::Prod => FoldOp::Prod,
        ReduceOp::Max => FoldOp::Max,
        ReduceOp::Min => FoldOp::Min,
        ReduceOp::All => FoldOp::And,
        ReduceOp::Any => FoldOp::Or,
    };
    let kernels = kernels(op, out_dtype);
    let layout = input.layout;
    let size = layout.size();
    if input.dtype == kernels.dtype
        && out_dtype == kernels.dtype
        && axes.len() == layout.ndim()
        && (1..TASK).contains(&size)
        && layout.is_contiguous()
    {
        // SAFETY: one run of all elements.
        return unsafe { (kernels.runs)(first_of(&input), 0, 1, size, out) };
    }
    let kept_size: usize = (0..layout.ndim())
        .filter(|axis| !axes.contains(axis))
        .map(|axis| layout.shape()[axis])
        .product();
    if kept_size == 0 {
        return;
    }
    if out_dtype == kernels.dtype {
        // SAFETY: as the caller says.
        return unsafe { reduce_into(kernels, input, axes, out_dtype, kept_size, out) };
    }
    let mut wide = vec![0u32; kept_size];
    let wide = wide.as_mut_ptr().cast::<u8>();
    // SAFETY: 16-bit floats are folded as float32, for which `wide` has room.
    unsafe {
        reduce_into(kernels, input, axes, out_dtype, kept_size, wide);
        cast_kernel(kernels.dtype, out_dtype)(wide, out, kept_size);
    }
}

/// As `reduce`, into elements of the kernels' dtype.
unsafe fn reduce_into(
    kernels: Kernels,
    input: Strided<'_>,
    axes: &[usize],
    via: DType,
    kept_size: usize,
    out: *mut u8,
) {
    let loader = Loader::new(input.dtype, via, kernels.dtype);
    let size = input.layout.size();
    if size == 0 {
        // SAFETY: the caller gives room for `kept_size` results.
        return unsafe { (kernels.fill)(out, kept_size) };
    }
    let width = kernels.dtype.itemsize();
    let mut job = Job {
        kernels: &kernels,
        loader: &loader,
        width,
        src: first_of(&input),
        out,
        folded: Axes::new(),
        kept: Axes::new(),
    };
    let mut out_stride = width as isize;
    for axis in (0..input.layout.ndim()).rev() {
        let dim = input.layout.shape()[axis];
        let (mut stride, is_folded) = (stride_of(&input, axis), axes.contains(&axis));
        let mut out_step = if is_folded { 0 } else { out_stride };
        if !is_folded {
            out_stride *= dim as isize;
        }
        if dim == 1 {
            continue;
        }
        if stride < 0 {
            job.src = job.src.wrapping_offset((dim as isize - 1) * stride);
            job.out = job.out.wrapping_offset((dim as isize - 1) * out_step);
            (stride, out_step) = (-stride, -out_step);
        }
        let list = if is_folded {
            &mut job.folded
        } else {
            &mut job.kept
        };
        list.push(Axis {
            dim,
            stride,
            out: out_step,
        });
    }
    coalesce(&mut job.folded);
    coalesce(&mut job.kept);
    if job.folded.is_empty() {
        job.folded.push(Axis {
            dim: 1,
            stride: loader.item() as isize,
            out: 0,
        });
    }
    // SAFETY: the axes describe the elements that the caller vouches for.
    unsafe { job.run(size, kept_size) }
}

/// One axis of the loops; strides are in bytes and not negative, `out` may be.
#[derive(Clone, Copy)]
pub(crate) struct Axis {
    pub(crate) dim: usize,
    pub(crate) stride: isize,
    pub(crate) out: isize,
}

pub(crate) type Axes = SmallVec<[Axis; 4]>;

/// Calls `body` with the addresses of input and output at each position of a nest of loops, the first axis innermost.
pub(crate) fn for_each_place(
    axes: &[Axis],
    mut src: *const u8,
    mut out: *mut u8,
    body: &mut impl FnMut(*const u8, *mut u8),
) {
    let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, axes.len());
    'all: loop {
        body(src, out);
        for (i, axis) in index.iter_mut().zip(axes) {
            *i += 1;
            src = src.wrapping_offset(axis.stride);
            out = out.wrapping_offset(axis.out);
            if *i < axis.dim {
                continue 'all;
            }
            *i = 0;
            src = src.wrapping_offset(-(axis.stride * axis.dim as isize));
            out = out.wrapping_offset(-(axis.out * axis.dim as isize));
        }
        return;
    }
}

/// Sorts by stride, the smallest first and broadcast axes last, and joins neighbours that are one loop.
pub(crate) fn coalesce(axes: &mut Axes) {
    axes.sort_by_key(|axis| (axis.stride == 0, axis.stride));
    let mut done = 0;
    for i in 1..axes.len() {
        let (inner, outer) = (axes[done], axes[i]);
        let dim = inner.dim as isize;
        if outer.stride == inner.stride * dim && outer.out == inner.out * dim {
            axes[done].dim *= outer.dim;
        } else {
            done += 1;
            axes[done] = outer;
        }
    }
    axes.truncate(done + 1);
}

/// A reduction, or a part of one that a thread takes.
#[derive(Clone)]
struct Job<'a> {
    kernels: &'a Kernels,
    loader: &'a Loader,
    /// Bytes of an accumulator.
    width: usize,
    src: *const u8,
    out: *mut u8,
    folded: Axes,
    kept: Axes,
}

// SAFETY: parts of a job write different outputs, and nobody writes what they read.
unsafe impl Sync for Job<'_> {}

impl Job<'_> {
    /// Splits the job over threads where that pays.
    unsafe fn run(&self, size: usize, kept_size: usize) {
        if size < 2 * TASK {
            // SAFETY: as the caller says.
            return unsafe { self.run_part(&mut Scratch::default()) };
        }
        let folded_size = size / kept_size;
        if kept_size >= 256 || folded_size < kept_size {
            let longest = longest(&self.kept);
            let axis = self.kept[longest];
            let grain = (TASK * axis.dim / size).clamp(64.min(axis.dim.div_ceil(8)), axis.dim);
            return parallel_for(axis.dim, grain, |range| {
                let mut part = self.clone();
                part.kept[longest].dim = range.len();
                part.src = part.src.wrapping_offset(range.start as isize * axis.stride);
                part.out = part.out.wrapping_offset(range.start as isize * axis.out);
                // SAFETY: a part of the whole, with outputs of its own.
                unsafe { part.run_part(&mut Scratch::default()) }
            });
        }
        // SAFETY: as the caller says.
        unsafe { self.run_split(size, kept_size) }
    }

    /// Few results from many elements: folds parts of the longest folded axis, whose number
    /// depends on sizes alone, and then the parts' results.
    unsafe fn run_split(&self, size: usize, kept_size: usize) {
        let longest = longest(&self.folded);
        let axis = self.folded[longest];
        // Multiples of 64 keep the parts aligned with the loops' blocks.
        let step = (axis.dim / (size / TASK).clamp(1, 64)).next_multiple_of(64);
        let parts = axis.dim.div_ceil(step);
        let mut memory = vec![0u128; (parts * kept_size * self.width).div_ceil(16)];
        let partials = Shared(memory.as_mut_ptr().cast());
        let mut contiguous = self.kept.clone();
        let mut places: SmallVec<[usize; 4]> = (0..contiguous.len()).collect();
        places.sort_by_key(|&i| std::cmp::Reverse(self.kept[i].out.unsigned_abs()));
        let mut out_stride = self.width as isize;
        for &i in places.iter().rev() {
            contiguous[i].out = out_stride;
            out_stride *= contiguous[i].dim as isize;
        }
        let row = kept_size * self.width;
        parallel_for(parts, 1, |range| {
            let mut scratch = Scratch::default();
            for p in range {
                let mut part = self.clone();
                let start = p * step;
                part.kept = contiguous.clone();
                part.folded[longest].dim = step.min(axis.dim - start);
                part.src = part.src.wrapping_offset(start as isize * axis.stride);
                part.out = partials.at((p * row) as isize);
                // SAFETY: a part of the whole, with a row of partial results of its own.
                unsafe { part.run_part(&mut scratch) }
            }
        });
        let total = Job {
            kernels: self.kernels,
            loader: &Loader::new(self.kernels.dtype, self.kernels.dtype, self.kernels.dtype),
            width: self.width,
            src: partials.0,
            out: self.out,
            folded: SmallVec::from_slice(&[Axis {
                dim: parts,
                stride: row as isize,
                out: 0,
            }]),
            kept: contiguous
                .iter()
                .zip(&self.kept)
                .map(|(c, k)| Axis {
                    stride: c.out,
                    ..*k
                })
                .collect(),
        };
        // SAFETY: the rows of partial results, each laid out as `contiguous` says.
        unsafe { total.run_part(&mut Scratch::default()) }
    }

    /// The whole job on this thread.
    unsafe fn run_part(&self, scratch: &mut Scratch) {
        let item = self.loader.item() as isize;
        let by_columns = self.kept.first().is_some_and(|kept| {
            let folded = self.folded[0];
            let closer = kept.stride < folded.stride || folded.stride == 0;
            kept.stride == item || (folded.stride != item && kept.stride != 0 && closer)
        });
        let inner = self.kept.first().copied().unwrap_or(Axis {
            dim: 1,
            stride: 0,
            out: 0,
        });
        let outer = self.kept.get(1..).unwrap_or_default();
        let mut each = |src: *const u8, out: *mut u8| {
            // SAFETY: the innermost kept axis at one position of the others.
            unsafe {
                if by_columns {
                    self.fold_columns(src, out, inner, scratch);
                } else {
                    self.fold_runs(src, out, inner, scratch);
                }
            }
        };
        for_each_place(outer, self.src, self.out, &mut each);
    }

    /// Results along `inner`, each folded from elements near each other.
    unsafe fn fold_runs(&self, src: *const u8, out: *mut u8, inner: Axis, scratch: &mut Scratch) {
        let run = self.folded[0];
        let item = self.loader.item() as isize;
        if self.folded.len() > 1
            || run.dim > BLOCK && !(self.loader.is_direct() && run.stride == item)
        {
            for i in 0..inner.dim as isize {
                // SAFETY: element `i` along the axis.
                unsafe {
                    self.fold_element(
                        src.wrapping_offset(i * inner.stride),
                        out.wrapping_offset(i * inner.out),
                        scratch,
                    );
                }
            }
            return;
        }
        let direct = self.loader.is_direct() && (run.stride == item || run.dim == 1);
        let at_once = match (direct, inner.out == self.width as isize) {
            (true, true) => inner.dim,
            (true, false) => PARTIALS,
            (false, _) => (BLOCK / run.dim).clamp(1, PARTIALS),
        };
        let mut results = [0u128; PARTIALS];
        let mut done = 0;
        while done < inner.dim {
            let count = at_once.min(inner.dim - done);
            let at = src.wrapping_offset(done as isize * inner.stride);
            let to = out.wrapping_offset(done as isize * inner.out);
            // SAFETY: `count` rows of `run.dim` elements; at most `PARTIALS` results unless they lie contiguously.
            unsafe {
                let (at, stride) = if direct {
                    (at, inner.stride)
                } else {
                    let block =
                        self.loader
                            .load(at, (inner.stride, count), (run.stride, run.dim), scratch);
                    (block, (run.dim * self.width) as isize)
                };
                if inner.out == self.width as isize {
                    (self.kernels.runs)(at, stride, count, run.dim, to);
                } else {
                    let results = results.as_mut_ptr().cast::<u8>();
                    (self.kernels.runs)(at, stride, count, run.dim, results);
                    scatter(results, to, inner.out, count, self.width);
                }
            }
            done += count;
        }
    }

    /// One result from all folded axes.
    unsafe fn fold_element(&self, src: *const u8, out: *mut u8, scratch: &mut Scratch) {
        let run = self.folded[0];
        let second = self.folded.get(1).copied().unwrap_or(Axis {
            dim: 1,
            stride: 0,
            out: 0,
        });
        let outer: SmallVec<[(usize, isize); 4]> = self
            .folded
            .iter()
            .skip(2)
            .map(|a| (a.dim, a.stride))
            .collect();
        let direct = self.loader.is_direct() && run.stride == self.loader.item() as isize;
        let mut memory = [0u128; PARTIALS];
        let partials = memory.as_mut_ptr().cast::<u8>();
        let (mut len, mut ended) = (0, false);
        let mut push = |at: *const u8, stride: isize, count: usize, n: usize| {
            // SAFETY: there is room for `count` more partial results once the full buffer is folded.
            unsafe {
                if len + count > PARTIALS {
                    (self.kernels.runs)(partials, 0, 1, len, partials);
                    len = 1;
                }
                let to = partials.add(len * self.width);
                (self.kernels.runs)(at, stride, count, n, to);
                len += count;
                self.kernels.absorbing == Some(*to)
            }
        };
        for_each_offset(&outer, |offset| {
            let base = src.wrapping_offset(offset);
            let mut row = 0;
            while row < second.dim && !ended {
                let at = base.wrapping_offset(row as isize * second.stride);
                if direct {
                    let count = (second.dim - row).min(PARTIALS - 1);
                    ended = push(at, second.stride, count, run.dim);
                    row += count;
                } else if run.dim <= BLOCK {
                    let count = (BLOCK / run.dim).min(second.dim - row).min(PARTIALS - 1);
                    // SAFETY: that many rows; at most `BLOCK` elements.
                    let block = unsafe {
                        self.loader
                            .load(at, (second.stride, count), (run.stride, run.dim), scratch)
                    };
                    ended = push(block, 0, 1, count * run.dim);
                    row += count;
                } else {
                    let mut i = 0;
                    while i < run.dim && !ended {
                        let n = BLOCK.min(run.dim - i);
                        let at = at.wrapping_offset(i as isize * run.stride);
                        // SAFETY: a piece of the run.
                        let block =
                            unsafe { self.loader.load(at, (0, 1), (run.stride, n), scratch) };
                        ended = push(block, 0, 1, n);
                        i += n;
                    }
                    row += 1;
                }
            }
        });
        // SAFETY: `len` partial results, at least one; `out` has room for the total.
        unsafe {
            (self.kernels.runs)(partials, 0, 1, len, partials);
            std::ptr::copy_nonoverlapping(partials, out, self.width);
        }
    }

    /// Results along `inner`, all folded at once: rows are folded into a row of accumulators.
    unsafe fn fold_columns(
        &self,
        src: *const u8,
        out: *mut u8,
        inner: Axis,
        scratch: &mut Scratch,
    ) {
        let item = self.loader.item() as isize;
        let first = self.folded[0];
        let mut columns = Columns::new(self, inner.dim);
        // Narrow rows that follow each other are read as fewer, wider ones.
        let group = if inner.dim < 64
            && inner.stride == item
            && first.stride == inner.dim as isize * item
        {
            (256 / inner.dim).min(first.dim)
        } else {
            1
        };
        let whole = first.dim / group;
        let mut done = 0;
        while done < inner.dim {
            let count = columns.room(group).min(inner.dim - done);
            let at = src.wrapping_offset(done as isize * inner.stride);
            // SAFETY: `count` columns of all folded rows; when rows are grouped there is but one block of columns.
            unsafe {
                let rest = self.folded.get(1..).unwrap_or_default();
                let outer: SmallVec<[(usize, isize); 4]> =
                    rest.iter().map(|a| (a.dim, a.stride)).collect();
                columns.clear(count * group);
                for_each_offset(&outer, |offset| {
                    let at = at.wrapping_offset(offset);
                    columns.add(
                        at,
                        (first.stride * group as isize, whole),
                        inner.stride,
                        scratch,
                    );
                });
                let result = columns.total();
                let row = columns.narrow(result, group, count);
                for_each_offset(&outer, |offset| {
                    let left = at.wrapping_offset(offset + (whole * group) as isize * first.stride);
                    columns.add_to(
                        row,
                        left,
                        (first.stride, first.dim - whole * group),
                        (inner.stride, count),
                        scratch,
                    );
                });
                scatter(
                    row,
                    out.wrapping_offset(done as isize * inner.out),
                    inner.out,
                    count,
                    self.width,
                );
            }
            done += count;
        }
    }
}

/// Accumulators for the columns of a block: several rows, so that sums of many rows stay accurate.
struct Columns<'a> {
    job: &'a Job<'a>,
    memory: Vec<u128>,
    /// Accumulators of a level.
    capacity: usize,
    width: usize,
    levels: usize,
    filled: [usize; LEVELS],
}

impl<'a> Columns<'a> {
    fn new(job: &'a Job<'a>, columns: usize) -> Columns<'a> {
        let levels = if job.kernels.rounds { LEVELS } else { 1 };
        let capacity = columns.clamp(256, ROW_BYTES / job.width);
        // One row more, for grouped rows to be narrowed into.
        let memory = Vec::with_capacity(((levels + 1) * capacity * job.width).div_ceil(16));
        Columns {
            job,
            memory,
            capacity,
            width: 0,
            levels,
            filled: [0; LEVELS],
        }
    }

    /// Columns that fit at once; input that must be gathered is taken in narrow blocks.
    fn room(&self, group: usize) -> usize {
        self.capacity / group
    }

    fn level(&mut self, level: usize) -> *mut u8 {
        self.memory
            .as_mut_ptr()
            .cast::<u8>()
            .wrapping_add(level * self.capacity * self.job.width)
    }

    /// Starts on a block of `width` columns.
    unsafe fn clear(&mut self, width: usize) {
        self.width = width;
        self.filled = [0; LEVELS];
        for level in 0..self.levels {
            // SAFETY: a level holds `capacity >= width` accumulators.
            unsafe { (self.job.kernels.fill)(self.level(level), width) }
        }
    }

    /// Folds in `count` rows of elements `stride` apart.
    unsafe fn add(
        &mut self,
        src: *const u8,
        (row_stride, count): (isize, usize),
        stride: isize,
        scratch: &mut Scratch,
    ) {
        let mut row = 0;
        while row < count {
            let take = (count - row).min(if self.levels > 1 {
                LEVEL_ROWS - self.filled[0]
            } else {
                count
            });
            let at = src.wrapping_offset(row as isize * row_stride);
            let (to, width) = (self.level(0), self.width);
            // SAFETY: `take` of the caller's rows.
            unsafe { self.add_to(to, at, (row_stride, take), (stride, width), scratch) };
            row += take;
            if self.levels > 1 {
                self.filled[0] += take;
                // SAFETY: levels hold `width` accumulators each.
                unsafe { self.carry() }
            }
        }
    }

    /// Moves full levels up; the last one has no end.
    unsafe fn carry(&mut self) {
        for level in 0..self.levels - 1 {
            if self.filled[level] < LEVEL_ROWS {
                return;
            }
            let (from, to) = (self.level(level), self.level(level + 1));
            // SAFETY: both rows have `width` accumulators.
            unsafe {
                (self.job.kernels.rows)(from, 0, 1, self.width, to);
                (self.job.kernels.fill)(from, self.width);
            }
            self.filled[level] = 0;
            self.filled[level + 1] += 1;
        }
    }

    /// Folds rows into the row `acc`, loading them first where they must be.
    unsafe fn add_to(
        &self,
        acc: *mut u8,
        src: *const u8,
        (row_stride, count): (isize, usize),
        (stride, width): (isize, usize),
        scratch: &mut Scratch,
    ) {
        let loader = self.job.loader;
        if loader.is_direct() && (stride == loader.item() as isize || width == 1) {
            // SAFETY: `count` rows of `width` contiguous elements of the kernels' dtype.
            return unsafe { (self.job.kernels.rows)(src, row_stride, count, width, acc) };
        }
        let size = self.job.width;
        let mut column = 0;
        while column < width {
            let n = (width - column).min(if stride == loader.item() as isize {
                BLOCK
            } else {
                256
            });
            let mut row = 0;
            while row < count {
                let take = (BLOCK / n).min(count - row);
                let at = src.wrapping_offset(row as isize * row_stride + column as isize * stride);
                // SAFETY: at most `BLOCK` elements of the caller's rows, into their columns' accumulators.
                unsafe {
                    let block = loader.load(at, (row_stride, take), (stride, n), scratch);
                    (self.job.kernels.rows)(
                        block,
                        (n * size) as isize,
                        take,
                        n,
                        acc.add(column * size),
                    );
                }
                row += take;
            }
            column += n;
        }
    }

    /// All levels folded into the first.
    unsafe fn total(&mut self) -> *mut u8 {
        let total = self.level(0);
        for level in 1..self.levels {
            // SAFETY: all levels hold `width` accumulators.
            unsafe { (self.job.kernels.rows)(self.level(level), 0, 1, self.width, total) }
        }
        total
    }

    /// Folds a row of `group` groups of `count` accumulators into one group.
    unsafe fn narrow(&mut self, row: *mut u8, group: usize, count: usize) -> *mut u8 {
        if group == 1 {
            return row;
        }
        let to = self.level(self.levels);
        // SAFETY: `row` has `group * count` accumulators and the spare row room for `count`.
        unsafe {
            (self.job.kernels.fill)(to, count);
            (self.job.kernels.rows)(row, (count * self.job.width) as isize, group, count, to);
        }
        to
    }
}

/// Position of the longest axis.
pub(crate) fn longest(axes: &[Axis]) -> usize {
    (0..axes.len()).max_by_key(|&i| axes[i].dim).unwrap_or(0)
}
