//! Choosing and finding by conditions: `where_`, `select`, `nonzero` and what is made of them.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::{AxisIndex, Binary, Prim, ReduceOp};
use tnp_backend::{Error, Result};
use tnp_dtype::{DType, Literal, TypeOrScalar};
use tnp_shape::{Dims, broadcast_shapes};

use super::{beside, coordinates, mask_of, reshape};
use crate::bind::{bind, bind1};
use crate::promote::{broadcast, expand, to_dtype};
use crate::{Array, Operand};

/// Elements of `x` where a condition holds, of `y` elsewhere.
///
/// All three broadcast together; `x` and `y` are promoted by the mode in force; what is not zero holds. NumPy's `where`
/// with the condition alone is [`nonzero`].
///
/// # Errors
/// When the shapes do not broadcast or the dtypes do not promote.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, where_};
/// let x = Array::from_vec(vec![1.0, 2.0, 3.0], &[3])?;
/// assert_eq!(where_([true, false, true], &x, -1)?.to_vec::<f64>()?, [1.0, -1.0, 3.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.where.html>
pub fn where_<'a, 'b, 'c>(
    condition: impl Into<Operand<'a>>,
    x: impl Into<Operand<'b>>,
    y: impl Into<Operand<'c>>,
) -> Result<Array> {
    chosen(condition.into(), x.into(), y.into()).map_err(|error| error.in_op("where"))
}

fn chosen<'a>(condition: Operand<'a>, x: Operand<'a>, y: Operand<'a>) -> Result<Array> {
    let info = tnp_dtype::result_type("where", &[x.promotes_as()?, y.promotes_as()?])?;
    let condition = condition.astype(DType::Bool)?;
    let near = condition.as_array().cloned();
    let beside_condition = |value: Operand<'a>| -> Result<Operand<'a>> {
        let is_scalar = matches!(value, Operand::Scalar(_));
        match (to_dtype("where", value, info.dtype)?, &near) {
            (Operand::Owned(array), Some(near)) if is_scalar => {
                Ok(Operand::Owned(beside(near, array)?))
            }
            (value, _) => Ok(value),
        }
    };
    let (x, y) = (beside_condition(x)?, beside_condition(y)?);
    drop(near);
    let mut operands = broadcast("where", [condition, x, y])?;
    Ok(bind1(&Prim::Select, &mut operands)?.with_weak(info.weak))
}

/// For each position the element of the first choice whose condition holds there, or the default.
///
/// Conditions, choices and default broadcast together; choices and default (often a bare 0) are promoted by the mode in force.
///
/// # Errors
/// For lists that are empty or differ in length, conditions that are not bool, and shapes that do not broadcast.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, select};
/// let x = Array::from_vec(vec![0i64, 1, 2, 3], &[4])?;
/// let low = Array::from_vec(vec![true, true, false, false], &[4])?;
/// let high = Array::from_vec(vec![false, false, false, true], &[4])?;
/// let y = select([&low, &high], [&x, &(&x * 10)], -1)?;
/// assert_eq!(y.to_vec::<i64>()?, [0, 1, -1, 30]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.select.html>
pub fn select<'a, 'b, 'c, C: Into<Operand<'a>>, T: Into<Operand<'b>>>(
    conditions: impl IntoIterator<Item = C>,
    choices: impl IntoIterator<Item = T>,
    default: impl Into<Operand<'c>>,
) -> Result<Array> {
    let conditions = conditions.into_iter().map(Into::into).collect();
    let choices = choices.into_iter().map(Into::into).collect();
    selected(conditions, choices, default.into()).map_err(|error| error.in_op("select"))
}

