//! `sort` and `argsort` along an axis, of any dtype and layout; NaN last.
//!
//! Lanes are copied to scratch memory, turned into unsigned keys of the same order, sorted as those
//! and turned back, so that there is one sort for all dtypes of a width. Complex numbers are compared.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod keys;
mod radix;
#[cfg(test)]
mod tests;

use tnp_dtype::{DType, c64, c128};

use crate::load::{Shared, first_of, gather, scatter, stride_of};
use crate::reduce::{Axes, Axis};
use crate::strided::Strided;
use crate::threads::parallel_for;
use keys::{Kind, Recode};
use radix::{Packed, Pair, radix_sort};
#[cfg(test)]
pub(crate) use tests::compare;

/// Below this comparing is faster than counting digits.
const SMALL: usize = 256;
/// Lanes taken at once where neighbouring lanes share cache lines.
const LANES: usize = 8;
/// Elements worth a task of their own.
const TASK: usize = 1 << 13;

/// Writes `input` sorted along `axis`, ascending, NaN last.
///
/// # Safety
/// `axis` is within the layout; the elements can be read; `out` has room for as many contiguous ones.
pub(crate) unsafe fn sort(input: Strided<'_>, axis: usize, out: *mut u8) {
    let kind = kind(input.dtype);
    let lanes = Lanes::new(&input, axis, input.dtype.itemsize());
    // SAFETY: as the caller says.
    unsafe {
        match input.dtype {
            DType::Bool | DType::Int8 | DType::UInt8 => {
                lanes.each_in_place::<u8, ()>(out, |lane, _| sort_bytes(lane, kind))
            }
            DType::Int16 | DType::UInt16 | DType::Float16 | DType::BFloat16 => {
                lanes.each_in_place::<u16, _>(out, |lane, scratch| sort_keys(lane, kind, scratch));
            }
            DType::Int32 | DType::UInt32 | DType::Float32 => {
                lanes.each_in_place::<u32, _>(out, |lane, scratch| sort_keys(lane, kind, scratch));
            }
            DType::Int64 | DType::UInt64 | DType::Float64 => {
                lanes.each_in_place::<u64, _>(out, |lane, scratch| sort_keys(lane, kind, scratch));
            }
            DType::Complex64 => lanes.each_in_place::<c64, ()>(out, |lane, _| {
                lane.sort_by_key(|z| complex_key(z.re as f64, z.im as f64));
            }),
            DType::Complex128 => lanes.each_in_place::<c128, ()>(out, |lane, _| {
                lane.sort_by_key(|z| complex_key(z.re, z.im));
            }),
        }
    }
}

/// Writes the positions (int64) that sort `input` along `axis`, NaN last; equal elements keep their order.
///
/// # Safety
/// As of [`sort`], with room for int64.
pub(crate) unsafe fn argsort(input: Strided<'_>, axis: usize, out: *mut i64) {
    let kind = kind(input.dtype);
    let lanes = Lanes::new(&input, axis, size_of::<i64>());
    let out = out.cast::<u8>();
    // SAFETY: as the caller says.
    unsafe {
        match input.dtype {
            DType::Bool | DType::Int8 | DType::UInt8 => lanes
                .each::<u8, _>(out, |lane, to, scratch| {
                    argsort_packed::<u8, 8>(lane, to, kind, scratch)
                }),
            DType::Int16 | DType::UInt16 | DType::Float16 | DType::BFloat16 => {
                lanes.each::<u16, _>(out, |lane, to, scratch| {
                    argsort_packed::<u16, 16>(lane, to, kind, scratch)
                });
            }
            DType::Int32 | DType::UInt32 | DType::Float32 => {
                lanes.each::<u32, _>(out, |lane, to, scratch| {
                    argsort_packed::<u32, 32>(lane, to, kind, scratch)
                });
            }
            DType::Int64 | DType::UInt64 | DType::Float64 => {
                lanes.each::<u64, _>(out, |lane, to, scratch| {
                    argsort_pairs(lane, to, kind, scratch)
                });
            }
            DType::Complex64 => lanes.each::<c64, _>(out, |lane, to, _: &mut Vec<u8>| {
                argsort_by_key(to, |i| complex_key(lane[i].re as f64, lane[i].im as f64));
            }),
            DType::Complex128 => lanes.each::<c128, _>(out, |lane, to, _: &mut Vec<u8>| {
                argsort_by_key(to, |i| complex_key(lane[i].re, lane[i].im));
            }),
        }
    }
}

/// How the bits of a real dtype are ordered.
fn kind(dtype: DType) -> Kind {
    match dtype {
        DType::Float16 => Kind::Float(0x7c00),
        DType::BFloat16 => Kind::Float(0x7f80),
        DType::Float32 => Kind::Float(0x7f80_0000),
        DType::Float64 => Kind::Float(0x7ff0_0000_0000_0000),
        signed if signed.is_signed_integer() => Kind::Signed,
        _ => Kind::Unsigned,
    }
}

