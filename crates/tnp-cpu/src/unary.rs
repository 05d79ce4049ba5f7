//! Elementwise functions of one array over contiguous memory: the table, and the loops that are plain
//! arithmetic. The elementary functions are in `math`.

use crate::math::{complex_kernel, float_kernel, hypot};
use crate::simd::{Level, level, simd_kernel};
use num_complex::Complex;
use std::mem::MaybeUninit;
use tnp_backend::prim::Unary;
use tnp_dtype::DType;

/// Reads `n` elements at `src` and writes as many results at `dst`, both aligned to their elements.
/// Where an input and its result have one size, `dst` may be `src`; otherwise they lie apart.
pub(crate) type UnaryKernel = unsafe fn(src: *const u8, dst: *mut u8, n: usize);

/// The loop for a function and its input's dtype. `None` where the dtype is not taken, and for the
/// functions of half-width floats that are computed in `f32`, tile by tile, by the caller.
pub(crate) fn unary_kernel(op: Unary, dtype: DType) -> Option<UnaryKernel> {
    unary_kernel_at(op, dtype, level())
}

/// [`unary_kernel`] for a level, which must be one that runs here.
fn unary_kernel_at(op: Unary, dtype: DType, level: Level) -> Option<UnaryKernel> {
    op.output(dtype)?;
    match dtype {
        DType::Bool => bool_kernel(op, level),
        DType::Float16 => half_kernel::<{ FLOAT16.0 }, { FLOAT16.1 }>(op, level),
        DType::BFloat16 => half_kernel::<{ BFLOAT16.0 }, { BFLOAT16.1 }>(op, level),
        DType::Float32 => f32_kernel(op, level).or_else(|| float_kernel(op, false, level)),
        DType::Float64 => f64_kernel(op, level).or_else(|| float_kernel(op, true, level)),
        DType::Complex64 => c64_kernel(op, level).or_else(|| complex_kernel(op, false)),
        DType::Complex128 => c128_kernel(op, level).or_else(|| complex_kernel(op, true)),
        DType::Int8 => i8_kernel(op, level),
        DType::Int16 => i16_kernel(op, level),
        DType::Int32 => i32_kernel(op, level),
        DType::Int64 => i64_kernel(op, level),
        DType::UInt8 => u8_kernel(op, level),
        DType::UInt16 => u16_kernel(op, level),
        DType::UInt32 => u32_kernel(op, level),
        DType::UInt64 => u64_kernel(op, level),
    }
}

/// A function of one element, as a type.
trait Map<I, O> {
    fn map(x: I) -> O;
}

simd_kernel! {
    fn each[I: Copy, O: Copy, M: Map<I, O>](src: *const u8, dst: *mut u8, n: usize) {
        // Two loops, because the compiler does not vectorise one whose arrays may coincide.
        if size_of::<I>() == size_of::<O>() && src == dst.cast_const() {
            // SAFETY: the caller gives `n` elements; either type fills the same bytes.
            let elements = unsafe { std::slice::from_raw_parts_mut(dst.cast::<Cell<I, O>>(), n) };
            for element in elements {
                // SAFETY: an element is read as what it is before its place is written.
                *element = Cell { after: M::map(unsafe { element.before }) };
            }
        } else {
            // SAFETY: the caller gives `n` elements of each, which lie apart here.
            let (x, y) = unsafe {
                (std::slice::from_raw_parts(src.cast::<I>(), n), std::slice::from_raw_parts_mut(dst.cast::<MaybeUninit<O>>(), n))
            };
            for (y, x) in y.iter_mut().zip(x) {
                y.write(M::map(*x));
            }
        }
    }
}

/// An element before and after a function was applied in place.
#[derive(Clone, Copy)]
union Cell<I: Copy, O: Copy> {
    before: I,
    after: O,
}

/// Declares functions of one element: `Name: types => |x| value;`, `T` being each of the types in turn.
macro_rules! maps {
    ($($name:ident ($($t:ty),+) -> $o:ident |$x:ident| $value:expr;)*) => {$(
        maps!(@declare $name ($($t),+) -> $o |$x| $value);
    )*};
    (@declare $name:ident ($($t:ty),+) -> same |$x:ident| $value:expr) => {
        $(impl Map<$t, $t> for $name {
            #[inline(always)]
            fn map($x: $t) -> $t {
                #[allow(dead_code)]
                type T = $t;
                $value
            }
        })+
    };
    (@declare $name:ident ($($t:ty),+) -> $o:ident |$x:ident| $value:expr) => {
        $(impl Map<$t, $o> for $name {
            #[inline(always)]
            fn map($x: $t) -> $o {
                $value
            }
        })+
    };
}

