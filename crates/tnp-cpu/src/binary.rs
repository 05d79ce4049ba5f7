//! Elementwise functions of two arrays: loops over contiguous tiles, and the table that finds them.
//!
//! The operations themselves lie in the folder, by the kind of number they are for. float16 and
//! bfloat16 have no loops of their own (but for `nextafter`): the engine widens their tiles to float32.

mod arithmetic;
mod compare;
mod complex;
mod division;
mod float;
mod integer;

use std::mem::MaybeUninit;

use tnp_backend::prim::Binary;
use tnp_dtype::{DType, c64, c128};

use crate::simd::{level, simd_kernel};

/// Computes `dst[i] = f(a[i], b[i])` for `i < n` over contiguous, aligned elements.
///
/// `dst` may equal `a` or `b`; otherwise it does not overlap them.
pub(crate) type BinaryKernel = unsafe fn(a: *const u8, b: *const u8, dst: *mut u8, n: usize);

/// One operation on elements.
trait BinaryOp<T: Copy>: 'static {
    /// What it gives.
    type Out: Copy;
    /// The operation.
    fn apply(a: T, b: T) -> Self::Out;
    /// Whether this second argument is an integer zero that the operation divides by.
    #[inline(always)]
    fn divides_by_zero(_b: T) -> bool {
        false
    }
    /// Whether `divides_by_zero` has to be asked.
    const DIVIDES: bool = false;
}

/// Elements computed aside before they overwrite an input.
const ASIDE: usize = 128;

/// Calls `body(first, count, out)` over runs of `0..n`, where `out` never overlaps an input: where the
/// output takes an input's place, runs are short and computed aside. So loops may assume distinct memory.
///
/// # Safety
/// `dst` has room for `n` elements, and `body` fills `count` elements of `out`.
#[inline(always)]
pub(crate) unsafe fn by_runs<Out: Copy>(
    in_place: bool,
    dst: *mut Out,
    n: usize,
    mut body: impl FnMut(usize, usize, &mut [MaybeUninit<Out>]),
) {
    let mut aside = [const { MaybeUninit::<Out>::uninit() }; ASIDE];
    let step = if in_place { ASIDE } else { n };
    let mut first = 0;
    while first < n {
        let count = step.min(n - first);
        // SAFETY: the run lies within the caller's `n`.
        let place = unsafe { dst.add(first) };
        let out = if in_place {
            aside.as_mut_ptr()
        } else {
            place.cast()
        };
        // SAFETY: `count` elements fit in either.
        body(first, count, unsafe {
            std::slice::from_raw_parts_mut(out, count)
        });
        if in_place {
            // SAFETY: as above; `aside` is a local.
            unsafe { std::ptr::copy_nonoverlapping(aside.as_ptr().cast(), place, count) };
        }
        first += count;
    }
}

#[inline(always)]
unsafe fn run<T: Copy, O: BinaryOp<T>>(a: *const u8, b: *const u8, dst: *mut u8, n: usize) {
    let (over_a, over_b) = (a == dst.cast_const(), b == dst.cast_const());
    let (a, b) = (a.cast::<T>(), b.cast::<T>());
    if over_a != over_b && !O::DIVIDES && size_of::<O::Out>() == size_of::<T>() {
        // SAFETY: as the caller promises.
        return unsafe { run_over::<T, O>(if over_a { b } else { a }, over_a, dst, n) };
    }
    let in_place = over_a || over_b;
    let mut zero = false;
    // SAFETY: the caller gives `n` aligned elements of each.
    unsafe {
        by_runs::<O::Out>(in_place, dst.cast(), n, |first, count, out| {
            let a = std::slice::from_raw_parts(a.add(first), count);
            let b = std::slice::from_raw_parts(b.add(first), count);
            if O::DIVIDES {
                zero |= b.iter().fold(false, |any, &x| any | O::divides_by_zero(x));
            }
            for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
                out.write(O::apply(a, b));
            }
        });
    }
    if zero {
        crate::faults::note_division_by_zero();
    }
}

/// [`run`] where the output takes the place of one input, the first or the second. Read and written through one
/// pointer, which shows the compiler that no element meets another.
///
/// # Safety
/// `n` elements of `T` in `place` and in `other`, which do not overlap; what `O` gives is as large.
#[inline(always)]
unsafe fn run_over<T: Copy, O: BinaryOp<T>>(
    other: *const T,
    over_first: bool,
    place: *mut u8,
    n: usize,
) {
    let place = place.cast::<T>();
    // SAFETY: as the caller promises.
    unsafe {
        let other = std::slice::from_raw_parts(other, n);
        if over_first {
            for (i, &b) in other.iter().enumerate() {
                let a = place.add(i).read();
                place.add(i).cast::<O::Out>().write(O::apply(a, b));
            }
        } else {
            for (i, &a) in other.iter().enumerate() {
                let b = place.add(i).read();
                place.add(i).cast::<O::Out>().write(O::apply(a, b));
            }
        }
    }
}

