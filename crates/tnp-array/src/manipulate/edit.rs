//! Arrays with elements taken out, put in, cut off or written over.

use tnp_backend::{Error, Result, shape_text};
use tnp_dtype::DType;
use tnp_shape::{Dims, Index, normalize_slice};

use super::{reshape_to, stretch};
use crate::args::{Axis, Shape};
use crate::index::IndexArray;
use crate::promote::{array_near, near};
use crate::views::{flat, reshaped, span};
use crate::{Array, IndexMode, Operand};

/// The array and the axis to edit; flat without one.
fn along(x: Operand<'_>, op: &str, axis: &Axis) -> Result<(Array, usize)> {
    let x = x.into_array()?;
    match axis.single(op, x.ndim())? {
        Some(axis) => Ok((x, axis)),
        None => Ok((flat(Operand::Owned(x))?, 0)),
    }
}

fn inside(at: i64, size: usize, axis: usize) -> Result<i64> {
    let len = size as i64;
    if at < -len || at >= len {
        return Err(Error::index(format!(
            "index {at} is out of bounds for axis {axis} with size {size}"
        )));
    }
    Ok(if at < 0 { at + len } else { at })
}

/// The positions along an axis that one index names, and whether it was a bare number. The values of index arrays are read.
fn named(x: &Array, axis: usize, index: &[Index<IndexArray>]) -> Result<(Vec<i64>, bool)> {
    let size = x.shape()[axis];
    let [index] = index else {
        return Err(Error::index(format!(
            "one index is needed, for the one axis: {} were given",
            index.len()
        )));
    };
    match index {
        Index::Int(at) => Ok((vec![*at as i64], true)),
        &Index::Slice { start, stop, step } => {
            let slice = normalize_slice(start, stop, step, size)?;
            let place = |i: usize| slice.start as i64 + slice.step as i64 * i as i64;
            Ok(((0..slice.len).map(place).collect(), false))
        }
        Index::Array(places) => {
            let places = places.resolve(x)?;
            let alone = places.ndim() == 0;
            Ok((places.astype(DType::Int64)?.to_vec::<i64>()?, alone))
        }
        Index::Mask(mask) => {
            let mask = mask.resolve(x)?;
            if mask.shape() != [size] {
                return Err(Error::value(format!(
                    "boolean array argument must be one dimensional and match the axis length of {size}, its shape is {}",
                    shape_text(mask.shape())
                )));
            }
            let holds = mask.to_vec::<bool>()?;
            let places = (0i64..).zip(holds).filter(|(_, holds)| *holds);
            Ok((places.map(|(place, _)| place).collect(), false))
        }
        Index::NewAxis | Index::Ellipsis => Err(Error::index(
            "the index must be a number, a slice, or an array of integers or bools",
        )),
    }
}

/// The slices of an array at positions along an axis; errors bear no name.
fn picked(x: Array, places: Vec<i64>, axis: usize) -> Result<Array> {
    let count = places.len();
    let places = near(&x, || Array::from_vec(places, &[count]))?;
    crate::take(x, places, axis)
}

/// The array without what one index names along an axis; flat without an axis. The index is written with [`s!`](crate::s): a number, a slice, integers or a mask.
///
/// # Errors
/// For positions out of bounds, a mask of another length, an axis the array does not have; for index arrays inside a trace or a map, whose values would decide the shape.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{delete, s};
/// let x = [[1, 2, 3], [4, 5, 6]];
/// assert_eq!(delete(x, s![1], 1)?.to_vec::<i32>()?, [1, 3, 4, 6]);
/// assert_eq!(delete(x, s![[0, -1]], ())?.to_vec::<i32>()?, [2, 3, 4, 5]);
/// assert_eq!(delete(x, s![..;2], 1)?.to_vec::<i32>()?, [2, 5]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.delete.html>
pub fn delete<'a>(
    x: impl Into<Operand<'a>>,
    index: impl AsRef<[Index<IndexArray>]>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    fn body(x: Operand<'_>, index: &[Index<IndexArray>], axis: &Axis) -> Result<Array> {
        let (x, axis) = along(x, "delete", axis)?;
        let size = x.shape()[axis];
        let mut stays = vec![true; size];
        for at in named(&x, axis, index)?.0 {
            stays[inside(at, size, axis)? as usize] = false;
        }
        let left = (0i64..).zip(stays).filter(|(_, stays)| *stays);
        picked(x, left.map(|(place, _)| place).collect(), axis)
    }
    body(x.into(), index.as_ref(), &axis.into()).map_err(|error| error.in_op("delete"))
}

