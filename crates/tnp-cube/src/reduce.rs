//! Reductions over any axes, at the end of an elementwise program: eager ones have an empty program.
//!
//! Many results of few elements each: a unit makes each result. Few results of many elements: a cube makes each, or several
//! cubes a part of each, put together by a second kernel. Sums of float32 add up in float64 where the device has it.

use smallvec::SmallVec;
use tnp_backend::prim::{Binary, ReduceOp};
use tnp_backend::{Arg, Outputs, Result, Source, Tensor, TensorType};
use tnp_dtype::{DType, Literal};
use tnp_shape::Layout;

use crate::code::{Memory, Target, U32, V, count, cube, cubes, int, sync_cube, unit, when};
use crate::elementwise::{Program, UNITS, coalesce, place};
use crate::gpu::{Gpu, index, step};
use crate::kernel::{Kernel, each, given};
use crate::types::{Shared, Val, literal, load, storage, store, val_cell};
use crate::{binary, cast};

/// A reduction of one of a program's values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Fold {
    pub(crate) op: ReduceOp,
    pub(crate) source: Source,
    /// The dtype of what is reduced, and that of the result.
    pub(crate) from: DType,
    pub(crate) to: DType,
    /// What is written: the result, or a part of it in the dtype that it adds up in.
    partial: bool,
}

impl Fold {
    pub(crate) fn new(op: ReduceOp, source: Source, from: DType, to: DType) -> Fold {
        Fold {
            op,
            source,
            from,
            to,
            partial: false,
        }
    }

    /// The dtype that values combine in.
    fn accumulator(&self, target: Target) -> DType {
        let wide = self.op == ReduceOp::Sum && target.float64;
        match self.to {
            DType::Float16 | DType::BFloat16 | DType::Float32 if wide => DType::Float64,
            DType::Complex64 if wide => DType::Complex128,
            DType::Float16 | DType::BFloat16 => DType::Float32,
            other => other,
        }
    }

    fn written(&self, target: Target) -> DType {
        match self.partial {
            true => self.accumulator(target),
            false => self.to,
        }
    }

    fn prepare(&self, accumulator: DType, value: Val) -> Val {
        let value = cast::cast(self.from, self.to, value);
        cast::cast(self.to, accumulator, value)
    }

    fn identity(&self, accumulator: DType) -> Val {
        literal(&identity(self.op, accumulator))
    }

    fn combine(&self, accumulator: DType, x: Val, y: Val) -> Val {
        let op = match self.op {
            ReduceOp::Sum => Binary::Add,
            ReduceOp::Prod => Binary::Multiply,
            ReduceOp::Max => Binary::Maximum,
            ReduceOp::Min => Binary::Minimum,
            ReduceOp::All => Binary::BitwiseAnd,
            ReduceOp::Any => Binary::BitwiseOr,
        };
        binary::binary(op, accumulator, x, y)
    }
}

/// What changes nothing.
fn identity(op: ReduceOp, dtype: DType) -> Literal {
    let lowest = |sign: f64| match dtype {
        DType::Bool => Literal::new(sign < 0.0),
        _ if dtype.is_complex() => Literal::new(tnp_dtype::c128::new(
            sign * f64::INFINITY,
            sign * f64::INFINITY,
        ))
        .cast(dtype),
        _ if dtype.is_float() => Literal::new(sign * f64::INFINITY).cast(dtype),
        _ => extreme(dtype, sign > 0.0),
    };
    match op {
        // Minus zero and minus zero are minus zero.
        ReduceOp::Sum if dtype.is_float() => Literal::new(-0.0f64).cast(dtype),
        ReduceOp::Sum | ReduceOp::Any => Literal::zero(dtype),
        ReduceOp::Prod | ReduceOp::All => Literal::one(dtype),
        ReduceOp::Max => match dtype {
            DType::Bool => Literal::new(false),
            _ => lowest(-1.0),
        },
        ReduceOp::Min => match dtype {
            DType::Bool => Literal::new(true),
            _ => lowest(1.0),
        },
    }
}

