//! Products of arrays: `matmul` and `dot` with their kin, `tensordot`, `kron`, `cross`. `einsum` has a file of its own.
//!
//! All sums of products are one primitive, `DotGeneral`, which takes operands of any strides: nothing is copied or transposed here.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{Axes, Binary, DotDims, Prim, Unary};
use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::{BinaryRule, TypeInfo};
use tnp_shape::{Dims, broadcast_shapes, normalize_axis};

use crate::args::Axis;
use crate::bind::bind1;
use crate::elementwise::binary;
use crate::promote::{expand, to_dtype};
use crate::views::{flat, reshaped, span, transposed};
use crate::{Array, Operand};

// ---- what all products share

/// Two operands in one dtype, and what the result is.
struct Pair<'a> {
    op: &'static str,
    x: Operand<'a>,
    y: Operand<'a>,
    result: TypeInfo,
}

impl<'a> Pair<'a> {
    #[inline]
    fn new(op: &'static str, rule: BinaryRule, x: Operand<'a>, y: Operand<'a>) -> Result<Pair<'a>> {
        let promoted = tnp_dtype::binary(op, rule, x.promotes_as()?, y.promotes_as()?)?;
        Ok(Pair {
            op,
            x: to_dtype(op, x, promoted.inputs)?,
            y: to_dtype(op, y, promoted.inputs)?,
            result: promoted.result,
        })
    }

    /// The sum of products over these axes.
    #[inline]
    fn contract(self, dims: DotDims) -> Result<Array> {
        let result = bind1(&Prim::DotGeneral(dims), &mut [self.x, self.y])
            .map_err(|error| renamed(error, self.op))?;
        Ok(if self.result.weak {
            result.with_weak(true)
        } else {
            result
        })
    }

    /// The sum of products over one axis of each.
    #[inline]
    fn contract_one(self, lhs: usize, rhs: usize) -> Result<Array> {
        self.contract(DotDims {
            lhs_contract: smallvec![lhs],
            rhs_contract: smallvec![rhs],
            ..DotDims::default()
        })
    }

    /// Batches of matrices or vectors: all axes but the last `lhs_core` and `rhs_core` are broadcast together and run along; one
    /// core axis of each, named by its position among the core axes, is summed over.
    fn contract_batched(
        self,
        (lhs_core, lhs_contract): (usize, usize),
        (rhs_core, rhs_contract): (usize, usize),
    ) -> Result<Array> {
        let (xs, ys) = (self.x.shape(), self.y.shape());
        let (x_batch, x_core) = xs.split_at(xs.len() - lhs_core);
        let (y_batch, y_core) = ys.split_at(ys.len() - rhs_core);
        if x_core[lhs_contract] != y_core[rhs_contract] {
            let axes = (x_batch.len() + lhs_contract, y_batch.len() + rhs_contract);
            return Err(misfit(self.op, xs, axes.0, ys, axes.1));
        }
        let batch = broadcast_shapes(&[x_batch, y_batch]).map_err(|_| {
            Error::value(format!(
                "{}: shapes {} and {} do not fit: their batch axes {} and {} do not broadcast together",
                self.op,
                shape_text(xs),
                shape_text(ys),
                shape_text(x_batch),
                shape_text(y_batch)
            ))
        })?;
        let with_core = |core: &[usize]| -> Dims { batch.iter().chain(core).copied().collect() };
        let (x_shape, y_shape) = (with_core(x_core), with_core(y_core));
        let along: Axes = (0..batch.len()).collect();
        let dims = DotDims {
            lhs_contract: smallvec![batch.len() + lhs_contract],
            rhs_contract: smallvec![batch.len() + rhs_contract],
            lhs_batch: along.clone(),
            rhs_batch: along,
        };
        let pair = Pair {
            x: expand(self.x, &x_shape)?,
            y: expand(self.y, &y_shape)?,
            ..self
        };
        pair.contract(dims)
    }
}

/// An error of the primitive under the name of the function that was called.
#[cold]
pub(crate) fn renamed(error: Error, op: &str) -> Error {
    match error.message().strip_prefix("dot_general: ") {
        Some(rest) => Error::new(error.kind(), format!("{op}: {rest}")),
        None => error.in_op(op),
    }
}

#[cold]
fn misfit(op: &str, xs: &[usize], x_axis: usize, ys: &[usize], y_axis: usize) -> Error {
    Error::value(format!(
        "{op}: shapes {} and {} do not fit: {} (axis {x_axis} of the first) must equal {} (axis {y_axis} of the second)",
        shape_text(xs),
        shape_text(ys),
        xs[x_axis],
        ys[y_axis]
    ))
}

/// One axis moved to another place, the others in order.
pub(crate) fn move_axis<'a>(x: Operand<'a>, from: usize, to: usize) -> Result<Operand<'a>> {
    if from == to {
        return Ok(x);
    }
    let mut permutation: Axes = (0..x.shape().len()).filter(|&axis| axis != from).collect();
    permutation.insert(to, from);
    Ok(transposed(x, permutation)?.into())
}

