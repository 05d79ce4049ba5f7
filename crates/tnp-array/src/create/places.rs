//! Index arrays of patterns: triangles, diagonals, grids; flat positions and positions by axis.

use smallvec::SmallVec;
use tnp_backend::prim::Prim;
use tnp_backend::{Error, Result, checked_size, shape_text};
use tnp_dtype::DType;
use tnp_shape::Dims;

use super::grid::{AxisCount, diag_indices};
use crate::args::{DTypeArg, Flag, Shape};
use crate::bind::bind1;
use crate::manipulate::{Order, stretch};
use crate::promote::{at_home, home, near};
use crate::{Array, IndexMode, Operand, Operands};

/// Where a triangle lies in a matrix: its diagonal, and the columns when there are not as many as rows.
///
/// # Examples
/// ```
/// use tnp_array::Triangle;
/// let options = Triangle::diagonal(1).columns(5);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Triangle {
    /// The diagonal that bounds it: 0 the main one, above it positive.
    pub k: isize,
    /// Columns of the matrix; as many as rows when `None`.
    pub columns: Option<usize>,
}

impl Triangle {
    /// Bounded by this diagonal.
    pub fn diagonal(k: isize) -> Triangle {
        Triangle { k, columns: None }
    }

    /// In a matrix of so many columns.
    pub fn columns(self, columns: usize) -> Triangle {
        Triangle {
            columns: Some(columns),
            ..self
        }
    }
}

impl From<()> for Triangle {
    fn from((): ()) -> Triangle {
        Triangle::default()
    }
}

impl From<i32> for Triangle {
    fn from(k: i32) -> Triangle {
        Triangle::diagonal(k as isize)
    }
}

impl From<isize> for Triangle {
    fn from(k: isize) -> Triangle {
        Triangle::diagonal(k)
    }
}

/// The places on and below a diagonal, or on and above it.
fn triangle(op: &str, rows: usize, options: Triangle, lower: bool) -> Result<Vec<Array>> {
    let columns = options.columns.unwrap_or(rows);
    let shape = [rows, columns];
    checked_size(&shape, DType::Int64).map_err(|error| error.in_op(op))?;
    // Above a diagonal lies what is not below the one before it.
    let bound = options.k.saturating_add(isize::from(lower));
    let below = |row: usize| {
        (row as isize)
            .saturating_add(bound)
            .clamp(0, columns as isize)
    };
    let first = bound.min(0).unsigned_abs().min(rows);
    let full = (columns as isize).saturating_sub(bound).max(0) as usize;
    let ramp = first..full.clamp(first, rows);
    let slope = match ramp.is_empty() {
        true => 0,
        false => (below(ramp.start) + below(ramp.end - 1)) as u128 * ramp.len() as u128 / 2,
    };
    let beneath = slope + (rows - ramp.end) as u128 * columns as u128;
    let (size, visited) = match lower {
        true => (beneath, first..rows),
        false => (rows as u128 * columns as u128 - beneath, 0..ramp.end),
    };
    let visited = if size == 0 { 0..0 } else { visited };
    let too_many = || {
        Error::memory(format!(
            "{op}: index arrays of {size} elements each do not fit into memory"
        ))
    };
    let exact = usize::try_from(size).map_err(|_| too_many())?;
    let (mut is, mut js): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
    let room = is
        .try_reserve_exact(exact)
        .and_then(|()| js.try_reserve_exact(exact));
    room.map_err(|_| too_many())?;
    for row in visited {
        let chosen = match lower {
            true => 0..below(row) as i64,
            false => below(row) as i64..columns as i64,
        };
        is.extend(chosen.clone().map(|_| row as i64));
        js.extend(chosen);
    }
    Ok(vec![
        Array::from_vec(is, &[exact])?,
        Array::from_vec(js, &[exact])?,
    ])
}

/// Index arrays (int64) of the lower triangle of a matrix of `n` rows, on and below a diagonal.
///
/// # Errors
/// When memory runs out.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::tril_indices;
/// let places = tril_indices(2, ())?;
/// assert_eq!((places[0].to_vec::<i64>()?, places[1].to_vec::<i64>()?), (vec![0, 1, 1], vec![0, 0, 1]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.tril_indices.html>
pub fn tril_indices(n: usize, options: impl Into<Triangle>) -> Result<Vec<Array>> {
    triangle("tril_indices", n, options.into(), true)
}

