//! Forming regions: which steps of a graph run as one loop.
//!
//! Equations get a level: one more than their inputs' wherever the two cannot share a loop. Elementwise equations of one
//! level and one shape that read each other, or the same array, form a region; a path that leaves a region rises to a
//! higher level, so regions never wait for each other in a circle. Levels depend on what is computed alone, so that
//! renaming or reordering the equations finds the same regions. A product that one region alone reads is computed by it.
//! Rules are by family; no elementwise operation is named.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use smallvec::SmallVec;
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use crate::prim::{Axes, DotDims, Prim, ReduceOp};
use crate::{Equation, Graph, TensorType, Var};

/// Where a value inside a region comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// An input of the region, by number.
    Input(usize),
    /// The same value everywhere.
    Constant(Literal),
    /// An earlier operation of the region, by number.
    Operation(usize),
    /// The product that the region computes first.
    Product,
}

/// An elementwise operation of a region.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Operation {
    /// A primitive of the elementwise family: `Unary`, `Binary`, `Select` or `Cast`.
    pub prim: Prim,
    /// What it reads.
    pub inputs: SmallVec<[Source; 3]>,
    /// The dtype it gives.
    pub dtype: DType,
}

/// A reduction at the end of a region.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Reduction {
    /// How values combine.
    pub op: ReduceOp,
    /// What is reduced.
    pub source: Source,
    /// The dtype it accumulates in and gives.
    pub dtype: DType,
    /// The variable it defines.
    pub var: Var,
}

/// A product that a region computes first: a part of it at a time is read while it is in the caches.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Head {
    /// Which axes are summed over.
    pub dims: DotDims,
    /// What is multiplied.
    pub operands: [Var; 2],
    /// Its dtype; the shape is the region's.
    pub dtype: DType,
}

/// Elementwise work of one shape, done in one loop, and reductions of it over the same axes. The loop may read a product.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Region {
    /// The shape of the loop: of every input, operation and output.
    pub shape: Dims,
    /// A product to compute first.
    pub product: Option<Head>,
    /// Variables read by the loop, each once. Those that are repeated come as views with strides of zero.
    pub inputs: Vec<Var>,
    /// Their dtypes.
    pub input_dtypes: Vec<DType>,
    /// What is computed, in order.
    pub operations: Vec<Operation>,
    /// Variables defined by operations, with the operation's number.
    pub outputs: Vec<(Var, usize)>,
    /// The axes that the reductions combine away.
    pub axes: Axes,
    /// The reductions.
    pub reductions: Vec<Reduction>,
}

impl Region {
    /// The dtype of a value.
    pub fn dtype(&self, source: Source) -> DType {
        match source {
            Source::Input(at) => self.input_dtypes[at],
            Source::Constant(value) => value.dtype(),
            Source::Operation(at) => self.operations[at].dtype,
            Source::Product => self.product.as_ref().map_or(DType::Bool, |head| head.dtype),
        }
    }

    /// All variables read: the loop's inputs, then the product's operands.
    pub fn reads(&self) -> SmallVec<[Var; 4]> {
        let operands = self.product.iter().flat_map(|head| head.operands);
        self.inputs.iter().copied().chain(operands).collect()
    }

    /// Types of what it gives: the outputs, then the reductions.
    pub fn output_types(&self) -> impl Iterator<Item = TensorType> + '_ {
        let outputs = self.outputs.iter().map(|&(_, at)| TensorType {
            shape: self.shape.clone(),
            dtype: self.operations[at].dtype,
        });
        let kept: Dims = (self.shape.iter().enumerate())
            .filter(|(axis, _)| !self.axes.contains(axis))
            .map(|(_, &dim)| dim)
            .collect();
        let reductions = self.reductions.iter().map(move |reduction| TensorType {
            shape: kept.clone(),
            dtype: reduction.dtype,
        });
        outputs.chain(reductions)
    }

    /// The variables it defines, in the order of [`Region::output_types`].
    pub fn output_vars(&self) -> impl Iterator<Item = Var> + '_ {
        let reductions = self.reductions.iter().map(|reduction| reduction.var);
        self.outputs.iter().map(|&(var, _)| var).chain(reductions)
    }

    /// Names of what it does: the product, operations, reductions.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let product = self.product.iter().map(|_| "dot_general");
        let operations = self.operations.iter().map(|one| one.prim.name());
        let reductions = self.reductions.iter().map(|reduction| reduction.op.name());
        product.chain(operations).chain(reductions)
    }
}