/// The complex conjugate of complex operands; real ones as they are.
fn conjugated(x: Operand<'_>) -> Result<Operand<'_>> {
    let complex = x.type_info().is_some_and(|info| info.dtype.is_complex());
    if !complex {
        return Ok(x);
    }
    Ok(Operand::Owned(bind1(
        &Prim::Unary(Unary::Conjugate),
        &mut [x],
    )?))
}

// ---- matrices

/// The matrix product of the last two axes, earlier axes broadcast: `(…, n, k)` by `(…, k, m)` gives `(…, n, m)`.
///
/// A 1-D first operand is a row and a 1-D second one a column, whose axis is left out of the result. The dtype is what
/// the operands promote to (NumPy, lacking a product of bfloat16 matrices, gives float32 for them); half-width
/// floats are summed in float32, integers wrap, bools combine with and/or. A sum over an empty axis is zero.
///
/// # Errors
/// When an operand is 0-d, the summed axes differ in size, or the earlier axes do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{array, matmul, ones};
/// let x = array([[1, 2], [3, 4]], ())?;
/// assert_eq!(matmul(&x, [[5, 6], [7, 8]])?.to_vec::<i32>()?, [19, 22, 43, 50]);
/// assert_eq!(matmul(&x, [1, -1])?.to_vec::<i32>()?, [-1, -1]);
/// assert_eq!(matmul(ones([5, 1, 2, 3], ())?, ones([4, 3, 2], ())?)?.shape(), [5, 4, 2, 2]);
/// let error = matmul(ones([2, 3], ())?, ones([4, 5], ())?).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "matmul: shapes (2, 3) and (4, 5) do not fit: 3 (axis 1 of the first) must equal 4 (axis 0 of the second)"
/// );
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.matmul.html>
#[inline]
pub fn matmul<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    matmul_operands(x, y)
}

fn matmul_operands(x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let (nx, ny) = (x.shape().len(), y.shape().len());
    if nx > 0 && ny > 0 && (ny <= 2 || nx == 1) {
        // Free axes keep their order: the first operand's batch needs no broadcasting, nor the second's beside a row.
        let pair = Pair::new("matmul", BinaryRule::Matmul, x, y)?;
        return pair.contract_one(nx - 1, ny.max(2) - 2);
    }
    needs_axes("matmul", "(n?,k),(k,m?)->(n?,m?)", [(&x, 1), (&y, 1)])?;
    let pair = Pair::new("matmul", BinaryRule::Matmul, x, y)?;
    pair.contract_batched((2, 1), (2, 0))
}

