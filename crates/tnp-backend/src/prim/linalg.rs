//! Factorisations of matrices and triangular systems: parameters and inference.
//!
//! Matrices are the last two axes; the axes before them are a batch, each matrix of which is worked on alone.

use tnp_dtype::DType;
use tnp_shape::Dims;

use crate::{Error, Result, TensorType, Types, shape_text};

/// What is done with each matrix.
///
/// A matrix that cannot be factorised is an [`ErrorKind::LinAlg`](crate::ErrorKind::LinAlg) error, in compiled graphs too.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Linalg {
    /// `(x) -> (l)`: the lower triangular `l` with `l lᴴ = x` of a Hermitian positive definite matrix, whose lower triangle alone is read.
    Cholesky,
    /// `(x) -> (lu, permutation, swaps)` of a square matrix: `l u` is `x` with its rows in the order of the permutation (int64), which
    /// takes that many exchanges (int64, 0-d); `l` is unit lower triangular, and both lie in one matrix. Partial pivoting, never an error.
    Lu,
    /// `(x) -> (q, r)`: orthonormal columns and an upper triangle with a real diagonal; as many columns as the smaller side.
    Qr {
        /// As many columns as rows.
        full: bool,
    },
    /// `(x) -> (s)` or `(u, s, vᴴ)`: singular values, descending, with or without singular vectors.
    Svd {
        /// Which vectors.
        vectors: Singular,
    },
    /// `(x) -> (w)` or `(w, v)` of a Hermitian matrix, whose lower triangle alone is read: real eigenvalues, ascending; orthonormal columns.
    Eigh {
        /// Eigenvectors too.
        vectors: bool,
    },
    /// `(x) -> (w)` or `(w, v)` of a square matrix: complex eigenvalues and eigenvectors, columns of length one whose largest element is real.
    Eig {
        /// Eigenvectors too.
        vectors: bool,
    },
    /// `(a, b) -> (x)` with `a x = b`, of one triangle of `a`; a zero on the diagonal is an error.
    TriangularSolve {
        /// The lower triangle, or the upper one.
        lower: bool,
        /// The diagonal is not read but all ones.
        unit: bool,
    },
    /// `(holds, x) -> (x)`: `x` if it holds (bool, 0-d) that the matrices have a property, and the error that they have not otherwise. What
    /// decompositions fail with; part of the core, and run by the interpreter.
    Require(Property),
}

/// What a matrix must have for a factorisation.
///
/// # Examples
/// ```
/// use tnp_backend::prim::Property;
/// assert_eq!(Property::Regular.error().message(), "Singular matrix");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Property {
    /// No zero on the diagonal of a triangle.
    Regular,
    /// Positive definite.
    Positive,
    /// Neither NaN nor infinities.
    Finite,
    /// Eigenvalues that iterations find.
    Eigenvalues,
    /// Singular values that iterations find.
    SingularValues,
}

impl Property {
    /// What is said where it lacks, in NumPy's words.
    #[cold]
    pub fn error(self) -> Error {
        Error::linalg(match self {
            Property::Regular => "Singular matrix",
            Property::Positive => "Matrix is not positive definite",
            Property::Finite => "Array must not contain infs or NaNs",
            Property::Eigenvalues => "Eigenvalues did not converge",
            Property::SingularValues => "SVD did not converge",
        })
    }
}

/// Which singular vectors are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Singular {
    /// None.
    Values,
    /// As many as there are singular values.
    Thin,
    /// A whole basis on either side.
    Full,
}

impl Linalg {
    /// NumPy's name where there is one.
    pub fn name(self) -> &'static str {
        match self {
            Linalg::Cholesky => "cholesky",
            Linalg::Lu => "lu",
            Linalg::Qr { .. } => "qr",
            Linalg::Svd {
                vectors: Singular::Values,
            } => "svdvals",
            Linalg::Svd { .. } => "svd",
            Linalg::Eigh { vectors: true } => "eigh",
            Linalg::Eigh { vectors: false } => "eigvalsh",
            Linalg::Eig { vectors: true } => "eig",
            Linalg::Eig { vectors: false } => "eigvals",
            Linalg::TriangularSolve { .. } => "triangular_solve",
            Linalg::Require(Property::Regular) => "triangular_solve",
            Linalg::Require(Property::Positive) => "cholesky",
            Linalg::Require(Property::Finite | Property::Eigenvalues) => "eig",
            Linalg::Require(Property::SingularValues) => "svd",
        }
    }

    /// How many arrays it takes.
    pub fn inputs(self) -> usize {
        match self {
            Linalg::TriangularSolve { .. } | Linalg::Require(_) => 2,
            Linalg::Cholesky
            | Linalg::Lu
            | Linalg::Qr { .. }
            | Linalg::Svd { .. }
            | Linalg::Eigh { .. }
            | Linalg::Eig { .. } => 1,
        }
    }
}

