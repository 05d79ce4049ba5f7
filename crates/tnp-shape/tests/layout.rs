//! Views of layouts against coordinates looked up one by one, and the errors of shapes and axes.

use proptest::prelude::*;
use tnp_shape::{
    AxisSlice, ErrorKind, Layout, Result, broadcast_shapes, normalize_axes, normalize_axis,
    ravel_index, resolve_reshape, shape_from_signed, size_of_shape, unravel_index,
};

/// Position of the element at an index.
fn at(layout: &Layout, index: &[usize]) -> usize {
    assert_eq!(index.len(), layout.ndim());
    let moved: isize = index
        .iter()
        .zip(layout.strides())
        .map(|(&i, &stride)| i as isize * stride)
        .sum();
    (layout.offset() as isize + moved) as usize
}

/// Positions of all elements in C order.
fn elements(layout: &Layout) -> Vec<usize> {
    (0..layout.size())
        .map(|flat| at(layout, &unravel_index(flat, layout.shape()).unwrap()))
        .collect()
}

/// A view made of a fresh array by slices with steps, a permutation and broadcasting.
fn views() -> impl Strategy<Value = Layout> {
    let axis = (0usize..5, 0usize..3, 1isize..3, any::<bool>(), any::<u8>());
    prop::collection::vec(axis, 0..5).prop_map(|axes| {
        let shape: Vec<usize> = axes.iter().map(|axis| axis.0 + axis.1).collect();
        let slices: Vec<AxisSlice> = (axes.iter())
            .map(|&(dim, skipped, step, backwards, _)| {
                let len = dim.div_ceil(step as usize);
                let last = (len.max(1) - 1) * step as usize;
                match (len, backwards) {
                    (0, _) => AxisSlice::full(0),
                    (_, true) => AxisSlice {
                        start: skipped + last,
                        step: -step,
                        len,
                    },
                    (_, false) => AxisSlice {
                        start: skipped,
                        step,
                        len,
                    },
                }
            })
            .collect();
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&axis| axes[axis].4);
        let layout = Layout::contiguous(&shape)
            .slice(&slices)
            .unwrap()
            .transpose(&order)
            .unwrap();
        let stretched: Vec<usize> = (layout.shape().iter().zip(&axes))
            .map(|(&dim, axis)| if dim == 1 && axis.4 % 3 == 0 { 3 } else { dim })
            .collect();
        layout.broadcast_to(&stretched).unwrap()
    })
}

