//! Cholesky, LU and Hermitian eigenvalues by cuSOLVER, triangular systems by cuBLAS: one call a matrix.
//!
//! Both count columns first. A matrix in C order is to them the transposed one, its lower triangle the upper one; where that will not do,
//! the matrix is copied column by column. Everything else is left to decompositions, which do all matrices of a batch at once.

use std::ffi::c_int;

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use tnp_backend::prim::{Binary, Linalg, Prim, Property, ReduceOp, Unary};
use tnp_backend::{Arg, Device, Error, Outputs, Result, Tensor, TensorType, download, run, scalar};
use tnp_cube::Gpu;
use tnp_dtype::{DType, Literal};
use tnp_shape::{Dims, Layout, Strides};

use crate::library::{Address, Blas, Solver, Status, done};
use crate::product::{SCALARS, numbers};
use crate::queue::address;
use crate::session::Session;

/// Which triangle is read (`cublasFillMode_t`).
const LOWER: c_int = 0;
const UPPER: c_int = 1;
/// The unknown stands on the left of the triangle (`cublasSideMode_t`: on its left means the triangle's side is the right).
const RIGHT: c_int = 1;

/// Matrices of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Batch {
    count: usize,
    n: usize,
}

impl Batch {
    /// Those that are worth a call each. A decomposition takes as many steps as columns, each for the whole batch.
    fn worth(shape: &[usize]) -> Option<Batch> {
        let [batch @ .., n, _] = shape else {
            return None;
        };
        let count = batch.iter().product();
        (count > 0 && count <= *n).then_some(Batch { count, n: *n })
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
        Linalg::Cholesky | Linalg::Lu | Linalg::Eigh { .. } => Solver::get().is_ok(),
        Linalg::TriangularSolve { .. } => Blas::get().is_ok(),
        Linalg::Qr { .. } | Linalg::Svd { .. } | Linalg::Eig { .. } | Linalg::Require(_) => false,
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
    let x = inputs[0].tensor;
    let batch = Batch::worth(x.shape())?;
    let work = Work { client, gpu, batch };
    match op {
        Linalg::TriangularSolve { lower, unit } => {
            work.triangular_solve((lower, unit), x, inputs[1].tensor)
        }
        Linalg::Cholesky => work.ready(x)?.cholesky(x),
        Linalg::Lu => work.ready(x)?.lu(x, outputs),
        Linalg::Eigh { vectors } => work.ready(x)?.eigh(x, vectors, outputs),
        Linalg::Qr { .. } | Linalg::Svd { .. } | Linalg::Eig { .. } | Linalg::Require(_) => None,
    }
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

/// Hermitian matrices of which the lower triangle counts, and which of them cannot be worked on.
struct Hermitian {
    /// Where the lower triangle is.
    lower: Tensor,
    /// Zeros above; the diagonal is real; ones on the diagonal alone where a matrix is lost.
    clean: Tensor,
    /// Which matrices hold what carries on as NaN: of the batch's shape.
    lost: Tensor,
}

impl Hermitian {
    /// `fine` tells elements that can be worked on.
    fn new(x: &Tensor, fine: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Hermitian> {
        let (device, shape, dtype) = (x.device(), x.shape(), x.dtype);
        let core = shape.len() - 2;
        let iota = |axis: usize| {
            let (shape, dtype) = (shape.iter().copied().collect(), DType::Int64);
            one(device, Prim::Iota { shape, dtype, axis }, &[])
        };
        let (row, column) = (iota(core)?, iota(core + 1)?);
        let lower = one(device, Prim::Binary(Binary::GreaterEqual), &[&row, &column])?;
        let diagonal = one(device, Prim::Binary(Binary::Equal), &[&row, &column])?;
        let zero = full(device, shape, dtype, 0.0)?;
        let mut clean = select(&lower, x, &zero)?;
        if dtype.is_complex() {
            let real = one(device, Prim::Unary(Unary::Real), &[&clean])?;
            let real = one(device, Prim::Cast { dtype }, &[&real])?;
            clean = select(&diagonal, &real, &clean)?;
        }
        let all = Prim::Reduce {
            op: ReduceOp::All,
            axes: [core, core + 1].into_iter().collect(),
            dtype: DType::Bool,
        };
        let kept = one(device, all, &[&fine(&clean)?])?;
        let lost = one(device, Prim::Unary(Unary::LogicalNot), &[&kept])?;
        let ones = one(device, Prim::Cast { dtype }, &[&diagonal])?;
        let clean = select(&over(&lost, shape)?, &ones, &clean)?;
        Ok(Hermitian { lower, clean, lost })
    }

    /// A result with NaN where its matrix was lost.
    fn mark(&self, x: &Tensor) -> Result<Tensor> {
        let nan = full(x.device(), x.shape(), x.dtype, f64::NAN)?;
        select(&over(&self.lost, x.shape())?, &nan, x)
    }
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

/// What is worked on, and with what.
#[derive(Clone, Copy)]
struct Work<'a> {
    client: &'a ComputeClient<CudaRuntime>,
    gpu: &'a Gpu,
    batch: Batch,
}

impl<'a> Work<'a> {
    /// With cuSOLVER at hand.
    fn ready(self, x: &Tensor) -> Option<Factorisations<'a>> {
        let library = Solver::get().ok()?;
        let session = Session::of(x.device())?;
        let (handle, parameters) = session.lock().unwrap_or_else(|e| e.into_inner()).solver()?;
        Some(Factorisations {
            work: self,
            library,
            handle,
            parameters,
            number: numbers(x.dtype)?.0,
            device: x.device(),
        })
    }

    fn triangular_solve(
        self,
        (lower, unit): (bool, bool),
        a: &Tensor,
        b: &Tensor,
    ) -> Option<Result<Outputs>> {
        let library = Blas::get().ok()?;
        let Batch { n, .. } = self.batch;
        let columns = *b.shape().last()?;
        let session = Session::of(a.device())?;
        let handle = session.lock().unwrap_or_else(|e| e.into_inner()).blas()?;
        let call = |a: &Tensor| {
            let core = a.layout.ndim() - 2;
            let strides = [a.layout.strides()[core], a.layout.strides()[core + 1]];
            Trsm::new((lower, unit), n, columns, strides)
        };
        let run = || {
            if !unit {
                regular(a)?;
            }
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
            let x = copy(b)?;
            self.gpu.inherit(&[a], &[&x])?;
            let item = x.dtype.itemsize();
            let (triangle, sides) = (address(self.client, a)?, address(self.client, &x)?);
            let solve = match x.dtype {
                DType::Float32 => library.cublasStrsm_v2_64,
                DType::Float64 => library.cublasDtrsm_v2_64,
                DType::Complex64 => library.cublasCtrsm_v2_64,
                _ => library.cublasZtrsm_v2_64,
            };
            let session = session.lock().unwrap_or_else(|e| e.into_inner());
            session.queue.ordered(self.client, || {
                for (number, start) in starts(&a.layout).into_iter().enumerate() {
                    // SAFETY: the call reads and writes within the operands, as the tests of `Trsm` show of what it says.
                    let status = unsafe {
                        solve(
                            handle,
                            call.side,
                            call.fill,
                            call.transpose,
                            call.unit,
                            call.m,
                            call.n,
                            SCALARS.at(x.dtype, 0),
                            triangle.wrapping_byte_offset(start * item as isize),
                            call.leading[0],
                            sides.wrapping_byte_add(number * n * columns * item),
                            call.leading[1],
                        )
                    };
                    done(Blas::TITLE, "cublasTrsm", status)?;
                }
                Ok(())
            })?;
            Ok(Some([x].into_iter().collect()))
        };
        run().transpose()
    }
}

/// Fails where some triangle has a zero on its diagonal.
fn regular(a: &Tensor) -> Result<()> {
    let core = a.layout.ndim() - 2;
    let (shape, strides) = (a.shape(), a.layout.strides());
    let along =
        |values: &[isize], last: isize| values[..core].iter().copied().chain([last]).collect();
    let diagonal = Tensor {
        layout: Layout::from_parts(
            shape[..core + 1].iter().copied().collect(),
            along(strides, strides[core] + strides[core + 1]),
            a.layout.offset(),
        ),
        ..a.clone()
    };
    let zero = full(a.device(), diagonal.shape(), a.dtype, 0.0)?;
    let equal = one(a.device(), Prim::Binary(Binary::Equal), &[&diagonal, &zero])?;
    let any = Prim::Reduce {
        op: ReduceOp::Any,
        axes: (0..core + 1).collect(),
        dtype: DType::Bool,
    };
    match scalar(&one(a.device(), any, &[&equal])?)?.value::<bool>() {
        true => Err(Property::Regular.error()),
        false => Ok(()),
    }
}

/// cuSOLVER for matrices of a dtype.
struct Factorisations<'a> {
    work: Work<'a>,
    library: &'static Solver,
    handle: crate::library::Opaque,
    parameters: crate::library::Opaque,
    number: Status,
    device: Device,
}

/// Where one call works: what it is given of each operand, a work area here and there with their bytes, and its verdict.
struct Places<'a> {
    of: &'a [Address],
    area: (Address, usize),
    host: (Address, usize),
    info: *mut c_int,
}

