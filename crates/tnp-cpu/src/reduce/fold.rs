//! The inner loops of reductions: folding contiguous runs, and folding rows into a row.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use tnp_dtype::{Complex, DType, c64, c128};

use crate::simd::{Level, level, simd_kernel};

/// An associative operation with an identity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FoldOp {
    Sum,
    Prod,
    Max,
    Min,
    Or,
    And,
}

/// What the loops need to know of an element type.
pub(crate) trait Number: Copy + PartialEq + 'static {
    const ZERO: Self;
    const ONE: Self;
    const LOWEST: Self;
    const HIGHEST: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// NumPy's `maximum`: a NaN wins.
    fn larger(self, other: Self) -> Self;
    /// NumPy's `minimum`: a NaN wins.
    fn smaller(self, other: Self) -> Self;
    fn is_nan(self) -> bool;
}

macro_rules! integers {
    ($($t:ty)*) => {$(impl Number for $t {
        const ZERO: Self = 0;
        const ONE: Self = 1;
        const LOWEST: Self = <$t>::MIN;
        const HIGHEST: Self = <$t>::MAX;
        #[inline(always)]
        fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
        #[inline(always)]
        fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
        #[inline(always)]
        fn larger(self, other: Self) -> Self { if self > other { self } else { other } }
        #[inline(always)]
        fn smaller(self, other: Self) -> Self { if self < other { self } else { other } }
        #[inline(always)]
        fn is_nan(self) -> bool { false }
    })*};
}
integers!(u8 u16 u32 u64 i8 i16 i32 i64);

macro_rules! floats {
    ($($t:ident)*) => {$(impl Number for $t {
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        const LOWEST: Self = $t::NEG_INFINITY;
        const HIGHEST: Self = $t::INFINITY;
        #[inline(always)]
        fn plus(self, other: Self) -> Self { self + other }
        #[inline(always)]
        fn times(self, other: Self) -> Self { self * other }
        // A comparison with NaN is false, so `other` stays once it is NaN.
        #[inline(always)]
        fn larger(self, other: Self) -> Self { if (self > other) | (self != self) { self } else { other } }
        #[inline(always)]
        fn smaller(self, other: Self) -> Self { if (self < other) | (self != self) { self } else { other } }
        #[inline(always)]
        fn is_nan(self) -> bool { self != self }
    })*};
}
floats!(f32 f64);

macro_rules! complexes {
    ($($t:ident of $f:ident)*) => {$(impl Number for $t {
        const ZERO: Self = Complex { re: 0.0, im: 0.0 };
        const ONE: Self = Complex { re: 1.0, im: 0.0 };
        const LOWEST: Self = Complex { re: $f::NEG_INFINITY, im: $f::NEG_INFINITY };
        const HIGHEST: Self = Complex { re: $f::INFINITY, im: $f::INFINITY };
        #[inline(always)]
        fn plus(self, other: Self) -> Self { Complex { re: self.re + other.re, im: self.im + other.im } }
        #[inline(always)]
        fn times(self, other: Self) -> Self {
            Complex { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
        }
        #[inline(always)]
        fn larger(self, other: Self) -> Self {
            let beats = self.re > other.re || (self.re == other.re && self.im >= other.im);
            if self.is_nan() || (beats && !Number::is_nan(other)) { self } else { other }
        }
        #[inline(always)]
        fn smaller(self, other: Self) -> Self {
            let beats = self.re < other.re || (self.re == other.re && self.im <= other.im);
            if self.is_nan() || (beats && !Number::is_nan(other)) { self } else { other }
        }
        #[inline(always)]
        fn is_nan(self) -> bool { self.re != self.re || self.im != self.im }
    })*};
}
complexes!(c64 of f32 c128 of f64);

/// An operation on an element type.
pub(crate) trait Fold: 'static {
    type T: Number;
    const IDENTITY: Self::T;
    fn combine(a: Self::T, b: Self::T) -> Self::T;
    /// True of a value that nothing can change any more.
    #[inline(always)]
    fn is_final(_: Self::T) -> bool {
        false
    }
}

macro_rules! folds {
    ($($name:ident $identity:ident $method:ident)*) => {$(
        pub(crate) struct $name<T>(PhantomData<T>);
        impl<T: Number> Fold for $name<T> {
            type T = T;
            const IDENTITY: T = T::$identity;
            #[inline(always)]
            fn combine(a: T, b: T) -> T { a.$method(b) }
        }
    )*};
}
folds!(Sum ZERO plus  Prod ONE times  Max LOWEST larger  Min HIGHEST smaller);

/// Logical or of bools stored as bytes.
pub(crate) struct Or;
impl Fold for Or {
    type T = u8;
    const IDENTITY: u8 = 0;
    #[inline(always)]
    fn combine(a: u8, b: u8) -> u8 {
        a | b
    }
    #[inline(always)]
    fn is_final(value: u8) -> bool {
        value != 0
    }
}