/// The largest or the smallest integer.
pub(crate) fn extreme(dtype: DType, largest: bool) -> Literal {
    let bits = 8 * dtype.itemsize() as u32;
    let signed = matches!(
        dtype,
        DType::Int8 | DType::Int16 | DType::Int32 | DType::Int64
    );
    match (signed, largest) {
        (true, true) => Literal::new(i64::MAX >> (64 - bits)).cast(dtype),
        (true, false) => Literal::new(i64::MIN >> (64 - bits)).cast(dtype),
        (false, true) => Literal::new(u64::MAX >> (64 - bits)).cast(dtype),
        (false, false) => Literal::zero(dtype),
    }
}

/// A reduction by itself.
pub(crate) fn reduce(
    gpu: &Gpu,
    op: ReduceOp,
    axes: &[usize],
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Result<Outputs> {
    let x = inputs[0].tensor;
    let program = Program {
        inputs: vec![x.dtype],
        operations: Vec::new(),
        outputs: Vec::new(),
    };
    let fold = Fold::new(op, Source::Input(0), x.dtype, ty.dtype);
    run(gpu, &program, &[fold], &[x], x.shape(), axes)
}

/// Results up to this many elements are made by one unit each, if there are enough of them.
const SHORT: usize = 64;
/// Results beyond which each is made by a unit, however long.
const MANY: usize = 1 << 14;
/// Elements that a cube takes when a result is shared among several.
const PART: usize = 1 << 14;

/// Runs a program over a shape and reduces over axes. The results are the program's outputs, then the reductions.
pub(crate) fn run(
    gpu: &Gpu,
    program: &Program,
    folds: &[Fold],
    inputs: &[&Tensor],
    shape: &[usize],
    axes: &[usize],
) -> Result<Outputs> {
    let kept: SmallVec<[usize; 6]> = (0..shape.len())
        .filter(|axis| !axes.contains(axis))
        .collect();
    let part =
        |axes: &[usize]| -> SmallVec<[usize; 6]> { axes.iter().map(|&axis| shape[axis]).collect() };
    let (outer, inner) = (part(&kept), part(axes));
    let results: usize = outer.iter().product();
    let length: usize = inner.iter().product();
    let full: Result<Outputs> = (program.outputs.iter())
        .map(|&(_, dtype)| gpu.fresh(&TensorType::new(shape, dtype)))
        .collect();
    let mut outputs = full?;
    if length == 0 {
        for fold in folds {
            let value = match fold.op {
                ReduceOp::Sum => Literal::zero(fold.to),
                op => identity(op, fold.to),
            };
            let ty = TensorType::new(&outer, fold.to);
            outputs.extend(crate::create::full(gpu, &value, &ty)?);
        }
        return Ok(outputs);
    }
    let cubes_each = match results * (length / PART) {
        0 => 1,
        _ if results >= 1024 => 1,
        _ => length.div_ceil(PART),
    };
    let parts = cubes_each > 1;
    let target = gpu.target();
    let folds: Vec<Fold> = (folds.iter())
        .map(|fold| Fold {
            partial: parts,
            ..fold.clone()
        })
        .collect();
    let mut reduced = Outputs::new();
    for fold in &folds {
        let mut shape = outer.clone();
        if parts {
            shape.push(cubes_each);
        }
        reduced.push(gpu.fresh(&TensorType::new(&shape, fold.written(target)))?);
    }
    let by_unit = !parts && (length <= SHORT || results >= MANY);
    let job = Job {
        program,
        folds: &folds,
        inputs,
        shape,
        kept: &kept,
        axes,
    };
    job.launch(
        gpu,
        &outputs,
        &reduced,
        (results, length, cubes_each),
        by_unit,
    )?;
    if parts {
        for (fold, partial) in folds.iter().zip(&reduced) {
            let accumulator = fold.accumulator(target);
            let last = Fold::new(fold.op, Source::Input(0), accumulator, accumulator);
            let program = Program {
                inputs: vec![accumulator],
                operations: Vec::new(),
                outputs: Vec::new(),
            };
            let axis = partial.shape().len() - 1;
            let total =
                run(gpu, &program, &[last], &[partial], partial.shape(), &[axis])?.remove(0);
            let total = match accumulator == fold.to {
                true => total,
                false => {
                    let prim = tnp_backend::prim::Prim::Cast { dtype: fold.to };
                    let cast = Program::single(&prim, &[accumulator], fold.to);
                    crate::elementwise::run(gpu, &cast, &[&total], total.shape())?.remove(0)
                }
            };
            outputs.push(total);
        }
        return Ok(outputs);
    }
    outputs.extend(reduced);
    Ok(outputs)
}

struct Job<'a> {
    program: &'a Program,
    folds: &'a [Fold],
    inputs: &'a [&'a Tensor],
    shape: &'a [usize],
    kept: &'a [usize],
    axes: &'a [usize],
}