/// Index arrays (int64) of the upper triangle of a matrix of `n` rows, on and above a diagonal.
///
/// # Errors
/// When memory runs out.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::triu_indices;
/// let places = triu_indices(3, 1)?;
/// assert_eq!((places[0].to_vec::<i64>()?, places[1].to_vec::<i64>()?), (vec![0, 0, 1], vec![1, 2, 2]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.triu_indices.html>
pub fn triu_indices(n: usize, options: impl Into<Triangle>) -> Result<Vec<Array>> {
    triangle("triu_indices", n, options.into(), false)
}

/// Rows and columns of a matrix.
fn matrix(op: &str, x: &Operand<'_>) -> Result<(usize, usize)> {
    match *x.shape() {
        [rows, columns] => Ok((rows, columns)),
        _ => Err(Error::value(format!(
            "{op}: input array must be 2-d, it has shape {}",
            shape_text(x.shape())
        ))),
    }
}

/// [`tril_indices`] for the shape of a matrix.
///
/// # Errors
/// When the array is not 2-D.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::tril_indices_from;
/// assert_eq!(tril_indices_from([[1, 2, 3], [4, 5, 6]], -1)?[0].to_vec::<i64>()?, [1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.tril_indices_from.html>
pub fn tril_indices_from<'a>(
    x: impl Into<Operand<'a>>,
    k: impl Into<super::DiagonalNumber>,
) -> Result<Vec<Array>> {
    let x = x.into();
    let (rows, columns) = matrix("tril_indices_from", &x)?;
    let options = Triangle::diagonal(k.into().0).columns(columns);
    at_home(home(&[&x]), || tril_indices(rows, options))
}

/// [`triu_indices`] for the shape of a matrix.
///
/// # Errors
/// When the array is not 2-D.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::triu_indices_from;
/// assert_eq!(triu_indices_from([[1, 2, 3], [4, 5, 6]], 1)?[1].to_vec::<i64>()?, [1, 2, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.triu_indices_from.html>
pub fn triu_indices_from<'a>(
    x: impl Into<Operand<'a>>,
    k: impl Into<super::DiagonalNumber>,
) -> Result<Vec<Array>> {
    let x = x.into();
    let (rows, columns) = matrix("triu_indices_from", &x)?;
    let options = Triangle::diagonal(k.into().0).columns(columns);
    at_home(home(&[&x]), || triu_indices(rows, options))
}

/// Index arrays of where a function keeps a matrix of ones: `mask_indices(n, |ones| triu(ones, 1))`.
///
/// # Errors
/// The function's own.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{mask_indices, triu};
/// let places = mask_indices(3, |ones| triu(ones, 1))?;
/// assert_eq!(places[1].to_vec::<i64>()?, [1, 2, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.mask_indices.html>
pub fn mask_indices(n: usize, mask: impl FnOnce(&Array) -> Result<Array>) -> Result<Vec<Array>> {
    let ones = crate::ones([n, n], DType::Int64)?;
    crate::nonzero(mask(&ones)?, ()).map_err(|error| error.in_op("mask_indices"))
}

/// Index arrays of the main diagonal of an array of two axes or more, all of one size.
///
/// # Errors
/// When the array has fewer axes, or they differ in size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{diag_indices_from, zeros};
/// assert_eq!(diag_indices_from(zeros([2, 2, 2], ()))?.len(), 3);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.diag_indices_from.html>
pub fn diag_indices_from<'a>(x: impl Into<Operand<'a>>) -> Result<Vec<Array>> {
    let mut x = x.into();
    let shape = x
        .array()
        .map_err(|error| error.in_op("diag_indices_from"))?
        .shape();
    if shape.len() < 2 {
        return Err(Error::value(
            "diag_indices_from: input array must be at least 2-d",
        ));
    }
    if shape.iter().any(|&dim| dim != shape[0]) {
        return Err(Error::value(format!(
            "diag_indices_from: All dimensions of input must be of equal length, the shape is {}",
            shape_text(shape)
        )));
    }
    let (size, ndim) = (shape[0], AxisCount::from(shape.len()));
    at_home(home(&[&x]), || diag_indices(size, ndim))
}

