//! Products and parts of matrices as `linalg` has them: `matrix_power`, `multi_dot`, `outer`, `cross`, `diagonal`, `trace`.

use tnp_backend::{Error, Result, shape_text};
use tnp_shape::normalize_axis;

use super::{identity_like, solve};
use crate::args::{Axis, DTypeArg};
use crate::views::reshaped;
use crate::{Array, CrossAxes, Diagonal, Operand, Operands};

/// A square matrix to an integer power, by repeated squaring; of the inverse when negative. Whole numbers stay so where it is not.
///
/// # Errors
/// For what is no square matrix; "Singular matrix" for negative powers.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::matrix_power;
/// assert_eq!(matrix_power([[1, 1], [1, 0]], 10)?.to_vec::<i32>()?, [89, 55, 55, 34]);
/// assert_eq!(matrix_power([[2.0]], -2)?.item::<f64>()?, 0.25);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.matrix_power.html>
pub fn matrix_power<'a>(x: impl Into<Operand<'a>>, n: i64) -> Result<Array> {
    fn body(x: Array, n: i64) -> Result<Array> {
        const OP: &str = "matrix_power";
        match x.shape() {
            [.., rows, columns] if rows == columns => {}
            shape if shape.len() < 2 => {
                return Err(Error::linalg(format!(
                    "{OP}: {}-dimensional array given. Array must be at least two-dimensional",
                    shape.len()
                )));
            }
            shape => {
                return Err(Error::linalg(format!(
                    "{OP}: Last 2 dimensions of the array must be square; its shape is {}",
                    shape_text(shape)
                )));
            }
        }
        if n == 0 {
            return identity_like(&x);
        }
        let mut square = match n < 0 {
            true => solve::inverse(OP, &super::square(OP, x.into())?)?,
            false => x,
        };
        let mut rest = n.unsigned_abs();
        let mut result: Option<Array> = None;
        loop {
            if rest & 1 == 1 {
                result = Some(match result {
                    Some(result) => crate::matmul(&result, &square)?,
                    None => square.clone(),
                });
            }
            rest >>= 1;
            match result {
                Some(result) if rest == 0 => return Ok(result),
                _ => square = crate::matmul(&square, &square)?,
            }
        }
    }
    let x: Operand<'a> = x.into();
    body(x.into_array()?, n)
}

/// The product of two or more matrices in the order that takes the fewest multiplications; the first may be a row and the last a column,
/// each 1-D, whose axis the result does not have.
///
/// # Errors
/// For fewer than two arrays, other dimensions, and sides that do not fit.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::multi_dot;
/// use tnp_array::ones;
/// let [a, b, c] = [ones([10, 100], ())?, ones([100, 5], ())?, ones([5, 50], ())?];
/// assert_eq!(multi_dot([&a, &b, &c])?.shape(), [10, 50]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.multi_dot.html>
pub fn multi_dot<'a>(arrays: impl Into<Operands<'a>>) -> Result<Array> {
    fn body(operands: Vec<Operand<'_>>) -> Result<Array> {
        const OP: &str = "multi_dot";
        let last = operands.len().wrapping_sub(1);
        if operands.len() < 2 {
            return Err(Error::value(format!(
                "{OP}: Expecting at least two arrays."
            )));
        }
        if operands.len() == 2 {
            let mut pair = operands.into_iter();
            let (Some(x), Some(y)) = (pair.next(), pair.next()) else {
                return Err(Error::value(format!(
                    "{OP}: Expecting at least two arrays."
                )));
            };
            return crate::dot(x, y).map_err(|error| error.in_op(OP));
        }
        let (mut row, mut column) = (false, false);
        let mut matrices = Vec::new();
        for (at, operand) in operands.into_iter().enumerate() {
            let x = operand.into_array()?;
            matrices.push(match *x.shape() {
                [_, _] => x,
                [n] if at == 0 => {
                    row = true;
                    reshaped(x.into(), [1, n].into_iter().collect())?
                }
                [n] if at == last => {
                    column = true;
                    reshaped(x.into(), [n, 1].into_iter().collect())?
                }
                ref shape => {
                    return Err(Error::linalg(format!(
                        "{OP}: {}-dimensional array given. Array must be two-dimensional",
                        shape.len()
                    )));
                }
            });
        }
        let product = chain(&matrices, &splits(&matrices), 0, last)?;
        let sides = product.shape().to_vec();
        let kept = [(sides[0], row), (sides[1], column)];
        let shape = kept.iter().filter(|side| !side.1).map(|side| side.0);
        reshaped(product.into(), shape.collect())
    }
    let operands: Operands<'a> = arrays.into();
    body(operands.resolved("multi_dot")?)
}

