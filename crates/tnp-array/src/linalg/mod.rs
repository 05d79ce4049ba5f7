//! Linear algebra: NumPy's module `linalg` and that of the Array API standard, batched and differentiable.
//!
//! Matrices are the last two axes; axes before them are a batch and broadcast where there are several arguments. float32, float64,
//! complex64 and complex128 are worked on in their own precision, whole numbers in float64; half-width floats are refused, as NumPy does.
//!
//! A matrix that is singular, not square or not positive definite is an error of kind [`ErrorKind::LinAlg`](crate::ErrorKind::LinAlg),
//! in compiled functions and maps too.
//!
//! # Derivatives
//! Everything here has derivatives of any order. Where a function reads one triangle of a matrix ([`cholesky`], [`eigh`]) its derivative
//! has that triangle alone. Singular vectors and eigenvectors are given up to a sign or phase: only what does not depend on it has a
//! derivative, and where values are equal vectors have none (infinities or NaN come out).

mod factor;
mod householder;
mod norms;
mod products;
mod solve;

use smallvec::SmallVec;
use tnp_backend::prim::{Axes, Binary, Linalg, Prim, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal, ReductionRule};
use tnp_shape::Dims;

use crate::bind::{Results, bind, bind1};
use crate::elementwise::{either, one, two};
use crate::promote::{at_home, constant, home};
use crate::views::transposed;
use crate::{Array, Operand};

pub use crate::{matmul, matrix_transpose, tensordot, vecdot};
pub use factor::{
    QrMode, Svd, Uplo, cholesky, eig, eigh, eigvals, eigvalsh, qr, qr_r, svd, svdvals,
};
pub use householder::qr_raw;
pub use norms::{
    Norm, Order, Rank, cond, det, matrix_norm, matrix_rank, norm, slogdet, vector_norm,
};
pub use products::{cross, diagonal, matrix_power, multi_dot, outer, trace};
pub use solve::{Pinv, Rcond, inv, lstsq, pinv, solve, tensorinv, tensorsolve};

/// The dtype in which an array is worked on.
fn working(op: &'static str, x: &Array) -> Result<DType> {
    match x.dtype() {
        DType::Float16 | DType::BFloat16 => Err(Error::dtype(format!(
            "{op}: array type {} is unsupported in linalg; cast it to float32 or float64",
            x.dtype()
        ))),
        _ => Ok(
            tnp_dtype::reduction(op, ReductionRule::Mean, x.type_info())?
                .result
                .dtype,
        ),
    }
}

/// A batch of matrices in the dtype it is worked on.
fn matrices(op: &'static str, x: Operand<'_>) -> Result<Array> {
    let x = x.into_array().map_err(|error| error.in_op(op))?;
    if x.ndim() < 2 {
        return Err(Error::linalg(format!(
            "{op}: {}-dimensional array given. Array must be at least two-dimensional",
            x.ndim()
        )));
    }
    let dtype = working(op, &x)?;
    to(x, dtype)
}

/// The same, of square ones.
fn square(op: &'static str, x: Operand<'_>) -> Result<Array> {
    let x = matrices(op, x)?;
    let (_, m, n) = sides(&x);
    match m == n {
        true => Ok(x),
        false => Err(Error::linalg(format!(
            "{op}: Last 2 dimensions of the array must be square; its shape is {}",
            tnp_backend::shape_text(x.shape())
        ))),
    }
}

/// Two arrays in one dtype to work in.
fn pair(op: &'static str, x: Array, y: Array) -> Result<(Array, Array)> {
    let (dx, dy) = (working(op, &x)?, working(op, &y)?);
    let (x, y) = (to(x, dx)?, to(y, dy)?);
    let rule = tnp_dtype::BinaryRule::Arithmetic;
    let dtype = tnp_dtype::binary(op, rule, x.type_info(), y.type_info())?.inputs;
    Ok((to(x, dtype)?, to(y, dtype)?))
}

fn to(x: Array, dtype: DType) -> Result<Array> {
    match x.dtype() == dtype {
        true => Ok(x),
        false => x.astype(dtype),
    }
}

/// The batch and the sides of matrices.
fn sides(x: &Array) -> (&[usize], usize, usize) {
    let (batch, core) = x.shape().split_at(x.ndim() - 2);
    (batch, core[0], core[1])
}

