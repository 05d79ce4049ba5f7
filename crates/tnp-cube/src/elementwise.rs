//! Elementwise programs: one kernel for a primitive, or for a whole fused region, on inputs of any strides and dtypes.
//!
//! Axes are coalesced as far as all inputs allow; the kernel depends on the program, the dtypes, the number of axes left and
//! on which inputs are contiguous or a single value, but on no size.

use smallvec::{SmallVec, smallvec};
use tnp_backend::prim::Prim;
use tnp_backend::{Arg, Operation, Outputs, Result, Source, Tensor, TensorType};
use tnp_dtype::{DType, Literal};

use crate::code::{Memory, V, hold};
use crate::gpu::{Gpu, index, step};
use crate::kernel::{Kernel, each, given};
use crate::types::{Val, literal, load, storage, store};
use crate::{binary, cast, unary};

/// Units of a cube.
pub(crate) const UNITS: u32 = 256;

/// What is computed for each element.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Program {
    pub(crate) inputs: Vec<DType>,
    pub(crate) operations: Vec<Operation>,
    /// What is written, and as which dtype.
    pub(crate) outputs: Vec<(Source, DType)>,
}

impl Program {
    /// The program of one primitive.
    pub(crate) fn single(prim: &Prim, inputs: &[DType], dtype: DType) -> Program {
        let sources = (0..inputs.len()).map(Source::Input).collect();
        Program {
            inputs: inputs.to_vec(),
            operations: vec![Operation {
                prim: prim.clone(),
                inputs: sources,
                dtype,
            }],
            outputs: vec![(Source::Operation(0), dtype)],
        }
    }

    /// The program that copies.
    pub(crate) fn copy(dtype: DType) -> Program {
        Program {
            inputs: vec![dtype],
            operations: Vec::new(),
            outputs: vec![(Source::Input(0), dtype)],
        }
    }

    fn dtype(&self, source: Source) -> DType {
        match source {
            Source::Input(at) => self.inputs[at],
            Source::Constant(value) => value.dtype(),
            Source::Operation(at) => self.operations[at].dtype,
            Source::Product => DType::Bool,
        }
    }

    /// Whether an operation reads what another gave.
    fn is_read(&self, source: Source) -> bool {
        (self.operations.iter()).any(|operation| operation.inputs.contains(&source))
    }

    /// Computes all operations on values of the inputs; the values that are written. Each operation is one by itself: a compiler that
    /// sees two at once may take `x - x` for zero, infinite `x` too, or `x + t * (y - x)` for something rounded otherwise.
    pub(crate) fn evaluate(&self, inputs: &[Val]) -> Vec<Val> {
        let mut values: Vec<Val> = Vec::with_capacity(self.operations.len());
        for (at, operation) in self.operations.iter().enumerate() {
            let read = |source: Source| match source {
                Source::Input(at) => inputs[at],
                Source::Constant(value) => constant(&value),
                Source::Operation(at) => values[at],
                Source::Product => unreachable!("products are computed apart"),
            };
            let mut operands: SmallVec<[Val; 3]> =
                operation.inputs.iter().map(|&s| read(s)).collect();
            if let [x, y] = operation.inputs[..]
                && x == y
            {
                operands[1] = held(operands[1]);
            }
            let from = operation
                .inputs
                .last()
                .map_or(operation.dtype, |&s| self.dtype(s));
            let value = apply(&operation.prim, from, operation.dtype, &operands);
            values.push(match self.is_read(Source::Operation(at)) {
                true => held(value),
                false => value,
            });
        }
        (self.outputs.iter())
            .map(|&(source, _)| match source {
                Source::Input(at) => inputs[at],
                Source::Constant(value) => literal(&value),
                Source::Operation(at) => values[at],
                Source::Product => unreachable!("products are computed apart"),
            })
            .collect()
    }
}

/// An operand that a kernel's compiler knows. What is no ordinary number is held: to Vulkan's compilers `x / 0` is undefined, and `x * 0`
/// may be zero whatever `x` is.
fn constant(value: &Literal) -> Val {
    // Held twice it would be known again.
    let part = |x: V| if x.is_special() { hold(x) } else { x };
    match literal(value) {
        Val::One(x) => Val::One(part(x)),
        Val::Two(re, im) => Val::Two(part(re), part(im)),
    }
}

