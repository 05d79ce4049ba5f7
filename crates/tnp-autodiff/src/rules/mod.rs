//! The derivative table: for each primitive what its reverse rule reads, the rule itself, and the forward rule. A file a family.
//!
//! A rule is written with primitives and runs in whatever context takes the derivative, so derivatives of derivatives need no
//! code of their own.

mod binary;
mod control;
mod fft;
mod indexing;
mod layout;
mod linalg;
mod products;
mod reduce;
mod sort;
mod unary;

use smallvec::{SmallVec, smallvec};
use tnp_array::{Array, Device, Error, Operand, Result, bind};
use tnp_backend::TensorType;
use tnp_backend::prim::Prim;

use crate::flow::{Flow, Local};
use crate::ops::cast;
use crate::pair::Pair;

pub(crate) use control::{forward_call, forward_loop, forward_scan, forward_switch};

/// Cotangents of inputs, or tangents of outputs; `None` is zero.
pub(crate) type Flows = SmallVec<[Option<Flow>; 3]>;

/// One input or output of a recorded step.
#[derive(Clone)]
pub(crate) struct Port {
    /// The array's id.
    pub(crate) id: u64,
    /// Whether it depends on something watched.
    pub(crate) tracked: bool,
    /// Its shape and dtype.
    pub(crate) ty: TensorType,
    /// Its value, where a rule reads it.
    pub(crate) value: Option<Array>,
}

/// What was done, and what going back needs of it.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) prim: Prim,
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// Where the input was, for a copy between devices.
    pub(crate) home: Option<Device>,
    /// How a graph is differentiated, with what its forward part left.
    pub(crate) pair: Option<Residuals>,
}

/// What the forward part of a differentiated graph left for the backward part.
#[derive(Clone)]
pub(crate) struct Residuals {
    pub(crate) pair: std::sync::Arc<Pair>,
    pub(crate) values: Vec<Array>,
}

impl Step {
    /// An input's value.
    pub(crate) fn x(&self, at: usize) -> Result<&Array> {
        self.inputs[at].value.as_ref().ok_or_else(|| self.unsaved())
    }

    /// The first output's value.
    pub(crate) fn y(&self) -> Result<&Array> {
        self.output(0)
    }

    /// An output's value.
    pub(crate) fn output(&self, at: usize) -> Result<&Array> {
        let value = self.outputs[at].value.as_ref();
        value.ok_or_else(|| self.unsaved())
    }

    /// An input's type.
    pub(crate) fn ty(&self, at: usize) -> &TensorType {
        &self.inputs[at].ty
    }

    #[cold]
    fn unsaved(&self) -> Error {
        Error::scope(format!(
            "{}: its derivative reads a value that was not kept",
            self.prim.name()
        ))
    }
}

/// Which values a reverse rule reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Inputs, a bit each.
    pub(crate) inputs: u64,
    /// All inputs from this one on.
    pub(crate) from: usize,
    /// The outputs.
    pub(crate) output: bool,
}

impl Reads {
    /// Types alone.
    pub(crate) const NOTHING: Reads = Reads {
        inputs: 0,
        from: usize::MAX,
        output: false,
    };

    /// Some inputs.
    pub(crate) const fn inputs(bits: u64) -> Reads {
        Reads {
            inputs: bits,
            ..Reads::NOTHING
        }
    }

    /// All inputs from one on.
    pub(crate) const fn from(from: usize) -> Reads {
        Reads {
            from,
            ..Reads::NOTHING
        }
    }

    /// Whether an input is read.
    pub(crate) fn input(&self, at: usize) -> bool {
        at >= self.from || (at < 64 && self.inputs & (1 << at) != 0)
    }
}

/// The derivative of an elementwise operation by one argument: what it reads, and the map.
pub(crate) struct Row {
    /// Bits of [`X`], [`Y`] and [`Z`].
    reads: u8,
    local: fn(&At<'_>) -> Result<Local>,
}

/// The first argument.
const X: u8 = 1;
/// The second argument.
const Y: u8 = 2;
/// The result.
const Z: u8 = 4;

const fn row(reads: u8, local: fn(&At<'_>) -> Result<Local>) -> Option<Row> {
    Some(Row { reads, local })
}

/// The values that a row reads.
pub(crate) struct At<'a> {
    x: Option<&'a Array>,
    y: Option<&'a Array>,
    z: Option<&'a Array>,
}

impl<'a> At<'a> {
    fn x(&self) -> Result<&'a Array> {
        self.x.ok_or_else(unread)
    }