impl Job<'_> {
    fn launch(
        &self,
        gpu: &Gpu,
        outputs: &[Tensor],
        reduced: &[Tensor],
        (results, length, parts): (usize, usize, usize),
        by_unit: bool,
    ) -> Result<()> {
        let plain = Layout::contiguous(self.shape);
        let layouts: SmallVec<[&Layout; 6]> = (self.inputs.iter().map(|x| &x.layout))
            .chain(outputs.iter().map(|_| &plain))
            .collect();
        let along = |axes: &[usize]| {
            let shape: SmallVec<[usize; 6]> = axes.iter().map(|&axis| self.shape[axis]).collect();
            let strides: Vec<Vec<isize>> = (layouts.iter())
                .map(|layout| axes.iter().map(|&axis| layout.strides()[axis]).collect())
                .collect();
            let strides: Vec<&[isize]> = strides.iter().map(Vec::as_slice).collect();
            coalesce(&shape, &strides)
        };
        let (outer, inner) = (along(self.kept), along(self.axes));
        let ranks = (outer.shape.len(), inner.shape.len());
        let mut scalars = vec![index(results)?, index(length)?, index(parts)?];
        for &dim in outer.shape.iter().chain(&inner.shape) {
            scalars.push(index(dim)?);
        }
        for (at, layout) in layouts.iter().enumerate() {
            scalars.push(index(layout.offset())?);
            let strides = outer.strides[at].iter().chain(&inner.strides[at]);
            scalars.extend(strides.map(|&stride| step(stride)));
        }
        let target = gpu.target();
        let mut buffers: Vec<_> = (self.program.inputs.iter())
            .map(|&dtype| (storage(dtype), false))
            .collect();
        buffers.extend(
            self.program
                .outputs
                .iter()
                .map(|&(_, dtype)| (storage(dtype), true)),
        );
        buffers.extend(
            self.folds
                .iter()
                .map(|fold| (storage(fold.written(target)), true)),
        );
        let units = gpu.abilities.units.min(UNITS);
        // Halving needs a power of two.
        let units = 1 << units.ilog2();
        let writer = Writer {
            program: self.program.clone(),
            folds: self.folds.to_vec(),
            ranks,
            units,
            target,
        };
        let key = ("reduce", self.program, self.folds, ranks, by_unit);
        let written: SmallVec<[&Tensor; 4]> = outputs.iter().chain(reduced).collect();
        let body = {
            let writer = writer.clone();
            move |buffers: &[Memory]| match by_unit {
                true => writer.by_unit(buffers),
                false => writer.by_cube(buffers),
            }
        };
        let kernel = Kernel::new(target, key, units, buffers, scalars.len(), body);
        let work = match by_unit {
            true => results,
            false => results * parts * units as usize,
        };
        gpu.launch(kernel, work, self.inputs, &written, &scalars)
    }
}

/// Scalars: results, elements of each, parts of each; sizes of the kept and of the reduced axes; then of each input and
/// each full output its offset and strides.
#[derive(Clone)]
struct Writer {
    program: Program,
    folds: Vec<Fold>,
    ranks: (usize, usize),
    units: u32,
    target: Target,
}

