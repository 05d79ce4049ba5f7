//! Floating-point `floor_divide`, `remainder` and `fmod`.
//!
//! The C library's `fmod` takes tens of nanoseconds. Where the quotient is small enough to be an exact integer a
//! fused multiply-add gives the same rest exactly, in vectors; what is left goes element by element.

use tnp_dtype::DType;

use super::BinaryKernel;
use crate::simd::{level, simd_kernel};

/// float32 and float64.
trait Real: Copy {
    const ZERO: Self;
    /// `fmod` where the flag says so.
    fn quick_fmod(a: Self, b: Self) -> (Self, bool);
    /// `fmod` by the C library.
    fn slow_fmod(a: Self, b: Self) -> Self;
    /// `a / b`.
    fn over(a: Self, b: Self) -> Self;
    /// Python's remainder from C's, for `b` other than zero.
    fn python_rest(b: Self, rest: Self) -> Self;
    /// Python's quotient from C's rest, for `b` other than zero.
    fn python_quotient(a: Self, b: Self, rest: Self) -> Self;
}

macro_rules! real {
    ($($t:ident $exact:literal,)+) => {$(
        impl Real for $t {
            const ZERO: $t = 0.0;

            #[inline(always)]
            fn quick_fmod(a: $t, b: $t) -> ($t, bool) {
                let q = (a / b).trunc();
                // The quotient is at most one too large, where it was rounded up to an integer; both steps are
                // exact by Sterbenz' lemma.
                let rest = (-q).mul_add(b, a);
                let over = ((rest < 0.0) != (a < 0.0)) & (rest != 0.0);
                let rest = if over { rest + b.abs().copysign(a) } else { rest };
                (rest.abs().copysign(a), (q.abs() < $exact) & (b.abs() < $t::INFINITY))
            }

            #[inline(always)]
            fn slow_fmod(a: $t, b: $t) -> $t {
                a % b
            }

            #[inline(always)]
            fn over(a: $t, b: $t) -> $t {
                a / b
            }

            #[inline(always)]
            fn python_rest(b: $t, rest: $t) -> $t {
                let shifted = if (b < 0.0) != (rest < 0.0) { rest + b } else { rest };
                if rest == 0.0 { (0.0 as $t).copysign(b) } else { shifted }
            }

            #[inline(always)]
            fn python_quotient(a: $t, b: $t, rest: $t) -> $t {
                let q = (a - rest) / b;
                let down = (rest != 0.0) & ((b < 0.0) != (rest < 0.0));
                let q = if down { q - 1.0 } else { q };
                let floor = q.floor();
                let nearest = if q - floor > 0.5 { floor + 1.0 } else { floor };
                if q == 0.0 { (0.0 as $t).copysign(a / b) } else { nearest }
            }
        }
    )+};
}
real! {
    f32 8388608.0,
    f64 4503599627370496.0,
}

/// What is wanted of a division.
trait Wanted: 'static {
    /// For `b` other than zero.
    fn result<T: Real>(a: T, b: T, rest: T) -> T;
    /// For `b` zero.
    fn by_zero<T: Real>(a: T, b: T, rest: T) -> T;
}

/// The quotient rounded down.
struct FloorDivide;
/// The rest with the sign of the divisor.
struct Remainder;
/// The rest with the sign of the dividend.
struct Fmod;

impl Wanted for FloorDivide {
    #[inline(always)]
    fn result<T: Real>(a: T, b: T, rest: T) -> T {
        T::python_quotient(a, b, rest)
    }
    #[inline(always)]
    fn by_zero<T: Real>(a: T, b: T, _rest: T) -> T {
        T::over(a, b)
    }
}
impl Wanted for Remainder {
    #[inline(always)]
    fn result<T: Real>(_a: T, b: T, rest: T) -> T {
        T::python_rest(b, rest)
    }
    #[inline(always)]
    fn by_zero<T: Real>(_a: T, _b: T, rest: T) -> T {
        rest
    }
}
impl Wanted for Fmod {
    #[inline(always)]
    fn result<T: Real>(_a: T, _b: T, rest: T) -> T {
        rest
    }
    #[inline(always)]
    fn by_zero<T: Real>(_a: T, _b: T, rest: T) -> T {
        rest
    }
}

/// Elements that share one decision between the quick and the slow way.
const BATCH: usize = 16;

simd_kernel! {
    fn divide<S>[T: RealAndZero, W: Wanted](a: *const u8, b: *const u8, dst: *mut u8, n: usize) {
        let (a, b, dst) = (a.cast::<T>(), b.cast::<T>(), dst.cast::<T>());
        // No closures here: they would not be compiled for the level.
        let whole = n / BATCH * BATCH;
        for first in (0..whole).step_by(BATCH) {
            // SAFETY: the caller gives `n` aligned elements of each; a batch is read before its place is written.
            unsafe {
                let x = a.add(first).cast::<[T; BATCH]>().read();
                let y = b.add(first).cast::<[T; BATCH]>().read();
                let mut result = x;
                let mut quick = S::FMA;
                if S::FMA {
                    for i in 0..BATCH {
                        let (rest, exact) = T::quick_fmod(x[i], y[i]);
                        quick &= exact;
                        result[i] = W::result(x[i], y[i], rest);
                    }
                }
                if !quick {
                    for i in 0..BATCH {
                        result[i] = one::<T, W>(x[i], y[i]);
                    }
                }
                dst.add(first).cast::<[T; BATCH]>().write(result);
            }
        }
        for i in whole..n {
            // SAFETY: as above.
            unsafe { *dst.add(i) = one::<T, W>(*a.add(i), *b.add(i)) }
        }
    }
}

/// One element by the C library's `fmod`.
#[inline(never)]
fn one<T: RealAndZero, W: Wanted>(a: T, b: T) -> T {
    let rest = T::slow_fmod(a, b);
    if b == T::ZERO {
        W::by_zero(a, b, rest)
    } else {
        W::result(a, b, rest)
    }
}

/// What `divide` asks of its numbers, as one bound.
trait RealAndZero: Real + PartialEq {}
impl<T: Real + PartialEq> RealAndZero for T {}

fn kernel<W: Wanted>(dtype: DType) -> Option<BinaryKernel> {
    match dtype {
        DType::Float32 => Some(divide::<f32, W>(level())),
        DType::Float64 => Some(divide::<f64, W>(level())),
        _ => None,
    }
}

/// The loop of `floor_divide`.
pub(super) fn floor_divide(dtype: DType) -> Option<BinaryKernel> {
    kernel::<FloorDivide>(dtype)
}

/// The loop of `remainder`.
pub(super) fn remainder(dtype: DType) -> Option<BinaryKernel> {
    kernel::<Remainder>(dtype)
}

/// The loop of `fmod`.
pub(super) fn fmod(dtype: DType) -> Option<BinaryKernel> {
    kernel::<Fmod>(dtype)
}
