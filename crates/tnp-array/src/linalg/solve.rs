//! Systems of equations: `solve`, `inv`, `pinv`, `lstsq`, and those of tensors.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{
    Axes, AxisIndex, Binary, DotDims, Linalg, Prim, ReduceOp, Singular, SliceSpec, Unary,
};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, broadcast_shapes};

use super::factor::Svd;
use super::{
    adjoint, by_columns, by_rows, call3, inverse_where, matrices, pair, sides, spread, square, to,
    triangular,
};
use crate::args::Axis;
use crate::bind::bind1;
use crate::elementwise::{one, two};
use crate::promote::{constant, expand};
use crate::reduce::fold;
use crate::views::{part, reshaped, transposed};
use crate::{Array, Operand};

/// The product of matrices of one batch.
pub(super) fn product(x: &Array, y: &Array) -> Result<Array> {
    let core = x.ndim() - 2;
    let batch: Axes = (0..core).collect();
    let dims = DotDims {
        lhs_contract: smallvec![core + 1],
        rhs_contract: smallvec![core],
        lhs_batch: batch.clone(),
        rhs_batch: batch,
    };
    bind1(
        &Prim::DotGeneral(dims),
        &mut [Operand::Borrowed(x), Operand::Borrowed(y)],
    )
}

/// The solution `y` of `x y = b` for each matrix `x` and right side `b`.
///
/// A 1-D `b` is a vector; otherwise its last two axes are matrices of right sides, as in NumPy 2. Earlier axes broadcast.
///
/// # Errors
/// "Singular matrix"; for what is no square matrix, and right sides that do not fit.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::solve;
/// let x = solve([[3.0, 1.0], [1.0, 2.0]], [9.0, 8.0])?;
/// assert_eq!(x.to_vec::<f64>()?, [2.0, 3.0]);
/// let error = solve([[1.0, 2.0], [2.0, 4.0]], [1.0, 1.0]).unwrap_err();
/// assert_eq!(error.to_string(), "solve: Singular matrix");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.solve.html>
pub fn solve<'a, 'b>(x: impl Into<Operand<'a>>, b: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, b): (Operand<'a>, Operand<'b>) = (x.into(), b.into());
    solve_operands("solve", square("solve", x)?, b.into_array()?)
}

fn solve_operands(op: &'static str, x: Array, b: Array) -> Result<Array> {
    let (x, b) = pair(op, x, b)?;
    let (batch, n, _) = sides(&x);
    let vector = b.ndim() == 1;
    let rows = match b.shape() {
        [] => {
            return Err(Error::value(format!(
                "{op}: Input operand 1 does not have enough dimensions (has 0, gufunc core with signature (m,m),(m,n)->(m,n) requires 2)"
            )));
        }
        [rows] => *rows,
        shape => shape[shape.len() - 2],
    };
    if rows != n {
        return Err(Error::value(format!(
            "{op}: shapes {} and {} do not fit: {n} rows of the matrices must equal {rows} of the right sides",
            shape_text(x.shape()),
            shape_text(b.shape())
        )));
    }
    let b = match vector {
        true => reshaped(b.into(), smallvec![n, 1])?,
        false => b,
    };
    let (b_batch, _, columns) = sides(&b);
    let all = broadcast_shapes(&[batch, b_batch]).map_err(|error| Error::from(error).in_op(op))?;
    let core = |core: [usize; 2]| -> Dims { all.iter().copied().chain(core).collect() };
    let (matrix, right) = (core([n, n]), core([n, columns]));
    let y = factorised(op, &x, &matrix, expand(b.into(), &right)?.into_array()?)?;
    match vector {
        true => {
            let shape = all.iter().copied().chain([n]).collect();
            reshaped(y.into(), shape)
        }
        false => Ok(y),
    }
}

/// By LU factors: rows exchanged, then two triangles. The matrices broadcast to `shape`.
fn factorised(op: &'static str, x: &Array, shape: &Dims, b: Array) -> Result<Array> {
    let (lu, permutation, _) = call3(op, Linalg::Lu, x)?;
    let mut rows = Dims::from_slice(&shape[..shape.len() - 1]);
    let permutation = expand(permutation.into(), &rows)?.into_array()?;
    let lu = expand(lu.into(), shape)?.into_array()?;
    let b = if rows.len() == 1 {
        let axes: SmallVec<[AxisIndex; 4]> = smallvec![
            AxisIndex::Index,
            AxisIndex::Slice(SliceSpec::full(b.shape()[1]))
        ];
        let prim = Prim::Gather {
            axes,
            index_axes_at: 0,
        };
        bind1(&prim, &mut [b.into(), permutation.into()])?
    } else {
        rows.push(b.shape()[b.ndim() - 1]);
        let positions = by_rows(&permutation, &rows)?;
        crate::take_along_axis(&b, positions, -2)?
    };
    let y = triangular(op, true, true, &lu, &b)?;
    triangular(op, false, false, &lu, &y)
}