/// The value, through which no compiler simplifies.
fn held(x: Val) -> Val {
    let part = |x: V| if x.is_float() { hold(x) } else { x };
    match x {
        Val::One(x) => Val::One(part(x)),
        Val::Two(re, im) => Val::Two(part(re), part(im)),
    }
}

/// One elementwise primitive on values of dtype `from`.
fn apply(prim: &Prim, from: DType, to: DType, x: &[Val]) -> Val {
    if let Prim::Unary(op) = prim {
        return unary::unary(*op, from, x[0]);
    }
    if let Prim::Binary(op) = prim {
        return binary::binary(*op, from, x[0], x[1]);
    }
    if matches!(prim, Prim::Select) {
        let condition = x[0].one();
        return match (x[1], x[2]) {
            (Val::Two(a, b), Val::Two(c, d)) => {
                Val::Two(condition.select(a, c), condition.select(b, d))
            }
            (x, y) => Val::One(condition.select(x.one(), y.one())),
        };
    }
    cast::cast(from, to, x[0])
}

/// How an input is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Access {
    /// The same element everywhere.
    Single,
    /// As the output lies.
    Linear,
    /// By strides.
    Strided,
}

/// Axes common to all inputs, as few as they allow.
pub(crate) struct Loops {
    pub(crate) shape: SmallVec<[usize; 6]>,
    /// For each input its strides.
    pub(crate) strides: SmallVec<[SmallVec<[isize; 6]>; 4]>,
}

/// Coalesces the axes of a shape as far as all the strides allow.
pub(crate) fn coalesce(shape: &[usize], strides: &[&[isize]]) -> Loops {
    let mut loops = Loops {
        shape: SmallVec::new(),
        strides: smallvec![SmallVec::new(); strides.len()],
    };
    for (axis, &dim) in shape.iter().enumerate() {
        if dim == 1 {
            continue;
        }
        let joins = loops.shape.last().is_some()
            && (strides.iter().zip(&loops.strides))
                .all(|(own, kept)| kept.last() == Some(&(own[axis] * dim as isize)));
        match joins {
            true => {
                if let Some(last) = loops.shape.last_mut() {
                    *last *= dim;
                }
                for (own, kept) in strides.iter().zip(&mut loops.strides) {
                    if let Some(last) = kept.last_mut() {
                        *last = own[axis];
                    }
                }
            }
            false => {
                loops.shape.push(dim);
                for (own, kept) in strides.iter().zip(&mut loops.strides) {
                    kept.push(own[axis]);
                }
            }
        }
    }
    loops
}

impl Loops {
    /// How input `at` is read when the loop writes contiguously.
    fn access(&self, at: usize) -> Access {
        let strides = &self.strides[at];
        if strides.iter().all(|&stride| stride == 0) {
            return Access::Single;
        }
        if strides.len() == 1 && strides[0] == 1 {
            return Access::Linear;
        }
        Access::Strided
    }
}

/// The place of element `i`, in C order, of an array of that many axes, whose sizes and strides are among the scalars.
pub(crate) fn place(i: V, rank: usize, shape: usize, strides: usize, offset: V) -> V {
    let mut place = offset;
    let mut rest = i;
    for axis in (0..rank).rev() {
        let coordinate = match axis {
            0 => rest,
            _ => {
                let dim = given(shape + axis);
                let quotient = rest / dim;
                let coordinate = rest - quotient * dim;
                rest = quotient;
                coordinate
            }
        };
        place = place + coordinate * given(strides + axis);
    }
    place
}

/// Runs a program over a shape.
pub(crate) fn run(
    gpu: &Gpu,
    program: &Program,
    inputs: &[&Tensor],
    shape: &[usize],
) -> Result<Outputs> {
    let outputs: Result<Outputs> = (program.outputs.iter())
        .map(|&(_, dtype)| gpu.fresh(&TensorType::new(shape, dtype)))
        .collect();
    let outputs = outputs?;
    run_into(gpu, program, inputs, shape, &outputs)?;
    Ok(outputs)
}

