//! Factorisations: `cholesky`, `qr`, `svd`, `eigh`, `eig` and their values alone.

use tnp_backend::prim::{Binary, Linalg, Singular, Unary};
use tnp_backend::{Error, Result};

use super::{adjoint, by_columns, call1, call2, call3, conjugate, matrices, square, swapped};
use crate::args::Flag;
use crate::elementwise::{one, two};
use crate::views::part;
use crate::{Array, Operand, Sorting};

/// The Cholesky factor of a Hermitian positive definite matrix: the lower triangular `l` with `l lᴴ = x`, or with `true` the upper
/// triangular `u` with `uᴴ u = x`.
///
/// Only that triangle of `x` is read, and of its diagonal the real part. NaN gives NaN.
///
/// # Errors
/// "Matrix is not positive definite"; for what is no square matrix.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::cholesky;
/// let l = cholesky([[4.0, 2.0], [2.0, 5.0]], ())?;
/// assert_eq!(l.to_vec::<f64>()?, [2.0, 0.0, 1.0, 2.0]);
/// let error = cholesky([[1.0, 2.0], [2.0, 1.0]], ()).unwrap_err();
/// assert_eq!(error.to_string(), "cholesky: Matrix is not positive definite");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.cholesky.html>
pub fn cholesky<'a>(x: impl Into<Operand<'a>>, upper: impl Into<Flag>) -> Result<Array> {
    fn body(x: Operand<'_>, upper: bool) -> Result<Array> {
        let x = square("cholesky", x)?;
        let factor = |x: &Array| call1("cholesky", Linalg::Cholesky, x);
        match upper {
            true => adjoint(&factor(&adjoint(&x)?)?),
            false => factor(&x),
        }
    }
    body(x.into(), upper.into().0)
}

/// How much of a QR factorisation [`qr`] gives.
///
/// # Examples
/// ```
/// use tnp_array::linalg::QrMode;
/// assert_eq!("complete".parse::<QrMode>()?, QrMode::Complete);
/// # Ok::<(), tnp_array::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum QrMode {
    /// As many columns as the smaller side.
    #[default]
    Reduced,
    /// As many columns as rows.
    Complete,
}

impl From<()> for QrMode {
    fn from((): ()) -> QrMode {
        QrMode::Reduced
    }
}

impl std::str::FromStr for QrMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<QrMode> {
        match name {
            "reduced" => Ok(QrMode::Reduced),
            "complete" => Ok(QrMode::Complete),
            "r" => Err(Error::value("qr: for the triangle alone use `qr_r`")),
            "raw" => Err(Error::value("qr: for the reflections use `qr_raw`")),
            _ => Err(Error::value(format!("qr: Unrecognized mode '{name}'"))),
        }
    }
}

/// The QR factorisation `(q, r)`: orthonormal columns and an upper triangle, whose diagonal is real, with `q r = x`.
///
/// # Errors
/// For an array of fewer than two axes, or of half-width floats. The derivative of a complete factorisation needs at least as many columns as rows.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::{QrMode, matmul, qr};
/// use tnp_array::{allclose, array, ones};
/// let x = array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], ())?;
/// let (q, r) = qr(&x, ())?;
/// assert!(allclose(matmul(&q, &r)?, &x, ())?);
/// assert_eq!(qr(&x, QrMode::Complete)?.0.shape(), [3, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.qr.html>
pub fn qr<'a>(x: impl Into<Operand<'a>>, mode: impl Into<QrMode>) -> Result<(Array, Array)> {
    let full = mode.into() == QrMode::Complete;
    call2("qr", Linalg::Qr { full }, &matrices("qr", x.into())?)
}

/// The triangle of a QR factorisation alone: NumPy's `qr(x, mode='r')`.
///
/// # Errors
/// As [`qr`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::qr_r;
/// assert_eq!(qr_r([[3.0], [4.0]])?.to_vec::<f64>()?, [-5.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.qr.html>
pub fn qr_r<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    Ok(qr(x, QrMode::Reduced)?.1)
}

