//! The loops that run the elementary functions over memory, and the table from operation to loop.

use super::{complex, complex_inverse, erf, exp, inverse, log, root, single, trig};
use crate::simd::{Baseline, Isa, Level, simd_kernel_wide};
use crate::unary::UnaryKernel;
use num_complex::Complex;
use std::mem::MaybeUninit;
use tnp_backend::prim::Unary;

/// An elementary function of `T`.
trait Function<T> {
    /// Some arguments need [`Function::slow`].
    const BOUNDED: bool = false;

    /// The value, computed without branches; anything at all outside the bounds.
    fn eval<S: Isa>(x: T) -> T;

    /// True where `eval` is right.
    #[inline(always)]
    fn in_bounds(_x: T) -> bool {
        true
    }

    /// The value of an argument out of bounds.
    fn slow(x: T) -> T {
        x
    }
}

/// `f32` and `f64`.
trait Float: Copy {
    /// A harmless argument.
    const ONE: Self;
}

impl Float for f32 {
    const ONE: f32 = 1.0;
}

impl Float for f64 {
    const ONE: f64 = 1.0;
}

/// Elements staged at a time: an input may be overwritten by its output, and the compiler only
/// vectorises when it sees that reads and writes are apart.
const BLOCK: usize = 256;
/// Elements computed at a time; the rest of the last group is padding.
const GROUP: usize = 16;

/// Over slices: dereferencing a pointer is checked where debug assertions are on, and checks do not
/// vectorise.
#[inline(always)]
fn evaluate<S: Isa, T: Float, F: Function<T>>(x: &[T], y: &mut [MaybeUninit<T>]) {
    for (y, x) in y.iter_mut().zip(x) {
        y.write(F::eval::<S>(*x));
    }
}

simd_kernel_wide! {
    fn map<S>[T: Float, F: Function<T>](src: *const u8, dst: *mut u8, n: usize) {
        let (mut src, mut dst, mut left) = (src.cast::<T>(), dst.cast::<T>(), n);
        let mut input = [const { MaybeUninit::<T>::uninit() }; BLOCK];
        let mut output = [const { MaybeUninit::<T>::uninit() }; BLOCK];
        while left > 0 {
            let count = left.min(BLOCK);
            let padded = (count + GROUP - 1) & !(GROUP - 1);
            let x = input.as_mut_ptr().cast::<T>();
            let direct = padded == count;
            let y = if direct { dst } else { output.as_mut_ptr().cast::<T>() };
            // SAFETY: the caller gives `n` readable and writable elements; `count` of them are left.
            // `x` and `output` hold `padded <= BLOCK` elements, all of `x` written before it is read.
            unsafe {
                std::ptr::copy_nonoverlapping(src, x, count);
                for i in count..padded {
                    x.add(i).write(T::ONE);
                }
                let x = std::slice::from_raw_parts(x, padded);
                evaluate::<S, T, F>(x, std::slice::from_raw_parts_mut(y.cast(), padded));
                if F::BOUNDED && !x.iter().fold(true, |all, x| all & F::in_bounds(*x)) {
                    for (i, x) in x.iter().enumerate().filter(|(_, x)| !F::in_bounds(**x)) {
                        y.add(i).write(F::slow(*x));
                    }
                }
                if !direct {
                    std::ptr::copy_nonoverlapping(y, dst, count);
                }
                src = src.add(count);
                dst = dst.add(count);
            }
            left -= count;
        }
    }
}

/// A function for each row `Name: module function`, the `f32` version by way of `f64`.
macro_rules! by_double {
    ($($name:ident: $module:ident $f:ident;)*) => {$(
        struct $name;
        impl Function<f64> for $name {
            #[inline(always)]
            fn eval<S: Isa>(x: f64) -> f64 {
                $module::$f::<S>(x)
            }
        }
        impl Function<f32> for $name {
            #[inline(always)]
            fn eval<S: Isa>(x: f32) -> f32 {
                $module::$f::<S>(f64::from(x)) as f32
            }
        }
    )*};
}

by_double! {
    Exp2: exp exp2;
    Expm1: exp expm1;
    Log2: log log2;
    Log10: log log10;
    Log1p: log log1p;
    Arcsin: inverse arcsin;
    Arccos: inverse arccos;
    Arctan: inverse arctan;
    Sinh: exp sinh;
    Cosh: exp cosh;
    Arcsinh: log arcsinh;
    Arccosh: log arccosh;
    Arctanh: log arctanh;
    Cbrt: root cbrt;
    Erf: erf erf;
}