/// Errs in NumPy's words when an operand has fewer axes than a product needs.
fn needs_axes(op: &str, signature: &str, operands: [(&Operand<'_>, usize); 2]) -> Result<()> {
    for (position, (operand, needed)) in operands.into_iter().enumerate() {
        if let Operand::Failed(error) = operand {
            return Err(error.clone());
        }
        let has = operand.shape().len();
        if has < needed {
            return Err(Error::value(format!(
                "{op}: Input operand {position} does not have enough dimensions (has {has}, gufunc core with signature {signature} \
                 requires {needed}); for a number write `multiply`"
            )));
        }
    }
    Ok(())
}

/// The sum of products of the vectors along an axis (the last by default): `conj(x) · y`, other axes broadcast.
///
/// # Errors
/// When an operand is 0-d, the axes differ in size, or the others do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::vecdot;
/// let x = vecdot([[1, 2], [3, 4]], [10, 1], ())?;
/// assert_eq!(x.to_vec::<i32>()?, [12, 34]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.vecdot.html>
pub fn vecdot<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    vecdot_operands(x, y, axis.into())
}

fn vecdot_operands(x: Operand<'_>, y: Operand<'_>, axis: Axis) -> Result<Array> {
    needs_axes("vecdot", "(n),(n)->()", [(&x, 1), (&y, 1)])?;
    let last = |x: Operand<'_>| -> Result<Array> {
        let ndim = x.shape().len();
        let axis = axis
            .single("vecdot", ndim)
            .map_err(|error| error.in_op("vecdot"))?;
        move_axis(x, axis.unwrap_or(ndim - 1), ndim - 1)?.into_array()
    };
    let (x, y) = if axis.0.is_some() {
        (Operand::Owned(last(x)?), Operand::Owned(last(y)?))
    } else {
        (x, y)
    };
    let mut pair = Pair::new("vecdot", BinaryRule::Matmul, x, y)?;
    pair.x = conjugated(pair.x)?;
    pair.contract_batched((1, 0), (1, 0))
}

/// The product of matrices and vectors: `(…, m, n)` by `(…, n)` gives `(…, m)`, earlier axes broadcast.
///
/// # Errors
/// When the matrices have fewer than two axes or the vectors none, the summed axes differ in size, or the others do not broadcast.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.matvec.html>
pub fn matvec<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    needs_axes("matvec", "(m,n),(n)->(m)", [(&x, 2), (&y, 1)])?;
    Pair::new("matvec", BinaryRule::Matmul, shorter(x), shorter(y))?
        .contract_batched((2, 1), (1, 0))
}

/// The product of conjugated vectors and matrices: `(…, n)` by `(…, n, m)` gives `(…, m)`, earlier axes broadcast.
///
/// # Errors
/// As [`matvec`].
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.vecmat.html>
pub fn vecmat<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    needs_axes("vecmat", "(n),(n,m)->(m)", [(&x, 1), (&y, 2)])?;
    let mut pair = Pair::new("vecmat", BinaryRule::Matmul, shorter(x), shorter(y))?;
    pair.x = conjugated(pair.x)?;
    pair.contract_batched((1, 0), (2, 0))
}

/// Lets operands of two lifetimes meet at the shorter one.
fn shorter<'s, 'l: 's>(operand: Operand<'l>) -> Operand<'s> {
    operand
}

// ---- dot and its kin

/// The dot product: of vectors a number, of matrices their product, in general the sum of products over the last axis of
/// `x` and the last but one of `y`; with a 0-d operand the elementwise product.
///
/// A Rust number takes the array's dtype, as in arithmetic (NumPy's `dot` gives Python numbers their own).
///
/// # Errors
/// When the summed axes differ in size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{dot, ones};
/// assert_eq!(dot([1, 2, 3], [4, 5, 6])?.item::<i32>()?, 32);
/// assert_eq!(dot(ones([2, 3, 4], ())?, ones([5, 4, 6], ())?)?.shape(), [2, 3, 5, 6]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.dot.html>
#[inline]
pub fn dot<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    let ny = y.shape().len();
    last_with("dot", shorter(x), shorter(y), ny.max(2) - 2)
}

/// The sum of products over the last axis of both; with a 0-d operand the elementwise product.
///
/// # Errors
/// When the last axes differ in size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{inner, ones};
/// assert_eq!(inner(ones([2, 3], ())?, ones([4, 3], ())?)?.shape(), [2, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.inner.html>
pub fn inner<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    let ny = y.shape().len();
    last_with("inner", shorter(x), shorter(y), ny.max(1) - 1)
}

/// The sum of products over the last axis of `x` and one of `y`.
fn last_with(op: &'static str, x: Operand<'_>, y: Operand<'_>, axis: usize) -> Result<Array> {
    let (nx, ny) = (x.shape().len(), y.shape().len());
    if nx == 0 || ny == 0 {
        return binary(op, Binary::Multiply, BinaryRule::Arithmetic, x, y);
    }
    Pair::new(op, BinaryRule::Arithmetic, x, y)?.contract_one(nx - 1, axis)
}

