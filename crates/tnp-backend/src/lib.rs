//! The instruction set of tnp and the trait its backends implement.
//!
//! A backend crate depends on this one alone: it implements [`Backend`] over the primitives of [`prim`] and enters itself
//! in [`BACKENDS`] or calls [`register`].

mod backend;
mod buffer;
pub mod coefficients;
mod compiled;
mod decompose;
mod detour;
mod device;
mod error;
mod exchange;
mod executables;
mod graph;
mod ids;
pub mod philox;
mod plan;
pub mod prim;
mod region;
mod run;
mod simplify;
mod tensor;
mod transfer;
mod warning;

use tnp_dtype::DType;

pub use backend::{Backend, Executable, MemoryStats};
pub use buffer::{Buffer, HostMemory, INLINE_BYTES};
pub use compiled::{Compiled, Explanation, Fuser, RegionKernel, StepCost, Unfused};
pub(crate) use decompose::factorisation;
pub use decompose::{decompose, is_core, is_layout};
pub use detour::{Detour, detours};
pub use device::{BACKENDS, Device, DeviceInfo, backends, devices, register};
pub use error::{Error, ErrorKind, Result};
pub use exchange::{Exchange, Loan};
pub use executables::compiled;
pub use graph::{Equation, GRAPH_VERSION, Graph, GraphBuilder, Var};
pub use ids::IdHasher;
pub use linkme;
pub use plan::{Plan, PlannedStep, Use, plan};
pub use region::{
    Head, Operation, Partition, Reduction, Region, Source, Step, is_elementwise, partition,
};
pub use run::{
    call, compact, decomposed, explain, input_dtypes, interpret, run, scalar, slice_layout,
};
pub use simplify::simplify;
pub use tensor::{Arg, Inputs, Outputs, Tensor, TensorType, Types};
pub use transfer::{
    TransferStats, count_transfer, download, reset_transfer_stats, transfer, transfer_stats,
};
pub use warning::{Warning, set_warning_hook, warn};

/// A shape as Python prints it: `(2, 3)`, `(4,)`, `()`.
pub fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        _ => format!(
            "({})",
            shape
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// Number of elements of a shape, when its bytes can be addressed.
///
/// # Errors
/// When size or bytes overflow `isize`.
pub fn checked_size(shape: &[usize], dtype: DType) -> Result<usize> {
    // NumPy multiplies the other dimensions even when one is zero; a zero makes the array empty here.
    let mut size = Some(1usize);
    for &dim in shape {
        if dim == 0 {
            return Ok(0);
        }
        size = size.and_then(|size| size.checked_mul(dim));
    }
    size.filter(|size| {
        size.checked_mul(dtype.itemsize())
            .is_some_and(|bytes| bytes <= isize::MAX as usize)
    })
    .ok_or_else(|| {
        Error::value(format!(
            "array is too big; shape {} of {dtype} is larger than the maximum possible size",
            shape_text(shape)
        ))
    })
}
