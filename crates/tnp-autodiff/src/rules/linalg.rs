//! Factorisations and triangular systems.
//!
//! The rules are those of Giles (2008) and of Townsend (2016) for singular values, on matrices of complex numbers too. With them they are easier
//! said for gradients `g`, which pair with a change `dx` as `Re(gᴴ dx)`; a cotangent is the conjugate of one ([`crate::flow`]).
//!
//! Vectors have a sign or phase that no matrix decides, so what is derived has to do with any: a function of `v` that depends on
//! it has no derivative. Where singular values or eigenvalues are equal, their vectors have none either, and what comes out is
//! infinite or NaN.

use tnp_array::{Array, Operand, Result, bind};
use tnp_backend::prim::{Axes, Binary, DotDims, Linalg, Prim, Singular, Unary};

use super::{Flows, Reads, Step, no_rule, none, one};
use crate::flow::Flow;
use crate::ops;

/// The values that the reverse rule reads.
pub(super) fn reads(op: Linalg) -> Reads {
    let outputs = Reads {
        output: true,
        ..Reads::NOTHING
    };
    match op {
        Linalg::Cholesky | Linalg::Qr { .. } => outputs,
        Linalg::Lu => outputs,
        Linalg::Svd { vectors } if vectors != Singular::Values => outputs,
        Linalg::Eigh { vectors: true } | Linalg::Eig { vectors: true } => outputs,
        // Values change with the vectors, which have to be found again.
        Linalg::Svd { .. } | Linalg::Eigh { .. } | Linalg::Eig { .. } => Reads::inputs(1),
        Linalg::TriangularSolve { .. } => Reads {
            output: true,
            ..Reads::inputs(1)
        },
        Linalg::Require(_) => Reads::NOTHING,
    }
}

// ---- what rules are made of

fn factor(op: Linalg, inputs: &[&Array]) -> Result<Vec<Array>> {
    let mut operands: Vec<Operand<'_>> = inputs.iter().map(|&x| Operand::Borrowed(x)).collect();
    Ok(bind(&Prim::Linalg(op), &mut operands)?.into_vec())
}

fn solve_triangle(lower: bool, unit: bool, a: &Array, b: &Array) -> Result<Array> {
    let op = Linalg::TriangularSolve { lower, unit };
    let x = bind(
        &Prim::Linalg(op),
        &mut [Operand::Borrowed(a), Operand::Borrowed(b)],
    )?;
    x.into_iter()
        .next()
        .ok_or_else(|| no_rule("triangular_solve", "give it a right side"))
}

/// `b a⁻¹` of a triangle.
fn divide_triangle(lower: bool, unit: bool, b: &Array, a: &Array) -> Result<Array> {
    transpose(&solve_triangle(
        !lower,
        unit,
        &transpose(a)?,
        &transpose(b)?,
    )?)
}

fn transpose(x: &Array) -> Result<Array> {
    let mut axes: Axes = (0..x.ndim()).collect();
    axes.swap(x.ndim() - 2, x.ndim() - 1);
    ops::transpose(x, &axes)
}

fn conj(x: &Array) -> Result<Array> {
    match x.dtype().is_complex() {
        true => ops::un(Unary::Conjugate, x),
        false => Ok(x.clone()),
    }
}

/// The conjugate transpose.
fn adjoint(x: &Array) -> Result<Array> {
    conj(&transpose(x)?)
}

/// The product of matrices.
fn product(x: &Array, y: &Array) -> Result<Array> {
    let core = x.ndim() - 2;
    let batch: Axes = (0..core).collect();
    let dims = DotDims {
        lhs_contract: Axes::from_slice(&[core + 1]),
        rhs_contract: Axes::from_slice(&[core]),
        lhs_batch: batch.clone(),
        rhs_batch: batch,
    };
    tnp_array::bind1(
        &Prim::DotGeneral(dims),
        &mut [Operand::Borrowed(x), Operand::Borrowed(y)],
    )
}

/// Which elements of matrices stay.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Below the diagonal.
    Below,
    /// Not above it.
    Lower,
    /// Above it.
    Above,
    /// Not below it.
    Upper,
    /// On it.
    Diagonal,
}