/// The array with values put in before what one index names along an axis; both flat without an axis. The index is written with [`s!`](crate::s).
///
/// The values take the array's dtype and broadcast to what is put in: at one position as many slices as they have along the axis.
///
/// # Errors
/// For positions out of bounds, values that do not broadcast, an axis the array does not have; for index arrays inside a trace or a map, whose values would decide the
/// shape.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{insert, s};
/// let x = [[1, 1], [2, 2], [3, 3]];
/// assert_eq!(insert(x, s![1], 5, ())?.to_vec::<i32>()?, [1, 5, 1, 2, 2, 3, 3]);
/// assert_eq!(insert(x, s![1], [7, 8, 9], 1)?.to_vec::<i32>()?, [1, 7, 1, 2, 8, 2, 3, 9, 3]);
/// assert_eq!(insert([1, 2, 3], s![[0, 2]], [10, 30], ())?.to_vec::<i32>()?, [10, 1, 2, 30, 3]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.insert.html>
pub fn insert<'a, 'b>(
    x: impl Into<Operand<'a>>,
    index: impl AsRef<[Index<IndexArray>]>,
    values: impl Into<Operand<'b>>,
    axis: impl Into<Axis>,
) -> Result<Array> {
    fn body(
        x: Operand<'_>,
        index: &[Index<IndexArray>],
        values: Operand<'_>,
        axis: &Axis,
    ) -> Result<Array> {
        let (x, axis) = along(x, "insert", axis)?;
        let size = x.shape()[axis];
        let (mut places, is_number) = named(&x, axis, index)?;
        for at in &mut places {
            if *at < -(size as i64) || *at > size as i64 {
                return Err(Error::index(format!(
                    "index {at} is out of bounds for axis {axis} with size {size}"
                )));
            }
            *at += if *at < 0 { size as i64 } else { 0 };
        }
        let values = array_near(&x, values)?.astype(x.dtype())?;
        let mut shape = Dims::from_elem(1, x.ndim().saturating_sub(values.ndim()));
        shape.extend_from_slice(values.shape());
        let mut values = reshaped(Operand::Owned(values), shape)?;
        let mut room = Dims::from_slice(x.shape());
        if let [at] = places[..] {
            if is_number {
                // One number makes a place of its own axis: the values lie along the others.
                values = crate::moveaxis(values, 0, axis)?;
            }
            room[axis] = values.shape()[values.ndim() - x.ndim() + axis];
            places = vec![at; room[axis]];
        } else {
            room[axis] = places.len();
        }
        while values.ndim() > x.ndim() && values.shape()[0] == 1 {
            values = crate::squeeze(values, 0)?;
        }
        let fits = tnp_shape::broadcast_shapes(&[values.shape(), &room]);
        if fits.ok().as_ref() != Some(&room) {
            return Err(Error::value(format!(
                "could not broadcast input array from shape {} into shape {}",
                shape_text(values.shape()),
                shape_text(&room)
            )));
        }
        let values = stretch("insert", Operand::Owned(values), &room)?.into_array()?;
        // The new ones lie behind the old; each place takes its new ones in their order, then the old one.
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&new| places[new]);
        let mut order = order.into_iter().peekable();
        let mut from = Vec::with_capacity(size + places.len());
        for old in 0..=size as i64 {
            while let Some(new) = order.next_if(|&new| places[new] == old) {
                from.push(size as i64 + new as i64);
            }
            if old < size as i64 {
                from.push(old);
            }
        }
        picked(crate::concatenate([x, values], axis)?, from, axis)
    }
    body(x.into(), index.as_ref(), values.into(), &axis.into())
        .map_err(|error| error.in_op("insert"))
}