/// The inverses of matrices.
///
/// # Errors
/// "Singular matrix"; for what is no square matrix.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::inv;
/// assert_eq!(inv([[2.0, 0.0], [1.0, 4.0]])?.to_vec::<f64>()?, [0.5, 0.0, -0.125, 0.25]);
/// assert_eq!(inv([[0.0]]).unwrap_err().to_string(), "inv: Singular matrix");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.inv.html>
pub fn inv<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    inverse("inv", &square("inv", x.into())?)
}

pub(super) fn inverse(op: &'static str, x: &Array) -> Result<Array> {
    let (lu, permutation, _) = call3(op, Linalg::Lu, x)?;
    inverse_of_factors(op, &lu, &permutation)
}

/// The inverse, of factors: the right side is the identity with its rows exchanged.
pub(super) fn inverse_of_factors(
    op: &'static str,
    lu: &Array,
    permutation: &Array,
) -> Result<Array> {
    let shape = lu.shape();
    let last = shape.len() - 1;
    let columns = spread(&super::count(lu, shape[last])?, shape, [last])?;
    let rows = by_rows(permutation, shape)?;
    let right = to(two(Binary::Equal, rows, columns)?, lu.dtype())?;
    let y = triangular(op, true, true, lu, &right)?;
    triangular(op, false, false, lu, &y)
}

/// Options of [`pinv`]: `()` for NumPy's defaults, a number for `rtol`, or the struct.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Pinv;
/// let options = Pinv { rtol: Some(1e-6.into()), hermitian: true };
/// ```
#[derive(Default)]
pub struct Pinv {
    /// Singular values up to this times the largest count as zero: a number, or one for each matrix. 1e-15 unless said.
    pub rtol: Option<Operand<'static>>,
    /// The matrix is Hermitian (its lower triangle is read).
    pub hermitian: bool,
}

impl From<()> for Pinv {
    fn from((): ()) -> Pinv {
        Pinv::default()
    }
}

impl From<f64> for Pinv {
    fn from(rtol: f64) -> Pinv {
        Pinv {
            rtol: Some(rtol.into()),
            ..Pinv::default()
        }
    }
}

/// The pseudo-inverse of Moore and Penrose, by singular values.
///
/// # Errors
/// "SVD did not converge"; for an array of fewer than two axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::{matmul, pinv};
/// use tnp_array::{allclose, array};
/// let x = array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], ())?;
/// let p = pinv(&x, ())?;
/// assert!(allclose(matmul(matmul(&x, &p)?, &x)?, &x, ())?);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.pinv.html>
pub fn pinv<'a>(x: impl Into<Operand<'a>>, options: impl Into<Pinv>) -> Result<Array> {
    fn body(x: Operand<'_>, options: Pinv) -> Result<Array> {
        let x = matrices("pinv", x)?;
        let svd = Svd {
            full_matrices: false,
            hermitian: options.hermitian,
        };
        let (u, s, vh) = super::svd(&x, svd).map_err(|error| error.in_op("pinv"))?;
        let rtol = match options.rtol {
            Some(rtol) => rtol,
            None => 1e-15.into(),
        };
        let large = two(Binary::Greater, &s, cutoff("pinv", &s, rtol)?)?;
        let inverse = inverse_where(&large, &s)?;
        let v = adjoint(&vh)?;
        let scaled = two(
            Binary::Multiply,
            &v,
            to(by_columns(&inverse, v.shape())?, v.dtype())?,
        )?;
        product(&scaled, &adjoint(&u)?)
    }
    body(x.into(), options.into())
}

/// What singular values are compared with: the largest of each matrix times a tolerance, in their shape.
pub(super) fn cutoff(op: &'static str, s: &Array, rtol: Operand<'_>) -> Result<Array> {
    let first = largest(s)?;
    let rtol = each("rtol", op, s, rtol)?;
    two(Binary::Multiply, &first, rtol)
}

/// A number for each matrix, in the shape and dtype of its singular values.
pub(super) fn each(name: &str, op: &'static str, s: &Array, value: Operand<'_>) -> Result<Array> {
    if let Operand::Scalar(scalar) = &value {
        let literal = scalar
            .to_operand(s.dtype())
            .map_err(|error| Error::from(error).in_op(op))?;
        return constant(s, literal, &Dims::from_slice(s.shape()))?.into_array();
    }
    let value = to(value.into_array()?, s.dtype())?;
    let mut shape = Dims::from_slice(value.shape());
    shape.push(1);
    let value = reshaped(value.into(), shape)?;
    let wanted = Dims::from_slice(s.shape());
    let fits = broadcast_shapes(&[value.shape(), &wanted]).is_ok_and(|shape| shape == wanted);
    match fits {
        true => expand(value.into(), &wanted)?.into_array(),
        false => Err(Error::value(format!(
            "{op}: {name} does not broadcast to the batch {}",
            shape_text(&wanted[..wanted.len() - 1])
        ))),
    }
}