/// A function for each row `Name: module function`, the `f32` version of the same name in `single`.
macro_rules! by_single {
    ($($name:ident: $module:ident $f:ident;)*) => {$(
        struct $name;
        impl Function<f64> for $name {
            #[inline(always)]
            fn eval<S: Isa>(x: f64) -> f64 {
                $module::$f::<S>(x)
            }
        }
        impl Function<f32> for $name {
            #[inline(always)]
            fn eval<S: Isa>(x: f32) -> f32 {
                single::$f::<S>(x)
            }
        }
    )*};
}

by_single! {
    Exp: exp exp;
    Log: log log;
    Tanh: exp tanh;
}

/// A function of an angle for each row: the `f32` version, and its bounds.
macro_rules! of_angle {
    ($($name:ident: $f:ident, |$x:ident| $single:expr, $limit:expr;)*) => {$(
        struct $name;
        impl Function<f64> for $name {
            const BOUNDED: bool = true;
            #[inline(always)]
            fn eval<S: Isa>(x: f64) -> f64 {
                trig::$f::<S>(x)
            }
            #[inline(always)]
            fn in_bounds(x: f64) -> bool {
                x.abs() <= trig::LIMIT
            }
            fn slow(x: f64) -> f64 {
                trig::huge::$f(x)
            }
        }
        impl Function<f32> for $name {
            const BOUNDED: bool = true;
            #[inline(always)]
            fn eval<S: Isa>($x: f32) -> f32 {
                $single
            }
            #[inline(always)]
            fn in_bounds(x: f32) -> bool {
                x.abs() <= $limit
            }
            fn slow(x: f32) -> f32 {
                // The bound of `f32` is the lower one; most angles beyond it are still reduced in doubles.
                let x = f64::from(x);
                let y = if x.abs() <= trig::LIMIT { trig::$f::<Baseline>(x) } else { trig::huge::$f(x) };
                y as f32
            }
        }
    )*};
}

of_angle! {
    Sin: sin, |x| single::sin::<S>(x), single::LIMIT;
    Cos: cos, |x| single::cos::<S>(x), single::LIMIT;
    Tan: tan, |x| trig::tan::<S>(f64::from(x)) as f32, trig::LIMIT as f32;
}

/// The loop for an elementary function of `f32` (`double` false) or `f64`; `None` for what is none.
pub(crate) fn float_kernel(op: Unary, double: bool, level: Level) -> Option<UnaryKernel> {
    macro_rules! table {
        ($($name:ident),* $(,)?) => {
            match (op, double) {
                $((Unary::$name, false) => map::<f32, $name>(level),
                (Unary::$name, true) => map::<f64, $name>(level),)*
                _ => return None,
            }
        };
    }
    Some(table!(
        Cbrt, Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Sin, Cos, Tan, Arcsin, Arccos, Arctan,
        Sinh, Cosh, Tanh, Arcsinh, Arccosh, Arctanh, Erf,
    ))
}

simd_kernel_wide! {
    /// `dst[i] = d[i] / (c[i] + exp(±x[i]))` as the separate operations round it; `dst` lies apart from the inputs.
    fn over_one_plus_exp<S>[T: Real, N: Sign<T>](x: *const u8, c: *const u8, d: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: the caller gives `n` elements of each.
        let (x, c, d, dst) = unsafe {
            (
                std::slice::from_raw_parts(x.cast::<T>(), n),
                std::slice::from_raw_parts(c.cast::<T>(), n),
                std::slice::from_raw_parts(d.cast::<T>(), n),
                std::slice::from_raw_parts_mut(dst.cast::<MaybeUninit<T>>(), n),
            )
        };
        for (((dst, x), c), d) in dst.iter_mut().zip(x).zip(c).zip(d) {
            dst.write(T::quotient(*d, T::sum(*c, T::exp::<S>(N::signed(*x)))));
        }
    }
}

/// What [`quotient_kernel`] needs of `f32` and `f64`.
trait Real: Copy {
    fn exp<S: Isa>(x: Self) -> Self;
    fn sum(a: Self, b: Self) -> Self;
    fn quotient(a: Self, b: Self) -> Self;
}

