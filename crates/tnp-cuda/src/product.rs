//! Products of matrices by cuBLAS.
//!
//! cuBLAS counts columns first: its matrix of `r` rows with leading dimension `ld` has element `[i, j]` at `i + j ld`. Our result in C
//! order is to it the transposed one, so it is asked for the transposed product: the second operand comes first.

use cubecl::client::ComputeClient;
use cubecl::cuda::CudaRuntime;
use tnp_backend::prim::DotDims;
use tnp_backend::{Arg, Outputs, Result, Tensor, TensorType};
use tnp_cube::{Gpu, Product};
use tnp_dtype::{DType, Precision, current_precision};

use crate::library::{Blas, Status, done};
use crate::queue::address;
use crate::session::Session;

/// cuBLAS's `cublasGemmStridedBatchedEx` but for addresses and dtype: `C[b] = op(A[b]) op(B[b])`, where `op` may transpose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Gemm {
    /// Whether `op` transposes A, and B.
    transpose: [bool; 2],
    /// Rows and columns of C, and products in a sum.
    m: i64,
    n: i64,
    k: i64,
    /// Leading dimensions of A, B, C.
    leading: [i64; 3],
    /// Elements from one matrix of the batch to the next of A, B, C.
    strides: [i64; 3],
    batch: i64,
}

/// How an operand with strides along its kept and its summed elements is a matrix whose columns lie one after the other: whether its
/// columns are the kept elements (else they are the summed ones), and its leading dimension.
fn columns(strides: [isize; 2], sizes: [usize; 2]) -> Option<(bool, i64)> {
    // Column by column, so many elements a column, so far apart; of one column the distance does not matter.
    let fits = |within: usize, across: usize| {
        let (rows, columns) = (sizes[within], sizes[across]);
        let dense = rows <= 1 || strides[within] == 1;
        let leading = if columns <= 1 {
            rows as isize
        } else {
            strides[across]
        };
        (dense && leading >= rows.max(1) as isize).then_some(leading as i64)
    };
    fits(1, 0)
        .map(|leading| (true, leading))
        .or_else(|| fits(0, 1).map(|leading| (false, leading)))
}

impl Gemm {
    /// Whether an operand with these strides (batch, kept, summed) can be read where it lies.
    fn reads(product: &Product, operand: usize, strides: [isize; 3]) -> bool {
        let kept = [product.rows, product.columns][operand];
        strides[0] >= 0 && columns([strides[1], strides[2]], [kept, product.inner]).is_some()
    }

    /// The call for a product of operands with these strides (batch, kept, summed), whose result lies in C order. `None` where it
    /// cannot be said so, and for products without elements or without sums.
    pub(crate) fn new(product: &Product, lhs: [isize; 3], rhs: [isize; 3]) -> Option<Gemm> {
        let Product {
            batch,
            rows,
            columns: width,
            inner,
            ..
        } = *product;
        if batch == 0 || rows == 0 || width == 0 || inner == 0 {
            return None;
        }
        if lhs[0] < 0 || rhs[0] < 0 {
            return None;
        }
        // op(A) is columns by inner: as it lies when its columns are the summed elements. op(B) is inner by rows.
        let (a_kept, a_leading) = columns([rhs[1], rhs[2]], [width, inner])?;
        let (b_kept, b_leading) = columns([lhs[1], lhs[2]], [rows, inner])?;
        let size = |n: usize| i64::try_from(n).ok();
        Some(Gemm {
            transpose: [a_kept, !b_kept],
            m: size(width)?,
            n: size(rows)?,
            k: size(inner)?,
            leading: [a_leading, b_leading, size(width)?],
            strides: [
                rhs[0] as i64,
                lhs[0] as i64,
                size(rows.checked_mul(width)?)?,
            ],
            batch: size(batch)?,
        })
    }
}

/// cuBLAS's numbers of a dtype and of what it is computed in (`library_types.h`, `cublas_api.h`). Half-width floats are summed in
/// float32, float32 is rounded to TF32 only where that was asked for, and complex products are four real ones each, which keeps small
/// parts beside large ones.
pub(crate) fn numbers(dtype: DType, precision: Precision) -> Option<(Status, Status)> {
    Some(match dtype {
        DType::Float16 => (2, COMPUTE_32F),
        DType::BFloat16 => (14, COMPUTE_32F),
        DType::Float32 => match precision {
            Precision::Float32 => (0, COMPUTE_32F),
            Precision::TensorFloat32 => (0, COMPUTE_32F_FAST_TF32),
        },
        DType::Float64 => (1, COMPUTE_64F),
        DType::Complex64 => (4, COMPUTE_32F_PEDANTIC),
        DType::Complex128 => (5, COMPUTE_64F_PEDANTIC),
        DType::Bool
        | DType::Int8
        | DType::Int16
        | DType::Int32
        | DType::Int64
        | DType::UInt8
        | DType::UInt16
        | DType::UInt32
        | DType::UInt64 => return None,
    })
}