proptest! {
    #[test]
    fn properties_are_those_of_the_elements(view in views()) {
        let positions = elements(&view);
        let span = positions.iter().copied().min().zip(positions.iter().copied().max());
        prop_assert_eq!(view.extent(), span);
        let packed = |found: &[usize]| found.windows(2).all(|pair| pair[1] == pair[0] + 1);
        prop_assert_eq!(view.is_contiguous(), packed(&positions));
        prop_assert_eq!(view.is_f_contiguous(), packed(&elements(&view.reverse_axes())));
        let mut distinct = positions.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let overlaps = distinct.len() < positions.len();
        // Sliced, permuted and broadcast arrays are the strides the test is exact for.
        prop_assert_eq!(view.may_overlap(), overlaps);
        prop_assert_eq!(view.is_broadcast(), overlaps);
    }

    #[test]
    fn reshapes_keep_the_order(view in views(), cuts in prop::collection::vec(1usize..7, 0..5)) {
        let mut shape = vec![];
        let mut rest = view.size();
        for cut in cuts {
            if rest > 0 && rest.is_multiple_of(cut) {
                shape.push(cut);
                rest /= cut;
            }
        }
        shape.push(rest);
        let positions = elements(&view);
        match view.reshape(&shape) {
            Some(reshaped) => {
                prop_assert_eq!(reshaped.shape(), &shape[..]);
                prop_assert_eq!(elements(&reshaped), positions);
            }
            None => prop_assert!(!expressible(&positions, &shape)),
        }
        let mut wrong = shape.clone();
        wrong.push(2);
        prop_assert_eq!(view.reshape(&wrong).is_none(), view.size() > 0);
    }

    #[test]
    fn views_show_the_same_elements(view in views(), seed in any::<u64>()) {
        let ndim = view.ndim();
        let positions = elements(&view);
        if ndim > 0 {
            let axis = seed as usize % ndim;
            let flipped = view.flip(&[axis]).unwrap();
            for (flat, &position) in positions.iter().enumerate() {
                let mut index = unravel_index(flat, view.shape()).unwrap();
                index[axis] = view.shape()[axis] - 1 - index[axis];
                prop_assert_eq!(at(&flipped, &index), position);
            }
            let window = 1 + (seed >> 8) as usize % view.shape()[axis].max(1);
            if let Ok(windows) = view.sliding_windows(&[window], &[axis]) {
                for (flat, position) in elements(&windows).into_iter().enumerate() {
                    let mut index = unravel_index(flat, windows.shape()).unwrap();
                    index[axis] += index.pop().unwrap();
                    prop_assert_eq!(at(&view, &index), position);
                }
            }
        }
        let expanded = view.expand_dims(&[0, ndim + 1]).unwrap();
        prop_assert_eq!(elements(&expanded), positions.clone());
        prop_assert_eq!(expanded.squeeze(Some(&[0, ndim + 1])).unwrap(), view.clone());
        prop_assert_eq!(elements(&view.squeeze(None).unwrap()), positions);
    }

    #[test]
    fn diagonals_are_those_of_the_planes(view in views(), offset in -6isize..6, seed in any::<u64>()) {
        prop_assume!(view.ndim() >= 2);
        let first = seed as usize % view.ndim();
        let second = (first + 1 + (seed >> 8) as usize % (view.ndim() - 1)) % view.ndim();
        let diagonal = view.diagonal(offset, first, second).unwrap();
        let row = |k: usize| k + if offset < 0 { offset.unsigned_abs() } else { 0 };
        let column = |k: usize| k + if offset > 0 { offset.unsigned_abs() } else { 0 };
        let len = (0..9).take_while(|&k| row(k) < view.shape()[first] && column(k) < view.shape()[second]).count();
        prop_assert_eq!(diagonal.shape().last(), Some(&len));
        for (flat, position) in elements(&diagonal).into_iter().enumerate() {
            let mut rest = unravel_index(flat, diagonal.shape()).unwrap();
            let k = rest.pop().unwrap();
            let mut others = rest.into_iter();
            let index: Vec<usize> = (0..view.ndim())
                .map(|axis| match axis {
                    _ if axis == first => row(k),
                    _ if axis == second => column(k),
                    _ => others.next().unwrap(),
                })
                .collect();
            prop_assert_eq!(at(&view, &index), position);
        }
    }

    #[test]
    fn broadcasting_looks_up_by_the_rule(
        shape in prop::collection::vec(1usize..4, 0..4), ones in any::<u8>(), dropped in 0usize..4,
    ) {
        let own: Vec<usize> = (shape.iter().enumerate().skip(dropped))
            .map(|(axis, &dim)| if ones >> axis & 1 == 1 { 1 } else { dim })
            .collect();
        let layout = Layout::contiguous(&own);
        let broadcast = layout.broadcast_to(&shape).unwrap();
        for (flat, position) in elements(&broadcast).into_iter().enumerate() {
            let index = unravel_index(flat, &shape).unwrap();
            let new = shape.len() - own.len();
            let index: Vec<usize> = index[new..].iter().zip(&own).map(|(&i, &dim)| i.min(dim - 1)).collect();
            prop_assert_eq!(ravel_index(&index, &own).unwrap(), position);
        }
        let common = broadcast_shapes(&[&own, &shape]).unwrap();
        prop_assert_eq!(common.as_slice(), &shape[..]);
    }

    #[test]
    fn strided_views_stay_in_bounds(
        axes in prop::collection::vec((0usize..4, -5isize..6), 0..4), offset in 0usize..20, len in 0usize..24,
    ) {
        let (shape, strides): (Vec<usize>, Vec<isize>) = axes.into_iter().unzip();
        let free = Layout::from_parts(shape.as_slice().into(), strides.as_slice().into(), offset + 100);
        let inside = elements(&free).iter().all(|&position| (100..100 + len).contains(&position));
        let layout = Layout::strided(&shape, &strides, offset, len);
        prop_assert_eq!(layout.is_ok(), inside && offset <= len);
        if let Ok(layout) = layout {
            let shifted: Vec<usize> = elements(&layout).iter().map(|position| position + 100).collect();
            prop_assert_eq!(shifted, elements(&free));
        }
    }
}

/// Whether some strides give these positions in this shape: those between first neighbours, if any do.
fn expressible(positions: &[usize], shape: &[usize]) -> bool {
    let mut strides = vec![0isize; shape.len()];
    let mut step = 1;
    for (stride, &dim) in strides.iter_mut().zip(shape).rev() {
        if dim > 1 {
            *stride = positions[step] as isize - positions[0] as isize;
        }
        step *= dim;
    }
    elements(&Layout::from_parts(
        shape.into(),
        strides.into(),
        positions[0],
    )) == positions
}

