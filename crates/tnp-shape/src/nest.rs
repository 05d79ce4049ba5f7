//! `LoopNest`: how to run over operands of one shape with few, long, well-ordered loops; and the memory order of new outputs.

use std::ops::Range;

use smallvec::SmallVec;

use crate::{Axes, Dims, Layout, Strides};

/// The loops that visit every element of several operands of one shape: sizes and strides, outermost first, with axes of
/// size one dropped and neighbours merged wherever every operand allows it. There is always at least one loop.
///
/// # Examples
/// ```
/// use tnp_shape::{Layout, LoopNest};
/// let output = Layout::contiguous(&[2, 3, 4]);
/// let row = Layout::contiguous(&[4]).broadcast_to(&[2, 3, 4])?;
/// let nest = LoopNest::new(&[&output, &row]);
/// assert_eq!(nest.dims(), &[6, 4]);
/// assert_eq!((nest.strides(0), nest.strides(1)), (&[4, 1][..], &[0, 1][..]));
///
/// let mut walk = nest.walk(1);
/// let mut starts = vec![];
/// while let Some(offsets) = walk.next_offsets() {
///     starts.push(offsets[0]);
/// }
/// assert_eq!(starts, [0, 4, 8, 12, 16, 20]);
/// # Ok::<(), tnp_shape::ShapeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoopNest {
    dims: Dims,
    /// One row of `dims.len()` strides for each operand.
    strides: SmallVec<[isize; 12]>,
    offsets: SmallVec<[usize; 4]>,
}

impl LoopNest {
    /// Loops in the order that suits memory: the innermost has the smallest strides, those of the first operand (the output)
    /// before the others'. Axes that the first operand with a stride there runs backwards are reversed. The order in which
    /// elements are visited is therefore unspecified, the same for all operands.
    ///
    /// # Panics
    /// When the operands differ in shape.
    pub fn new(operands: &[&Layout]) -> LoopNest {
        if let Some(nest) = LoopNest::flat(operands) {
            return nest;
        }
        let shape = common_shape(operands);
        let order = sort_axes(shape.len(), |outer, inner| {
            if shape[outer] == 1 || shape[inner] == 1 {
                return None;
            }
            operands.iter().find_map(|layout| {
                let outer = layout.strides()[outer].unsigned_abs();
                let inner = layout.strides()[inner].unsigned_abs();
                (outer != 0 && inner != 0 && outer != inner).then_some(outer < inner)
            })
        });
        LoopNest::build(operands, shape, &order, true)
    }

    /// Loops that visit the elements in C order, for kernels whose result depends on it.
    ///
    /// # Panics
    /// When the operands differ in shape.
    pub fn in_order(operands: &[&Layout]) -> LoopNest {
        if let Some(nest) = LoopNest::flat(operands) {
            return nest;
        }
        let shape = common_shape(operands);
        let order: Axes = (0..shape.len()).collect();
        LoopNest::build(operands, shape, &order, false)
    }

    /// The common case at once: everything contiguous is one loop.
    fn flat(operands: &[&Layout]) -> Option<LoopNest> {
        let shape = common_shape(operands);
        let size = shape.iter().product();
        if size > 1 && !operands.iter().all(|layout| layout.is_contiguous()) {
            return None;
        }
        let mut nest = LoopNest {
            dims: Dims::from_slice(&[size]),
            strides: SmallVec::new(),
            offsets: SmallVec::new(),
        };
        for layout in operands {
            nest.strides.push(1);
            nest.offsets.push(layout.offset());
        }
        Some(nest)
    }

