//! `Element`: what the factorisations need of an element beyond the library's own trait, and eigenvalues, which differ for real matrices.

use faer::diag::DiagMut;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::traits::ComplexField;
use faer::{MatMut, MatRef, Par};
use num_complex::Complex;

use crate::{Done, Failure, vector, with_stack};

/// Single and double precision.
#[allow(non_camel_case_types)]
type c64 = Complex<f32>;
#[allow(non_camel_case_types)]
type c128 = Complex<f64>;

/// Multiplication by powers of two, which no number minds whose result is neither too large nor too small.
pub(crate) trait Scaled: Copy {
    /// Times two to the power of `exponent`.
    fn scaled(self, exponent: i32) -> Self;
}

/// An element of a matrix.
pub(crate) trait Element:
    Scaled + ComplexField + Copy + Default + Send + Sync + 'static
{
    /// The real numbers of that precision.
    type Part: Copy + Default + PartialOrd;
    /// The complex numbers of that precision.
    type Complex: Scaled + Copy + Default;

    /// The power of two that a matrix shall be divided by before iterations, as LAPACK's drivers do: zero where squares of its largest
    /// elements are far from overflow and from nothing.
    fn exponent(a: &[Self]) -> i32;
    fn re(self) -> Self::Part;
    fn of_part(x: Self::Part) -> Self;
    fn nan() -> Self::Part;
    fn zero() -> Self {
        Self::default()
    }
    fn one() -> Self;
    fn conj(self) -> Self;
    fn is_nan(self) -> bool;
    fn is_finite(self) -> bool;
    /// `x / |x|` up to sign: multiplied with its conjugate `x` becomes real, and keeps the sign of its real part.
    fn phase(self) -> Self;
    fn times(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn over(self, other: Self) -> Self;
    /// The magnitude, or something like it: what pivots are chosen by.
    fn size(self) -> Self::Part;

    /// Eigenvalues, and eigenvectors as columns, of a matrix by columns.
    fn eig(a: &[Self], n: usize, w: &mut [Self::Complex], v: Option<&mut [Self::Complex]>) -> Done;
}

fn wanted(vectors: bool) -> ComputeEigenvectors {
    match vectors {
        true => ComputeEigenvectors::Yes,
        false => ComputeEigenvectors::No,
    }
}

macro_rules! elements {
    ($($real:ident $complex:ident;)*) => {$(
        impl Scaled for $real {
            fn scaled(self, exponent: i32) -> $real {
                // Two steps: the range of exponents is twice that of a power of two.
                let first = exponent / 2;
                let two: $real = 2.0;
                self * two.powi(first) * two.powi(exponent - first)
            }
        }

        impl Scaled for $complex {
            fn scaled(self, exponent: i32) -> $complex {
                Complex::new(self.re.scaled(exponent), self.im.scaled(exponent))
            }
        }

        impl Element for $real {
            type Part = $real;
            type Complex = $complex;

            fn exponent(a: &[$real]) -> i32 {
                let most = a.iter().fold(0.0, |most: $real, x| most.max(x.abs()));
                let small = $real::MIN_POSITIVE.sqrt() / $real::EPSILON;
                match most == 0.0 || (small <= most && most <= 1.0 / small) {
                    true => 0,
                    false => most.log2().floor() as i32,
                }
            }

            fn re(self) -> $real { self }
            fn of_part(x: $real) -> $real { x }
            fn nan() -> $real { $real::NAN }
            fn one() -> $real { 1.0 }
            fn conj(self) -> $real { self }
            fn is_nan(self) -> bool { $real::is_nan(self) }
            fn is_finite(self) -> bool { $real::is_finite(self) }
            fn phase(self) -> $real { 1.0 }
            fn times(self, other: $real) -> $real { self * other }
            fn minus(self, other: $real) -> $real { self - other }
            fn over(self, other: $real) -> $real { self / other }
            fn size(self) -> $real { self.abs() }

            fn eig(a: &[$real], n: usize, w: &mut [$complex], v: Option<&mut [$complex]>) -> Done {
                let (mut re, mut im) = (vector(n, 0.0)?, vector(n, 0.0)?);
                let mut packed: Vec<$real> = match v {
                    Some(_) => vector(n * n, 0.0)?,
                    None => Vec::new(),
                };
                let need = evd::evd_scratch::<$real>(
                    n,
                    ComputeEigenvectors::No,
                    wanted(v.is_some()),
                    Par::Seq,
                    Default::default(),
                );
                with_stack(need, |stack| {
                    evd::evd_real(
                        MatRef::from_column_major_slice(a, n, n),
                        DiagMut::from_slice_mut(&mut re),
                        DiagMut::from_slice_mut(&mut im),
                        None,
                        v.is_some().then(|| MatMut::from_column_major_slice_mut(&mut packed, n, n)),
                        Par::Seq,
                        stack,
                        Default::default(),
                    )
                    .map_err(|_| Failure::Eigenvalues)
                })?;
                for ((w, &re), &im) in w.iter_mut().zip(&re).zip(&im) {
                    *w = Complex::new(re, im);
                }
                let Some(v) = v else { return Ok(()) };
                // Of a conjugate pair the two columns are real and imaginary part of the first one's eigenvector.
                let mut j = 0;
                while j < n {
                    let pair = im[j] != 0.0 && j + 1 < n;
                    for i in 0..n {
                        let re = packed[j * n + i];
                        if pair {
                            let z = Complex::new(re, packed[(j + 1) * n + i]);
                            (v[j * n + i], v[(j + 1) * n + i]) = (z, z.conj());
                        } else {
                            v[j * n + i] = Complex::new(re, 0.0);
                        }
                    }
                    j += if pair { 2 } else { 1 };
                }
                v.chunks_exact_mut(n).for_each($complex::normalize);
                Ok(())
            }
        }

        impl Element for $complex {
            type Part = $real;
            type Complex = $complex;

            fn exponent(a: &[$complex]) -> i32 {
                let parts = a.iter().fold(0.0, |most: $real, z| most.max(z.re.abs()).max(z.im.abs()));
                <$real as Element>::exponent(&[parts])
            }

            fn re(self) -> $real { self.re }
            fn of_part(x: $real) -> $complex { Complex::new(x, 0.0) }
            fn nan() -> $real { $real::NAN }
            fn one() -> $complex { Complex::new(1.0, 0.0) }
            fn conj(self) -> $complex { Complex::conj(&self) }
            fn is_nan(self) -> bool { Complex::is_nan(self) }
            fn is_finite(self) -> bool { Complex::is_finite(self) }
            fn phase(self) -> $complex {
                let modulus = self.re.hypot(self.im);
                if modulus == 0.0 || self.im == 0.0 || !modulus.is_finite() {
                    return Complex::new(1.0, 0.0);
                }
                self / $real::copysign(modulus, self.re)
            }
            fn times(self, other: $complex) -> $complex { self * other }
            fn minus(self, other: $complex) -> $complex { self - other }
            fn over(self, other: $complex) -> $complex { self / other }
            fn size(self) -> $real { self.re.abs() + self.im.abs() }

            fn eig(a: &[$complex], n: usize, w: &mut [$complex], mut v: Option<&mut [$complex]>) -> Done {
                let need = evd::evd_scratch::<$complex>(
                    n,
                    ComputeEigenvectors::No,
                    wanted(v.is_some()),
                    Par::Seq,
                    Default::default(),
                );
                with_stack(need, |stack| {
                    evd::evd_cplx(
                        MatRef::from_column_major_slice(a, n, n),
                        DiagMut::from_slice_mut(w),
                        None,
                        v.as_deref_mut().map(|v| MatMut::from_column_major_slice_mut(v, n, n)),
                        Par::Seq,
                        stack,
                        Default::default(),
                    )
                    .map_err(|_| Failure::Eigenvalues)
                })?;
                if let Some(v) = v {
                    v.chunks_exact_mut(n).for_each($complex::normalize);
                }
                Ok(())
            }
        }

        impl Normalize for $complex {
            fn normalize(column: &mut [$complex]) {
                let largest = column.iter().fold(0.0, |most: $real, z| most.max(z.re.abs()).max(z.im.abs()));
                if largest == 0.0 || !largest.is_finite() {
                    return;
                }
                let squares: $real = column.iter().map(|z| (z / largest).norm_sqr()).sum();
                let length = largest * squares.sqrt();
                let first = column.iter().copied().fold(Complex::new(0.0, 0.0), |best: $complex, z| {
                    if z.norm_sqr() > best.norm_sqr() { z } else { best }
                });
                let turn = Element::phase(first).conj() / length;
                for z in &mut *column {
                    let real = z.im == 0.0 && turn.im == 0.0;
                    *z = if real { Complex::new(z.re * turn.re, 0.0) } else { *z * turn };
                }
            }
        }
    )*};
}

/// Brings an eigenvector to length one and its largest element to the real axis.
trait Normalize: Sized {
    fn normalize(column: &mut [Self]);
}

elements! {
    f32 c64;
    f64 c128;
}