    fn y(&self) -> Result<&'a Array> {
        self.y.ok_or_else(unread)
    }

    fn z(&self) -> Result<&'a Array> {
        self.z.ok_or_else(unread)
    }
}

#[cold]
fn unread() -> Error {
    Error::scope("a derivative reads a value that its row does not name")
}

impl Row {
    fn reads(&self) -> Reads {
        Reads {
            inputs: u64::from(self.reads & (X | Y)),
            from: usize::MAX,
            output: self.reads & Z != 0,
        }
    }

    fn both(self, other: Row) -> Reads {
        let (a, b) = (self.reads(), other.reads());
        Reads {
            inputs: a.inputs | b.inputs,
            from: usize::MAX,
            output: a.output || b.output,
        }
    }
}

/// What the reverse rule reads for these inputs to get their cotangents; `None` when the derivative is zero, so that nothing is
/// recorded. Rules that are missing say so when they are asked for.
pub(crate) fn reads(prim: &Prim, types: &[TensorType], wanted: &[bool]) -> Option<Reads> {
    match prim {
        Prim::Unary(op) => unary::reads(*op, &types[0]),
        Prim::Binary(op) => binary::reads(*op, wanted),
        Prim::Select => Some(Reads::inputs(1)),
        Prim::Cast { dtype } => dtype.is_inexact().then_some(Reads::NOTHING),
        Prim::Bitcast { dtype } => dtype.is_inexact().then_some(Reads::NOTHING),
        Prim::Full { .. } | Prim::Iota { .. } | Prim::RandomBits { .. } => None,
        Prim::Reshape { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Pad { .. }
        | Prim::Concatenate { .. } => Some(Reads::NOTHING),
        Prim::DynamicSlice { .. } => Some(Reads::from(1)),
        Prim::DynamicUpdateSlice => Some(Reads::from(2)),
        Prim::Gather { .. } => Some(Reads::from(1)),
        Prim::Scatter { op, .. } => Some(indexing::scatter_reads(*op, types.len())),
        Prim::NonZero { .. } => None,
        Prim::Reduce { op, dtype, .. } => reduce::reads(*op, *dtype),
        Prim::ArgReduce { .. } => None,
        Prim::Cumulative { op, dtype, .. } => reduce::cumulative_reads(*op, *dtype),
        Prim::Sort { .. } => Some(Reads::inputs(1)),
        Prim::ArgSort { .. } | Prim::SearchSorted { .. } => None,
        Prim::Fft { .. } => Some(Reads::NOTHING),
        Prim::Linalg(op) => Some(linalg::reads(*op)),
        Prim::DotGeneral(_) => Some(products::reads(wanted)),
        Prim::Switch { .. } => Some(Reads::from(0)),
        Prim::While { .. } | Prim::Scan { .. } | Prim::Call { .. } => Some(Reads::NOTHING),
        Prim::Barrier => Some(Reads::NOTHING),
        Prim::StopGradient => None,
        Prim::DeviceCopy { .. } => Some(Reads::NOTHING),
        Prim::Custom(id) => crate::custom::reads(*id),
    }
}

/// Cotangents of the wanted inputs for those of the outputs.
pub(crate) fn vjp(step: &Step, wanted: &[bool], flows: &[Option<Flow>]) -> Result<Flows> {
    match &step.prim {
        Prim::Switch { branches } => return control::switch(branches, step, wanted, flows),
        Prim::While { .. } => return Err(control::while_in_reverse()),
        Prim::Scan {
            carry,
            length,
            reverse,
            ..
        } => return control::scan(*carry, *length, *reverse, step, wanted, flows),
        Prim::Call { .. } => return control::call(step, wanted, flows),
        Prim::Custom(id) => return crate::custom::vjp(*id, step, wanted, flows),
        Prim::Linalg(op) => return linalg::vjp(*op, step, wanted, flows),
        Prim::Unary(_)
        | Prim::Binary(_)
        | Prim::Select
        | Prim::Cast { .. }
        | Prim::Bitcast { .. }
        | Prim::Full { .. }
        | Prim::Iota { .. }
        | Prim::RandomBits { .. }
        | Prim::Reshape { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::DynamicSlice { .. }
        | Prim::DynamicUpdateSlice
        | Prim::Pad { .. }
        | Prim::Concatenate { .. }
        | Prim::Gather { .. }
        | Prim::Scatter { .. }
        | Prim::NonZero { .. }
        | Prim::Reduce { .. }
        | Prim::ArgReduce { .. }
        | Prim::Cumulative { .. }
        | Prim::Sort { .. }
        | Prim::ArgSort { .. }
        | Prim::SearchSorted { .. }
        | Prim::Fft { .. }
        | Prim::DotGeneral(_)
        | Prim::Barrier
        | Prim::StopGradient
        | Prim::DeviceCopy { .. } => {}
    }
    let Some(Some(flow)) = flows.first() else {
        return Ok(none(wanted.len()));
    };
    match &step.prim {
        Prim::Unary(op) => unary::vjp(*op, step, flow),
        Prim::Binary(op) => binary::vjp(*op, step, wanted, flow),
        Prim::Select => layout::select(step, wanted, flow),
        Prim::Cast { .. } => {
            let dtype = step.ty(0).dtype;
            Ok(one(flow.map(|c| cast(c, dtype))?))
        }
        Prim::Bitcast { .. } => Err(no_rule("bitcast", "use `astype`")),
        Prim::Full { .. } | Prim::Iota { .. } | Prim::RandomBits { .. } => Ok(none(wanted.len())),
        Prim::Reshape { .. } => layout::reshape(step, flow),
        Prim::Transpose { permutation } => layout::transpose(permutation, flow),
        Prim::BroadcastInDim { shape, dims } => layout::broadcast(shape, dims, step, flow),
        Prim::Slice { axes } => layout::slice(axes, step, flow),
        Prim::DynamicSlice { .. } => indexing::dynamic_slice(step, flow),
        Prim::DynamicUpdateSlice => indexing::dynamic_update_slice(step, wanted, flow),
        Prim::Pad { low, .. } => layout::pad(low, step, wanted, flow),
        Prim::Concatenate { axis } => layout::concatenate(*axis, step, wanted, flow),
        Prim::Gather { .. } => indexing::gather(step, flow),
        Prim::Scatter { op, .. } => indexing::scatter(*op, step, wanted, flow),
        Prim::NonZero { .. } | Prim::ArgReduce { .. } => Ok(none(wanted.len())),
        Prim::Reduce { op, axes, .. } => reduce::vjp(*op, axes, step, flow),
        Prim::Cumulative {
            op, axis, reverse, ..
        } => reduce::cumulative_vjp(*op, *axis, *reverse, step, flow),
        Prim::Sort { axis } => sort::vjp(*axis, step, flow),
        Prim::ArgSort { .. } | Prim::SearchSorted { .. } => Ok(none(wanted.len())),
        Prim::Fft { kind, axis } => fft::vjp(*kind, *axis, step, flow),
        Prim::DotGeneral(dims) => products::vjp(dims, step, wanted, flow),
        Prim::Barrier => Ok(one(flow.clone())),
        Prim::StopGradient => Ok(none(wanted.len())),
        Prim::DeviceCopy { .. } => layout::device_copy(step, flow),
        Prim::Switch { .. }
        | Prim::While { .. }
        | Prim::Scan { .. }
        | Prim::Call { .. }
        | Prim::Linalg(_)
        | Prim::Custom(_) => Ok(none(wanted.len())),
    }
}

/// Tangents of the outputs for those of the inputs, all values known. Primitives that run graphs are not done here.
pub(crate) fn jvp(
    prim: &Prim,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    match prim {
        Prim::Unary(op) => unary::jvp(*op, inputs, outputs, flows),
        Prim::Binary(op) => binary::jvp(*op, inputs, outputs, flows),
        Prim::Select => linear(prim, inputs, flows, 1..3),
        Prim::Cast { dtype } => {
            if dtype.is_inexact() {
                linear(prim, inputs, flows, 0..1)
            } else {
                Ok(none(1))
            }
        }
        Prim::Bitcast { dtype } => {
            if dtype.is_inexact() {
                Err(no_rule("bitcast", "use `astype`"))
            } else {
                Ok(none(1))
            }
        }
        Prim::Full { .. } | Prim::Iota { .. } | Prim::RandomBits { .. } => Ok(none(1)),
        Prim::Reshape { .. }
        | Prim::Transpose { .. }
        | Prim::BroadcastInDim { .. }
        | Prim::Slice { .. }
        | Prim::Barrier
        | Prim::DeviceCopy { .. }
        | Prim::DynamicSlice { .. }
        | Prim::Gather { .. } => linear(prim, inputs, flows, 0..1),
        Prim::Pad { .. } | Prim::DynamicUpdateSlice => linear(prim, inputs, flows, 0..2),
        Prim::Concatenate { .. } => linear(prim, inputs, flows, 0..inputs.len()),
        Prim::Scatter { op, .. } => indexing::scatter_jvp(*op, prim, inputs, outputs, flows),
        Prim::NonZero { .. } => Ok(none(outputs.len())),
        Prim::Reduce { op, axes, .. } => reduce::jvp(*op, axes, prim, inputs, outputs, flows),
        Prim::ArgReduce { .. } => Ok(none(1)),
        Prim::Cumulative {
            op, axis, reverse, ..
        } => reduce::cumulative_jvp(*op, *axis, *reverse, prim, inputs, outputs, flows),
        Prim::Sort { axis } => sort::jvp(*axis, inputs, flows),
        Prim::ArgSort { .. } | Prim::SearchSorted { .. } => Ok(none(1)),
        Prim::Fft { kind, axis } => fft::jvp(*kind, *axis, flows),
        Prim::Linalg(op) => linalg::jvp(*op, inputs, outputs, flows),
        Prim::DotGeneral(_) => products::jvp(prim, inputs, flows),
        Prim::StopGradient => Ok(none(1)),
        Prim::Custom(id) => crate::custom::jvp(*id, inputs, outputs, flows),
        Prim::Switch { .. } | Prim::While { .. } | Prim::Scan { .. } | Prim::Call { .. } => Err(
            Error::scope(format!("{}: differentiated with its graph", prim.name())),
        ),
    }
}

/// The primitive itself on tangents of the inputs in a range, which it is linear in; the others stay.
pub(crate) fn linear(
    prim: &Prim,
    inputs: &[Array],
    flows: &[Option<Flow>],
    range: std::ops::Range<usize>,
) -> Result<Flows> {
    let present: SmallVec<[&Flow; 4]> = flows[range.clone()].iter().flatten().collect();
    let Some(first) = present.first() else {
        return Ok(none(1));
    };
    let masked = present.iter().all(|flow| flow.masked);
    let first = (*first).clone();
    let mut operands: SmallVec<[Operand<'_>; 4]> = SmallVec::new();
    for (at, input) in inputs.iter().enumerate() {
        operands.push(if range.contains(&at) {
            let flow = flows[at].as_ref();
            Operand::Owned(crate::flow::or_zeros(flow, input, &input.ty())?)
        } else {
            Operand::Borrowed(input)
        });
    }
    let outputs = bind(prim, &mut operands)?;
    Ok(outputs
        .into_iter()
        .map(|array| {
            Some(Flow {
                array,
                masked,
                steep: first.steep,
            })
        })
        .collect())
}

/// The flows of one input or output.
pub(crate) fn one(flow: Flow) -> Flows {
    smallvec![Some(flow)]
}

/// No derivative at all.
pub(crate) fn none(count: usize) -> Flows {
    smallvec![None; count]
}

#[cold]
fn no_rule(op: &str, instead: &str) -> Error {
    Error::unsupported(format!(
        "{op}: there is no derivative of it; {instead}, or `stop_gradient` where none is wanted"
    ))
}