/// Logical and of bools stored as bytes.
pub(crate) struct And;
impl Fold for And {
    type T = u8;
    const IDENTITY: u8 = 1;
    #[inline(always)]
    fn combine(a: u8, b: u8) -> u8 {
        a & b
    }
    #[inline(always)]
    fn is_final(value: u8) -> bool {
        value == 0
    }
}

/// Elements folded before partial results are combined in pairs. With 32 bytes times four of
/// accumulators no rounding error grows through more additions than in NumPy's blocks of 128.
const RUN: usize = 512;

/// Folds `W * 4` accumulators over at most `RUN` elements.
///
/// # Safety
/// `src` has `n` elements.
#[inline(always)]
unsafe fn fold_block<O: Fold, const W: usize>(src: *const O::T, n: usize) -> O::T {
    let mut last = O::IDENTITY;
    let mut i = 0;
    if n >= W {
        let mut a = [O::IDENTITY; W];
        if n >= 4 * W {
            let (mut b, mut c, mut d) = (a, a, a);
            while i + 4 * W <= n {
                // SAFETY: `4 * W` elements from `i` on are within `n`; an array has its element's alignment.
                unsafe {
                    let x = &*src.add(i).cast::<[[O::T; W]; 4]>();
                    for j in 0..W {
                        a[j] = O::combine(x[0][j], a[j]);
                    }
                    for j in 0..W {
                        b[j] = O::combine(x[1][j], b[j]);
                    }
                    for j in 0..W {
                        c[j] = O::combine(x[2][j], c[j]);
                    }
                    for j in 0..W {
                        d[j] = O::combine(x[3][j], d[j]);
                    }
                }
                i += 4 * W;
            }
            for j in 0..W {
                a[j] = O::combine(O::combine(a[j], b[j]), O::combine(c[j], d[j]));
            }
        }
        while i + W <= n {
            // SAFETY: as above, for `W` elements.
            unsafe {
                let x = &*src.add(i).cast::<[O::T; W]>();
                for j in 0..W {
                    a[j] = O::combine(x[j], a[j]);
                }
            }
            i += W;
        }
        let mut half = W / 2;
        while half > 0 {
            for j in 0..half {
                a[j] = O::combine(a[j], a[j + half]);
            }
            half /= 2;
        }
        last = a[0];
    }
    let mut tail = O::IDENTITY;
    while i < n {
        // SAFETY: `i < n`.
        tail = O::combine(unsafe { *src.add(i) }, tail);
        i += 1;
    }
    if n < W { tail } else { O::combine(last, tail) }
}

/// Picks the accumulators that fill a 32-byte vector.
///
/// # Safety
/// `src` has `n` elements.
#[inline(always)]
unsafe fn fold_vectors<O: Fold>(src: *const O::T, n: usize) -> O::T {
    // SAFETY: as the caller says.
    unsafe {
        match size_of::<O::T>() {
            1 => fold_block::<O, 32>(src, n),
            2 => fold_block::<O, 16>(src, n),
            4 => fold_block::<O, 8>(src, n),
            8 => fold_block::<O, 4>(src, n),
            _ => fold_block::<O, 2>(src, n),
        }
    }
}

/// Folds any number of elements: blocks of `RUN`, their results combined in pairs, as a binary counter carries.
///
/// # Safety
/// `src` has `n` elements.
#[inline(always)]
unsafe fn fold_run<O: Fold>(src: *const O::T, n: usize) -> O::T {
    // Not initialised, which short runs would pay for.
    let mut stack = [const { MaybeUninit::<O::T>::uninit() }; usize::BITS as usize];
    let (mut top, mut done, mut i) = (0, 0usize, 0);
    loop {
        let count = RUN.min(n - i);
        // The one place where the loop is compiled. SAFETY: `RUN` elements or what is left of `n`.
        let mut value = unsafe { fold_vectors::<O>(src.add(i), count) };
        i += count;
        if O::is_final(value) {
            return value;
        }
        done += 1;
        let carries = if i < n {
            done.trailing_zeros() as usize
        } else {
            top
        };
        for _ in 0..carries {
            top -= 1;
            // SAFETY: the entries below `top` were written.
            value = O::combine(unsafe { stack[top].assume_init() }, value);
        }
        if i >= n {
            return value;
        }
        stack[top].write(value);
        top += 1;
    }
}

simd_kernel! {
    /// `out[i]` is the fold of row `i`: `count` rows of `n` contiguous elements, `row_stride` bytes apart.
    fn runs[O: Fold](src: *const u8, row_stride: isize, count: usize, n: usize, out: *mut u8) {
        let out = out.cast::<O::T>();
        for i in 0..count {
            let row = src.wrapping_offset(i as isize * row_stride).cast::<O::T>();
            // SAFETY: the caller gives `count` rows of `n` elements, and room for `count` results.
            unsafe { *out.add(i) = fold_run::<O>(row, n) }
        }
    }
}

