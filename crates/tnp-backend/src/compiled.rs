//! `Compiled`: an executable made of planned steps, for backends that bring kernels for fused regions or none.

use std::fmt;

use smallvec::SmallVec;

use crate::plan::{Plan, plan};
use crate::prim::{Linalg, Prim};
use crate::region::{Region, Step, partition};
use crate::run::{run_inferred, scan};
use crate::{
    Arg, Device, Error, Executable, Graph, Inputs, Outputs, Result, Tensor, TensorType, Var,
    decompose, input_dtypes, is_layout, scalar, simplify,
};

/// What a backend adds to [`Compiled`]: fused regions.
pub trait Fuser {
    /// Whether an elementwise primitive, a reduction or a product with inputs of these types can be part of a region.
    fn fuses(&self, prim: &Prim, inputs: &[&TensorType]) -> bool;

    /// Prepares a region.
    ///
    /// # Errors
    /// When the backend cannot make its kernel.
    fn region(&self, device: Device, region: &Region) -> Result<Box<dyn RegionKernel>>;
}

/// A region made ready for a device.
pub trait RegionKernel: Send + Sync {
    /// Runs it on what [`Region::reads`] lists, of those types and any strides. The results come in the order of [`Region::output_types`]. A
    /// donated input's buffer may be returned, overwritten.
    ///
    /// # Errors
    /// When memory runs out or the device fails.
    fn run(&self, inputs: &[Arg<'_>]) -> Result<Outputs>;
}

/// A [`Fuser`] for backends that run one primitive at a time.
pub struct Unfused;

impl Fuser for Unfused {
    fn fuses(&self, _: &Prim, _: &[&TensorType]) -> bool {
        false
    }

    fn region(&self, _: Device, region: &Region) -> Result<Box<dyn RegionKernel>> {
        let names: Vec<&str> = region.names().collect();
        Err(Error::unsupported(format!(
            "this backend runs no fused regions, it was given {names:?}"
        )))
    }
}

/// What one step of an executable costs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepCost {
    /// What it does: a primitive's name, or those of a region in order.
    pub name: String,
    /// Kernels started: none for views.
    pub launches: usize,
    /// Bytes of the arrays it reads.
    pub read: usize,
    /// Bytes of the arrays it writes.
    pub written: usize,
}

/// What an executable does, step by step; prints as a table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explanation {
    /// The steps, in order. Those of loops and branches are counted once.
    pub steps: Vec<StepCost>,
    /// Bytes of the largest set of values alive at once, outputs included, inputs apart.
    pub peak_bytes: usize,
}

impl Explanation {
    /// Kernels started in all.
    pub fn launches(&self) -> usize {
        self.steps.iter().map(|step| step.launches).sum()
    }

    /// Bytes read and written in all.
    pub fn bytes(&self) -> usize {
        self.steps.iter().map(|step| step.read + step.written).sum()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:>8} {:>12} {:>12}  step",
            "launches", "read", "written"
        )?;
        for step in &self.steps {
            let StepCost {
                name,
                launches,
                read,
                written,
            } = step;
            writeln!(f, "{launches:>8} {read:>12} {written:>12}  {name}")?;
        }
        write!(
            f,
            "{} launches, {} bytes moved, {} bytes alive at most",
            self.launches(),
            self.bytes(),
            self.peak_bytes
        )
    }
}

/// Outputs up to this many bytes that depend on no input are computed when a graph is compiled.
const CONSTANT_BYTES: usize = 1 << 16;

/// An executable of planned steps. Inputs and intermediate values that nobody else holds are overwritten or dropped after
/// their last use.
pub struct Compiled {
    device: Device,
    input_types: Vec<TensorType>,
    work: Vec<Instruction>,
    slots: usize,
    inputs: Vec<Option<usize>>,
    outputs: Vec<Operand>,
    constants: Vec<Tensor>,
    explanation: Explanation,
}

/// Where an instruction finds an operand.
#[derive(Clone, Copy)]
enum Operand {
    /// In a place, which it leaves when `true`.
    Slot(usize, bool),
    /// Among the constants.
    Constant(usize),
}

struct Instruction {
    action: Action,
    inputs: SmallVec<[Operand; 4]>,
    outputs: SmallVec<[Option<usize>; 2]>,
}

enum Action {
    Prim(Prim, Vec<TensorType>, Vec<TensorType>),
    Region(Box<dyn RegionKernel>),
    Switch(Vec<Compiled>),
    While(Box<Compiled>, Box<Compiled>),
    Scan {
        body: Box<Compiled>,
        carry: usize,
        length: usize,
        reverse: bool,
        outputs: Vec<TensorType>,
    },
}