/// Where the elements of a part lie.
fn mask(like: &Array, part: Part) -> Result<Array> {
    let ndim = like.ndim();
    let row = ops::iota(like, like.shape(), ndim - 2)?;
    let column = ops::iota(like, like.shape(), ndim - 1)?;
    let op = match part {
        Part::Below => Binary::Greater,
        Part::Lower => Binary::GreaterEqual,
        Part::Above => Binary::Less,
        Part::Upper => Binary::LessEqual,
        Part::Diagonal => Binary::Equal,
    };
    ops::bi(op, row, column)
}

/// A part of matrices, zeros elsewhere.
fn part(x: &Array, part: Part) -> Result<Array> {
    ops::select(mask(x, part)?, x, ops::number(x, 0.0)?)
}

fn real(x: &Array) -> Result<Array> {
    match x.dtype().is_complex() {
        true => ops::un(Unary::Real, x),
        false => Ok(x.clone()),
    }
}

/// Real numbers in the dtype of others.
fn cast_like(x: &Array, like: &Array) -> Result<Array> {
    ops::cast(x, like.dtype())
}

/// The real part, in the same dtype.
fn only_real(x: &Array) -> Result<Array> {
    cast_like(&real(x)?, x)
}

/// Square matrices with these rows in their diagonals.
fn diagonal_matrix(x: &Array) -> Result<Array> {
    let mut shape = x.shape().to_vec();
    shape.push(shape[shape.len() - 1]);
    let rows: Vec<usize> = (0..x.ndim()).collect();
    part(&ops::spread(x, &shape, &rows)?, Part::Diagonal)
}

/// The diagonals of square matrices.
fn diagonal(x: &Array) -> Result<Array> {
    ops::sum(part(x, Part::Diagonal)?, &[x.ndim() - 1])
}

/// Matrices with each column, or row, multiplied by an element.
fn times_columns(x: &Array, factors: &Array) -> Result<Array> {
    ops::mul(x, columns(factors, x)?)
}

fn times_rows(x: &Array, factors: &Array) -> Result<Array> {
    ops::mul(x, rows(factors, x)?)
}

/// An element for each column, repeated along it.
fn columns(factors: &Array, like: &Array) -> Result<Array> {
    let mut axes: Vec<usize> = (0..like.ndim()).collect();
    axes.remove(like.ndim() - 2);
    ops::spread(&cast_like(factors, like)?, like.shape(), &axes)
}

/// An element for each row, repeated along it.
fn rows(factors: &Array, like: &Array) -> Result<Array> {
    let axes: Vec<usize> = (0..like.ndim() - 1).collect();
    ops::spread(&cast_like(factors, like)?, like.shape(), &axes)
}

/// `1 / (x[j] - x[i])`, zero where `i = j`.
fn gaps(x: &Array) -> Result<Array> {
    let mut shape = x.shape().to_vec();
    shape.push(shape[shape.len() - 1]);
    let like = ops::full(x, tnp_dtype::Literal::zero(x.dtype()), &shape)?;
    let gap = ops::sub(columns(x, &like)?, rows(x, &like)?)?;
    let same = mask(&gap, Part::Diagonal)?;
    // The diagonal never divides: what is not taken must not be infinite.
    let gap = ops::select(&same, ops::number(&gap, 1.0)?, gap)?;
    let inverse = ops::div(ops::number(&gap, 1.0)?, gap)?;
    let zero = ops::number(&inverse, 0.0)?;
    ops::select(same, zero, inverse)
}

/// The Hermitian matrix whose lower triangle is read.
fn hermitian(x: &Array) -> Result<Array> {
    let below = part(x, Part::Below)?;
    let whole = ops::add(&below, adjoint(&below)?)?;
    ops::add(whole, part(&only_real(x)?, Part::Diagonal)?)
}

/// The gradient of what is read of a matrix for that of the Hermitian one.
fn of_lower(g: &Array) -> Result<Array> {
    let both = part(&ops::add(g, adjoint(g)?)?, Part::Below)?;
    ops::add(both, part(&only_real(g)?, Part::Diagonal)?)
}

/// `x + xᴴ` of an upper triangle, whose diagonal is taken once and without its imaginary part.
fn mirrored(x: &Array) -> Result<Array> {
    let above = part(x, Part::Above)?;
    let whole = ops::add(&above, adjoint(&above)?)?;
    ops::add(whole, part(&only_real(x)?, Part::Diagonal)?)
}

fn sum(terms: impl IntoIterator<Item = Array>) -> Result<Option<Array>> {
    let mut all = None;
    for term in terms {
        all = Some(match all {
            Some(all) => ops::add(all, term)?,
            None => term,
        });
    }
    Ok(all)
}