/// Options of [`svd`]: `()` for NumPy's defaults, a `bool` for `full_matrices`, or the struct.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Svd;
/// let thin = Svd { full_matrices: false, ..Svd::default() };
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Svd {
    /// Whole bases as singular vectors, not only those that belong to singular values.
    pub full_matrices: bool,
    /// The matrix is Hermitian (its lower triangle is read), which is faster.
    pub hermitian: bool,
}

impl Default for Svd {
    fn default() -> Svd {
        Svd {
            full_matrices: true,
            hermitian: false,
        }
    }
}

impl From<()> for Svd {
    fn from((): ()) -> Svd {
        Svd::default()
    }
}

impl From<bool> for Svd {
    fn from(full_matrices: bool) -> Svd {
        Svd {
            full_matrices,
            ..Svd::default()
        }
    }
}

/// The singular value decomposition `(u, s, vh)`: orthonormal columns, singular values in descending order, orthonormal rows, with
/// `u diag(s) vh = x`.
///
/// # Errors
/// "SVD did not converge", which NaN gives as well; for an array of fewer than two axes, or of half-width floats. Singular vectors of full matrices that
/// belong to no singular value have no derivative.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::svd;
/// let (u, s, vh) = svd([[3.0, 0.0, 0.0], [0.0, -4.0, 0.0]], ())?;
/// assert_eq!(s.to_vec::<f64>()?, [4.0, 3.0]);
/// assert_eq!((u.shape(), vh.shape()), (&[2, 2][..], &[3, 3][..]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.svd.html>
pub fn svd<'a>(
    x: impl Into<Operand<'a>>,
    options: impl Into<Svd>,
) -> Result<(Array, Array, Array)> {
    let (x, options) = (x.into(), options.into());
    if options.hermitian {
        return hermitian_svd(square("svd", x)?);
    }
    let vectors = match options.full_matrices {
        true => Singular::Full,
        false => Singular::Thin,
    };
    call3("svd", Linalg::Svd { vectors }, &matrices("svd", x)?)
}

/// By eigenvalues: their magnitudes, descending; the signs go to the right vectors.
fn hermitian_svd(x: Array) -> Result<(Array, Array, Array)> {
    let (w, v) = call2("svd", Linalg::Eigh { vectors: true }, &x)?;
    let order = descending(&one(Unary::Abs, &w)?)?;
    let w = crate::take_along_axis(&w, &order, -1)?;
    let positions = by_columns(&order, v.shape())?;
    let v = crate::take_along_axis(&v, positions, -1)?;
    let sign = two(Binary::Copysign, super::number(&w, 1.0)?, &w)?;
    let signs = super::to(by_columns(&sign, v.shape())?, v.dtype())?;
    let vh = conjugate(swapped(&two(Binary::Multiply, &v, signs)?)?)?;
    Ok((v, one(Unary::Abs, w)?, vh))
}

/// Positions that sort the last axis from the largest down.
fn descending(x: &Array) -> Result<Array> {
    backwards(&crate::argsort(x, Sorting::axis(-1))?)
}

/// The last axis from its end.
fn backwards(x: &Array) -> Result<Array> {
    let axis = x.ndim() - 1;
    let len = x.shape()[axis];
    if len == 0 {
        return Ok(x.clone());
    }
    let (start, step) = (len - 1, -1);
    part(
        x.into(),
        axis,
        tnp_backend::prim::SliceSpec { start, len, step },
    )
}

/// The singular values of a matrix, in descending order.
///
/// # Errors
/// As [`svd`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::svdvals;
/// assert_eq!(svdvals([[0.0, 2.0], [-3.0, 0.0]])?.to_vec::<f64>()?, [3.0, 2.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.svdvals.html>
pub fn svdvals<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    singular_values("svdvals", matrices("svdvals", x.into())?, false)
}

/// Singular values, descending; of Hermitian matrices the magnitudes of eigenvalues.
pub(super) fn singular_values(op: &'static str, x: Array, hermitian: bool) -> Result<Array> {
    if hermitian {
        let w = call1(op, Linalg::Eigh { vectors: false }, &x)?;
        return backwards(&crate::sort(one(Unary::Abs, w)?, Sorting::axis(-1))?);
    }
    let vectors = Singular::Values;
    call1(op, Linalg::Svd { vectors }, &x)
}

