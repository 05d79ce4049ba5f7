//! Kernels that do several operations at once, each rounded as it is alone: a tile less to write and read again.
//!
//! Which sequences are worth a kernel is a table, here; programs look for them among their steps.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Mul;

use tnp_backend::prim::Binary;
use tnp_dtype::DType;

use crate::binary::BinaryKernel;
use crate::math::quotient_kernel;
use crate::select::SelectKernel;
use crate::simd::{level, simd_kernel};

/// A loop over three inputs.
pub(super) type Ternary = SelectKernel;

/// A loop over four inputs.
pub(super) type Quaternary = unsafe fn(*const u8, *const u8, *const u8, *const u8, *mut u8, usize);

/// `f32` and `f64`.
trait Float: Copy + Mul<Output = Self> {}

impl Float for f32 {}
impl Float for f64 {}

/// One arithmetic operation.
trait Step<T> {
    fn apply(a: T, b: T) -> T;
}

struct Add;
struct Subtract;
struct Multiply;
struct Divide;
/// The operation with its arguments exchanged.
struct Reversed<O>(PhantomData<O>);

macro_rules! steps {
    ($($t:ty)*) => {$(
        steps!(@ $t: Add +, Subtract -, Multiply *, Divide /);
    )*};
    (@ $t:ty: $($name:ident $op:tt),*) => {$(
        impl Step<$t> for $name {
            #[inline(always)]
            fn apply(a: $t, b: $t) -> $t {
                a $op b
            }
        }
    )*};
}

steps! { f32 f64 }

impl<T, O: Step<T>> Step<T> for Reversed<O> {
    #[inline(always)]
    fn apply(a: T, b: T) -> T {
        O::apply(b, a)
    }
}

simd_kernel! {
    /// `dst[i] = second(first(a[i], b[i]), c[i])`; `dst` lies apart from the inputs.
    fn pair[T: Copy, A: Step<T>, B: Step<T>](a: *const u8, b: *const u8, c: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: the caller gives `n` elements of each.
        let (a, b, c, dst) = unsafe {
            (
                std::slice::from_raw_parts(a.cast::<T>(), n),
                std::slice::from_raw_parts(b.cast::<T>(), n),
                std::slice::from_raw_parts(c.cast::<T>(), n),
                std::slice::from_raw_parts_mut(dst.cast::<MaybeUninit<T>>(), n),
            )
        };
        for (((dst, a), b), c) in dst.iter_mut().zip(a).zip(b).zip(c) {
            dst.write(B::apply(A::apply(*a, *b), *c));
        }
    }
}

simd_kernel! {
    /// `dst[i] = inner(a[i], b[i])²`; `dst` lies apart from the inputs.
    fn square[T: Float, I: Step<T>](a: *const u8, b: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: the caller gives `n` elements of each.
        let (a, b, dst) = unsafe {
            (
                std::slice::from_raw_parts(a.cast::<T>(), n),
                std::slice::from_raw_parts(b.cast::<T>(), n),
                std::slice::from_raw_parts_mut(dst.cast::<MaybeUninit<T>>(), n),
            )
        };
        for ((dst, a), b) in dst.iter_mut().zip(a).zip(b) {
            let x = I::apply(*a, *b);
            dst.write(x * x);
        }
    }
}

/// The loop for `inner(a, b)²`.
pub(super) fn square_kernel(inner: Binary, dtype: DType) -> Option<BinaryKernel> {
    macro_rules! table {
        ($t:ty: $($name:ident)*) => {
            match inner {
                $(Binary::$name => Some(square::<$t, $name>(level())),)*
                _ => None,
            }
        };
    }
    match dtype {
        DType::Float32 => table!(f32: Add Subtract Multiply Divide),
        DType::Float64 => table!(f64: Add Subtract Multiply Divide),
        _ => None,
    }
}

/// The loop for `second(first(a, b), c)` over `(a, b, c)`, or `second(c, first(a, b))` when `reversed`.
pub(super) fn pair_kernel(
    first: Binary,
    second: Binary,
    reversed: bool,
    dtype: DType,
) -> Option<Ternary> {
    match dtype {
        DType::Float32 => first_of::<f32>(first, second, reversed),
        DType::Float64 => first_of::<f64>(first, second, reversed),
        _ => None,
    }
}

