//! Arrays with a pattern: identity matrices, triangles, diagonals, grids of coordinates.

use tnp_backend::prim::{AxisIndex, Binary, Prim, ScatterOp};
use tnp_backend::{Error, Result, checked_size};
use tnp_dtype::{DType, Literal, default_fill_float};
use tnp_shape::Dims;

use crate::args::DTypeArg;
use crate::bind::bind1;
use crate::manipulate::{diagonal_of, diagonals, ravelled, reshape_to, stretch};
use crate::promote::{at_home, constant, home};
use crate::{Array, Diagonal, Operand, Operands, Order, nonzero};

/// A matrix of zeros with values on a diagonal: a flat array of which every `columns + 1`-th element is set.
fn with_diagonal(op: &str, rows: usize, columns: usize, k: isize, values: Array) -> Result<Array> {
    let dtype = values.dtype();
    let shape = Dims::from_slice(&[rows, columns]);
    let size = checked_size(&shape, dtype).map_err(|error| error.in_op(op))?;
    let zeros = Prim::Full {
        shape: Dims::from_slice(&[size]),
        value: Literal::zero(dtype),
    };
    let home = home(&[&Operand::Borrowed(&values)]);
    let zeros = at_home(home, || bind1(&zeros, &mut [])).map_err(|error| error.in_op(op))?;
    let spec = diagonal_of(rows, columns, k);
    if spec.len == 0 {
        return reshape_to(op, Operand::Owned(zeros), shape);
    }
    let scatter = Prim::Scatter {
        op: ScatterOp::Set,
        axes: [AxisIndex::Slice(spec)].into_iter().collect(),
        index_axes_at: 0,
    };
    let flat = bind1(
        &scatter,
        &mut [Operand::Owned(zeros), Operand::Owned(values)],
    )
    .map_err(|error| error.in_op(op))?;
    reshape_to(op, Operand::Owned(flat), shape)
}

/// Options of [`eye`] and [`tri`]: the number of columns, how far above the main diagonal, dtype.
///
/// # Examples
/// ```
/// use tnp_array::{DType, Eye};
/// let options = Eye::columns(4).k(1).dtype(DType::Int32);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Eye {
    columns: Option<usize>,
    k: isize,
    dtype: Option<DType>,
}

impl Eye {
    /// So many columns; as many as rows unless said.
    pub fn columns(columns: usize) -> Eye {
        Eye {
            columns: Some(columns),
            ..Eye::default()
        }
    }

    /// The diagonal so far above the main one; below when negative.
    pub fn diagonal(k: isize) -> Eye {
        Eye {
            k,
            ..Eye::default()
        }
    }

    /// The diagonal so far above the main one; below when negative.
    pub fn k(mut self, k: isize) -> Eye {
        self.k = k;
        self
    }

    /// The dtype; float64 unless said.
    pub fn dtype(mut self, dtype: DType) -> Eye {
        self.dtype = Some(dtype);
        self
    }
}

impl From<()> for Eye {
    fn from((): ()) -> Eye {
        Eye::default()
    }
}

impl From<usize> for Eye {
    fn from(columns: usize) -> Eye {
        Eye::columns(columns)
    }
}

impl From<DType> for Eye {
    fn from(dtype: DType) -> Eye {
        Eye::default().dtype(dtype)
    }
}

/// A matrix of `n` rows with ones on a diagonal and zeros elsewhere; see [`Eye`] for the options.
///
/// # Errors
/// For more memory than there is.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, Eye, eye};
/// assert_eq!(eye(2, DType::Int64)?.to_string(), "[[1 0]\n [0 1]]");
/// assert_eq!(eye(2, Eye::columns(3).k(1))?.to_string(), "[[0. 1. 0.]\n [0. 0. 1.]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.eye.html>
pub fn eye(n: usize, options: impl Into<Eye>) -> Result<Array> {
    identity_like("eye", n, options.into())
}

/// The square matrix with ones on its diagonal.
///
/// # Errors
/// For more memory than there is.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.identity.html>
pub fn identity(n: usize, dtype: impl Into<DTypeArg>) -> Result<Array> {
    let dtype = dtype.into().0;
    identity_like(
        "identity",
        n,
        Eye {
            dtype,
            ..Eye::default()
        },
    )
}