fn selected<'a>(
    mut conditions: Vec<Operand<'a>>,
    choices: Vec<Operand<'a>>,
    default: Operand<'a>,
) -> Result<Array> {
    if conditions.len() != choices.len() {
        return Err(Error::value(format!(
            "list of cases must be same length as list of conditions; there are {} and {}",
            choices.len(),
            conditions.len()
        )));
    }
    if conditions.is_empty() {
        return Err(Error::value(
            "select with an empty condition list is not possible",
        ));
    }
    for (at, condition) in conditions.iter_mut().enumerate() {
        let dtype = condition.array()?.dtype();
        if dtype != DType::Bool {
            return Err(Error::dtype(format!(
                "invalid entry {at} in condlist: should be boolean ndarray, it is {dtype}"
            )));
        }
    }
    let types: Result<Vec<TypeOrScalar>> = choices
        .iter()
        .chain([&default])
        .map(Operand::promotes_as)
        .collect();
    let info = tnp_dtype::result_type("select", &types?)?;
    let all = conditions.iter().chain(&choices).chain([&default]);
    let shapes: Vec<&[usize]> = all.map(Operand::shape).collect();
    let shape = broadcast_shapes(&shapes)?;
    let near = conditions[0].array()?.clone();
    let stretch = |value: Operand<'a>| -> Result<Operand<'a>> {
        let is_scalar = matches!(value, Operand::Scalar(_));
        let value = match to_dtype("select", value, info.dtype)? {
            Operand::Owned(array) if is_scalar => Operand::Owned(beside(&near, array)?),
            value => value,
        };
        expand(value, &shape)
    };
    let mut result = stretch(default)?;
    for (condition, choice) in conditions.into_iter().zip(choices).rev() {
        let mut inputs = [expand(condition, &shape)?, stretch(choice)?, result];
        result = Operand::Owned(bind1(&Prim::Select, &mut inputs)?);
    }
    Ok(result.into_array()?.with_weak(info.weak))
}

/// Options of [`nonzero`]: the number of positions wanted, for traces and maps, where shapes cannot depend on values.
///
/// # Examples
/// ```
/// use tnp_array::NonZero;
/// let options = NonZero::size(10).fill_value(-1);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NonZero {
    /// How many positions; all there are when `None`.
    pub size: Option<usize>,
    /// What stands in for positions that are not there.
    pub fill_value: i64,
}

impl NonZero {
    /// So many positions: the first ones, filled up with `fill_value` (0 unless set) when there are fewer.
    pub fn size(size: usize) -> NonZero {
        NonZero {
            size: Some(size),
            fill_value: 0,
        }
    }

    /// What stands in for positions that are not there.
    pub fn fill_value(mut self, value: i64) -> NonZero {
        self.fill_value = value;
        self
    }
}

impl From<()> for NonZero {
    fn from((): ()) -> NonZero {
        NonZero::default()
    }
}

impl From<usize> for NonZero {
    fn from(size: usize) -> NonZero {
        NonZero::size(size)
    }
}

/// Positions of the elements that are not zero, in C order: one int64 array an axis. NumPy's `where` with one argument.
///
/// # Errors
/// For a 0-d array; inside a trace or a map unless `size` is given.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, NonZero, nonzero};
/// let x = Array::from_vec(vec![3i64, 0, 0, 0, 4, 0, 5, 6, 0], &[3, 3])?;
/// let positions = nonzero(&x, ())?;
/// assert_eq!(positions[0].to_vec::<i64>()?, [0, 1, 2, 2]);
/// assert_eq!(positions[1].to_vec::<i64>()?, [0, 1, 0, 1]);
/// let padded = nonzero([0, 7], NonZero::size(3).fill_value(-1))?;
/// assert_eq!(padded[0].to_vec::<i64>()?, [1, -1, -1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.nonzero.html>
pub fn nonzero<'a>(x: impl Into<Operand<'a>>, options: impl Into<NonZero>) -> Result<Vec<Array>> {
    let x = x.into().into_array();
    x.and_then(|x| positions(x, options.into()))
        .map_err(|error| error.in_op("nonzero"))
}

