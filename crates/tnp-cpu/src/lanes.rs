//! `Lanes`: the lines of an array along an axis, copied to contiguous memory and turned into lines of a result.

use crate::load::{Shared, first_of, gather, scatter, stride_of};
use crate::reduce::{Axes, Axis};
use crate::strided::Strided;
use crate::threads::parallel_for;

/// Lanes taken at once where neighbouring lanes share cache lines.
const LANES: usize = 8;
/// Elements worth a task of their own.
const TASK: usize = 1 << 13;

/// The lanes of an input along an axis, and where their results go.
pub(crate) struct Lanes {
    src: *const u8,
    n: usize,
    step: isize,
    /// Bytes from one result to the next along the axis.
    out_step: isize,
    /// Elements of a result.
    out_n: usize,
    others: Axes,
    item: usize,
    size: usize,
}

// SAFETY: the input is only read.
unsafe impl Sync for Lanes {}

impl Lanes {
    /// Lanes along an axis, whose results are contiguous in C order: `out_n` elements of `out_item` bytes each.
    pub(crate) fn new(input: &Strided<'_>, axis: usize, out_item: usize, out_n: usize) -> Lanes {
        let layout = input.layout;
        let mut lanes = Lanes {
            src: first_of(input),
            n: layout.shape()[axis],
            step: stride_of(input, axis),
            out_step: 0,
            out_n,
            others: Axes::new(),
            item: input.dtype.itemsize(),
            size: layout.size(),
        };
        let mut out_stride = out_item as isize;
        for other in (0..layout.ndim()).rev() {
            let dim = layout.shape()[other];
            if other == axis {
                lanes.out_step = out_stride;
                out_stride *= out_n as isize;
                continue;
            }
            if dim != 1 {
                lanes.others.push(Axis {
                    dim,
                    stride: stride_of(input, other),
                    out: out_stride,
                });
            }
            out_stride *= dim as isize;
        }
        lanes
    }

    /// Calls `body` with the first addresses of input and output and the number of up to `LANES` neighbouring
    /// lanes, over and over; `start` makes what a thread keeps.
    fn walk<S>(
        &self,
        out: *mut u8,
        start: impl Fn() -> S + Sync,
        body: impl Fn(*const u8, *mut u8, usize, &mut S) + Sync,
    ) {
        if self.size == 0 {
            return;
        }
        let inner = self.inner();
        let outer = self.others.get(1..).unwrap_or_default();
        let groups = inner.dim.div_ceil(LANES);
        let outer_size: usize = outer.iter().map(|axis| axis.dim).product();
        let out = Shared(out);
        let grain = (TASK / (self.n * LANES.min(inner.dim))).max(1);
        parallel_for(groups * outer_size, grain, |range| {
            let mut state = start();
            for task in range {
                let (mut place, first) = (task / groups, task % groups * LANES);
                let mut src = self.src.wrapping_offset(first as isize * inner.stride);
                let mut to = out.at(first as isize * inner.out);
                for axis in outer {
                    let i = (place % axis.dim) as isize;
                    place /= axis.dim;
                    src = src.wrapping_offset(i * axis.stride);
                    to = to.wrapping_offset(i * axis.out);
                }
                body(src, to, LANES.min(inner.dim - first), &mut state);
            }
        });
    }

    /// The innermost of the other axes.
    fn inner(&self) -> Axis {
        let one = Axis {
            dim: 1,
            stride: 0,
            out: 0,
        };
        self.others.first().copied().unwrap_or(one)
    }

    /// A block of `count` lanes, one after the other.
    unsafe fn gather<T>(&self, src: *const u8, count: usize, block: &mut [T]) {
        let rows = (self.inner().stride, count);
        // SAFETY: the caller gives lanes of the input, and a block has room for `LANES` of them.
        unsafe {
            gather(
                src,
                rows,
                (self.step, self.n),
                self.item,
                block.as_mut_ptr().cast(),
            )
        }
    }

    /// Memory for a block.
    fn block<T: Copy + Default>(&self) -> Vec<T> {
        vec![T::default(); self.n * LANES.min(self.inner().dim)]
    }

    /// Calls `body` with a copy of each lane, to be turned into its result, and scratch memory of the thread's own.
    pub(crate) unsafe fn each_in_place<T: Copy + Default, S: Default>(
        &self,
        out: *mut u8,
        body: impl Fn(&mut [T], &mut S) + Sync,
    ) {
        let (inner, n) = (self.inner(), self.n);
        let contiguous = self.out_step == size_of::<T>() as isize;
        if contiguous && (inner.dim == 1 || self.step.abs() <= inner.stride.abs()) {
            // The output itself is the copy.
            return self.walk(out, S::default, |src, to, count, scratch| {
                for r in 0..count as isize {
                    let (src, to) = (
                        src.wrapping_offset(r * inner.stride),
                        to.wrapping_offset(r * inner.out),
                    );
                    // SAFETY: a lane of the input and the place of its result, which is written before it is read.
                    unsafe {
                        gather(src, (0, 1), (self.step, n), self.item, to);
                        body(std::slice::from_raw_parts_mut(to.cast::<T>(), n), scratch);
                    }
                }
            });
        }
        self.walk(
            out,
            || (self.block::<T>(), S::default()),
            |src, to, count, (block, scratch)| {
                // SAFETY: `count` lanes of the input and their results' places.
                unsafe {
                    self.gather(src, count, block);
                    for (r, lane) in block.chunks_exact_mut(n).take(count).enumerate() {
                        body(lane, scratch);
                        let to = to.wrapping_offset(r as isize * inner.out);
                        scatter(lane.as_ptr().cast(), to, self.out_step, n, size_of::<T>());
                    }
                }
            },
        );
    }

    /// Calls `body` with a copy of each lane, room for its result and scratch memory of the thread's own.
    pub(crate) unsafe fn each<T: Copy + Default, U: Copy + Default, S: Default>(
        &self,
        out: *mut u8,
        body: impl Fn(&mut [T], &mut [U], &mut S) + Sync,
    ) {
        let (inner, n, out_n) = (self.inner(), self.n, self.out_n);
        let contiguous = self.out_step == size_of::<U>() as isize;
        let places = || vec![U::default(); if contiguous { 0 } else { out_n }];
        self.walk(
            out,
            || (self.block::<T>(), places(), S::default()),
            |src, to, count, (block, places, scratch)| {
                // SAFETY: `count` lanes of the input and their results' places.
                unsafe {
                    self.gather(src, count, block);
                    for (r, lane) in block.chunks_exact_mut(n).take(count).enumerate() {
                        let to = to.wrapping_offset(r as isize * inner.out);
                        if contiguous {
                            body(
                                lane,
                                std::slice::from_raw_parts_mut(to.cast::<U>(), out_n),
                                scratch,
                            );
                        } else {
                            body(lane, places, scratch);
                            scatter(
                                places.as_ptr().cast(),
                                to,
                                self.out_step,
                                out_n,
                                size_of::<U>(),
                            );
                        }
                    }
                }
            },
        );
    }
}
