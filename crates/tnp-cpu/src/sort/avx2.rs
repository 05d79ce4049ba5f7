//! Quicksort of 32- and 64-bit integers in AVX2: partition by permutation, and a sorting network for what is left.
//!
//! The scheme is that of Bramas, "A novel hybrid quicksort algorithm vectorized using AVX-512" (2017),
//! with a table of permutations in place of the compress instruction; the columns are sorted by the
//! 19-comparator network of Knuth (TAOCP 3, 5.3.4) and merged bitonically.

use std::arch::x86_64::*;

/// Vectors of the sorting network.
const REGISTERS: usize = 8;

/// For each mask of lanes that go right the order of lanes that puts those that go left first; `PARTS` 32-bit parts a lane.
const fn permutations<const MASKS: usize, const PARTS: usize>() -> [[u32; 8]; MASKS] {
    let lanes = 8 / PARTS;
    let mut table = [[0; 8]; MASKS];
    let mut mask = 0;
    while mask < MASKS {
        let (mut at, mut side) = (0, 0);
        while side < 2 {
            let mut lane = 0;
            while lane < lanes {
                if (mask >> lane) & 1 == side {
                    let mut part = 0;
                    while part < PARTS {
                        table[mask][at] = (lane * PARTS + part) as u32;
                        at += 1;
                        part += 1;
                    }
                }
                lane += 1;
            }
            side += 1;
        }
        mask += 1;
    }
    table
}