fn identity_like(op: &str, n: usize, options: Eye) -> Result<Array> {
    let columns = options.columns.unwrap_or(n);
    let ones = Prim::Full {
        shape: Dims::from_slice(&[diagonal_of(n, columns, options.k).len]),
        value: Literal::one(options.dtype.unwrap_or_else(default_fill_float)),
    };
    let ones = bind1(&ones, &mut []).map_err(|error| error.in_op(op))?;
    with_diagonal(op, n, columns, options.k, ones)
}

/// The diagonal of a matrix (a view), or the matrix of zeros with a 1-D array on its diagonal. `k` counts diagonals from the
/// main one upwards; `()` is 0.
///
/// # Errors
/// For an array of other than one or two axes.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::diag;
/// let x = diag(vec![1i64, 2], ())?;
/// assert_eq!(x.to_string(), "[[1 0]\n [0 2]]");
/// assert_eq!(diag(&x, ())?.to_vec::<i64>()?, [1, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.diag.html>
pub fn diag<'a>(x: impl Into<Operand<'a>>, k: impl Into<DiagonalNumber>) -> Result<Array> {
    const OP: &str = "diag";
    let mut x = x.into();
    let DiagonalNumber(k) = k.into();
    match x.array().map_err(|error| error.in_op(OP))?.ndim() {
        1 => from_diagonal(OP, x, k),
        2 => diagonals(OP, x, Diagonal::offset(k)),
        ndim => Err(Error::value(format!(
            "diag: Input must be 1- or 2-d., it is {ndim}-d"
        ))),
    }
}

/// The number of a diagonal: `()` for the main one, positive above it, negative below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiagonalNumber(pub(super) isize);

impl From<()> for DiagonalNumber {
    fn from((): ()) -> DiagonalNumber {
        DiagonalNumber(0)
    }
}

impl From<i32> for DiagonalNumber {
    fn from(k: i32) -> DiagonalNumber {
        DiagonalNumber(k as isize)
    }
}

impl From<isize> for DiagonalNumber {
    fn from(k: isize) -> DiagonalNumber {
        DiagonalNumber(k)
    }
}

fn from_diagonal(op: &str, x: Operand<'_>, k: isize) -> Result<Array> {
    let values = x.into_array()?.with_weak(false);
    let n = (values.size().checked_add(k.unsigned_abs()))
        .ok_or_else(|| Error::value(format!("{op}: array is too big")))?;
    with_diagonal(op, n, n, k, values)
}

/// The flattened array on a diagonal of a matrix of zeros.
///
/// # Errors
/// For more memory than there is.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.diagflat.html>
pub fn diagflat<'a>(x: impl Into<Operand<'a>>, k: impl Into<DiagonalNumber>) -> Result<Array> {
    let flat = ravelled("diagflat", x.into(), Order::C)?;
    from_diagonal("diagflat", Operand::Owned(flat), k.into().0)
}

/// True at and below a diagonal.
fn below(op: &str, rows: usize, columns: usize, k: isize) -> Result<Array> {
    let shape = Dims::from_slice(&[rows, columns]);
    let count = |axis| {
        let iota = Prim::Iota {
            shape: shape.clone(),
            dtype: DType::Int64,
            axis,
        };
        bind1(&iota, &mut [])
            .map(Operand::Owned)
            .map_err(|error| error.in_op(op))
    };
    // Row numbers lifted by k: row + k >= column, with k kept within what can matter.
    let k = k.clamp(
        -(rows.min(isize::MAX as usize) as isize),
        columns.min(isize::MAX as usize) as isize,
    );
    let column = Prim::Iota {
        shape: Dims::from_slice(&[rows, 1]),
        dtype: DType::Int64,
        axis: 0,
    };
    let lifted = crate::add(bind1(&column, &mut [])?, k as i64)?;
    let lifted = stretch(op, Operand::Owned(lifted), &shape)?;
    bind1(
        &Prim::Binary(Binary::GreaterEqual),
        &mut [lifted, count(1)?],
    )
}

