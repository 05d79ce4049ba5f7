//! Steps on batches of matrices, all with three axes: batch, rows, columns. Sides of length one stretch to those of the other operand.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::super::{Steps, elementwise};
use super::Vars;
use crate::prim::{
    AxisIndex, Binary, DotDims, Linalg, Prim, Property, ReduceOp, ScatterOp, SliceSpec, Unary,
};
use crate::{Error, Graph, Result, TensorType, Var};

/// The axes that are not the batch.
pub(super) const ROWS: usize = 1;
/// As [`ROWS`].
pub(super) const COLUMNS: usize = 2;

/// What the body of a loop sees.
pub(super) struct Turn<'a> {
    /// What the last turn gave.
    pub(super) carry: &'a [Var],
    /// What stays the same.
    pub(super) fixed: &'a [Var],
    /// This turn's part of what the loop runs over.
    pub(super) parts: &'a [Var],
}

impl Steps {
    // ---- values

    /// A number as a matrix with one element.
    pub(super) fn number(&mut self, dtype: DType, value: f64) -> Result<Var> {
        self.full(&[1, 1, 1], Literal::new(value).cast(dtype))
    }

    /// The numbers of rows, as a column, or of columns, as a row.
    pub(super) fn numbers(&mut self, axis: usize, count: usize) -> Result<Var> {
        let mut shape = [1, 1, 1];
        shape[axis] = count;
        self.iota(&shape, axis, DType::Int64)
    }

    /// Where a row's number and a column's compare.
    pub(super) fn where_sides(&mut self, op: Binary, rows: usize, columns: usize) -> Result<Var> {
        let (row, column) = (self.numbers(ROWS, rows)?, self.numbers(COLUMNS, columns)?);
        self.zip(op, row, column)
    }

    /// An identity matrix for each of a batch.
    pub(super) fn identity(&mut self, shape: [usize; 3], dtype: DType) -> Result<Var> {
        let ones = self.where_sides(Binary::Equal, shape[1], shape[2])?;
        let ones = self.cast(ones, dtype)?;
        self.stretch(ones, &shape)
    }

    pub(super) fn eps(&self, x: Var) -> f64 {
        match self.dtype(x).real() {
            DType::Float32 => f64::from(f32::EPSILON),
            _ => f64::EPSILON,
        }
    }

    // ---- elementwise

    pub(super) fn stretch(&mut self, x: Var, shape: &[usize]) -> Result<Var> {
        if self.ty(x).shape[..] == *shape {
            return Ok(x);
        }
        let dims: SmallVec<[usize; 4]> = (0..shape.len()).collect();
        self.broadcast(x, shape, &dims)
    }

    fn common(&self, operands: &[Var]) -> Dims {
        let mut shape = self.shape(operands[0]);
        for &operand in operands {
            for (side, &other) in shape.iter_mut().zip(&self.ty(operand).shape) {
                if *side == 1 {
                    *side = other;
                }
            }
        }
        shape
    }

    /// A function of two operands that stretch to each other; real ones become complex beside complex ones.
    pub(super) fn zip(&mut self, op: Binary, x: Var, y: Var) -> Result<Var> {
        let shape = self.common(&[x, y]);
        let dtype = match self.dtype(x).is_complex() {
            true => self.dtype(x),
            false => self.dtype(y),
        };
        let (x, y) = (self.cast(x, dtype)?, self.cast(y, dtype)?);
        let (x, y) = (self.stretch(x, &shape)?, self.stretch(y, &shape)?);
        self.binary(op, x, y)
    }