macro_rules! quicksort {
    ($name:ident, $t:ident, $lanes:literal, $masks:literal) => {
        pub(super) mod $name {
            use super::ops::$name::*;
            use super::*;

            const L: usize = $lanes;
            const BASE: usize = REGISTERS * L;
            static TABLE: [[u32; 8]; $masks] = permutations::<$masks, { 8 / $lanes }>();

            /// Sorts ascending.
            #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
            pub(in crate::sort) fn sort(values: &mut [$t]) {
                let depth = 2 * (usize::BITS - values.len().leading_zeros());
                // SAFETY: the whole slice.
                unsafe { quick(values.as_mut_ptr(), values.len(), depth) }
            }

            #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
            unsafe fn quick(mut p: *mut $t, mut n: usize, mut depth: u32) {
                // SAFETY: parts of the `n` elements that the caller gives.
                unsafe {
                    while n > BASE {
                        if depth == 0 {
                            return std::slice::from_raw_parts_mut(p, n).sort_unstable();
                        }
                        depth -= 1;
                        let (pivot, common) = choose_pivot(p, n);
                        let left = partition(p, n, pivot);
                        // With many elements equal to the pivot, or none above it, they are set apart.
                        if left == n || common {
                            let below = if pivot == $t::MIN {
                                0
                            } else {
                                partition(p, left, pivot - 1)
                            };
                            quick(p, below, depth);
                        } else {
                            quick(p, left, depth);
                        }
                        p = p.add(left);
                        n -= left;
                    }
                    if n > 1 {
                        network(p, n);
                    }
                }
            }

            /// The median of three medians of three, over again for many elements; whether two of the three are equal.
            #[target_feature(enable = "avx2")]
            #[inline]
            unsafe fn choose_pivot(p: *const $t, n: usize) -> ($t, bool) {
                let median = |[a, b, c]: [$t; 3]| a.min(b).max(a.max(b).min(c));
                let equal = |[a, b, c]: [$t; 3], m: $t| {
                    (a == m) as u8 + (b == m) as u8 + (c == m) as u8 > 1
                };
                // SAFETY: nine places from `at` on, `n / 9` or fewer apart.
                let ninther = |at: usize, step: usize| unsafe {
                    let three = |i: usize| {
                        median([
                            *p.add(at + i * step),
                            *p.add(at + (i + 3) * step),
                            *p.add(at + (i + 6) * step),
                        ])
                    };
                    [three(0), three(1), three(2)]
                };
                if n <= 1024 {
                    let medians = ninther(0, n / 9);
                    let pivot = median(medians);
                    return (pivot, equal(medians, pivot));
                }
                let (step, third) = (n / 27, n / 3);
                let medians = [
                    ninther(0, step),
                    ninther(third, step),
                    ninther(2 * third, step),
                ]
                .map(median);
                let pivot = median(medians);
                (pivot, equal(medians, pivot))
            }

            /// Moves elements at most `pivot` before the others; gives their number.
            #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
            unsafe fn partition(p: *mut $t, n: usize, pivot: $t) -> usize {
                // Which end to read from is known only once a block is done: large blocks mean less waiting.
                // SAFETY: as the caller says.
                unsafe {
                    if n >= 64 * L {
                        partition_by::<8>(p, n, pivot)
                    } else {
                        partition_by::<4>(p, n, pivot)
                    }
                }
            }

            /// As `partition`, reading `U` vectors at once and holding as many back from each end at the start.
            #[target_feature(enable = "avx2,popcnt,bmi1,bmi2,lzcnt")]
            unsafe fn partition_by<const U: usize>(p: *mut $t, n: usize, pivot: $t) -> usize {
                let held_back = U * L;
                let whole = if n < 2 * held_back { 0 } else { n - n % L };
                // Vectors are written to both ends of the free room in full: what is beyond their elements there
                // is written again later. Reading from the end with less room keeps a vector free at both.
                let (mut left, mut right) = (0, whole);
                // SAFETY: reads are between the free rooms, writes within them; both are within `n`.
                unsafe {
                    if whole > 0 {
                        let pivots = splat(pivot);
                        let put = |v: __m256i, left: &mut usize, right: &mut usize| {
                            let mask = above(v, pivots);
                            let order = _mm256_loadu_si256(TABLE[mask as usize].as_ptr().cast());
                            let v = _mm256_permutevar8x32_epi32(v, order);
                            let high = mask.count_ones() as usize;
                            _mm256_storeu_si256(p.add(*left).cast(), v);
                            _mm256_storeu_si256(p.add(*right - L).cast(), v);
                            *left += L - high;
                            *right -= high;
                        };
                        let load = |at: usize| _mm256_loadu_si256(p.add(at).cast());
                        let (mut from, mut to) = (held_back, whole - held_back);
                        let block = |at: usize| -> [__m256i; U] {
                            std::array::from_fn(|i| load(at + i * L))
                        };
                        let (first, last) = (block(0), block(to));
                        while to - from >= held_back {
                            let at = if from - left <= right - to {
                                from += held_back;
                                from - held_back
                            } else {
                                to -= held_back;
                                to
                            };
                            let v = block(at);
                            for v in v {
                                put(v, &mut left, &mut right);
                            }
                        }
                        while from < to {
                            let at = if from - left <= right - to {
                                from += L;
                                from - L
                            } else {
                                to -= L;
                                to
                            };
                            let v = load(at);
                            put(v, &mut left, &mut right);
                        }
                        for v in first.into_iter().chain(last) {
                            put(v, &mut left, &mut right);
                        }
                    }
                    for i in whole..n {
                        let x = *p.add(i);
                        if x <= pivot {
                            *p.add(i) = *p.add(left);
                            *p.add(left) = x;
                            left += 1;
                        }
                    }
                }
                left
            }

            #[target_feature(enable = "avx2")]
            #[inline]
            fn exchange(r: &mut [__m256i; REGISTERS], i: usize, j: usize) {
                (r[i], r[j]) = min_max(r[i], r[j]);
            }

            /// Merges two sorted runs of `H` vectors from register `at` on.
            #[target_feature(enable = "avx2")]
            #[inline]
            fn merge<const H: usize>(r: &mut [__m256i; REGISTERS], at: usize) {
                for i in 0..H / 2 {
                    r.swap(at + H + i, at + 2 * H - 1 - i);
                }
                for i in 0..H {
                    r[at + H + i] = reverse(r[at + H + i]);
                }
                let mut step = H;
                while step > 0 {
                    for i in 0..2 * H {
                        if i & step == 0 {
                            exchange(r, at + i, at + i + step);
                        }
                    }
                    step /= 2;
                }
                for i in 0..2 * H {
                    r[at + i] = clean(r[at + i]);
                }
            }

            /// Sorts `n <= BASE` elements.
            #[target_feature(enable = "avx2")]
            unsafe fn network(p: *mut $t, n: usize) {
                let (whole, rest) = (n / L, n % L);
                let mut part = [$t::MAX; L];
                let mut r = [splat($t::MAX); REGISTERS];
                // SAFETY: whole vectors, and then single elements, within `n`.
                unsafe {
                    for i in 0..rest {
                        part[i] = *p.add(whole * L + i);
                    }
                    for (i, r) in r.iter_mut().enumerate() {
                        if i < whole {
                            *r = _mm256_loadu_si256(p.add(i * L).cast());
                        } else if i == whole {
                            *r = _mm256_loadu_si256(part.as_ptr().cast());
                        }
                    }
                }
                const COLUMNS: [(usize, usize); 19] = [
                    (0, 2),
                    (1, 3),
                    (4, 6),
                    (5, 7),
                    (0, 4),
                    (1, 5),
                    (2, 6),
                    (3, 7),
                    (0, 1),
                    (2, 3),
                    (4, 5),
                    (6, 7),
                    (2, 4),
                    (3, 5),
                    (1, 4),
                    (3, 6),
                    (1, 2),
                    (3, 4),
                    (5, 6),
                ];
                for (i, j) in COLUMNS {
                    exchange(&mut r, i, j);
                }
                transpose(&mut r);
                if L == 8 {
                    for at in [0, 2, 4, 6] {
                        merge::<1>(&mut r, at);
                    }
                }
                merge::<2>(&mut r, 0);
                merge::<2>(&mut r, 4);
                merge::<4>(&mut r, 0);
                // SAFETY: as above.
                unsafe {
                    for (i, r) in r.into_iter().enumerate() {
                        if i < whole {
                            _mm256_storeu_si256(p.add(i * L).cast(), r);
                        } else if i == whole {
                            _mm256_storeu_si256(part.as_mut_ptr().cast(), r);
                        }
                    }
                    for i in 0..rest {
                        *p.add(whole * L + i) = part[i];
                    }
                }
            }
        }
    };
}