/// The dot product of all elements in C order, those of `x` conjugated.
///
/// # Errors
/// When the operands differ in size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{c128, vdot};
/// let z = vdot([c128::new(1.0, 2.0)], [c128::new(3.0, 4.0)])?;
/// assert_eq!(z.item::<c128>()?, c128::new(11.0, -2.0));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.vdot.html>
pub fn vdot<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    vdot_operands(x, y)
}

fn vdot_operands(x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let pair = Pair::new("vdot", BinaryRule::Arithmetic, x, y)?;
    let size = |x: &Operand<'_>| x.shape().iter().product::<usize>();
    if size(&pair.x) != size(&pair.y) {
        return Err(Error::value(format!(
            "vdot: shapes {} and {} do not fit: {} elements of the first must equal {} of the second",
            shape_text(pair.x.shape()),
            shape_text(pair.y.shape()),
            size(&pair.x),
            size(&pair.y)
        )));
    }
    let pair = Pair {
        x: flat(conjugated(pair.x)?)?.into(),
        y: flat(pair.y)?.into(),
        ..pair
    };
    pair.contract_one(0, 0)
}

/// Every element of `x` times every element of `y`, both in C order: shape `(x.size(), y.size())`.
///
/// # Errors
/// When the dtypes do not promote, or memory runs out.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::outer;
/// assert_eq!(outer([1, 2], [3, 4])?.to_vec::<i32>()?, [3, 4, 6, 8]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.outer.html>
pub fn outer<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    outer_operands(x, y)
}

fn outer_operands(x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let mut pair = Pair::new("outer", BinaryRule::Arithmetic, x, y)?;
    let rows = pair.x.shape().iter().product();
    pair.x = reshaped(pair.x, smallvec![rows, 1])?.into();
    pair.y = flat(pair.y)?.into();
    pair.multiply()
}

impl Pair<'_> {
    /// The elementwise product, broadcast.
    fn multiply(self) -> Result<Array> {
        let operands = crate::promote::broadcast(self.op, [self.x, self.y])?;
        let result = bind1(&Prim::Binary(Binary::Multiply), &mut { operands })?;
        Ok(result.with_weak(self.result.weak))
    }
}

/// Which axes [`tensordot`] sums over: a number of them (the last of `x` with the first of `y`), or a pair, each an axis or several.
///
/// # Examples
/// ```
/// use tnp_array::TensorAxes;
/// let axes: [TensorAxes; 4] = [().into(), 1.into(), (1, 0).into(), ([0, 1], [1, 0]).into()];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TensorAxes {
    /// This many; none when it is not positive.
    Count(isize),
    /// These of the first with those of the second, in order.
    Pairs(Axis, Axis),
}

impl From<()> for TensorAxes {
    fn from((): ()) -> TensorAxes {
        TensorAxes::Count(2)
    }
}

macro_rules! counts {
    ($($t:ty),*) => {$(
        impl From<$t> for TensorAxes {
            fn from(count: $t) -> TensorAxes {
                TensorAxes::Count(count.try_into().unwrap_or(isize::MAX))
            }
        }
    )*};
}
counts!(i32, i64, isize, usize);

impl<X: Into<Axis>, Y: Into<Axis>> From<(X, Y)> for TensorAxes {
    fn from((x, y): (X, Y)) -> TensorAxes {
        TensorAxes::Pairs(x.into(), y.into())
    }
}

/// The sum of products over chosen axes: the others of `x`, then the others of `y`, in order.
///
/// `axes` is `()` for the last two of `x` with the first two of `y`, a number of axes instead of two, or a pair such as `([0, 1], [1, 0])`.
///
/// # Errors
/// When paired axes differ in size or number, are repeated, or do not exist.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{ones, tensordot};
/// let (x, y) = (ones([3, 4, 5], ())?, ones([4, 3, 2], ())?);
/// let z = tensordot(&x, &y, ([1, 0], [0, 1]))?;
/// assert_eq!(z.shape(), [5, 2]);
/// assert_eq!(z.to_vec::<f64>()?, [12.0; 10]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.tensordot.html>
pub fn tensordot<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    axes: impl Into<TensorAxes>,
) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    tensordot_operands(x, y, axes.into()).map_err(|error| error.in_op("tensordot"))
}

