//! Fused regions: one launch for an elementwise program and the reductions at its end.

use std::sync::Arc;

use tnp_backend::prim::{Prim, infer};
use tnp_backend::{
    Arg, Device, Error, Fuser, Outputs, Region, RegionKernel, Result, Tensor, TensorType,
    is_elementwise,
};
use tnp_dtype::DType;

use crate::elementwise::{self, Program};
use crate::execute;
use crate::gpu::Gpu;
use crate::reduce::{self, Fold};

/// A GPU's part in compiling graphs.
pub(crate) struct CubeFuser(pub(crate) Arc<Gpu>);

impl Fuser for CubeFuser {
    fn fuses(&self, prim: &Prim, inputs: &[&TensorType]) -> bool {
        // A product is a launch of its own.
        if !is_elementwise(prim) && !matches!(prim, Prim::Reduce { .. }) {
            return false;
        }
        let dtypes: Vec<DType> = inputs.iter().map(|ty| ty.dtype).collect();
        execute::supports(&self.0.abilities, prim, &dtypes)
    }

    fn region(&self, device: Device, region: &Region) -> Result<Box<dyn RegionKernel>> {
        debug_assert_eq!(device, self.0.device);
        let buffers = region.inputs.len() + region.outputs.len() + region.reductions.len();
        // One binding holds the scalars.
        if buffers + 1 > self.0.abilities.bindings {
            return Ok(Box::new(Stepwise::new(self.0.clone(), region)?));
        }
        let program = Program {
            inputs: region.input_dtypes.clone(),
            operations: region.operations.clone(),
            outputs: (region.outputs.iter())
                .map(|&(_, at)| {
                    (
                        tnp_backend::Source::Operation(at),
                        region.operations[at].dtype,
                    )
                })
                .collect(),
        };
        let folds = (region.reductions.iter())
            .map(|reduction| {
                let from = region.dtype(reduction.source);
                Fold::new(reduction.op, reduction.source, from, reduction.dtype)
            })
            .collect();
        Ok(Box::new(CubeRegion {
            gpu: self.0.clone(),
            program,
            folds,
            shape: region.shape.to_vec(),
            axes: region.axes.to_vec(),
        }))
    }
}

/// A region as one launch.
struct CubeRegion {
    gpu: Arc<Gpu>,
    program: Program,
    folds: Vec<Fold>,
    shape: Vec<usize>,
    axes: Vec<usize>,
}

impl RegionKernel for CubeRegion {
    fn run(&self, inputs: &[Arg<'_>]) -> Result<Outputs> {
        let tensors = crate::gpu::tensors(inputs);
        let gpu = &*self.gpu;
        match self.folds.is_empty() {
            true => elementwise::run(gpu, &self.program, &tensors, &self.shape),
            false => reduce::run(
                gpu,
                &self.program,
                &self.folds,
                &tensors,
                &self.shape,
                &self.axes,
            ),
        }
    }
}

/// A region with more arrays than a kernel can be given: a launch for each operation.
struct Stepwise {
    gpu: Arc<Gpu>,
    region: Region,
    types: Vec<TensorType>,
}

impl Stepwise {
    fn new(gpu: Arc<Gpu>, region: &Region) -> Result<Stepwise> {
        let mut types = Vec::new();
        for operation in &region.operations {
            types.push(TensorType {
                shape: region.shape.clone(),
                dtype: operation.dtype,
            });
        }
        Ok(Stepwise {
            gpu,
            region: region.clone(),
            types,
        })
    }
}

impl RegionKernel for Stepwise {
    fn run(&self, inputs: &[Arg<'_>]) -> Result<Outputs> {
        let mut values: Vec<Tensor> = Vec::new();
        let gpu = &*self.gpu;
        {
            let read = |values: &[Tensor], source: tnp_backend::Source| -> Result<Tensor> {
                match source {
                    tnp_backend::Source::Input(at) => Ok(inputs[at].tensor.clone()),
                    tnp_backend::Source::Operation(at) => Ok(values[at].clone()),
                    tnp_backend::Source::Constant(value) => {
                        let ty = TensorType {
                            shape: self.region.shape.clone(),
                            dtype: value.dtype(),
                        };
                        Ok(crate::create::full(gpu, &value, &ty)?.remove(0))
                    }
                    tnp_backend::Source::Product => {
                        Err(Error::unsupported("a region of a GPU computes no product"))
                    }
                }
            };
            let step = |values: &[Tensor],
                        prim: &Prim,
                        sources: &[tnp_backend::Source],
                        outputs: &[TensorType]| {
                let operands: Result<Vec<Tensor>> =
                    sources.iter().map(|&source| read(values, source)).collect();
                let operands = operands?;
                let args: Vec<Arg<'_>> = operands.iter().map(Arg::borrowed).collect();
                execute::execute(gpu, prim, &args, outputs)
            };
            for (operation, ty) in self.region.operations.iter().zip(&self.types) {
                let mut made = step(
                    &values,
                    &operation.prim,
                    &operation.inputs,
                    std::slice::from_ref(ty),
                )?;
                values.push(made.remove(0));
            }
            let mut outputs: Outputs = (self.region.outputs.iter())
                .map(|&(_, at)| values[at].clone())
                .collect();
            for reduction in &self.region.reductions {
                let prim = Prim::Reduce {
                    op: reduction.op,
                    axes: self.region.axes.clone(),
                    dtype: reduction.dtype,
                };
                let from = TensorType {
                    shape: self.region.shape.clone(),
                    dtype: self.region.dtype(reduction.source),
                };
                let types = infer(&prim, &[&from])?;
                outputs.extend(step(&values, &prim, &[reduction.source], &types)?);
            }
            Ok(outputs)
        }
    }
}
