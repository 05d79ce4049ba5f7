//! Factorisations by cuSOLVER, triangular systems by cuBLAS: one call a matrix.
//!
//! Both count columns first. A matrix in C order is to them the transposed one, its lower triangle the upper one; where that will not do,
//! the matrix is copied column by column. Everything else is left to decompositions, which do all matrices of a batch at once.

mod calls;
mod general;
mod orthogonal;

use std::ffi::c_int;

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use tnp_backend::prim::{Binary, Linalg, Prim, Property, ReduceOp, Unary};
use tnp_backend::{Arg, Device, Error, Outputs, Result, Tensor, TensorType, download, run, scalar};
use tnp_cube::Gpu;
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, Layout, Strides};

use crate::library::{Blas, Solver};
use orthogonal::{Gesvd, Reflections};

/// Which triangle is read (`cublasFillMode_t`).
const LOWER: c_int = 0;
const UPPER: c_int = 1;
/// The unknown stands on the left of the triangle (`cublasSideMode_t`: on its left means the triangle's side is the right).
const RIGHT: c_int = 1;

/// Matrices of a batch: how many, their rows and columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Batch {
    count: usize,
    m: usize,
    n: usize,
}

impl Batch {
    /// Those that are worth a call each. A decomposition takes at least as many steps as the shorter side has elements, each for the whole
    /// batch.
    fn worth(shape: &[usize]) -> Option<Batch> {
        let &[ref batch @ .., m, n] = shape else {
            return None;
        };
        let count = batch.iter().product();
        (count > 0 && count <= m.min(n)).then_some(Batch { count, m, n })
    }
}

/// A layout whose matrices lie column by column.
fn by_columns(shape: &[usize]) -> Layout {
    let mut strides: Strides = Layout::contiguous(shape).strides().into();
    let core = shape.len() - 2;
    strides[core] = 1;
    strides[core + 1] = shape[core] as isize;
    Layout::from_parts(shape.iter().copied().collect(), strides, 0)
}

/// The rows' order, and the number of exchanges that are some, from LAPACK's pivots: row `i` was exchanged with row `pivots[i]`,
/// counted from one.
fn order(pivots: &[i64]) -> Option<(Vec<i64>, i64)> {
    let mut order: Vec<i64> = (0..pivots.len() as i64).collect();
    let mut swaps = 0;
    for (row, &pivot) in pivots.iter().enumerate() {
        let other = usize::try_from(pivot).ok()?.checked_sub(1)?;
        if other >= order.len() {
            return None;
        }
        order.swap(row, other);
        swaps += i64::from(other != row);
    }
    Some((order, swaps))
}

/// cuBLAS's `trsm` but for addresses and dtype: `X op(A) = B` with `m` rows of X and a triangle of `n`, over B.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Trsm {
    side: c_int,
    fill: c_int,
    transpose: c_int,
    unit: c_int,
    m: i64,
    n: i64,
    leading: [i64; 2],
}

impl Trsm {
    /// The call that solves `a x = b` in C order over `columns` right sides, where the triangle can be read with these strides (rows,
    /// columns). To cuBLAS this is the transposed system, `xᵀ aᵀ = bᵀ`.
    fn new(
        (lower, unit): (bool, bool),
        n: usize,
        columns: usize,
        strides: [isize; 2],
    ) -> Option<Trsm> {
        let far = |stride: isize| n == 1 || stride >= n as isize;
        let [rows, across] = strides.map(|stride| if n == 1 { 1 } else { stride });
        let (transpose, leading) = match (rows, across) {
            // In C order cuBLAS sees `aᵀ` itself,
            (rows, 1) if far(rows) => (false, rows),
            // column by column it sees `a`.
            (1, across) if far(across) => (true, across),
            _ => return None,
        };
        Some(Trsm {
            side: RIGHT,
            fill: if lower == transpose { LOWER } else { UPPER },
            transpose: transpose.into(),
            unit: unit.into(),
            m: i64::try_from(columns).ok()?,
            n: i64::try_from(n).ok()?,
            leading: [leading as i64, i64::try_from(columns).ok()?],
        })
    }
}

