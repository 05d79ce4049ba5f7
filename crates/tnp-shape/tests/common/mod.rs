//! A small index array, and reading and writing by an `IndexPlan` element by element.

#![allow(dead_code, reason = "each test file uses its part")]

use tnp_shape::{
    AxisIndex, Index, IndexOperand, IndexPlan, IntoIndex, Result, ravel_index, unravel_index,
};

/// An index array, or a mask of zeros and ones.
#[derive(Clone, Debug)]
pub(crate) struct TestArray {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<i64>,
    pub(crate) is_mask: bool,
}

pub(crate) fn array(shape: &[usize], values: &[i64]) -> TestArray {
    TestArray {
        shape: shape.into(),
        values: values.into(),
        is_mask: false,
    }
}

pub(crate) fn mask(shape: &[usize], values: &[i64]) -> TestArray {
    TestArray {
        is_mask: true,
        ..array(shape, values)
    }
}

impl TestArray {
    /// Coordinates of the true elements, one list for each axis.
    pub(crate) fn nonzero(&self) -> Vec<Vec<i64>> {
        let mut found = vec![vec![]; self.shape.len()];
        for (flat, _) in self.values.iter().enumerate().filter(|(_, v)| **v != 0) {
            let index = unravel_index(flat, &self.shape).unwrap();
            for (list, index) in found.iter_mut().zip(index) {
                list.push(index as i64);
            }
        }
        found
    }

    /// The element at the last axes of a longer index.
    pub(crate) fn broadcast_at(&self, index: &[usize]) -> i64 {
        let own = &index[index.len() - self.shape.len()..];
        let own: Vec<usize> = own
            .iter()
            .zip(&self.shape)
            .map(|(&i, &dim)| if dim == 1 { 0 } else { i })
            .collect();
        self.values[ravel_index(&own, &self.shape).unwrap()]
    }
}

impl IntoIndex<TestArray> for TestArray {
    fn into_index(self) -> Index<TestArray> {
        if self.is_mask {
            Index::Mask(self)
        } else {
            Index::Array(self)
        }
    }
}

impl IntoIndex<TestArray> for &TestArray {
    fn into_index(self) -> Index<TestArray> {
        self.clone().into_index()
    }
}

impl IntoIndex<TestArray> for Vec<i64> {
    fn into_index(self) -> Index<TestArray> {
        array(&[self.len()], &self).into_index()
    }
}

impl<const N: usize> IntoIndex<TestArray> for [bool; N] {
    fn into_index(self) -> Index<TestArray> {
        mask(&[N], &self.map(i64::from)).into_index()
    }
}

/// The plan of an expression for a shape.
pub(crate) fn plan(shape: &[usize], index: &[Index<TestArray>]) -> Result<IndexPlan> {
    let count = |_, mask: &TestArray| Ok(mask.values.iter().filter(|v| **v != 0).count());
    IndexPlan::new(index, shape, |array| &array.shape, count)
}

/// Flat positions in the array, in the order of the elements that the plan's gather gives.
pub(crate) fn positions(plan: &IndexPlan, index: &[Index<TestArray>]) -> Vec<usize> {
    let arrays: Vec<TestArray> = (plan.operands.iter())
        .map(|operand| match *operand {
            IndexOperand::Array { at } | IndexOperand::Mask { at, .. } => {
                let (Index::Array(found) | Index::Mask(found)) = &index[at] else {
                    panic!("no array at {at}")
                };
                match *operand {
                    IndexOperand::Mask { axis, .. } => {
                        let list = &found.nonzero()[axis];
                        array(&[list.len()], list)
                    }
                    _ => found.clone(),
                }
            }
            IndexOperand::Zeros { len } => array(&[len], &vec![0; len]),
        })
        .collect();
    let size = plan.gathered_shape.iter().product();
    assert_eq!(size, plan.result_shape.iter().product::<usize>());
    let index_dims = plan.index_dims_at..plan.index_dims_at + plan.index_shape.len();
    (0..size)
        .map(|flat| {
            let mut slices = unravel_index(flat, &plan.gathered_shape).unwrap();
            let at: Vec<usize> = slices.drain(index_dims.clone()).collect();
            let (mut slices, mut arrays) = (slices.iter(), arrays.iter());
            let source: Vec<usize> = (plan.axes.iter().zip(&plan.operand_shape))
                .map(|(axis, &size)| match *axis {
                    AxisIndex::Slice { start, step, len } => {
                        let position = *slices.next().unwrap();
                        assert!(position < len);
                        (start as isize + position as isize * step) as usize
                    }
                    AxisIndex::Index => {
                        let value = arrays.next().unwrap().broadcast_at(&at);
                        (if value < 0 {
                            value + size as i64
                        } else {
                            value
                        }) as usize
                    }
                })
                .collect();
            assert!(slices.next().is_none() && arrays.next().is_none());
            ravel_index(&source, &plan.operand_shape).unwrap()
        })
        .collect()
}

/// Shape and values of `arange(size).reshape(shape)[index]`.
pub(crate) fn read(
    shape: &[usize],
    index: &[Index<TestArray>],
) -> Result<(Vec<usize>, Vec<usize>)> {
    let plan = plan(shape, index)?;
    Ok((plan.result_shape.to_vec(), positions(&plan, index)))
}

/// Zeros of this shape after the selected elements were set to 1, 2, 3, …
pub(crate) fn write(shape: &[usize], index: &[Index<TestArray>]) -> Vec<usize> {
    let plan = plan(shape, index).unwrap();
    let mut values = vec![0; shape.iter().product()];
    for (value, position) in positions(&plan, index).into_iter().enumerate() {
        values[position] = value + 1;
    }
    values
}

/// Order matters, so that permuted values differ.
pub(crate) fn checksum(values: &[usize]) -> u64 {
    (1u64..).zip(values).fold(0, |sum, (k, &v)| {
        sum.wrapping_add(k.wrapping_mul(v as u64 + 1))
    })
}