macro_rules! names {
    ($($name:ident)*) => { $(struct $name;)* };
}

names! {
    Negative Absolute Sign Square Reciprocal Sqrt Floor Ceil Trunc Rint Invert LogicalNot
    IsFinite IsInf IsNan SignBit Conjugate Real Imag Identity False True
}

maps! {
    Negative(i8, i16, i32, i64, u8, u16, u32, u64) -> same |x| x.wrapping_neg();
    Negative(f32, f64) -> same |x| -x;
    Absolute(i8, i16, i32, i64) -> same |x| x.wrapping_abs();
    Absolute(u8, u16, u32, u64) -> same |x| x;
    Absolute(f32, f64) -> same |x| x.abs();
    Sign(i8, i16, i32, i64) -> same |x| x.signum();
    Sign(u8, u16, u32, u64) -> same |x| T::from(x > 0);
    Sign(f32, f64) -> same |x| {
        let y = if x < 0.0 { -1.0 } else { x };
        let y = if x > 0.0 { 1.0 } else { y };
        if x == 0.0 { 0.0 } else { y }
    };
    Square(i8, i16, i32, i64, u8, u16, u32, u64) -> same |x| x.wrapping_mul(x);
    Square(f32, f64) -> same |x| x * x;
    // The quotient is zero but for 1 and -1. By zero the conversion of infinity to an integer shows,
    // as it comes out on x86: zero in the narrow types, the least number in i32 and i64.
    Reciprocal(i8, i16) -> same |x| if x == 1 || x == -1 { x } else { 0 };
    Reciprocal(i32, i64) -> same |x| match x {
        0 => T::MIN,
        1 | -1 => x,
        _ => 0,
    };
    Reciprocal(u8, u16, u32, u64) -> same |x| T::from(x == 1);
    Reciprocal(f32, f64) -> same |x| 1.0 / x;
    Sqrt(f32, f64) -> same |x| x.sqrt();
    Floor(f32, f64) -> same |x| x.floor();
    Ceil(f32, f64) -> same |x| x.ceil();
    Trunc(f32, f64) -> same |x| x.trunc();
    Rint(f32, f64) -> same |x| x.round_ties_even();
    Invert(i8, i16, i32, i64, u8, u16, u32, u64) -> same |x| !x;
    LogicalNot(i8, i16, i32, i64, u8, u16, u32, u64) -> bool |x| x == 0;
    LogicalNot(f32, f64) -> bool |x| x == 0.0;
    IsFinite(f32, f64) -> bool |x| x.is_finite();
    IsInf(f32, f64) -> bool |x| x.is_infinite();
    IsNan(f32, f64) -> bool |x| x.is_nan();
    SignBit(i8, i16, i32, i64) -> bool |x| x < 0;
    SignBit(f32, f64) -> bool |x| x.is_sign_negative();
}

impl<T> Map<T, T> for Identity {
    #[inline(always)]
    fn map(x: T) -> T {
        x
    }
}

impl<T> Map<T, bool> for False {
    #[inline(always)]
    fn map(_: T) -> bool {
        false
    }
}

impl<T> Map<T, bool> for True {
    #[inline(always)]
    fn map(_: T) -> bool {
        true
    }
}

