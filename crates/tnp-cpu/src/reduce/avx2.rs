//! The loops of `fold` for sums and extremes of float32 and float64, in AVX2 instructions by name: the
//! compiler finds its way to vectors of accumulators there only by luck.

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use tnp_dtype::DType;

use super::fold::{Fold, FoldOp, Max, Min, RunsFn};

/// `runs` and `rows` for an operation that has them here, on a processor with AVX2.
pub(super) fn kernels(op: FoldOp, dtype: DType) -> Option<(RunsFn, RunsFn)> {
    Some(match (op, dtype) {
        (FoldOp::Sum, DType::Float32) => (sum_f32::runs, sum_f32::rows),
        (FoldOp::Sum, DType::Float64) => (sum_f64::runs, sum_f64::rows),
        (FoldOp::Max, DType::Float32) => (max_f32::runs, max_f32::rows),
        (FoldOp::Max, DType::Float64) => (max_f64::runs, max_f64::rows),
        (FoldOp::Min, DType::Float32) => (min_f32::runs, min_f32::rows),
        (FoldOp::Min, DType::Float64) => (min_f64::runs, min_f64::rows),
        _ => return None,
    })
}

macro_rules! sums {
    ($name:ident, $t:ident, $lanes:literal, $load:ident, $store:ident, $add:ident, $zero:ident) => {
        mod $name {
            use super::*;

            /// Sixteen additions for each lane of eight vectors, which then add up in pairs.
            const RUN: usize = 16 * 8 * $lanes;

            #[target_feature(enable = "avx2")]
            #[inline]
            unsafe fn block(src: *const $t, n: usize) -> $t {
                let mut i = 0;
                // SAFETY: all loads end at or before `n`.
                unsafe {
                    let mut acc = $zero();
                    if n >= 8 * $lanes {
                        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = [acc; 8];
                        while i + 8 * $lanes <= n {
                            let at = src.add(i);
                            a = $add(a, $load(at));
                            b = $add(b, $load(at.add($lanes)));
                            c = $add(c, $load(at.add(2 * $lanes)));
                            d = $add(d, $load(at.add(3 * $lanes)));
                            e = $add(e, $load(at.add(4 * $lanes)));
                            f = $add(f, $load(at.add(5 * $lanes)));
                            g = $add(g, $load(at.add(6 * $lanes)));
                            h = $add(h, $load(at.add(7 * $lanes)));
                            i += 8 * $lanes;
                        }
                        acc = $add($add($add(a, b), $add(c, d)), $add($add(e, f), $add(g, h)));
                    }
                    while i + $lanes <= n {
                        acc = $add(acc, $load(src.add(i)));
                        i += $lanes;
                    }
                    let mut tail = 0.0;
                    while i < n {
                        tail += *src.add(i);
                        i += 1;
                    }
                    if n < $lanes {
                        return tail;
                    }
                    let mut lanes = [0.0; $lanes];
                    $store(lanes.as_mut_ptr(), acc);
                    let mut half = $lanes / 2;
                    while half > 0 {
                        for j in 0..half {
                            lanes[j] += lanes[j + half];
                        }
                        half /= 2;
                    }
                    lanes[0] + tail
                }
            }

            #[target_feature(enable = "avx2")]
            pub(super) unsafe fn runs(
                src: *const u8,
                row_stride: isize,
                count: usize,
                n: usize,
                out: *mut u8,
            ) {
                for r in 0..count {
                    let row = src.wrapping_offset(r as isize * row_stride).cast::<$t>();
                    let mut stack = [const { MaybeUninit::<$t>::uninit() }; usize::BITS as usize];
                    let (mut top, mut done, mut i) = (0, 0usize, 0);
                    let total = loop {
                        let count = RUN.min(n - i);
                        // SAFETY: a part of row `r`, which the caller vouches for.
                        let mut value = unsafe { block(row.add(i), count) };
                        i += count;
                        done += 1;
                        let carries = if i < n {
                            done.trailing_zeros() as usize
                        } else {
                            top
                        };
                        for _ in 0..carries {
                            top -= 1;
                            // SAFETY: the entries below `top` were written.
                            value += unsafe { stack[top].assume_init() };
                        }
                        if i >= n {
                            break value;
                        }
                        stack[top].write(value);
                        top += 1;
                    };
                    // SAFETY: the caller gives room for `count` results.
                    unsafe { *out.cast::<$t>().add(r) = total };
                }
            }

            #[target_feature(enable = "avx2")]
            pub(super) unsafe fn rows(
                src: *const u8,
                row_stride: isize,
                count: usize,
                width: usize,
                acc: *mut u8,
            ) {
                let acc = acc.cast::<$t>();
                let row = |r: usize| src.wrapping_offset(r as isize * row_stride).cast::<$t>();
                let whole = count & !3;
                // SAFETY: rows and `acc` have `width` elements.
                unsafe {
                    for r in (0..whole).step_by(4) {
                        let (a, b, c, d) = (row(r), row(r + 1), row(r + 2), row(r + 3));
                        let mut j = 0;
                        while j + $lanes <= width {
                            let ab = $add($load(a.add(j)), $load(b.add(j)));
                            let cd = $add($load(c.add(j)), $load(d.add(j)));
                            $store(acc.add(j), $add($load(acc.add(j)), $add(ab, cd)));
                            j += $lanes;
                        }
                        while j < width {
                            *acc.add(j) += (*a.add(j) + *b.add(j)) + (*c.add(j) + *d.add(j));
                            j += 1;
                        }
                    }
                    for r in whole..count {
                        let a = row(r);
                        let mut j = 0;
                        while j + $lanes <= width {
                            $store(acc.add(j), $add($load(acc.add(j)), $load(a.add(j))));
                            j += $lanes;
                        }
                        while j < width {
                            *acc.add(j) += *a.add(j);
                            j += 1;
                        }
                    }
                }
            }
        }
    };
}
sums!(
    sum_f32,
    f32,
    8,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_setzero_ps
);
sums!(
    sum_f64,
    f64,
    4,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_setzero_pd
);

