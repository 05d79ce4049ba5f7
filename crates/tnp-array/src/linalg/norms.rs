//! Numbers of matrices and vectors: norms, determinants, ranks, condition.

use smallvec::smallvec;
use tnp_backend::prim::{Axes, Binary, Linalg, ReduceOp, Unary};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, normalize_axis};

use super::factor::singular_values;
use super::solve::{cutoff, each, inverse_of_factors, squares};
use super::{call3, diagonals, identity_like, matrices, number, on_diagonal, square, to};
use crate::args::Axis;
use crate::elementwise::{either, one, two};
use crate::promote::constant;
use crate::reduce::{fold, kept};
use crate::views::{reshaped, transposed};
use crate::{Array, Operand};

// ---- determinants

/// The determinants of matrices.
///
/// # Errors
/// For what is no square matrix. The derivative needs an invertible one ("Singular matrix").
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::det;
/// assert_eq!(det([[2.0, 1.0], [0.0, 3.0]])?.item::<f64>()?, 6.0);
/// assert_eq!(det([[1.0, 2.0], [2.0, 4.0]])?.item::<f64>()?, 0.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.det.html>
pub fn det<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let (parity, diagonal) = factors("det", x.into())?;
    let product = along("det", ReduceOp::Prod, diagonal)?;
    let parity = to(parity, product.dtype())?;
    two(Binary::Multiply, product, parity)
}

/// The sign and the logarithm of the magnitude of determinants: `det = sign * exp(logdet)`; 0 and -∞ of singular matrices.
///
/// # Errors
/// As [`det`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::slogdet;
/// let (sign, logdet) = slogdet([[0.0, 1.0], [1.0, 0.0]])?;
/// assert_eq!((sign.item::<f64>()?, logdet.item::<f64>()?), (-1.0, 0.0));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.slogdet.html>
pub fn slogdet<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    const OP: &str = "slogdet";
    let (parity, diagonal) = factors(OP, x.into())?;
    let sign = along(OP, ReduceOp::Prod, one(Unary::Sign, &diagonal)?)?;
    let parity = to(parity, sign.dtype())?;
    let logs = one(Unary::Log, one(Unary::Abs, diagonal)?)?;
    Ok((
        two(Binary::Multiply, sign, parity)?,
        along(OP, ReduceOp::Sum, logs)?,
    ))
}

/// ±1 for the exchanges of rows, and the diagonal of the upper triangle.
fn factors(op: &'static str, x: Operand<'_>) -> Result<(Array, Array)> {
    let (lu, _, swaps) = call3(op, Linalg::Lu, &square(op, x)?)?;
    let whole = |value: i64| {
        constant(
            &swaps,
            Literal::new(value),
            &Dims::from_slice(swaps.shape()),
        )
    };
    let odd = two(Binary::BitwiseAnd, Operand::Borrowed(&swaps), whole(1)?)?;
    let parity = two(
        Binary::Subtract,
        whole(1)?,
        Operand::Owned(two(Binary::Add, &odd, &odd)?),
    )?;
    Ok((parity, diagonals(&lu)?))
}

/// The last axis combined, in the dtype it has.
fn along(op: &'static str, kind: ReduceOp, x: Array) -> Result<Array> {
    let (dtype, last) = (x.dtype(), x.ndim() - 1);
    fold(op, kind, x.into(), &smallvec![last], dtype, false)
}

// ---- ranks

/// Options of [`matrix_rank`]: `()` for NumPy's defaults, or the struct.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Rank;
/// let options = Rank { tol: Some(1e-6.into()), ..Rank::default() };
/// ```
#[derive(Default)]
pub struct Rank {
    /// Singular values up to this count as zero: a number, or one for each matrix.
    pub tol: Option<Operand<'static>>,
    /// The same, as a multiple of the largest; the precision times the longer side unless said.
    pub rtol: Option<Operand<'static>>,
    /// The matrix is Hermitian (its lower triangle is read).
    pub hermitian: bool,
}

impl From<()> for Rank {
    fn from((): ()) -> Rank {
        Rank::default()
    }
}

impl From<f64> for Rank {
    fn from(tol: f64) -> Rank {
        Rank {
            tol: Some(tol.into()),
            ..Rank::default()
        }
    }
}