/// Where to split each chain of matrices, by the dynamic program for matrix chains.
fn splits(matrices: &[Array]) -> Vec<Vec<usize>> {
    let n = matrices.len();
    let mut sides: Vec<f64> = matrices.iter().map(|x| x.shape()[0] as f64).collect();
    sides.extend(matrices.last().map(|x| x.shape()[1] as f64));
    let mut cost = vec![vec![0.0; n]; n];
    let mut split = vec![vec![0; n]; n];
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            cost[i][j] = f64::INFINITY;
            for k in i..j {
                let here = cost[i][k] + cost[k + 1][j] + sides[i] * sides[k + 1] * sides[j + 1];
                if here < cost[i][j] {
                    (cost[i][j], split[i][j]) = (here, k);
                }
            }
        }
    }
    split
}

fn chain(matrices: &[Array], split: &[Vec<usize>], i: usize, j: usize) -> Result<Array> {
    if i == j {
        return Ok(matrices[i].clone());
    }
    // Infinite costs compare false and leave the first split, which is one too.
    let k = split[i][j].clamp(i, j - 1);
    let (x, y) = (
        chain(matrices, split, i, k)?,
        chain(matrices, split, k + 1, j)?,
    );
    crate::dot(&x, &y).map_err(|error| error.in_op("multi_dot"))
}

/// Every element of a vector times every one of another. (`outer` of the main module takes arrays of any shape.)
///
/// # Errors
/// For arrays that are not 1-D.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::outer;
/// assert_eq!(outer([1, 2], [3, 4])?.to_vec::<i32>()?, [3, 4, 6, 8]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.outer.html>
pub fn outer<'a, 'b>(x: impl Into<Operand<'a>>, y: impl Into<Operand<'b>>) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    let (m, n) = (x.shape().len(), y.shape().len());
    if m != 1 || n != 1 {
        return Err(Error::value(format!(
            "outer: Input arrays must be one-dimensional, but they are x1.ndim={m} and x2.ndim={n}."
        )));
    }
    crate::outer(x, y)
}

/// The cross product of vectors of three elements along an axis, the last with `()`; other axes broadcast.
///
/// # Errors
/// For vectors of another length.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::cross;
/// assert_eq!(cross([1, 2, 3], [4, 5, 6], ())?.to_vec::<i32>()?, [-3, 6, -3]);
/// assert!(cross([1, 2], [3, 4], ()).is_err());
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.cross.html>
pub fn cross<'a, 'b>(
    x: impl Into<Operand<'a>>,
    y: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    let (x, y): (Operand<'a>, Operand<'b>) = (x.into(), y.into());
    let axis = match axis.into().0.as_deref() {
        None => -1,
        Some(&[axis]) => axis,
        Some(axes) => {
            return Err(Error::dtype(format!(
                "cross: one axis is needed, {} were given",
                axes.len()
            )));
        }
    };
    let length = |x: &Operand<'_>| -> Result<usize> {
        let shape = x.shape();
        Ok(shape[normalize_axis(axis, shape.len())?])
    };
    let lengths = length(&x).and_then(|m| Ok((m, length(&y)?)));
    match lengths.map_err(|error| error.in_op("cross"))? {
        (3, 3) => {}
        (m, n) => {
            return Err(Error::value(format!(
                "cross: Both input arrays must be (arrays of) 3-dimensional vectors, but they are {m} and {n} dimensional instead."
            )));
        }
    }
    let axes = CrossAxes {
        axisa: axis,
        axisb: axis,
        axisc: axis,
    };
    crate::cross(x, y, axes)
}

/// The diagonals of matrices, the last two axes, so far above the main one (below when negative). A view.
///
/// # Errors
/// For an array of fewer than two axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::arange;
/// use tnp_array::linalg::diagonal;
/// let x = arange(8)?.reshape([2, 2, 2])?;
/// assert_eq!(diagonal(&x, 0)?.to_vec::<i64>()?, [0, 3, 4, 7]);
/// assert_eq!(diagonal(&x, 1)?.to_vec::<i64>()?, [1, 5]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.diagonal.html>
pub fn diagonal<'a>(x: impl Into<Operand<'a>>, offset: isize) -> Result<Array> {
    crate::diagonal(x, Diagonal::offset(offset).axes(-2, -1))
}

/// The sums along the diagonals of matrices, the last two axes; small integers widen as in `sum`.
///
/// # Errors
/// For an array of fewer than two axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::arange;
/// use tnp_array::linalg::trace;
/// let x = arange(8)?.reshape([2, 2, 2])?;
/// assert_eq!(trace(&x, 0, ())?.to_vec::<i64>()?, [3, 11]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.trace.html>
pub fn trace<'a>(
    x: impl Into<Operand<'a>>,
    offset: isize,
    dtype: impl Into<DTypeArg>,
) -> Result<Array> {
    crate::trace(x, Diagonal::offset(offset).axes(-2, -1), dtype)
}