/// `x⁻¹ b` of any square matrix.
fn solve(x: &Array, b: &Array) -> Result<Array> {
    let parts = factor(Linalg::Lu, &[x])?;
    let [lu, permutation, _] = &parts[..] else {
        return Err(no_rule("lu", "give it a matrix"));
    };
    let b = permuted(b, permutation)?;
    solve_triangle(false, false, lu, &solve_triangle(true, true, lu, &b)?)
}

/// Rows in another order.
fn permuted(x: &Array, permutation: &Array) -> Result<Array> {
    let axes: Vec<usize> = (0..x.ndim() - 1).collect();
    let positions = ops::spread(permutation, x.shape(), &axes)?;
    ops::take_along(x, &positions, x.ndim() - 2)
}

/// Where each number stands in a permutation.
fn inverse_permutation(permutation: &Array) -> Result<Array> {
    let axis = permutation.ndim() - 1;
    let prim = Prim::ArgSort {
        axis,
        stable: false,
    };
    tnp_array::bind1(&prim, &mut [Operand::Borrowed(permutation)])
}

// ---- reverse

/// An output's gradient: the conjugate of its cotangent.
fn gradient(flows: &[Option<Flow>], at: usize) -> Result<Option<Array>> {
    match flows.get(at) {
        Some(Some(flow)) => conj(&flow.array).map(Some),
        _ => Ok(None),
    }
}

pub(super) fn vjp(
    op: Linalg,
    step: &Step,
    wanted: &[bool],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    if let Linalg::TriangularSolve { lower, unit } = op {
        return triangular_vjp(lower, unit, step, wanted, flows);
    }
    if let Linalg::Require(_) = op {
        return Ok([None, flows[0].clone()].into_iter().collect());
    }
    if flows.iter().all(Option::is_none) {
        return Ok(none(wanted.len()));
    }
    let y = |at: usize| step.output(at);
    let g = |at: usize| gradient(flows, at);
    let back = match op {
        Linalg::Cholesky => g(0)?.map(|g| cholesky_vjp(y(0)?, &g)).transpose()?,
        Linalg::Lu => g(0)?.map(|g| lu_vjp(y(0)?, y(1)?, &g)).transpose()?,
        Linalg::Qr { full } => {
            check_qr(full, step.ty(0).shape.as_slice())?;
            qr_vjp(y(0)?, y(1)?, g(0)?, g(1)?)?
        }
        Linalg::Svd { vectors } => {
            let found;
            let (u, s, vh, gradients) = if vectors == Singular::Values {
                let thin = Linalg::Svd {
                    vectors: Singular::Thin,
                };
                found = factor(thin, &[step.x(0)?])?;
                (&found[0], &found[1], &found[2], [None, g(0)?, None])
            } else {
                (y(0)?, y(1)?, y(2)?, [g(0)?, g(1)?, g(2)?])
            };
            let vectors_too = gradients[0].is_some() || gradients[2].is_some();
            let (u, vh) = thin(u, s, vh, vectors_too)?;
            svd_vjp(&u, s, &vh, gradients)?
        }
        Linalg::Eigh { vectors } => {
            let found;
            let (w, v, gv) = if vectors {
                (y(0)?, y(1)?, g(1)?)
            } else {
                found = factor(Linalg::Eigh { vectors: true }, &[step.x(0)?])?;
                (&found[0], &found[1], None)
            };
            eigh_vjp(w, v, g(0)?, gv)?
        }
        Linalg::Eig { vectors } => {
            let found;
            let (w, v, gv) = if vectors {
                (y(0)?, y(1)?, g(1)?)
            } else {
                found = factor(Linalg::Eig { vectors: true }, &[step.x(0)?])?;
                (&found[0], &found[1], None)
            };
            let back = eig_vjp(w, v, g(0)?, gv)?;
            match (back, step.ty(0).dtype.is_complex()) {
                (Some(back), false) => Some(real(&back)?),
                (back, _) => back,
            }
        }
        Linalg::TriangularSolve { .. } | Linalg::Require(_) => None,
    };
    match back {
        Some(back) => Ok(one(Flow::plain(conj(&back)?))),
        None => Ok(none(1)),
    }
}