/// NumPy's order of complex numbers: by which parts are NaN, then by real and by imaginary part.
fn complex_key(re: f64, im: f64) -> (bool, bool, u64, u64) {
    let mut parts = [re.to_bits(), im.to_bits()];
    Recode::rank(&mut parts, kind(DType::Float64));
    (re.is_nan(), im.is_nan(), parts[0], parts[1])
}

/// Sorts bytes by counting them.
fn sort_bytes(lane: &mut [u8], kind: Kind) {
    u8::encode::<false>(lane, kind);
    if lane.len() < 64 {
        lane.sort_unstable();
    } else {
        let mut counts = [0usize; 256];
        for &value in lane.iter() {
            counts[value as usize] += 1;
        }
        let mut start = 0;
        for (value, &count) in counts.iter().enumerate() {
            lane[start..start + count].fill(value as u8);
            start += count;
        }
    }
    u8::decode::<false>(lane, kind);
}

fn sort_keys<K: Recode + radix::Item>(lane: &mut [K], kind: Kind, scratch: &mut Vec<K>) {
    if lane.len() >= 16 && K::sort_in_vectors(lane, kind) {
        return;
    }
    K::encode::<false>(lane, kind);
    if lane.len() < SMALL {
        lane.sort_unstable();
    } else {
        radix_sort(lane, scratch);
    }
    K::decode::<false>(lane, kind);
}

fn argsort_packed<K: Recode, const BITS: u32>(
    lane: &mut [K],
    to: &mut [i64],
    kind: Kind,
    scratch: &mut (Vec<Packed<BITS>>, Vec<Packed<BITS>>),
) {
    if lane.len() > u32::MAX as usize {
        K::rank(lane, kind);
        return argsort_by_key(to, |i| lane[i]);
    }
    K::rank(lane, kind);
    let (items, spare) = scratch;
    items.clear();
    items.extend(
        lane.iter()
            .zip(0u64..)
            .map(|(&key, i)| Packed(key.wide() << 32 | i)),
    );
    if items.len() < SMALL {
        // The position decides between equal keys.
        items.sort_unstable();
    } else {
        radix_sort(items, spare);
    }
    for (to, item) in to.iter_mut().zip(items) {
        *to = (item.0 & 0xffff_ffff) as i64;
    }
}

fn argsort_pairs(
    lane: &mut [u64],
    to: &mut [i64],
    kind: Kind,
    scratch: &mut (Vec<Pair>, Vec<Pair>),
) {
    u64::rank(lane, kind);
    let (items, spare) = scratch;
    items.clear();
    items.extend(lane.iter().zip(0u64..).map(|(&key, i)| Pair(key, i)));
    if items.len() < SMALL {
        items.sort_unstable();
    } else {
        radix_sort(items, spare);
    }
    for (to, item) in to.iter_mut().zip(items) {
        *to = item.1 as i64;
    }
}

fn argsort_by_key<K: Ord>(to: &mut [i64], key: impl Fn(usize) -> K) {
    for (i, to) in to.iter_mut().enumerate() {
        *to = i as i64;
    }
    to.sort_by_cached_key(|&i| key(i as usize));
}

/// The lanes of an input along an axis, and where their results go.
struct Lanes {
    src: *const u8,
    n: usize,
    step: isize,
    /// Bytes from one result to the next along the axis.
    out_step: isize,
    others: Axes,
    item: usize,
    size: usize,
}

// SAFETY: the input is only read.
unsafe impl Sync for Lanes {}

impl Lanes {
    fn new(input: &Strided<'_>, axis: usize, out_item: usize) -> Lanes {
        let layout = input.layout;
        let mut lanes = Lanes {
            src: first_of(input),
            n: layout.shape()[axis],
            step: stride_of(input, axis),
            out_step: 0,
            others: Axes::new(),
            item: input.dtype.itemsize(),
            size: layout.size(),
        };
        let mut out_stride = out_item as isize;
        for other in (0..layout.ndim()).rev() {
            let dim = layout.shape()[other];
            if other == axis {
                lanes.out_step = out_stride;
            } else if dim != 1 {
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
    unsafe fn each_in_place<T: Copy + Default, S: Default>(
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

    /// Calls `body` with a copy of each lane, room for the positions that sort it and scratch memory of the thread's own.
    unsafe fn each<T: Copy + Default, S: Default>(
        &self,
        out: *mut u8,
        body: impl Fn(&mut [T], &mut [i64], &mut S) + Sync,
    ) {
        let (inner, n) = (self.inner(), self.n);
        let contiguous = self.out_step == size_of::<i64>() as isize;
        let places = || vec![0i64; if contiguous { 0 } else { n }];
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
                                std::slice::from_raw_parts_mut(to.cast::<i64>(), n),
                                scratch,
                            );
                        } else {
                            body(lane, places, scratch);
                            scatter(
                                places.as_ptr().cast(),
                                to,
                                self.out_step,
                                n,
                                size_of::<i64>(),
                            );
                        }
                    }
                }
            },
        );
    }
}
