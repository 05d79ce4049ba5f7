//! `Number`: the arithmetic of products, and `Lanes`, a few vectors of it.

use tnp_dtype::{Complex, c64, c128};

use super::{Product, bits};
use crate::memory::OutOfMemory;

/// An element type with a product and a sum: integers wrap, bits know and/or.
pub(crate) trait Number: Copy + Send + Sync + 'static {
    const ZERO: Self;
    /// Multiply-adds up to which our own kernel is ahead of the library's, which packs both operands.
    const OWN_LIMIT: usize = usize::MAX;
    /// What the register block is made of: two AVX2 vectors.
    type Lane: Lanes<Self>;
    /// What sums run over: eight AVX2 vectors.
    type Wide: Lanes<Self>;

    fn add(self, other: Self) -> Self;
    /// `sum + a * b`, fused where that is an instruction.
    fn mul_add<const FMA: bool>(sum: Self, a: Self, b: Self) -> Self;
    /// An inner product that is faster than one over lanes of this type; `None` where there is none.
    ///
    /// # Safety
    /// `n` elements of each are readable.
    #[inline(always)]
    unsafe fn inner<const FMA: bool>(_a: *const Self, _b: *const Self, _n: usize) -> Option<Self> {
        None
    }
    /// Leaves the product to what knows the type better, the `gemm` crate for one; false where nothing does.
    ///
    /// # Safety
    /// As for [`super::Problem::run`].
    unsafe fn library(_product: &Product<Self>) -> Result<bool, OutOfMemory> {
        Ok(false)
    }
}

/// A fixed number of elements, which the compiler keeps in vector registers.
pub(crate) trait Lanes<T>: Copy {
    const LEN: usize;
    const ZERO: Self;
    /// # Safety
    /// `LEN` elements are readable.
    unsafe fn load(from: *const T) -> Self;
    /// # Safety
    /// `LEN` elements are writable.
    unsafe fn store(self, to: *mut T);
    fn add(self, other: Self) -> Self;
    fn mul_add<const FMA: bool>(self, a: Self, b: Self) -> Self;
    fn mul_add_scalar<const FMA: bool>(self, a: T, b: Self) -> Self;
    fn sum(self) -> T;
    fn get(&self, i: usize) -> T;
}

impl<T: Number, const N: usize> Lanes<T> for [T; N] {
    const LEN: usize = N;
    const ZERO: Self = [T::ZERO; N];

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: as the caller promises.
        unsafe { from.cast::<[T; N]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: as the caller promises.
        unsafe { to.cast::<[T; N]>().write_unaligned(self) }
    }

    #[inline(always)]
    fn add(mut self, other: Self) -> Self {
        for i in 0..N {
            self[i] = self[i].add(other[i]);
        }
        self
    }

    #[inline(always)]
    fn mul_add<const FMA: bool>(mut self, a: Self, b: Self) -> Self {
        for i in 0..N {
            self[i] = T::mul_add::<FMA>(self[i], a[i], b[i]);
        }
        self
    }

    #[inline(always)]
    fn mul_add_scalar<const FMA: bool>(mut self, a: T, b: Self) -> Self {
        for i in 0..N {
            self[i] = T::mul_add::<FMA>(self[i], a, b[i]);
        }
        self
    }

    #[inline(always)]
    fn sum(mut self) -> T {
        // Constants, so that each step is whole vectors.
        for half in [32, 16, 8, 4, 2, 1] {
            if half < N {
                for i in 0..half {
                    self[i] = self[i].add(self[i + half]);
                }
            }
        }
        self[0]
    }

    #[inline(always)]
    fn get(&self, i: usize) -> T {
        self[i]
    }
}

macro_rules! integers {
    ($($t:ty, $lane:literal, $wide:literal;)*) => {$(
        impl Number for $t {
            const ZERO: $t = 0;
            type Lane = [$t; $lane];
            type Wide = [$t; $wide];

            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn mul_add<const FMA: bool>(sum: $t, a: $t, b: $t) -> $t {
                sum.wrapping_add(a.wrapping_mul(b))
            }
        }
    )*};
}
integers! {
    i8, 64, 64; i16, 32, 64; i32, 16, 64; i64, 8, 32;
    u8, 64, 64; u16, 32, 64; u32, 16, 64; u64, 8, 32;
}

/// A truth value: the product is "and", the sum "or".
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Bit(pub(super) u8);

impl Number for Bit {
    const ZERO: Bit = Bit(0);
    const OWN_LIMIT: usize = 1 << 18;
    type Lane = [Bit; 64];
    type Wide = [Bit; 64];