    fn build(operands: &[&Layout], shape: &[usize], order: &[usize], reverse: bool) -> LoopNest {
        let mut offsets: SmallVec<[usize; 4]> = SmallVec::from_elem(0, operands.len());
        for (offset, layout) in offsets.iter_mut().zip(operands) {
            *offset = layout.offset();
        }
        // Room for every axis; `used` loops are open so far.
        let room = order.len();
        let mut used = 0;
        let mut dims = Dims::from_elem(1, room);
        let mut strides: SmallVec<[isize; 12]> = SmallVec::from_elem(0, operands.len() * room);
        for &axis in order {
            let dim = shape[axis];
            if dim == 1 {
                continue;
            }
            let of = |layout: &&Layout| layout.strides()[axis];
            let backwards = reverse
                && operands
                    .iter()
                    .map(of)
                    .find(|s| *s != 0)
                    .is_some_and(|s| s < 0);
            let sign = if backwards { -1 } else { 1 };
            let merges = used > 0
                && operands.iter().enumerate().all(|(k, layout)| {
                    strides[k * room + used - 1] == sign * of(layout) * dim as isize
                });
            if merges {
                dims[used - 1] *= dim;
            } else {
                dims[used] = dim;
                used += 1;
            }
            for (k, layout) in operands.iter().enumerate() {
                let stride = of(layout);
                strides[k * room + used - 1] = sign * stride;
                if backwards {
                    offsets[k] = offsets[k].wrapping_add_signed((dim as isize - 1) * stride);
                }
            }
        }
        if used < room {
            for k in 1..operands.len() {
                strides.copy_within(k * room..k * room + used, k * used);
            }
            strides.truncate(operands.len() * used);
            dims.truncate(used);
        }
        LoopNest {
            dims,
            strides,
            offsets,
        }
    }

    /// Sizes of the loops, outermost first; never empty.
    #[inline]
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Number of loops, at least one.
    #[inline]
    pub fn ndim(&self) -> usize {
        self.dims.len()
    }

    /// Number of operands.
    #[inline]
    pub fn operands(&self) -> usize {
        self.offsets.len()
    }

    /// Strides of an operand in elements, outermost first.
    #[inline]
    pub fn strides(&self, operand: usize) -> &[isize] {
        let ndim = self.dims.len();
        &self.strides[operand * ndim..(operand + 1) * ndim]
    }

    /// Stride of an operand in the innermost loop.
    #[inline]
    pub fn inner_stride(&self, operand: usize) -> isize {
        self.strides[(operand + 1) * self.dims.len() - 1]
    }

    /// Size of the innermost loop.
    #[inline]
    pub fn inner_len(&self) -> usize {
        self.dims[self.dims.len() - 1]
    }

    /// Position of an operand's first element.
    #[inline]
    pub fn offset(&self, operand: usize) -> usize {
        self.offsets[operand]
    }

    /// Number of elements of each operand.
    #[inline]
    pub fn size(&self) -> usize {
        self.dims.iter().product()
    }

    /// How often the `inner` innermost loops run as a whole: the product of the others, zero when there is no element.
    pub fn outer_count(&self, inner: usize) -> usize {
        if self.dims.contains(&0) {
            return 0;
        }
        self.dims[..self.outer(inner)].iter().product()
    }

    /// Runs over all loops but the `inner` innermost, which are the caller's.
    pub fn walk(&self, inner: usize) -> Walk<'_> {
        self.walk_range(inner, 0..self.outer_count(inner))
    }

    /// As [`LoopNest::walk`], but only over these of the `outer_count(inner)` steps: one thread's share.
    pub fn walk_range(&self, inner: usize, steps: Range<usize>) -> Walk<'_> {
        let outer = self.outer(inner);
        let end = steps.end.min(self.outer_count(inner));
        let mut walk = Walk {
            nest: self,
            counter: SmallVec::from_elem(0, outer),
            offsets: SmallVec::from_slice(&self.offsets),
            left: end.saturating_sub(steps.start),
            started: false,
        };
        if walk.left > 0 && steps.start > 0 {
            walk.seek(steps.start);
        }
        walk
    }

    fn outer(&self, inner: usize) -> usize {
        self.dims.len().saturating_sub(inner)
    }
}