/// How many singular values of a matrix are not zero (int64). A vector has rank 1 unless it is zero.
///
/// # Errors
/// "SVD did not converge"; when both tolerances are given.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::matrix_rank;
/// assert_eq!(matrix_rank([[1.0, 2.0], [2.0, 4.0]], ())?.item::<i64>()?, 1);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.matrix_rank.html>
pub fn matrix_rank<'a>(x: impl Into<Operand<'a>>, options: impl Into<Rank>) -> Result<Array> {
    fn body(x: Operand<'_>, options: Rank) -> Result<Array> {
        const OP: &str = "matrix_rank";
        if options.tol.is_some() && options.rtol.is_some() {
            return Err(Error::value(format!(
                "{OP}: `tol` and `rtol` can't be both set."
            )));
        }
        let x = x.into_array()?;
        if x.ndim() < 2 {
            let some = crate::any(&x, ())?;
            return to(some, DType::Int64);
        }
        let x = matrices(OP, x.into())?;
        let (_, m, n) = super::sides(&x);
        let s = singular_values(
            OP,
            match options.hermitian {
                true => square(OP, x.into())?,
                false => x,
            },
            options.hermitian,
        )?;
        let limit = match (options.tol, options.rtol) {
            (Some(tol), _) => each("tol", OP, &s, tol)?,
            (None, Some(rtol)) => cutoff(OP, &s, rtol)?,
            (None, None) => {
                let epsilon = match s.dtype() {
                    DType::Float32 => f64::from(f32::EPSILON),
                    _ => f64::EPSILON,
                };
                cutoff(OP, &s, (m.max(n) as f64 * epsilon).into())?
            }
        };
        let large = two(Binary::Greater, &s, &limit)?;
        let last = s.ndim() - 1;
        fold(
            OP,
            ReduceOp::Sum,
            large.into(),
            &smallvec![last],
            DType::Int64,
            false,
        )
    }
    body(x.into(), options.into())
}

// ---- norms

/// Which norm: NumPy's `ord`. A number converts to [`Order::P`], `()` to the default.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Order;
/// assert_eq!(Order::from(2), Order::P(2.0));
/// assert_eq!("nuc".parse::<Order>()?, Order::Nuclear);
/// # Ok::<(), tnp_array::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Order {
    /// The root of the sum of squares, of vectors and matrices.
    #[default]
    Default,
    /// The same, of matrices alone.
    Frobenius,
    /// The sum of the singular values, of matrices alone.
    Nuclear,
    /// Of vectors: `sum(|x|^p)^(1/p)`, the largest for ∞, the smallest for -∞, how many are not zero for 0. Of matrices: ±1 and ±∞ the largest
    /// or smallest sum of a column or row, ±2 the largest or smallest singular value.
    P(f64),
}

impl From<()> for Order {
    fn from((): ()) -> Order {
        Order::Default
    }
}

impl From<f64> for Order {
    fn from(p: f64) -> Order {
        Order::P(p)
    }
}

impl From<i32> for Order {
    fn from(p: i32) -> Order {
        Order::P(f64::from(p))
    }
}

impl std::str::FromStr for Order {
    type Err = Error;

    fn from_str(name: &str) -> Result<Order> {
        match name {
            "fro" | "f" => Ok(Order::Frobenius),
            "nuc" => Ok(Order::Nuclear),
            "inf" => Ok(Order::P(f64::INFINITY)),
            "-inf" => Ok(Order::P(f64::NEG_INFINITY)),
            _ => Err(Error::value(format!(
                "Invalid norm order '{name}'; should be a number, \"fro\" or \"nuc\""
            ))),
        }
    }
}

/// Options of norms: `()` for NumPy's defaults, an order, or a builder with all of them.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Norm;
/// let options = Norm::order(1).axes(-1).keepdims();
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Norm {
    order: Order,
    axis: Axis,
    keepdims: bool,
}

impl Norm {
    /// Of this order.
    pub fn order(order: impl Into<Order>) -> Norm {
        Norm {
            order: order.into(),
            ..Norm::default()
        }
    }

    /// Along these axes.
    pub fn axes(self, axes: impl Into<Axis>) -> Norm {
        Norm {
            axis: axes.into(),
            ..self
        }
    }

    /// Axes stay with size one.
    pub fn keepdims(self) -> Norm {
        Norm {
            keepdims: true,
            ..self
        }
    }
}

impl<T: Into<Order>> From<T> for Norm {
    fn from(order: T) -> Norm {
        Norm::order(order)
    }
}