/// The first of descending values, repeated.
fn largest(s: &Array) -> Result<Array> {
    let axis = s.ndim() - 1;
    if s.shape()[axis] == 0 {
        return Ok(s.clone());
    }
    let spec = SliceSpec {
        start: 0,
        len: 1,
        step: 1,
    };
    let first = part(s.into(), axis, spec)?;
    expand(first.into(), &Dims::from_slice(s.shape()))?.into_array()
}

/// Least squares: `(x, residuals, rank, s)`, where `x` makes the length of `a x - b` smallest (and is the shortest that does), residuals are the
/// squares of those lengths, and `s` the singular values of `a`.
///
/// `a` is one matrix; `b` a vector or a matrix of right sides. Singular values up to `rcond` times the largest count as zero; with `()` that is the
/// precision times the longer side. There are residuals where `a` has more rows than columns; NumPy leaves them out also where the rank is
/// smaller than the columns, which a traced function cannot know.
///
/// # Errors
/// "SVD did not converge", "Incompatible dimensions"; for more or fewer axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::lstsq;
/// use tnp_array::{allclose, array};
/// // The line 1 + 2 t through three points.
/// let (line, residuals, rank, _) = lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0], ())?;
/// assert!(allclose(&line, [1.0, 2.0], ())?);
/// assert!(residuals.sum(())?.item::<f64>()? < 1e-20);
/// assert_eq!(rank.item::<i32>()?, 2);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.lstsq.html>
pub fn lstsq<'a, 'b>(
    a: impl Into<Operand<'a>>,
    b: impl Into<Operand<'b>>,
    rcond: impl Into<Rcond>,
) -> Result<(Array, Array, Array, Array)> {
    let (a, b): (Operand<'a>, Operand<'b>) = (a.into(), b.into());
    least_squares(a.into_array()?, b.into_array()?, rcond.into().0)
}

/// The tolerance of [`lstsq`]: `()`, `None` or a number.
///
/// # Examples
/// ```
/// use tnp_array::linalg::Rcond;
/// let options: [Rcond; 2] = [().into(), 1e-8.into()];
/// ```
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Rcond(pub Option<f64>);

impl From<()> for Rcond {
    fn from((): ()) -> Rcond {
        Rcond(None)
    }
}

impl From<Option<f64>> for Rcond {
    fn from(rcond: Option<f64>) -> Rcond {
        Rcond(rcond)
    }
}

impl From<f64> for Rcond {
    fn from(rcond: f64) -> Rcond {
        Rcond(Some(rcond))
    }
}