/// A matrix of `n` rows with ones at and below a diagonal; see [`Eye`] for the options.
///
/// # Errors
/// For more memory than there is.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{DType, tri};
/// assert_eq!(tri(2, DType::Int64)?.to_string(), "[[1 0]\n [1 1]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.tri.html>
pub fn tri(n: usize, options: impl Into<Eye>) -> Result<Array> {
    let options = options.into();
    let dtype = options.dtype.unwrap_or_else(default_fill_float);
    let shape = [n, options.columns.unwrap_or(n)];
    if checked_size(&shape, dtype).map_err(|error| error.in_op("tri"))? == 0 {
        return super::zeros(shape, dtype);
    }
    below("tri", n, shape[1], options.k)?.astype(dtype)
}

fn triangle(op: &str, mut x: Operand<'_>, k: isize, lower: bool) -> Result<Array> {
    let array = x.array().map_err(|error| error.in_op(op))?;
    let (dtype, weak) = (array.dtype(), array.is_weak());
    let own = Dims::from_slice(array.shape());
    let (rows, columns) = match own[..] {
        [] => {
            return Err(Error::value(format!(
                "{op}: an array of at least one dimension is needed"
            )));
        }
        [n] => (n, n),
        [.., rows, columns] => (rows, columns),
    };
    let mut shape = own;
    if shape.len() == 1 {
        shape.insert(0, rows);
    }
    let k = if lower { k } else { k.saturating_sub(1) };
    let home = home(&[&x]);
    let mask = at_home(home, || below(op, rows, columns, k))?;
    let mask = stretch(op, Operand::Owned(mask), &shape)?;
    let x = stretch(op, x, &shape)?;
    let Some(array) = x.as_array() else {
        return Err(Error::value(format!("{op}: not an array")));
    };
    let zero = constant(array, Literal::zero(dtype), &shape)?;
    let mut choice = if lower {
        [mask, x, zero]
    } else {
        [mask, zero, x]
    };
    let result = bind1(&Prim::Select, &mut choice).map_err(|error| error.in_op(op))?;
    Ok(result.with_weak(weak))
}

/// The lower triangle of matrices: zeros above diagonal `k` of the last two axes.
///
/// # Errors
/// For a 0-d array.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{arange, tril, triu};
/// let x = arange((1, 5))?.reshape([2, 2])?;
/// assert_eq!(tril(&x, ())?.to_string(), "[[1 0]\n [3 4]]");
/// assert_eq!(triu(&x, 1)?.to_string(), "[[0 2]\n [0 0]]");
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.tril.html>
pub fn tril<'a>(x: impl Into<Operand<'a>>, k: impl Into<DiagonalNumber>) -> Result<Array> {
    triangle("tril", x.into(), k.into().0, true)
}

/// The upper triangle of matrices: zeros below diagonal `k` of the last two axes.
///
/// # Errors
/// For a 0-d array.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.triu.html>
pub fn triu<'a>(x: impl Into<Operand<'a>>, k: impl Into<DiagonalNumber>) -> Result<Array> {
    triangle("triu", x.into(), k.into().0, false)
}

/// How [`meshgrid`] orders axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// Cartesian: the first array runs along the second axis.
    #[default]
    Xy,
    /// Matrix: each array runs along its own axis.
    Ij,
}

/// Options of [`meshgrid`].
#[derive(Clone, Copy, Debug, Default)]
pub struct MeshGrid {
    indexing: Indexing,
    sparse: bool,
    copy: bool,
}

impl MeshGrid {
    /// The order of the axes.
    pub fn indexing(mut self, indexing: Indexing) -> MeshGrid {
        self.indexing = indexing;
        self
    }

    /// Leave the other axes at size one: the arrays broadcast to the grid.
    pub fn sparse(mut self) -> MeshGrid {
        self.sparse = true;
        self
    }

    /// Give each array memory of its own. Values are immutable, so views of stride zero do without.
    pub fn copy(mut self) -> MeshGrid {
        self.copy = true;
        self
    }
}

impl From<()> for MeshGrid {
    fn from((): ()) -> MeshGrid {
        MeshGrid::default()
    }
}

impl From<Indexing> for MeshGrid {
    fn from(indexing: Indexing) -> MeshGrid {
        MeshGrid::default().indexing(indexing)
    }
}