/// `l⁻ᴴ Φ(lᴴ g) l⁻¹`, where Φ takes the lower triangle with half of the diagonal.
fn cholesky_vjp(l: &Array, g: &Array) -> Result<Array> {
    let inner = half_diagonal(&product(&adjoint(l)?, g)?)?;
    let right = divide_triangle(true, false, &inner, l)?;
    of_lower(&solve_triangle(false, false, &adjoint(l)?, &right)?)
}

/// The lower triangle with half of the diagonal, which counts without its imaginary part: the factor's diagonal is real.
fn half_diagonal(x: &Array) -> Result<Array> {
    let below = part(x, Part::Below)?;
    ops::add(
        below,
        ops::scale(&part(&only_real(x)?, Part::Diagonal)?, 0.5)?,
    )
}

fn lu_vjp(lu: &Array, permutation: &Array, g: &Array) -> Result<Array> {
    let l = unit_lower(lu)?;
    let u = part(lu, Part::Upper)?;
    let below = part(
        &product(&adjoint(&l)?, &part(g, Part::Below)?)?,
        Part::Below,
    )?;
    let above = part(
        &product(&part(g, Part::Upper)?, &adjoint(&u)?)?,
        Part::Upper,
    )?;
    let inner = ops::add(below, above)?;
    let left = solve_triangle(false, true, &adjoint(&l)?, &inner)?;
    let back = divide_triangle(true, false, &left, &adjoint(&u)?)?;
    permuted(&back, &inverse_permutation(permutation)?)
}

fn unit_lower(lu: &Array) -> Result<Array> {
    let one = part(&ops::number(lu, 1.0)?, Part::Diagonal)?;
    ops::add(part(lu, Part::Below)?, one)
}

/// More columns than the matrix has are any basis of what it leaves out.
fn check_qr(full: bool, shape: &[usize]) -> Result<()> {
    let (m, n) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    match full && m > n {
        true => Err(no_rule(
            "qr with mode=\"complete\" of a matrix of more rows than columns",
            "use mode=\"reduced\"",
        )),
        false => Ok(()),
    }
}

/// The first columns of `r`, as many as it has rows, and the rest if there is one.
fn blocks(r: &Array) -> Result<(Array, Option<Array>)> {
    let (k, n) = (r.shape()[r.ndim() - 2], r.shape()[r.ndim() - 1]);
    let cut = |start, len| {
        let step = 1;
        ops::slice_axis(
            r,
            r.ndim() - 1,
            tnp_backend::prim::SliceSpec { start, len, step },
        )
    };
    Ok((cut(0, k)?, if n > k { Some(cut(k, n - k)?) } else { None }))
}

fn joined(parts: Vec<Array>) -> Result<Array> {
    let axis = parts[0].ndim() - 1;
    let mut operands: Vec<Operand<'_>> = parts.into_iter().map(Operand::Owned).collect();
    tnp_array::bind1(&Prim::Concatenate { axis }, &mut operands)
}

fn qr_vjp(q: &Array, r: &Array, gq: Option<Array>, gr: Option<Array>) -> Result<Option<Array>> {
    let (r1, r2) = blocks(r)?;
    let mut terms = Vec::new();
    if let Some(gr) = &gr {
        terms.push(product(gr, &adjoint(r)?)?);
    }
    if let Some(gq) = &gq {
        terms.push(ops::neg(product(&adjoint(q)?, gq)?)?);
    }
    let Some(inner) = sum(terms)? else {
        return Ok(None);
    };
    let mut inner = mirrored(&inner)?;
    let mut rest = None;
    if let (Some(r2), Some(gr)) = (&r2, &gr) {
        let (_, gr2) = blocks(gr)?;
        let gr2 = gr2.map_or_else(|| ops::number(r2, 0.0), Ok)?;
        inner = ops::sub(inner, product(&gr2, &adjoint(r2)?)?)?;
        rest = Some(product(q, &gr2)?);
    }
    let left = sum([product(q, &inner)?].into_iter().chain(gq))?;
    let Some(left) = left else { return Ok(None) };
    let first = divide_triangle(true, false, &left, &adjoint(&r1)?)?;
    match (r2, rest) {
        (None, _) => Ok(Some(first)),
        (Some(_), Some(rest)) => joined(vec![first, rest]).map(Some),
        (Some(r2), None) => {
            let mut shape = q.shape().to_vec();
            shape[q.ndim() - 1] = r2.shape()[r2.ndim() - 1];
            let zeros = ops::full(q, tnp_dtype::Literal::zero(q.dtype()), &shape)?;
            joined(vec![first, zeros]).map(Some)
        }
    }
}