/// The same for complex numbers, of which `P` is the part.
macro_rules! complex_maps {
    ($p:ident: $($name:ident -> $o:ty, |$z:ident| $value:expr;)*) => {$(
        impl Map<Complex<$p>, $o> for $name {
            #[inline(always)]
            fn map($z: Complex<$p>) -> $o {
                $value
            }
        }
    )*};
    ($($p:ident)*) => {$(
        complex_maps! { $p:
            Negative -> Complex<$p>, |z| -z;
            Absolute -> $p, |z| hypot(z.re.into(), z.im.into()) as $p;
            Square -> Complex<$p>, |z| {
                Complex::new(z.re * z.re - z.im * z.im, z.re * z.im + z.im * z.re)
            };
            Rint -> Complex<$p>, |z| {
                Complex::new(z.re.round_ties_even(), z.im.round_ties_even())
            };
            LogicalNot -> bool, |z| (z.re == 0.0) & (z.im == 0.0);
            IsFinite -> bool, |z| z.re.is_finite() & z.im.is_finite();
            IsInf -> bool, |z| z.re.is_infinite() | z.im.is_infinite();
            IsNan -> bool, |z| z.re.is_nan() | z.im.is_nan();
            Conjugate -> Complex<$p>, |z| Complex::new(z.re, -z.im);
            Real -> $p, |z| z.re;
            Imag -> $p, |z| z.im;
            // Of infinite numbers those on an axis have a sign, the others NaN.
            Sign -> Complex<$p>, |z| {
                let size = hypot(z.re.into(), z.im.into()) as $p;
                if z.re.is_infinite() && z.im.is_infinite() {
                    Complex::new($p::NAN, $p::NAN)
                } else if z.re.is_infinite() {
                    Complex::new(z.re.signum(), 0.0)
                } else if z.im.is_infinite() {
                    Complex::new(0.0, z.im.signum())
                } else if size == 0.0 {
                    Complex::new(0.0, 0.0)
                } else if size.is_nan() {
                    Complex::new($p::NAN, $p::NAN)
                } else {
                    Complex::new(z.re / size, z.im / size)
                }
            };
            // Smith's division.
            Reciprocal -> Complex<$p>, |z| {
                if z.im.abs() <= z.re.abs() {
                    let ratio = z.im / z.re;
                    let d = z.re + z.im * ratio;
                    Complex::new(1.0 / d, -ratio / d)
                } else {
                    let ratio = z.re / z.im;
                    let d = z.re * ratio + z.im;
                    Complex::new(ratio / d, -1.0 / d)
                }
            };
        }
    )*};
}

complex_maps! { f32 f64 }

// The half-width floats, by their bits. `INF` are those of infinity, `ONE` those of one.

struct HalfNegative;
struct HalfAbsolute;
struct HalfSign<const INF: u16, const ONE: u16>;
struct HalfIsFinite<const INF: u16>;
struct HalfIsInf<const INF: u16>;
struct HalfIsNan<const INF: u16>;

/// The sign bit of a half-width float.
const SIGN: u16 = 0x8000;
/// Infinity and one in `float16` and `bfloat16`.
const FLOAT16: (u16, u16) = (0x7C00, 0x3C00);
const BFLOAT16: (u16, u16) = (0x7F80, 0x3F80);

impl Map<u16, u16> for HalfNegative {
    #[inline(always)]
    fn map(x: u16) -> u16 {
        x ^ SIGN
    }
}

impl Map<u16, u16> for HalfAbsolute {
    #[inline(always)]
    fn map(x: u16) -> u16 {
        x & !SIGN
    }
}

impl<const INF: u16, const ONE: u16> Map<u16, u16> for HalfSign<INF, ONE> {
    #[inline(always)]
    fn map(x: u16) -> u16 {
        let size = x & !SIGN;
        let unit = (x & SIGN) | ONE;
        // NumPy gives float16 a positive zero; ml_dtypes keeps the sign of bfloat16's.
        let zero = if INF == BFLOAT16.0 { x } else { 0 };
        let y = if size == 0 { zero } else { unit };
        if size > INF { x } else { y }
    }
}

impl<const INF: u16> Map<u16, bool> for HalfIsFinite<INF> {
    #[inline(always)]
    fn map(x: u16) -> bool {
        x & !SIGN < INF
    }
}

impl<const INF: u16> Map<u16, bool> for HalfIsInf<INF> {
    #[inline(always)]
    fn map(x: u16) -> bool {
        x & !SIGN == INF
    }
}

impl<const INF: u16> Map<u16, bool> for HalfIsNan<INF> {
    #[inline(always)]
    fn map(x: u16) -> bool {
        x & !SIGN > INF
    }
}

struct HalfIsZero;

impl Map<u16, bool> for HalfIsZero {
    #[inline(always)]
    fn map(x: u16) -> bool {
        x & !SIGN == 0
    }
}

/// The loops of the functions named; `None` for any other.
macro_rules! table {
    ($op:expr, $level:expr, $($name:ident: $map:ident $i:ty => $o:ty),* $(,)?) => {
        match $op {
            $(Unary::$name => Some(each::<$i, $o, $map>($level)),)*
            _ => None,
        }
    };
}