/// A step of a program: one primitive, or several as one loop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The equation of that number, run as it is.
    Single(usize),
    /// A fused loop.
    Region(Region),
}

/// What forming regions made of a graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partition {
    /// The steps, each after those it reads.
    pub steps: Vec<Step>,
    /// For each variable the one whose value it is: itself but for `StopGradient`, which does nothing when it runs.
    pub alias: Vec<Var>,
}

/// The part an equation can play.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Elementwise,
    Reduction,
    Product,
    Constant,
    Alias,
    Other,
}

/// Whether a primitive works element by element, so that a region may do it on the way.
pub fn is_elementwise(prim: &Prim) -> bool {
    matches!(
        prim,
        Prim::Unary(_) | Prim::Binary(_) | Prim::Select | Prim::Cast { .. }
    )
}

/// Divides a graph into steps. `fuses` says of elementwise primitives, reductions and products, with their input types,
/// whether the backend can do them inside a region.
pub fn partition(graph: &Graph, fuses: &dyn Fn(&Prim, &[&TensorType]) -> bool) -> Partition {
    let mut former = Former::new(graph, fuses);
    former.levels();
    former.join();
    former.choose_reductions();
    former.choose_products();
    former.finish()
}

struct Former<'a> {
    graph: &'a Graph,
    parts: Vec<Part>,
    alias: Vec<Var>,
    /// The equation that defines each variable.
    producer: Vec<Option<usize>>,
    /// The equations that read each variable, through aliases.
    readers: Vec<SmallVec<[usize; 2]>>,
    is_output: Vec<bool>,
    level: Vec<usize>,
    /// Union-find over equations.
    parent: Vec<usize>,
    /// For each reduction the equation in whose region it is done.
    joined: Vec<Option<usize>>,
    /// The product that each region computes, by the region's root.
    heads: HashMap<usize, usize>,
}

impl<'a> Former<'a> {
    fn new(graph: &'a Graph, fuses: &dyn Fn(&Prim, &[&TensorType]) -> bool) -> Former<'a> {
        let equations = graph.equations();
        let mut alias: Vec<Option<Var>> = vec![None; graph.variables()];
        let mut producer = vec![None; graph.variables()];
        let mut readers = vec![SmallVec::new(); graph.variables()];
        for &var in graph.inputs() {
            alias[var.index()] = Some(var);
        }
        let mut parts = Vec::with_capacity(equations.len());
        for (at, equation) in equations.iter().enumerate() {
            let part = part(graph, equation, fuses);
            for &var in &equation.outputs {
                producer[var.index()] = Some(at);
                alias[var.index()] = Some(var);
            }
            if part == Part::Alias {
                let source = equation.inputs[0];
                alias[equation.outputs[0].index()] = alias[source.index()];
            } else {
                for &var in &equation.inputs {
                    let var = alias[var.index()].unwrap_or(var);
                    let list: &mut SmallVec<[usize; 2]> = &mut readers[var.index()];
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            }
            parts.push(part);
        }
        let alias: Vec<Var> = (alias.into_iter().flatten()).collect();
        debug_assert_eq!(alias.len(), graph.variables());
        let mut is_output = vec![false; graph.variables()];
        for var in graph.outputs() {
            is_output[alias[var.index()].index()] = true;
        }
        Former {
            graph,
            parts,
            alias,
            producer,
            readers,
            is_output,
            level: vec![0; equations.len()],
            parent: (0..equations.len()).collect(),
            joined: vec![None; equations.len()],
            heads: HashMap::new(),
        }
    }

    fn equation(&self, at: usize) -> &'a Equation {
        &self.graph.equations()[at]
    }

    /// What an equation reads, through aliases.
    fn inputs(&self, at: usize) -> impl Iterator<Item = Var> + '_ {
        let equation = self.equation(at);
        equation.inputs.iter().map(|var| self.alias[var.index()])
    }