/// An array of a new shape: the elements again and again, or as many as there is room for. Nothing gives zeros.
///
/// # Errors
/// For a negative size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::resize;
/// assert_eq!(resize([[0, 1], [2, 3]], [2, 3])?.to_vec::<i32>()?, [0, 1, 2, 3, 0, 1]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.resize.html>
pub fn resize<'a>(x: impl Into<Operand<'a>>, shape: impl Into<Shape>) -> Result<Array> {
    fn body(x: Operand<'_>, shape: Shape) -> Result<Array> {
        if shape.0.iter().any(|&size| size < 0) {
            return Err(Error::value(
                "all elements of `new_shape` must be non-negative",
            ));
        }
        let shape = shape.dims()?;
        let x = flat(x)?;
        tnp_backend::checked_size(&shape, x.dtype())?;
        let size: usize = shape.iter().product();
        if x.size() == 0 {
            return crate::full_like(&x, 0, crate::Like::shape(&shape));
        }
        let turns = size.div_ceil(x.size());
        let all = if turns > 1 { crate::tile(x, turns)? } else { x };
        let cut = span(Operand::Owned(all), 0, 0, size)?;
        reshape_to("resize", Operand::Owned(cut), shape)
    }
    body(x.into(), shape.into()).map_err(|error| error.in_op("resize"))
}

/// Which ends [`trim_zeros`] cuts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrimZeros {
    /// Keep zeros in front.
    pub keep_front: bool,
    /// Keep zeros at the back.
    pub keep_back: bool,
    /// The axes to cut; all when `None`.
    pub axis: Axis,
}

impl TrimZeros {
    /// At the front alone.
    pub fn front() -> TrimZeros {
        TrimZeros {
            keep_back: true,
            ..TrimZeros::default()
        }
    }

    /// At the back alone.
    pub fn back() -> TrimZeros {
        TrimZeros {
            keep_front: true,
            ..TrimZeros::default()
        }
    }

    /// Along these axes.
    pub fn axis(self, axis: impl Into<Axis>) -> TrimZeros {
        TrimZeros {
            axis: axis.into(),
            ..self
        }
    }
}

impl From<()> for TrimZeros {
    fn from((): ()) -> TrimZeros {
        TrimZeros::default()
    }
}

/// The array without zeros at its ends: the least box that holds all that is not zero. A view.
///
/// Options: which end, the axes.
///
/// # Errors
/// For an axis the array does not have; inside a trace or a map, where the values would decide the shape.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{TrimZeros, trim_zeros};
/// assert_eq!(trim_zeros([0, 0, 1, 0, 2, 0], ())?.to_vec::<i32>()?, [1, 0, 2]);
/// assert_eq!(trim_zeros([0, 0, 1, 0, 2, 0], TrimZeros::back())?.to_vec::<i32>()?, [0, 0, 1, 0, 2]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.trim_zeros.html>
pub fn trim_zeros<'a>(x: impl Into<Operand<'a>>, options: impl Into<TrimZeros>) -> Result<Array> {
    fn body(x: Operand<'_>, options: TrimZeros) -> Result<Array> {
        let mut x = x.into_array()?;
        let axes = crate::reduce::axes_of("trim_zeros", &options.axis, x.ndim())?;
        let mut bounds = Vec::new();
        for axis in 0..x.ndim() {
            let others: Vec<usize> = (0..x.ndim()).filter(|other| *other != axis).collect();
            let holds = crate::any(&x, others)?.to_vec::<bool>()?;
            let first = holds.iter().position(|&holds| holds);
            let last = holds.iter().rposition(|&holds| holds);
            bounds.push(first.zip(last));
        }
        for axis in axes {
            let size = x.shape()[axis];
            // Of nothing but zeros nothing is left, whichever end is cut.
            let (start, len) = match bounds[axis] {
                None => (0, 0),
                Some((first, last)) => {
                    let start = if options.keep_front { 0 } else { first };
                    let end = if options.keep_back { size } else { last + 1 };
                    (start, end - start)
                }
            };
            x = span(Operand::Owned(x), axis, start, len)?;
        }
        Ok(x)
    }
    body(x.into(), options.into()).map_err(|error| error.in_op("trim_zeros"))
}

/// Arrays in nested lists: what [`block`] puts together.
pub enum Blocks<'a> {
    /// One array.
    One(Operand<'a>),
    /// Blocks side by side.
    Many(Vec<Blocks<'a>>),
}

impl<'a, T: Into<Operand<'a>>> From<T> for Blocks<'a> {
    fn from(x: T) -> Blocks<'a> {
        Blocks::One(x.into())
    }
}

