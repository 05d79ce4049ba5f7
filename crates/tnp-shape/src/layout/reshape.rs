//! Reshaping without a copy, where strides allow it.

use super::{Dims, Layout, Strides};

impl Layout {
    /// The layout of the same elements, read in C order, in another shape of the same size; `None` when no strides say
    /// that and the elements have to be copied (or when the sizes differ).
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let layout = Layout::contiguous(&[4, 6]);
    /// assert_eq!(layout.reshape(&[2, 2, 6]), Some(Layout::contiguous(&[2, 2, 6])));
    /// assert_eq!(layout.transpose(&[1, 0])?.reshape(&[24]), None);
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn reshape(&self, shape: &[usize]) -> Option<Layout> {
        let size = shape
            .iter()
            .try_fold(1usize, |size, &dim| size.checked_mul(dim))?;
        if size != self.size() {
            return None;
        }
        if size == 0 || self.is_contiguous() {
            let mut layout = Layout::contiguous(shape);
            layout.offset = self.offset;
            return Some(layout);
        }
        // Runs: old axes merged as far as they go, outermost first. A new axis may split a run, never straddle two.
        let mut runs: smallvec::SmallVec<[(usize, isize); 4]> = smallvec::SmallVec::new();
        for (&dim, &stride) in self.shape.iter().zip(&self.strides) {
            if dim == 1 {
                continue;
            }
            match runs.last_mut() {
                Some((length, outer)) if *outer == stride * dim as isize => {
                    *length *= dim;
                    *outer = stride;
                }
                _ => runs.push((dim, stride)),
            }
        }
        let mut strides = Strides::from_elem(0, shape.len());
        let (mut rest, mut step) = runs.pop().unwrap_or((1, 1));
        for (stride, &dim) in strides.iter_mut().zip(shape).rev() {
            if rest == 1 && dim != 1 {
                (rest, step) = runs.pop()?;
            }
            if !rest.is_multiple_of(dim) {
                return None;
            }
            *stride = step;
            step *= dim as isize;
            rest /= dim;
        }
        Some(Layout {
            shape: Dims::from_slice(shape),
            strides,
            offset: self.offset,
        })
    }
}