fn least_squares(a: Array, b: Array, rcond: Option<f64>) -> Result<(Array, Array, Array, Array)> {
    const OP: &str = "lstsq";
    let vector = b.ndim() == 1;
    let two_axes = |x: &Array| match x.ndim() {
        2 => Ok(()),
        ndim => Err(Error::linalg(format!(
            "{OP}: {ndim}-dimensional array given. Array must be two-dimensional"
        ))),
    };
    two_axes(&a)?;
    let (a, b) = pair(OP, a, b)?;
    let b = match vector {
        true => {
            let rows = b.shape()[0];
            reshaped(b.into(), smallvec![rows, 1])?
        }
        false => b,
    };
    two_axes(&b)?;
    let (_, m, n) = sides(&a);
    if b.shape()[0] != m {
        return Err(Error::linalg(format!(
            "{OP}: Incompatible dimensions: {m} rows of the matrix and {} of the right sides",
            b.shape()[0]
        )));
    }
    let thin = Linalg::Svd {
        vectors: Singular::Thin,
    };
    let (u, s, vh) = call3(OP, thin, &a)?;
    let epsilon = match s.dtype() {
        DType::Float32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let rcond = match rcond {
        None => epsilon * m.max(n) as f64,
        Some(rcond) if rcond < 0.0 => epsilon,
        Some(rcond) => rcond,
    };
    let large = two(Binary::Greater, &s, cutoff(OP, &s, rcond.into())?)?;
    let inverse = inverse_where(&large, &s)?;
    let parts = product(&adjoint(&u)?, &b)?;
    let factors = to(by_rows(&inverse, parts.shape())?, parts.dtype())?;
    let x = product(&adjoint(&vh)?, &two(Binary::Multiply, &parts, factors)?)?;
    let residuals = if m > n {
        let rest = two(Binary::Subtract, &b, product(&a, &x)?)?;
        let squares = squares(&rest)?;
        let dtype = squares.dtype();
        fold(
            OP,
            ReduceOp::Sum,
            squares.into(),
            &smallvec![0],
            dtype,
            false,
        )?
    } else {
        constant(&s, Literal::zero(s.dtype()), &smallvec![0])?.into_array()?
    };
    let rank = fold(
        OP,
        ReduceOp::Sum,
        large.into(),
        &smallvec![0],
        DType::Int32,
        false,
    )?;
    let x = match vector {
        true => reshaped(x.into(), smallvec![n])?,
        false => x,
    };
    Ok((x, residuals, rank, s))
}

/// `|x|²`, without a root.
pub(super) fn squares(x: &Array) -> Result<Array> {
    if !x.dtype().is_complex() {
        return one(Unary::Square, x);
    }
    let part = |op| one(Unary::Square, one(op, x)?);
    two(Binary::Add, part(Unary::Real)?, part(Unary::Imag)?)
}

/// The tensor `y` with `tensordot(y, x, ind)` the identity: the inverse of `x` as a matrix from its last axes to the first `ind` (2 in NumPy).
///
/// # Errors
/// "Singular matrix"; when the products of the two groups of axes differ, or `ind` is not positive.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::eye;
/// use tnp_array::linalg::tensorinv;
/// let x = eye(6, ())?.reshape([2, 3, 6])?;
/// assert_eq!(tensorinv(&x, 2)?.shape(), [6, 2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.tensorinv.html>
pub fn tensorinv<'a>(x: impl Into<Operand<'a>>, ind: isize) -> Result<Array> {
    const OP: &str = "tensorinv";
    let x: Operand<'a> = x.into();
    let x = x.into_array().map_err(|error| error.in_op(OP))?;
    if ind <= 0 {
        return Err(Error::value(format!("{OP}: Invalid ind argument.")));
    }
    let (first, last) = x.shape().split_at(ind.unsigned_abs().min(x.ndim()));
    let (rows, columns): (usize, usize) = (last.iter().product(), first.iter().product());
    let shape: Dims = last.iter().chain(first).copied().collect();
    if rows != columns {
        return Err(Error::linalg(format!(
            "{OP}: Last 2 dimensions of the array must be square; as a matrix the shape {} is {rows} by {columns}",
            shape_text(x.shape())
        )));
    }
    let matrix = reshaped(x.into(), smallvec![rows, columns])?;
    reshaped(inverse(OP, &square(OP, matrix.into())?)?.into(), shape)
}

/// The tensor `y` with `tensordot(a, y, y.ndim()) = b`; axes named by `axes` are moved to the end of `a` before.
///
/// # Errors
/// "Singular matrix"; when the products of the axes that `b` has and of the others differ.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::tensorsolve;
/// use tnp_array::{eye, ones};
/// let a = eye(6, ())?.reshape([2, 3, 6])?;
/// assert_eq!(tensorsolve(&a, ones([2, 3], ())?, ())?.to_vec::<f64>()?, [1.0; 6]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.tensorsolve.html>
pub fn tensorsolve<'a, 'b>(
    a: impl Into<Operand<'a>>,
    b: impl Into<Operand<'b>>,
    axes: impl Into<Axis>,
) -> Result<Array> {
    let (a, b): (Operand<'a>, Operand<'b>) = (a.into(), b.into());
    tensor_system(a.into_array()?, b.into_array()?, &axes.into())
}

fn tensor_system(mut a: Array, b: Array, axes: &Axis) -> Result<Array> {
    const OP: &str = "tensorsolve";
    let ndim = a.ndim();
    if let Some(axes) = axes.in_order(ndim).map_err(|error| error.in_op(OP))? {
        let mut order: Axes = (0..ndim).filter(|axis| !axes.contains(axis)).collect();
        order.extend(axes);
        a = transposed(a.into(), order)?;
    }
    // Axes of the solution: those beyond as many as `b` has.
    let own = ndim.saturating_sub(b.ndim());
    let kept = match own {
        0 => a.shape(),
        own => &a.shape()[ndim - own..],
    };
    let n: usize = kept.iter().product();
    if n.checked_mul(n) != Some(a.size()) {
        return Err(Error::linalg(format!(
            "{OP}: Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )));
    }
    let shape = Dims::from_slice(kept);
    let matrix = reshaped(a.into(), smallvec![n, n])?;
    let right = crate::views::flat(b.into())?;
    reshaped(
        solve_operands(OP, square(OP, matrix.into())?, right)?.into(),
        shape,
    )
}