#[test]
fn flipping_and_slicing_empty_arrays_stays_in_the_buffer() {
    let empty = Layout::contiguous(&[0, 5]);
    assert_eq!(empty.flip(&[0, 1]).unwrap().offset(), 0);
    let tail = AxisSlice {
        start: 3,
        step: 1,
        len: 2,
    };
    assert_eq!(
        empty.slice(&[AxisSlice::full(0), tail]).unwrap().offset(),
        0
    );
    assert!(
        Layout::from_parts([0, 2].as_slice().into(), [9, 7].as_slice().into(), 0).is_contiguous()
    );
    assert_eq!(
        Layout::contiguous(&[2, 3])
            .diagonal(9, 0, 1)
            .unwrap()
            .offset(),
        0
    );
}

#[test]
fn parts_of_complex_elements() {
    let imaginary = Layout::contiguous(&[2, 3]).flip(&[0]).unwrap().parts(2, 1);
    assert_eq!((imaginary.strides(), imaginary.offset()), (&[-6, 2][..], 7));
}

#[test]
fn errors_read_as_numpys() {
    #[track_caller]
    fn refuse<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, text: &str) {
        let error = result.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
    }
    let (value, axis) = (ErrorKind::Value, ErrorKind::Axis);
    let layout = Layout::contiguous(&[2, 3]);
    refuse(
        broadcast_shapes(&[&[2, 3], &[4]]),
        value,
        "operands could not be broadcast together with shapes (2,3) (4,)",
    );
    refuse(
        layout.broadcast_to(&[2, 2]),
        value,
        "operands could not be broadcast together with remapped shapes [original->remapped]: (2,3) and requested shape (2,2)",
    );
    refuse(
        resolve_reshape(6, &[4, 2]),
        value,
        "cannot reshape array of size 6 into shape (4,2)",
    );
    refuse(
        resolve_reshape(6, &[4]),
        value,
        "cannot reshape array of size 6 into shape (4,)",
    );
    refuse(
        resolve_reshape(6, &[-1, 4]),
        value,
        "cannot reshape array of size 6 into shape (-1,4)",
    );
    refuse(
        resolve_reshape(0, &[-1, 0]),
        value,
        "cannot reshape array of size 0 into shape (-1,0)",
    );
    refuse(
        resolve_reshape(6, &[-1, -1]),
        value,
        "can only specify one unknown dimension, not (-1,-1)",
    );
    assert_eq!(resolve_reshape(6, &[-2, 3]).unwrap().as_slice(), &[2, 3]);
    refuse(
        shape_from_signed(&[2, -3]),
        value,
        "negative dimensions are not allowed, -3 is one",
    );
    let big = "array is too big; the number of elements of shape (0, 1099511627776, 1099511627776) exceeds the maximum possible size";
    refuse(size_of_shape(&[0, 1 << 40, 1 << 40]), value, big);
    refuse(
        normalize_axis(3, 2),
        axis,
        "axis 3 is out of bounds for array of dimension 2",
    );
    refuse(
        normalize_axis(-3, 2),
        axis,
        "axis -3 is out of bounds for array of dimension 2",
    );
    refuse(
        normalize_axes(&[0, -2], 2),
        value,
        "repeated axis: 0 is named twice",
    );
    refuse(
        layout.transpose(&[0, 0]),
        value,
        "repeated axis in transpose: 0 is named twice",
    );
    refuse(
        layout.transpose(&[0, 3]),
        axis,
        "axis 3 is out of bounds for array of dimension 2",
    );
    refuse(
        layout.transpose(&[0]),
        value,
        "axes don't match array: 1 axes for an array of dimension 2",
    );
    refuse(
        layout.expand_dims(&[0, 0]),
        value,
        "repeated axis: 0 is named twice",
    );
    refuse(
        layout.diagonal(0, 1, 1),
        value,
        "axis1 and axis2 cannot be the same, both are 1",
    );
    refuse(
        layout.squeeze(Some(&[0])),
        value,
        "cannot select an axis to squeeze out which has size not equal to one: axis 0 has size 2",
    );
    refuse(
        layout.sliding_windows(&[4], &[1]),
        value,
        "window shape cannot be larger than input array shape: window 4 on axis 1 with size 3",
    );
    refuse(
        Layout::strided(&[3], &[4], 0, 8),
        value,
        "as_strided: shape (3,) with strides [4] from element 0 leaves a buffer of 8 elements",
    );
    let beyond = AxisSlice {
        start: 1,
        step: 2,
        len: 2,
    };
    refuse(
        layout.slice(&[AxisSlice::full(2), beyond]),
        value,
        "slice from 1 by 2 of length 2 leaves axis 1 with size 3",
    );
    refuse(
        unravel_index(7, &[2, 3]),
        value,
        "index 7 is out of bounds for array with size 6",
    );
    refuse(
        ravel_index(&[0, 3], &[2, 3]),
        ErrorKind::Index,
        "index 3 is out of bounds for axis 1 with size 3",
    );
}