/// Of vectors along one axis or matrices along two, a norm; of all elements where neither axes nor order are given.
///
/// Whole numbers are taken as float64; floats of any width stay what they are.
///
/// # Errors
/// For orders that there are not, axes that the array does not have, and more than two of them. Half-width floats have no singular values.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::{Norm, Order, norm};
/// assert_eq!(norm([3.0, 4.0], ())?.item::<f64>()?, 5.0);
/// assert_eq!(norm([[1.0, -7.0], [2.0, 3.0]], 1)?.item::<f64>()?, 10.0);
/// let rows = norm([[1.0, -7.0], [2.0, 3.0]], Norm::order(f64::INFINITY).axes(1))?;
/// assert_eq!(rows.to_vec::<f64>()?, [7.0, 3.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.norm.html>
pub fn norm<'a>(x: impl Into<Operand<'a>>, options: impl Into<Norm>) -> Result<Array> {
    fn body(x: Operand<'_>, options: Norm) -> Result<Array> {
        const OP: &str = "norm";
        let x = inexact(OP, x)?;
        let ndim = x.ndim();
        let axes: Axes = match &options.axis.0 {
            None => {
                let all: Axes = (0..ndim).collect();
                let flat = match options.order {
                    Order::Default => true,
                    Order::Frobenius => ndim == 2,
                    Order::P(p) => ndim == 1 && p == 2.0,
                    Order::Nuclear => false,
                };
                if flat {
                    return vectors(OP, x, &all, Order::Default, options.keepdims);
                }
                all
            }
            Some(axes) => {
                let at = |&axis| Ok(normalize_axis(axis, ndim)?);
                let axes: Result<Axes> = axes.iter().map(at).collect();
                axes.map_err(|error| error.in_op(OP))?
            }
        };
        match axes[..] {
            [_] => vectors(OP, x, &axes, options.order, options.keepdims),
            [row, column] => planes(OP, x, (row, column), options.order, options.keepdims),
            _ => Err(Error::value(format!(
                "{OP}: Improper number of dimensions to norm."
            ))),
        }
    }
    body(x.into(), options.into())
}

/// The norm of vectors along an axis, or of all elements of several together (all axes with `()`).
///
/// # Errors
/// For orders of matrices alone, and axes that the array does not have.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::{Norm, vector_norm};
/// assert_eq!(vector_norm([[3.0, 0.0], [0.0, 4.0]], ())?.item::<f64>()?, 5.0);
/// let columns = vector_norm([[3.0, 0.0], [4.0, 1.0]], Norm::order(1).axes(0))?;
/// assert_eq!(columns.to_vec::<f64>()?, [7.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.vector_norm.html>
pub fn vector_norm<'a>(x: impl Into<Operand<'a>>, options: impl Into<Norm>) -> Result<Array> {
    fn body(x: Operand<'_>, options: Norm) -> Result<Array> {
        const OP: &str = "vector_norm";
        let x = inexact(OP, x)?;
        let axes = options.axis.normalize(x.ndim());
        let axes = axes.map_err(|error| error.in_op(OP))?;
        let axes = axes.unwrap_or_else(|| (0..x.ndim()).collect());
        vectors(OP, x, &axes, options.order, options.keepdims)
    }
    body(x.into(), options.into())
}

/// The norm of matrices, the last two axes: of Frobenius unless said.
///
/// # Errors
/// For orders that there are not, and an array of fewer than two axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::{Order, matrix_norm};
/// let x = [[3.0, 0.0], [0.0, -4.0]];
/// assert_eq!(matrix_norm(x, ())?.item::<f64>()?, 5.0);
/// assert_eq!(matrix_norm(x, Order::Nuclear)?.item::<f64>()?, 7.0);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.matrix_norm.html>
pub fn matrix_norm<'a>(x: impl Into<Operand<'a>>, options: impl Into<Norm>) -> Result<Array> {
    fn body(x: Operand<'_>, options: Norm) -> Result<Array> {
        const OP: &str = "matrix_norm";
        let x = inexact(OP, x)?;
        let ndim = x.ndim();
        if options.axis.0.is_some() {
            return Err(Error::value(format!(
                "{OP}: matrices are the last two axes; for others use `norm`"
            )));
        }
        if ndim < 2 {
            return Err(Error::axis(format!(
                "{OP}: axis -2 is out of bounds for array of dimension {ndim}"
            )));
        }
        planes(OP, x, (ndim - 2, ndim - 1), options.order, options.keepdims)
    }
    body(x.into(), options.into())
}