const COMPUTE_32F: Status = 68;
const COMPUTE_32F_PEDANTIC: Status = 69;
const COMPUTE_32F_FAST_TF32: Status = 77;
const COMPUTE_64F: Status = 70;
const COMPUTE_64F_PEDANTIC: Status = 71;
const DEFAULT_ALGORITHM: Status = -1;
/// Status of what a device is too old for, or a library does not have.
const UNABLE: [Status; 2] = [8, 15];

/// One and zero as cuBLAS reads scalars: in the type that it computes in, complex or not.
pub(crate) struct Scalars {
    short: [[f32; 2]; 2],
    long: [[f64; 2]; 2],
}

/// See [`Scalars`].
pub(crate) static SCALARS: Scalars = Scalars {
    short: [[1.0, 0.0], [0.0, 0.0]],
    long: [[1.0, 0.0], [0.0, 0.0]],
};

impl Scalars {
    /// Where one (0) or zero (1) lies for a dtype.
    pub(crate) fn at(&self, dtype: DType, which: usize) -> *const std::ffi::c_void {
        match dtype {
            DType::Float64 | DType::Complex128 => (&raw const self.long[which]).cast(),
            _ => (&raw const self.short[which]).cast(),
        }
    }
}

/// An operand where cuBLAS can read it, copied if need be, and its strides.
fn operand(gpu: &Gpu, product: &Product, which: usize, x: &Tensor) -> Result<(Tensor, [isize; 3])> {
    let strides = product.strides(which, &x.layout);
    match strides.filter(|&strides| Gemm::reads(product, which, strides)) {
        Some(strides) => Ok((x.clone(), strides)),
        None => Ok((
            gpu.packed(product, which, x)?,
            product.packed_strides(which),
        )),
    }
}

