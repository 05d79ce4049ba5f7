//! The calls of cuSOLVER and cuBLAS on a device.

use std::ffi::c_int;
use std::ptr::null_mut;
use std::sync::Mutex;

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use tnp_backend::prim::Linalg;
use tnp_backend::{Result, Tensor, TensorType};
use tnp_cube::Gpu;
use tnp_dtype::{DType, Precision};

use super::orthogonal::{Gesvd, Reflections};
use super::{Batch, CHOLESKY, Calls, EIGH, Trsm, read, starts};
use crate::library::{Address, Blas, Opaque, Solver, Status, done};
use crate::product::{SCALARS, numbers};
use crate::queue::address;
use crate::session::Session;

/// `cusolverEigMode_t`.
const NO_VECTORS: c_int = 0;

/// A device with the library at hand that an operation takes.
pub(super) struct Device<'a> {
    client: &'a ComputeClient<CudaRuntime>,
    gpu: &'a Gpu,
    batch: Batch,
    session: &'static Mutex<Session>,
    library: Which,
    /// The libraries' numbers of the matrices' dtype, of its real and of its complex one.
    number: Status,
    real: Status,
    complex: Status,
}

/// A library with its handle; cuSOLVER's has parameters too.
#[derive(Clone, Copy)]
enum Which {
    Blas(&'static Blas, Opaque),
    Solver(&'static Solver, Opaque, Opaque),
}

/// Where one call works: what it is given of each operand, a work area here and there with their bytes, and its verdict.
struct Places<'a> {
    of: &'a [Address],
    area: (Address, usize),
    host: (Address, usize),
    info: *mut c_int,
}

impl<'a> Device<'a> {
    /// `None` where the library could not be found or started.
    pub(super) fn new(
        client: &'a ComputeClient<CudaRuntime>,
        gpu: &'a Gpu,
        x: &Tensor,
        batch: Batch,
        op: Linalg,
    ) -> Option<Device<'a>> {
        let session = Session::of(x.device())?;
        let mut held = session.lock().unwrap_or_else(|e| e.into_inner());
        let library = match op {
            Linalg::TriangularSolve { .. } => Which::Blas(Blas::get().ok()?, held.blas()?),
            Linalg::Cholesky
            | Linalg::Lu
            | Linalg::Qr { .. }
            | Linalg::Svd { .. }
            | Linalg::Eigh { .. }
            | Linalg::Eig { .. }
            | Linalg::Require(_) => {
                let (handle, parameters) = held.solver()?;
                Which::Solver(Solver::get().ok()?, handle, parameters)
            }
        };
        Some(Device {
            client,
            gpu,
            batch,
            session,
            library,
            number: numbers(x.dtype, Precision::Float32)?.0,
            real: numbers(x.dtype.real(), Precision::Float32)?.0,
            complex: numbers(x.dtype.complex(), Precision::Float32)?.0,
        })
    }

    fn solver(&self) -> Result<(&'static Solver, Opaque, Opaque)> {
        match self.library {
            Which::Solver(library, handle, parameters) => Ok((library, handle, parameters)),
            Which::Blas(..) => Err(absent(Solver::TITLE)),
        }
    }