simd_kernel! {
    /// The loop for operations that the compiler vectorises.
    fn vector[T: Copy, O: BinaryOp<T>](a: *const u8, b: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: as the caller promises.
        unsafe { run::<T, O>(a, b, dst, n) }
    }
}

/// The loop for operations that stay scalar.
unsafe fn scalar<T: Copy, O: BinaryOp<T>>(a: *const u8, b: *const u8, dst: *mut u8, n: usize) {
    // SAFETY: as the caller promises.
    unsafe { run::<T, O>(a, b, dst, n) }
}

/// Defines operations: `Name { [types] |a, b| result; … }`, each type giving itself; `@more` adds types to known ones.
macro_rules! ops {
    (@more $($name:ident { $([$($t:ty),+] |$a:ident, $b:ident| $e:expr;)+ })+) => {
        $($($(
            impl $crate::binary::BinaryOp<$t> for $name {
                type Out = $t;
                #[inline(always)]
                fn apply($a: $t, $b: $t) -> $t {
                    $e
                }
            }
        )+)+)+
    };
    ($($(#[$m:meta])* $name:ident { $($body:tt)+ })+) => {$(
        $(#[$m])*
        pub(super) struct $name;
        $crate::binary::ops! { @more $name { $($body)+ } }
    )+};
}
use ops;

/// Picks the loop of an operation for a dtype; signless operations share the unsigned loop.
macro_rules! pick {
    (floats $how:ident, $dtype:ident, $op:ty) => {
        match $dtype {
            DType::Float32 => pick!(@ $how, f32, $op),
            DType::Float64 => pick!(@ $how, f64, $op),
            _ => return None,
        }
    };
    (integers $how:ident, $dtype:ident, $op:ty) => {
        match $dtype {
            DType::Int8 => pick!(@ $how, i8, $op),
            DType::Int16 => pick!(@ $how, i16, $op),
            DType::Int32 => pick!(@ $how, i32, $op),
            DType::Int64 => pick!(@ $how, i64, $op),
            DType::UInt8 => pick!(@ $how, u8, $op),
            DType::UInt16 => pick!(@ $how, u16, $op),
            DType::UInt32 => pick!(@ $how, u32, $op),
            DType::UInt64 => pick!(@ $how, u64, $op),
            _ => return None,
        }
    };
    (signless $how:ident, $dtype:ident, $op:ty) => {
        match $dtype {
            DType::Bool | DType::Int8 | DType::UInt8 => pick!(@ $how, u8, $op),
            DType::Int16 | DType::UInt16 => pick!(@ $how, u16, $op),
            DType::Int32 | DType::UInt32 => pick!(@ $how, u32, $op),
            DType::Int64 | DType::UInt64 => pick!(@ $how, u64, $op),
            _ => return None,
        }
    };
    (ordered $how:ident, $dtype:ident, $op:ty) => {
        match $dtype {
            DType::Bool => pick!(@ $how, u8, $op),
            DType::Float32 | DType::Float64 => pick!(floats $how, $dtype, $op),
            DType::Complex64 | DType::Complex128 => pick!(complex $how, $dtype, $op),
            _ => pick!(integers $how, $dtype, $op),
        }
    };
    (wrapping $how:ident, $dtype:ident, $op:ty) => {
        match $dtype {
            DType::Float32 | DType::Float64 => pick!(floats $how, $dtype, $op),
            DType::Complex64 | DType::Complex128 => pick!(complex $how, $dtype, $op),
            _ => pick!(signless $how, $dtype, $op),
        }
    };
    (complex $how:ident, $dtype:ident, $op:ty) => {
        match $dtype {
            DType::Complex64 => pick!(@ $how, c64, $op),
            DType::Complex128 => pick!(@ $how, c128, $op),
            _ => return None,
        }
    };
    (@ vector, $t:ty, $op:ty) => { vector::<$t, $op>(level()) };
    (@ scalar, $t:ty, $op:ty) => { scalar::<$t, $op> as BinaryKernel };
}

/// The loop that computes `op` on elements of `dtype`.
///
/// `None` where the operation does not take the dtype, and for float16 and bfloat16, which are computed in
/// float32 (exactly so: one rounding of the float32 result gives what one rounding of the true result does).
pub(crate) fn binary_kernel(op: Binary, dtype: DType) -> Option<BinaryKernel> {
    op.output(dtype)?;
    let is_bool = dtype.is_bool();
    let is_float = dtype.is_float();
    let is_complex = dtype.is_complex();
    Some(match op {
        Binary::Add if is_bool => vector::<u8, integer::Or>(level()),
        Binary::Add => pick!(wrapping vector, dtype, arithmetic::Add),
        Binary::Subtract => pick!(wrapping vector, dtype, arithmetic::Subtract),
        Binary::Multiply if is_bool => vector::<u8, integer::And>(level()),
        Binary::Multiply => pick!(wrapping vector, dtype, arithmetic::Multiply),
        Binary::Divide if is_complex => pick!(complex vector, dtype, complex::Divide),
        Binary::Divide => pick!(floats vector, dtype, arithmetic::Divide),
        Binary::FloorDivide if is_float => division::floor_divide(dtype)?,
        Binary::FloorDivide => pick!(integers vector, dtype, integer::FloorDivide),
        Binary::Remainder if is_float => division::remainder(dtype)?,
        Binary::Remainder => pick!(integers vector, dtype, integer::Remainder),
        Binary::Fmod if is_float => division::fmod(dtype)?,
        Binary::Fmod => pick!(integers vector, dtype, integer::Fmod),
        Binary::Power if is_float => pick!(floats scalar, dtype, float::Power),
        Binary::Power if is_complex => pick!(complex scalar, dtype, complex::Power),
        Binary::Power => pick!(integers scalar, dtype, integer::Power),
        Binary::Maximum => pick!(ordered vector, dtype, arithmetic::Maximum),
        Binary::Minimum => pick!(ordered vector, dtype, arithmetic::Minimum),
        Binary::Fmax if is_float => pick!(floats vector, dtype, arithmetic::Fmax),
        Binary::Fmax if is_complex => pick!(complex vector, dtype, arithmetic::Fmax),
        Binary::Fmax => pick!(ordered vector, dtype, arithmetic::Maximum),
        Binary::Fmin if is_float => pick!(floats vector, dtype, arithmetic::Fmin),
        Binary::Fmin if is_complex => pick!(complex vector, dtype, arithmetic::Fmin),
        Binary::Fmin => pick!(ordered vector, dtype, arithmetic::Minimum),
        Binary::Arctan2 => pick!(floats scalar, dtype, float::Arctan2),
        Binary::Hypot => pick!(floats vector, dtype, float::Hypot),
        Binary::Logaddexp => pick!(floats scalar, dtype, float::Logaddexp),
        Binary::Logaddexp2 => pick!(floats scalar, dtype, float::Logaddexp2),
        Binary::Copysign => pick!(floats vector, dtype, float::Copysign),
        Binary::Nextafter => match dtype {
            DType::Float16 => scalar::<u16, float::NextafterFloat16>,
            DType::BFloat16 => scalar::<u16, float::NextafterBFloat16>,
            _ => pick!(floats scalar, dtype, float::Nextafter),
        },
        Binary::Gcd => pick!(integers scalar, dtype, integer::Gcd),
        Binary::Lcm => pick!(integers scalar, dtype, integer::Lcm),
        Binary::BitwiseAnd => pick!(signless vector, dtype, integer::And),
        Binary::BitwiseOr => pick!(signless vector, dtype, integer::Or),
        Binary::BitwiseXor => pick!(signless vector, dtype, integer::Xor),
        Binary::LeftShift => pick!(signless vector, dtype, integer::LeftShift),
        Binary::RightShift => pick!(integers vector, dtype, integer::RightShift),
        Binary::Equal => pick!(wrapping vector, dtype, compare::Equal),
        Binary::NotEqual => pick!(wrapping vector, dtype, compare::NotEqual),
        Binary::Less => pick!(ordered vector, dtype, compare::Less),
        Binary::LessEqual => pick!(ordered vector, dtype, compare::LessEqual),
        Binary::Greater => pick!(ordered vector, dtype, compare::Greater),
        Binary::GreaterEqual => pick!(ordered vector, dtype, compare::GreaterEqual),
        Binary::Complex => match dtype {
            DType::Float32 => vector::<f32, complex::Pair>(level()),
            DType::Float64 => vector::<f64, complex::Pair>(level()),
            _ => return None,
        },
    })
}