fn coordinates(op: &str, shape: Shape, dtype: DTypeArg, sparse: bool) -> Result<Vec<Array>> {
    let dims = shape.dims().map_err(|error| error.in_op(op))?;
    let dtype = dtype.0.unwrap_or(DType::Int64);
    let axis = |(axis, &size): (usize, &usize)| {
        let mut own = Dims::from_elem(1, dims.len());
        own[axis] = size;
        let iota = Prim::Iota {
            shape: own,
            dtype: DType::Int64,
            axis,
        };
        let line = bind1(&iota, &mut [])?.astype(dtype)?;
        match sparse {
            true => Ok(line),
            false => stretch(op, Operand::Owned(line), &dims)?.into_array(),
        }
    };
    dims.iter().enumerate().map(axis).collect()
}

/// The positions along each axis of a grid of a shape, stacked: shape (number of axes, …the shape). int64 by default.
///
/// # Errors
/// For a negative size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::indices;
/// let grid = indices([2, 3], ())?;
/// assert_eq!(grid.shape(), [2, 2, 3]);
/// assert_eq!(grid.to_vec::<i64>()?, [0, 0, 0, 1, 1, 1, 0, 1, 2, 0, 1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.indices.html>
pub fn indices(shape: impl Into<Shape>, dtype: impl Into<DTypeArg>) -> Result<Array> {
    let (shape, dtype) = (shape.into(), dtype.into());
    let lines = coordinates("indices", shape, dtype, false)?;
    if lines.is_empty() {
        return crate::zeros(0, dtype.0.unwrap_or(DType::Int64));
    }
    crate::stack(lines, ()).map_err(|error| error.in_op("indices"))
}

/// [`indices`] as one array an axis, of size one in the others, so that they broadcast to the grid: NumPy's `sparse=True`.
///
/// # Errors
/// For a negative size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::indices_sparse;
/// let grid = indices_sparse([2, 3], ())?;
/// assert_eq!((grid[0].shape(), grid[1].shape()), (&[2, 1][..], &[1, 3][..]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.indices.html>
pub fn indices_sparse(shape: impl Into<Shape>, dtype: impl Into<DTypeArg>) -> Result<Vec<Array>> {
    coordinates("indices", shape.into(), dtype.into(), true)
}

/// What a function makes of the positions of a grid: it gets one array an axis, each of the whole shape (float64 by default).
///
/// # Errors
/// For a negative size; the function's own.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, add, fromfunction};
/// let sums = fromfunction(|at| add(&at[0], &at[1]), [2, 3], DType::Int64)?;
/// assert_eq!(sums.to_vec::<i64>()?, [0, 1, 2, 1, 2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fromfunction.html>
pub fn fromfunction<R>(
    function: impl FnOnce(&[Array]) -> Result<R>,
    shape: impl Into<Shape>,
    dtype: impl Into<DTypeArg>,
) -> Result<R> {
    let dtype = dtype.into().0.unwrap_or(DType::Float64);
    let at = coordinates("fromfunction", shape.into(), dtype.into(), false)?;
    function(&at)
}

fn whole(op: &str, x: Operand<'_>) -> Result<Array> {
    let x = x.into_array().map_err(|error| error.in_op(op))?;
    if !x.dtype().is_integer() && x.size() > 0 {
        return Err(Error::dtype(format!(
            "{op}: only int indices permitted, the dtype is {}",
            x.dtype()
        )));
    }
    x.astype(DType::Int64)
}

/// The number of elements of a shape, or an error where it cannot be counted.
fn count(op: &str, dims: &[usize]) -> Result<i64> {
    let size = dims.iter().try_fold(1i64, |size, &dim| {
        size.checked_mul(i64::try_from(dim).ok()?)
    });
    size.ok_or_else(|| {
        Error::value(format!(
            "{op}: dimensions are too large; arrays and shapes with a total size greater than 'intp' are not supported."
        ))
    })
}

/// Values of an index array, where there are any to be checked.
fn known(x: &Array) -> Option<Vec<i64>> {
    // In a trace or a map there is no value: the index that is out of bounds is reported by what uses it.
    x.tensor().ok()?;
    x.to_vec::<i64>().ok()
}