/// Runs a program into contiguous tensors of that shape.
pub(crate) fn run_into(
    gpu: &Gpu,
    program: &Program,
    inputs: &[&Tensor],
    shape: &[usize],
    outputs: &[Tensor],
) -> Result<()> {
    let size: usize = shape.iter().product();
    if size == 0 {
        return Ok(());
    }
    let strides: SmallVec<[&[isize]; 4]> = inputs.iter().map(|x| x.layout.strides()).collect();
    let loops = coalesce(shape, &strides);
    let accesses: Vec<Access> = (0..inputs.len()).map(|at| loops.access(at)).collect();
    let rank = loops.shape.len();

    let mut scalars: Vec<u32> = vec![index(size)?];
    for &dim in &loops.shape {
        scalars.push(index(dim)?);
    }
    for (input, strides) in inputs.iter().zip(&loops.strides) {
        index(input.buffer.bytes() / storage(input.dtype).size())?;
        scalars.push(index(input.layout.offset())?);
        scalars.extend(strides.iter().map(|&stride| step(stride)));
    }
    for output in outputs {
        index(output.buffer.bytes() / storage(output.dtype).size())?;
    }

    let mut buffers: Vec<_> = (program.inputs.iter())
        .map(|&dtype| (storage(dtype), false))
        .collect();
    buffers.extend(
        program
            .outputs
            .iter()
            .map(|&(_, dtype)| (storage(dtype), true)),
    );
    let units = gpu.abilities.units.min(UNITS);
    let count = scalars.len();
    let body = {
        let (program, accesses) = (program.clone(), accesses.clone());
        move |buffers: &[Memory]| write(&program, &accesses, rank, units, buffers)
    };
    let kernel = Kernel::new(
        gpu.target(),
        ("elementwise", program, &accesses, rank),
        units,
        buffers,
        count,
        body,
    );
    let outputs: SmallVec<[&Tensor; 4]> = outputs.iter().collect();
    gpu.launch(kernel, size, inputs, &outputs, &scalars)
}

/// The kernel: scalars are the number of elements, the sizes of the axes, then offset and strides of each input.
fn write(program: &Program, accesses: &[Access], rank: usize, units: u32, buffers: &[Memory]) {
    let (inputs, outputs) = buffers.split_at(program.inputs.len());
    each(given(0), units, |i| {
        let values: Vec<Val> = (inputs.iter().zip(&program.inputs).enumerate())
            .map(|(at, (&memory, &dtype))| {
                let first = 1 + rank + at * (1 + rank);
                let offset = given(first);
                let place = match accesses[at] {
                    Access::Single => offset,
                    Access::Linear => offset + i,
                    Access::Strided => place(i, rank, 1, first + 1, offset),
                };
                load(dtype, memory, place)
            })
            .collect();
        let results = program.evaluate(&values);
        for ((&memory, &(_, dtype)), value) in outputs.iter().zip(&program.outputs).zip(results) {
            store(dtype, memory, i, value);
        }
    });
}

/// A contiguous copy.
pub(crate) fn copy(gpu: &Gpu, x: &Tensor) -> Result<Tensor> {
    Ok(run(gpu, &Program::copy(x.dtype), &[x], x.shape())?.remove(0))
}

/// The tensor itself when it is contiguous, else a copy.
pub(crate) fn compact(gpu: &Gpu, x: &Tensor) -> Result<Tensor> {
    match x.layout.is_contiguous() {
        true => Ok(x.clone()),
        false => copy(gpu, x),
    }
}

/// An elementwise primitive.
pub(crate) fn elementwise(
    gpu: &Gpu,
    prim: &Prim,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let tensors = crate::gpu::tensors(inputs);
    let dtypes: SmallVec<[DType; 3]> = tensors.iter().map(|x| x.dtype).collect();
    let program = Program::single(prim, &dtypes, ty.dtype);
    run(gpu, &program, &tensors, &ty.shape)
}