/// Numbers that have roots: whole ones in float64.
fn inexact(op: &'static str, x: Operand<'_>) -> Result<Array> {
    let x = x.into_array().map_err(|error| error.in_op(op))?;
    if x.dtype().is_inexact() {
        return Ok(x);
    }
    let rule = tnp_dtype::ReductionRule::Mean;
    let dtype = tnp_dtype::reduction(op, rule, x.type_info())?.result.dtype;
    to(x, dtype)
}

/// One number for the elements along axes.
fn vectors(op: &'static str, x: Array, axes: &Axes, order: Order, keepdims: bool) -> Result<Array> {
    let over = |kind, x: Array| {
        let dtype = x.dtype();
        fold(op, kind, x.into(), axes, dtype, keepdims)
    };
    let empty = axes.iter().any(|&axis| x.shape()[axis] == 0);
    let p = match order {
        Order::Default => 2.0,
        Order::P(p) => p,
        Order::Frobenius => return Err(not_of_vectors(op, "fro")),
        Order::Nuclear => return Err(not_of_vectors(op, "nuc")),
    };
    if p == 2.0 {
        return one(Unary::Sqrt, over(ReduceOp::Sum, squares(&x)?)?);
    }
    if p == 0.0 {
        let zero = number(&x, 0.0)?;
        let some = two(Binary::NotEqual, Operand::Borrowed(&x), zero)?;
        return over(ReduceOp::Sum, to(some, x.dtype().real())?);
    }
    let size = one(Unary::Abs, x)?;
    if p == f64::INFINITY {
        // Of nothing the largest is zero.
        return over(if empty { ReduceOp::Sum } else { ReduceOp::Max }, size);
    }
    if p == f64::NEG_INFINITY {
        return over(ReduceOp::Min, size);
    }
    if p == 1.0 {
        return over(ReduceOp::Sum, size);
    }
    let sum = over(
        ReduceOp::Sum,
        two(Binary::Power, Operand::Borrowed(&size), number(&size, p)?)?,
    )?;
    let root = number(&sum, 1.0 / p)?;
    two(Binary::Power, Operand::Borrowed(&sum), root)
}

#[cold]
fn not_of_vectors(op: &'static str, order: &str) -> Error {
    Error::value(format!("{op}: Invalid norm order '{order}' for vectors"))
}

/// One number for the matrices of two axes.
fn planes(
    op: &'static str,
    x: Array,
    (row, column): (usize, usize),
    order: Order,
    keepdims: bool,
) -> Result<Array> {
    if row == column {
        return Err(Error::value(format!("{op}: Duplicate axes given.")));
    }
    let both: Axes = [row.min(column), row.max(column)].into_iter().collect();
    let shape = keepdims.then(|| kept(x.shape(), &both));
    let ndim = x.ndim();
    let mut axes: Axes = (0..ndim).filter(|axis| !both.contains(axis)).collect();
    axes.extend([row, column]);
    let matrix = transposed(x.into(), axes)?;
    let (m, n) = (matrix.shape()[ndim - 2], matrix.shape()[ndim - 1]);
    let fold = |kind, x: Array, axis| {
        let dtype = x.dtype();
        fold(op, kind, x.into(), &smallvec![axis], dtype, false)
    };
    let largest = |x: Array, len: usize| {
        // Of nothing the largest is zero.
        let kind = if len == 0 {
            ReduceOp::Sum
        } else {
            ReduceOp::Max
        };
        fold(kind, x, ndim - 2)
    };
    let values = |matrix: Array| singular_values(op, matrices(op, matrix.into())?, false);
    let sums = |matrix: Array, axis| fold(ReduceOp::Sum, one(Unary::Abs, matrix)?, axis);
    let result = match order {
        Order::Default | Order::Frobenius => {
            let last: Axes = [ndim - 2, ndim - 1].into_iter().collect();
            vectors(op, matrix, &last, Order::Default, false)
        }
        Order::Nuclear => fold(ReduceOp::Sum, values(matrix)?, ndim - 2),
        Order::P(2.0) => largest(values(matrix)?, m.min(n)),
        Order::P(-2.0) => fold(ReduceOp::Min, values(matrix)?, ndim - 2),
        Order::P(1.0) => largest(sums(matrix, ndim - 2)?, n),
        Order::P(-1.0) => fold(ReduceOp::Min, sums(matrix, ndim - 2)?, ndim - 2),
        Order::P(f64::INFINITY) => largest(sums(matrix, ndim - 1)?, m),
        Order::P(f64::NEG_INFINITY) => fold(ReduceOp::Min, sums(matrix, ndim - 1)?, ndim - 2),
        Order::P(_) => Err(Error::value(format!(
            "{op}: Invalid norm order for matrices."
        ))),
    }?;
    match shape {
        Some(shape) => reshaped(result.into(), shape),
        None => Ok(result),
    }
}

