//! `Program`: a region as kernels over registers, each register a tile.

use std::collections::HashMap;

use smallvec::SmallVec;
use tnp_backend::prim::{Binary, Prim, ReduceOp, Unary};
use tnp_backend::{Region, Source};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::binary::binary_kernel;
use crate::cast::{CastKernel, cast_kernel};
use crate::elementwise::{Kernel, computed_in, cost};
use crate::reduce::fold::{FoldOp, Kernels, kernels};
use crate::select::select_kernel;
use crate::unary::unary_kernel;

/// Bytes that the tiles of a block may fill of the first-level cache.
const CACHE: usize = 20 * 1024;
/// Fewest and most elements of a tile.
const TILES: (usize, usize) = (128, 1024);

/// A kernel and the registers it reads and writes. The output is never one of the inputs.
#[derive(Clone, Copy)]
pub(super) struct Code {
    pub(super) kernel: Kernel,
    pub(super) inputs: [usize; 3],
    pub(super) output: usize,
    /// Which inputs are the region's, read for the first time: they are fetched ahead from here.
    pub(super) fetches: [bool; 3],
    /// Bytes of an element of the output.
    pub(super) size: usize,
}

/// A reduction: the register it folds and the loops that do it.
pub(super) struct Fold {
    pub(super) register: usize,
    pub(super) kernels: Kernels,
    /// From the loops' dtype to the result's, where they differ.
    pub(super) narrow: Option<CastKernel>,
    pub(super) dtype: DType,
}

/// A region as kernels over registers. Registers are numbered: inputs, outputs, constants, then temporaries.
pub(super) struct Program {
    pub(super) shape: Dims,
    pub(super) inputs: Vec<DType>,
    pub(super) outputs: Vec<DType>,
    pub(super) constants: Vec<Literal>,
    pub(super) temporaries: usize,
    pub(super) codes: Vec<Code>,
    pub(super) folds: Vec<Fold>,
    /// The axes folded and those kept, increasing.
    pub(super) folded: SmallVec<[usize; 4]>,
    pub(super) kept: SmallVec<[usize; 4]>,
    /// Elements of a tile, and bytes of the widest.
    pub(super) tile: usize,
    pub(super) width: usize,
    /// Tenths of a nanosecond for each element, roughly.
    pub(super) cost: usize,
    /// The first operation that may divide an integer by zero, for the warning.
    pub(super) divides: Option<&'static str>,
}

/// A value before registers are assigned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Value(usize);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    Input(usize),
    Constant(usize),
    Output(usize),
    Temporary,
}

struct Builder<'a> {
    region: &'a Region,
    values: Vec<(DType, Home)>,
    constants: Vec<Literal>,
    steps: Vec<(Kernel, SmallVec<[Value; 3]>, Value)>,
    casts: HashMap<(Value, DType), Value>,
    operations: Vec<Value>,
    cost: usize,
    divides: Option<&'static str>,
}

impl Program {
    /// The program of a region; `None` where an operation has no kernel.
    pub(super) fn new(region: &Region) -> Option<Program> {
        let mut builder = Builder {
            region,
            values: Vec::new(),
            constants: Vec::new(),
            steps: Vec::new(),
            casts: HashMap::new(),
            operations: Vec::new(),
            cost: 0,
            divides: None,
        };
        for (at, &dtype) in region.input_dtypes.iter().enumerate() {
            builder.values.push((dtype, Home::Input(at)));
        }
        for at in 0..region.operations.len() {
            builder.operation(at)?;
        }
        let mut folded = Vec::new();
        for reduction in &region.reductions {
            let op = match reduction.op {
                ReduceOp::Sum => FoldOp::Sum,
                ReduceOp::Prod => FoldOp::Prod,
                ReduceOp::Max => FoldOp::Max,
                ReduceOp::Min => FoldOp::Min,
                ReduceOp::All => FoldOp::And,
                ReduceOp::Any => FoldOp::Or,
            };
            let kernels = kernels(op, reduction.dtype);
            let source = builder.source(reduction.source);
            // Elements are read as cast to the result's dtype; half-width floats are folded wider.
            let read = builder.cast(source, reduction.dtype);
            let read = builder.cast(read, kernels.dtype);
            folded.push((read, kernels, reduction.dtype));
            builder.cost += 3;
        }
        Some(builder.finish(folded))
    }

    pub(super) fn output_register(&self, at: usize) -> usize {
        self.inputs.len() + at
    }