/// Singular vectors that belong to values. Those of whole bases that do not have no derivative.
fn thin(u: &Array, s: &Array, vh: &Array, vectors: bool) -> Result<(Array, Array)> {
    let k = s.shape()[s.ndim() - 1];
    let (left, right) = (u.shape()[u.ndim() - 1], vh.shape()[vh.ndim() - 2]);
    if left == k && right == k {
        return Ok((u.clone(), vh.clone()));
    }
    if vectors {
        return Err(no_rule(
            "svd with full_matrices=True of a matrix that is not square",
            "use full_matrices=False",
        ));
    }
    let first = |x: &Array, axis| {
        let (start, len, step) = (0, k, 1);
        ops::slice_axis(x, axis, tnp_backend::prim::SliceSpec { start, len, step })
    };
    Ok((first(u, u.ndim() - 1)?, first(vh, vh.ndim() - 2)?))
}

fn svd_vjp(
    u: &Array,
    s: &Array,
    vh: &Array,
    gradients: [Option<Array>; 3],
) -> Result<Option<Array>> {
    let [gu, gs, gvh] = gradients;
    let k = s.shape()[s.ndim() - 1];
    let gaps = match gu.is_some() || gvh.is_some() {
        true => Some(gaps(&ops::un(Unary::Square, s)?)?),
        false => None,
    };
    let skew = |x: &Array| -> Result<Array> {
        let skew = ops::sub(x, adjoint(x)?)?;
        match &gaps {
            Some(gaps) => ops::mul(&skew, cast_like(gaps, &skew)?),
            None => Ok(skew),
        }
    };
    let mut inner = Vec::new();
    let mut outer = Vec::new();
    if let Some(gs) = gs {
        inner.push(cast_like(&diagonal_matrix(&gs)?, u)?);
    }
    if let Some(gu) = &gu {
        let overlap = product(&adjoint(u)?, gu)?;
        inner.push(times_columns(&skew(&overlap)?, s)?);
        if u.dtype().is_complex() {
            // The phase that left and right vectors share changes the left ones alone.
            let turn = imaginary(&part(&overlap, Part::Diagonal)?)?;
            inner.push(times_columns(&turn, &reciprocal(s)?)?);
        }
        if u.shape()[u.ndim() - 2] > k {
            let outside = ops::sub(gu, product(u, &overlap)?)?;
            outer.push(product(&times_columns(&outside, &reciprocal(s)?)?, vh)?);
        }
    }
    if let Some(gvh) = &gvh {
        let gv = adjoint(gvh)?;
        let overlap = product(vh, &gv)?;
        inner.push(times_rows(&skew(&overlap)?, s)?);
        if vh.shape()[vh.ndim() - 1] > k {
            let outside = ops::sub(gv, product(&adjoint(vh)?, &overlap)?)?;
            let outside = times_columns(&outside, &reciprocal(s)?)?;
            outer.push(product(u, &adjoint(&outside)?)?);
        }
    }
    if let Some(inner) = sum(inner)? {
        outer.push(product(&product(u, &inner)?, vh)?);
    }
    sum(outer)
}

fn reciprocal(x: &Array) -> Result<Array> {
    ops::div(ops::number(x, 1.0)?, x)
}

/// `i Im(x)`.
fn imaginary(x: &Array) -> Result<Array> {
    ops::sub(x, only_real(x)?)
}

fn eigh_vjp(w: &Array, v: &Array, gw: Option<Array>, gv: Option<Array>) -> Result<Option<Array>> {
    let mut inner = Vec::new();
    if let Some(gw) = gw {
        inner.push(cast_like(&diagonal_matrix(&gw)?, v)?);
    }
    if let Some(gv) = gv {
        let overlap = product(&adjoint(v)?, &gv)?;
        inner.push(ops::mul(&overlap, cast_like(&gaps(w)?, &overlap)?)?);
    }
    let Some(inner) = sum(inner)? else {
        return Ok(None);
    };
    of_lower(&product(&product(v, &inner)?, &adjoint(v)?)?).map(Some)
}

