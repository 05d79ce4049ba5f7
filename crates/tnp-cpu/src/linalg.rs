//! Factorisations and triangular systems, by the crate `tnp-linalg`: each matrix of a batch alone, batches spread over threads.
//!
//! Matrices are copied column by column into their outputs and worked on there; results that are matrices lie column by column.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};

use smallvec::SmallVec;
use tnp_backend::prim::{Linalg, Property, Singular};
use tnp_backend::{Arg, Device, Error, Outputs, Result, Tensor, TensorType};
use tnp_dtype::{DType, c64, c128};
use tnp_linalg::{Done, Failure, Field};
use tnp_shape::{Layout, Strides};

use crate::backend::{allocate, fresh, strided, strided_mut};
use crate::load::{Shared, first_of, gather, stride_of};
use crate::strided::Strided;
use crate::threads::parallel_for;

#[cold]
fn error(failure: Failure) -> Error {
    match failure {
        Failure::Singular => Property::Regular.error(),
        Failure::NotPositive => Property::Positive.error(),
        Failure::Eigenvalues => Property::Eigenvalues.error(),
        Failure::NotFinite => Property::Finite.error(),
        Failure::SingularValues => Property::SingularValues.error(),
        Failure::Memory => Error::memory("no memory for what the factorisation works in"),
        Failure::Broken => {
            Error::unsupported("the factorisation of this matrix failed; scale it, or use float64")
        }
    }
}

/// Where the matrices of a batch lie.
struct Matrices {
    first: *const u8,
    /// Bytes from one row, and one column, to the next.
    steps: (isize, isize),
    rows: usize,
    columns: usize,
    /// Axes of the batch with their strides in bytes.
    batch: SmallVec<[(usize, isize); 4]>,
    item: usize,
}

// SAFETY: the input is only read.
unsafe impl Sync for Matrices {}

impl Matrices {
    fn new(input: &Strided<'_>) -> Matrices {
        let shape = input.layout.shape();
        let core = shape.len() - 2;
        Matrices {
            first: first_of(input),
            steps: (stride_of(input, core), stride_of(input, core + 1)),
            rows: shape[core],
            columns: shape[core + 1],
            batch: (0..core)
                .map(|axis| (shape[axis], stride_of(input, axis)))
                .collect(),
            item: input.dtype.itemsize(),
        }
    }

    fn count(&self) -> usize {
        self.batch.iter().map(|axis| axis.0).product()
    }

    /// The number of elements of a matrix.
    fn size(&self) -> usize {
        self.rows * self.columns
    }

    /// Copies a matrix to `out`, column by column.
    ///
    /// # Safety
    /// `T` is the elements' type, there is a matrix of that number, and `out` has room for it.
    unsafe fn copy<T>(&self, number: usize, out: *mut T) {
        debug_assert_eq!(self.item, size_of::<T>());
        let (mut src, mut rest) = (self.first, number);
        for &(dim, stride) in self.batch.iter().rev() {
            src = src.wrapping_offset((rest % dim) as isize * stride);
            rest /= dim;
        }
        // SAFETY: as the caller says.
        unsafe {
            gather(
                src,
                (self.steps.1, self.columns),
                (self.steps.0, self.rows),
                self.item,
                out.cast(),
            )
        }
    }
}

/// An output: so many elements for each matrix.
#[derive(Clone, Copy)]
struct Place {
    to: Shared,
    bytes: usize,
}

impl Place {
    /// Where the results of a matrix go.
    fn of<T>(self, number: usize) -> *mut T {
        self.to.at((number * self.bytes) as isize).cast()
    }
}

/// A fresh output whose matrices lie column by column.
fn by_columns(device: Device, ty: &TensorType) -> Result<Tensor> {
    let core = ty.shape.len() - 2;
    let mut strides: Strides = Layout::contiguous(&ty.shape).strides().into();
    strides[core] = 1;
    strides[core + 1] = ty.shape[core].max(1) as isize;
    Ok(Tensor {
        buffer: allocate(device, ty.bytes())?,
        layout: Layout::from_parts(ty.shape.clone(), strides, 0),
        dtype: ty.dtype,
    })
}