impl Compiled {
    /// Simplifies a graph, forms regions, plans, and has the backend prepare the regions.
    ///
    /// # Errors
    /// Those of the backend, and of inference for a graph that does not fit itself.
    pub fn new(device: Device, graph: &Graph, fuser: &dyn Fuser) -> Result<Compiled> {
        let graph = simplify(&lower(device, graph)?);
        let plan = plan(
            &graph,
            partition(&graph, &|prim, types| fuser.fuses(prim, types)),
        );
        let mut repeated = vec![None; graph.variables()];
        for equation in graph.equations() {
            if matches!(equation.prim, Prim::BroadcastInDim { .. }) {
                repeated[equation.outputs[0].index()] = Some(equation.inputs[0]);
            }
        }
        Maker {
            device,
            graph: &graph,
            repeated,
            fuser,
            known: vec![None; graph.variables()],
            constants: Vec::new(),
            explanation: Explanation {
                steps: Vec::new(),
                peak_bytes: plan.peak_bytes,
            },
        }
        .make(plan)
    }

    /// Runs it; see [`Executable::run`].
    ///
    /// # Errors
    /// Those of the steps, and inputs of other types than the graph's.
    pub fn run(&self, inputs: Inputs) -> Result<Outputs> {
        self.check(&inputs)?;
        let mut values: SmallVec<[Option<Tensor>; 8]> = SmallVec::new();
        values.resize_with(self.slots, || None);
        for (place, value) in self.inputs.iter().zip(inputs) {
            if let Some(place) = place {
                values[*place] = Some(value);
            }
        }
        for instruction in &self.work {
            self.step(instruction, &mut values)?;
        }
        let mut outputs = Outputs::new();
        for (at, output) in self.outputs.iter().enumerate() {
            outputs.push(match *output {
                Operand::Constant(at) => self.constants[at].clone(),
                Operand::Slot(slot, _) => {
                    let again =
                        |other: &Operand| matches!(other, Operand::Slot(s, _) if *s == slot);
                    let value = match self.outputs[at + 1..].iter().any(again) {
                        true => values[slot].clone(),
                        false => values[slot].take(),
                    };
                    value.ok_or_else(undefined)?
                }
            });
        }
        Ok(outputs)
    }

    /// What a run costs.
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }

    fn check(&self, inputs: &[Tensor]) -> Result<()> {
        let fits = inputs.len() == self.input_types.len()
            && (inputs.iter().zip(&self.input_types))
                .all(|(x, ty)| x.dtype == ty.dtype && x.shape() == &ty.shape[..]);
        if !fits {
            let given: Vec<TensorType> = inputs.iter().map(Tensor::ty).collect();
            return Err(Error::value(format!(
                "the graph takes {:?}, {given:?} were given",
                self.input_types
            )));
        }
        inputs.iter().try_for_each(|input| input.buffer.check())
    }

    fn step(&self, instruction: &Instruction, values: &mut [Option<Tensor>]) -> Result<()> {
        let uses = &instruction.inputs;
        let mut donated: SmallVec<[bool; 8]> = SmallVec::new();
        for (at, operand) in uses.iter().enumerate() {
            donated.push(match *operand {
                Operand::Constant(_) | Operand::Slot(_, false) => false,
                Operand::Slot(slot, true) => {
                    let before =
                        |other: &Operand| matches!(other, Operand::Slot(s, _) if *s == slot);
                    let value = values[slot].as_mut().ok_or_else(undefined)?;
                    value.buffer.is_unique() && !uses[..at].iter().any(before)
                }
            });
        }
        let outputs = match &instruction.action {
            Action::Prim(prim, types, outputs) => {
                let args = self.args(uses, &donated, values)?;
                let types: SmallVec<[&TensorType; 3]> = types.iter().collect();
                run_inferred(self.device, prim, &args, &types, outputs)?
            }
            Action::Region(kernel) => kernel.run(&self.args(uses, &donated, values)?)?,
            Action::Switch(branches) => {
                let mut operands = self.given_up(uses, values)?;
                let branch = scalar(&operands.remove(0))?.to_i128().unwrap_or(-1);
                match usize::try_from(branch).ok().and_then(|i| branches.get(i)) {
                    Some(branch) => branch.run(operands)?,
                    None => {
                        return Err(Error::index(format!(
                            "switch: branch {branch} is out of bounds for {} branches",
                            branches.len()
                        )));
                    }
                }
            }
            Action::While(condition, body) => {
                let mut carry = self.given_up(uses, values)?;
                while scalar(&condition.run(carry.clone())?[0])?.value::<bool>() {
                    carry = body.run(carry)?.into_iter().collect();
                }
                carry.into_iter().collect()
            }
            Action::Scan {
                body,
                carry,
                length,
                reverse,
                outputs,
            } => {
                let operands = self.given_up(uses, values)?.into_vec();
                let mut step = |inputs: Vec<Tensor>| body.run(inputs.into());
                let times = (*length, *reverse);
                scan(self.device, &mut step, *carry, times, operands, outputs)?
            }
        };
        for operand in uses {
            if let Operand::Slot(slot, true) = *operand {
                values[slot] = None;
            }
        }
        for (place, value) in instruction.outputs.iter().zip(outputs) {
            if let Some(place) = place {
                values[*place] = Some(value);
            }
        }
        Ok(())
    }

    fn args<'a>(
        &'a self,
        uses: &[Operand],
        donated: &[bool],
        values: &'a [Option<Tensor>],
    ) -> Result<SmallVec<[Arg<'a>; 8]>> {
        let arg = |(operand, &donated): (&Operand, &bool)| {
            let tensor = match *operand {
                Operand::Constant(at) => &self.constants[at],
                Operand::Slot(slot, _) => values[slot].as_ref().ok_or_else(undefined)?,
            };
            Ok(Arg { tensor, donated })
        };
        uses.iter().zip(donated).map(arg).collect()
    }

    /// Operands by value: taken out where they die.
    fn given_up(&self, uses: &[Operand], values: &mut [Option<Tensor>]) -> Result<Inputs> {
        let value = |operand: &Operand| match *operand {
            Operand::Constant(at) => Ok(self.constants[at].clone()),
            Operand::Slot(slot, true) => values[slot].take().ok_or_else(undefined),
            Operand::Slot(slot, false) => values[slot].clone().ok_or_else(undefined),
        };
        uses.iter().map(value).collect()
    }
}