/// Runs a product; `None` where the kernel of `tnp-cube` has to.
pub(crate) fn dot_general(
    client: &ComputeClient<CudaRuntime>,
    gpu: &Gpu,
    dims: &DotDims,
    inputs: &[Arg<'_>],
    ty: &TensorType,
) -> Option<Result<Outputs>> {
    let (number, compute) = numbers(ty.dtype, current_precision())?;
    let library = Blas::get().ok()?;
    let (x, y) = (inputs[0].tensor, inputs[1].tensor);
    let product = Product::new(dims, x.shape(), y.shape());
    // Declines what needs no operands before these are copied.
    Gemm::new(
        &product,
        product.packed_strides(0),
        product.packed_strides(1),
    )?;
    let session = Session::of(x.device())?;
    let handle = session.lock().unwrap_or_else(|e| e.into_inner()).blas()?;
    let run = || {
        let (a, a_strides) = operand(gpu, &product, 0, x)?;
        let (b, b_strides) = operand(gpu, &product, 1, y)?;
        let Some(gemm) = Gemm::new(&product, a_strides, b_strides) else {
            return Ok(None);
        };
        let output = gpu.fresh(ty)?;
        gpu.inherit(&[&a, &b], &[&output])?;
        let (lhs, rhs, to) = (
            address(client, &a)?,
            address(client, &b)?,
            address(client, &output)?,
        );
        let [lda, ldb, ldc] = gemm.leading;
        let session = session.lock().unwrap_or_else(|e| e.into_inner());
        let status = session.queue.ordered(client, || {
            // SAFETY: the call reads and writes within the operands, as the tests of `Gemm` show of what it says.
            Ok(unsafe {
                (library.cublasGemmStridedBatchedEx_64)(
                    handle,
                    gemm.transpose[0].into(),
                    gemm.transpose[1].into(),
                    gemm.m,
                    gemm.n,
                    gemm.k,
                    SCALARS.at(ty.dtype, 0),
                    rhs,
                    number,
                    lda,
                    gemm.strides[0],
                    lhs,
                    number,
                    ldb,
                    gemm.strides[1],
                    SCALARS.at(ty.dtype, 1),
                    to,
                    number,
                    ldc,
                    gemm.strides[2],
                    gemm.batch,
                    compute,
                    DEFAULT_ALGORITHM,
                )
            })
        })?;
        if UNABLE.contains(&status) {
            return Ok(None);
        }
        done(Blas::TITLE, "cublasGemmStridedBatchedEx", status)?;
        Ok(Some([output].into_iter().collect()))
    };
    run().transpose()
}

#[cfg(test)]
mod tests {
    use tnp_dtype::with_precision;
    use tnp_shape::{Dims, Layout, Strides};

    use super::*;
    use crate::drawn::Drawn;

    /// What cuBLAS's documentation says of the call, over memory given as slices: an index beyond them fails.
    fn interpret(call: &Gemm, a: &[f64], b: &[f64], c: &mut [f64]) {
        let [lda, ldb, ldc] = call.leading;
        let (m, n, k) = (call.m, call.n, call.k);
        assert!(m >= 0 && n >= 0 && k >= 0 && call.batch >= 0);
        let rows = |transpose, rows, columns| if transpose { columns } else { rows };
        assert!(lda >= rows(call.transpose[0], m, k).max(1), "{call:?}");
        assert!(ldb >= rows(call.transpose[1], k, n).max(1), "{call:?}");
        assert!(ldc >= m.max(1), "{call:?}");
        let at = |x: &[f64], transpose: bool, ld: i64, start: i64, i: i64, j: i64| {
            let (i, j) = if transpose { (j, i) } else { (i, j) };
            x[(start + i + j * ld) as usize]
        };
        for batch in 0..call.batch {
            let start = call.strides.map(|stride| batch * stride);
            for i in 0..m {
                for j in 0..n {
                    let terms = (0..k).map(|l| {
                        at(a, call.transpose[0], lda, start[0], i, l)
                            * at(b, call.transpose[1], ldb, start[1], l, j)
                    });
                    c[(start[2] + i + j * ldc) as usize] = terms.sum();
                }
            }
        }
    }

    /// An operand: its memory, and how it lies there.
    struct Operand {
        memory: Vec<f64>,
        layout: Layout,
    }

    impl Operand {
        fn at(&self, index: &[usize]) -> f64 {
            let place = (index.iter().zip(self.layout.strides()))
                .map(|(&i, &stride)| i as isize * stride)
                .sum::<isize>();
            self.memory[(self.layout.offset() as isize + place) as usize]
        }

        /// Strides as `dot_general` asks for them, by a copy where it copies.
        fn ready(&self, product: &Product, which: usize, dims: &DotDims) -> (Vec<f64>, [isize; 3]) {
            let strides = product.strides(which, &self.layout);
            match strides.filter(|&strides| Gemm::reads(product, which, strides)) {
                Some(strides) => (self.memory[self.layout.offset()..].to_vec(), strides),
                None => {
                    let (batch, summed) = match which {
                        0 => (&dims.lhs_batch, &dims.lhs_contract),
                        _ => (&dims.rhs_batch, &dims.rhs_contract),
                    };
                    let kept = (0..self.layout.ndim())
                        .filter(|axis| !batch.contains(axis) && !summed.contains(axis));
                    let order: Vec<usize> = (batch.iter().copied())
                        .chain(kept)
                        .chain(summed.iter().copied())
                        .collect();
                    let copy = indices(
                        &order
                            .iter()
                            .map(|&axis| self.layout.shape()[axis])
                            .collect::<Vec<_>>(),
                    )
                    .map(|turned| {
                        let mut index = vec![0; order.len()];
                        for (&axis, &i) in order.iter().zip(&turned) {
                            index[axis] = i;
                        }
                        self.at(&index)
                    })
                    .collect();
                    (copy, product.packed_strides(which))
                }
            }
        }
    }

    /// All indices of a shape, in C order.
    fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
        let shape = shape.to_vec();
        (0..shape.iter().product()).map(move |mut number: usize| {
            let mut index = vec![0; shape.len()];
            for (i, &dim) in index.iter_mut().zip(&shape).rev() {
                *i = number % dim;
                number /= dim;
            }
            index
        })
    }

    /// Lies in C order with its axes in some order, some of them stretched, every other element, backwards or after a gap.
    fn drawn(draw: &mut Drawn, shape: &[usize]) -> Operand {
        let mut order: Vec<usize> = (0..shape.len()).collect();
        draw.shuffle(&mut order);
        let mut strides: Strides = shape.iter().map(|_| 0).collect();
        let (mut next, mut offset) = (1isize, draw.below(3));
        for &axis in &order {
            match draw.below(8) {
                0 => continue,
                1 => next *= 2,
                2 => next += 1,
                _ => {}
            }
            strides[axis] = next;
            next *= shape[axis].max(1) as isize;
            if draw.below(10) == 0 {
                offset += strides[axis] as usize * shape[axis].saturating_sub(1);
                strides[axis] = -strides[axis];
            }
        }
        let memory = (0..offset + 2 * next as usize)
            .map(|_| draw.below(19) as f64 - 9.0)
            .collect();
        let shape: Dims = shape.iter().copied().collect();
        Operand {
            memory,
            layout: Layout::from_parts(shape, strides, offset),
        }
    }

    /// Shapes and axes of a product, many of them of size one.
    fn dims(draw: &mut Drawn) -> (DotDims, Vec<usize>, Vec<usize>) {
        let mut sizes = |most: usize| -> Vec<usize> {
            (0..draw.below(most + 1))
                .map(|_| [1, 1, 2, 3, 4][draw.below(5)])
                .collect()
        };
        let (batch, summed, rows, columns) = (sizes(2), sizes(2), sizes(2), sizes(2));
        let mut lay = |kept: &[usize]| {
            let all: Vec<(usize, usize)> = (batch.iter().chain(kept).chain(&summed).copied())
                .enumerate()
                .collect();
            let mut mixed = all.clone();
            draw.shuffle(&mut mixed);
            let place = |number: usize| {
                mixed
                    .iter()
                    .position(|axis| axis.0 == number)
                    .expect("it is there")
            };
            let first = batch.len() + kept.len();
            (
                mixed.iter().map(|axis| axis.1).collect::<Vec<_>>(),
                (0..batch.len()).map(place).collect::<Vec<_>>(),
                (first..all.len()).map(place).collect::<Vec<_>>(),
            )
        };
        let (lhs, lhs_batch, lhs_contract) = lay(&rows);
        let (rhs, rhs_batch, rhs_contract) = lay(&columns);
        let dims = DotDims {
            lhs_contract: lhs_contract.into_iter().collect(),
            rhs_contract: rhs_contract.into_iter().collect(),
            lhs_batch: lhs_batch.into_iter().collect(),
            rhs_batch: rhs_batch.into_iter().collect(),
        };
        (dims, lhs, rhs)
    }

    /// The result in C order, one sum at a time.
    fn naive(dims: &DotDims, x: &Operand, y: &Operand) -> Vec<f64> {
        let size = |x: &Operand, axis: usize| x.layout.shape()[axis];
        let kept = |x: &Operand, batch: &[usize], summed: &[usize]| -> Vec<usize> {
            (0..x.layout.ndim())
                .filter(|axis| !batch.contains(axis) && !summed.contains(axis))
                .collect()
        };
        let rows = kept(x, &dims.lhs_batch, &dims.lhs_contract);
        let columns = kept(y, &dims.rhs_batch, &dims.rhs_contract);
        let shape = |x: &Operand, axes: &[usize]| {
            axes.iter().map(|&axis| size(x, axis)).collect::<Vec<_>>()
        };
        let mut result = Vec::new();
        for batch in indices(&shape(x, &dims.lhs_batch)) {
            for row in indices(&shape(x, &rows)) {
                for column in indices(&shape(y, &columns)) {
                    let mut sum = 0.0;
                    for l in indices(&shape(x, &dims.lhs_contract)) {
                        let index = |x: &Operand, groups: [(&[usize], &[usize]); 3]| {
                            let mut index = vec![0; x.layout.ndim()];
                            for (axes, values) in groups {
                                for (&axis, &value) in axes.iter().zip(values) {
                                    index[axis] = value;
                                }
                            }
                            x.at(&index)
                        };
                        sum += index(
                            x,
                            [
                                (&dims.lhs_batch, &batch),
                                (&rows, &row),
                                (&dims.lhs_contract, &l),
                            ],
                        ) * index(
                            y,
                            [
                                (&dims.rhs_batch, &batch),
                                (&columns, &column),
                                (&dims.rhs_contract, &l),
                            ],
                        );
                    }
                    result.push(sum);
                }
            }
        }
        result
    }

    #[test]
    fn calls_say_what_the_products_are() {
        let mut draw = Drawn::new(1);
        let (mut copied, mut transposed, mut stretched) = (0, [0; 4], 0);
        for _ in 0..4000 {
            let (dims, lhs, rhs) = dims(&mut draw);
            let product = Product::new(&dims, &lhs, &rhs);
            let (x, y) = (drawn(&mut draw, &lhs), drawn(&mut draw, &rhs));
            let (a, a_strides) = x.ready(&product, 0, &dims);
            let (b, b_strides) = y.ready(&product, 1, &dims);
            copied += usize::from(product.strides(0, &x.layout) != Some(a_strides));
            let call = Gemm::new(&product, a_strides, b_strides).expect("copies are always read");
            transposed[usize::from(call.transpose[0]) + 2 * usize::from(call.transpose[1])] += 1;
            stretched += usize::from(call.batch > 1 && call.strides[..2].contains(&0));
            let mut c = vec![f64::NAN; product.batch * product.rows * product.columns];
            interpret(&call, &b, &a, &mut c);
            assert_eq!(c, naive(&dims, &x, &y), "{dims:?} {lhs:?} {rhs:?} {call:?}");
        }
        // Nothing of what is to be tried was left out.
        assert!(
            copied > 100 && stretched > 100 && transposed.iter().all(|&n| n > 50),
            "{copied} {stretched} {transposed:?}"
        );
    }

    #[test]
    fn what_is_no_product_of_matrices_is_declined() {
        let dims = |axis: usize| DotDims {
            lhs_contract: [1].into_iter().collect(),
            rhs_contract: [axis].into_iter().collect(),
            ..DotDims::default()
        };
        let ready = |product: &Product| {
            Gemm::new(
                product,
                product.packed_strides(0),
                product.packed_strides(1),
            )
        };
        // Without sums the result is zeros, without rows nothing.
        assert_eq!(ready(&Product::new(&dims(0), &[2, 0], &[0, 3])), None);
        assert_eq!(ready(&Product::new(&dims(0), &[0, 2], &[2, 3])), None);
        let product = Product::new(&dims(0), &[4, 3], &[3, 5]);
        assert!(ready(&product).is_some());
        // Neither rows nor columns without gaps, backwards, one row for all, and rows or columns that overlap.
        for strides in [
            [0, 6, 2],
            [0, -3, 1],
            [0, 3, -1],
            [0, 0, 1],
            [0, 2, 1],
            [0, 1, 3],
        ] {
            assert!(!Gemm::reads(&product, 0, strides), "{strides:?}");
            assert_eq!(Gemm::new(&product, strides, [0, 1, 5]), None, "{strides:?}");
        }
        assert_eq!(numbers(DType::Int32, Precision::Float32), None);
    }

    #[test]
    fn float32_is_rounded_only_where_that_is_asked_for() {
        let inside = |precision| {
            with_precision(precision, || {
                numbers(DType::Float32, current_precision()).map(|numbers| numbers.1)
            })
        };
        assert_eq!(inside(Precision::Float32), Some(COMPUTE_32F));
        assert_eq!(
            inside(Precision::TensorFloat32),
            Some(COMPUTE_32F_FAST_TF32)
        );
        // Of other dtypes it says nothing.
        for dtype in DType::ALL
            .into_iter()
            .filter(|&dtype| dtype != DType::Float32)
        {
            let [full, short] = [Precision::Float32, Precision::TensorFloat32];
            assert_eq!(numbers(dtype, full), numbers(dtype, short), "{dtype}");
        }
    }

    #[test]
    fn sizes_beyond_32_bits_are_kept() {
        let dims = DotDims {
            lhs_contract: [1].into_iter().collect(),
            rhs_contract: [0].into_iter().collect(),
            ..DotDims::default()
        };
        let product = Product::new(&dims, &[3 << 32, 2], &[2, 1]);
        let call = Gemm::new(&product, [0, 2, 1], [0, 1, 1]).expect("one call");
        assert_eq!((call.n, call.m, call.k), (3 << 32, 1, 2));
    }

    #[test]
    fn scalars_are_of_the_type_that_is_computed_in() {
        for dtype in [
            DType::Float16,
            DType::BFloat16,
            DType::Float32,
            DType::Complex64,
        ] {
            // SAFETY: two floats lie there.
            let read = |which| unsafe { *SCALARS.at(dtype, which).cast::<[f32; 2]>() };
            assert_eq!((read(0), read(1)), ([1.0, 0.0], [0.0, 0.0]));
        }
        for dtype in [DType::Float64, DType::Complex128] {
            // SAFETY: two floats lie there.
            let read = |which| unsafe { *SCALARS.at(dtype, which).cast::<[f64; 2]>() };
            assert_eq!((read(0), read(1)), ([1.0, 0.0], [0.0, 0.0]));
        }
    }
}
