//! Positions of what is not zero: truth values are counted up, and each true one writes its coordinates at its count.

use tnp_backend::prim::{CumulativeOp, Prim};
use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_dtype::{DType, Literal};
use tnp_shape::Layout;

use crate::code::{I64, Memory, U32, when};
use crate::create::full;
use crate::cumulative::scan;
use crate::elementwise::{Program, UNITS, run};
use crate::gpu::{Gpu, index};
use crate::indexing::split;
use crate::kernel::{Kernel, each, given};
use crate::types::storage;

pub(crate) fn nonzero(
    gpu: &Gpu,
    size: usize,
    inputs: &[Arg<'_>],
    outputs: &[TensorType],
) -> Result<Outputs> {
    let x = inputs[0].tensor;
    let mut results = Outputs::new();
    for ty in outputs {
        results.extend(full(gpu, &Literal::zero(DType::Int64), ty)?);
    }
    let total = x.layout.size();
    if total == 0 || size == 0 {
        return Ok(results);
    }
    let truth = Prim::Cast { dtype: DType::Bool };
    let truth = Program::single(&truth, &[x.dtype], DType::Bool);
    let truth = run(gpu, &truth, &[x], x.shape())?.remove(0);
    let flat = Tensor {
        layout: Layout::contiguous(&[total]),
        ..truth
    };
    let counts = scan(gpu, CumulativeOp::Sum, false, DType::UInt32, &flat, total)?;
    let rank = x.shape().len();
    let mut scalars = vec![index(total)?, index(size)?];
    for &dim in x.shape() {
        scalars.push(index(dim)?);
    }
    let units = gpu.abilities.units.min(UNITS);
    let body = move |buffers: &[Memory]| {
        each(given(0), units, |i| {
            let number = buffers[1].at(i);
            let found = buffers[0].at(i).cast(U32).ne(0).and(number.le(given(1)));
            when(found, || {
                for (axis, at) in split(i, 2, rank).into_iter().enumerate() {
                    buffers[2 + axis].put(number - 1, at.cast(I64));
                }
            });
        });
    };
    let mut buffers = vec![(storage(DType::Bool), false), (U32, false)];
    buffers.extend(outputs.iter().map(|_| (I64, true)));
    let kernel = Kernel::new(
        gpu.target(),
        ("nonzero", rank),
        units,
        buffers,
        scalars.len(),
        body,
    );
    let written: Vec<&Tensor> = results.iter().collect();
    gpu.launch(kernel, total, &[&flat, &counts], &written, &scalars)?;
    Ok(results)
}