/// Flat positions as positions along each axis of a shape: one int64 array an axis, in the shape of the positions.
///
/// # Errors
/// For positions that are not integers, or out of bounds (not seen inside a trace or a map, where there are no values).
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Order, unravel_index};
/// let at = unravel_index([22, 41, 37], [7, 6], ())?;
/// assert_eq!((at[0].to_vec::<i64>()?, at[1].to_vec::<i64>()?), (vec![3, 6, 6], vec![4, 5, 1]));
/// let at = unravel_index([31, 41, 13], [7, 6], Order::F)?;
/// assert_eq!((at[0].to_vec::<i64>()?, at[1].to_vec::<i64>()?), (vec![3, 6, 6], vec![4, 5, 1]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.unravel_index.html>
pub fn unravel_index<'a>(
    indices: impl Into<Operand<'a>>,
    shape: impl Into<Shape>,
    order: impl Into<Order>,
) -> Result<Vec<Array>> {
    fn body(x: Operand<'_>, shape: &Shape, order: Order) -> Result<Vec<Array>> {
        const OP: &str = "unravel_index";
        let dims = shape.dims().map_err(|error| error.in_op(OP))?;
        let (mut rest, size) = (whole(OP, x)?, count(OP, &dims)?);
        if let Some(values) = known(&rest) {
            for value in values {
                if value < 0 || value >= size {
                    return Err(Error::value(format!(
                        "{OP}: index {value} is out of bounds for array with size {size}"
                    )));
                }
            }
        }
        let mut places: SmallVec<[usize; 4]> = (0..dims.len()).collect();
        if !matches!(order, Order::F) {
            places.reverse();
        }
        let mut lines = vec![None; dims.len()];
        for &axis in &places {
            let size = dims[axis].max(1) as i64;
            lines[axis] = Some(crate::remainder(&rest, size)?);
            rest = crate::floor_divide(rest, size)?;
        }
        Ok(lines.into_iter().flatten().collect())
    }
    body(indices.into(), &shape.into(), order.into())
}

/// How [`ravel_multi_index`] takes positions out of bounds, for each axis, and in which order it counts.
///
/// # Examples
/// ```
/// use tnp_array::{IndexMode, Order, RavelIndex};
/// let options = RavelIndex::modes([IndexMode::Clip, IndexMode::Wrap]).order(Order::F);
/// ```
#[derive(Clone, Debug, Default)]
pub struct RavelIndex {
    /// For each axis, or one for all; an error by default.
    pub modes: SmallVec<[IndexMode; 2]>,
    /// C by default: the last axis runs fastest.
    pub order: Order,
}

impl RavelIndex {
    /// One mode for all axes.
    pub fn mode(mode: IndexMode) -> RavelIndex {
        RavelIndex::modes([mode])
    }

    /// A mode for each axis.
    pub fn modes(modes: impl IntoIterator<Item = IndexMode>) -> RavelIndex {
        RavelIndex {
            modes: modes.into_iter().collect(),
            order: Order::default(),
        }
    }

    /// Which axis runs fastest.
    pub fn order(self, order: Order) -> RavelIndex {
        RavelIndex { order, ..self }
    }
}

impl From<()> for RavelIndex {
    fn from((): ()) -> RavelIndex {
        RavelIndex::default()
    }
}

impl From<IndexMode> for RavelIndex {
    fn from(mode: IndexMode) -> RavelIndex {
        RavelIndex::mode(mode)
    }
}

/// Positions along each axis of a shape as flat positions (int64); the arrays broadcast together.
///
/// # Errors
/// For positions that are not integers or out of bounds (unless the mode clips or wraps them, or in a trace or a map, where there are no values
/// to look at), and another number of arrays than axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{IndexMode, ravel_multi_index};
/// assert_eq!(ravel_multi_index([[3, 6, 6], [4, 5, 1]], [7, 6], ())?.to_vec::<i64>()?, [22, 41, 37]);
/// assert_eq!(ravel_multi_index([[3, 7], [4, 6]], [7, 6], IndexMode::Clip)?.to_vec::<i64>()?, [22, 41]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.ravel_multi_index.html>
pub fn ravel_multi_index<'a>(
    multi_index: impl Into<Operands<'a>>,
    shape: impl Into<Shape>,
    options: impl Into<RavelIndex>,
) -> Result<Array> {
    fn body(lines: Vec<Operand<'_>>, shape: &Shape, options: &RavelIndex) -> Result<Array> {
        const OP: &str = "ravel_multi_index";
        let dims = shape.dims().map_err(|error| error.in_op(OP))?;
        if lines.len() != dims.len() {
            return Err(Error::value(format!(
                "{OP}: parameter multi_index must be a sequence of length {}, it has {}",
                dims.len(),
                lines.len()
            )));
        }
        count(OP, &dims)?;
        let mode = |axis: usize| match &options.modes[..] {
            [] => Ok(IndexMode::Raise),
            [one] => Ok(*one),
            modes => modes.get(axis).copied().ok_or_else(|| {
                Error::value(format!(
                    "{OP}: there are {} modes for {} axes",
                    modes.len(),
                    dims.len()
                ))
            }),
        };
        let mut order: SmallVec<[usize; 4]> = (0..dims.len()).collect();
        if matches!(options.order, Order::F) {
            order.reverse();
        }
        let mut lines: Vec<Array> = lines
            .into_iter()
            .map(|line| whole(OP, line))
            .collect::<Result<_>>()?;
        for (axis, line) in lines.iter_mut().enumerate() {
            let size = dims[axis] as i64;
            *line = match mode(axis)? {
                IndexMode::Clip => crate::clip(&*line, 0, size - 1)?,
                IndexMode::Wrap => crate::remainder(&*line, size)?,
                IndexMode::Raise => {
                    let inside = |value: &i64| (0..size).contains(value);
                    if known(line).is_some_and(|values| !values.iter().all(inside)) {
                        return Err(Error::value(format!(
                            "{OP}: invalid entry in coordinates array"
                        )));
                    }
                    line.clone()
                }
            };
        }
        let mut flat: Option<Array> = None;
        for axis in order {
            let line = &lines[axis];
            flat = Some(match flat {
                None => line.clone(),
                Some(flat) => crate::add(crate::multiply(flat, dims[axis] as i64)?, line)?,
            });
        }
        flat.ok_or_else(|| Error::value(format!("{OP}: need at least one array")))
    }
    multi_index
        .into()
        .resolved("ravel_multi_index")
        .and_then(|lines| body(lines, &shape.into(), &options.into()))
        .map_err(|error| error.in_op("ravel_multi_index"))
}