fn eig_vjp(w: &Array, v: &Array, gw: Option<Array>, gv: Option<Array>) -> Result<Option<Array>> {
    let vh = adjoint(v)?;
    let mut inner = Vec::new();
    if let Some(gw) = gw {
        inner.push(diagonal_matrix(&gw)?);
    }
    if let Some(gv) = gv {
        let overlap = product(&vh, &gv)?;
        // Vectors keep their length.
        let lengths = real(&diagonal(&overlap)?)?;
        let kept = times_columns(&product(&vh, v)?, &lengths)?;
        inner.push(ops::mul(ops::sub(overlap, kept)?, conj(&gaps(w)?)?)?);
    }
    let Some(inner) = sum(inner)? else {
        return Ok(None);
    };
    solve(&vh, &product(&inner, &vh)?).map(Some)
}

fn triangular_vjp(
    lower: bool,
    unit: bool,
    step: &Step,
    wanted: &[bool],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let mut back = none(2);
    let Some(Some(flow)) = flows.first() else {
        return Ok(back);
    };
    let right = solve_triangle(!lower, unit, &transpose(step.x(0)?)?, &flow.array)?;
    if wanted[0] {
        let whole = product(&right, &transpose(step.y()?)?)?;
        let triangle = part(&ops::neg(whole)?, triangle(lower, unit))?;
        back[0] = Some(Flow::plain(triangle));
    }
    if wanted[1] {
        back[1] = Some(Flow::plain(right));
    }
    Ok(back)
}

fn triangle(lower: bool, unit: bool) -> Part {
    match (lower, unit) {
        (true, false) => Part::Lower,
        (true, true) => Part::Below,
        (false, false) => Part::Upper,
        (false, true) => Part::Above,
    }
}

// ---- forward

pub(super) fn jvp(
    op: Linalg,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    if let Linalg::TriangularSolve { lower, unit } = op {
        return triangular_jvp(lower, unit, inputs, outputs, flows);
    }
    if let Linalg::Require(_) = op {
        return Ok([flows[1].clone()].into_iter().collect());
    }
    let Some(flow) = &flows[0] else {
        return Ok(none(outputs.len()));
    };
    let (x, dx, y) = (&inputs[0], &flow.array, outputs);
    let tangents = match op {
        Linalg::Cholesky => vec![cholesky_jvp(&y[0], dx)?],
        Linalg::Lu => vec![lu_jvp(&y[0], &y[1], dx)?],
        Linalg::Qr { full } => {
            check_qr(full, x.shape())?;
            qr_jvp(&y[0], &y[1], dx)?
        }
        Linalg::Svd { vectors } => {
            if vectors == Singular::Values {
                let thin = Linalg::Svd {
                    vectors: Singular::Thin,
                };
                let found = factor(thin, &[x])?;
                let inner = product(&product(&adjoint(&found[0])?, dx)?, &adjoint(&found[2])?)?;
                vec![real(&diagonal(&inner)?)?]
            } else {
                let (u, vh) = thin(&y[0], &y[1], &y[2], true)?;
                svd_jvp(&u, &y[1], &vh, dx)?
            }
        }
        Linalg::Eigh { vectors } => {
            let found;
            let (w, v) = if vectors {
                (&y[0], &y[1])
            } else {
                found = factor(Linalg::Eigh { vectors: true }, &[x])?;
                (&found[0], &found[1])
            };
            let inner = product(&product(&adjoint(v)?, &hermitian(dx)?)?, v)?;
            let dw = real(&diagonal(&inner)?)?;
            if vectors {
                let turn = ops::mul(&inner, cast_like(&gaps(w)?, &inner)?)?;
                vec![dw, product(v, &turn)?]
            } else {
                vec![dw]
            }
        }
        Linalg::Eig { vectors } => {
            let found;
            let (w, v) = if vectors {
                (&y[0], &y[1])
            } else {
                found = factor(Linalg::Eig { vectors: true }, &[x])?;
                (&found[0], &found[1])
            };
            let inner = solve(v, &product(&cast_like(dx, v)?, v)?)?;
            let dw = diagonal(&inner)?;
            if vectors {
                let turn = ops::mul(&inner, gaps(w)?)?;
                let dv = product(v, &turn)?;
                // Vectors keep their length.
                let longer = real(&diagonal(&product(&adjoint(v)?, &dv)?)?)?;
                vec![dw, ops::sub(dv, times_columns(v, &longer)?)?]
            } else {
                vec![dw]
            }
        }
        Linalg::TriangularSolve { .. } | Linalg::Require(_) => Vec::new(),
    };
    let mut flows = none(outputs.len());
    for (slot, tangent) in flows.iter_mut().zip(tangents) {
        *slot = Some(Flow::plain(tangent));
    }
    Ok(flows)
}