/// Steps through the outer loops of a [`LoopNest`], keeping each operand's position; additions only, no division.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    nest: &'a LoopNest,
    counter: SmallVec<[usize; 4]>,
    offsets: SmallVec<[usize; 4]>,
    left: usize,
    started: bool,
}

impl Walk<'_> {
    /// The position of each operand at the next step; `None` after the last.
    #[inline]
    pub fn next_offsets(&mut self) -> Option<&[usize]> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        if self.started {
            self.step();
        }
        self.started = true;
        Some(&self.offsets)
    }

    /// Number of steps still to come.
    #[inline]
    pub fn steps_left(&self) -> usize {
        self.left
    }

    /// Where the last step was, one number for each outer loop.
    #[inline]
    pub fn counter(&self) -> &[usize] {
        &self.counter
    }

    #[inline]
    fn step(&mut self) {
        let ndim = self.nest.dims.len();
        for axis in (0..self.counter.len()).rev() {
            let strides = self.nest.strides.iter().skip(axis).step_by(ndim);
            self.counter[axis] += 1;
            if self.counter[axis] < self.nest.dims[axis] {
                for (offset, &stride) in self.offsets.iter_mut().zip(strides) {
                    *offset = offset.wrapping_add_signed(stride);
                }
                return;
            }
            self.counter[axis] = 0;
            let back = 1 - self.nest.dims[axis] as isize;
            for (offset, &stride) in self.offsets.iter_mut().zip(strides) {
                *offset = offset.wrapping_add_signed(back * stride);
            }
        }
    }

    fn seek(&mut self, step: usize) {
        let ndim = self.nest.dims.len();
        let mut rest = step;
        for axis in (0..self.counter.len()).rev() {
            let dim = self.nest.dims[axis];
            let index = rest % dim;
            rest /= dim;
            self.counter[axis] = index;
            let strides = self.nest.strides.iter().skip(axis).step_by(ndim);
            for (offset, &stride) in self.offsets.iter_mut().zip(strides) {
                *offset = offset.wrapping_add_signed(index as isize * stride);
            }
        }
    }
}

impl Layout {
    /// The layout of a fresh output of this shape in NumPy's order `K`: without gaps, its axes in the order in which the
    /// inputs' axes lie in memory, C order where they disagree or do not say.
    ///
    /// # Panics
    /// When an input does not broadcast to the shape.
    ///
    /// # Examples
    /// ```
    /// use tnp_shape::Layout;
    /// let transposed = Layout::contiguous(&[2, 3]).transpose(&[1, 0])?;
    /// assert_eq!(Layout::keep_order(&[3, 2], &[&transposed]).strides(), &[1, 3]);
    /// # Ok::<(), tnp_shape::ShapeError>(())
    /// ```
    pub fn keep_order(shape: &[usize], inputs: &[&Layout]) -> Layout {
        if inputs.iter().all(|input| input.is_contiguous()) {
            return Layout::contiguous(shape);
        }
        let stride = |input: &Layout, axis: usize| {
            let missing = shape.len() - input.ndim();
            match axis.checked_sub(missing) {
                Some(own) if input.shape()[own] != 1 => input.strides()[own].unsigned_abs(),
                _ => 0,
            }
        };
        let order = sort_axes(shape.len(), |outer, inner| {
            let mut verdict = None;
            for input in inputs {
                let (outer, inner) = (stride(input, outer), stride(input, inner));
                if outer != 0 && inner != 0 {
                    // One input that has them in C order outvotes all others, as in NumPy's iterator.
                    verdict = Some(outer < inner && verdict != Some(false));
                }
            }
            verdict
        });
        let mut strides = Strides::from_elem(0, shape.len());
        let mut step = 1isize;
        for &axis in order.iter().rev() {
            strides[axis] = step;
            step *= shape[axis].max(1) as isize;
        }
        Layout::from_parts(shape.into(), strides, 0)
    }
}

