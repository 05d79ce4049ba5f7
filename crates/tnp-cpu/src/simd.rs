//! Which vector instructions this processor has, and `simd_kernel!`, which compiles one loop for each set.
//!
//! Kernels are plain Rust loops that the compiler vectorises. Nothing here names an instruction.

use std::sync::atomic::{AtomicU8, Ordering};

/// A set of vector instructions that kernels are compiled for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Level {
    /// What every processor of the architecture has: SSE2 on x86-64, NEON on AArch64.
    Baseline = 1,
    /// x86-64-v3: AVX2, FMA, BMI, F16C.
    Avx2 = 2,
    /// x86-64-v4: AVX-512 F, BW, CD, DQ and VL besides.
    Avx512 = 3,
}

impl Level {
    /// What a person calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Level::Baseline => "baseline vectors",
            Level::Avx2 => "AVX2",
            Level::Avx512 => "AVX-512",
        }
    }
}

impl Level {
    /// All of them, narrowest first.
    #[cfg(test)]
    pub(crate) const ALL: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];
}

/// What a kernel's body may know at compile time about the level it is compiled for.
pub(crate) trait Isa: Copy + 'static {
    /// A fused multiply-add is one instruction. Where it is not, `mul_add` is a slow library call.
    const FMA: bool;
}

/// [`Level::Baseline`] as a type.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

impl Isa for Baseline {
    const FMA: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
}

/// [`Level::Avx2`] and [`Level::Avx512`] as a type.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(crate) struct Fused;

impl Isa for Fused {
    const FMA: bool = true;
}

/// The widest level this processor has.
fn detect() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        macro_rules! all {
            ($($f:tt),*) => { true $(&& std::arch::is_x86_feature_detected!($f))* };
        }
        if all!("avx2", "fma", "bmi1", "bmi2", "lzcnt", "popcnt", "f16c") {
            if all!("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl") {
                return Level::Avx512;
            }
            return Level::Avx2;
        }
    }
    Level::Baseline
}

static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The level that kernels run at: the widest there is, or less where the environment variable
/// `TNP_CPU_LEVEL` (`baseline`, `avx2`, `avx512`), read once, asks for less.
#[inline]
pub(crate) fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        1 => Level::Baseline,
        2 => Level::Avx2,
        3 => Level::Avx512,
        _ => first_level(),
    }
}

#[cold]
fn first_level() -> Level {
    let asked = match std::env::var("TNP_CPU_LEVEL").as_deref() {
        Ok("baseline") => Level::Baseline,
        Ok("avx2") => Level::Avx2,
        _ => Level::Avx512,
    };
    let chosen = asked.min(detect());
    LEVEL.store(chosen as u8, Ordering::Relaxed);
    chosen
}

/// True where code compiled for this level may run here.
#[cfg(test)]
pub(crate) fn runs(level: Level) -> bool {
    level <= detect()
}