    pub(super) fn constant_register(&self, at: usize) -> usize {
        self.inputs.len() + self.outputs.len() + at
    }

    pub(super) fn registers(&self) -> usize {
        self.constant_register(self.constants.len()) + self.temporaries
    }

    /// Bytes of a register's memory: off multiples of a page, so that tiles do not meet in the cache's sets.
    pub(super) fn slot(&self) -> usize {
        self.tile * self.width + 320
    }
}

impl Builder<'_> {
    fn value(&mut self, dtype: DType, home: Home) -> Value {
        self.values.push((dtype, home));
        Value(self.values.len() - 1)
    }

    fn dtype(&self, value: Value) -> DType {
        self.values[value.0].0
    }

    fn source(&mut self, source: Source) -> Value {
        match source {
            Source::Input(at) => Value(at),
            Source::Operation(at) => self.operations[at],
            Source::Constant(literal) => {
                let known = self.constants.iter().position(|&other| other == literal);
                let home = Home::Constant(known.unwrap_or(self.constants.len()));
                if known.is_some() {
                    let found = self.values.iter().position(|&(_, other)| other == home);
                    return Value(found.unwrap_or_default());
                }
                self.constants.push(literal);
                self.value(literal.dtype(), home)
            }
        }
    }

    /// The value in another dtype, converted once.
    fn cast(&mut self, value: Value, dtype: DType) -> Value {
        let from = self.dtype(value);
        if from == dtype {
            return value;
        }
        if let Some(&known) = self.casts.get(&(value, dtype)) {
            return known;
        }
        let converted = self.value(dtype, Home::Temporary);
        let kernel = Kernel::Unary(cast_kernel(from, dtype));
        self.steps
            .push((kernel, SmallVec::from_slice(&[value]), converted));
        self.cost += 1 + dtype.itemsize() / 2;
        self.casts.insert((value, dtype), converted);
        converted
    }

    /// Adds a kernel that takes inputs in one dtype and gives another, which is then converted to the operation's own.
    fn push(&mut self, kernel: Kernel, inputs: &[Value], taken: DType, given: DType, at: usize) {
        let inputs: SmallVec<[Value; 3]> = inputs.iter().map(|&x| self.cast(x, taken)).collect();
        let value = self.value(given, Home::Temporary);
        self.steps.push((kernel, inputs, value));
        let wanted = self.region.operations[at].dtype;
        // Half-width floats are rounded after each operation, as they are when operations run one at a time.
        let value = self.cast(value, wanted);
        self.operations.push(value);
    }

    fn operation(&mut self, at: usize) -> Option<()> {
        let region = self.region;
        let operation = &region.operations[at];
        let inputs: SmallVec<[Value; 3]> = (operation.inputs.iter())
            .map(|&source| self.source(source))
            .collect();
        let dtype = self.dtype(inputs[0]);
        let wide = computed_in(dtype);
        if let Prim::Unary(op) = &operation.prim {
            let (taken, kernel) = match unary_kernel(*op, dtype) {
                Some(kernel) => (dtype, kernel),
                None => (wide, unary_kernel(*op, wide)?),
            };
            self.cost += match op {
                Unary::Negative | Unary::Abs | Unary::Square | Unary::Conjugate => 2,
                _ => 10,
            };
            let given = match taken == dtype {
                true => operation.dtype,
                false => op.output(taken)?,
            };
            self.push(Kernel::Unary(kernel), &inputs, taken, given, at);
        } else if let Prim::Binary(op) = &operation.prim {
            let (taken, kernel) = match binary_kernel(*op, dtype) {
                Some(kernel) => (dtype, kernel),
                None => (wide, binary_kernel(*op, wide)?),
            };
            self.cost += cost(*op, taken);
            let divides = matches!(op, Binary::FloorDivide | Binary::Remainder | Binary::Fmod);
            if divides && dtype.is_integer() {
                self.divides = self.divides.or(Some(op.name()));
            }
            let given = match taken == dtype {
                true => operation.dtype,
                false => op.output(taken)?,
            };
            self.push(Kernel::Binary(kernel), &inputs, taken, given, at);
        } else if matches!(operation.prim, Prim::Select) {
            let kernel = Kernel::Select(select_kernel(operation.dtype.itemsize()));
            let value = self.value(operation.dtype, Home::Temporary);
            self.cost += 1 + operation.dtype.itemsize() / 2;
            self.steps.push((kernel, inputs, value));
            self.operations.push(value);
        } else {
            let value = self.cast(inputs[0], operation.dtype);
            self.operations.push(value);
        }
        Some(())
    }

    /// Assigns registers by the liveness of values.
    fn finish(mut self, folded: Vec<(Value, Kernels, DType)>) -> Program {
        let region = self.region;
        // Outputs live in registers of their own, which are the arrays' memory where that is possible. One value may be two
        // outputs, and an output may be what a cast of an input gave, or an input.
        let mut copies = Vec::new();
        for (number, &(_, at)) in region.outputs.iter().enumerate() {
            let value = self.operations[at];
            let (dtype, home) = self.values[value.0];
            if home == Home::Temporary {
                self.values[value.0].1 = Home::Output(number);
            } else {
                let copy = self.value(dtype, Home::Output(number));
                copies.push((value, copy));
            }
        }
        for (value, copy) in copies {
            let inputs = SmallVec::from_slice(&[value]);
            self.steps.push((Kernel::Copy, inputs, copy));
        }
        let mut last = vec![0; self.values.len()];
        for (step, (_, inputs, _)) in self.steps.iter().enumerate() {
            for value in inputs {
                last[value.0] = step;
            }
        }
        for (value, ..) in &folded {
            last[value.0] = usize::MAX;
        }
        let (inputs, outputs) = (region.inputs.len(), region.outputs.len());
        let first = inputs + outputs + self.constants.len();
        let mut free: Vec<usize> = Vec::new();
        let mut temporaries = 0;
        let mut register = vec![usize::MAX; self.values.len()];
        for (value, &(_, home)) in self.values.iter().enumerate() {
            register[value] = match home {
                Home::Input(at) => at,
                Home::Output(at) => inputs + at,
                Home::Constant(at) => inputs + outputs + at,
                Home::Temporary => usize::MAX,
            };
        }
        let mut fetched = vec![false; inputs];
        let mut codes = Vec::with_capacity(self.steps.len());
        for (step, (kernel, sources, value)) in self.steps.iter().enumerate() {
            // The output's register is taken before the inputs' are free: kernels are fastest apart from their inputs.
            if register[value.0] == usize::MAX {
                register[value.0] = free.pop().unwrap_or_else(|| {
                    temporaries += 1;
                    first + temporaries - 1
                });
            }
            let mut code = Code {
                kernel: *kernel,
                inputs: [0; 3],
                output: register[value.0],
                fetches: [false; 3],
                size: self.dtype(*value).itemsize(),
            };
            for (k, source) in sources.iter().enumerate() {
                code.inputs[k] = register[source.0];
                if let Some(done) = fetched.get_mut(code.inputs[k]) {
                    code.fetches[k] = !std::mem::replace(done, true);
                }
            }
            codes.push(code);
            for (k, source) in sources.iter().enumerate() {
                let again = sources[k + 1..].contains(source);
                let temporary = self.values[source.0].1 == Home::Temporary;
                if temporary && !again && last[source.0] == step {
                    free.push(register[source.0]);
                }
            }
            // What nothing reads frees its register at once.
            if self.values[value.0].1 == Home::Temporary && last[value.0] < step {
                free.push(register[value.0]);
            }
        }
        let dtypes = self.values.iter().map(|(dtype, _)| dtype.itemsize());
        let width = dtypes.max().unwrap_or(1);
        let tiles = inputs + outputs + self.constants.len() + temporaries;
        let tile = (CACHE / (tiles.max(1) * width)).clamp(TILES.0, TILES.1) & !63;
        let ndim = region.shape.len();
        let axes = if region.reductions.is_empty() {
            SmallVec::new()
        } else {
            SmallVec::from_slice(&region.axes)
        };
        let folds = folded
            .into_iter()
            .map(|(value, kernels, dtype)| Fold {
                register: register[value.0],
                narrow: (kernels.dtype != dtype).then(|| cast_kernel(kernels.dtype, dtype)),
                kernels,
                dtype,
            })
            .collect();
        Program {
            shape: region.shape.clone(),
            inputs: region.input_dtypes.clone(),
            outputs: (region.outputs.iter())
                .map(|&(_, at)| region.operations[at].dtype)
                .collect(),
            constants: self.constants,
            temporaries,
            codes,
            folds,
            kept: (0..ndim).filter(|axis| !axes.contains(axis)).collect(),
            folded: axes,
            tile,
            width,
            cost: self.cost.max(1),
            divides: self.divides,
        }
    }
}