// `maxps x, m` gives `m` when either is NaN, so accumulators stay free of NaN that did not start with
// it, and NaNs are noted apart: one comparison finds one in either of two vectors.
macro_rules! extremes {
    ($name:ident, $fold:ident, $t:ident, $lanes:literal, $load:ident, $store:ident, $best:ident,
        $set:ident, $cmp:ident, $or:ident, $mask:ident, $blend:ident, $zero:ident) => {
        mod $name {
            use super::*;
            type Op = $fold<$t>;

            #[target_feature(enable = "avx2")]
            #[inline]
            unsafe fn run(src: *const $t, n: usize) -> $t {
                let mut best = Op::IDENTITY;
                let mut i = 0;
                // SAFETY: all loads end at or before `n`.
                unsafe {
                    if n >= 4 * $lanes {
                        let [mut a, mut b, mut c, mut d] = [$set(best); 4];
                        let mut bad = $zero();
                        while i + 4 * $lanes <= n {
                            let at = src.add(i);
                            let (w, x) = ($load(at), $load(at.add($lanes)));
                            let (y, z) = ($load(at.add(2 * $lanes)), $load(at.add(3 * $lanes)));
                            a = $best(w, a);
                            b = $best(x, b);
                            c = $best(y, c);
                            d = $best(z, d);
                            let found = $or($cmp::<_CMP_UNORD_Q>(w, x), $cmp::<_CMP_UNORD_Q>(y, z));
                            bad = $or(bad, found);
                            i += 4 * $lanes;
                        }
                        if $mask(bad) != 0 {
                            return $t::NAN;
                        }
                        let mut lanes = [best; $lanes];
                        $store(lanes.as_mut_ptr(), $best($best(a, b), $best(c, d)));
                        for lane in lanes {
                            best = Op::combine(lane, best);
                        }
                    }
                    while i < n {
                        best = Op::combine(*src.add(i), best);
                        i += 1;
                    }
                }
                best
            }

            #[target_feature(enable = "avx2")]
            pub(super) unsafe fn runs(
                src: *const u8,
                row_stride: isize,
                count: usize,
                n: usize,
                out: *mut u8,
            ) {
                for r in 0..count {
                    let row = src.wrapping_offset(r as isize * row_stride).cast::<$t>();
                    // SAFETY: the caller gives `count` rows of `n` elements, and room for `count` results.
                    unsafe { *out.cast::<$t>().add(r) = run(row, n) };
                }
            }

            #[target_feature(enable = "avx2")]
            pub(super) unsafe fn rows(
                src: *const u8,
                row_stride: isize,
                count: usize,
                width: usize,
                acc: *mut u8,
            ) {
                let acc = acc.cast::<$t>();
                let row = |r: usize| src.wrapping_offset(r as isize * row_stride).cast::<$t>();
                let whole = count & !3;
                // SAFETY: rows and `acc` have `width` elements.
                unsafe {
                    for r in (0..whole).step_by(4) {
                        let (a, b, c, d) = (row(r), row(r + 1), row(r + 2), row(r + 3));
                        let mut j = 0;
                        while j + $lanes <= width {
                            let (w, x, y, z) = (
                                $load(a.add(j)),
                                $load(b.add(j)),
                                $load(c.add(j)),
                                $load(d.add(j)),
                            );
                            let bad = $or($cmp::<_CMP_UNORD_Q>(w, x), $cmp::<_CMP_UNORD_Q>(y, z));
                            let best = $best($best($best(w, x), $best(y, z)), $load(acc.add(j)));
                            $store(acc.add(j), $blend(best, $set($t::NAN), bad));
                            j += $lanes;
                        }
                        while j < width {
                            let (w, x, y, z) = (*a.add(j), *b.add(j), *c.add(j), *d.add(j));
                            let four = Op::combine(Op::combine(w, x), Op::combine(y, z));
                            *acc.add(j) = Op::combine(*acc.add(j), four);
                            j += 1;
                        }
                    }
                    for r in whole..count {
                        let a = row(r);
                        let mut j = 0;
                        while j + $lanes <= width {
                            let x = $load(a.add(j));
                            let best = $best(x, $load(acc.add(j)));
                            $store(acc.add(j), $blend(best, x, $cmp::<_CMP_UNORD_Q>(x, x)));
                            j += $lanes;
                        }
                        while j < width {
                            *acc.add(j) = Op::combine(*acc.add(j), *a.add(j));
                            j += 1;
                        }
                    }
                }
            }
        }
    };
}

macro_rules! extremes_of {
    (f32: $($name:ident $fold:ident $best:ident),*) => {$(
        extremes!($name, $fold, f32, 8, _mm256_loadu_ps, _mm256_storeu_ps, $best, _mm256_set1_ps, _mm256_cmp_ps,
            _mm256_or_ps, _mm256_movemask_ps, _mm256_blendv_ps, _mm256_setzero_ps);
    )*};
    (f64: $($name:ident $fold:ident $best:ident),*) => {$(
        extremes!($name, $fold, f64, 4, _mm256_loadu_pd, _mm256_storeu_pd, $best, _mm256_set1_pd, _mm256_cmp_pd,
            _mm256_or_pd, _mm256_movemask_pd, _mm256_blendv_pd, _mm256_setzero_pd);
    )*};
}
extremes_of!(f32: max_f32 Max _mm256_max_ps, min_f32 Min _mm256_min_ps);
extremes_of!(f64: max_f64 Max _mm256_max_pd, min_f64 Min _mm256_min_pd);