    #[inline(always)]
    fn add(self, other: Bit) -> Bit {
        Bit(self.0 | other.0)
    }

    #[inline(always)]
    fn mul_add<const FMA: bool>(sum: Bit, a: Bit, b: Bit) -> Bit {
        Bit(sum.0 | (a.0 & b.0))
    }

    unsafe fn library(product: &Product<Bit>) -> Result<bool, OutOfMemory> {
        // SAFETY: passed on.
        unsafe { bits::product(product) }.map(|()| true)
    }
}

macro_rules! library {
    ($one:expr) => {
        unsafe fn library(p: &Product<Self>) -> Result<bool, OutOfMemory> {
            // SAFETY: the caller promises what `gemm` asks for: readable operands and an output of our own.
            unsafe {
                gemm::gemm(
                    p.m,
                    p.n,
                    p.k,
                    p.out,
                    1,
                    p.out_rs as isize,
                    false,
                    p.a,
                    p.a_cs,
                    p.a_rs,
                    p.b,
                    p.b_cs,
                    p.b_rs,
                    Self::ZERO,
                    $one,
                    false,
                    false,
                    false,
                    gemm::Parallelism::None,
                );
            }
            Ok(true)
        }
    };
}

macro_rules! floats {
    ($($t:ty, $lane:literal, $wide:literal, $limit:expr;)*) => {$(
        impl Number for $t {
            const ZERO: $t = 0.0;
            const OWN_LIMIT: usize = $limit;
            type Lane = [$t; $lane];
            type Wide = [$t; $wide];

            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self + other
            }

            #[inline(always)]
            fn mul_add<const FMA: bool>(sum: $t, a: $t, b: $t) -> $t {
                if FMA { a.mul_add(b, sum) } else { sum + a * b }
            }

            library!(1.0);
        }
    )*};
}
floats! { f32, 16, 64, 48 * 48 * 48; f64, 8, 32, 48 * 48 * 48; }

macro_rules! complexes {
    ($($t:ty, $part:ty, $lane:literal, $wide:literal, $parts:literal;)*) => {$(
        impl Number for $t {
            const ZERO: $t = Complex { re: 0.0, im: 0.0 };
            const OWN_LIMIT: usize = 8 * 8 * 8;
            type Lane = [$t; $lane];
            type Wide = [$t; $wide];

            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self + other
            }

            #[inline(always)]
            fn mul_add<const FMA: bool>(sum: $t, a: $t, b: $t) -> $t {
                if FMA {
                    Complex {
                        re: (-a.im).mul_add(b.im, a.re.mul_add(b.re, sum.re)),
                        im: a.im.mul_add(b.re, a.re.mul_add(b.im, sum.im)),
                    }
                } else {
                    sum + a * b
                }
            }

            /// Over the parts as they lie in memory: `a · b` gives the real part, `a` times `b` with its parts exchanged the other.
            #[inline(always)]
            unsafe fn inner<const FMA: bool>(a: *const $t, b: *const $t, n: usize) -> Option<$t> {
                type Parts = [$part; $parts];
                let whole = n - n % ($parts / 2);
                let (mut straight, mut crossed) = (Parts::ZERO, Parts::ZERO);
                let mut i = 0;
                while i < whole {
                    // SAFETY: indices below `n`.
                    let (x, y) = unsafe { (Parts::load(a.add(i).cast()), Parts::load(b.add(i).cast())) };
                    for j in 0..$parts {
                        straight[j] = <$part as Number>::mul_add::<FMA>(straight[j], x[j], y[j]);
                        crossed[j] = <$part as Number>::mul_add::<FMA>(crossed[j], x[j], y[j ^ 1]);
                    }
                    i += $parts / 2;
                }
                // As in `through_memory`: the sums below must not shape the loop above.
                let (straight, crossed) = std::hint::black_box((straight, crossed));
                let mut sum = <$t>::ZERO;
                for j in (0..$parts).step_by(2) {
                    sum.re += straight[j] - straight[j + 1];
                    sum.im += crossed[j] + crossed[j + 1];
                }
                for i in whole..n {
                    // SAFETY: as above.
                    sum = <$t as Number>::mul_add::<FMA>(sum, unsafe { *a.add(i) }, unsafe { *b.add(i) });
                }
                Some(sum)
            }

            library!(Complex { re: 1.0, im: 0.0 });
        }
    )*};
}
complexes! { c64, f32, 8, 16, 32; c128, f64, 4, 8, 16; }