/// Coordinates of a grid: for each array of coordinates along an axis, its value at every point. Views of stride zero.
///
/// # Errors
/// For more points than can be counted.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Indexing, arange, meshgrid};
/// let grid = meshgrid([&arange(2)?, &arange(3)?], ())?;
/// assert_eq!(grid[0].to_string(), "[[0 1]\n [0 1]\n [0 1]]");
/// assert_eq!(meshgrid([&arange(2)?, &arange(3)?], Indexing::Ij)?[0].shape(), [2, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.meshgrid.html>
pub fn meshgrid<'a>(
    arrays: impl Into<Operands<'a>>,
    options: impl Into<MeshGrid>,
) -> Result<Vec<Array>> {
    const OP: &str = "meshgrid";
    let options = options.into();
    let arrays = arrays.into().resolved(OP)?;
    let ndim = arrays.len();
    let axis = |at: usize| match (options.indexing, at) {
        (Indexing::Xy, 0 | 1) if ndim > 1 => 1 - at,
        _ => at,
    };
    let mut grid = Dims::from_elem(1, ndim);
    for (at, x) in arrays.iter().enumerate() {
        grid[axis(at)] = x.as_array().map_or(1, Array::size);
    }
    let coordinate = |(at, x): (usize, Operand<'_>)| {
        let mut shape = Dims::from_elem(1, ndim);
        shape[axis(at)] = grid[axis(at)];
        let x = reshape_to(OP, x, shape)?;
        if !options.sparse {
            checked_size(&grid, x.dtype()).map_err(|error| error.in_op(OP))?;
        }
        let x = match options.sparse {
            true => x,
            false => stretch(OP, Operand::Owned(x), &grid)?.into_array()?,
        };
        if options.copy {
            super::contiguous(x)
        } else {
            Ok(x)
        }
    };
    arrays.into_iter().enumerate().map(coordinate).collect()
}

/// Index arrays of the main diagonal of an array of `ndim` axes (2 with `()`) of `n` elements each.
///
/// # Errors
/// For more memory than there is.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.diag_indices.html>
pub fn diag_indices(n: usize, ndim: impl Into<AxisCount>) -> Result<Vec<Array>> {
    let iota = Prim::Iota {
        shape: Dims::from_slice(&[n]),
        dtype: DType::Int64,
        axis: 0,
    };
    let index = bind1(&iota, &mut []).map_err(|error| error.in_op("diag_indices"))?;
    Ok(vec![index; ndim.into().0])
}

/// A number of axes; `()` for two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AxisCount(usize);

impl From<()> for AxisCount {
    fn from((): ()) -> AxisCount {
        AxisCount(2)
    }
}

impl From<usize> for AxisCount {
    fn from(ndim: usize) -> AxisCount {
        AxisCount(ndim)
    }
}

/// Index arrays that together pick a grid: each 1-D array along an axis of its own. Bool ones give the places that are true.
///
/// # Errors
/// For an array that is not 1-D; for a bool one inside a trace or a map, whose values would decide a size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::ix_;
/// let grid = ix_((vec![0i64, 2], vec![true, false, true]))?;
/// assert_eq!((grid[0].shape(), grid[1].shape()), (&[2, 1][..], &[1, 2][..]));
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.ix_.html>
pub fn ix_<'a>(arrays: impl Into<Operands<'a>>) -> Result<Vec<Array>> {
    const OP: &str = "ix_";
    let arrays = arrays.into().resolved(OP)?;
    let ndim = arrays.len();
    let index = |(at, x): (usize, Operand<'_>)| {
        if x.shape().len() != 1 {
            return Err(Error::value(format!(
                "{OP}: Cross index must be 1 dimensional, number {at} has {} dimensions",
                x.shape().len()
            )));
        }
        let mut x = x.into_array()?;
        // What an empty list becomes holds no index; empty arrays of integers keep their dtype.
        if x.size() == 0 && x.dtype().is_inexact() {
            x = x.astype(DType::Int64)?;
        }
        if x.dtype().is_bool() {
            x = nonzero(x, ()).map_err(|error| error.in_op(OP))?.remove(0);
        }
        let mut shape = Dims::from_elem(1, ndim);
        shape[at] = x.size();
        reshape_to(OP, Operand::Owned(x), shape)
    };
    arrays.into_iter().enumerate().map(index).collect()
}
