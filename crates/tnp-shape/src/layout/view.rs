//! Views: layouts of the same buffer that show its elements otherwise. Each costs O(rank).

use super::{Dims, Layout, Strides};
use crate::{Axes, Result, ShapeProblem, size_of_shape};

/// The elements `start, start + step, …`, `len` of them, of one axis.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AxisSlice {
    /// Position of the first element taken; zero when none is.
    pub start: usize,
    /// Distance to the next; never zero.
    pub step: isize,
    /// How many are taken.
    pub len: usize,
}

impl AxisSlice {
    /// The whole of an axis.
    pub const fn full(size: usize) -> AxisSlice {
        AxisSlice {
            start: 0,
            step: 1,
            len: size,
        }
    }

    /// The stride of what is taken of an axis with this stride.
    #[inline]
    pub(crate) fn stride(&self, stride: isize) -> isize {
        // A step that is never taken may be too large to multiply.
        if self.len > 1 {
            stride * self.step
        } else {
            stride
        }
    }

    /// Whether all that is taken lies in an axis of this size.
    pub fn fits(&self, size: usize) -> bool {
        if self.len == 0 {
            return true;
        }
        let last = self.start as i128 + self.step as i128 * (self.len as i128 - 1);
        self.step != 0 && self.start < size && (0..size as i128).contains(&last)
    }
}