fn tensordot_operands(x: Operand<'_>, y: Operand<'_>, axes: TensorAxes) -> Result<Array> {
    let (nx, ny) = (x.shape().len(), y.shape().len());
    let (lhs_contract, rhs_contract): (Axes, Axes) = match axes {
        TensorAxes::Count(count) => {
            let count = count.max(0) as usize;
            if count > nx.min(ny) {
                let message = format!(
                    "shape-mismatch for sum: cannot sum over {count} axes of arrays of dimension {nx} and {ny}"
                );
                // NumPy runs out of axes of the first array, or finds the second one's different.
                return Err(match count > nx {
                    true => Error::index(message),
                    false => Error::value(message),
                });
            }
            ((nx - count..nx).collect(), (0..count).collect())
        }
        TensorAxes::Pairs(lhs, rhs) => {
            let named = |axes: Axis, ndim: usize| -> Result<Axes> {
                let axes = axes.in_order(ndim)?;
                Ok(axes.unwrap_or_else(|| (0..ndim).collect()))
            };
            (named(lhs, nx)?, named(rhs, ny)?)
        }
    };
    Pair::new("tensordot", BinaryRule::Arithmetic, x, y)?.contract(DotDims {
        lhs_contract,
        rhs_contract,
        ..DotDims::default()
    })
}

/// The Kronecker product: blocks of `y`, each scaled by an element of `x`. The operand of fewer axes gets leading ones.
///
/// # Errors
/// When the dtypes do not promote, or memory runs out.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::kron;
/// assert_eq!(kron([1, 10], [[1, 2], [3, 4]])?.to_vec::<i32>()?, [1, 2, 10, 20, 3, 4, 30, 40]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.kron.html>
pub fn kron<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    kron_operands(x, y).map_err(|error| error.in_op("kron"))
}

fn kron_operands(x: Operand<'_>, y: Operand<'_>) -> Result<Array> {
    let mut pair = Pair::new("kron", BinaryRule::Arithmetic, x, y)?;
    let ndim = pair.x.shape().len().max(pair.y.shape().len());
    let sizes = |x: &Operand<'_>| -> Dims {
        let ones = ndim - x.shape().len();
        std::iter::repeat_n(1, ones)
            .chain(x.shape().iter().copied())
            .collect()
    };
    let (xs, ys) = (sizes(&pair.x), sizes(&pair.y));
    // x along the even axes and y along the odd ones: their product reads as blocks.
    pair.x = reshaped(pair.x, xs.iter().flat_map(|&dim| [dim, 1]).collect())?.into();
    pair.y = reshaped(pair.y, ys.iter().flat_map(|&dim| [1, dim]).collect())?.into();
    let weak = pair.result.weak;
    let blocks = pair.multiply()?;
    let shape = xs.iter().zip(&ys).map(|(&m, &n)| m * n).collect();
    Ok(reshaped(blocks.into(), shape)?.with_weak(weak))
}

// ---- cross

/// Where [`cross`] finds the vectors: the last axis of each by default; one number for all three places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossAxes {
    /// Axis of the first operand that holds the components.
    pub axisa: isize,
    /// Axis of the second operand that holds the components.
    pub axisb: isize,
    /// Axis of the result that holds the components; of no account when it has none (two vectors in the plane).
    pub axisc: isize,
}

impl Default for CrossAxes {
    fn default() -> CrossAxes {
        CrossAxes {
            axisa: -1,
            axisb: -1,
            axisc: -1,
        }
    }
}

impl From<()> for CrossAxes {
    fn from((): ()) -> CrossAxes {
        CrossAxes::default()
    }
}

macro_rules! cross_axes {
    ($($t:ty),*) => {$(
        impl From<$t> for CrossAxes {
            fn from(axis: $t) -> CrossAxes {
                let axis = axis.try_into().unwrap_or(isize::MAX);
                CrossAxes { axisa: axis, axisb: axis, axisc: axis }
            }
        }
    )*};
}
cross_axes!(i32, i64, isize, usize);

