//! `Layout`: how the elements of a strided array lie in its buffer.

use smallvec::SmallVec;

/// Sizes of the axes; up to four stay inline.
pub type Dims = SmallVec<[usize; 4]>;
/// Distance between neighbours along each axis, in elements; zero where broadcast, negative where reversed.
pub type Strides = SmallVec<[isize; 4]>;

/// Shape, strides and offset of an array over its buffer, all in elements.
///
/// # Examples
/// ```
/// use tnp_shape::Layout;
/// let layout = Layout::contiguous(&[2, 3]);
/// assert_eq!(layout.strides(), &[3, 1]);
/// assert_eq!(layout.size(), 6);
/// assert!(layout.is_contiguous());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    shape: Dims,
    strides: Strides,
    offset: usize,
}

impl Layout {
    /// The layout of a fresh C-order array. The product of `shape` must not overflow; constructors check it beforehand.
    #[inline]
    pub fn contiguous(shape: &[usize]) -> Layout {
        let mut strides = Strides::from_elem(0, shape.len());
        let mut step = 1isize;
        for (stride, &dim) in strides.iter_mut().zip(shape).rev() {
            *stride = step;
            step *= dim.max(1) as isize;
        }
        Layout {
            shape: Dims::from_slice(shape),
            strides,
            offset: 0,
        }
    }

    /// A layout from its parts.
    ///
    /// # Panics
    /// When shape and strides differ in length.
    #[inline]
    pub fn from_parts(shape: Dims, strides: Strides, offset: usize) -> Layout {
        assert_eq!(shape.len(), strides.len(), "one stride for each axis");
        Layout {
            shape,
            strides,
            offset,
        }
    }

    /// Sizes of the axes.
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Strides in elements.
    #[inline]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Position of the first element in the buffer, in elements.
    #[inline]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Number of axes.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    #[inline]
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when the elements lie in C order without gaps (axes of size one do not count; an empty array is contiguous).
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1isize;
        for (&dim, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if dim == 0 {
                return true;
            }
            if dim != 1 {
                if stride != step {
                    return false;
                }
                step *= dim as isize;
            }
        }
        true
    }
}