impl Layout {
    /// Repeats axes of size one, and new leading axes, by stride zero: `np.broadcast_to`.
    ///
    /// # Errors
    /// When an axis that is not of size one differs, or `shape` has fewer axes.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let layout = Layout::contiguous(&[3, 1]).broadcast_to(&[2, 3, 4])?;
    /// assert_eq!(layout.strides(), &[0, 1, 0]);
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Layout> {
        if shape == self.shape() {
            return Ok(self.clone());
        }
        let refuse = || ShapeProblem::BroadcastTo {
            from: self.shape.clone(),
            to: shape.into(),
        };
        let new = shape.len().checked_sub(self.ndim()).ok_or_else(refuse)?;
        size_of_shape(shape)?;
        let mut strides = Strides::from_elem(0, shape.len());
        for (axis, (&dim, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            if dim == shape[new + axis] {
                strides[new + axis] = stride;
            } else if dim != 1 {
                return Err(refuse().into());
            }
        }
        Ok(Layout {
            shape: Dims::from_slice(shape),
            strides,
            offset: self.offset,
        })
    }

    /// Reorders the axes: axis `i` of the result is axis `permutation[i]`.
    ///
    /// # Errors
    /// When `permutation` does not name each axis once.
    pub fn transpose(&self, permutation: &[usize]) -> Result<Layout> {
        if permutation.len() != self.ndim() {
            return Err(ShapeProblem::TransposeLength {
                given: permutation.len(),
                ndim: self.ndim(),
            }
            .into());
        }
        self.check_axes(permutation, |axis| ShapeProblem::RepeatedTranspose { axis })?;
        Ok(self.select(permutation))
    }

    /// The axes named, in that order, and no others: the part of a loop that runs over them. The first element stays.
    ///
    /// # Panics
    /// When an axis is out of bounds.
    pub fn select(&self, axes: &[usize]) -> Layout {
        let mut layout = Layout {
            shape: Dims::from_elem(0, axes.len()),
            strides: Strides::from_elem(0, axes.len()),
            offset: self.offset,
        };
        let places = layout.shape.iter_mut().zip(&mut layout.strides);
        for ((dim, stride), &axis) in places.zip(axes) {
            (*dim, *stride) = (self.shape[axis], self.strides[axis]);
        }
        layout
    }

    /// All axes in reverse order: `x.T`.
    pub fn reverse_axes(&self) -> Layout {
        let mut layout = self.clone();
        layout.shape.reverse();
        layout.strides.reverse();
        layout
    }

    /// Takes a slice of each axis.
    ///
    /// # Errors
    /// When there is not one slice for each axis, or one leaves its axis.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::{AxisSlice, Layout};
    /// let last_first = AxisSlice { start: 4, step: -2, len: 3 };
    /// let layout = Layout::contiguous(&[5]).slice(&[last_first])?;
    /// assert_eq!((layout.shape(), layout.strides(), layout.offset()), (&[3][..], &[-2][..], 4));
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn slice(&self, slices: &[AxisSlice]) -> Result<Layout> {
        if slices.len() != self.ndim() {
            return Err(ShapeProblem::SliceAxes {
                slices: slices.len(),
                ndim: self.ndim(),
            }
            .into());
        }
        let mut layout = self.clone();
        for (axis, slice) in slices.iter().enumerate() {
            if !slice.fits(self.shape[axis]) {
                return Err(ShapeProblem::SliceBounds {
                    start: slice.start,
                    step: slice.step,
                    len: slice.len,
                    axis,
                    size: self.shape[axis],
                }
                .into());
            }
            if slice.len > 0 {
                layout.skip(slice.start, self.strides[axis]);
            }
            layout.strides[axis] = slice.stride(self.strides[axis]);
            layout.shape[axis] = slice.len;
        }
        Ok(layout)
    }

    /// One position of the first axis, which goes; `None` when there is none, or it is out of bounds.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let row = Layout::contiguous(&[2, 3]).row(-1);
    /// assert_eq!(row.map(|row| row.offset()), Some(3));
    /// assert_eq!(Layout::contiguous(&[2, 3]).row(2), None);
    /// ```
    #[inline(always)]
    pub fn row(&self, position: isize) -> Option<Layout> {
        let (&size, &stride) = (self.shape.first()?, self.strides.first()?);
        let position = match position < 0 {
            true => position.wrapping_add_unsigned(size),
            false => position,
        };
        if position as usize >= size {
            return None;
        }
        let (shape, strides) = match self.ndim() {
            1 => (Dims::new(), Strides::new()),
            _ => (
                Dims::from_slice(&self.shape[1..]),
                Strides::from_slice(&self.strides[1..]),
            ),
        };
        // In an empty array the first element's place would leave the buffer.
        let offset = match shape.contains(&0) {
            true => self.offset,
            false => self.offset.wrapping_add_signed(position * stride),
        };
        Some(Layout {
            shape,
            strides,
            offset,
        })
    }

    /// A slice of the first axis, in which it lies.
    #[inline]
    pub(crate) fn rows(&self, slice: AxisSlice) -> Layout {
        let mut layout = self.clone();
        if let ([size, ..], [stride, ..]) = (&mut layout.shape[..], &mut layout.strides[..]) {
            let whole = *stride;
            (*size, *stride) = (slice.len, slice.stride(whole));
            layout.skip(slice.start, whole);
        }
        layout
    }

    /// Moves the first element `count` strides along; not in an empty array, whose offset would leave the buffer.
    #[inline]
    fn skip(&mut self, count: usize, stride: isize) {
        if !self.is_empty() {
            self.offset = self.offset.wrapping_add_signed(count as isize * stride);
        }
    }

    /// Inserts axes of size one, which get these positions in the result: `np.expand_dims`.
    ///
    /// # Errors
    /// When a position is named twice or lies outside the result.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// assert_eq!(Layout::contiguous(&[3]).expand_dims(&[0, 2])?.shape(), &[1, 3, 1]);
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn expand_dims(&self, axes: &[usize]) -> Result<Layout> {
        let ndim = self.ndim() + axes.len();
        check_axes(axes, ndim, repeated)?;
        let mut layout = Layout {
            shape: Dims::from_elem(1, ndim),
            strides: Strides::from_elem(0, ndim),
            offset: self.offset,
        };
        let kept = (0..ndim).filter(|axis| !axes.contains(axis));
        for (old, new) in kept.enumerate() {
            layout.shape[new] = self.shape[old];
            layout.strides[new] = self.strides[old];
        }
        Ok(layout)
    }

    /// Drops axes of size one: those named, or all.
    ///
    /// # Errors
    /// When an axis named is out of bounds, named twice or of another size.
    pub fn squeeze(&self, axes: Option<&[usize]>) -> Result<Layout> {
        if let Some(axes) = axes {
            self.check_axes(axes, repeated)?;
            if let Some(&axis) = axes.iter().find(|&&axis| self.shape[axis] != 1) {
                let size = self.shape[axis];
                return Err(ShapeProblem::Squeeze { axis, size }.into());
            }
        }
        let dropped = |axis: usize| match axes {
            Some(axes) => axes.contains(&axis),
            None => self.shape[axis] == 1,
        };
        let kept: Axes = (0..self.ndim()).filter(|&axis| !dropped(axis)).collect();
        Ok(self.select(&kept))
    }

    /// Reverses the elements along the axes named.
    ///
    /// # Errors
    /// When an axis is out of bounds or named twice.
    pub fn flip(&self, axes: &[usize]) -> Result<Layout> {
        self.check_axes(axes, repeated)?;
        let mut layout = self.clone();
        for &axis in axes {
            let (dim, stride) = (self.shape[axis], self.strides[axis]);
            layout.skip(dim.saturating_sub(1), stride);
            layout.strides[axis] = -stride;
        }
        Ok(layout)
    }

    /// The diagonals of the planes of two axes: both go, and the diagonal becomes the last axis. A positive `offset` starts
    /// that much further along `axis2`, a negative one along `axis1`.
    ///
    /// # Errors
    /// When the axes are equal or out of bounds.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let diagonal = Layout::contiguous(&[3, 4]).diagonal(1, 0, 1)?;
    /// assert_eq!((diagonal.shape(), diagonal.strides(), diagonal.offset()), (&[3][..], &[5][..], 1));
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn diagonal(&self, offset: isize, axis1: usize, axis2: usize) -> Result<Layout> {
        self.check_axes(&[axis1, axis2], |axis| ShapeProblem::SameAxes { axis })?;
        let (mut dim1, mut dim2) = (self.shape[axis1], self.shape[axis2]);
        let (stride1, stride2) = (self.strides[axis1], self.strides[axis2]);
        let skipped = offset.unsigned_abs();
        let (dim, stride) = if offset < 0 {
            (&mut dim1, stride1)
        } else {
            (&mut dim2, stride2)
        };
        *dim = dim.saturating_sub(skipped);
        let len = dim1.min(dim2);
        let kept: Axes = (0..self.ndim())
            .filter(|&axis| axis != axis1 && axis != axis2)
            .collect();
        let mut layout = self.select(&kept);
        layout.shape.push(len);
        layout.strides.push(stride1 + stride2);
        if len > 0 {
            layout.skip(skipped, stride);
        }
        Ok(layout)
    }

    /// Windows that slide over the axes named, `window[i]` long on `axes[i]`; their axes come last. An axis may be named
    /// more than once: the later windows slide inside the earlier ones.
    ///
    /// # Errors
    /// When there is not one length for each axis, or a window is longer than what is left of its axis.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let windows = Layout::contiguous(&[5]).sliding_windows(&[3], &[0])?;
    /// assert_eq!((windows.shape(), windows.strides()), (&[3, 3][..], &[1, 1][..]));
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn sliding_windows(&self, window: &[usize], axes: &[usize]) -> Result<Layout> {
        if window.len() != axes.len() {
            return Err(ShapeProblem::WindowAxes {
                lengths: window.len(),
                axes: axes.len(),
            }
            .into());
        }
        let mut layout = self.clone();
        for (&window, &axis) in window.iter().zip(axes) {
            check_axis(axis, self.ndim())?;
            let size = layout.shape[axis];
            if window > size {
                return Err(ShapeProblem::Window { window, axis, size }.into());
            }
            layout.shape[axis] = size - window + 1;
            layout.shape.push(window);
            layout.strides.push(self.strides[axis]);
        }
        size_of_shape(&layout.shape)?;
        Ok(layout)
    }

    /// Any shape and strides over a buffer of `buffer_len` elements, from element `offset` on: `as_strided`, kept within bounds.
    ///
    /// # Errors
    /// When shape and strides differ in length, an element would lie outside the buffer, or there are too many elements.
    pub fn strided(
        shape: &[usize],
        strides: &[isize],
        offset: usize,
        buffer_len: usize,
    ) -> Result<Layout> {
        if shape.len() != strides.len() {
            return Err(ShapeProblem::StrideAxes {
                strides: strides.len(),
                shape: shape.into(),
            }
            .into());
        }
        let size = size_of_shape(shape)?;
        let refuse = || ShapeProblem::StridedBounds {
            shape: shape.into(),
            strides: strides.to_vec(),
            offset,
            len: buffer_len,
        };
        let (mut low, mut high) = (offset as i128, offset as i128);
        for (&dim, &stride) in shape.iter().zip(strides) {
            let reach = stride as i128 * (dim as i128 - 1);
            low = low.saturating_add(reach.min(0));
            high = high.saturating_add(reach.max(0));
        }
        if size > 0 && (low < 0 || high >= buffer_len as i128) || offset > buffer_len {
            return Err(refuse().into());
        }
        // Strides of an empty array are never taken; plain ones keep later arithmetic from overflowing.
        if size == 0 {
            let mut layout = Layout::contiguous(shape);
            layout.offset = offset;
            return Ok(layout);
        }
        let mut layout = Layout::from_parts(shape.into(), strides.into(), offset);
        for (stride, &dim) in layout.strides.iter_mut().zip(shape) {
            if dim == 1 {
                *stride = 0;
            }
        }
        Ok(layout)
    }

    /// The layout in smaller elements, `parts` of which make up one: part `part` of each (the real or imaginary numbers of
    /// complex ones, say).
    pub fn parts(&self, parts: usize, part: usize) -> Layout {
        let mut layout = self.clone();
        layout.offset = self.offset * parts + part;
        for stride in &mut layout.strides {
            *stride *= parts as isize;
        }
        layout
    }

    fn check_axes(&self, axes: &[usize], problem: fn(usize) -> ShapeProblem) -> Result<()> {
        check_axes(axes, self.ndim(), problem)
    }
}

fn repeated(axis: usize) -> ShapeProblem {
    ShapeProblem::RepeatedAxis { axis }
}

fn check_axis(axis: usize, ndim: usize) -> Result<()> {
    if axis >= ndim {
        let axis = isize::try_from(axis).unwrap_or(isize::MAX);
        return Err(ShapeProblem::Axis { axis, ndim }.into());
    }
    Ok(())
}

/// Every axis in bounds, and none twice.
fn check_axes(axes: &[usize], ndim: usize, problem: fn(usize) -> ShapeProblem) -> Result<()> {
    for (position, &axis) in axes.iter().enumerate() {
        check_axis(axis, ndim)?;
        if axes[..position].contains(&axis) {
            return Err(problem(axis).into());
        }
    }
    Ok(())
}