/// Compiles a loop for the baseline and for AVX2, and gives a function that picks one.
///
/// ```ignore
/// simd_kernel! {
///     /// `out[i] = a[i] + b[i]`.
///     pub(crate) fn add[T: Number](a: *const T, b: *const T, out: *mut T, n: usize) {
///         // SAFETY: the caller gives `n` elements of each.
///         let (a, b, out) = unsafe { (from_raw_parts(a, n), from_raw_parts(b, n), from_raw_parts_mut(out, n)) };
///         for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
///             *out = a.add(*b);
///         }
///     }
/// }
/// let kernel: unsafe fn(*const f32, *const f32, *mut f32, usize) = add::<f32>(level());
/// ```
///
/// Generic parameters stand in square brackets (`[]` for none), each with one bound. A body that
/// must know its level names it first, `fn name<S>[…](…)`, and reads `S::FMA`. Everything the body
/// calls must be `#[inline(always)]`: what is not inlined is compiled for the baseline. Loops go over
/// slices, with wrapping arithmetic: debug assertions check raw pointers and overflow, and nothing that
/// is checked vectorises.
/// [`simd_kernel_wide!`] adds an AVX-512 version; it costs compile time, so it is for loops bound by arithmetic.
macro_rules! simd_kernel {
    ($(#[$m:meta])* $vis:vis fn $name:ident [$($g:ident : $b:path),* $(,)?]
        ($($a:ident : $t:ty),* $(,)?) $(-> $r:ty)? $body:block) => {
        $crate::simd::simd_variants! {
            [Avx2] $(#[$m])* $vis fn $name <_S> [$($g: $b),*] ($($a: $t),*) $(-> $r)? $body
        }
    };
    ($(#[$m:meta])* $vis:vis fn $name:ident <$s:ident> [$($g:ident : $b:path),* $(,)?]
        ($($a:ident : $t:ty),* $(,)?) $(-> $r:ty)? $body:block) => {
        $crate::simd::simd_variants! {
            [Avx2] $(#[$m])* $vis fn $name <$s> [$($g: $b),*] ($($a: $t),*) $(-> $r)? $body
        }
    };
}

/// As [`simd_kernel!`], with an AVX-512 version besides.
macro_rules! simd_kernel_wide {
    ($(#[$m:meta])* $vis:vis fn $name:ident [$($g:ident : $b:path),* $(,)?]
        ($($a:ident : $t:ty),* $(,)?) $(-> $r:ty)? $body:block) => {
        $crate::simd::simd_variants! {
            [Avx512] $(#[$m])* $vis fn $name <_S> [$($g: $b),*] ($($a: $t),*) $(-> $r)? $body
        }
    };
    ($(#[$m:meta])* $vis:vis fn $name:ident <$s:ident> [$($g:ident : $b:path),* $(,)?]
        ($($a:ident : $t:ty),* $(,)?) $(-> $r:ty)? $body:block) => {
        $crate::simd::simd_variants! {
            [Avx512] $(#[$m])* $vis fn $name <$s> [$($g: $b),*] ($($a: $t),*) $(-> $r)? $body
        }
    };
}

/// What [`simd_kernel!`] and [`simd_kernel_wide!`] expand to.
macro_rules! simd_variants {
    ([$widest:ident] $(#[$m:meta])* $vis:vis fn $name:ident <$s:ident> [$($g:ident : $b:path),*]
        ($($a:ident : $t:ty),*) $(-> $r:ty)? $body:block) => {
        $(#[$m])*
        #[inline]
        $vis fn $name<$($g: $b),*>(level: $crate::simd::Level) -> unsafe fn($($t),*) $(-> $r)? {
            #[inline(always)]
            unsafe fn body<$s: $crate::simd::Isa, $($g: $b),*>($($a: $t),*) $(-> $r)? $body

            unsafe fn baseline<$($g: $b),*>($($a: $t),*) $(-> $r)? {
                // SAFETY: as the caller promises of the body.
                unsafe { body::<$crate::simd::Baseline, $($g),*>($($a),*) }
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,f16c")]
            unsafe fn avx2<$($g: $b),*>($($a: $t),*) $(-> $r)? {
                // SAFETY: as the caller promises of the body.
                unsafe { body::<$crate::simd::Fused, $($g),*>($($a),*) }
            }

            // SAFETY of calling the result: `level` never exceeds what the processor has.
            $crate::simd::simd_variants!(@pick $widest, level, body, baseline, avx2,
                [$($g: $b),*] ($($a: $t),*) [$(-> $r)?])
        }
    };
    (@pick Avx2, $level:ident, $body:ident, $baseline:ident, $avx2:ident,
        [$($g:ident : $b:path),*] ($($a:ident : $t:ty),*) [$(-> $r:ty)?]) => {{
        #[cfg(target_arch = "x86_64")]
        if $level >= $crate::simd::Level::Avx2 {
            return $avx2::<$($g),*>;
        }
        let _ = $level;
        $baseline::<$($g),*>
    }};
    (@pick Avx512, $level:ident, $body:ident, $baseline:ident, $avx2:ident,
        [$($g:ident : $b:path),*] ($($a:ident : $t:ty),*) [$(-> $r:ty)?]) => {{
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt,f16c")]
        unsafe fn avx512<$($g: $b),*>($($a: $t),*) $(-> $r)? {
            // SAFETY: as the caller promises of the body.
            unsafe { $body::<$crate::simd::Fused, $($g),*>($($a),*) }
        }
        #[cfg(target_arch = "x86_64")]
        match $level {
            $crate::simd::Level::Avx512 => return avx512::<$($g),*>,
            $crate::simd::Level::Avx2 => return $avx2::<$($g),*>,
            $crate::simd::Level::Baseline => {}
        }
        let _ = $level;
        $baseline::<$($g),*>
    }};
}

pub(crate) use {simd_kernel, simd_kernel_wide, simd_variants};

#[cfg(test)]
mod tests {
    use super::*;

    simd_kernel_wide! {
        fn sum_with<S>[T: Copy, U: Into<f64>](values: *const U, n: usize, tag: T) -> (f64, bool) {
            let _ = tag;
            let mut total = 0.0;
            for i in 0..n {
                // SAFETY: the test passes `n` elements.
                total += unsafe { std::ptr::read(values.add(i)) }.into();
            }
            (total, S::FMA)
        }
    }

    simd_kernel! {
        fn double[](values: *mut i32, n: usize) {
            for i in 0..n {
                // SAFETY: the test passes `n` elements.
                unsafe { *values.add(i) *= 2 }
            }
        }
    }

    #[test]
    fn every_level_that_runs_computes_the_same() {
        let values: Vec<f32> = (0..37).map(|i| i as f32).collect();
        for level in Level::ALL.into_iter().filter(|l| runs(*l)) {
            // SAFETY: the pointers come from live vectors of that length.
            let (total, fused) = unsafe { sum_with::<(), f32>(level)(values.as_ptr(), 37, ()) };
            assert_eq!(total, 666.0);
            assert_eq!(fused, level > Level::Baseline || Baseline::FMA);
            let mut ints = [1, 2, 3];
            // SAFETY: as above.
            unsafe { double(level)(ints.as_mut_ptr(), 3) };
            assert_eq!(ints, [2, 4, 6]);
        }
    }

    #[test]
    fn the_level_is_one_that_runs() {
        assert!(runs(level()));
        assert_eq!(level(), level());
    }
}
