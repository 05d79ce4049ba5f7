//! float16 and bfloat16 to float32 and back, rounded to nearest even; F16C where there is.

use tnp_dtype::f16;

use super::CastKernel;
use crate::binary::by_runs;
use crate::simd::{Level, simd_kernel};

simd_kernel! {
    /// bfloat16 is the upper half of float32.
    pub(super) fn f32_of_bf16[](src: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: the caller gives `n` aligned elements of each; the wider target does not overlap the source.
        unsafe {
            let src = src.cast::<u16>();
            by_runs::<u32>(false, dst.cast(), n, |first, count, out| {
                let src = std::slice::from_raw_parts(src.add(first), count);
                for (out, &x) in out.iter_mut().zip(src) {
                    out.write(u32::from(x) << 16);
                }
            });
        }
    }
}

simd_kernel! {
    /// Rounds to nearest even; a NaN keeps its sign and becomes the quiet one.
    pub(super) fn bf16_of_f32[](src: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: the caller gives `n` aligned elements of each.
        unsafe {
            let bits = src.cast::<u32>();
            by_runs::<u16>(src == dst.cast_const(), dst.cast(), n, |first, count, out| {
                let bits = std::slice::from_raw_parts(bits.add(first), count);
                for (out, &x) in out.iter_mut().zip(bits) {
                    let rounded = x.wrapping_add(0x7fff + ((x >> 16) & 1)) >> 16;
                    let nan = ((x >> 16) & 0x8000) | 0x7fc0;
                    out.write(if x & 0x7fff_ffff > 0x7f80_0000 { nan } else { rounded } as u16);
                }
            });
        }
    }
}

unsafe fn f32_of_f16_baseline(src: *const u8, dst: *mut u8, n: usize) {
    let (src, dst) = (src.cast::<f16>(), dst.cast::<f32>());
    for i in 0..n {
        // SAFETY: the caller gives `n` aligned elements of each.
        unsafe { *dst.add(i) = f16::to_f32_const(*src.add(i)) }
    }
}

unsafe fn f16_of_f32_baseline(src: *const u8, dst: *mut u8, n: usize) {
    let (src, dst) = (src.cast::<f32>(), dst.cast::<f16>());
    for i in 0..n {
        // SAFETY: as above; in place, what is overwritten has been read.
        unsafe { *dst.add(i) = f16::from_f32_const(*src.add(i)) }
    }
}

#[cfg(target_arch = "x86_64")]
mod f16c {
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2,f16c")]
    pub(super) unsafe fn f32_of_f16(src: *const u8, dst: *mut u8, n: usize) {
        let (src, dst) = (src.cast::<u16>(), dst.cast::<f32>());
        let whole = n & !7;
        // SAFETY: the caller gives `n` elements of each.
        unsafe {
            for i in (0..whole).step_by(8) {
                let half = _mm_loadu_si128(src.add(i).cast());
                _mm256_storeu_ps(dst.add(i), _mm256_cvtph_ps(half));
            }
            for i in whole..n {
                let half = _mm_cvtsi32_si128(i32::from(*src.add(i)));
                *dst.add(i) = _mm_cvtss_f32(_mm_cvtph_ps(half));
            }
        }
    }

    #[target_feature(enable = "avx2,f16c")]
    pub(super) unsafe fn f16_of_f32(src: *const u8, dst: *mut u8, n: usize) {
        let (src, dst) = (src.cast::<f32>(), dst.cast::<u16>());
        let whole = n & !7;
        // SAFETY: as above; in place, what is overwritten has been read.
        unsafe {
            for i in (0..whole).step_by(8) {
                let half =
                    _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm256_loadu_ps(src.add(i)));
                _mm_storeu_si128(dst.add(i).cast(), half);
            }
            for i in whole..n {
                let half = _mm_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm_set_ss(*src.add(i)));
                *dst.add(i) = _mm_cvtsi128_si32(half) as u16;
            }
        }
    }
}

pub(super) fn f32_of_f16(level: Level) -> CastKernel {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx2 {
        return f16c::f32_of_f16;
    }
    let _ = level;
    f32_of_f16_baseline
}

pub(super) fn f16_of_f32(level: Level) -> CastKernel {
    #[cfg(target_arch = "x86_64")]
    if level >= Level::Avx2 {
        return f16c::f16_of_f32;
    }
    let _ = level;
    f16_of_f32_baseline
}