fn cholesky_jvp(l: &Array, dx: &Array) -> Result<Array> {
    let left = solve_triangle(true, false, l, &hermitian(dx)?)?;
    let inner = divide_triangle(false, false, &left, &adjoint(l)?)?;
    product(l, &half_diagonal(&inner)?)
}

fn lu_jvp(lu: &Array, permutation: &Array, dx: &Array) -> Result<Array> {
    let (l, u) = (unit_lower(lu)?, part(lu, Part::Upper)?);
    let left = solve_triangle(true, true, lu, &permuted(dx, permutation)?)?;
    let inner = divide_triangle(false, false, &left, lu)?;
    ops::add(
        product(&l, &part(&inner, Part::Below)?)?,
        product(&part(&inner, Part::Upper)?, &u)?,
    )
}

fn qr_jvp(q: &Array, r: &Array, dx: &Array) -> Result<Vec<Array>> {
    let (r1, r2) = blocks(r)?;
    let k = r.shape()[r.ndim() - 2];
    let (start, len, step) = (0, k, 1);
    let first = ops::slice_axis(
        dx,
        dx.ndim() - 1,
        tnp_backend::prim::SliceSpec { start, len, step },
    )?;
    let qh = adjoint(q)?;
    let moved = divide_triangle(false, false, &first, &r1)?;
    let inner = product(&qh, &moved)?;
    let below = part(&inner, Part::Below)?;
    let above = ops::add(part(&inner, Part::Above)?, adjoint(&below)?)?;
    let upper = ops::add(above, part(&only_real(&inner)?, Part::Diagonal)?)?;
    let dq = ops::sub(moved, product(q, &upper)?)?;
    let dr = match r2 {
        None => product(&upper, r)?,
        Some(_) => {
            let turn = ops::sub(inner, upper)?;
            ops::sub(product(&qh, dx)?, product(&turn, r)?)?
        }
    };
    Ok(vec![dq, dr])
}

fn svd_jvp(u: &Array, s: &Array, vh: &Array, dx: &Array) -> Result<Vec<Array>> {
    let k = s.shape()[s.ndim() - 1];
    let (uh, v) = (adjoint(u)?, adjoint(vh)?);
    let inner = product(&product(&uh, dx)?, &v)?;
    let gaps = cast_like(&gaps(&ops::un(Unary::Square, s)?)?, &inner)?;
    let ds = real(&diagonal(&inner)?)?;
    let hermitian = |x: Array| -> Result<Array> { ops::mul(&gaps, ops::add(&x, adjoint(&x)?)?) };
    let mut left = hermitian(times_columns(&inner, s)?)?;
    if u.dtype().is_complex() {
        let turn = imaginary(&part(&inner, Part::Diagonal)?)?;
        left = ops::add(left, times_columns(&turn, &reciprocal(s)?)?)?;
    }
    let mut du = product(u, &left)?;
    let mut dv = product(&v, &hermitian(times_rows(&inner, s)?)?)?;
    if u.shape()[u.ndim() - 2] > k {
        let moved = product(dx, &v)?;
        let outside = ops::sub(&moved, product(u, &inner)?)?;
        du = ops::add(du, times_columns(&outside, &reciprocal(s)?)?)?;
    }
    if vh.shape()[vh.ndim() - 1] > k {
        let moved = product(&adjoint(dx)?, u)?;
        let outside = ops::sub(&moved, product(&v, &adjoint(&inner)?)?)?;
        dv = ops::add(dv, times_columns(&outside, &reciprocal(s)?)?)?;
    }
    Ok(vec![du, ds, adjoint(&dv)?])
}

fn triangular_jvp(
    lower: bool,
    unit: bool,
    inputs: &[Array],
    outputs: &[Array],
    flows: &[Option<Flow>],
) -> Result<Flows> {
    let mut right = None;
    if let Some(db) = &flows[1] {
        right = Some(db.array.clone());
    }
    if let Some(da) = &flows[0] {
        let moved = product(&part(&da.array, triangle(lower, unit))?, &outputs[0])?;
        right = Some(match right {
            Some(right) => ops::sub(right, moved)?,
            None => ops::neg(moved)?,
        });
    }
    match right {
        Some(right) => Ok(one(Flow::plain(solve_triangle(
            lower, unit, &inputs[0], &right,
        )?))),
        None => Ok(none(1)),
    }
}
