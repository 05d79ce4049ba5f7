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

use super::combined::{Quaternary, logistic_kernel, pair_kernel, quad_kernel, square_kernel};

/// Bytes that the tiles of a block may fill of the first-level cache.
const CACHE: usize = 28 * 1024;
/// Fewest and most elements of a tile; twice as many where it is folded.
const TILES: (usize, usize) = (128, 1024);

/// A kernel and the registers it reads and writes. The output is never one of the inputs.
#[derive(Clone, Copy)]
pub(super) struct Code {
    kernel: Inner,
    inputs: [usize; 4],
    output: usize,
    /// Bytes of an element of the output.
    size: usize,
}

/// A loop over tiles.
#[derive(Clone, Copy)]
enum Inner {
    Plain(Kernel),
    /// One over four inputs, for several operations.
    Quaternary(Quaternary),
}

impl Code {
    /// Runs the kernel over `n` elements.
    ///
    /// # Safety
    /// Registers hold as many elements of the kernel's dtypes.
    #[inline]
    pub(super) unsafe fn run(&self, registers: &[*mut u8], n: usize) {
        let [a, b, c, d] = self.inputs.map(|register| registers[register].cast_const());
        let output = registers[self.output];
        // SAFETY: as the caller promises.
        unsafe {
            match self.kernel {
                Inner::Plain(Kernel::Copy) => {
                    std::ptr::copy_nonoverlapping(a, output, n * self.size);
                }
                Inner::Plain(kernel) => kernel.call(&[a, b, c], output, n),
                Inner::Quaternary(kernel) => kernel(a, b, c, d, output, n),
            }
        }
    }
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

/// A kernel and the values it reads and gives.
struct Step {
    kernel: Inner,
    /// The function it computes, where it is one of the floats' that can be combined with others.
    function: Option<Function>,
    inputs: SmallVec<[Value; 4]>,
    output: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Function {
    Unary(Unary),
    Binary(Binary),
}

/// What a program reads: the region's product, if it has one, then its inputs.
fn input_dtypes(region: &Region) -> impl Iterator<Item = DType> + '_ {
    let product = region.product.iter().map(|head| head.dtype);
    product.chain(region.input_dtypes.iter().copied())
}

struct Builder<'a> {
    region: &'a Region,
    values: Vec<(DType, Home)>,
    constants: Vec<Literal>,
    steps: Vec<Step>,
    casts: HashMap<(Value, DType), Value>,
    operations: Vec<Value>,
    cost: usize,
    divides: Option<&'static str>,
}

