//! Conversions between dtypes, as loops over contiguous tiles: NumPy's `astype` on x86-64, everywhere.
//!
//! Floats go to integers by truncation; what does not fit gives what the processor's conversion to 32 bits (for
//! targets up to 32 bits signed) or 64 bits (for the wider ones) leaves in the low bits, NaN included. Pairs without
//! a loop of their own go through float32 or float64, a tile at a time.

mod half;

use std::mem::MaybeUninit;

use tnp_dtype::{Complex, DType, c64, c128};

use crate::binary::by_runs;
use crate::simd::{level, simd_kernel};

/// Converts `n` contiguous, aligned elements. `dst` may equal `src` where the target is not the wider type; otherwise they do not overlap.
pub(crate) type CastKernel = unsafe fn(src: *const u8, dst: *mut u8, n: usize);

/// A conversion of one element.
trait CastTo<T: Copy>: Copy + 'static {
    fn cast(self) -> T;
}

/// What is stored for `bool`, as a target: 1 for anything but zero. As a source it is `u8`.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Truth(u8);

/// float32 rounded to odd, from which a second rounding is exact.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Odd(f32);

/// Truncation as `cvttsd2si` does it: the smallest integer for whatever does not fit.
macro_rules! truncation {
    ($($name:ident $float:ident $int:ident $bound:literal;)+) => {$(
        #[inline(always)]
        fn $name(x: $float) -> $int {
            if (x >= -$bound) & (x < $bound) {
                // SAFETY: `x` lies within the integer's range and is not NaN.
                unsafe { x.to_int_unchecked() }
            } else {
                $int::MIN
            }
        }
    )+};
}
truncation! {
    i32_of_f32 f32 i32 2147483648.0;
    i64_of_f32 f32 i64 9223372036854775808.0;
    i64_of_f64 f64 i64 9223372036854775808.0;
}

#[inline(always)]
fn i32_of_f64(x: f64) -> i32 {
    if (x > -2147483649.0) & (x < 2147483648.0) {
        // SAFETY: as above; the truncated value is at least -2^31.
        unsafe { x.to_int_unchecked() }
    } else {
        i32::MIN
    }
}

/// The upper half of the range is shifted down and its bit put back, as compilers do it.
macro_rules! to_u64 {
    ($x:ident, $truncate:ident) => {{
        let shifted = $x - 9223372036854775808.0;
        if $x >= 9223372036854775808.0 {
            $truncate(shifted) as u64 ^ (1 << 63)
        } else {
            $truncate($x) as u64
        }
    }};
}

macro_rules! casts {
    ($($from:ty { $($to:ty: |$x:ident| $e:expr;)+ })+) => {$($(
        impl CastTo<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to {
                let $x = self;
                $e
            }
        }
    )+)+};
}
macro_rules! integer_casts {
    ($($from:ident: $($to:ident)+;)+) => {$(
        casts! { $from { $($to: |x| x as $to;)+ } }
    )+};
}
integer_casts! {
    u8: u16 u32 u64 f32 f64;
    i8: u16 u32 u64 f32 f64;
    u16: u8 u32 u64 f32 f64;
    i16: u32 u64 f32 f64;
    u32: u8 u16 u64 f32 f64;
    i32: u64 f32 f64;
    u64: u8 u16 u32 f32 f64;
    i64: f32 f64;
}
casts! {
    u8 { Truth: |x| Truth(u8::from(x != 0)); }
    u16 { Truth: |x| Truth(u8::from(x != 0)); }
    u32 { Truth: |x| Truth(u8::from(x != 0)); }
    u64 { Truth: |x| Truth(u8::from(x != 0)); }
    f32 {
        Truth: |x| Truth(u8::from(x != 0.0));
        u8: |x| i32_of_f32(x) as u8;
        u16: |x| i32_of_f32(x) as u16;
        i32: |x| i32_of_f32(x);
        u32: |x| i64_of_f32(x) as u32;
        i64: |x| i64_of_f32(x);
        u64: |x| to_u64!(x, i64_of_f32);
        f64: |x| f64::from(x);
        c64: |x| Complex::new(x, 0.0);
    }
    f64 {
        Truth: |x| Truth(u8::from(x != 0.0));
        u8: |x| i32_of_f64(x) as u8;
        u16: |x| i32_of_f64(x) as u16;
        i32: |x| i32_of_f64(x);
        u32: |x| i64_of_f64(x) as u32;
        i64: |x| i64_of_f64(x);
        u64: |x| to_u64!(x, i64_of_f64);
        f32: |x| x as f32;
        c128: |x| Complex::new(x, 0.0);
        Odd: |x| {
            let nearest = x as f32;
            let back = f64::from(nearest);
            let past = u32::from(back.abs() > x.abs());
            let inexact = (back != x) & !x.is_nan();
            let bits = nearest.to_bits() - past;
            Odd(f32::from_bits(if inexact { bits | 1 } else { bits }))
        };
    }
    c64 {
        f32: |z| z.re;
        c128: |z| Complex::new(f64::from(z.re), f64::from(z.im));
        Truth: |z| Truth(u8::from((z.re != 0.0) | (z.im != 0.0)));
    }
    c128 {
        f64: |z| z.re;
        c64: |z| Complex::new(z.re as f32, z.im as f32);
        Truth: |z| Truth(u8::from((z.re != 0.0) | (z.im != 0.0)));
    }
}