/// The array with its main diagonal filled: with one value, or with those of an array, again and again. NumPy changes its argument;
/// here the result is a new array, in place when the array is given up.
///
/// With more than two axes they must be of one size. `wrap` goes on below a tall matrix's square.
///
/// # Errors
/// For fewer axes than two, and sizes that differ where there are more.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, fill_diagonal, zeros};
/// let x = zeros([2, 3], DType::Int64)?;
/// assert_eq!(fill_diagonal(x, 5, ())?.to_vec::<i64>()?, [5, 0, 0, 0, 5, 0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.fill_diagonal.html>
pub fn fill_diagonal<'a, 'b>(
    x: impl Into<Operand<'a>>,
    value: impl Into<Operand<'b>>,
    wrap: impl Into<Flag>,
) -> Result<Array> {
    fn body(x: Operand<'_>, value: Operand<'_>, wrap: bool) -> Result<Array> {
        let x = x.into_array()?;
        let shape = Dims::from_slice(x.shape());
        if shape.len() < 2 {
            return Err(Error::value("array must be at least 2-d"));
        }
        let (step, mut end) = if shape.len() == 2 {
            (shape[1] + 1, x.size())
        } else {
            if shape.iter().any(|&dim| dim != shape[0]) {
                return Err(Error::value(format!(
                    "All dimensions of input must be of equal length, the shape is {}",
                    shape_text(&shape)
                )));
            }
            // One step along every axis at once.
            let step =
                shape
                    .iter()
                    .rev()
                    .skip(1)
                    .try_fold((1usize, 1usize), |(sum, stride), &dim| {
                        let stride = stride.checked_mul(dim)?;
                        Some((sum.checked_add(stride)?, stride))
                    });
            (step.map_or(1, |(step, _)| step), x.size())
        };
        if shape.len() == 2 && !wrap {
            end = end.min(shape[1] * shape[1]);
        }
        let places: Vec<i64> = (0..end).step_by(step).map(|at| at as i64).collect();
        let count = places.len();
        let places = near(&x, || Array::from_vec(places, &[count]))?;
        let value = match value {
            Operand::Scalar(_) => value,
            value => {
                let value = crate::views::flat(value)?;
                if value.size() == 1 {
                    Operand::Owned(value)
                } else if value.size() == 0 {
                    return Ok(x);
                } else {
                    let turns = count.div_ceil(value.size());
                    let all = crate::tile(value, turns)?;
                    Operand::Owned(crate::views::span(Operand::Owned(all), 0, 0, count)?)
                }
            }
        };
        let flat = crate::views::flat(Operand::Owned(x))?;
        let filled = crate::put_along_axis(flat, places, value, 0)?;
        crate::views::reshaped(Operand::Owned(filled), shape)
    }
    body(x.into(), value.into(), wrap.into().0).map_err(|error| error.in_op("fill_diagonal"))
}