/// What differs between the widths.
mod ops {
    pub(super) mod int32 {
        use std::arch::x86_64::*;

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn splat(x: i32) -> __m256i {
            _mm256_set1_epi32(x)
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn above(v: __m256i, pivots: __m256i) -> u32 {
            _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(v, pivots))) as u32
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn min_max(a: __m256i, b: __m256i) -> (__m256i, __m256i) {
            (_mm256_min_epi32(a, b), _mm256_max_epi32(a, b))
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn reverse(v: __m256i) -> __m256i {
            _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0))
        }

        /// Sorts a bitonic vector.
        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn clean(v: __m256i) -> __m256i {
            let (low, high) = min_max(v, _mm256_permute2x128_si256::<1>(v, v));
            let v = _mm256_blend_epi32::<0xf0>(low, high);
            let (low, high) = min_max(v, _mm256_shuffle_epi32::<0x4e>(v));
            let v = _mm256_blend_epi32::<0xcc>(low, high);
            let (low, high) = min_max(v, _mm256_shuffle_epi32::<0xb1>(v));
            _mm256_blend_epi32::<0xaa>(low, high)
        }

        /// Columns to rows.
        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn transpose(r: &mut [__m256i; 8]) {
            let mut t = *r;
            for i in 0..4 {
                t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
                t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
            }
            for i in 0..2 {
                for j in 0..2 {
                    let (a, b) = (t[4 * i + j], t[4 * i + 2 + j]);
                    r[4 * i + 2 * j] = _mm256_unpacklo_epi64(a, b);
                    r[4 * i + 2 * j + 1] = _mm256_unpackhi_epi64(a, b);
                }
            }
            t = *r;
            for i in 0..4 {
                r[i] = _mm256_permute2x128_si256::<0x20>(t[i], t[i + 4]);
                r[i + 4] = _mm256_permute2x128_si256::<0x31>(t[i], t[i + 4]);
            }
        }
    }

    pub(super) mod int64 {
        use std::arch::x86_64::*;

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn splat(x: i64) -> __m256i {
            _mm256_set1_epi64x(x)
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn above(v: __m256i, pivots: __m256i) -> u32 {
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(v, pivots))) as u32
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn min_max(a: __m256i, b: __m256i) -> (__m256i, __m256i) {
            let greater = _mm256_cmpgt_epi64(a, b);
            (
                _mm256_blendv_epi8(a, b, greater),
                _mm256_blendv_epi8(b, a, greater),
            )
        }

        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn reverse(v: __m256i) -> __m256i {
            _mm256_permute4x64_epi64::<0x1b>(v)
        }

        /// Sorts a bitonic vector.
        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn clean(v: __m256i) -> __m256i {
            let (low, high) = min_max(v, _mm256_permute4x64_epi64::<0x4e>(v));
            let v = _mm256_blend_epi32::<0xf0>(low, high);
            let (low, high) = min_max(v, _mm256_shuffle_epi32::<0x4e>(v));
            _mm256_blend_epi32::<0xcc>(low, high)
        }

        /// Columns of eight to pairs of vectors.
        #[target_feature(enable = "avx2")]
        #[inline]
        pub(in crate::sort::avx2) fn transpose(r: &mut [__m256i; 8]) {
            let t = *r;
            for half in 0..2 {
                let [a, b, c, d] = [
                    t[4 * half],
                    t[4 * half + 1],
                    t[4 * half + 2],
                    t[4 * half + 3],
                ];
                let (ab, cd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpacklo_epi64(c, d));
                r[half] = _mm256_permute2x128_si256::<0x20>(ab, cd);
                r[4 + half] = _mm256_permute2x128_si256::<0x31>(ab, cd);
                let (ab, cd) = (_mm256_unpackhi_epi64(a, b), _mm256_unpackhi_epi64(c, d));
                r[2 + half] = _mm256_permute2x128_si256::<0x20>(ab, cd);
                r[6 + half] = _mm256_permute2x128_si256::<0x31>(ab, cd);
            }
        }
    }
}

quicksort!(int32, i32, 8, 256);
quicksort!(int64, i64, 4, 16);