fn first_of<T: Copy + 'static>(first: Binary, second: Binary, reversed: bool) -> Option<Ternary>
where
    Add: Step<T>,
    Subtract: Step<T>,
    Multiply: Step<T>,
    Divide: Step<T>,
{
    match first {
        Binary::Add => second_of::<T, Add>(second, reversed),
        Binary::Subtract => second_of::<T, Subtract>(second, reversed),
        Binary::Multiply => second_of::<T, Multiply>(second, reversed),
        Binary::Divide => second_of::<T, Divide>(second, reversed),
        _ => None,
    }
}

fn second_of<T: Copy + 'static, A: Step<T> + 'static>(
    second: Binary,
    reversed: bool,
) -> Option<Ternary>
where
    Add: Step<T>,
    Subtract: Step<T>,
    Multiply: Step<T>,
    Divide: Step<T>,
{
    let level = level();
    Some(match (second, reversed) {
        // Sums and products are the same either way but for which of two NaNs they give.
        (Binary::Add, _) => pair::<T, A, Add>(level),
        (Binary::Multiply, _) => pair::<T, A, Multiply>(level),
        (Binary::Subtract, false) => pair::<T, A, Subtract>(level),
        (Binary::Subtract, true) => pair::<T, A, Reversed<Subtract>>(level),
        (Binary::Divide, false) => pair::<T, A, Divide>(level),
        (Binary::Divide, true) => pair::<T, A, Reversed<Divide>>(level),
        _ => return None,
    })
}

simd_kernel! {
    /// `dst[i] = outer(left(a[i], b[i]), right(c[i], d[i]))`; `dst` lies apart from the inputs.
    fn quad[T: Copy, L: Step<T>, O: Step<T>, R: Step<T>](a: *const u8, b: *const u8, c: *const u8, d: *const u8, dst: *mut u8, n: usize) {
        // SAFETY: the caller gives `n` elements of each.
        let ([a, b, c, d], dst) = unsafe {
            (
                [a, b, c, d].map(|x| std::slice::from_raw_parts(x.cast::<T>(), n)),
                std::slice::from_raw_parts_mut(dst.cast::<MaybeUninit<T>>(), n),
            )
        };
        for ((((dst, a), b), c), d) in dst.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            dst.write(O::apply(L::apply(*a, *b), R::apply(*c, *d)));
        }
    }
}

/// The loop for `outer(left(a, b), right(c, d))` over `(a, b, c, d)`: sums, differences and products, combined in any way.
pub(super) fn quad_kernel(
    left: Binary,
    outer: Binary,
    right: Binary,
    dtype: DType,
) -> Option<Quaternary> {
    macro_rules! table {
        ($t:ty: $($l:ident)*) => {
            match left {
                $(Binary::$l => table!(@ $t, $l: Add Subtract Multiply),)*
                _ => None,
            }
        };
        (@ $t:ty, $l:ident: $($r:ident)*) => {
            match right {
                $(Binary::$r => outer_of::<$t, $l, $r>(outer),)*
                _ => None,
            }
        };
    }
    match dtype {
        DType::Float32 => table!(f32: Add Subtract Multiply),
        DType::Float64 => table!(f64: Add Subtract Multiply),
        _ => None,
    }
}

fn outer_of<T: Copy + 'static, L: Step<T> + 'static, R: Step<T> + 'static>(
    outer: Binary,
) -> Option<Quaternary>
where
    Add: Step<T>,
    Subtract: Step<T>,
    Multiply: Step<T>,
    Divide: Step<T>,
{
    let level = level();
    Some(match outer {
        Binary::Add => quad::<T, L, Add, R>(level),
        Binary::Subtract => quad::<T, L, Subtract, R>(level),
        Binary::Multiply => quad::<T, L, Multiply, R>(level),
        Binary::Divide => quad::<T, L, Divide, R>(level),
        _ => return None,
    })
}

/// The loop for `d / (c + exp(x))` over `(x, c, d)`, or `exp(-x)` when `negated`.
pub(super) fn logistic_kernel(negated: bool, dtype: DType) -> Option<Ternary> {
    match dtype {
        DType::Float32 => Some(quotient_kernel(false, negated, level())),
        DType::Float64 => Some(quotient_kernel(true, negated, level())),
        _ => None,
    }
}