/// The batch axes and the sides of the matrices.
fn matrices(x: &TensorType) -> Result<(&[usize], usize, usize)> {
    match x.dtype {
        DType::Float32 | DType::Float64 | DType::Complex64 | DType::Complex128 => {}
        other => {
            return Err(Error::dtype(format!(
                "array type {other} is unsupported in linalg; cast it to float32 or float64"
            )));
        }
    }
    match &x.shape[..] {
        [batch @ .., rows, columns] => Ok((batch, *rows, *columns)),
        shape => Err(Error::linalg(format!(
            "{}-dimensional array given. Array must be at least two-dimensional",
            shape.len()
        ))),
    }
}

fn square(x: &TensorType) -> Result<(&[usize], usize)> {
    match matrices(x)? {
        (batch, rows, columns) if rows == columns => Ok((batch, rows)),
        _ => Err(Error::linalg(format!(
            "Last 2 dimensions of the array must be square; its shape is {}",
            shape_text(&x.shape)
        ))),
    }
}

pub(super) fn linalg(op: Linalg, inputs: &[&TensorType]) -> Result<Types> {
    if inputs.len() != op.inputs() {
        return Err(Error::value(format!(
            "takes {} arrays, {} were given",
            op.inputs(),
            inputs.len()
        )));
    }
    let x = inputs[0];
    let of = |batch: &[usize], core: &[usize], dtype: DType| -> Result<TensorType> {
        let shape: Dims = batch.iter().chain(core).copied().collect();
        crate::checked_size(&shape, dtype)?;
        Ok(TensorType { shape, dtype })
    };
    let types: Result<Types> = match op {
        Linalg::Cholesky => {
            square(x)?;
            [Ok(x.clone())].into_iter().collect()
        }
        Linalg::Lu => {
            let (batch, n) = square(x)?;
            let integers = |core: &[usize]| of(batch, core, DType::Int64);
            [Ok(x.clone()), integers(&[n]), integers(&[])]
                .into_iter()
                .collect()
        }
        Linalg::Qr { full } => {
            let (batch, m, n) = matrices(x)?;
            let k = if full { m } else { m.min(n) };
            [of(batch, &[m, k], x.dtype), of(batch, &[k, n], x.dtype)]
                .into_iter()
                .collect()
        }
        Linalg::Svd { vectors } => {
            let (batch, m, n) = matrices(x)?;
            let k = m.min(n);
            let s = of(batch, &[k], x.dtype.real());
            let (left, right) = match vectors {
                Singular::Values => return [s].into_iter().collect(),
                Singular::Thin => (k, k),
                Singular::Full => (m, n),
            };
            let u = of(batch, &[m, left], x.dtype);
            [u, s, of(batch, &[right, n], x.dtype)]
                .into_iter()
                .collect()
        }
        Linalg::Eigh { vectors } => {
            let (batch, n) = square(x)?;
            let w = of(batch, &[n], x.dtype.real());
            let v = vectors.then(|| Ok(x.clone()));
            [w].into_iter().chain(v).collect()
        }
        Linalg::Eig { vectors } => {
            let (batch, n) = square(x)?;
            let complex = x.dtype.complex();
            let w = of(batch, &[n], complex);
            let v = vectors.then(|| of(batch, &[n, n], complex));
            [w].into_iter().chain(v).collect()
        }
        Linalg::TriangularSolve { .. } => {
            let (batch, n) = square(x)?;
            let (rhs_batch, rows, _) = matrices(inputs[1])?;
            if (batch, n) != (rhs_batch, rows) || x.dtype != inputs[1].dtype {
                return Err(Error::value(format!(
                    "matrices {} and right sides {} do not fit: batch, rows and dtype must be equal",
                    x, inputs[1]
                )));
            }
            [Ok(inputs[1].clone())].into_iter().collect()
        }
        Linalg::Require(_) => {
            if *x != TensorType::new(&[], DType::Bool) {
                return Err(Error::value(format!("what holds must be bool[], not {x}")));
            }
            [Ok(inputs[1].clone())].into_iter().collect()
        }
    };
    types
}