fn bool_kernel(op: Unary, level: Level) -> Option<UnaryKernel> {
    // Bytes 0 and 1.
    table!(op, level,
        Invert: LogicalNot u8 => bool,
        LogicalNot: LogicalNot u8 => bool,
        IsFinite: True u8 => bool,
        IsInf: False u8 => bool,
        IsNan: False u8 => bool,
        SignBit: False u8 => bool,
    )
}

macro_rules! integer_kernels {
    ($($kernel:ident $t:ty, $sign_bit:ident;)*) => {$(
        fn $kernel(op: Unary, level: Level) -> Option<UnaryKernel> {
            table!(op, level,
                Negative: Negative $t => $t,
                Abs: Absolute $t => $t,
                Sign: Sign $t => $t,
                Square: Square $t => $t,
                Reciprocal: Reciprocal $t => $t,
                Invert: Invert $t => $t,
                LogicalNot: LogicalNot $t => bool,
                IsFinite: True $t => bool,
                IsInf: False $t => bool,
                IsNan: False $t => bool,
                SignBit: $sign_bit $t => bool,
                Conjugate: Identity $t => $t,
            )
        }
    )*};
}

integer_kernels! {
    i8_kernel i8, SignBit;
    i16_kernel i16, SignBit;
    i32_kernel i32, SignBit;
    i64_kernel i64, SignBit;
    u8_kernel u8, False;
    u16_kernel u16, False;
    u32_kernel u32, False;
    u64_kernel u64, False;
}

fn half_kernel<const INF: u16, const ONE: u16>(op: Unary, level: Level) -> Option<UnaryKernel> {
    match op {
        Unary::Sign => Some(each::<u16, u16, HalfSign<INF, ONE>>(level)),
        Unary::IsFinite => Some(each::<u16, bool, HalfIsFinite<INF>>(level)),
        Unary::IsInf => Some(each::<u16, bool, HalfIsInf<INF>>(level)),
        Unary::IsNan => Some(each::<u16, bool, HalfIsNan<INF>>(level)),
        _ => table!(op, level,
            Negative: HalfNegative u16 => u16,
            Abs: HalfAbsolute u16 => u16,
            LogicalNot: HalfIsZero u16 => bool,
            SignBit: SignBit i16 => bool,
            Conjugate: Identity u16 => u16,
        ),
    }
}

macro_rules! float_kernels {
    ($($kernel:ident $t:ty;)*) => {$(
        fn $kernel(op: Unary, level: Level) -> Option<UnaryKernel> {
            table!(op, level,
                Negative: Negative $t => $t,
                Abs: Absolute $t => $t,
                Sign: Sign $t => $t,
                Square: Square $t => $t,
                Reciprocal: Reciprocal $t => $t,
                Sqrt: Sqrt $t => $t,
                Floor: Floor $t => $t,
                Ceil: Ceil $t => $t,
                Trunc: Trunc $t => $t,
                Rint: Rint $t => $t,
                LogicalNot: LogicalNot $t => bool,
                IsFinite: IsFinite $t => bool,
                IsInf: IsInf $t => bool,
                IsNan: IsNan $t => bool,
                SignBit: SignBit $t => bool,
                Conjugate: Identity $t => $t,
            )
        }
    )*};
}

float_kernels! {
    f32_kernel f32;
    f64_kernel f64;
}

macro_rules! complex_kernels {
    ($($kernel:ident $p:ty;)*) => {$(
        fn $kernel(op: Unary, level: Level) -> Option<UnaryKernel> {
            table!(op, level,
                Negative: Negative Complex<$p> => Complex<$p>,
                Abs: Absolute Complex<$p> => $p,
                Sign: Sign Complex<$p> => Complex<$p>,
                Square: Square Complex<$p> => Complex<$p>,
                Reciprocal: Reciprocal Complex<$p> => Complex<$p>,
                Rint: Rint Complex<$p> => Complex<$p>,
                LogicalNot: LogicalNot Complex<$p> => bool,
                IsFinite: IsFinite Complex<$p> => bool,
                IsInf: IsInf Complex<$p> => bool,
                IsNan: IsNan Complex<$p> => bool,
                Conjugate: Conjugate Complex<$p> => Complex<$p>,
                Real: Real Complex<$p> => $p,
                Imag: Imag Complex<$p> => $p,
            )
        }
    )*};
}

complex_kernels! {
    c64_kernel f32;
    c128_kernel f64;
}

#[cfg(test)]
mod tests;