simd_kernel! {
    fn convert[T: Copy, F: CastTo<T>](src: *const u8, dst: *mut u8, n: usize) {
        let src_elements = src.cast::<F>();
        // SAFETY: the caller gives `n` aligned elements of each.
        unsafe {
            by_runs::<T>(src == dst.cast_const(), dst.cast(), n, |first, count, out| {
                let src = std::slice::from_raw_parts(src_elements.add(first), count);
                for (out, &x) in out.iter_mut().zip(src) {
                    out.write(x.cast());
                }
            });
        }
    }
}

/// Copies `n` elements of `SIZE` bytes.
unsafe fn copy<const SIZE: usize>(src: *const u8, dst: *mut u8, n: usize) {
    // SAFETY: the caller gives `n` elements of each; they may be the same.
    unsafe { std::ptr::copy(src, dst, n * SIZE) }
}

/// The loop that copies elements of `size` bytes: 1, 2, 4, 8 or 16.
pub(crate) fn copy_kernel(size: usize) -> CastKernel {
    match size {
        1 => copy::<1>,
        2 => copy::<2>,
        4 => copy::<4>,
        8 => copy::<8>,
        _ => copy::<16>,
    }
}

/// The type through which a pair without a loop of its own goes.
const fn middle(from: DType, to: DType) -> DType {
    match (from, to) {
        (DType::Float16 | DType::BFloat16 | DType::Complex64, _) => DType::Float32,
        (DType::Complex128, _) | (_, DType::Complex128) => DType::Float64,
        _ => DType::Float32,
    }
}

/// Elements converted at a time on the way through a third type.
const TILE: usize = 512;

unsafe fn through_middle<const FROM: usize, const TO: usize>(
    src: *const u8,
    dst: *mut u8,
    n: usize,
) {
    let (from, to) = (DType::ALL[FROM], DType::ALL[TO]);
    let through = middle(from, to);
    let (first, second) = (cast_kernel(from, through), cast_kernel(through, to));
    let mut tile = [const { MaybeUninit::<u64>::uninit() }; TILE];
    let tile = tile.as_mut_ptr().cast::<u8>();
    for start in (0..n).step_by(TILE) {
        let count = TILE.min(n - start);
        // SAFETY: the run lies within the caller's `n`; the tile holds that many elements of up to eight bytes.
        unsafe {
            first(src.add(start * from.itemsize()), tile, count);
            second(tile, dst.add(start * to.itemsize()), count);
        }
    }
}

/// NumPy rounds float64 to float16 once.
unsafe fn float16_of_float64(src: *const u8, dst: *mut u8, n: usize) {
    let (first, second) = (
        convert::<Odd, f64>(level()),
        cast_kernel(DType::Float32, DType::Float16),
    );
    let mut tile = [const { MaybeUninit::<u32>::uninit() }; TILE];
    let tile = tile.as_mut_ptr().cast::<u8>();
    for start in (0..n).step_by(TILE) {
        let count = TILE.min(n - start);
        // SAFETY: as in `through_middle`.
        unsafe {
            first(src.add(start * 8), tile, count);
            second(tile, dst.add(start * 2), count);
        }
    }
}