/// Axes outermost first. `swap(outer, inner)` says whether two axes that lie in C order should change places; `None` where
/// nothing tells. That is no total order (a broadcast axis compares with none), hence an insertion sort that looks past
/// undecided neighbours, as NumPy's iterator does.
fn sort_axes(ndim: usize, swap: impl Fn(usize, usize) -> Option<bool>) -> Axes {
    // Innermost first while sorting.
    let mut order = Axes::from_elem(0, ndim);
    for position in 0..ndim {
        let axis = ndim - 1 - position;
        let mut target = position;
        for other in (0..position).rev() {
            match swap(axis, order[other]) {
                Some(true) => target = other,
                Some(false) => break,
                None => {}
            }
        }
        order.copy_within(target..position, target + 1);
        order[target] = axis;
    }
    order.reverse();
    order
}

fn common_shape<'a>(operands: &[&'a Layout]) -> &'a [usize] {
    let Some((first, rest)) = operands.split_first() else {
        return &[];
    };
    for other in rest {
        assert_eq!(
            first.shape(),
            other.shape(),
            "operands of one loop nest have one shape"
        );
    }
    first.shape()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Layouts of one shape: transposed, reversed, strided and broadcast views of fresh arrays.
    fn operands() -> impl Strategy<Value = Vec<Layout>> {
        let axis = (
            0usize..4,
            prop::collection::vec((any::<bool>(), any::<bool>(), 1isize..3), 3),
        );
        (
            prop::collection::vec(axis, 0..4),
            Just(()).prop_perturb(|(), mut rng| rng.next_u64()),
        )
            .prop_map(|(axes, seed)| (0..3).map(|k| operand(&axes, k, seed)).collect())
    }

    /// Size of an axis and, for each operand, whether it is broadcast, whether it runs backwards, and its step.
    type Axis = (usize, Vec<(bool, bool, isize)>);

    fn operand(axes: &[Axis], k: usize, seed: u64) -> Layout {
        let shape: Dims = axes.iter().map(|(dim, _)| *dim).collect();
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|axis| (seed >> (k * 9 + axis * 3)) & 7);
        let mut strides = Strides::from_elem(0, axes.len());
        let (mut step, mut offset) = (1isize, 0isize);
        for axis in order {
            let (broadcast, backwards, every) = axes[axis].1[k];
            if broadcast && k > 0 {
                continue;
            }
            let dim = axes[axis].0.max(1) as isize;
            strides[axis] = step * every * if backwards { -1 } else { 1 };
            if backwards {
                offset += (dim - 1) * step * every;
            }
            step *= every * dim;
        }
        Layout::from_parts(shape, strides, offset as usize)
    }

    /// Positions of all operands, element by element, in C order.
    fn positions(operands: &[Layout]) -> Vec<Vec<usize>> {
        let shape = operands[0].shape();
        (0..operands[0].size())
            .map(|flat| {
                let index = crate::unravel_index(flat, shape).unwrap();
                let at = |layout: &Layout| {
                    let moved = index.iter().zip(layout.strides());
                    let moved: isize = moved.map(|(&i, &stride)| i as isize * stride).sum();
                    (layout.offset() as isize + moved) as usize
                };
                operands.iter().map(at).collect()
            })
            .collect()
    }

    fn visited(nest: &LoopNest, inner: usize, cut: usize) -> Vec<Vec<usize>> {
        let mut seen = vec![];
        let total = nest.outer_count(inner);
        let cut = cut.min(total);
        for steps in [0..cut, cut..total] {
            let mut walk = nest.walk_range(inner, steps);
            while let Some(start) = walk.next_offsets() {
                let start = start.to_vec();
                let dims: Dims = nest.dims()[nest.ndim().saturating_sub(inner)..].into();
                let rows: Vec<Layout> = (0..nest.operands())
                    .map(|k| {
                        let strides = &nest.strides(k)[nest.ndim().saturating_sub(inner)..];
                        Layout::from_parts(dims.clone(), strides.into(), start[k])
                    })
                    .collect();
                seen.extend(positions(&rows));
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn every_element_is_visited_once_with_its_partners(
            operands in operands(), inner in 0usize..3, cut in 0usize..20,
        ) {
            let borrowed: Vec<&Layout> = operands.iter().collect();
            let mut expected = positions(&operands);
            let in_order = LoopNest::in_order(&borrowed);
            prop_assert_eq!(visited(&in_order, inner, cut), expected.clone());
            let nest = LoopNest::new(&borrowed);
            let mut seen = visited(&nest, inner, cut);
            seen.sort();
            expected.sort();
            prop_assert_eq!(seen, expected);
            prop_assert!(nest.ndim() >= 1);
            prop_assert!(nest.strides(0).iter().all(|&stride| stride >= 0) || nest.size() == 0);
            let descending = nest.strides(0).windows(2).all(|pair| pair[0].abs() >= pair[1].abs());
            prop_assert!(descending || nest.size() == 0);
        }

        #[test]
        fn kept_order_is_a_packed_permutation(operands in operands()) {
            let borrowed: Vec<&Layout> = operands.iter().collect();
            let output = Layout::keep_order(operands[0].shape(), &borrowed);
            prop_assert!(!output.may_overlap());
            if let Some((low, high)) = output.extent() {
                prop_assert_eq!((low, high + 1), (0, output.size()));
            }
        }
    }

    #[test]
    fn all_that_can_merge_merges() {
        let base = Layout::contiguous(&[4, 5, 6]);
        let reversed = base.flip(&[0, 1, 2]).unwrap();
        let transposed = base.transpose(&[2, 0, 1]).unwrap();
        assert_eq!(LoopNest::new(&[&reversed, &reversed]).dims(), &[120]);
        assert_eq!(LoopNest::new(&[&transposed, &transposed]).dims(), &[120]);
        assert_eq!(LoopNest::in_order(&[&transposed]).dims(), &[6, 20]);
        assert_eq!(LoopNest::new(&[&Layout::contiguous(&[])]).dims(), &[1]);
        assert_eq!(LoopNest::new(&[&Layout::contiguous(&[3, 0])]).dims(), &[0]);
    }

    #[test]
    fn reduced_output_leaves_the_order_to_the_input() {
        let input = Layout::contiguous(&[7, 5]);
        let output = Layout::contiguous(&[5]).broadcast_to(&[7, 5]).unwrap();
        let nest = LoopNest::new(&[&output, &input]);
        assert_eq!((nest.dims(), nest.strides(0)), (&[7, 5][..], &[0, 1][..]));
        let turned = input.reverse_axes();
        let output = Layout::contiguous(&[7]).broadcast_to(&[5, 7]).unwrap();
        let nest = LoopNest::new(&[&output, &turned]);
        assert_eq!((nest.dims(), nest.strides(1)), (&[7, 5][..], &[5, 1][..]));
    }

    /// Strides that NumPy 2.4 gives `a + b` (in elements) for these inputs.
    #[test]
    fn kept_order_is_numpys() {
        let c = Layout::contiguous(&[2, 3, 4]);
        let t = Layout::contiguous(&[4, 3, 2]).reverse_axes();
        let p = Layout::contiguous(&[3, 2, 4])
            .transpose(&[1, 0, 2])
            .unwrap();
        let row = Layout::contiguous(&[4]);
        let strides =
            |inputs: &[&Layout]| Layout::keep_order(&[2, 3, 4], inputs).strides().to_vec();
        assert_eq!(strides(&[&t]), [1, 2, 6]);
        assert_eq!(strides(&[&p]), [4, 8, 1]);
        assert_eq!(strides(&[&t, &c]), [12, 4, 1]);
        assert_eq!(strides(&[&p, &row]), [4, 8, 1]);
        assert_eq!(strides(&[&t, &p]), [4, 8, 1]);
        assert_eq!(strides(&[&row, &t]), [1, 2, 6]);
    }
}
