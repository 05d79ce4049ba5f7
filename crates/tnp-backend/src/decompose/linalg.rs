//! Factorisations as loops over core primitives: one step of a loop does the same column of all matrices of a batch.
//!
//! Every graph is as long for large matrices as for small ones. Triangular parts are masks; what fails is a
//! [`Linalg::Require`](crate::prim::Linalg::Require). Sections named are of Golub and Van Loan, Matrix Computations, 4th edition.

mod jacobi;
mod matrices;
mod schur;
mod triangles;
mod unitary;

use smallvec::SmallVec;
use tnp_dtype::{DType, Literal};

use super::Steps;
use crate::prim::{Linalg, Prim, infer};
use crate::{Result, TensorType, Types, Var};

type Vars = SmallVec<[Var; 4]>;

/// Writes a factorisation: batches become one axis, and one axis the batches they were.
pub(super) fn linalg(steps: &mut Steps, op: Linalg, inputs: &[Var]) -> Result<SmallVec<[Var; 1]>> {
    let given: SmallVec<[TensorType; 2]> = inputs.iter().map(|&x| steps.ty(x).clone()).collect();
    let types = infer(&Prim::Linalg(op), &given.iter().collect::<Vec<_>>())?;
    if given[0].size() == 0 {
        return of_nothing(steps, op, inputs, &types);
    }
    let matrices: Result<SmallVec<[Var; 2]>> = inputs
        .iter()
        .map(|&x| {
            let shape = steps.shape(x);
            let (batch, sides) = shape.split_at(shape.len() - 2);
            steps.reshape(x, &[batch.iter().product(), sides[0], sides[1]])
        })
        .collect();
    let matrices = matrices?;
    let x = matrices[0];
    let outputs: Vars = match op {
        Linalg::Cholesky => triangles::cholesky(steps, x)?,
        Linalg::Lu => triangles::lu(steps, x)?,
        Linalg::TriangularSolve { lower, unit } => {
            triangles::solve(steps, (lower, unit), x, matrices[1])?
        }
        Linalg::Qr { full } => unitary::qr(steps, full, x)?,
        Linalg::Svd { vectors } => jacobi::svd(steps, vectors, x)?,
        Linalg::Eigh { vectors } => jacobi::eigh(steps, vectors, x)?,
        Linalg::Eig { vectors } => schur::eig(steps, vectors, x)?,
        Linalg::Require(_) => return Err(super::elementwise::core(op.name())),
    };
    (outputs.iter().zip(&types))
        .map(|(&output, ty)| steps.reshape(output, &ty.shape))
        .collect()
}

/// Of matrices without elements: bases are whole, what solves nothing is as it was, the rest is empty or counts nothing.
fn of_nothing(
    steps: &mut Steps,
    op: Linalg,
    inputs: &[Var],
    types: &Types,
) -> Result<SmallVec<[Var; 1]>> {
    if let Linalg::TriangularSolve { .. } = op {
        return Ok(super::one(inputs[1]));
    }
    let ndim = steps.ty(inputs[0]).ndim();
    (types.iter())
        .map(|ty| {
            if ty.ndim() < ndim || ty.size() == 0 {
                return steps.full(&ty.shape, Literal::zero(ty.dtype));
            }
            let row = steps.iota(&ty.shape, ndim - 2, DType::Int64)?;
            let column = steps.iota(&ty.shape, ndim - 1, DType::Int64)?;
            let diagonal = steps.binary(crate::prim::Binary::Equal, row, column)?;
            steps.cast(diagonal, ty.dtype)
        })
        .collect()
}