fn call(name: &'static str, op: Linalg, inputs: &[&Array]) -> Result<Results> {
    let mut operands: SmallVec<[Operand<'_>; 2]> =
        inputs.iter().map(|&x| Operand::Borrowed(x)).collect();
    bind(&Prim::Linalg(op), &mut operands).map_err(|error| error.in_op(name))
}

fn call1(name: &'static str, op: Linalg, x: &Array) -> Result<Array> {
    let mut results = call(name, op, &[x])?;
    Ok(results.swap_remove(0))
}

fn call2(name: &'static str, op: Linalg, x: &Array) -> Result<(Array, Array)> {
    let mut results = call(name, op, &[x])?.into_iter();
    match (results.next(), results.next()) {
        (Some(first), Some(second)) => Ok((first, second)),
        _ => Err(few(name)),
    }
}

fn call3(name: &'static str, op: Linalg, x: &Array) -> Result<(Array, Array, Array)> {
    let mut results = call(name, op, &[x])?.into_iter();
    match (results.next(), results.next(), results.next()) {
        (Some(first), Some(second), Some(third)) => Ok((first, second, third)),
        _ => Err(few(name)),
    }
}

#[cold]
fn few(name: &str) -> Error {
    Error::value(format!("{name}: the primitive gave too few results"))
}

fn triangular(name: &'static str, lower: bool, unit: bool, a: &Array, b: &Array) -> Result<Array> {
    let op = Linalg::TriangularSolve { lower, unit };
    Ok(call(name, op, &[a, b])?.swap_remove(0))
}

/// The matrices with their axes exchanged: a view.
fn swapped(x: &Array) -> Result<Array> {
    let mut axes: Axes = (0..x.ndim()).collect();
    axes.swap(x.ndim() - 2, x.ndim() - 1);
    transposed(x.into(), axes)
}

fn conjugate(x: Array) -> Result<Array> {
    match x.dtype().is_complex() {
        true => one(Unary::Conjugate, x),
        false => Ok(x),
    }
}

fn adjoint(x: &Array) -> Result<Array> {
    conjugate(swapped(x)?)
}

/// A number in the shape and dtype of an array.
fn number(like: &Array, value: f64) -> Result<Operand<'static>> {
    let value = Literal::new(value).cast(like.dtype());
    constant(like, value, &Dims::from_slice(like.shape()))
}

/// Axes of an array put into a shape at `dims`.
fn spread(x: &Array, shape: &[usize], dims: impl IntoIterator<Item = usize>) -> Result<Array> {
    let prim = Prim::BroadcastInDim {
        shape: Dims::from_slice(shape),
        dims: dims.into_iter().collect(),
    };
    bind1(&prim, &mut [Operand::Borrowed(x)])
}

/// A number for each column of matrices of a shape.
fn by_columns(x: &Array, shape: &[usize]) -> Result<Array> {
    let last = shape.len() - 1;
    spread(x, shape, (0..last - 1).chain([last]))
}

/// A number for each row.
fn by_rows(x: &Array, shape: &[usize]) -> Result<Array> {
    spread(x, shape, 0..shape.len() - 1)
}

/// 0, 1, 2 … beside an array.
fn count(beside: &Array, n: usize) -> Result<Array> {
    let prim = Prim::Iota {
        shape: Dims::from_slice(&[n]),
        dtype: DType::Int64,
        axis: 0,
    };
    at_home(home(&[&Operand::Borrowed(beside)]), || {
        bind1(&prim, &mut [])
    })
}

/// True on the diagonal of matrices of a shape.
fn on_diagonal(beside: &Array, shape: &[usize]) -> Result<Array> {
    let last = shape.len() - 1;
    let rows = spread(&count(beside, shape[last - 1])?, shape, [last - 1])?;
    let columns = spread(&count(beside, shape[last])?, shape, [last])?;
    two(Binary::Equal, rows, columns)
}

/// Ones on the diagonal of matrices of the shape and dtype of others.
fn identity_like(like: &Array) -> Result<Array> {
    on_diagonal(like, like.shape())?.astype(like.dtype())
}

/// The diagonals of matrices.
fn diagonals(x: &Array) -> Result<Array> {
    crate::diagonal(x, crate::Diagonal::offset(0).axes(-2, -1))
}

/// `1 / x` where the condition holds, else 0; nothing is divided by zero, so that derivatives are right as well.
fn inverse_where(holds: &Array, x: &Array) -> Result<Array> {
    let safe = either(holds, x, number(x, 1.0)?)?;
    let inverse = two(Binary::Divide, number(x, 1.0)?, safe)?;
    let zero = number(x, 0.0)?;
    either(holds, inverse, zero)
}