/// The unsigned type of the same width.
const fn signless(dtype: DType) -> DType {
    match dtype {
        DType::Int8 => DType::UInt8,
        DType::Int16 => DType::UInt16,
        DType::Int32 => DType::UInt32,
        DType::Int64 => DType::UInt64,
        other => other,
    }
}

/// The pair of the same bits whose loop there is.
const fn canonical(from: DType, to: DType) -> (DType, DType) {
    let target = match to {
        DType::Int32 | DType::Int64 if from.is_inexact() => to,
        _ => signless(to),
    };
    let narrows = to.is_bool() || (to.is_integer() && to.itemsize() <= from.itemsize());
    let source = match from {
        DType::Bool if !to.is_bool() => DType::UInt8,
        _ if from.is_integer() && narrows => signless(from),
        _ => from,
    };
    (source, target)
}

/// The loop that converts `from` to `to`; a copy where they are the same. A complex number loses its imaginary part
/// on the way to a real one (not to bool).
pub(crate) fn cast_kernel(from: DType, to: DType) -> CastKernel {
    if from == to {
        return copy_kernel(from.itemsize());
    }
    let (source, target) = canonical(from, to);
    if source == target {
        return copy_kernel(from.itemsize());
    }
    macro_rules! direct {
        ($($from:ident $f:ty => [$($to:ident $t:ty),+];)+) => {
            match (source, target) {
                $($((DType::$from, DType::$to) => return convert::<$t, $f>(level()),)+)+
                _ => {}
            }
        };
    }
    direct! {
        UInt8 u8 => [Bool Truth, UInt16 u16, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64];
        Int8 i8 => [UInt16 u16, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64];
        UInt16 u16 => [Bool Truth, UInt8 u8, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64];
        Int16 i16 => [UInt32 u32, UInt64 u64, Float32 f32, Float64 f64];
        UInt32 u32 => [Bool Truth, UInt8 u8, UInt16 u16, UInt64 u64, Float32 f32, Float64 f64];
        Int32 i32 => [UInt64 u64, Float32 f32, Float64 f64];
        UInt64 u64 => [Bool Truth, UInt8 u8, UInt16 u16, UInt32 u32, Float32 f32, Float64 f64];
        Int64 i64 => [Float32 f32, Float64 f64];
        Float32 f32 => [Bool Truth, UInt8 u8, UInt16 u16, Int32 i32, UInt32 u32, Int64 i64, UInt64 u64, Float64 f64, Complex64 c64];
        Float64 f64 => [Bool Truth, UInt8 u8, UInt16 u16, Int32 i32, UInt32 u32, Int64 i64, UInt64 u64, Float32 f32, Complex128 c128];
        Complex64 c64 => [Bool Truth, Float32 f32, Complex128 c128];
        Complex128 c128 => [Bool Truth, Float64 f64, Complex64 c64];
    }
    match (source, target) {
        (DType::Float16, DType::Float32) => half::f32_of_f16(level()),
        (DType::Float32, DType::Float16) => half::f16_of_f32(level()),
        (DType::BFloat16, DType::Float32) => half::f32_of_bf16(level()),
        (DType::Float32, DType::BFloat16) => half::bf16_of_f32(level()),
        (DType::Float64, DType::Float16) => float16_of_float64,
        _ => indirect(from, to),
    }
}

/// The loop of a pair that goes through a third type.
fn indirect(from: DType, to: DType) -> CastKernel {
    macro_rules! pairs {
        ($from:ident: $($to:ident)+) => {
            match to {
                $(DType::$to => through_middle::<{ DType::$from as usize }, { DType::$to as usize }>,)+
            }
        };
        ($($from:ident)+) => {
            match from {
                $(DType::$from => pairs!($from: Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64
                    Float16 BFloat16 Float32 Float64 Complex64 Complex128),)+
            }
        };
    }
    pairs!(Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64
        Float16 BFloat16 Float32 Float64 Complex64 Complex128)
}