/// Which triangle of a Hermitian matrix is read: NumPy's `UPLO`.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Uplo;
/// assert_eq!("u".parse::<Uplo>()?, Uplo::Upper);
/// # Ok::<(), tnp_array::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Uplo {
    /// The lower one.
    #[default]
    Lower,
    /// The upper one.
    Upper,
}

impl From<()> for Uplo {
    fn from((): ()) -> Uplo {
        Uplo::Lower
    }
}

impl std::str::FromStr for Uplo {
    type Err = Error;

    fn from_str(name: &str) -> Result<Uplo> {
        match name {
            "L" | "l" => Ok(Uplo::Lower),
            "U" | "u" => Ok(Uplo::Upper),
            _ => Err(Error::value("UPLO argument must be 'L' or 'U'")),
        }
    }
}

/// The Hermitian matrix whose lower triangle is meant.
fn triangle(op: &'static str, x: Operand<'_>, uplo: Uplo) -> Result<Array> {
    let x = square(op, x)?;
    match uplo {
        Uplo::Lower => Ok(x),
        Uplo::Upper => adjoint(&x),
    }
}

/// Eigenvalues, real and ascending, and orthonormal eigenvectors (as columns) of a Hermitian matrix: `(w, v)` with `x v = v diag(w)`.
///
/// One triangle of `x` is read, and of its diagonal the real part. What is not finite gives NaN.
///
/// # Errors
/// "Eigenvalues did not converge"; for what is no square matrix.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::eigh;
/// let (w, v) = eigh([[2.0, 0.0], [0.0, -1.0]], ())?;
/// assert_eq!(w.to_vec::<f64>()?, [-1.0, 2.0]);
/// assert_eq!(v.abs()?.to_vec::<f64>()?, [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.eigh.html>
pub fn eigh<'a>(x: impl Into<Operand<'a>>, uplo: impl Into<Uplo>) -> Result<(Array, Array)> {
    let x = triangle("eigh", x.into(), uplo.into())?;
    call2("eigh", Linalg::Eigh { vectors: true }, &x)
}

/// The eigenvalues of a Hermitian matrix, real and ascending.
///
/// # Errors
/// As [`eigh`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::eigvalsh;
/// assert_eq!(eigvalsh([[3.0, 0.0], [0.0, 1.0]], ())?.to_vec::<f64>()?, [1.0, 3.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.eigvalsh.html>
pub fn eigvalsh<'a>(x: impl Into<Operand<'a>>, uplo: impl Into<Uplo>) -> Result<Array> {
    let x = triangle("eigvalsh", x.into(), uplo.into())?;
    call1("eigvalsh", Linalg::Eigh { vectors: false }, &x)
}

/// Eigenvalues and eigenvectors (as columns, of length one, their largest element real) of a square matrix: `(w, v)` with
/// `x v = v diag(w)`.
///
/// Both are complex whatever the values, as the Array API standard says: NumPy gives real arrays where all eigenvalues happen to be real, which a
/// traced function could not know.
///
/// # Errors
/// "Eigenvalues did not converge", "Array must not contain infs or NaNs"; for what is no square matrix.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::eig;
/// use tnp_array::{c128, sort};
/// let (w, v) = eig([[0.0, 1.0], [-1.0, 0.0]])?;
/// assert_eq!(sort(w.imag()?, ())?.to_vec::<f64>()?, [-1.0, 1.0]);
/// assert_eq!(v.shape(), [2, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.eig.html>
pub fn eig<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    call2(
        "eig",
        Linalg::Eig { vectors: true },
        &square("eig", x.into())?,
    )
}

/// The eigenvalues of a square matrix, complex whatever the values; see [`eig`].
///
/// # Errors
/// As [`eig`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::eigvals;
/// use tnp_array::DType;
/// let w = eigvals([[2.0, 0.0], [0.0, 3.0]])?;
/// assert_eq!(w.dtype(), DType::Complex128);
/// assert_eq!(w.real()?.sum(())?.item::<f64>()?, 5.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.eigvals.html>
pub fn eigvals<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let x = square("eigvals", x.into())?;
    call1("eigvals", Linalg::Eig { vectors: false }, &x)
}