    pub(super) fn add(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::Add, x, y)
    }

    pub(super) fn sub(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::Subtract, x, y)
    }

    pub(super) fn mul(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::Multiply, x, y)
    }

    pub(super) fn div(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::Divide, x, y)
    }

    pub(super) fn less(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::Less, x, y)
    }

    pub(super) fn equal(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::Equal, x, y)
    }

    pub(super) fn both(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::BitwiseAnd, x, y)
    }

    pub(super) fn either(&mut self, x: Var, y: Var) -> Result<Var> {
        self.zip(Binary::BitwiseOr, x, y)
    }

    /// `x` where the condition holds and `y` elsewhere; all stretch.
    pub(super) fn pick(&mut self, condition: Var, x: Var, y: Var) -> Result<Var> {
        let dtype = match self.dtype(x).is_complex() {
            true => self.dtype(x),
            false => self.dtype(y),
        };
        let shape = self.common(&[condition, x, y]);
        let condition = self.stretch(condition, &shape)?;
        let (x, y) = (self.cast(x, dtype)?, self.cast(y, dtype)?);
        let (x, y) = (self.stretch(x, &shape)?, self.stretch(y, &shape)?);
        self.select(condition, x, y)
    }

    /// `x` where the condition holds and a number elsewhere.
    pub(super) fn pick_or(&mut self, condition: Var, x: Var, other: f64) -> Result<Var> {
        let other = self.number(self.dtype(x), other)?;
        self.pick(condition, x, other)
    }

    /// `x`, or a number where it is zero: what may be divided by.
    pub(super) fn or_if_zero(&mut self, x: Var, other: f64) -> Result<Var> {
        let zero = self.is_zero(x)?;
        let other = self.number(self.dtype(x), other)?;
        self.pick(zero, other, x)
    }

    pub(super) fn is_zero(&mut self, x: Var) -> Result<Var> {
        let zero = self.number(self.dtype(x), 0.0)?;
        self.equal(x, zero)
    }

    pub(super) fn no(&mut self, x: Var) -> Result<Var> {
        elementwise::not(self, x)
    }

    pub(super) fn re(&mut self, x: Var) -> Result<Var> {
        match self.dtype(x).is_complex() {
            true => self.unary(Unary::Real, x),
            false => Ok(x),
        }
    }

    pub(super) fn conj(&mut self, x: Var) -> Result<Var> {
        match self.dtype(x).is_complex() {
            true => self.unary(Unary::Conjugate, x),
            false => Ok(x),
        }
    }

    pub(super) fn abs(&mut self, x: Var) -> Result<Var> {
        self.unary(Unary::Abs, x)
    }

    /// The larger of the magnitudes of the parts, or their sum: what cannot overflow, and what pivots go by.
    pub(super) fn by_parts(&mut self, op: Binary, x: Var) -> Result<Var> {
        if !self.dtype(x).is_complex() {
            return self.abs(x);
        }
        let (re, im) = (self.unary(Unary::Real, x)?, self.unary(Unary::Imag, x)?);
        let (re, im) = (self.abs(re)?, self.abs(im)?);
        self.binary(op, re, im)
    }

    /// Each part of `x` combined with a real number.
    pub(super) fn parts_with(&mut self, op: Binary, x: Var, real: Var) -> Result<Var> {
        if !self.dtype(x).is_complex() {
            return self.zip(op, x, real);
        }
        let (re, im) = (self.unary(Unary::Real, x)?, self.unary(Unary::Imag, x)?);
        let (re, im) = (self.zip(op, re, real)?, self.zip(op, im, real)?);
        self.binary(Binary::Complex, re, im)
    }

    // ---- along axes

    /// Axes combined to length one.
    pub(super) fn fold(&mut self, op: ReduceOp, x: Var, axes: &[usize]) -> Result<Var> {
        let mut shape = self.shape(x);
        axes.iter().for_each(|&axis| shape[axis] = 1);
        let dtype = self.dtype(x);
        let axes = SmallVec::from_slice(axes);
        let folded = self.push(Prim::Reduce { op, axes, dtype }, &[x])?;
        self.reshape(folded, &shape)
    }

    /// Whether something holds anywhere, or everywhere, in all matrices: bool, 0-d.
    pub(super) fn overall(&mut self, op: ReduceOp, x: Var) -> Result<Var> {
        let (axes, dtype) = (smallvec![0, 1, 2], DType::Bool);
        self.push(Prim::Reduce { op, axes, dtype }, &[x])
    }

    /// Euclidean lengths along an axis, of numbers scaled by their largest.
    pub(super) fn length(&mut self, x: Var, axis: usize) -> Result<Var> {
        let size = self.by_parts(Binary::Maximum, x)?;
        let most = self.fold(ReduceOp::Max, size, &[axis])?;
        let scale = self.or_if_zero(most, 1.0)?;
        let squares = self.parts_with(Binary::Divide, x, scale)?;
        let squares = self.squares(squares, axis)?;
        let root = self.unary(Unary::Sqrt, squares)?;
        self.mul(root, most)
    }

    /// Sums of squared magnitudes along an axis.
    pub(super) fn squares(&mut self, x: Var, axis: usize) -> Result<Var> {
        let other = self.conj(x)?;
        let squares = self.mul(x, other)?;
        let squares = self.re(squares)?;
        self.fold(ReduceOp::Sum, squares, &[axis])
    }

    /// A power of two near the largest number of each matrix: divided by it, no square overflows or is lost.
    pub(super) fn scale(&mut self, x: Var) -> Result<Var> {
        let size = self.by_parts(Binary::Maximum, x)?;
        let most = self.fold(ReduceOp::Max, size, &[ROWS, COLUMNS])?;
        let most = self.or_if_zero(most, 1.0)?;
        let exponent = self.unary(Unary::Log2, most)?;
        let exponent = self.unary(Unary::Floor, exponent)?;
        let (low, high) = match self.dtype(most) {
            DType::Float32 => (-126.0, 127.0),
            _ => (-1022.0, 1023.0),
        };
        let low = self.number(self.dtype(most), low)?;
        let high = self.number(self.dtype(most), high)?;
        let exponent = self.zip(Binary::Maximum, exponent, low)?;
        let exponent = self.zip(Binary::Minimum, exponent, high)?;
        self.unary(Unary::Exp2, exponent)
    }

    /// Which matrices hold a number that is not finite: bool, one element each.
    pub(super) fn any_not_finite(&mut self, x: Var) -> Result<Var> {
        // Of what is not finite the difference with itself is NaN.
        let difference = self.binary(Binary::Subtract, x, x)?;
        self.any_nan(difference)
    }

    /// Which matrices hold a NaN.
    pub(super) fn any_nan(&mut self, x: Var) -> Result<Var> {
        let nan = elementwise::is_nan(self, x)?;
        self.fold(ReduceOp::Any, nan, &[ROWS, COLUMNS])
    }

    // ---- parts

    /// So many rows or columns from one on.
    pub(super) fn part(&mut self, x: Var, axis: usize, start: usize, len: usize) -> Result<Var> {
        let shape = self.shape(x);
        if len == shape[axis] {
            return Ok(x);
        }
        let mut axes: SmallVec<[SliceSpec; 4]> =
            shape.iter().map(|&side| SliceSpec::full(side)).collect();
        axes[axis] = SliceSpec {
            start,
            len,
            step: 1,
        };
        self.push(Prim::Slice { axes }, &[x])
    }

    pub(super) fn join(&mut self, parts: &[Var], axis: usize) -> Result<Var> {
        self.push(Prim::Concatenate { axis }, parts)
    }

    /// The row or column of a number (0-d), as a matrix.
    pub(super) fn at(&mut self, x: Var, axis: usize, number: Var) -> Result<Var> {
        let number = self.reshape(number, &[1])?;
        let mut axes = self.whole(x);
        axes[axis] = AxisIndex::Index;
        let gather = Prim::Gather {
            axes,
            index_axes_at: axis,
        };
        self.push(gather, &[x, number])
    }

    /// `x` with the row or column of a number replaced.
    pub(super) fn put(&mut self, x: Var, axis: usize, number: Var, part: Var) -> Result<Var> {
        let number = self.reshape(number, &[1])?;
        let mut axes = self.whole(x);
        axes[axis] = AxisIndex::Index;
        let scatter = Prim::Scatter {
            op: ScatterOp::Set,
            axes,
            index_axes_at: axis,
        };
        self.push(scatter, &[x, number, part])
    }

    /// Of each matrix the rows that a column of numbers says.
    pub(super) fn rows_at(&mut self, x: Var, numbers: Var) -> Result<Var> {
        let (shape, wanted) = (self.shape(x), self.shape(numbers)[ROWS]);
        let numbers = self.reshape(numbers, &[shape[0], wanted])?;
        let batch = self.iota(&[shape[0], wanted], 0, DType::Int64)?;
        let axes = smallvec![
            AxisIndex::Index,
            AxisIndex::Index,
            AxisIndex::Slice(SliceSpec::full(shape[COLUMNS]))
        ];
        let gather = Prim::Gather {
            axes,
            index_axes_at: 0,
        };
        self.push(gather, &[x, batch, numbers])
    }

    fn whole(&self, x: Var) -> SmallVec<[AxisIndex; 4]> {
        let full = |&side: &usize| AxisIndex::Slice(SliceSpec::full(side));
        self.ty(x).shape.iter().map(full).collect()
    }

    // ---- products

    pub(super) fn transpose(&mut self, x: Var) -> Result<Var> {
        let permutation = smallvec![0, COLUMNS, ROWS];
        self.push(Prim::Transpose { permutation }, &[x])
    }

    pub(super) fn adjoint(&mut self, x: Var) -> Result<Var> {
        let x = self.transpose(x)?;
        self.conj(x)
    }

    pub(super) fn product(&mut self, x: Var, y: Var) -> Result<Var> {
        let dims = DotDims {
            lhs_contract: smallvec![COLUMNS],
            rhs_contract: smallvec![ROWS],
            lhs_batch: smallvec![0],
            rhs_batch: smallvec![0],
        };
        self.push(Prim::DotGeneral(dims), &[x, y])
    }

    // ---- control

    /// `x`, if it holds (0-d) that matrices have a property.
    pub(super) fn require(&mut self, property: Property, holds: Var, x: Var) -> Result<Var> {
        self.push(Prim::Linalg(Linalg::Require(property)), &[holds, x])
    }

    /// A graph of inputs of these variables' types.
    fn graph(
        &self,
        inputs: &[Var],
        body: impl FnOnce(&mut Steps, &[Var]) -> Result<Vec<Var>>,
    ) -> Result<Arc<Graph>> {
        let types: Vec<TensorType> = inputs.iter().map(|&x| self.ty(x).clone()).collect();
        graph_of(&types, body)
    }

    /// Runs a body for 0, 1, 2 … (or down to 0); it gives what it carries.
    pub(super) fn count(
        &mut self,
        (times, down): (usize, bool),
        carry: &[Var],
        fixed: &[Var],
        body: impl FnOnce(&mut Steps, &Turn<'_>) -> Result<Vec<Var>>,
    ) -> Result<Vec<Var>> {
        let numbers = self.iota(&[times], 0, DType::Int64)?;
        self.scan((times, down), carry, fixed, &[numbers], body)
    }

    /// Runs a body over the leading axis of arrays; it gives what it carries and then what shall be stacked.
    pub(super) fn scan(
        &mut self,
        (length, reverse): (usize, bool),
        carry: &[Var],
        fixed: &[Var],
        over: &[Var],
        body: impl FnOnce(&mut Steps, &Turn<'_>) -> Result<Vec<Var>>,
    ) -> Result<Vec<Var>> {
        let mut types: Vec<TensorType> = (carry.iter().chain(fixed))
            .map(|&x| self.ty(x).clone())
            .collect();
        for &x in over {
            let ty = self.ty(x);
            types.push(TensorType::new(&ty.shape[1..], ty.dtype));
        }
        let (kept, all) = (carry.len(), carry.len() + fixed.len());
        let body = graph_of(&types, |steps, inputs| {
            let turn = Turn {
                carry: &inputs[..kept],
                fixed: &inputs[kept..all],
                parts: &inputs[all..],
            };
            let mut outputs = body(steps, &turn)?;
            outputs.splice(kept..kept, inputs[kept..all].iter().copied());
            Ok(outputs)
        })?;
        let scan = Prim::Scan {
            body,
            carry: all,
            length,
            reverse,
        };
        let inputs: Vars = carry.iter().chain(fixed).chain(over).copied().collect();
        let mut outputs = self.builder.push(scan, &inputs)?.into_vec();
        outputs.drain(kept..all);
        Ok(outputs)
    }

    /// Runs a body as long as a condition holds (0-d bool) of what it carries.
    pub(super) fn repeat(
        &mut self,
        carry: &[Var],
        fixed: &[Var],
        condition: impl FnOnce(&mut Steps, &[Var]) -> Result<Var>,
        body: impl FnOnce(&mut Steps, &Turn<'_>) -> Result<Vec<Var>>,
    ) -> Result<Vec<Var>> {
        let kept = carry.len();
        let inputs: Vars = carry.iter().chain(fixed).copied().collect();
        let condition = self.graph(&inputs, |steps, inputs| {
            Ok(vec![condition(steps, &inputs[..kept])?])
        })?;
        let body = self.graph(&inputs, |steps, inputs| {
            let turn = Turn {
                carry: &inputs[..kept],
                fixed: &inputs[kept..],
                parts: &[],
            };
            let mut outputs = body(steps, &turn)?;
            outputs.extend_from_slice(&inputs[kept..]);
            Ok(outputs)
        })?;
        let looped = self
            .builder
            .push(Prim::While { condition, body }, &inputs)?;
        Ok(looped[..kept].to_vec())
    }
}

fn graph_of(
    types: &[TensorType],
    body: impl FnOnce(&mut Steps, &[Var]) -> Result<Vec<Var>>,
) -> Result<Arc<Graph>> {
    let mut steps = Steps::new();
    let inputs: Vars = (types.iter())
        .map(|ty| steps.builder.input(ty.clone()))
        .collect();
    let outputs = body(&mut steps, &inputs)?;
    Ok(Arc::new(steps.builder.finish(&outputs)))
}

/// So many values as an array.
pub(super) fn exactly<const N: usize>(values: Vec<Var>) -> Result<[Var; N]> {
    values
        .try_into()
        .map_err(|_| Error::scope("a loop gives another number of values than it was given"))
}
