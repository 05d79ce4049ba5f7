//! Shapes and axes as numbers: sizes, broadcasting, axis arguments, flat and multi-dimensional indices.

use smallvec::SmallVec;

use crate::layout::blank;
use crate::{Dims, Result, ShapeProblem};

/// Positions of axes; up to four stay inline.
pub type Axes = SmallVec<[usize; 4]>;

/// The number of elements of a shape.
///
/// # Errors
/// When the product of the sizes does not fit an `isize`. As in NumPy sizes of zero are left out of that check, so that
/// the strides of an empty array cannot overflow either.
///
/// # Examples
/// ```
/// use tnp_shape::size_of_shape;
/// assert_eq!(size_of_shape(&[2, 3])?, 6);
/// assert_eq!(size_of_shape(&[])?, 1);
/// assert!(size_of_shape(&[1 << 40, 1 << 40]).is_err());
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
pub fn size_of_shape(shape: &[usize]) -> Result<usize> {
    let mut product = 1usize;
    let mut empty = false;
    for &dim in shape {
        if dim == 0 {
            empty = true;
            continue;
        }
        product = match product.checked_mul(dim) {
            Some(product) if product <= isize::MAX as usize => product,
            _ => {
                return Err(ShapeProblem::TooBig {
                    shape: shape.into(),
                }
                .into());
            }
        };
    }
    Ok(if empty { 0 } else { product })
}

/// A shape given in signed numbers, with its size checked as by [`size_of_shape`].
///
/// # Errors
/// When a size is negative or there are too many elements.
pub fn shape_from_signed(shape: &[isize]) -> Result<Dims> {
    let mut dims: Dims = blank(shape.len());
    for (size, &dim) in dims.iter_mut().zip(shape) {
        *size = usize::try_from(dim).map_err(|_| ShapeProblem::NegativeDimension(dim))?;
    }
    size_of_shape(&dims)?;
    Ok(dims)
}

/// The shape that `reshape` of `size` elements is asked for, with one -1 replaced by what is left.
///
/// # Errors
/// When the sizes do not multiply to `size`, or more than one is negative.
///
/// # Examples
/// ```
/// use tnp_shape::resolve_reshape;
/// assert_eq!(resolve_reshape(6, &[-1, 2])?.as_slice(), &[3, 2]);
/// let error = resolve_reshape(6, &[4, 2]).unwrap_err();
/// assert_eq!(error.to_string(), "cannot reshape array of size 6 into shape (4,2)");
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
pub fn resolve_reshape(size: usize, shape: &[isize]) -> Result<Dims> {
    let refuse = || ShapeProblem::Reshape {
        size,
        shape: shape.to_vec(),
    };
    let mut unknown = None;
    let mut dims = Dims::from_elem(1, shape.len());
    for (axis, (size, &dim)) in dims.iter_mut().zip(shape).enumerate() {
        if dim >= 0 {
            *size = dim as usize;
        } else if unknown.replace(axis).is_some() {
            let shape = shape.to_vec();
            return Err(ShapeProblem::UnknownDimensions { shape }.into());
        }
    }
    let known = size_of_shape(&dims).map_err(|_| refuse())?;
    match unknown {
        Some(axis) if known != 0 && size.is_multiple_of(known) => dims[axis] = size / known,
        None if known == size => {}
        _ => return Err(refuse().into()),
    }
    Ok(dims)
}

/// An axis counted from the front; negative ones count from the back.
///
/// # Errors
/// When the axis lies outside `-ndim..ndim`.
///
/// # Examples
/// ```
/// use tnp_shape::normalize_axis;
/// assert_eq!(normalize_axis(-1, 3)?, 2);
/// let error = normalize_axis(3, 2).unwrap_err();
/// assert_eq!(error.to_string(), "axis 3 is out of bounds for array of dimension 2");
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
#[inline]
pub fn normalize_axis(axis: isize, ndim: usize) -> Result<usize> {
    let signed = ndim as isize;
    if axis >= signed || axis < -signed {
        return Err(ShapeProblem::Axis { axis, ndim }.into());
    }
    Ok(if axis < 0 { axis + signed } else { axis } as usize)
}

/// Axes counted from the front, in the order given.
///
/// # Errors
/// When an axis is out of bounds or named twice.
pub fn normalize_axes(axes: &[isize], ndim: usize) -> Result<Axes> {
    let mut found = Axes::with_capacity(axes.len());
    for &axis in axes {
        let axis = normalize_axis(axis, ndim)?;
        if found.contains(&axis) {
            return Err(ShapeProblem::RepeatedAxis { axis }.into());
        }
        found.push(axis);
    }
    Ok(found)
}

/// The common shape of operands by NumPy's broadcasting rule; `()` for none.
///
/// # Errors
/// When along some axis two sizes differ and neither is one, or the result has too many elements.
///
/// # Examples
/// ```
/// use tnp_shape::broadcast_shapes;
/// assert_eq!(broadcast_shapes(&[&[2, 1], &[3], &[]])?.as_slice(), &[2, 3]);
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
pub fn broadcast_shapes(shapes: &[&[usize]]) -> Result<Dims> {
    let Some((first, rest)) = shapes.split_first() else {
        return Ok(Dims::new());
    };
    if rest.iter().all(|shape| shape == first) {
        return Ok(Dims::from_slice(first));
    }
    let ndim = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut result = Dims::from_elem(1, ndim);
    for shape in shapes {
        for (common, &dim) in result[ndim - shape.len()..].iter_mut().zip(*shape) {
            if *common == 1 {
                *common = dim;
            } else if dim != 1 && dim != *common {
                let shapes = shapes.iter().map(|&shape| shape.into()).collect();
                return Err(ShapeProblem::Broadcast { shapes }.into());
            }
        }
    }
    size_of_shape(&result)?;
    Ok(result)
}

/// The flat C-order position of a multi-dimensional index.
///
/// # Errors
/// When the index has another number of axes than the shape, or leaves it.
///
/// # Examples
/// ```
/// use tnp_shape::{ravel_index, unravel_index};
/// assert_eq!(ravel_index(&[1, 2], &[2, 3])?, 5);
/// assert_eq!(unravel_index(5, &[2, 3])?.as_slice(), &[1, 2]);
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
pub fn ravel_index(index: &[usize], shape: &[usize]) -> Result<usize> {
    if index.len() != shape.len() {
        return Err(ShapeProblem::TooManyIndices {
            ndim: shape.len(),
            given: index.len(),
        }
        .into());
    }
    let mut position = 0;
    for (axis, (&index, &size)) in index.iter().zip(shape).enumerate() {
        if index >= size {
            return Err(ShapeProblem::Index {
                index: isize::try_from(index).unwrap_or(isize::MAX),
                axis,
                size,
            }
            .into());
        }
        position = position * size + index;
    }
    Ok(position)
}

/// The multi-dimensional index of a flat C-order position.
///
/// # Errors
/// When the position is not below the size of the shape.
pub fn unravel_index(position: usize, shape: &[usize]) -> Result<Dims> {
    let size = size_of_shape(shape)?;
    if position >= size {
        return Err(ShapeProblem::FlatIndex {
            index: position,
            size,
        }
        .into());
    }
    let mut rest = position;
    let mut index = Dims::from_elem(0, shape.len());
    for (index, &size) in index.iter_mut().zip(shape).rev() {
        *index = rest % size;
        rest /= size;
    }
    Ok(index)
}
