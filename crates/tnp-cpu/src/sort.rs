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

use crate::lanes::Lanes;
use crate::strided::Strided;
use keys::{Kind, Recode};
use radix::{Packed, Pair, radix_sort};
#[cfg(test)]
pub(crate) use tests::compare;

/// Below this comparing is faster than counting digits.
const SMALL: usize = 256;

/// Writes `input` sorted along `axis`, ascending, NaN last.
///
/// # Safety
/// `axis` is within the layout; the elements can be read; `out` has room for as many contiguous ones.
pub(crate) unsafe fn sort(input: Strided<'_>, axis: usize, out: *mut u8) {
    let kind = kind(input.dtype);
    let lanes = Lanes::new(
        &input,
        axis,
        input.dtype.itemsize(),
        input.layout.shape()[axis],
    );
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
    let lanes = Lanes::new(&input, axis, size_of::<i64>(), input.layout.shape()[axis]);
    let out = out.cast::<u8>();
    // SAFETY: as the caller says.
    unsafe {
        match input.dtype {
            DType::Bool | DType::Int8 | DType::UInt8 => lanes
                .each::<u8, i64, _>(out, |lane, to, scratch| {
                    argsort_packed::<u8, 8>(lane, to, kind, scratch)
                }),
            DType::Int16 | DType::UInt16 | DType::Float16 | DType::BFloat16 => {
                lanes.each::<u16, i64, _>(out, |lane, to, scratch| {
                    argsort_packed::<u16, 16>(lane, to, kind, scratch)
                });
            }
            DType::Int32 | DType::UInt32 | DType::Float32 => {
                lanes.each::<u32, i64, _>(out, |lane, to, scratch| {
                    argsort_packed::<u32, 32>(lane, to, kind, scratch)
                });
            }
            DType::Int64 | DType::UInt64 | DType::Float64 => {
                lanes.each::<u64, i64, _>(out, |lane, to, scratch| {
                    argsort_pairs(lane, to, kind, scratch)
                });
            }
            DType::Complex64 => lanes.each::<c64, i64, _>(out, |lane, to, _: &mut Vec<u8>| {
                argsort_by_key(to, |i| complex_key(lane[i].re as f64, lane[i].im as f64));
            }),
            DType::Complex128 => lanes.each::<c128, i64, _>(out, |lane, to, _: &mut Vec<u8>| {
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