    /// Calls a function for each matrix, waits, and gives the functions' verdicts. Operands hold as many elements for each.
    fn each(
        &self,
        operands: &[&Tensor],
        name: &str,
        bytes: impl FnOnce(&[Address], &mut usize, &mut usize) -> Status,
        call: impl Fn(Places<'_>) -> Status,
    ) -> Result<Vec<i32>> {
        let (client, gpu, count) = (self.client, self.gpu, self.batch.count);
        let session = self.session.lock().unwrap_or_else(|e| e.into_inner());
        let bases: Result<Vec<(Address, usize)>> = operands
            .iter()
            .map(|x| Ok((address(client, x)?, x.ty().bytes() / count)))
            .collect();
        let bases = bases?;
        let firsts: Vec<Address> = bases.iter().map(|&(base, _)| base).collect();
        let (mut here, mut there) = (0, 0);
        session
            .queue
            .inside(|| done(Solver::TITLE, name, bytes(&firsts, &mut here, &mut there)))?;
        let area = gpu.fresh(&TensorType::new(&[here.max(1)], DType::UInt8))?;
        let info = gpu.fresh(&TensorType::new(&[count], DType::Int32))?;
        gpu.inherit(&operands[..1], &[&info])?;
        let mut host = vec![0u64; there.div_ceil(8).max(1)];
        let (area_at, info_at) = (address(client, &area)?, address(client, &info)?);
        session.queue.ordered(client, || {
            let outcome = (0..count).try_for_each(|number| {
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
}

/// Where an operand lies; nowhere, if it is one that is not wanted.
fn place(of: &[Address], which: usize) -> Address {
    of.get(which).copied().unwrap_or(null_mut())
}

#[cold]
fn absent(title: &str) -> tnp_backend::Error {
    tnp_backend::Error::device(format!("cuda: {title} is not at hand"))
}

impl Calls for Device<'_> {
    fn cholesky(&self, x: Tensor) -> Result<(Tensor, Vec<i32>)> {
        let (s, handle, parameters) = self.solver()?;
        let (n, number) = (self.batch.n as i64, self.number);
        let verdicts = self.each(
            &[&x],
            "cusolverDnXpotrf",
            // SAFETY: the places can be written; the matrix, which is asked about, is alive.
            |of, here, there| unsafe {
                (s.cusolverDnXpotrf_bufferSize)(
                    handle, parameters, CHOLESKY, n, number, of[0], n, number, here, there,
                )
            },
            // SAFETY: the matrix, the work areas and the verdict are memory of these sizes, alive until the queue has finished.
            |places| unsafe {
                (s.cusolverDnXpotrf)(
                    handle,
                    parameters,
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
        Ok((x, verdicts))
    }

    fn lu(&self, x: Tensor, pivots: &TensorType) -> Result<(Tensor, Tensor)> {
        let (s, handle, parameters) = self.solver()?;
        let (n, number) = (self.batch.n as i64, self.number);
        let pivots = self.gpu.fresh(pivots)?;
        self.gpu.inherit(&[&x], &[&pivots])?;
        self.each(
            &[&x, &pivots],
            "cusolverDnXgetrf",
            // SAFETY: as for `cholesky`.
            |of, here, there| unsafe {
                (s.cusolverDnXgetrf_bufferSize)(
                    handle, parameters, n, n, number, of[0], n, number, here, there,
                )
            },
            // SAFETY: as for `cholesky`.
            |places| unsafe {
                (s.cusolverDnXgetrf)(
                    handle,
                    parameters,
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
        Ok((x, pivots))
    }

    fn reflections(
        &self,
        call: &Reflections,
        x: Tensor,
        factors: &TensorType,
    ) -> Result<(Tensor, Tensor, Vec<i32>)> {
        let (s, handle, parameters) = self.solver()?;
        let number = self.number;
        let [m, n, leading] = [call.m, call.n, call.leading].map(i64::from);
        let factors = self.gpu.fresh(factors)?;
        self.gpu.inherit(&[&x], &[&factors])?;
        let verdicts = self.each(
            &[&x, &factors],
            "cusolverDnXgeqrf",
            // SAFETY: as for `cholesky`.
            |of, here, there| unsafe {
                (s.cusolverDnXgeqrf_bufferSize)(
                    handle, parameters, m, n, number, of[0], leading, number, of[1], number, here,
                    there,
                )
            },
            // SAFETY: as for `cholesky`; matrix and factors have room for what the call says.
            |places| unsafe {
                (s.cusolverDnXgeqrf)(
                    handle,
                    parameters,
                    m,
                    n,
                    number,
                    places.of[0],
                    leading,
                    number,
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
        Ok((x, factors, verdicts))
    }

    fn product(
        &self,
        call: &Reflections,
        x: Tensor,
        factors: &Tensor,
    ) -> Result<(Tensor, Vec<i32>)> {
        let (s, handle, _) = self.solver()?;
        let &Reflections {
            m,
            count,
            columns,
            leading,
            ..
        } = call;
        let item = x.dtype.itemsize();
        let (size, form) = match x.dtype {
            DType::Float32 => (s.cusolverDnSorgqr_bufferSize, s.cusolverDnSorgqr),
            DType::Float64 => (s.cusolverDnDorgqr_bufferSize, s.cusolverDnDorgqr),
            DType::Complex64 => (s.cusolverDnCungqr_bufferSize, s.cusolverDnCungqr),
            _ => (s.cusolverDnZungqr_bufferSize, s.cusolverDnZungqr),
        };
        let verdicts = self.each(
            &[&x, factors],
            "cusolverDnOrgqr",
            |of, here, _| {
                let mut elements = 0;
                // SAFETY: as for `cholesky`.
                let status = unsafe {
                    size(
                        handle,
                        m,
                        columns,
                        count,
                        of[0],
                        leading,
                        of[1],
                        &mut elements,
                    )
                };
                *here = usize::try_from(elements).unwrap_or(0) * item;
                status
            },
            // SAFETY: as for `reflections`.
            |places| unsafe {
                form(
                    handle,
                    m,
                    columns,
                    count,
                    places.of[0],
                    leading,
                    places.of[1],
                    places.area.0,
                    (places.area.1 / item) as c_int,
                    places.info,
                )
            },
        )?;
        Ok((x, verdicts))
    }

    fn svd(
        &self,
        call: &Gesvd,
        x: Tensor,
        values: &TensorType,
        vectors: Option<[&TensorType; 2]>,
    ) -> Result<(Tensor, Option<[Tensor; 2]>, Vec<i32>)> {
        let (s, handle, parameters) = self.solver()?;
        let (number, real) = (self.number, self.real);
        let (job, m, n) = (call.job, call.m, call.n);
        let [lda, ldu, ldvt] = call.leading;
        let values = self.gpu.fresh(values)?;
        let vectors = match vectors {
            Some([left, right]) => Some([self.gpu.fresh(left)?, self.gpu.fresh(right)?]),
            None => None,
        };
        let results: Vec<&Tensor> = [&values]
            .into_iter()
            .chain(vectors.iter().flatten())
            .collect();
        self.gpu.inherit(&[&x], &results)?;
        let operands: Vec<&Tensor> = [&x].into_iter().chain(results).collect();
        let verdicts = self.each(
            &operands,
            "cusolverDnXgesvd",
            // SAFETY: as for `cholesky`.
            |of, here, there| unsafe {
                (s.cusolverDnXgesvd_bufferSize)(
                    handle,
                    parameters,
                    job,
                    job,
                    m,
                    n,
                    number,
                    of[0],
                    lda,
                    real,
                    of[1],
                    number,
                    place(of, 2),
                    ldu,
                    number,
                    place(of, 3),
                    ldvt,
                    number,
                    here,
                    there,
                )
            },
            // SAFETY: as for `cholesky`; what is asked for has memory of the size that the call says.
            |places| unsafe {
                (s.cusolverDnXgesvd)(
                    handle,
                    parameters,
                    job,
                    job,
                    m,
                    n,
                    number,
                    places.of[0],
                    lda,
                    real,
                    places.of[1],
                    number,
                    place(places.of, 2),
                    ldu,
                    number,
                    place(places.of, 3),
                    ldvt,
                    number,
                    places.area.0,
                    places.area.1,
                    places.host.0,
                    places.host.1,
                    places.info,
                )
            },
        )?;
        Ok((values, vectors, verdicts))
    }

    fn eigh(
        &self,
        x: Tensor,
        vectors: bool,
        values: &TensorType,
    ) -> Result<(Tensor, Tensor, Vec<i32>)> {
        let (s, handle, parameters) = self.solver()?;
        let (n, number, real) = (self.batch.n as i64, self.number, self.real);
        let w = self.gpu.fresh(values)?;
        self.gpu.inherit(&[&x], &[&w])?;
        let verdicts = self.each(
            &[&x, &w],
            "cusolverDnXsyevd",
            // SAFETY: as for `cholesky`.
            |of, here, there| unsafe {
                (s.cusolverDnXsyevd_bufferSize)(
                    handle,
                    parameters,
                    vectors.into(),
                    EIGH,
                    n,
                    number,
                    of[0],
                    n,
                    real,
                    of[1],
                    number,
                    here,
                    there,
                )
            },
            // SAFETY: as for `cholesky`.
            |places| unsafe {
                (s.cusolverDnXsyevd)(
                    handle,
                    parameters,
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
        Ok((x, w, verdicts))
    }

    fn eig(
        &self,
        x: Tensor,
        vectors: bool,
        values: &TensorType,
    ) -> Result<(Tensor, Option<Tensor>, Vec<i32>)> {
        let (s, handle, parameters) = self.solver()?;
        let (Some(size), Some(call)) = (s.cusolverDnXgeev_bufferSize, s.cusolverDnXgeev) else {
            return Err(absent("cusolverDnXgeev"));
        };
        let (n, number, complex) = (self.batch.n as i64, self.number, self.complex);
        let w = self.gpu.fresh(values)?;
        // They lie as the matrices do.
        let lie = |v: Tensor| Tensor {
            layout: x.layout.clone(),
            ..v
        };
        let v = match vectors {
            true => Some(lie(self.gpu.fresh(&x.ty())?)),
            false => None,
        };
        let operands: Vec<&Tensor> = [&x, &w].into_iter().chain(&v).collect();
        self.gpu.inherit(&operands[..1], &operands[1..])?;
        let verdicts = self.each(
            &operands,
            "cusolverDnXgeev",
            // SAFETY: as for `cholesky`; left vectors, which it does not find, are nowhere.
            |of, here, there| unsafe {
                size(
                    handle,
                    parameters,
                    NO_VECTORS,
                    vectors.into(),
                    n,
                    number,
                    of[0],
                    n,
                    complex,
                    of[1],
                    number,
                    null_mut(),
                    1,
                    number,
                    place(of, 2),
                    n,
                    number,
                    here,
                    there,
                )
            },
            // SAFETY: as for the size.
            |places| unsafe {
                call(
                    handle,
                    parameters,
                    NO_VECTORS,
                    vectors.into(),
                    n,
                    number,
                    places.of[0],
                    n,
                    complex,
                    places.of[1],
                    number,
                    null_mut(),
                    1,
                    number,
                    place(places.of, 2),
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
        Ok((w, v, verdicts))
    }

    fn triangular_solve(&self, call: &Trsm, a: &Tensor, b: Tensor) -> Result<Tensor> {
        let Which::Blas(library, handle) = self.library else {
            return Err(absent(Blas::TITLE));
        };
        self.gpu.inherit(&[a], &[&b])?;
        let item = b.dtype.itemsize();
        let step = b.ty().bytes() / self.batch.count;
        let (triangle, sides) = (address(self.client, a)?, address(self.client, &b)?);
        let solve = match b.dtype {
            DType::Float32 => library.cublasStrsm_v2_64,
            DType::Float64 => library.cublasDtrsm_v2_64,
            DType::Complex64 => library.cublasCtrsm_v2_64,
            _ => library.cublasZtrsm_v2_64,
        };
        let session = self.session.lock().unwrap_or_else(|e| e.into_inner());
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
                        SCALARS.at(b.dtype, 0),
                        triangle.wrapping_byte_offset(start * item as isize),
                        call.leading[0],
                        sides.wrapping_byte_add(number * step),
                        call.leading[1],
                    )
                };
                done(Blas::TITLE, "cublasTrsm", status)?;
            }
            Ok(())
        })?;
        Ok(b)
    }
}
