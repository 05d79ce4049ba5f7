//! Gather: index arrays and slices read together. Out of bounds leaves a mark (see `faults`).

use smallvec::SmallVec;
use tnp_backend::prim::AxisIndex;
use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};

use crate::code::{I64, Memory, U32, V, int, when};
use crate::elementwise::UNITS;
use crate::faults::Checked;
use crate::gpu::{Gpu, index, one, step};
use crate::kernel::{Kernel, each, given};
use crate::types::{load, storage, store};

/// How an indexed array and its index arrays lie, as scalars of a kernel.
pub(crate) struct Indexed {
    /// Axes of the indices, and index arrays.
    pub(crate) index_rank: usize,
    pub(crate) arrays: usize,
    pub(crate) slice_rank: usize,
    /// Sizes of the index axes and of the slices.
    pub(crate) index_shape: SmallVec<[usize; 4]>,
    pub(crate) slice_shape: SmallVec<[usize; 4]>,
    /// Strides in the array of the slices' axes, and its offset with the slices' starts.
    pub(crate) slice_strides: SmallVec<[isize; 4]>,
    pub(crate) offset: usize,
    /// Of each indexed axis its number, size and stride.
    pub(crate) axes: SmallVec<[(usize, usize, isize); 4]>,
}

impl Indexed {
    pub(crate) fn new(x: &Tensor, axes: &[AxisIndex], indices: &[&Tensor]) -> Indexed {
        let layout = &x.layout;
        let mut indexed = Indexed {
            index_rank: indices.first().map_or(0, |index| index.shape().len()),
            arrays: indices.len(),
            slice_rank: 0,
            index_shape: indices
                .first()
                .map_or_else(SmallVec::new, |index| SmallVec::from_slice(index.shape())),
            slice_shape: SmallVec::new(),
            slice_strides: SmallVec::new(),
            offset: 0,
            axes: SmallVec::new(),
        };
        let mut offset = layout.offset() as isize;
        for (axis, what) in axes.iter().enumerate() {
            let stride = layout.strides()[axis];
            match what {
                AxisIndex::Slice(spec) => {
                    if spec.len > 0 {
                        offset += spec.start as isize * stride;
                    }
                    indexed.slice_shape.push(spec.len);
                    indexed.slice_strides.push(stride * spec.step);
                }
                AxisIndex::Index => indexed.axes.push((axis, layout.shape()[axis], stride)),
            }
        }
        indexed.slice_rank = indexed.slice_shape.len();
        indexed.offset = offset as usize;
        indexed
    }

    /// Positions that the index arrays name.
    pub(crate) fn positions(&self) -> usize {
        match self.arrays {
            0 => 1,
            _ => self.index_shape.iter().product(),
        }
    }

    /// Elements of the slices.
    pub(crate) fn slices(&self) -> usize {
        self.slice_shape.iter().product()
    }

    /// Axes of the result, in its order: each the number of an index axis or of a slice.
    pub(crate) fn result_axes(&self, index_axes_at: usize) -> Vec<Place> {
        let mut axes: Vec<Place> = (0..self.slice_rank).map(Place::Slice).collect();
        let at = index_axes_at.min(axes.len());
        axes.splice(at..at, (0..self.index_rank).map(Place::Index));
        axes
    }

    /// What the index arrays are checked against.
    pub(crate) fn checked(&self, indices: &[&Tensor]) -> Vec<Checked> {
        (self.axes.iter().zip(indices))
            .map(|(&(axis, size, _), index)| Checked {
                index: (*index).clone(),
                axis,
                size,
                block: None,
            })
            .collect()
    }

    /// The scalars, after the first: offset, then sizes and strides of the slices, sizes of the index axes, size and stride
    /// of each indexed axis, and offset and strides of each index array.
    pub(crate) fn scalars(&self, indices: &[&Tensor], scalars: &mut Vec<u32>) -> Result<()> {
        scalars.push(index(self.offset)?);
        for &dim in &self.slice_shape {
            scalars.push(index(dim)?);
        }
        scalars.extend(self.slice_strides.iter().map(|&stride| step(stride)));
        for &dim in &self.index_shape {
            scalars.push(index(dim)?);
        }
        for &(_, size, stride) in &self.axes {
            scalars.extend([index(size)?, step(stride)]);
        }
        for array in indices {
            scalars.push(index(array.layout.offset())?);
            scalars.extend(array.layout.strides().iter().map(|&stride| step(stride)));
        }
        Ok(())
    }

    /// Where those scalars begin.
    pub(crate) fn numbers(&self, first: usize) -> Numbers {
        let (slices, axes, arrays) = (self.slice_rank, self.index_rank, self.arrays);
        let slice_shape = first + 1;
        let slice_strides = slice_shape + slices;
        let index_shape = slice_strides + slices;
        let sizes = index_shape + axes;
        let layouts = sizes + 2 * arrays;
        Numbers {
            offset: first,
            slices,
            slice_shape,
            slice_strides,
            axes,
            index_shape,
            arrays,
            sizes,
            layouts,
        }
    }
}

/// An axis of the result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Place {
    Slice(usize),
    Index(usize),
}