/// Where the matrices of a batch begin, in elements from the first.
fn starts(layout: &Layout) -> Vec<isize> {
    let core = layout.ndim() - 2;
    let mut starts = vec![0];
    for axis in 0..core {
        let (size, stride) = (layout.shape()[axis], layout.strides()[axis]);
        let next = |start: &isize| {
            let start = *start;
            (0..size).map(move |i| start + i as isize * stride)
        };
        starts = starts.iter().flat_map(next).collect();
    }
    starts
}

/// Whether some shape of a primitive is run here.
pub(crate) fn supports(op: Linalg) -> bool {
    match op {
        Linalg::Cholesky
        | Linalg::Lu
        | Linalg::Qr { .. }
        | Linalg::Svd { .. }
        | Linalg::Eigh { .. } => Solver::get().is_ok(),
        Linalg::TriangularSolve { .. } => Blas::get().is_ok(),
        Linalg::Eig { .. } => Solver::get().is_ok_and(Solver::has_geev),
        Linalg::Require(_) => false,
    }
}

/// Runs a factorisation or solves triangular systems; `None` where that is decomposed.
pub(crate) fn linalg(
    client: &ComputeClient<CudaRuntime>,
    gpu: &Gpu,
    op: Linalg,
    inputs: &[Arg<'_>],
    outputs: &[TensorType],
) -> Option<Result<Outputs>> {
    if !supports(op) || outputs.iter().any(|ty| ty.size() == 0) {
        return None;
    }
    let batch = Batch::worth(inputs[0].tensor.shape())?;
    let calls = calls::Device::new(client, gpu, inputs[0].tensor, batch, op)?;
    solved(&calls, batch, op, inputs, outputs).transpose()
}

/// What the libraries do, of matrices in memory without gaps: for each matrix a call.
trait Calls {
    /// cuSOLVER's `potrf` of the triangle [`CHOLESKY`], and its verdicts.
    fn cholesky(&self, x: Tensor) -> Result<(Tensor, Vec<i32>)>;
    /// cuSOLVER's `getrf`, with pivots of such a type.
    fn lu(&self, x: Tensor, pivots: &TensorType) -> Result<(Tensor, Tensor)>;
    /// cuSOLVER's `geqrf`: R and reflections in the matrices' place, the reflections' factors of such a type, verdicts.
    fn reflections(
        &self,
        call: &Reflections,
        x: Tensor,
        factors: &TensorType,
    ) -> Result<(Tensor, Tensor, Vec<i32>)>;
    /// cuSOLVER's `orgqr`, or `ungqr`: the reflections' product in their place, verdicts.
    fn product(
        &self,
        call: &Reflections,
        x: Tensor,
        factors: &Tensor,
    ) -> Result<(Tensor, Vec<i32>)>;
    /// cuSOLVER's `gesvd`, which spoils the matrices: values of such a type; left and right vectors in memory of such types, if they are
    /// wanted; verdicts.
    fn svd(
        &self,
        call: &Gesvd,
        x: Tensor,
        values: &TensorType,
        vectors: Option<[&TensorType; 2]>,
    ) -> Result<(Tensor, Option<[Tensor; 2]>, Vec<i32>)>;
    /// cuSOLVER's `syevd` of the triangle [`EIGH`]: eigenvectors (or nothing) in the matrices' place, values of such a type, verdicts.
    fn eigh(
        &self,
        x: Tensor,
        vectors: bool,
        values: &TensorType,
    ) -> Result<(Tensor, Tensor, Vec<i32>)>;
    /// cuSOLVER's `geev`, which spoils the matrices: eigenvalues of such a type; eigenvectors as LAPACK packs them, of the matrices' type, if
    /// they are wanted; verdicts.
    fn eig(
        &self,
        x: Tensor,
        vectors: bool,
        values: &TensorType,
    ) -> Result<(Tensor, Option<Tensor>, Vec<i32>)>;
    /// cuBLAS's `trsm`.
    fn triangular_solve(&self, call: &Trsm, a: &Tensor, b: Tensor) -> Result<Tensor>;
}

/// What the primitive asks for, by calls; `None` where it cannot be said as such.
fn solved(
    calls: &impl Calls,
    batch: Batch,
    op: Linalg,
    inputs: &[Arg<'_>],
    outputs: &[TensorType],
) -> Result<Option<Outputs>> {
    let x = inputs[0].tensor;
    let results = match op {
        Linalg::Cholesky => cholesky(calls, x)?,
        Linalg::Lu => lu(calls, batch, x, outputs)?,
        Linalg::Qr { full } => return orthogonal::qr(calls, batch, full, x),
        Linalg::Svd { vectors } => orthogonal::svd(calls, batch, vectors, x, outputs)?,
        Linalg::Eigh { vectors } => eigh(calls, x, vectors, outputs)?,
        Linalg::TriangularSolve { lower, unit } => {
            return triangular_solve(calls, batch, (lower, unit), x, inputs[1].tensor);
        }
        Linalg::Eig { vectors } => general::eig(calls, vectors, x, outputs)?,
        Linalg::Require(_) => return Ok(None),
    };
    Ok(Some(results))
}

fn cholesky(calls: &impl Calls, x: &Tensor) -> Result<Outputs> {
    let device = x.device();
    let sides = Hermitian::new(x, |x| {
        let nan = one(device, Prim::Unary(Unary::IsNan), &[x])?;
        one(device, Prim::Unary(Unary::LogicalNot), &[&nan])
    })?;
    let (l, verdicts) = calls.cholesky(copy(&sides.clean)?)?;
    if verdicts.iter().any(|&verdict| verdict != 0) {
        return Err(Property::Positive.error());
    }
    let zero = full(device, l.shape(), l.dtype, 0.0)?;
    let l = select(&sides.lower, &sides.lost.mark(&l)?, &zero)?;
    Ok([l].into_iter().collect())
}

fn lu(calls: &impl Calls, batch: Batch, x: &Tensor, outputs: &[TensorType]) -> Result<Outputs> {
    let device = x.device();
    // The verdict would tell of a zero on the diagonal, which is none of our business here.
    let (lu, pivots) = calls.lu(copy_by_columns(x)?, &outputs[1])?;
    let (mut rows, mut swaps) = (Vec::new(), Vec::new());
    for pivots in read(&pivots, i64::from_le_bytes)?.chunks(batch.n) {
        let (order, exchanges) = order(pivots).ok_or_else(|| {
            Error::device("cuda: cusolverDnXgetrf named a row that the matrix does not have")
        })?;
        rows.extend(order);
        swaps.push(exchanges);
    }
    let rows = write(device, &outputs[1].shape, &rows)?;
    let swaps = write(device, &outputs[2].shape, &swaps)?;
    Ok([lu, rows, swaps].into_iter().collect())
}

fn eigh(calls: &impl Calls, x: &Tensor, vectors: bool, outputs: &[TensorType]) -> Result<Outputs> {
    let finite = |x: &Tensor| one(x.device(), Prim::Unary(Unary::IsFinite), &[x]);
    let sides = Hermitian::new(x, finite)?;
    let (v, w, verdicts) = calls.eigh(copy_by_columns(&sides.clean)?, vectors, &outputs[0])?;
    if verdicts.iter().any(|&verdict| verdict != 0) {
        return Err(Property::Eigenvalues.error());
    }
    let mut results: Outputs = [sides.lost.mark(&w)?].into_iter().collect();
    if vectors {
        results.push(sides.lost.mark(&v)?);
    }
    Ok(results)
}

fn triangular_solve(
    calls: &impl Calls,
    batch: Batch,
    (lower, unit): (bool, bool),
    a: &Tensor,
    b: &Tensor,
) -> Result<Option<Outputs>> {
    if !unit {
        regular(a)?;
    }
    let core = a.layout.ndim() - 2;
    let call = |a: &Tensor| {
        let strides = [a.layout.strides()[core], a.layout.strides()[core + 1]];
        Trsm::new((lower, unit), batch.n, b.shape()[core + 1], strides)
    };
    let packed;
    let (a, call) = match call(a) {
        Some(call) => (a, call),
        None => {
            packed = copy(a)?;
            let Some(call) = call(&packed) else {
                return Ok(None);
            };
            (&packed, call)
        }
    };
    let x = calls.triangular_solve(&call, a, copy(b)?)?;
    Ok(Some([x].into_iter().collect()))
}

/// One primitive on a device.
fn one(device: Device, prim: Prim, inputs: &[&Tensor]) -> Result<Tensor> {
    let inputs: Vec<Arg<'_>> = inputs.iter().map(|x| Arg::borrowed(x)).collect();
    Ok(run(device, &prim, &inputs)?.remove(0))
}

fn select(condition: &Tensor, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    one(x.device(), Prim::Select, &[condition, x, y])
}

/// A number everywhere.
fn full(device: Device, shape: &[usize], dtype: DType, value: f64) -> Result<Tensor> {
    let value = Literal::new(value).cast(dtype);
    let shape = shape.iter().copied().collect();
    one(device, Prim::Full { shape, value }, &[])
}

/// A copy, always in memory of its own.
fn copy(x: &Tensor) -> Result<Tensor> {
    one(x.device(), Prim::Cast { dtype: x.dtype }, &[x])
}

/// A copy whose matrices lie column by column.
fn copy_by_columns(x: &Tensor) -> Result<Tensor> {
    let swapped = |axes: &[usize]| -> Dims {
        let mut axes: Dims = axes.iter().copied().collect();
        let core = axes.len() - 2;
        axes.swap(core, core + 1);
        axes
    };
    let mut strides: Strides = x.layout.strides().into();
    let core = strides.len() - 2;
    strides.swap(core, core + 1);
    let turned = Tensor {
        layout: Layout::from_parts(swapped(x.shape()), strides, x.layout.offset()),
        ..x.clone()
    };
    Ok(Tensor {
        layout: by_columns(x.shape()),
        ..copy(&turned)?
    })
}

/// Where the number of an element's row compares so with that of its column, in matrices of a shape.
fn compared(device: Device, shape: &[usize], op: Binary) -> Result<Tensor> {
    let core = shape.len() - 2;
    let iota = |axis: usize| {
        let (shape, dtype) = (shape.iter().copied().collect(), DType::Int64);
        one(device, Prim::Iota { shape, dtype, axis }, &[])
    };
    one(device, Prim::Binary(op), &[&iota(core)?, &iota(core + 1)?])
}

/// Which matrices hold what carries on as NaN: of the batch's shape.
struct Lost(Tensor);

impl Lost {
    /// Those of whose elements one is not fine.
    fn new(fine: &Tensor) -> Result<Lost> {
        let core = fine.layout.ndim() - 2;
        let all = Prim::Reduce {
            op: ReduceOp::All,
            axes: [core, core + 1].into_iter().collect(),
            dtype: DType::Bool,
        };
        let kept = one(fine.device(), all, &[fine])?;
        one(fine.device(), Prim::Unary(Unary::LogicalNot), &[&kept]).map(Lost)
    }

    /// `other` in place of `x` where the matrix was lost.
    fn replace(&self, x: &Tensor, other: &Tensor) -> Result<Tensor> {
        select(&over(&self.0, x.shape())?, other, x)
    }

    /// A result with NaN where its matrix was lost.
    fn mark(&self, x: &Tensor) -> Result<Tensor> {
        self.replace(x, &full(x.device(), x.shape(), x.dtype, f64::NAN)?)
    }
}

/// Hermitian matrices of which the lower triangle counts, and which of them cannot be worked on.
struct Hermitian {
    /// Where the lower triangle is.
    lower: Tensor,
    /// Zeros above; the diagonal is real; ones on the diagonal alone where a matrix is lost.
    clean: Tensor,
    lost: Lost,
}

impl Hermitian {
    /// `fine` tells elements that can be worked on.
    fn new(x: &Tensor, fine: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Hermitian> {
        let (device, shape, dtype) = (x.device(), x.shape(), x.dtype);
        let lower = compared(device, shape, Binary::GreaterEqual)?;
        let diagonal = compared(device, shape, Binary::Equal)?;
        let zero = full(device, shape, dtype, 0.0)?;
        let mut clean = select(&lower, x, &zero)?;
        if dtype.is_complex() {
            clean = select(&diagonal, &real(&clean)?, &clean)?;
        }
        let lost = Lost::new(&fine(&clean)?)?;
        let ones = one(device, Prim::Cast { dtype }, &[&diagonal])?;
        let clean = lost.replace(&clean, &ones)?;
        Ok(Hermitian { lower, clean, lost })
    }
}

/// Complex numbers without their imaginary parts.
fn real(x: &Tensor) -> Result<Tensor> {
    let parts = one(x.device(), Prim::Unary(Unary::Real), &[x])?;
    one(x.device(), Prim::Cast { dtype: x.dtype }, &[&parts])
}

/// One value for each matrix, over a shape that begins with the batch's.
fn over(values: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let prim = Prim::BroadcastInDim {
        shape: shape.iter().copied().collect(),
        dims: (0..values.shape().len()).collect(),
    };
    one(values.device(), prim, &[values])
}

/// Numbers of the device, for the host.
fn read<const N: usize, T>(x: &Tensor, from: impl Fn([u8; N]) -> T) -> Result<Vec<T>> {
    let mut bytes = vec![0; x.ty().bytes()];
    download(x, &mut bytes)?;
    Ok(bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|&bytes| from(bytes))
        .collect())
}

/// Numbers of the host, for the device.
fn write(device: Device, shape: &[usize], values: &[i64]) -> Result<Tensor> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let buffer = device.backend().upload(device.index(), &bytes)?;
    Ok(Tensor::contiguous(buffer, shape, DType::Int64))
}

/// The diagonals, where they lie.
fn diagonal(a: &Tensor) -> Tensor {
    let core = a.layout.ndim() - 2;
    let (shape, strides) = (a.shape(), a.layout.strides());
    let mut sizes: Dims = shape[..core].iter().copied().collect();
    sizes.push(shape[core].min(shape[core + 1]));
    let mut steps: Strides = strides[..core].iter().copied().collect();
    steps.push(strides[core] + strides[core + 1]);
    Tensor {
        layout: Layout::from_parts(sizes, steps, a.layout.offset()),
        ..a.clone()
    }
}

/// Whether some truth value is true.
fn any(x: &Tensor) -> Result<bool> {
    let any = Prim::Reduce {
        op: ReduceOp::Any,
        axes: (0..x.layout.ndim()).collect(),
        dtype: DType::Bool,
    };
    Ok(scalar(&one(x.device(), any, &[x])?)?.value::<bool>())
}

/// Which numbers have an imaginary part.
fn is_complex(x: &Tensor) -> Result<Tensor> {
    let part = one(x.device(), Prim::Unary(Unary::Imag), &[x])?;
    let zero = full(x.device(), part.shape(), part.dtype, 0.0)?;
    one(x.device(), Prim::Binary(Binary::NotEqual), &[&part, &zero])
}

/// Fails where some triangle has a zero on its diagonal.
fn regular(a: &Tensor) -> Result<()> {
    let diagonal = diagonal(a);
    let zero = full(a.device(), diagonal.shape(), a.dtype, 0.0)?;
    let equal = Prim::Binary(Binary::Equal);
    match any(&one(a.device(), equal, &[&diagonal, &zero])?)? {
        true => Err(Property::Regular.error()),
        false => Ok(()),
    }
}

/// In C order the lower triangle is the upper one to cuSOLVER, whose factor `U` with `Uᴴ U = xᵀ` is in C order `l`.
const CHOLESKY: c_int = UPPER;
/// Column by column it is the lower one.
const EIGH: c_int = LOWER;

#[cfg(test)]
mod tests;