fn positions(x: Array, options: NonZero) -> Result<Vec<Array>> {
    if x.ndim() == 0 {
        return Err(Error::value(
            "Calling nonzero on 0d arrays is not allowed. Use `atleast_1d(x)` first; for a condition's value there is `truth`",
        ));
    }
    let Some(size) = options.size else {
        return Ok(coordinates(&mask_of(Operand::Owned(x), false)?)?.into_vec());
    };
    let x = x.astype(DType::Bool)?;
    let held = size.min(x.size());
    let count = match options.fill_value {
        0 => None,
        _ => {
            let prim = Prim::Reduce {
                op: ReduceOp::Sum,
                axes: (0..x.ndim()).collect(),
                dtype: DType::Int64,
            };
            Some(bind1(&prim, &mut [Operand::Borrowed(&x)])?)
        }
    };
    let found = bind(&Prim::NonZero { size: held }, &mut [Operand::Borrowed(&x)])?;
    let shape: Dims = smallvec![size];
    let mut filled = Vec::with_capacity(found.len());
    for line in found {
        let mut line = line;
        if held < size {
            let prim = Prim::Pad {
                low: smallvec![0],
                high: smallvec![size - held],
            };
            let zero = beside(&line, Array::from_literal(Literal::zero(DType::Int64))?)?;
            line = bind1(&prim, &mut [Operand::Owned(line), Operand::Owned(zero)])?;
        }
        if let Some(count) = &count {
            let prim = Prim::Iota {
                shape: shape.clone(),
                dtype: DType::Int64,
                axis: 0,
            };
            let numbers = beside(&line, bind1(&prim, &mut [])?)?;
            let count = expand(Operand::Borrowed(count), &shape)?;
            let less = Prim::Binary(Binary::Less);
            let there = bind1(&less, &mut [Operand::Owned(numbers), count])?;
            line = where_(there, line, options.fill_value)?;
        }
        filled.push(line);
    }
    Ok(filled)
}

/// Positions of the elements that are not zero, one row each: shape (number of them, number of axes).
///
/// # Errors
/// Inside a trace or a map, where their number is not known.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::argwhere;
/// assert_eq!(argwhere([[0, 1], [1, 1]])?.to_vec::<i64>()?, [0, 1, 1, 0, 1, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.argwhere.html>
pub fn argwhere<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    fn body(x: Array) -> Result<Array> {
        if x.ndim() == 0 {
            let rows = super::count(&mask_of(Operand::Borrowed(&x), false)?)?;
            return beside(&x, Array::from_vec(Vec::<i64>::new(), &[rows, 0])?);
        }
        let found = positions(x, NonZero::default())?;
        let column: Dims = smallvec![found[0].size(), 1];
        let mut columns: SmallVec<[Operand<'_>; 4]> = SmallVec::new();
        for line in found {
            columns.push(reshape(Operand::Owned(line), &column)?);
        }
        bind1(&Prim::Concatenate { axis: 1 }, &mut columns)
    }
    x.into()
        .into_array()
        .and_then(body)
        .map_err(|error| error.in_op("argwhere"))
}

fn flat(x: Operand<'_>) -> Result<Array> {
    let x = x.into_array()?;
    let shape = smallvec![x.size()];
    reshape(Operand::Owned(x), &shape)?.into_array()
}

/// Positions in the flattened array of the elements that are not zero.
///
/// # Errors
/// As [`argwhere`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::flatnonzero;
/// assert_eq!(flatnonzero([[0, 1], [1, 1]])?.to_vec::<i64>()?, [1, 2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.flatnonzero.html>
pub fn flatnonzero<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    mask_of(x.into(), true)
        .and_then(|mask| Ok(coordinates(&mask)?.remove(0)))
        .map_err(|error| error.in_op("flatnonzero"))
}

/// The elements of an array where a condition (read flat, as the array is) holds.
///
/// # Errors
/// When the condition holds beyond the array's end; as [`argwhere`].
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::extract;
/// assert_eq!(extract([true, false, true], [1, 2, 3])?.to_vec::<i32>()?, [1, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.extract.html>
pub fn extract<'a, 'b>(
    condition: impl Into<Operand<'a>>,
    x: impl Into<Operand<'b>>,
) -> Result<Array> {
    fn body(condition: Operand<'_>, x: Operand<'_>) -> Result<Array> {
        let condition = mask_of(condition, true)?;
        let taken = coordinates(&condition)?.remove(0);
        let prim = Prim::Gather {
            axes: smallvec![AxisIndex::Index],
            index_axes_at: 0,
        };
        bind1(
            &prim,
            &mut [Operand::Owned(flat(x)?), Operand::Owned(taken)],
        )
    }
    body(condition.into(), x.into()).map_err(|error| error.in_op("extract"))
}

impl Array {
    /// Positions of the elements that are not zero: [`nonzero`].
    ///
    /// # Errors
    /// As [`nonzero`].
    pub fn nonzero(&self, options: impl Into<NonZero>) -> Result<Vec<Array>> {
        nonzero(self, options)
    }
}