simd_kernel! {
    /// Folds `count` rows of `width` contiguous elements, `row_stride` bytes apart, into the row `acc`.
    fn rows[O: Fold](src: *const u8, row_stride: isize, count: usize, width: usize, acc: *mut u8) {
        let acc = acc.cast::<O::T>();
        let row = |r: usize| src.wrapping_offset(r as isize * row_stride).cast::<O::T>();
        let mut r = 0;
        while r + 4 <= count {
            let (a, b, c, d) = (row(r), row(r + 1), row(r + 2), row(r + 3));
            for j in 0..width {
                // SAFETY: rows and `acc` have `width` elements.
                unsafe {
                    let four = O::combine(O::combine(*a.add(j), *b.add(j)), O::combine(*c.add(j), *d.add(j)));
                    *acc.add(j) = O::combine(*acc.add(j), four);
                }
            }
            r += 4;
        }
        while r < count {
            let a = row(r);
            for j in 0..width {
                // SAFETY: as above.
                unsafe { *acc.add(j) = O::combine(*acc.add(j), *a.add(j)) };
            }
            r += 1;
        }
    }
}

/// See [`Kernels::runs`].
pub(crate) type RunsFn = unsafe fn(*const u8, isize, usize, usize, *mut u8);

/// The loops of one operation on one dtype.
#[derive(Clone, Copy)]
pub(crate) struct Kernels {
    /// What the loops read and write.
    pub(crate) dtype: DType,
    /// `(src, row_stride, count, n, out)`: one result for each row of `n` contiguous elements.
    pub(crate) runs: RunsFn,
    /// `(src, row_stride, count, width, acc)`: rows folded into a row.
    pub(crate) rows: RunsFn,
    /// Fills a row with the identity: `(row, width)`.
    pub(crate) fill: unsafe fn(*mut u8, usize),
    /// The bool that ends the search.
    pub(crate) absorbing: Option<u8>,
    /// Additions round, so that long chains of them should be kept short.
    pub(crate) rounds: bool,
}

unsafe fn fill<O: Fold>(row: *mut u8, width: usize) {
    // SAFETY: the caller gives room for `width` elements.
    unsafe { std::slice::from_raw_parts_mut(row.cast::<O::T>(), width) }.fill(O::IDENTITY);
}

fn of<O: Fold>(dtype: DType) -> Kernels {
    let level = level();
    Kernels {
        dtype,
        runs: runs::<O>(level),
        rows: rows::<O>(level),
        fill: fill::<O>,
        absorbing: None,
        rounds: false,
    }
}

macro_rules! choose {
    ($fold:ident, $as:expr, $dtype:expr, $($d:ident $t:ty),*) => {
        match $as {
            $(DType::$d => of::<$fold<$t>>($dtype),)*
            other => unreachable!("{other} is folded as another dtype"),
        }
    };
}

/// The loops for an operation whose result has the given dtype. They compute in [`Kernels::dtype`],
/// which is float32 for the 16-bit floats.
pub(crate) fn kernels(op: FoldOp, dtype: DType) -> Kernels {
    let dtype = match dtype {
        DType::Float16 | DType::BFloat16 => DType::Float32,
        other => other,
    };
    let op = match (dtype, op) {
        (DType::Bool, FoldOp::Sum | FoldOp::Max) => FoldOp::Or,
        (DType::Bool, FoldOp::Prod | FoldOp::Min) => FoldOp::And,
        (_, op) => op,
    };
    // Wrapping arithmetic does not know signs.
    let bits = match dtype {
        DType::Int8 => DType::UInt8,
        DType::Int16 => DType::UInt16,
        DType::Int32 => DType::UInt32,
        DType::Int64 => DType::UInt64,
        other => other,
    };
    let mut kernels = match op {
        FoldOp::Sum => Kernels {
            rounds: dtype.is_inexact(),
            ..choose!(Sum, bits, dtype, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
        },
        FoldOp::Prod => {
            choose!(Prod, bits, dtype, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64, Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
        }
        FoldOp::Max => {
            choose!(Max, dtype, dtype, Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,
                Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
        }
        FoldOp::Min => {
            choose!(Min, dtype, dtype, Int8 i8, Int16 i16, Int32 i32, Int64 i64, UInt8 u8, UInt16 u16, UInt32 u32, UInt64 u64,
                Float32 f32, Float64 f64, Complex64 c64, Complex128 c128)
        }
        FoldOp::Or => Kernels {
            absorbing: Some(1),
            ..of::<Or>(DType::Bool)
        },
        FoldOp::And => Kernels {
            absorbing: Some(0),
            ..of::<And>(DType::Bool)
        },
    };
    #[cfg(target_arch = "x86_64")]
    if level() >= Level::Avx2
        && let Some((runs, rows)) = super::avx2::kernels(op, dtype)
    {
        (kernels.runs, kernels.rows) = (runs, rows);
    }
    kernels
}