    /// The shape of the loop that an elementwise equation or a reduction needs.
    fn shape(&self, at: usize) -> &'a [usize] {
        let equation = self.equation(at);
        match self.parts[at] {
            Part::Reduction => &self.graph.ty(equation.inputs[0]).shape,
            _ => &self.graph.ty(equation.outputs[0]).shape,
        }
    }

    /// Whether `reader` can read what `maker` gives inside one loop.
    fn shares_loop(&self, maker: usize, reader: usize) -> bool {
        self.parts[maker] == Part::Elementwise
            && matches!(self.parts[reader], Part::Elementwise | Part::Reduction)
            && self.shape(maker) == self.shape(reader)
    }

    fn levels(&mut self) {
        let count = self.parts.len();
        for at in 0..count {
            let mut level = 0;
            for var in self.inputs(at) {
                let Some(maker) = self.producer[var.index()] else {
                    continue;
                };
                if self.parts[maker] != Part::Constant {
                    let step = usize::from(!self.shares_loop(maker, at));
                    level = level.max(self.level[maker] + step);
                }
            }
            self.level[at] = level;
        }
        // Work that only later loops read is done in the first of those.
        for at in (0..count).rev() {
            let output = self.equation(at).outputs[0];
            if self.parts[at] != Part::Elementwise || self.is_output[output.index()] {
                continue;
            }
            let readers = &self.readers[output.index()];
            if readers.iter().all(|&reader| self.shares_loop(at, reader)) {
                let first = readers.iter().map(|&reader| self.level[reader]).min();
                self.level[at] = first.unwrap_or(self.level[at]);
            }
        }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (first, second) = (a.min(b), a.max(b));
        self.parent[second] = first;
    }

    fn join(&mut self) {
        for at in 0..self.parts.len() {
            if self.parts[at] != Part::Elementwise {
                continue;
            }
            let makers: SmallVec<[usize; 3]> = self
                .inputs(at)
                .filter_map(|var| self.producer[var.index()])
                .collect();
            for maker in makers {
                if self.shares_loop(maker, at) && self.level[maker] == self.level[at] {
                    self.unite(maker, at);
                }
            }
        }
        // Loops over the same array read it once.
        for var in 0..self.readers.len() {
            if self.repeats(var) {
                continue;
            }
            let readers = std::mem::take(&mut self.readers[var]);
            let mut first: SmallVec<[usize; 4]> = SmallVec::new();
            for &reader in &readers {
                if self.parts[reader] != Part::Elementwise {
                    continue;
                }
                let level = self.level[reader];
                // The shape is the array's: elementwise work has one.
                match first.iter().find(|&&other| self.level[other] == level) {
                    Some(&other) => self.unite(other, reader),
                    None => first.push(reader),
                }
            }
            self.readers[var] = readers;
        }
    }

    /// Whether a variable is a smaller one repeated, or a constant: reading it costs nothing.
    fn repeats(&self, var: usize) -> bool {
        let prim = self.producer[var].map(|at| &self.graph.equations()[at].prim);
        matches!(
            prim,
            Some(Prim::BroadcastInDim { .. } | Prim::Full { .. } | Prim::Iota { .. })
        )
    }

    /// Assigns reductions to regions; those of a region are over the same axes, the commonest.
    fn choose_reductions(&mut self) {
        let mut wanted: BTreeMap<usize, BTreeMap<Axes, Vec<usize>>> = BTreeMap::new();
        for at in 0..self.parts.len() {
            let (Part::Reduction, Prim::Reduce { axes, .. }) =
                (self.parts[at], &self.equation(at).prim)
            else {
                continue;
            };
            let Some(host) = self.host(at) else {
                continue;
            };
            let region = self.root(host);
            let group = wanted.entry(region).or_default();
            group.entry(axes.clone()).or_default().push(at);
        }
        for (region, groups) in wanted {
            let best = groups.into_iter().max_by_key(|(_, group)| group.len());
            for at in best.map(|(_, group)| group).unwrap_or_default() {
                self.joined[at] = Some(region);
            }
        }
    }

    /// An elementwise equation in whose loop a reduction can be done: one that makes what it reads, or reads the same.
    fn host(&self, at: usize) -> Option<usize> {
        let var = self.inputs(at).next()?;
        let maker = self.producer[var.index()];
        if let Some(maker) = maker.filter(|&maker| self.shares_loop(maker, at)) {
            return (self.level[maker] == self.level[at]).then_some(maker);
        }
        if self.repeats(var.index()) {
            return None;
        }
        let readers = &self.readers[var.index()];
        readers.iter().copied().find(|&reader| {
            self.parts[reader] == Part::Elementwise && self.level[reader] == self.level[at]
        })
    }

    /// Assigns products to the regions that alone read them; of several the one with the longest sums, which gains least
    /// from being run by itself.
    fn choose_products(&mut self) {
        for at in 0..self.parts.len() {
            let output = self.equation(at).outputs[0].index();
            if self.parts[at] != Part::Product || self.is_output[output] {
                continue;
            }
            let readers = self.readers[output].clone();
            let mut regions = readers.iter().map(|&reader| match self.parts[reader] {
                Part::Elementwise => Some(self.root(reader)),
                Part::Reduction => self.joined[reader],
                Part::Product | Part::Constant | Part::Alias | Part::Other => None,
            });
            let Some(region) = regions.next().flatten() else {
                continue;
            };
            if !regions.all(|other| other == Some(region)) {
                continue;
            }
            let size = |at: usize| -> usize {
                let operands = &self.equation(at).inputs;
                operands.iter().map(|&var| self.graph.ty(var).size()).sum()
            };
            let larger = (self.heads.get(&region)).is_none_or(|&other| size(at) > size(other));
            if larger {
                self.heads.insert(region, at);
            }
        }
    }

    fn finish(mut self) -> Partition {
        let count = self.parts.len();
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..count {
            let home = match self.parts[at] {
                Part::Elementwise => Some(self.root(at)),
                Part::Reduction => self.joined[at],
                Part::Product | Part::Constant | Part::Alias | Part::Other => None,
            };
            if let Some(home) = home {
                members.entry(home).or_default().push(at);
            }
        }
        // A lone operation on arrays is what a backend runs best by itself.
        members.retain(|root, list| {
            list.len() > 1 || self.reads_constant(list[0]) || self.heads.contains_key(root)
        });
        let mut steps = Vec::new();
        let mut first = Vec::new();
        let mut in_region = vec![false; count];
        for (root, list) in &members {
            let head = self.heads.get(root).copied();
            for &at in list.iter().chain(&head) {
                in_region[at] = true;
            }
            first.push(list[0]);
            steps.push(Step::Region(self.region(list, head)));
        }
        let mut constants_read = vec![false; count];
        for (at, &inside) in in_region.iter().enumerate() {
            // What a product reads is an array, wherever it is computed.
            let reads = !inside || self.parts[at] == Part::Product;
            if !reads || self.parts[at] == Part::Alias {
                continue;
            }
            for var in self.inputs(at) {
                if let Some(maker) = self.producer[var.index()] {
                    constants_read[maker] = true;
                }
            }
        }
        for (at, &inside) in in_region.iter().enumerate() {
            let wanted = match self.parts[at] {
                Part::Alias => false,
                Part::Constant => {
                    let output = self.equation(at).outputs[0].index();
                    constants_read[at] || self.is_output[output]
                }
                Part::Elementwise | Part::Reduction | Part::Product | Part::Other => !inside,
            };
            if wanted {
                first.push(at);
                steps.push(Step::Single(at));
            }
        }
        Partition {
            steps: self.ordered(steps, &first),
            alias: self.alias,
        }
    }

    fn reads_constant(&self, at: usize) -> bool {
        let is_constant = |var: Var| {
            self.producer[var.index()].is_some_and(|maker| self.parts[maker] == Part::Constant)
        };
        self.inputs(at).any(is_constant)
    }

    fn region(&self, members: &[usize], head: Option<usize>) -> Region {
        let mut region = Region {
            shape: Dims::from_slice(self.shape(members[0])),
            product: None,
            inputs: Vec::new(),
            input_dtypes: Vec::new(),
            operations: Vec::new(),
            outputs: Vec::new(),
            axes: Axes::new(),
            reductions: Vec::new(),
        };
        let mut sources: HashMap<Var, Source> = HashMap::new();
        if let Some(at) = head
            && let Prim::DotGeneral(dims) = &self.equation(at).prim
        {
            let mut operands = self.inputs(at);
            let output = self.equation(at).outputs[0];
            if let (Some(lhs), Some(rhs)) = (operands.next(), operands.next()) {
                region.product = Some(Head {
                    dims: dims.clone(),
                    operands: [lhs, rhs],
                    dtype: self.graph.ty(output).dtype,
                });
                sources.insert(output, Source::Product);
            }
        }
        for &at in members {
            let equation = self.equation(at);
            let output = equation.outputs[0];
            let inputs: SmallVec<[Source; 3]> = self
                .inputs(at)
                .map(|var| {
                    *sources.entry(var).or_insert_with(|| {
                        let maker = self.producer[var.index()];
                        let maker = maker.map(|at| &self.equation(at).prim);
                        if let Some(Prim::Full { value, .. }) = maker {
                            return Source::Constant(*value);
                        }
                        region.inputs.push(var);
                        region.input_dtypes.push(self.graph.ty(var).dtype);
                        Source::Input(region.inputs.len() - 1)
                    })
                })
                .collect();
            if let Prim::Reduce { op, axes, dtype } = &equation.prim {
                region.axes = axes.clone();
                region.reductions.push(Reduction {
                    op: *op,
                    source: inputs[0],
                    dtype: *dtype,
                    var: output,
                });
                continue;
            }
            let number = region.operations.len();
            region.operations.push(Operation {
                prim: equation.prim.clone(),
                inputs,
                dtype: self.graph.ty(output).dtype,
            });
            sources.insert(output, Source::Operation(number));
            let outside = |reader: &usize| members.binary_search(reader).is_err();
            let readers = &self.readers[output.index()];
            if self.is_output[output.index()] || readers.iter().any(outside) {
                region.outputs.push((output, number));
            }
        }
        region
    }

    /// Sorts the steps so that each comes after those it reads, otherwise as the equations came.
    fn ordered(&self, steps: Vec<Step>, first: &[usize]) -> Vec<Step> {
        let mut maker = vec![None; self.graph.variables()];
        for (number, step) in steps.iter().enumerate() {
            for var in self.outputs_of(step) {
                maker[var.index()] = Some(number);
            }
        }
        let mut waits = vec![0usize; steps.len()];
        let mut followers: Vec<SmallVec<[usize; 4]>> = vec![SmallVec::new(); steps.len()];
        for (number, step) in steps.iter().enumerate() {
            for var in self.inputs_of(step) {
                if let Some(before) = maker[var.index()] {
                    waits[number] += 1;
                    followers[before].push(number);
                }
            }
        }
        let mut ready: BinaryHeap<Reverse<(usize, usize)>> = (0..steps.len())
            .filter(|&number| waits[number] == 0)
            .map(|number| Reverse((first[number], number)))
            .collect();
        let mut order = Vec::with_capacity(steps.len());
        while let Some(Reverse((_, number))) = ready.pop() {
            order.push(number);
            for &follower in &followers[number] {
                waits[follower] -= 1;
                if waits[follower] == 0 {
                    ready.push(Reverse((first[follower], follower)));
                }
            }
        }
        debug_assert_eq!(order.len(), steps.len(), "regions wait for each other");
        let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
        order
            .into_iter()
            .filter_map(|number| steps[number].take())
            .collect()
    }

    fn inputs_of(&self, step: &Step) -> SmallVec<[Var; 4]> {
        match step {
            Step::Single(at) => self.inputs(*at).collect(),
            Step::Region(region) => region.reads(),
        }
    }

    fn outputs_of(&self, step: &Step) -> SmallVec<[Var; 4]> {
        match step {
            Step::Single(at) => SmallVec::from_slice(&self.equation(*at).outputs),
            Step::Region(region) => region.output_vars().collect(),
        }
    }
}

fn part(graph: &Graph, equation: &Equation, fuses: &dyn Fn(&Prim, &[&TensorType]) -> bool) -> Part {
    let types: SmallVec<[&TensorType; 3]> =
        equation.inputs.iter().map(|&var| graph.ty(var)).collect();
    let prim = &equation.prim;
    if matches!(prim, Prim::StopGradient) {
        return Part::Alias;
    }
    if matches!(prim, Prim::Full { .. }) {
        return Part::Constant;
    }
    let folds = matches!(prim, Prim::Reduce { axes, .. } if !axes.is_empty());
    let part = match folds {
        true => Part::Reduction,
        false if is_elementwise(prim) => Part::Elementwise,
        false if matches!(prim, Prim::DotGeneral(_)) => Part::Product,
        false => return Part::Other,
    };
    match fuses(prim, &types) {
        true => part,
        false => Part::Other,
    }
}

#[cfg(test)]
mod tests;
