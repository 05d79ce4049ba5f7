//! Planning: when values die, where they wait meanwhile, and how much memory that takes.

use smallvec::SmallVec;

use crate::prim::Prim;
use crate::region::{Partition, Step, is_elementwise};
use crate::{Graph, Var, is_layout};

/// An input of a planned step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Use {
    /// What is read.
    pub var: Var,
    /// The place it waits in.
    pub slot: usize,
    /// Nothing reads it afterwards: the step may overwrite it, and then it is dropped.
    pub dies: bool,
}

/// A step with the places of what it reads and gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedStep {
    /// What is done.
    pub step: Step,
    /// What it reads.
    pub inputs: SmallVec<[Use; 4]>,
    /// The places of what it gives; `None` where nobody reads it.
    pub outputs: SmallVec<[Option<usize>; 2]>,
}

/// A program ready to run: steps in order, values in numbered places that are taken again once their value has died.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// The steps.
    pub steps: Vec<PlannedStep>,
    /// How many places there are.
    pub slots: usize,
    /// The places of the graph's inputs; `None` for those nobody reads.
    pub inputs: Vec<Option<usize>>,
    /// The places of the graph's outputs.
    pub outputs: Vec<usize>,
    /// Bytes of the largest set of values alive at once, outputs included, inputs apart: what a run needs besides them when none is given up.
    pub peak_bytes: usize,
}

/// Plans a program.
pub fn plan(graph: &Graph, partition: Partition) -> Plan {
    let alias = &partition.alias;
    let mut last: Vec<Option<usize>> = vec![None; graph.variables()];
    let reads: Vec<SmallVec<[Var; 4]>> = (partition.steps.iter())
        .map(|step| inputs(graph, step, alias))
        .collect();
    for (at, vars) in reads.iter().enumerate() {
        for var in vars {
            last[var.index()] = Some(at);
        }
    }
    let outputs: Vec<Var> = graph.outputs().iter().map(|v| alias[v.index()]).collect();
    for var in &outputs {
        last[var.index()] = Some(partition.steps.len());
    }

    let mut places = Places::default();
    let mut slot: Vec<Option<usize>> = vec![None; graph.variables()];
    let mut memory = Memory::new(graph);
    for var in graph.inputs() {
        slot[var.index()] = last[var.index()].map(|_| places.take());
        memory.lent(*var);
    }
    let inputs = (graph.inputs().iter())
        .map(|var| slot[var.index()])
        .collect();
    let mut steps = Vec::with_capacity(partition.steps.len());
    for (at, (step, vars)) in partition.steps.into_iter().zip(&reads).enumerate() {
        let mut uses: SmallVec<[Use; 4]> = SmallVec::new();
        for (position, &var) in vars.iter().enumerate() {
            let again = vars[position + 1..].contains(&var);
            uses.push(Use {
                var,
                slot: slot[var.index()].expect("a step reads what an earlier one gave"),
                dies: last[var.index()] == Some(at) && !again,
            });
        }
        let given = outputs_of(graph, &step);
        memory.step(graph, &step, &uses, &given, &last);
        for place in uses.iter().filter(|place| place.dies) {
            places.give_back(place.slot);
        }
        let mut outputs: SmallVec<[Option<usize>; 2]> = SmallVec::new();
        for var in given {
            let place = last[var.index()].map(|_| places.take());
            slot[var.index()] = place;
            outputs.push(place);
        }
        steps.push(PlannedStep {
            step,
            inputs: uses,
            outputs,
        });
    }
    Plan {
        steps,
        slots: places.count,
        inputs,
        outputs: (outputs.iter())
            .map(|var| slot[var.index()].expect("a graph returns what it defines"))
            .collect(),
        peak_bytes: memory.peak,
    }
}

/// What a step reads, through aliases.
fn inputs(graph: &Graph, step: &Step, alias: &[Var]) -> SmallVec<[Var; 4]> {
    match step {
        Step::Single(at) => (graph.equations()[*at].inputs.iter())
            .map(|var| alias[var.index()])
            .collect(),
        Step::Region(region) => region.reads(),
    }
}

fn outputs_of(graph: &Graph, step: &Step) -> SmallVec<[Var; 4]> {
    match step {
        Step::Single(at) => SmallVec::from_slice(&graph.equations()[*at].outputs),
        Step::Region(region) => region.output_vars().collect(),
    }
}

/// Whether a step that reads a variable for the last time may write an output over it.
fn overwrites(graph: &Graph, step: &Step, output: Var, read: Var) -> bool {
    match step {
        Step::Single(at) => {
            let equation = &graph.equations()[*at];
            match &equation.prim {
                Prim::DynamicUpdateSlice | Prim::Scatter { .. } => equation.inputs[0] == read,
                prim => is_elementwise(prim),
            }
        }
        Step::Region(region) => {
            let elementwise = region.outputs.iter().any(|&(var, _)| var == output);
            // What the product reads as well is given up as its operand.
            let multiplied = (region.product.iter()).any(|head| head.operands.contains(&read));
            elementwise && !multiplied
        }
    }
}

/// Bytes of the product that a region computes first.
fn product_bytes(step: &Step) -> Option<usize> {
    let Step::Region(region) = step else {
        return None;
    };
    let head = region.product.as_ref()?;
    Some(region.shape.iter().product::<usize>() * head.dtype.itemsize())
}

/// Numbered places.
#[derive(Default)]
struct Places {
    count: usize,
    free: Vec<usize>,
}

