//! `Layout`: how the elements of a strided array lie in its buffer. Making views of it is in `layout/view.rs`.

mod reshape;
mod view;

pub use view::AxisSlice;

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
#[derive(PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    shape: Dims,
    strides: Strides,
    offset: usize,
}

impl Clone for Layout {
    /// By whole lists: `SmallVec`'s own clone goes element by element, which is what most of a tiny operation would cost.
    #[inline]
    fn clone(&self) -> Layout {
        Layout {
            shape: copied(&self.shape),
            strides: copied(&self.strides),
            offset: self.offset,
        }
    }
}

impl Layout {
    /// The layout of a fresh C-order array. The product of `shape` must not overflow; constructors check it beforehand.
    #[inline]
    pub fn contiguous(shape: &[usize]) -> Layout {
        let (mut dims, mut strides) = (blank(shape.len()), blank(shape.len()));
        let mut step = 1isize;
        for ((&dim, own), stride) in shape.iter().zip(&mut dims).zip(&mut strides).rev() {
            (*own, *stride) = (dim, step);
            step *= dim.max(1) as isize;
        }
        Layout {
            shape: dims,
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
        packed(self.shape.iter().zip(&self.strides).rev()) || self.is_empty()
    }

    /// True when the elements lie in Fortran order without gaps, the first axis running fastest; conventions as in [`Layout::is_contiguous`].
    #[inline]
    pub fn is_f_contiguous(&self) -> bool {
        packed(self.shape.iter().zip(&self.strides)) || self.is_empty()
    }

    /// True when there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The least and the greatest position in the buffer that an element takes; `None` for an empty array.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let layout = Layout::contiguous(&[2, 3]).flip(&[1])?;
    /// assert_eq!(layout.offset(), 2);
    /// assert_eq!(layout.extent(), Some((0, 5)));
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn extent(&self) -> Option<(usize, usize)> {
        if self.is_empty() {
            return None;
        }
        let (mut low, mut high) = (self.offset, self.offset);
        for (&dim, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = stride * (dim as isize - 1);
            if reach < 0 {
                low = low.wrapping_add_signed(reach);
            } else {
                high = high.wrapping_add_signed(reach);
            }
        }
        Some((low, high))
    }

    /// True when some axis is broadcast: longer than one, with stride zero.
    #[inline]
    pub fn is_broadcast(&self) -> bool {
        !self.is_empty()
            && (self.shape.iter().zip(&self.strides)).any(|(&dim, &stride)| dim > 1 && stride == 0)
    }

    /// True when two elements may share a position: broadcast axes, sliding windows. Certain when false; when true, rare
    /// interleaved strides may still keep all elements apart.
    pub fn may_overlap(&self) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut axes: SmallVec<[(usize, usize); 4]> = (self.shape.iter().zip(&self.strides))
            .filter(|(dim, _)| **dim > 1)
            .map(|(&dim, &stride)| (stride.unsigned_abs(), dim))
            .collect();
        axes.sort_unstable();
        let mut reach = 0;
        for (stride, dim) in axes {
            if stride <= reach {
                return true;
            }
            reach += stride * (dim - 1);
        }
        false
    }
}

/// So many zeros. Where they lie inside the list itself all of its room is set: that is two instructions, and a loop over the
/// length is a call.
#[inline]
pub(crate) fn blank<T: Copy + Default>(len: usize) -> SmallVec<[T; 4]> {
    match len {
        few @ ..=4 => SmallVec::from_buf_and_len([T::default(); 4], few),
        many => SmallVec::from_elem(T::default(), many),
    }
}

/// The same numbers; those that lie inside the list itself are copied at once, however many they are.
#[inline]
fn copied<T: Copy>(list: &SmallVec<[T; 4]>) -> SmallVec<[T; 4]> {
    match list.spilled() {
        true => SmallVec::from_slice(list),
        // SAFETY: the list owns no memory elsewhere, so that its bits are a list of their own.
        false => unsafe { std::ptr::read(list) },
    }
}

/// Whether the axes, innermost first, follow each other without gaps. False for some empty arrays: ask that apart.
fn packed<'a>(axes: impl Iterator<Item = (&'a usize, &'a isize)>) -> bool {
    let mut step = 1isize;
    for (&dim, &stride) in axes {
        if dim != 1 {
            if stride != step {
                return false;
            }
            step *= dim as isize;
        }
    }
    true
}