/// A kernel for several steps: what it reads, and which steps it takes in.
type Combined = (Inner, SmallVec<[Value; 4]>, SmallVec<[usize; 3]>);

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
        for (at, dtype) in input_dtypes(region).enumerate() {
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
            Source::Input(at) => Value(at + usize::from(self.region.product.is_some())),
            Source::Product => Value(0),
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

    fn step(
        &mut self,
        kernel: Kernel,
        function: Option<Function>,
        inputs: &[Value],
        output: Value,
    ) {
        let inputs = SmallVec::from_slice(inputs);
        self.steps.push(Step {
            kernel: Inner::Plain(kernel),
            function,
            inputs,
            output,
        });
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
        self.step(kernel, None, &[value], converted);
        self.cost += 1 + dtype.itemsize() / 2;
        self.casts.insert((value, dtype), converted);
        converted
    }

    /// Adds a kernel that takes inputs in one dtype and gives another, which is then converted to the operation's own.
    fn push(
        &mut self,
        kernel: Kernel,
        function: Function,
        inputs: &[Value],
        (taken, given): (DType, DType),
        at: usize,
    ) {
        let inputs: SmallVec<[Value; 3]> = inputs.iter().map(|&x| self.cast(x, taken)).collect();
        let value = self.value(given, Home::Temporary);
        let function = (taken.is_float() && taken == given).then_some(function);
        self.step(kernel, function, &inputs, value);
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
        let squares = operation.prim == Prim::Binary(Binary::Multiply) && inputs[0] == inputs[1];
        let float = matches!(dtype, DType::Float32 | DType::Float64);
        if operation.prim == Prim::Unary(Unary::Reciprocal) && float {
            // Rounded the same, and a part of more chains.
            let one = self.source(Source::Constant(Literal::new(1.0).cast(dtype)));
            let kernel = Kernel::Binary(binary_kernel(Binary::Divide, dtype)?);
            let function = Function::Binary(Binary::Divide);
            self.cost += cost(Binary::Divide, dtype);
            self.push(kernel, function, &[one, inputs[0]], (dtype, dtype), at);
        } else if squares && float {
            let kernel = Kernel::Unary(unary_kernel(Unary::Square, dtype)?);
            self.cost += 2;
            let function = Function::Unary(Unary::Square);
            self.push(kernel, function, &inputs[..1], (dtype, dtype), at);
        } else if let Prim::Unary(op) = &operation.prim {
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
            let function = Function::Unary(*op);
            self.push(Kernel::Unary(kernel), function, &inputs, (taken, given), at);
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
            let function = Function::Binary(*op);
            self.push(
                Kernel::Binary(kernel),
                function,
                &inputs,
                (taken, given),
                at,
            );
        } else if matches!(operation.prim, Prim::Select) {
            let kernel = Kernel::Select(select_kernel(operation.dtype.itemsize()));
            let value = self.value(operation.dtype, Home::Temporary);
            self.cost += 1 + operation.dtype.itemsize() / 2;
            self.step(kernel, None, &inputs, value);
            self.operations.push(value);
        } else {
            let value = self.cast(inputs[0], operation.dtype);
            self.operations.push(value);
        }
        Some(())
    }

    /// Puts steps together whose values nothing else reads, where there is a kernel that does them at once.
    fn combine(&mut self, folded: &[(Value, Kernels, DType)]) {
        let mut uses = vec![0usize; self.values.len()];
        for value in self.steps.iter().flat_map(|step| &step.inputs) {
            uses[value.0] += 1;
        }
        for (value, ..) in folded {
            uses[value.0] += 1;
        }
        let mut maker = vec![None; self.values.len()];
        let mut gone = vec![false; self.steps.len()];
        for number in 0..self.steps.len() {
            // The step that made a value for this one alone.
            let made = |value: Value| -> Option<(usize, Function)> {
                let own = uses[value.0] == 1 && self.values[value.0].1 == Home::Temporary;
                let at: usize = maker[value.0].filter(|_| own)?;
                Some((at, self.steps[at].function?))
            };
            let step = &self.steps[number];
            let found = match step.function {
                Some(Function::Binary(op)) => {
                    let dtype = self.dtype(step.output);
                    self.logistic(op, step, dtype, &made)
                        .or_else(|| self.quad(op, step, dtype, &made))
                        .or_else(|| self.pair(op, step, dtype, &made))
                }
                Some(Function::Unary(Unary::Square)) => self.square(step, &made),
                Some(Function::Unary(_)) | None => None,
            };
            if let Some((kernel, inputs, merged)) = found {
                for at in merged {
                    gone[at] = true;
                }
                let step = &mut self.steps[number];
                step.kernel = kernel;
                step.inputs = inputs;
                step.function = None;
            }
            maker[self.steps[number].output.0] = Some(number);
        }
        let mut gone = gone.into_iter();
        self.steps.retain(|_| gone.next() != Some(true));
    }

    /// `inner(a, b)²`.
    fn square(
        &self,
        step: &Step,
        made: &dyn Fn(Value) -> Option<(usize, Function)>,
    ) -> Option<Combined> {
        let (at, Function::Binary(inner)) = made(step.inputs[0])? else {
            return None;
        };
        let kernel = square_kernel(inner, self.dtype(step.output))?;
        let inputs = self.steps[at].inputs.clone();
        let kernel = Inner::Plain(Kernel::Binary(kernel));
        Some((kernel, inputs, SmallVec::from_slice(&[at])))
    }

    /// `outer(left(a, b), right(c, d))`.
    fn quad(
        &self,
        outer: Binary,
        step: &Step,
        dtype: DType,
        made: &dyn Fn(Value) -> Option<(usize, Function)>,
    ) -> Option<Combined> {
        let (x, y) = (made(step.inputs[0])?, made(step.inputs[1])?);
        let (Function::Binary(left), Function::Binary(right)) = (x.1, y.1) else {
            return None;
        };
        let kernel = quad_kernel(left, outer, right, dtype)?;
        let inputs = [x.0, y.0].into_iter().flat_map(|at| &self.steps[at].inputs);
        let inputs = inputs.copied().collect();
        Some((
            Inner::Quaternary(kernel),
            inputs,
            SmallVec::from_slice(&[x.0, y.0]),
        ))
    }

    /// `second(first(a, b), c)`.
    fn pair(
        &self,
        second: Binary,
        step: &Step,
        dtype: DType,
        made: &dyn Fn(Value) -> Option<(usize, Function)>,
    ) -> Option<Combined> {
        for (inner, other, reversed) in [(0, 1, false), (1, 0, true)] {
            if let Some((at, Function::Binary(first))) = made(step.inputs[inner])
                && let Some(kernel) = pair_kernel(first, second, reversed, dtype)
            {
                let [a, b] = [0, 1].map(|i| self.steps[at].inputs[i]);
                let inputs = SmallVec::from_slice(&[a, b, step.inputs[other]]);
                let kernel = Inner::Plain(Kernel::Select(kernel));
                return Some((kernel, inputs, SmallVec::from_slice(&[at])));
            }
        }
        None
    }

    /// `d / (c + exp(±x))`.
    fn logistic(
        &self,
        op: Binary,
        step: &Step,
        dtype: DType,
        made: &dyn Fn(Value) -> Option<(usize, Function)>,
    ) -> Option<Combined> {
        let sum = made(step.inputs[1]).filter(|_| op == Binary::Divide)?;
        if sum.1 != Function::Binary(Binary::Add) {
            return None;
        }
        let terms = &self.steps[sum.0].inputs;
        let is_exp = |value: Value| {
            made(value).filter(|(_, function)| *function == Function::Unary(Unary::Exp))
        };
        let (exp, c) = match (is_exp(terms[0]), is_exp(terms[1])) {
            (_, Some(exp)) => (exp.0, terms[0]),
            (Some(exp), None) => (exp.0, terms[1]),
            (None, None) => return None,
        };
        let mut merged: SmallVec<[usize; 3]> = SmallVec::from_slice(&[sum.0, exp]);
        let mut x = self.steps[exp].inputs[0];
        let negated = made(x).filter(|(_, f)| *f == Function::Unary(Unary::Negative));
        if let Some((at, _)) = negated {
            merged.push(at);
            x = self.steps[at].inputs[0];
        }
        let kernel = logistic_kernel(negated.is_some(), dtype)?;
        let inputs = SmallVec::from_slice(&[x, c, step.inputs[0]]);
        Some((Inner::Plain(Kernel::Select(kernel)), inputs, merged))
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
            self.step(Kernel::Copy, None, &[value], copy);
        }
        self.combine(&folded);
        let mut last = vec![0; self.values.len()];
        for (number, step) in self.steps.iter().enumerate() {
            for value in &step.inputs {
                last[value.0] = number;
            }
        }
        for (value, ..) in &folded {
            last[value.0] = usize::MAX;
        }
        let inputs = input_dtypes(region).count();
        let outputs = region.outputs.len();
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
        let mut codes = Vec::with_capacity(self.steps.len());
        for (step, made) in self.steps.iter().enumerate() {
            let (kernel, sources, value) = (&made.kernel, &made.inputs, &made.output);
            // The output's register is taken before the inputs' are free: kernels are fastest apart from their inputs.
            if register[value.0] == usize::MAX {
                register[value.0] = free.pop().unwrap_or_else(|| {
                    temporaries += 1;
                    first + temporaries - 1
                });
            }
            let mut code = Code {
                kernel: *kernel,
                inputs: [0; 4],
                output: register[value.0],
                size: self.dtype(*value).itemsize(),
            };
            for (k, source) in sources.iter().enumerate() {
                code.inputs[k] = register[source.0];
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
        // Folding a tile has a cost of its own, and more rows to fold at once.
        let most = TILES.1 << usize::from(!folded.is_empty());
        let tile = (CACHE / (tiles.max(1) * width)).clamp(TILES.0, most) & !63;
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
            inputs: input_dtypes(region).collect(),
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