impl Executable for Compiled {
    fn run(&self, inputs: Inputs) -> Result<Outputs> {
        Compiled::run(self, inputs)
    }

    fn explain(&self) -> Explanation {
        self.explanation.clone()
    }
}

#[cold]
fn undefined() -> Error {
    Error::scope("a graph reads a variable before it is defined")
}

/// The graph with what the device does not support replaced by calls of its decomposition.
fn lower(device: Device, graph: &Graph) -> Result<Graph> {
    let supported = |prim: &Prim, types: &[&TensorType]| {
        is_layout(prim)
            || matches!(
                prim,
                Prim::DeviceCopy { .. }
                    | Prim::Call { .. }
                    | Prim::Switch { .. }
                    | Prim::While { .. }
                    | Prim::Scan { .. }
                    | Prim::Linalg(Linalg::Require(_))
            )
            || device.backend().supports(prim, &input_dtypes(types))
    };
    crate::simplify::rebuild(graph, |equation| {
        let types: SmallVec<[&TensorType; 3]> =
            equation.inputs.iter().map(|&var| graph.ty(var)).collect();
        if supported(&equation.prim, &types) {
            return Ok(equation.prim.clone());
        }
        match decompose(&equation.prim, &types) {
            Some(graph) => {
                crate::detour::note(device, &equation.prim, &types, true);
                Ok(Prim::Call {
                    graph: lower(device, &graph?)?.into(),
                })
            }
            // Running it says what is missing.
            None => Ok(equation.prim.clone()),
        }
    })
}

struct Maker<'a> {
    device: Device,
    graph: &'a Graph,
    fuser: &'a dyn Fuser,
    /// For each variable the smaller one that it repeats.
    repeated: Vec<Option<Var>>,
    /// The constant that holds each variable, where it depends on no input.
    known: Vec<Option<usize>>,
    constants: Vec<Tensor>,
    explanation: Explanation,
}