/// How much a matrix may enlarge relative errors: the product of its norm and its inverse's, in the singular values' norm unless said. Infinite
/// for singular matrices.
///
/// # Errors
/// For empty matrices; but for orders ±2 for what is not square.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::cond;
/// assert_eq!(cond([[4.0, 0.0], [0.0, 0.5]], ())?.item::<f64>()?, 8.0);
/// assert_eq!(cond([[1.0, 1.0], [1.0, 1.0]], 1)?.item::<f64>()?, f64::INFINITY);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.cond.html>
pub fn cond<'a>(x: impl Into<Operand<'a>>, order: impl Into<Order>) -> Result<Array> {
    fn body(x: Operand<'_>, order: Order) -> Result<Array> {
        const OP: &str = "cond";
        let x = matrices(OP, x)?;
        let (_, m, n) = super::sides(&x);
        if m == 0 || n == 0 {
            return Err(Error::linalg(format!(
                "{OP}: cond is not defined on empty arrays"
            )));
        }
        let result = match order {
            Order::Default | Order::P(2.0 | -2.0) => {
                let s = singular_values(OP, x.clone(), false)?;
                let last = s.ndim() - 1;
                let pick = |at: usize| {
                    let one = crate::views::span((&s).into(), last, at, 1)?;
                    reshaped(one.into(), Dims::from_slice(&s.shape()[..last]))
                };
                let (first, end) = (pick(0)?, pick(m.min(n) - 1)?);
                match order == Order::P(-2.0) {
                    true => two(Binary::Divide, end, first),
                    false => two(Binary::Divide, first, end),
                }
            }
            order => by_inverse(OP, square(OP, (&x).into())?, order),
        }?;
        // What is not a number of a matrix of numbers is infinite.
        let axes: Axes = [x.ndim() - 2, x.ndim() - 1].into_iter().collect();
        let missing = one(Unary::IsNan, &x)?;
        let missing = fold(OP, ReduceOp::Any, missing.into(), &axes, DType::Bool, false)?;
        let known = one(Unary::LogicalNot, missing)?;
        let lost = two(Binary::BitwiseAnd, one(Unary::IsNan, &result)?, known)?;
        let infinite = number(&result, f64::INFINITY)?;
        either(lost, infinite, Operand::Borrowed(&result))
    }
    body(x.into(), order.into())
}

/// By the inverse, which a singular matrix has not.
fn by_inverse(op: &'static str, x: Array, order: Order) -> Result<Array> {
    let (lu, permutation, _) = call3(op, Linalg::Lu, &x)?;
    let zero = number(&lu, 0.0)?;
    let is_zero = two(Binary::Equal, Operand::Borrowed(&lu), zero)?;
    let pivots = two(Binary::BitwiseAnd, is_zero, on_diagonal(&lu, lu.shape())?)?;
    let axes: Axes = [lu.ndim() - 2, lu.ndim() - 1].into_iter().collect();
    let singular = fold(
        op,
        ReduceOp::Any,
        (&pivots).into(),
        &axes,
        DType::Bool,
        false,
    )?;
    let every = super::spread(&singular, lu.shape(), 0..lu.ndim() - 2)?;
    let safe = either(every, identity_like(&lu)?, lu)?;
    let inverse = inverse_of_factors(op, &safe, &permutation)?;
    let at = (x.ndim() - 2, x.ndim() - 1);
    let size = two(
        Binary::Multiply,
        planes(op, x, at, order, false)?,
        planes(op, inverse, at, order, false)?,
    )?;
    let infinite = number(&size, f64::INFINITY)?;
    either(singular, infinite, Operand::Borrowed(&size))
}
