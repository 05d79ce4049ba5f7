//! A backend that is written to be read: one thread, no unsafe code, and the core primitives alone. The chapter "Writing a backend" of the
//! book builds it up.

mod complex;
mod elements;
mod elementwise;
mod indexing;
mod memory;
mod movement;
mod real;
mod reduce;

use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, BACKENDS, Backend, Buffer, Device, DeviceInfo, Error, MemoryStats, Outputs, Result,
    Tensor, TensorType, is_core, linkme,
};
use tnp_dtype::{DType, Literal};

use crate::elements::{read, write};

/// The backend. It has no state: what there is to know of its memory is in [`memory`].
struct Reference;

#[linkme::distributed_slice(BACKENDS)]
#[linkme(crate = tnp_backend::linkme)]
static LINKED: fn() -> &'static dyn Backend = || &Reference;

const NAME: &str = "reference";

/// Our device of a number. There is one.
fn device(index: usize) -> Result<Device> {
    match index {
        0 => Device::new(NAME, 0),
        _ => Err(Error::device(format!(
            "device '{NAME}:{index}' does not exist; there is one, '{NAME}:0'"
        ))),
    }
}

impl Backend for Reference {
    fn name(&self) -> &str {
        NAME
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            device: device(0)?,
            description: "one thread, simple loops".to_owned(),
            memory: None,
            physical: true,
        }])
    }

    fn allocate(&self, index: usize, bytes: usize) -> Result<Buffer> {
        let mut room = memory::room(bytes)?;
        room.resize(bytes, 0);
        Ok(memory::buffer(device(index)?, room))
    }

    fn upload(&self, index: usize, bytes: &[u8]) -> Result<Buffer> {
        let mut room = memory::room(bytes.len())?;
        room.extend_from_slice(bytes);
        Ok(memory::buffer(device(index)?, room))
    }

    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        let bytes = memory::bytes(buffer)?;
        let end = offset.checked_add(out.len());
        let part = end.and_then(|end| bytes.get(offset..end)).ok_or_else(|| {
            Error::index(format!(
                "download: {} bytes from {offset} of a buffer of {}",
                out.len(),
                bytes.len()
            ))
        })?;
        out.copy_from_slice(part);
        Ok(())
    }

    fn memory_stats(&self, _: usize) -> MemoryStats {
        memory::stats()
    }

    fn reset_peak(&self, _: usize) {
        memory::reset_peak();
    }

    fn supports(&self, prim: &Prim, _: &[DType]) -> bool {
        is_core(prim)
    }

    fn execute(
        &self,
        index: usize,
        prim: &Prim,
        inputs: &[Arg<'_>],
        outputs: &[TensorType],
    ) -> Result<Outputs> {
        let device = device(index)?;
        let inputs: Vec<&Tensor> = inputs.iter().map(|arg| arg.tensor).collect();
        // Every core primitive has one result; its type was inferred.
        let ty = &outputs[0];
        // What is too much for the lists that we work on is an error before they are made.
        memory::room(ty.size().saturating_mul(size_of::<Literal>()))?;
        let values = values(prim, &inputs, ty)?;
        Ok([write(device, ty, &values)?].into_iter().collect())
    }
}

/// The elements of a primitive's result, in C order.
fn values(prim: &Prim, inputs: &[&Tensor], ty: &TensorType) -> Result<Vec<Literal>> {
    match prim {
        Prim::Unary(op) => elementwise::unary(*op, inputs[0]),
        Prim::Binary(op) => elementwise::binary(*op, inputs[0], inputs[1]),
        Prim::Select => elementwise::select(inputs[0], inputs[1], inputs[2]),
        Prim::Cast { dtype } => elementwise::cast(inputs[0], *dtype),
        Prim::Full { value, .. } => Ok(vec![*value; ty.size()]),
        Prim::Iota { axis, .. } => Ok(movement::iota(*axis, ty)),
        // A reshape comes here where it cannot be a view: what changes is the shape, which `write` knows.
        Prim::Reshape { .. } => read(inputs[0]),
        Prim::Concatenate { axis } => movement::concatenate(*axis, inputs),
        Prim::Gather {
            axes,
            index_axes_at,
        } => indexing::gather(axes, *index_axes_at, inputs, ty),
        Prim::Scatter {
            op,
            axes,
            index_axes_at,
        } => indexing::scatter(*op, axes, *index_axes_at, inputs),
        Prim::Reduce { op, axes, dtype } => reduce::reduce(*op, axes, *dtype, inputs[0], ty),
        Prim::DotGeneral(dims) => reduce::dot_general(dims, inputs[0], inputs[1], ty),
        // Views and control flow, which never come here, and what is not core, which `supports` refuses.
        Prim::Bitcast { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. }
        | Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::RandomBits { .. }
        | Prim::DynamicSlice { .. }
        | Prim::DynamicUpdateSlice
        | Prim::Pad { .. }
        | Prim::NonZero { .. }
        | Prim::ArgReduce { .. }
        | Prim::Cumulative { .. }
        | Prim::Sort { .. }
        | Prim::ArgSort { .. }
        | Prim::SearchSorted { .. }
        | Prim::Fft { .. }
        | Prim::Linalg(_)
        | Prim::Custom(_) => Err(Error::unsupported(format!(
            "{}: backend '{NAME}' has no kernel for it",
            prim.name()
        ))),
    }
}