impl Places {
    fn take(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.count += 1;
            self.count - 1
        })
    }

    fn give_back(&mut self, slot: usize) {
        self.free.push(slot);
    }
}

/// Counts the bytes alive, step by step.
struct Memory {
    /// The variable whose memory a variable looks at: itself, or what it is a view of.
    base: Vec<Option<Var>>,
    /// How many variables alive look at the memory of each.
    holders: Vec<usize>,
    lent: Vec<bool>,
    live: usize,
    peak: usize,
}

impl Memory {
    fn new(graph: &Graph) -> Memory {
        Memory {
            base: vec![None; graph.variables()],
            holders: vec![0; graph.variables()],
            lent: vec![false; graph.variables()],
            live: 0,
            peak: 0,
        }
    }

    fn lent(&mut self, var: Var) {
        self.base[var.index()] = Some(var);
        self.holders[var.index()] = 1;
        self.lent[var.index()] = true;
    }

    fn base(&self, var: Var) -> Var {
        self.base[var.index()].unwrap_or(var)
    }

    fn step(
        &mut self,
        graph: &Graph,
        step: &Step,
        uses: &[Use],
        outputs: &[Var],
        last: &[Option<usize>],
    ) {
        let view = match step {
            Step::Single(at) => is_layout(&graph.equations()[*at].prim),
            Step::Region(_) => false,
        };
        if view {
            let base = self.base(uses[0].var);
            self.base[outputs[0].index()] = Some(base);
            self.holders[base.index()] += 1;
        }
        // What dies here and is of an output's size gives its memory to it.
        let mut dying: SmallVec<[Var; 4]> = uses
            .iter()
            .filter(|place| place.dies)
            .map(|place| place.var)
            .collect();
        // A region's product is where an output of its size goes.
        let mut product = product_bytes(step);
        self.live += product.unwrap_or(0);
        self.peak = self.peak.max(self.live);
        if !view {
            for &output in outputs {
                let bytes = graph.ty(output).bytes();
                if product == Some(bytes) {
                    product = None;
                    self.base[output.index()] = Some(output);
                    self.holders[output.index()] = 1;
                    continue;
                }
                let ty = graph.ty(output);
                let heir = dying.iter().position(|&var| {
                    let (base, theirs) = (self.base(var), graph.ty(var));
                    base == var
                        && self.holders[base.index()] == 1
                        && !self.lent[base.index()]
                        && theirs.shape == ty.shape
                        && theirs.dtype.itemsize() == ty.dtype.itemsize()
                        && overwrites(graph, step, output, var)
                });
                if let Some(at) = heir {
                    self.release(graph, dying.remove(at));
                }
                self.base[output.index()] = Some(output);
                self.holders[output.index()] = 1;
                self.live += bytes;
            }
        }
        self.peak = self.peak.max(self.live);
        self.live -= product.unwrap_or(0);
        for var in dying {
            self.release(graph, var);
        }
        for &output in outputs {
            if last[output.index()].is_none() {
                self.release(graph, output);
            }
        }
    }

    fn release(&mut self, graph: &Graph, var: Var) {
        let base = self.base(var);
        self.holders[base.index()] -= 1;
        if self.holders[base.index()] == 0 && !self.lent[base.index()] {
            self.live -= graph.ty(base).bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use tnp_dtype::DType;

    use super::*;
    use crate::prim::{Binary, Unary};
    use crate::{GraphBuilder, TensorType, partition};

    #[test]
    fn a_chain_of_single_steps_needs_two_places() {
        let mut builder = GraphBuilder::new();
        let ty = TensorType::new(&[100], DType::Float32);
        let x = builder.input(ty);
        let mut y = builder.push1(Prim::Unary(Unary::Exp), &[x]).expect("valid");
        for _ in 0..5 {
            y = builder.push1(Prim::Unary(Unary::Sin), &[y]).expect("valid");
        }
        let graph = builder.finish(&[y]);
        let plan = plan(&graph, partition(&graph, &|_, _| false));
        assert_eq!((plan.steps.len(), plan.slots), (6, 1));
        // Every value takes the place of the one before.
        assert_eq!(plan.peak_bytes, 400);
        assert!(plan.steps.iter().all(|step| step.inputs[0].dies));
    }

    #[test]
    fn what_is_read_again_stays() {
        let mut builder = GraphBuilder::new();
        let x = builder.input(TensorType::new(&[10], DType::Float64));
        let y = builder.push1(Prim::Unary(Unary::Exp), &[x]).expect("valid");
        let z = builder.push1(Prim::Unary(Unary::Sin), &[y]).expect("valid");
        let w = builder
            .push1(Prim::Binary(Binary::Add), &[y, z])
            .expect("valid");
        let v = builder
            .push1(Prim::Binary(Binary::Multiply), &[w, w])
            .expect("valid");
        let graph = builder.finish(&[v, x]);
        let plan = plan(&graph, partition(&graph, &|_, _| false));
        let dies: Vec<Vec<bool>> = plan
            .steps
            .iter()
            .map(|step| step.inputs.iter().map(|place| place.dies).collect())
            .collect();
        assert_eq!(
            dies,
            [
                vec![false],
                vec![false],
                vec![true, true],
                vec![false, true]
            ]
        );
        assert_eq!(plan.peak_bytes, 160);
        assert_eq!(plan.outputs.len(), 2);
    }
}
