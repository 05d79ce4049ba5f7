//! Regions that begin with a product: rows of it are computed and then read while they are in the caches.

use std::sync::Mutex;

use smallvec::SmallVec;
use tnp_backend::prim::DotDims;
use tnp_backend::{Arg, Device, Head, Outputs, Region, Result, Tensor, TensorType};
use tnp_shape::{Dims, Layout, Strides};

use super::program::Program;
use super::run::{report, run, run_into};
use crate::backend::{fresh, out_of_memory, strided, strided_mut};
use crate::dot_general::{DotAxes, dot_general};
use crate::strided::Strided;
use crate::threads::parallel_for;

/// Bytes of a product from which on it is computed some rows at a time, and the bytes of those rows.
const ROWS_FROM: usize = 1 << 20;
const ROWS: usize = 256 << 10;
/// Sums longer than this cost so much more than reading their results again that products are best left whole.
const DEEP: usize = 512;

/// A product ready to run.
pub(super) struct Product {
    dims: DotDims,
    ty: TensorType,
}

impl Product {
    pub(super) fn new(region: &Region, head: &Head) -> Product {
        Product {
            dims: head.dims.clone(),
            ty: TensorType {
                shape: region.shape.clone(),
                dtype: head.dtype,
            },
        }
    }

    /// Runs the region: `inputs` are those of the loop, then the two operands. The program reads the product first.
    pub(super) fn run(
        &self,
        device: Device,
        program: &Program,
        types: &[TensorType],
        inputs: &[Arg<'_>],
    ) -> Result<Outputs> {
        let (inputs, operands) = inputs.split_at(inputs.len() - 2);
        let [lhs, rhs] = [operands[0].tensor, operands[1].tensor];
        if let Some((axis, rows)) = self.rows(lhs, program) {
            return self.run_by_rows(device, program, types, inputs, (lhs, rhs), (axis, rows));
        }
        let product = fresh(device, &self.ty)?;
        // SAFETY: inference paired the axes; the product is fresh and contiguous.
        unsafe { self.multiply(&strided(lhs)?, &strided(rhs)?, strided_mut(&product)?.ptr)? };
        let mut all: SmallVec<[Arg<'_>; 8]> = SmallVec::new();
        all.push(Arg {
            tensor: &product,
            donated: true,
        });
        all.extend_from_slice(inputs);
        run(device, program, types, &all)
    }

    /// # Safety
    /// As for [`dot_general`].
    unsafe fn multiply(&self, lhs: &Strided<'_>, rhs: &Strided<'_>, out: *mut u8) -> Result<()> {
        let axes = DotAxes {
            lhs_contract: &self.dims.lhs_contract,
            rhs_contract: &self.dims.rhs_contract,
            lhs_batch: &self.dims.lhs_batch,
            rhs_batch: &self.dims.rhs_batch,
        };
        // SAFETY: as the caller promises.
        unsafe { dot_general(lhs, rhs, &axes, out) }.map_err(out_of_memory)
    }

    /// The first operand's axis that becomes the first of the product, and how many of it to compute at a time, where that pays.
    fn rows(&self, lhs: &Tensor, program: &Program) -> Option<(usize, usize)> {
        let bytes = self.ty.bytes();
        let depth: usize = (self.dims.lhs_contract.iter())
            .map(|&axis| lhs.shape()[axis])
            .product();
        let plain = self.dims.lhs_batch.is_empty() && program.folds.is_empty();
        if bytes < ROWS_FROM || depth > DEEP || !plain {
            return None;
        }
        let axis = (0..lhs.shape().len()).find(|axis| !self.dims.lhs_contract.contains(axis))?;
        let count = self.ty.shape[0];
        // Whole register blocks, and enough of them that laying out the other operand is made good.
        let rows = (ROWS / (bytes / count)).next_multiple_of(12).max(48);
        (2 * rows <= count).then_some((axis, rows))
    }

    fn run_by_rows(
        &self,
        device: Device,
        program: &Program,
        types: &[TensorType],
        inputs: &[Arg<'_>],
        (lhs, rhs): (&Tensor, &Tensor),
        (axis, rows): (usize, usize),
    ) -> Result<Outputs> {
        let outputs: Result<Outputs> = types.iter().map(|ty| fresh(device, ty)).collect();
        let outputs = outputs?;
        // Rows of the product lie where an output's elements of that size go, or in memory of their own.
        let size = self.ty.dtype.itemsize();
        let host = types.iter().position(|ty| ty.dtype.itemsize() == size);
        let staged: SmallVec<[bool; 4]> = (0..types.len()).map(|at| host == Some(at)).collect();
        let count = self.ty.shape[0];
        let wide: usize = self.ty.shape[1..].iter().product();
        let failure = Mutex::new(None);
        let faults = crate::elementwise::SharedFaults::new();
        parallel_for(count.div_ceil(rows), 1, |range| {
            let work = |block: usize| -> Result<()> {
                let from = block * rows;
                let here = rows.min(count - from);
                let part = |x: &Tensor, axis: usize| slice(x, axis, from, here);
                let outputs: SmallVec<[Tensor; 4]> =
                    outputs.iter().map(|output| part(output, 0)).collect();
                let mut product = TensorType::new(&self.ty.shape, self.ty.dtype);
                product.shape[0] = here;
                let product = match host {
                    Some(at) => Tensor {
                        dtype: product.dtype,
                        ..outputs[at].clone()
                    },
                    None => fresh(device, &product)?,
                };
                let mut tensors: SmallVec<[Tensor; 8]> = SmallVec::new();
                tensors.push(product.clone());
                tensors.extend(inputs.iter().map(|arg| part(arg.tensor, 0)));
                let tensors: SmallVec<[&Tensor; 8]> = tensors.iter().collect();
                let start = strided_mut(&product)?.ptr;
                let start = start.wrapping_add(product.layout.offset() * size);
                let lhs = part(lhs, axis);
                // SAFETY: the rows are this block's alone; the product lies where a staged output does.
                unsafe {
                    self.multiply(&strided(&lhs)?, &strided(rhs)?, start)?;
                    run_into(program, &outputs, &staged, &tensors, here * wide)
                }
            };
            for block in range {
                if let Err(error) = work(block) {
                    *failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
                    break;
                }
            }
            faults.collect();
        });
        faults.hand_over();
        report(program);
        match failure.into_inner().unwrap_or_else(|e| e.into_inner()) {
            Some(error) => Err(error),
            None => Ok(outputs),
        }
    }
}

/// `count` positions of an axis, from `first` on.
fn slice(x: &Tensor, axis: usize, first: usize, count: usize) -> Tensor {
    let layout = &x.layout;
    let mut shape = Dims::from_slice(layout.shape());
    shape[axis] = count;
    let offset = layout.offset() as isize + first as isize * layout.strides()[axis];
    Tensor {
        buffer: x.buffer.clone(),
        layout: Layout::from_parts(
            shape,
            Strides::from_slice(layout.strides()),
            offset as usize,
        ),
        dtype: x.dtype,
    }
}