impl Maker<'_> {
    fn make(mut self, plan: Plan) -> Result<Compiled> {
        let mut work = Vec::new();
        for planned in plan.steps {
            let inputs: SmallVec<[Operand; 4]> = (planned.inputs.iter())
                .map(|place| match self.known[place.var.index()] {
                    Some(at) => Operand::Constant(at),
                    None => Operand::Slot(place.slot, place.dies),
                })
                .collect();
            let types = self.output_types(&planned.step);
            let action = self.action(&planned.step, &types)?;
            let bytes: usize = types.iter().map(TensorType::bytes).sum();
            let known = inputs.iter().all(|x| matches!(x, Operand::Constant(_)));
            if known && bytes <= CONSTANT_BYTES && self.evaluate(&action, &inputs, &planned.step) {
                continue;
            }
            let cost = self.cost(&planned.step, &types);
            self.explanation.steps.push(cost);
            work.push(Instruction {
                action,
                inputs,
                outputs: planned.outputs,
            });
        }
        let outputs = self.graph.outputs().iter().zip(&plan.outputs);
        let outputs = outputs
            .map(|(var, &slot)| match self.known[var.index()] {
                Some(at) => Operand::Constant(at),
                None => Operand::Slot(slot, true),
            })
            .collect();
        Ok(Compiled {
            device: self.device,
            input_types: self.graph.input_types().cloned().collect(),
            work,
            slots: plan.slots,
            inputs: plan.inputs,
            outputs,
            constants: self.constants,
            explanation: self.explanation,
        })
    }

    fn output_types(&self, step: &Step) -> Vec<TensorType> {
        match step {
            Step::Single(at) => (self.graph.equations()[*at].outputs.iter())
                .map(|&var| self.graph.ty(var).clone())
                .collect(),
            Step::Region(region) => region.output_types().collect(),
        }
    }

    fn compile(&self, graph: &Graph) -> Result<Compiled> {
        Compiled::new(self.device, graph, self.fuser)
    }

    fn action(&mut self, step: &Step, outputs: &[TensorType]) -> Result<Action> {
        let equation = match step {
            Step::Region(region) => {
                return Ok(Action::Region(self.fuser.region(self.device, region)?));
            }
            Step::Single(at) => &self.graph.equations()[*at],
        };
        if let Prim::Switch { branches } = &equation.prim {
            let branches: Result<Vec<Compiled>> =
                branches.iter().map(|graph| self.compile(graph)).collect();
            return Ok(Action::Switch(branches?));
        }
        if let Prim::While { condition, body } = &equation.prim {
            let condition = Box::new(self.compile(condition)?);
            return Ok(Action::While(condition, Box::new(self.compile(body)?)));
        }
        if let Prim::Scan {
            body,
            carry,
            length,
            reverse,
        } = &equation.prim
        {
            return Ok(Action::Scan {
                body: Box::new(self.compile(body)?),
                carry: *carry,
                length: *length,
                reverse: *reverse,
                outputs: outputs.to_vec(),
            });
        }
        let types = (equation.inputs.iter())
            .map(|&var| self.graph.ty(var).clone())
            .collect();
        Ok(Action::Prim(equation.prim.clone(), types, outputs.to_vec()))
    }

    /// Runs a step that depends on no input now; false where that fails, so that each run says how.
    fn evaluate(&mut self, action: &Action, inputs: &[Operand], step: &Step) -> bool {
        let args: SmallVec<[Arg<'_>; 4]> = (inputs.iter())
            .filter_map(|operand| match operand {
                Operand::Constant(at) => Some(Arg::borrowed(&self.constants[*at])),
                Operand::Slot(..) => None,
            })
            .collect();
        let results = match action {
            Action::Prim(prim, types, outputs) => {
                let types: SmallVec<[&TensorType; 3]> = types.iter().collect();
                run_inferred(self.device, prim, &args, &types, outputs)
            }
            Action::Region(kernel) => kernel.run(&args),
            Action::Switch(_) | Action::While(..) | Action::Scan { .. } => return false,
        };
        drop(args);
        let Ok(results) = results else { return false };
        let vars: SmallVec<[Var; 4]> = match step {
            Step::Single(at) => SmallVec::from_slice(&self.graph.equations()[*at].outputs),
            Step::Region(region) => region.output_vars().collect(),
        };
        for (var, value) in vars.into_iter().zip(results) {
            self.known[var.index()] = Some(self.constants.len());
            self.constants.push(value);
        }
        true
    }

    fn cost(&self, step: &Step, outputs: &[TensorType]) -> StepCost {
        let written: usize = outputs.iter().map(TensorType::bytes).sum();
        let read = |vars: &[Var]| vars.iter().map(|&var| self.stored_bytes(var)).sum();
        match step {
            Step::Single(at) => {
                let equation = &self.graph.equations()[*at];
                let view = is_layout(&equation.prim);
                StepCost {
                    name: equation.prim.name().to_owned(),
                    launches: usize::from(!view),
                    read: if view { 0 } else { read(&equation.inputs) },
                    written: if view { 0 } else { written },
                }
            }
            Step::Region(region) => StepCost {
                name: region.names().collect::<Vec<_>>().join(" "),
                launches: 1,
                read: read(&region.reads()),
                written,
            },
        }
    }

    /// Bytes behind a variable: fewer than its own where it is a smaller one repeated.
    fn stored_bytes(&self, var: Var) -> usize {
        let source = self.repeated[var.index()].unwrap_or(var);
        self.graph.ty(source).bytes()
    }
}