impl<'a> Blocks<'a> {
    /// Arrays or blocks in a list.
    pub fn list<T: Into<Blocks<'a>>>(blocks: impl IntoIterator<Item = T>) -> Blocks<'a> {
        Blocks::Many(blocks.into_iter().map(Into::into).collect())
    }

    /// How deep the lists are nested, which must be the same everywhere.
    fn depth(&self) -> Result<usize> {
        let Blocks::Many(parts) = self else {
            return Ok(0);
        };
        let mut depths = parts.iter().map(Blocks::depth);
        let first = match depths.next() {
            Some(depth) => depth?,
            None => return Err(Error::value("List at arrays cannot be empty")),
        };
        for depth in depths {
            if depth? != first {
                return Err(Error::value("List depths are mismatched"));
            }
        }
        Ok(first + 1)
    }

    fn ndim(&self) -> usize {
        match self {
            Blocks::One(x) => x.shape().len(),
            Blocks::Many(parts) => parts.iter().map(Blocks::ndim).max().unwrap_or(0),
        }
    }

    /// The innermost lists are joined along the last axis, those around them along the one before …
    fn joined(self, ndim: usize, depth: usize) -> Result<Array> {
        match self {
            Blocks::One(x) => {
                let mut shape = Dims::from_elem(1, ndim.saturating_sub(x.shape().len()));
                shape.extend_from_slice(x.shape());
                let x = x.into_array()?;
                reshaped(Operand::Owned(x), shape)
            }
            Blocks::Many(parts) => {
                let parts = parts.into_iter().map(|part| part.joined(ndim, depth - 1));
                let parts: Vec<Array> = parts.collect::<Result<_>>()?;
                crate::concatenate(parts, ndim - depth)
            }
        }
    }
}

/// One array of blocks: the innermost lists side by side along the last axis, the lists around them along the one before, and so on.
///
/// # Errors
/// For lists that are empty or differ in depth, and blocks that do not fit.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Blocks, block, eye, zeros};
/// let (i, o) = (eye(2, ())?, zeros([2, 1], ())?);
/// let rows = Blocks::list([Blocks::list([&i, &o]), Blocks::list([&o, &i])]);
/// assert_eq!(block(rows)?.to_vec::<f64>()?, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.block.html>
pub fn block<'a>(blocks: impl Into<Blocks<'a>>) -> Result<Array> {
    fn body(blocks: Blocks<'_>) -> Result<Array> {
        let depth = blocks.depth()?;
        let ndim = blocks.ndim().max(depth);
        blocks.joined(ndim, depth)
    }
    body(blocks.into()).map_err(|error| error.in_op("block"))
}

/// Values again and again (in the array's dtype) up to a length, or as many as there is room for.
fn cycled(x: &Array, values: Operand<'_>, len: usize) -> Result<Option<Array>> {
    let values = flat(Operand::Owned(array_near(x, values)?.astype(x.dtype())?))?;
    if values.size() == 0 {
        return Ok(None);
    }
    let turns = len.div_ceil(values.size());
    let all = match turns {
        0 | 1 => values,
        _ => crate::tile(values, turns)?,
    };
    Ok(Some(span(Operand::Owned(all), 0, 0, len)?))
}