impl Writer {
    /// Where element `r` of result `o` of an array lies.
    fn place(&self, array: usize, o: V, r: V) -> V {
        let (outer, inner) = self.ranks;
        let first = 3 + outer + inner + array * (1 + outer + inner);
        let start = place(o, outer, 3, first + 1, given(first));
        place(r, inner, 3 + outer, first + 1 + outer, start)
    }

    /// The values to be reduced of one element, which also writes the program's outputs.
    fn element(&self, buffers: &[Memory], o: V, r: V) -> Vec<Val> {
        let inputs: Vec<Val> = (self.program.inputs.iter().enumerate())
            .map(|(at, &dtype)| load(dtype, buffers[at], self.place(at, o, r)))
            .collect();
        let mut wanted = self.program.clone();
        wanted
            .outputs
            .extend(self.folds.iter().map(|fold| (fold.source, fold.from)));
        let mut values = wanted.evaluate(&inputs);
        let folded = values.split_off(self.program.outputs.len());
        for (at, (value, &(_, dtype))) in values.into_iter().zip(&self.program.outputs).enumerate()
        {
            let array = inputs.len() + at;
            store(dtype, buffers[array], self.place(array, o, r), value);
        }
        (self.folds.iter().zip(folded))
            .map(|(fold, value)| fold.prepare(fold.accumulator(self.target), value))
            .collect()
    }

    fn finish(&self, buffers: &[Memory], at: usize, index: V, value: Val) {
        let fold = &self.folds[at];
        let accumulator = fold.accumulator(self.target);
        let written = fold.written(self.target);
        let memory = buffers[self.program.inputs.len() + self.program.outputs.len() + at];
        store(
            written,
            memory,
            index,
            cast::cast(accumulator, written, value),
        );
    }

    /// Combines elements `from`, `from + step` … below `to` of a result.
    fn combined(&self, buffers: &[Memory], o: V, from: V, to: V, step: V) -> Vec<Val> {
        let cells: Vec<_> = (self.folds.iter())
            .map(|fold| val_cell(fold.identity(fold.accumulator(self.target))))
            .collect();
        count(from, to, step, |r| {
            let values = self.element(buffers, o, r);
            for ((fold, cell), value) in self.folds.iter().zip(&cells).zip(values) {
                cell.set(fold.combine(fold.accumulator(self.target), cell.get(), value));
            }
        });
        cells.into_iter().map(|cell| cell.get()).collect()
    }

    fn by_unit(&self, buffers: &[Memory]) {
        each(given(0), self.units, |o| {
            let totals = self.combined(buffers, o, int(0, U32), given(1), int(1, U32));
            for (at, total) in totals.into_iter().enumerate() {
                self.finish(buffers, at, o, total);
            }
        });
    }

    fn by_cube(&self, buffers: &[Memory]) {
        let shared: Vec<Shared> = (self.folds.iter())
            .map(|fold| Shared::new(fold.accumulator(self.target), self.units as usize))
            .collect();
        let (results, length, parts) = (given(0), given(1), given(2));
        let each_part = (length + parts - 1) / parts;
        count(cube(), results * parts, cubes(), |task| {
            let o = task / parts;
            let from = (task - o * parts) * each_part;
            let to = (from + each_part).min(length);
            let me = unit();
            let totals = self.combined(buffers, o, from + me, to, int(self.units.into(), U32));
            for (shared, total) in shared.iter().zip(totals) {
                shared.put(me, total);
            }
            sync_cube();
            let mut half = self.units / 2;
            while half > 0 {
                when(me.lt(half), || {
                    for (fold, shared) in self.folds.iter().zip(&shared) {
                        let (mine, other) = (shared.get(me), shared.get(me + half));
                        shared.put(me, fold.combine(fold.accumulator(self.target), mine, other));
                    }
                });
                sync_cube();
                half /= 2;
            }
            when(me.eq(0), || {
                for (at, shared) in shared.iter().enumerate() {
                    self.finish(buffers, at, task, shared.get(int(0, U32)));
                }
            });
            sync_cube();
        });
    }
}