/// Runs an operation on a batch.
pub(crate) fn linalg(
    device: Device,
    op: Linalg,
    inputs: &[Arg<'_>],
    types: &[TensorType],
) -> Result<Outputs> {
    let rows_first = |at: usize| match op {
        // Right singular vectors are found as columns, and wanted as rows.
        Linalg::Svd { .. } => at == 2,
        _ => false,
    };
    let tensors: Result<Outputs> = types
        .iter()
        .enumerate()
        .map(|(at, ty)| match ty.shape.len() {
            ndim if ndim == inputs[0].tensor.shape().len() && !rows_first(at) => {
                by_columns(device, ty)
            }
            _ => fresh(device, ty),
        })
        .collect();
    let tensors = tensors?;
    let sources: Result<SmallVec<[Matrices; 2]>> = inputs
        .iter()
        .map(|arg| Ok(Matrices::new(&strided(arg.tensor)?)))
        .collect();
    let sources = sources?;
    let count = sources[0].count();
    let places: Result<SmallVec<[Place; 3]>> = tensors
        .iter()
        .zip(types)
        .map(|(tensor, ty)| {
            Ok(Place {
                to: Shared(strided_mut(tensor)?.ptr),
                bytes: ty.bytes() / count.max(1),
            })
        })
        .collect();
    let places = places?;
    // SAFETY: inference has checked shapes and dtypes; outputs are fresh.
    unsafe {
        match inputs[0].tensor.dtype {
            DType::Float32 => batch::<f32>(op, &sources, &places, count),
            DType::Float64 => batch::<f64>(op, &sources, &places, count),
            DType::Complex64 => batch::<c64>(op, &sources, &places, count),
            _ => batch::<c128>(op, &sources, &places, count),
        }
    }?;
    Ok(tensors)
}

/// # Safety
/// Sources hold elements of `T`, places have room for what inference says.
unsafe fn batch<T: Field>(
    op: Linalg,
    sources: &[Matrices],
    places: &[Place],
    count: usize,
) -> Result<()> {
    let x = &sources[0];
    let work = x.size() * x.rows.min(x.columns).max(1);
    let failed = AtomicU8::new(0);
    parallel_for(count, ((1 << 16) / work.max(1)).max(1), |range| {
        let body = || -> Done {
            let mut memory = Memory(Vec::new());
            for number in range {
                if failed.load(Ordering::Relaxed) != 0 {
                    return Ok(());
                }
                // SAFETY: as the caller says; each matrix has its own places.
                unsafe { one::<T>(op, sources, places, number, &mut memory)? };
            }
            Ok(())
        };
        // What the library asserts must not end a program.
        let done = catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Failure::Broken));
        if let Err(failure) = done {
            failed.store(failure as u8, Ordering::Relaxed);
        }
    });
    match Failure::ALL.get(usize::from(failed.into_inner()).wrapping_sub(1)) {
        Some(&failure) => Err(error(failure)),
        None => Ok(()),
    }
}

/// # Safety
/// As of [`batch`].
unsafe fn one<T: Field>(
    op: Linalg,
    sources: &[Matrices],
    places: &[Place],
    number: usize,
    memory: &mut Memory<T>,
) -> Done {
    let x = &sources[0];
    let (m, n) = (x.rows, x.columns);
    // SAFETY: as the caller says.
    unsafe {
        let slice =
            |at: usize, len: usize| std::slice::from_raw_parts_mut(places[at].of::<T>(number), len);
        let real = |at: usize, len: usize| {
            std::slice::from_raw_parts_mut(places[at].of::<T::Part>(number), len)
        };
        let complex = |at: usize, len: usize| {
            std::slice::from_raw_parts_mut(places[at].of::<T::Complex>(number), len)
        };
        match op {
            Linalg::Cholesky => {
                let a = slice(0, n * n);
                x.copy(number, a.as_mut_ptr());
                T::cholesky(a, n)
            }
            Linalg::Lu => {
                let a = slice(0, n * n);
                x.copy(number, a.as_mut_ptr());
                let integers = |at: usize, len: usize| {
                    std::slice::from_raw_parts_mut(places[at].of::<i64>(number), len)
                };
                T::lu(a, n, integers(1, n), &mut integers(2, 1)[0])
            }
            Linalg::Qr { full } => {
                let k = if full { m } else { m.min(n) };
                let a = memory.copy_of(x, number)?;
                T::qr(a, (m, n, k), slice(0, m * k), slice(1, k * n))
            }
            Linalg::Svd { vectors } => {
                let k = m.min(n);
                let a = memory.copy_of(x, number)?;
                let (left, right) = match vectors {
                    Singular::Values => return T::svdvals(a, (m, n), real(0, k)),
                    Singular::Thin => (k, k),
                    Singular::Full => (m, n),
                };
                let (u, vh) = (slice(0, m * left), slice(2, right * n));
                // Of a whole basis the library leaves zeros unwritten.
                u.fill(T::default());
                vh.fill(T::default());
                T::svd(a, (m, n), (u, real(1, k), vh))
            }
            Linalg::Eigh { vectors } => {
                let a = memory.copy_of(x, number)?;
                let v = vectors.then(|| slice(1, n * n));
                T::eigh(a, n, real(0, n), v)
            }
            Linalg::Eig { vectors } => {
                let a = memory.copy_of(x, number)?;
                let v = vectors.then(|| complex(1, n * n));
                T::eig(a, n, complex(0, n), v)
            }
            Linalg::TriangularSolve { lower, unit } => {
                let columns = sources[1].columns;
                let a = memory.copy_of(x, number)?;
                let b = slice(0, n * columns);
                sources[1].copy(number, b.as_mut_ptr());
                T::triangular_solve(a, n, (lower, unit), b, columns)
            }
            // The interpreter's; see `supports`.
            Linalg::Require(_) => Err(Failure::Broken),
        }
    }
}

/// What a thread works in.
struct Memory<T>(Vec<T>);

impl<T: Field> Memory<T> {
    /// A matrix, column by column.
    ///
    /// # Safety
    /// As of [`Matrices::copy`].
    unsafe fn copy_of(
        &mut self,
        x: &Matrices,
        number: usize,
    ) -> std::result::Result<&mut [T], Failure> {
        self.0.clear();
        let room = self.0.try_reserve_exact(x.size());
        room.map_err(|_| Failure::Memory)?;
        self.0.resize(x.size(), T::default());
        // SAFETY: as the caller says; the room was just made.
        unsafe { x.copy(number, self.0.as_mut_ptr()) };
        Ok(&mut self.0)
    }
}