/// The array with values put at positions of the flattened array, again and again when there are fewer. NumPy changes its argument;
/// here the result is a new array, in place when the array is given up.
///
/// # Errors
/// For positions that are not integers or, unless the mode wraps or clips them, out of bounds.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{IndexMode, put};
/// assert_eq!(put([0, 1, 2, 3, 4], [0, 2], [-44, -55], IndexMode::Raise)?.to_vec::<i32>()?, [-44, 1, -55, 3, 4]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.put.html>
pub fn put<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    indices: impl Into<Operand<'b>>,
    values: impl Into<Operand<'c>>,
    mode: IndexMode,
) -> Result<Array> {
    fn body(
        x: Operand<'_>,
        at: Operand<'_>,
        values: Operand<'_>,
        mode: IndexMode,
    ) -> Result<Array> {
        let x = x.into_array()?;
        let at = flat(Operand::Owned(array_near(&x, at)?))?;
        if at.size() > 0 && !(at.dtype().is_integer() || at.dtype().is_bool()) {
            return Err(Error::dtype(format!(
                "Cannot cast array data from dtype('{}') to dtype('int64') according to the rule 'safe'",
                at.dtype()
            )));
        }
        let at = at.astype(DType::Int64)?;
        let Some(values) = cycled(&x, values, at.size())? else {
            return Ok(x);
        };
        let (shape, size) = (Dims::from_slice(x.shape()), x.size() as i64);
        if size == 0 && at.size() > 0 {
            return Err(Error::index("cannot replace elements of an empty array"));
        }
        let at = match mode {
            IndexMode::Raise => at,
            IndexMode::Wrap => crate::remainder(at, size.max(1))?,
            IndexMode::Clip => crate::clip(at, 0, size - 1)?,
        };
        let written = crate::put_along_axis(flat(Operand::Owned(x))?, at, values, 0)?;
        reshaped(Operand::Owned(written), shape)
    }
    body(x.into(), indices.into(), values.into(), mode).map_err(|error| error.in_op("put"))
}

/// The array with values where a mask holds: the value at the same place of the values again and again. A new array; NumPy changes its argument.
///
/// # Errors
/// For a mask of another size.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::putmask;
/// let mask = [false, true, true, true];
/// assert_eq!(putmask([0, 1, 2, 3], mask, [-33, -44])?.to_vec::<i32>()?, [0, -44, -33, -44]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.putmask.html>
pub fn putmask<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    mask: impl Into<Operand<'b>>,
    values: impl Into<Operand<'c>>,
) -> Result<Array> {
    fn body(x: Operand<'_>, mask: Operand<'_>, values: Operand<'_>) -> Result<Array> {
        let x = x.into_array()?;
        let shape = Dims::from_slice(x.shape());
        let mask = array_near(&x, mask)?.astype(DType::Bool)?;
        if mask.size() != x.size() {
            return Err(Error::value("mask and data must be the same size"));
        }
        let Some(values) = cycled(&x, values, x.size())? else {
            return Ok(x);
        };
        let written = crate::where_(
            flat(Operand::Owned(mask))?,
            values,
            flat(Operand::Owned(x))?,
        )?;
        reshaped(Operand::Owned(written), shape)
    }
    body(x.into(), mask.into(), values.into()).map_err(|error| error.in_op("putmask"))
}

/// The array with values where a mask holds: the first value at the first such place, and so on, again and again. A new array; NumPy changes its argument.
///
/// # Errors
/// For a mask of another size, and no values where the mask holds.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::place;
/// let mask = [false, true, true, true];
/// assert_eq!(place([0, 1, 2, 3], mask, [44, 55])?.to_vec::<i32>()?, [0, 44, 55, 44]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.place.html>
pub fn place<'a, 'b, 'c>(
    x: impl Into<Operand<'a>>,
    mask: impl Into<Operand<'b>>,
    values: impl Into<Operand<'c>>,
) -> Result<Array> {
    fn body(x: Operand<'_>, mask: Operand<'_>, values: Operand<'_>) -> Result<Array> {
        let x = x.into_array()?;
        let shape = Dims::from_slice(x.shape());
        let mask = array_near(&x, mask)?.astype(DType::Bool)?;
        if mask.size() != x.size() {
            return Err(Error::value("place: mask and data must be the same size"));
        }
        let mask = flat(Operand::Owned(mask))?;
        let values = flat(Operand::Owned(array_near(&x, values)?.astype(x.dtype())?))?;
        if values.size() == 0 {
            if mask.tensor().is_err() || crate::any(&mask, ())?.truth()? {
                return Err(Error::value("Cannot insert from an empty array!"));
            }
            return Ok(x);
        }
        let number = crate::subtract(crate::cumsum(&mask, ())?.astype(DType::Int64)?, 1)?;
        let number = crate::remainder(number, values.size() as i64)?;
        let values = crate::take(values, number, 0)?;
        let written = crate::where_(mask, values, flat(Operand::Owned(x))?)?;
        reshaped(Operand::Owned(written), shape)
    }
    body(x.into(), mask.into(), values.into()).map_err(|error| error.in_op("place"))
}