impl Factorisations<'_> {
    /// Calls a function for each matrix, waits, and gives the functions' verdicts. Operands hold as many elements for each.
    fn each(
        &self,
        operands: &[&Tensor],
        name: &str,
        bytes: impl FnOnce(&mut usize, &mut usize) -> Status,
        call: impl Fn(Places<'_>) -> Status,
    ) -> Result<Vec<i32>> {
        let Work { client, gpu, batch } = self.work;
        let session = Session::of(self.device).ok_or_else(|| Error::device("cuda: no session"))?;
        let session = session.lock().unwrap_or_else(|e| e.into_inner());
        let (mut here, mut there) = (0, 0);
        session
            .queue
            .inside(|| done(Solver::TITLE, name, bytes(&mut here, &mut there)))?;
        let area = gpu.fresh(&TensorType::new(&[here.max(1)], DType::UInt8))?;
        let info = gpu.fresh(&TensorType::new(&[batch.count], DType::Int32))?;
        gpu.inherit(&operands[..1], &[&info])?;
        let mut host = vec![0u64; there.div_ceil(8).max(1)];
        let bases: Result<Vec<(Address, usize)>> = operands
            .iter()
            .map(|x| Ok((address(client, x)?, x.ty().bytes() / batch.count)))
            .collect();
        let bases = bases?;
        let (area_at, info_at) = (address(client, &area)?, address(client, &info)?);
        session.queue.ordered(client, || {
            let outcome = (0..batch.count).try_for_each(|number| {
                let of: Vec<Address> = (bases.iter())
                    .map(|&(base, bytes)| base.wrapping_byte_add(number * bytes))
                    .collect();
                let status = call(Places {
                    of: &of,
                    area: (area_at, here),
                    host: (host.as_mut_ptr().cast(), there),
                    info: info_at.cast::<c_int>().wrapping_add(number),
                });
                done(Solver::TITLE, name, status)
            });
            // The work area of the host is used until then.
            session.queue.finish().and(outcome)
        })?;
        drop(session);
        read(&info, i32::from_le_bytes)
    }

    fn cholesky(&self, x: &Tensor) -> Option<Result<Outputs>> {
        let n = self.work.batch.n as i64;
        let (s, number) = (self.library, self.number);
        let run = || {
            let sides = Hermitian::new(x, |x| {
                let nan = one(self.device, Prim::Unary(Unary::IsNan), &[x])?;
                one(self.device, Prim::Unary(Unary::LogicalNot), &[&nan])
            })?;
            let l = copy(&sides.clean)?;
            let verdicts = self.each(
                &[&l],
                "cusolverDnXpotrf",
                // SAFETY: the places can be written; the matrix is not read.
                |here, there| unsafe {
                    (s.cusolverDnXpotrf_bufferSize)(
                        self.handle,
                        self.parameters,
                        CHOLESKY,
                        n,
                        number,
                        std::ptr::null(),
                        n,
                        number,
                        here,
                        there,
                    )
                },
                // SAFETY: the matrix, the work areas and the verdict are memory of these sizes, alive until the queue has finished.
                |places| unsafe {
                    (s.cusolverDnXpotrf)(
                        self.handle,
                        self.parameters,
                        CHOLESKY,
                        n,
                        number,
                        places.of[0],
                        n,
                        number,
                        places.area.0,
                        places.area.1,
                        places.host.0,
                        places.host.1,
                        places.info,
                    )
                },
            )?;
            if verdicts.iter().any(|&verdict| verdict != 0) {
                return Err(Property::Positive.error());
            }
            let zero = full(self.device, l.shape(), l.dtype, 0.0)?;
            let l = select(&sides.lower, &sides.mark(&l)?, &zero)?;
            Ok([l].into_iter().collect())
        };
        Some(run())
    }

    fn lu(&self, x: &Tensor, outputs: &[TensorType]) -> Option<Result<Outputs>> {
        let n = self.work.batch.n as i64;
        let (s, number) = (self.library, self.number);
        let run = || {
            let lu = copy_by_columns(x)?;
            let pivots = self.work.gpu.fresh(&outputs[1])?;
            self.work.gpu.inherit(&[&lu], &[&pivots])?;
            // A verdict tells of a zero on the diagonal, which is none of our business here.
            self.each(
                &[&lu, &pivots],
                "cusolverDnXgetrf",
                // SAFETY: as for `cholesky`.
                |here, there| unsafe {
                    (s.cusolverDnXgetrf_bufferSize)(
                        self.handle,
                        self.parameters,
                        n,
                        n,
                        number,
                        std::ptr::null(),
                        n,
                        number,
                        here,
                        there,
                    )
                },
                // SAFETY: as for `cholesky`.
                |places| unsafe {
                    (s.cusolverDnXgetrf)(
                        self.handle,
                        self.parameters,
                        n,
                        n,
                        number,
                        places.of[0],
                        n,
                        places.of[1].cast(),
                        number,
                        places.area.0,
                        places.area.1,
                        places.host.0,
                        places.host.1,
                        places.info,
                    )
                },
            )?;
            let (mut rows, mut swaps) = (Vec::new(), Vec::new());
            for pivots in read(&pivots, i64::from_le_bytes)?.chunks(self.work.batch.n) {
                let (order, exchanges) = order(pivots).ok_or_else(|| {
                    Error::device(
                        "cuda: cusolverDnXgetrf named a row that the matrix does not have",
                    )
                })?;
                rows.extend(order);
                swaps.push(exchanges);
            }
            let rows = write(self.device, &outputs[1].shape, &rows)?;
            let swaps = write(self.device, &outputs[2].shape, &swaps)?;
            Ok([lu, rows, swaps].into_iter().collect())
        };
        Some(run())
    }

    fn eigh(&self, x: &Tensor, vectors: bool, outputs: &[TensorType]) -> Option<Result<Outputs>> {
        let n = self.work.batch.n as i64;
        let (s, number) = (self.library, self.number);
        let real = numbers(x.dtype.real())?.0;
        let run = || {
            let sides =
                Hermitian::new(x, |x| one(self.device, Prim::Unary(Unary::IsFinite), &[x]))?;
            let v = copy_by_columns(&sides.clean)?;
            let w = self.work.gpu.fresh(&outputs[0])?;
            self.work.gpu.inherit(&[&v], &[&w])?;
            let verdicts = self.each(
                &[&v, &w],
                "cusolverDnXsyevd",
                // SAFETY: as for `cholesky`.
                |here, there| unsafe {
                    (s.cusolverDnXsyevd_bufferSize)(
                        self.handle,
                        self.parameters,
                        vectors.into(),
                        EIGH,
                        n,
                        number,
                        std::ptr::null(),
                        n,
                        real,
                        std::ptr::null(),
                        number,
                        here,
                        there,
                    )
                },
                // SAFETY: as for `cholesky`.
                |places| unsafe {
                    (s.cusolverDnXsyevd)(
                        self.handle,
                        self.parameters,
                        vectors.into(),
                        EIGH,
                        n,
                        number,
                        places.of[0],
                        n,
                        real,
                        places.of[1],
                        number,
                        places.area.0,
                        places.area.1,
                        places.host.0,
                        places.host.1,
                        places.info,
                    )
                },
            )?;
            if verdicts.iter().any(|&verdict| verdict != 0) {
                return Err(Property::Eigenvalues.error());
            }
            let mut results: Outputs = [sides.mark(&w)?].into_iter().collect();
            if vectors {
                results.push(sides.mark(&v)?);
            }
            Ok(results)
        };
        Some(run())
    }
}

/// In C order the lower triangle is the upper one to cuSOLVER, whose factor `U` with `Uᴴ U = xᵀ` is in C order `l`.
const CHOLESKY: c_int = UPPER;
/// Column by column it is the lower one.
const EIGH: c_int = LOWER;

#[cfg(test)]
mod tests;