macro_rules! reals {
    ($($t:ty)*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn exp<S: Isa>(x: $t) -> $t {
                <Exp as Function<$t>>::eval::<S>(x)
            }
            #[inline(always)]
            fn sum(a: $t, b: $t) -> $t {
                a + b
            }
            #[inline(always)]
            fn quotient(a: $t, b: $t) -> $t {
                a / b
            }
        }
        impl Sign<$t> for Plus {
            #[inline(always)]
            fn signed(x: $t) -> $t {
                x
            }
        }
        impl Sign<$t> for Minus {
            #[inline(always)]
            fn signed(x: $t) -> $t {
                -x
            }
        }
    )*};
}

reals! { f32 f64 }

/// A sign in front of an argument.
trait Sign<T> {
    fn signed(x: T) -> T;
}

struct Plus;
struct Minus;

/// The loop for `d / (c + exp(x))`, or `exp(-x)` when `negated`, over `(x, c, d)`: the division runs beside the exponential.
pub(crate) fn quotient_kernel(
    double: bool,
    negated: bool,
    level: Level,
) -> unsafe fn(*const u8, *const u8, *const u8, *mut u8, usize) {
    match (double, negated) {
        (false, false) => over_one_plus_exp::<f32, Plus>(level),
        (false, true) => over_one_plus_exp::<f32, Minus>(level),
        (true, false) => over_one_plus_exp::<f64, Plus>(level),
        (true, true) => over_one_plus_exp::<f64, Minus>(level),
    }
}

/// The parts of a complex number, in memory and in the arithmetic of `f64`.
trait Part: Copy {
    fn widen(z: Complex<Self>) -> Complex<f64>;
    fn narrow(z: Complex<f64>) -> Complex<Self>;
}

impl Part for f32 {
    fn widen(z: Complex<f32>) -> Complex<f64> {
        Complex::new(f64::from(z.re), f64::from(z.im))
    }
    fn narrow(z: Complex<f64>) -> Complex<f32> {
        Complex::new(z.re as f32, z.im as f32)
    }
}

impl Part for f64 {
    fn widen(z: Complex<f64>) -> Complex<f64> {
        z
    }
    fn narrow(z: Complex<f64>) -> Complex<f64> {
        z
    }
}

/// The loop for an elementary function of complex numbers; `None` for what is none.
pub(crate) fn complex_kernel(op: Unary, double: bool) -> Option<UnaryKernel> {
    macro_rules! table {
        ($($name:ident => $f:path),* $(,)?) => {
            match (op, double) {
                $((Unary::$name, false) => {
                    unsafe fn kernel(src: *const u8, dst: *mut u8, n: usize) {
                        // SAFETY: as the caller promises.
                        unsafe { complex_map::<f32>($f, src, dst, n) }
                    }
                    kernel
                }
                (Unary::$name, true) => {
                    unsafe fn kernel(src: *const u8, dst: *mut u8, n: usize) {
                        // SAFETY: as the caller promises.
                        unsafe { complex_map::<f64>($f, src, dst, n) }
                    }
                    kernel
                })*
                _ => return None,
            }
        };
    }
    Some(table! {
        Sqrt => complex::sqrt,
        Exp => complex::exp,
        Exp2 => complex::exp2,
        Expm1 => complex::expm1,
        Log => complex::log,
        Log2 => complex::log2,
        Log10 => complex::log10,
        Log1p => complex::log1p,
        Sin => complex::sin,
        Cos => complex::cos,
        Tan => complex::tan,
        Arcsin => complex_inverse::arcsin,
        Arccos => complex_inverse::arccos,
        Arctan => complex_inverse::arctan,
        Sinh => complex::sinh,
        Cosh => complex::cosh,
        Tanh => complex::tanh,
        Arcsinh => complex_inverse::arcsinh,
        Arccosh => complex_inverse::arccosh,
        Arctanh => complex_inverse::arctanh,
    })
}

/// # Safety
/// `src` and `dst` hold `n` complex numbers each, and are the same or apart.
#[inline(always)]
unsafe fn complex_map<T: Part>(
    f: fn(Complex<f64>) -> Complex<f64>,
    src: *const u8,
    dst: *mut u8,
    n: usize,
) {
    let (src, dst) = (src.cast::<Complex<T>>(), dst.cast::<Complex<T>>());
    for i in 0..n {
        // SAFETY: `i < n`.
        unsafe { *dst.add(i) = T::narrow(f(T::widen(*src.add(i)))) }
    }
}