/// Numbers of the scalars that [`Indexed::scalars`] gave.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Numbers {
    pub(crate) offset: usize,
    pub(crate) slices: usize,
    pub(crate) slice_shape: usize,
    pub(crate) slice_strides: usize,
    pub(crate) axes: usize,
    pub(crate) index_shape: usize,
    pub(crate) arrays: usize,
    pub(crate) sizes: usize,
    pub(crate) layouts: usize,
}

impl Numbers {
    /// The index that array `which` has at coordinates, brought into bounds, and whether it was.
    pub(crate) fn index(&self, memory: Memory, which: usize, coordinates: &[V]) -> (V, V) {
        let first = self.layouts + which * (1 + self.axes);
        let place = (coordinates.iter().enumerate()).fold(given(first), |sum, (axis, &at)| {
            sum + at * given(first + 1 + axis)
        });
        let value = memory.at(place);
        let size = given(self.sizes + 2 * which).cast(I64);
        let value = value.lt(0).select(value + size, value);
        let good = value.ge(0).and(value.lt(size));
        (good.select(value, 0).cast(U32), good)
    }

    /// The distance that the indices name in the array; marks those out of bounds, at position `position`.
    pub(crate) fn jump(
        &self,
        indices: &[Memory],
        coordinates: &[V],
        position: V,
        marks: Option<(Memory, V)>,
    ) -> V {
        let mut sum = int(0, U32);
        for (which, &memory) in indices.iter().enumerate() {
            let (value, good) = self.index(memory, which, coordinates);
            if let Some((marks, first)) = marks {
                when(good.not(), || marks.put(first + which as u32, position + 1));
            }
            sum = sum + value * given(self.sizes + 2 * which + 1);
        }
        sum
    }

    /// Coordinates of a position among the index axes.
    pub(crate) fn coordinates(&self, position: V) -> Vec<V> {
        split(position, self.index_shape, self.axes)
    }
}

/// Takes a number in C order apart into coordinates of axes whose sizes are scalars.
pub(crate) fn split(number: V, shape: usize, rank: usize) -> Vec<V> {
    let mut coordinates = vec![number; rank];
    let mut rest = number;
    for axis in (0..rank).rev() {
        if axis == 0 {
            coordinates[0] = rest;
            break;
        }
        let dim = given(shape + axis);
        let quotient = rest / dim;
        coordinates[axis] = rest - quotient * dim;
        rest = quotient;
    }
    coordinates
}

/// Reads by slices and index arrays.
pub(crate) fn gather(
    gpu: &Gpu,
    axes: &[AxisIndex],
    index_axes_at: usize,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let x = inputs[0].tensor;
    let indices: SmallVec<[&Tensor; 4]> = inputs[1..].iter().map(|arg| arg.tensor).collect();
    let output = gpu.fresh(ty)?;
    let indexed = Indexed::new(x, axes, &indices);
    let mut scalars = vec![index(ty.size())?, 0];
    indexed.scalars(&indices, &mut scalars)?;
    index(x.buffer.bytes() / storage(x.dtype).size())?;
    let fault = gpu.fault(indexed.checked(&indices))?;
    scalars[1] = index(fault.first)?;
    let numbers = indexed.numbers(2);
    let order = indexed.result_axes(index_axes_at);
    let key = ("gather", x.dtype, numbers, order.clone());
    let dtype = x.dtype;
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        let (x, rest) = (buffers[0], &buffers[1..]);
        let (indices, rest) = rest.split_at(numbers.arrays);
        let (output, marks) = (rest[0], rest[1]);
        each(given(0), units, |i| {
            let mut rest = i;
            let mut from = given(numbers.offset);
            let mut coordinates = vec![i; numbers.axes];
            for (at, place) in order.iter().enumerate().rev() {
                let dim = match place {
                    Place::Slice(axis) => given(numbers.slice_shape + axis),
                    Place::Index(axis) => given(numbers.index_shape + axis),
                };
                let coordinate = match at {
                    0 => rest,
                    _ => {
                        let quotient = rest / dim;
                        let coordinate = rest - quotient * dim;
                        rest = quotient;
                        coordinate
                    }
                };
                match place {
                    Place::Slice(axis) => {
                        from = from + coordinate * given(numbers.slice_strides + axis);
                    }
                    Place::Index(axis) => coordinates[*axis] = coordinate,
                }
            }
            let position = (coordinates.iter().enumerate())
                .fold(int(0, U32), |sum, (axis, &at)| {
                    sum * given(numbers.index_shape + axis) + at
                });
            let marks = (marks, given(1));
            from = from + numbers.jump(indices, &coordinates, position, Some(marks));
            store(dtype, output, i, load(dtype, x, from));
        });
    };
    let mut buffers = vec![(storage(dtype), false)];
    buffers.extend(indices.iter().map(|_| (I64, false)));
    buffers.extend([(storage(dtype), true), (U32, true)]);
    let kernel = Kernel::new(gpu.target(), key, units, buffers, scalars.len(), body);
    let mut sources = vec![x];
    sources.extend(indices.iter().copied());
    gpu.launch_checked(kernel, ty.size(), &sources, &[&output], &scalars, &fault)?;
    one(output)
}