/// The cross product of vectors of three components, other axes broadcast.
///
/// Vectors of two components lie in the plane: their third counts as zero, and of two such only the third component of the
/// product is given, without an axis (NumPy 2 deprecates this).
///
/// # Errors
/// When a vector has neither two nor three components, the other axes do not broadcast, for bool, and for an axis that is not there.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{CrossAxes, cross};
/// assert_eq!(cross([1, 2, 3], [4, 5, 6], ())?.to_vec::<i32>()?, [-3, 6, -3]);
/// let columns = CrossAxes { axisc: 0, ..CrossAxes::default() };
/// assert_eq!(cross([[1, 0, 0]], [[0, 1, 0]], columns)?.shape(), [3, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.cross.html>
pub fn cross<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    axes: impl Into<CrossAxes>,
) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    cross_operands(x, y, axes.into()).map_err(|error| error.in_op("cross"))
}

fn cross_operands(x: Operand<'_>, y: Operand<'_>, axes: CrossAxes) -> Result<Array> {
    let pair = Pair::new("cross", BinaryRule::Subtract, x, y)?;
    let (nx, ny) = (pair.x.shape().len(), pair.y.shape().len());
    if nx == 0 || ny == 0 {
        return Err(Error::value("At least one array has zero dimension"));
    }
    let x = move_axis(pair.x, normalize_axis(axes.axisa, nx)?, nx - 1)?;
    let y = move_axis(pair.y, normalize_axis(axes.axisb, ny)?, ny - 1)?;
    let (x_dim, y_dim) = (x.shape()[nx - 1], y.shape()[ny - 1]);
    for dim in [x_dim, y_dim] {
        if dim != 2 && dim != 3 {
            return Err(Error::value(format!(
                "incompatible dimensions for cross product (dimension must be 2 or 3), shapes {} and {}",
                shape_text(x.shape()),
                shape_text(y.shape())
            )));
        }
    }
    let (x, y) = (components(&x)?, components(&y)?);
    let times = |i: usize, j: usize| -> Result<Option<Array>> {
        let (Some(x), Some(y)) = (x.get(i), y.get(j)) else {
            return Ok(None);
        };
        let op = Binary::Multiply;
        Ok(Some(binary(
            "cross",
            op,
            BinaryRule::Arithmetic,
            x.into(),
            y.into(),
        )?))
    };
    let less = |positive: Option<Array>, negative: Option<Array>| -> Result<Option<Array>> {
        let op = Prim::Binary(Binary::Subtract);
        match (positive, negative) {
            (Some(x), Some(y)) => Ok(Some(bind1(&op, &mut [x.into(), y.into()])?)),
            (None, Some(y)) => Ok(Some(bind1(&Prim::Unary(Unary::Negative), &mut [y.into()])?)),
            (positive, None) => Ok(positive),
        }
    };
    let parts = [
        less(times(1, 2)?, times(2, 1)?)?,
        less(times(2, 0)?, times(0, 2)?)?,
        less(times(0, 1)?, times(1, 0)?)?,
    ];
    let mut parts: SmallVec<[Operand<'_>; 3]> =
        parts.into_iter().flatten().map(Operand::Owned).collect();
    let ndim = nx.max(ny);
    let result = if parts.len() == 1 {
        let shape = Dims::from_slice(&parts[0].shape()[..ndim - 1]);
        reshaped(parts.remove(0), shape)?.into()
    } else {
        let axis = ndim - 1;
        let joined = bind1(&Prim::Concatenate { axis }, &mut parts)?;
        move_axis(
            Operand::Owned(joined),
            axis,
            normalize_axis(axes.axisc, ndim)?,
        )?
    };
    Ok(result.into_array()?.with_weak(pair.result.weak))
}

/// The components along the last axis, which stays with size one.
fn components(x: &Operand<'_>) -> Result<SmallVec<[Array; 3]>> {
    let shape = x.shape();
    let last = shape.len() - 1;
    (0..shape[last])
        .map(|start| span(x.lend(), last, start, 1))
        .collect()
}

impl Array {
    /// The matrix product with another array: [`matmul`].
    ///
    /// # Errors
    /// As [`matmul`].
    #[inline]
    pub fn matmul<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Array> {
        matmul(self, other)
    }

    /// The dot product with another array: [`dot`].
    ///
    /// # Errors
    /// As [`dot`].
    ///
    /// <https://numpy.org/doc/stable/reference/generated/numpy.ndarray.dot.html>
    #[inline]
    pub fn dot<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Array> {
        dot(self, other)
    }
}
