//! Fused regions: elementwise programs, with reductions at their end, that run block by block in the first-level cache.
//!
//! A region becomes a program over registers (`program`): kernels of the ordinary tables, whose operands are tiles. At each
//! call the loops are laid out for the layouts at hand (`loops`) and cut into blocks; a block's inputs are used where they
//! lie or packed, the kernels run one after another, and results are written where they belong (`run`) or folded (`folds`).
//! What is one loop over contiguous arrays takes a shorter way (`line`). Inputs are not fetched ahead by instructions: tiles
//! follow each other in memory, which processors foresee, and fetching a tile at once was measured to hold up the kernels.

mod combined;
mod folds;
mod line;
mod loops;
mod product;
mod program;
mod run;
mod scratch;

#[cfg(test)]
mod tests;

use tnp_backend::prim::{Prim, ReduceOp};
use tnp_backend::{Arg, Device, Error, Fuser, Outputs, Region, RegionKernel, Result, TensorType};

use crate::elementwise::computed_in;
use product::Product;
use program::Program;

/// The CPU's part in compiling graphs.
pub(crate) struct CpuFuser;

impl Fuser for CpuFuser {
    fn fuses(&self, prim: &Prim, inputs: &[&TensorType]) -> bool {
        let dtype = inputs[0].dtype;
        if let Prim::Unary(op) = prim {
            let kernel = crate::unary::unary_kernel(*op, dtype);
            return kernel.is_some()
                || crate::unary::unary_kernel(*op, computed_in(dtype)).is_some();
        }
        if let Prim::Binary(op) = prim {
            let kernel = crate::binary::binary_kernel(*op, dtype);
            return kernel.is_some()
                || crate::binary::binary_kernel(*op, computed_in(dtype)).is_some();
        }
        if let Prim::Reduce { op, .. } = prim {
            // An extreme of nothing is an error that inference has raised.
            return match op {
                ReduceOp::Sum
                | ReduceOp::Prod
                | ReduceOp::Max
                | ReduceOp::Min
                | ReduceOp::All
                | ReduceOp::Any => true,
            };
        }
        matches!(prim, Prim::Select | Prim::Cast { .. } | Prim::DotGeneral(_))
    }

    fn region(&self, device: Device, region: &Region) -> Result<Box<dyn RegionKernel>> {
        let program = Program::new(region).ok_or_else(|| {
            let names: Vec<&str> = region.names().collect();
            Error::unsupported(format!("the CPU has no kernels for the region {names:?}"))
        })?;
        Ok(Box::new(CpuRegion {
            device,
            product: region
                .product
                .as_ref()
                .map(|head| Product::new(region, head)),
            program,
            types: region.output_types().collect(),
        }))
    }
}

/// A region ready to run.
struct CpuRegion {
    device: Device,
    /// What is computed first.
    product: Option<Product>,
    program: Program,
    /// Types of the outputs, then of the reductions.
    types: Vec<TensorType>,
}

impl RegionKernel for CpuRegion {
    fn run(&self, inputs: &[Arg<'_>]) -> Result<Outputs> {
        match &self.product {
            Some(product) => product.run(self.device, &self.program, &self.types, inputs),
            None => run::run(self.device, &self.program, &self.types, inputs),
        }
    }
}
