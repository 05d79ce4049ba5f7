//! What is asked of cuSOLVER and cuBLAS, held against what their documentation says of the calls; and all around the calls, on the CPU.

use tnp_backend::{ErrorKind, compact};
use tnp_dtype::c128;

use super::*;
use crate::drawn::Drawn;

extern crate tnp_cpu as _;

mod general;
mod orthogonal;

/// A matrix as a function of row and column.
type At<'a> = &'a dyn Fn(usize, usize) -> c128;

fn number(draw: &mut Drawn) -> c128 {
    c128::new(draw.below(9) as f64 - 4.0, draw.below(9) as f64 - 4.0)
}

fn close(x: c128, y: c128) -> bool {
    (x - y).norm() < 1e-9
}

fn sum(n: usize, f: impl Fn(usize) -> c128) -> c128 {
    (0..n).map(f).sum()
}

/// The Hermitian matrix of which one triangle is given, column by column; the other triangle is not read. What becomes of a diagonal
/// that is not real is not said.
fn hermitian(memory: &[c128], n: usize, fill: c_int) -> Vec<Vec<c128>> {
    assert!((0..n).all(|i| memory[i + i * n].im == 0.0));
    let given = |i: usize, j: usize| if fill == LOWER { i >= j } else { i <= j };
    let at = |i: usize, j: usize| match given(i, j) {
        true => memory[i + j * n],
        false => memory[j + i * n].conj(),
    };
    (0..n).map(|i| (0..n).map(|j| at(i, j)).collect()).collect()
}

/// `potrf`: writes `l` with `l lᴴ` the matrix, or `u` with `uᴴ u`, over the triangle that is read; spoils the other one. Gives the number
/// of the first leading minor that is not positive, or 0.
fn potrf(memory: &mut [c128], n: usize, fill: c_int) -> i32 {
    let x = hermitian(memory, n, fill);
    let mut l = vec![vec![c128::default(); n]; n];
    for j in 0..n {
        for i in j..n {
            let rest = x[i][j] - sum(j, |k| l[i][k] * l[j][k].conj());
            if i == j && !(rest.re > 0.0) {
                return j as i32 + 1;
            }
            l[i][j] = if i == j {
                c128::new(rest.re.sqrt(), 0.0)
            } else {
                rest / l[j][j]
            };
        }
    }
    memory.fill(c128::new(f64::NAN, f64::NAN));
    for j in 0..n {
        for i in j..n {
            match fill {
                LOWER => memory[i + j * n] = l[i][j],
                _ => memory[j + i * n] = l[i][j].conj(),
            }
        }
    }
    0
}

/// `getrf`, column by column; pivots count from one.
fn getrf(memory: &mut [c128], n: usize, pivots: &mut [i64]) {
    for k in 0..n {
        // The first of the largest, as LAPACK measures them.
        let size = |i: usize| memory[i + k * n].l1_norm();
        let pivot = (k..n).fold(k, |best, i| if size(i) > size(best) { i } else { best });
        pivots[k] = pivot as i64 + 1;
        for j in 0..n {
            memory.swap(k + j * n, pivot + j * n);
        }
        for i in k + 1..n {
            let factor = memory[i + k * n] / memory[k + k * n];
            memory[i + k * n] = factor;
            for j in k + 1..n {
                let product = factor * memory[k + j * n];
                memory[i + j * n] -= product;
            }
        }
    }
}

/// `trsm`: `X op(A) = B` or `op(A) X = B`, over B; of A one triangle is read.
fn trsm(call: &Trsm, a: &[c128], b: &mut [c128]) {
    let (m, n) = (call.m as usize, call.n as usize);
    let [lda, ldb] = call.leading.map(|ld| ld as usize);
    assert!(
        call.side == RIGHT && lda >= n.max(1) && ldb >= m.max(1),
        "{call:?}"
    );
    let read = |i: usize, j: usize| -> c128 {
        let given = if call.fill == LOWER { i >= j } else { i <= j };
        match (i == j && call.unit == 1, given) {
            (true, _) => c128::new(1.0, 0.0),
            (false, true) => a[i + j * lda],
            (false, false) => c128::default(),
        }
    };
    let op = |i: usize, j: usize| {
        if call.transpose == 1 {
            read(j, i)
        } else {
            read(i, j)
        }
    };
    let upper = (call.fill == UPPER) != (call.transpose == 1);
    for row in 0..m {
        let columns: Vec<usize> = if upper {
            (0..n).collect()
        } else {
            (0..n).rev().collect()
        };
        for &j in &columns {
            let known = columns.iter().take_while(|&&k| k != j);
            let rest = b[row + j * ldb] - known.map(|&k| b[row + k * ldb] * op(k, j)).sum::<c128>();
            b[row + j * ldb] = rest / op(j, j);
        }
    }
}

#[test]
fn cholesky_in_c_order_is_that_of_the_upper_triangle() {
    let mut draw = Drawn::new(3);
    for n in 1..7 {
        let g: Vec<c128> = (0..n * n).map(|_| number(&mut draw)).collect();
        let x = |i: usize, j: usize| {
            let product = sum(n, |k| g[i * n + k] * g[j * n + k].conj());
            if i == j { product + 1.0 } else { product }
        };
        // Above the diagonal stands what must not be read.
        let nan = c128::new(f64::NAN, f64::NAN);
        let mut memory: Vec<c128> = (0..n * n)
            .map(|at| {
                if at / n >= at % n {
                    x(at / n, at % n)
                } else {
                    nan
                }
            })
            .collect();
        assert_eq!(potrf(&mut memory, n, CHOLESKY), 0);
        let l = |i: usize, j: usize| {
            if i >= j {
                memory[i * n + j]
            } else {
                c128::default()
            }
        };
        for (i, j) in (0..n * n).map(|at| (at / n, at % n)) {
            assert!(
                close(sum(n, |k| l(i, k) * l(j, k).conj()), x(i, j)),
                "{n}: {i}, {j}"
            );
        }
    }
}

#[test]
fn eigenvectors_are_columns_of_what_is_read() {
    let shape = [2, 3, 3];
    let layout = by_columns(&shape);
    let x: At<'_> = &|i, j| c128::new((i * j + i.min(j)) as f64, i as f64 - j as f64);
    // Column by column the lower triangle is where it was.
    let memory: Vec<c128> = (0..9)
        .map(|at| {
            if at % 3 >= at / 3 {
                x(at % 3, at / 3)
            } else {
                c128::new(f64::NAN, 0.0)
            }
        })
        .collect();
    let read = hermitian(&memory, 3, EIGH);
    for (i, j) in (0..9).map(|at| (at / 3, at % 3)) {
        assert_eq!(read[i][j], x(i, j));
    }
    assert_eq!(layout.strides(), [9, 1, 3]);
    assert_eq!(starts(&layout), [0, 9]);
}

#[test]
fn rows_come_in_the_order_of_pivots() {
    let mut draw = Drawn::new(4);
    for n in 1..7 {
        let x: Vec<c128> = (0..n * n).map(|_| number(&mut draw)).collect();
        let layout = by_columns(&[n, n]);
        let at = |memory: &[c128], i: usize, j: usize| {
            memory[i * layout.strides()[0] as usize + j * layout.strides()[1] as usize]
        };
        let (mut memory, mut pivots) = (x.clone(), vec![0; n]);
        getrf(&mut memory, n, &mut pivots);
        let (order, swaps) = order(&pivots).expect("rows of the matrix");
        assert_eq!(
            swaps,
            (0..n).filter(|&i| pivots[i] as usize != i + 1).count() as i64
        );
        for (i, j) in (0..n * n).map(|at| (at / n, at % n)) {
            let lower = |k: usize| match k.cmp(&i) {
                std::cmp::Ordering::Less => at(&memory, i, k),
                std::cmp::Ordering::Equal => c128::new(1.0, 0.0),
                std::cmp::Ordering::Greater => c128::default(),
            };
            let product = sum(j + 1, |k| lower(k) * at(&memory, k, j));
            assert!(
                close(product, at(&x, order[i] as usize, j)),
                "{n}: {i}, {j}"
            );
        }
    }
    assert_eq!(order(&[0]), None);
    assert_eq!(order(&[1, 3]), None);
}

#[test]
fn triangles_are_solved_as_they_lie() {
    let mut draw = Drawn::new(5);
    let mut ways = [0; 3];
    for _ in 0..2000 {
        let (n, columns) = (1 + draw.below(5), 1 + draw.below(4));
        let (lower, unit) = (draw.below(2) == 0, draw.below(2) == 0);
        let gap = n + draw.below(2);
        let strides = match draw.below(3) {
            0 => [gap as isize, 1],
            1 => [1, gap as isize],
            _ => [2 * n as isize, 2],
        };
        let place = |strides: [isize; 2], i: usize, j: usize| {
            i * strides[0] as usize + j * strides[1] as usize
        };
        let mut a: Vec<c128> = (0..2 * (n + 1) * (n + 1))
            .map(|_| number(&mut draw))
            .collect();
        for i in 0..n {
            a[place(strides, i, i)] = c128::new(5.0, 1.0);
        }
        let x = |i: usize, j: usize| match (i == j, (i > j) == lower) {
            (true, _) if unit => c128::new(1.0, 0.0),
            (true, _) | (_, true) => a[place(strides, i, j)],
            _ => c128::default(),
        };
        let b: Vec<c128> = (0..n * columns).map(|_| number(&mut draw)).collect();
        let copied: Vec<c128> = (0..n * n)
            .map(|at| a[place(strides, at / n, at % n)])
            .collect();
        let (call, read) = match Trsm::new((lower, unit), n, columns, strides) {
            Some(call) => (call, &a),
            None => {
                ways[2] += 1;
                (
                    Trsm::new((lower, unit), n, columns, [n as isize, 1]).expect("C order"),
                    &copied,
                )
            }
        };
        ways[call.transpose as usize] += 1;
        let mut found = b.clone();
        trsm(&call, read, &mut found);
        for (i, j) in (0..n * columns).map(|at| (at / columns, at % columns)) {
            let product = sum(n, |k| x(i, k) * found[k * columns + j]);
            let scale = found.iter().map(|x| x.norm()).fold(1.0, f64::max);
            assert!(
                (product - b[i * columns + j]).norm() < 1e-9 * scale,
                "{call:?}"
            );
        }
    }
    assert!(ways.iter().all(|&times| times > 100), "{ways:?}");
}

#[test]
fn a_batch_begins_where_its_strides_say() {
    // The same matrix twice, and every second one.
    let layout = Layout::from_parts(
        [2, 3, 4, 4].into_iter().collect(),
        [0, 32, 4, 1].into_iter().collect(),
        5,
    );
    assert_eq!(starts(&layout), [0, 32, 64, 0, 32, 64]);
    assert_eq!(starts(&Layout::contiguous(&[4, 4])), [0]);
}

#[test]
fn many_small_matrices_are_decomposed() {
    let batch = |count, m, n| Some(Batch { count, m, n });
    assert_eq!(Batch::worth(&[3, 3]), batch(1, 3, 3));
    assert_eq!(Batch::worth(&[2, 4, 100, 9]), batch(8, 100, 9));
    assert_eq!(Batch::worth(&[1000, 3, 3]), None);
    assert_eq!(Batch::worth(&[8, 100, 7]), None);
    assert_eq!(Batch::worth(&[0, 3, 3]), None);
}

/// The libraries as their documentation has them, on the CPU.
struct Host {
    batch: Batch,
    /// Reflections are Hermitian, unlike LAPACK's of complex numbers.
    hermitian: bool,
    /// What is said of each matrix by those of the calls that are in files of their own.
    verdict: i32,
}

fn cpu() -> Device {
    Device::new("cpu", 0).expect("the backend is linked")
}

/// A tensor's numbers in C order.
fn numbers_of(x: &Tensor) -> Vec<c128> {
    let x = compact(x).expect("memory");
    match x.dtype {
        DType::Float64 => {
            let values = read(&x, f64::from_le_bytes).expect("on the CPU");
            values.into_iter().map(|re| c128::new(re, 0.0)).collect()
        }
        DType::Complex128 => {
            let values = read(&x, |bytes: [u8; 16]| {
                let (re, im) = bytes.split_at(8);
                let part = |part: &[u8]| f64::from_le_bytes(part.try_into().expect("8 bytes"));
                c128::new(part(re), part(im))
            });
            values.expect("on the CPU")
        }
        other => panic!("{other}"),
    }
}

/// A tensor whose memory holds these numbers.
fn tensor(layout: Layout, dtype: DType, memory: &[c128]) -> Tensor {
    let mut bytes = Vec::new();
    for x in memory {
        bytes.extend(x.re.to_le_bytes());
        if dtype.is_complex() {
            bytes.extend(x.im.to_le_bytes());
        }
    }
    let buffer = cpu().backend().upload(0, &bytes).expect("memory");
    Tensor {
        buffer,
        layout,
        dtype,
    }
}

/// Memory as it lies, whatever the layout says.
fn flat(x: &Tensor) -> Tensor {
    Tensor {
        layout: Layout::contiguous(&[x.ty().size()]),
        ..x.clone()
    }
}

impl Host {
    /// Changes the memory of each matrix.
    fn each<T>(&self, x: Tensor, change: impl Fn(&mut [c128]) -> T) -> (Tensor, Vec<T>) {
        let mut memory = numbers_of(&flat(&x));
        let size = memory.len() / self.batch.count;
        let outcomes = memory.chunks_mut(size).map(change).collect();
        (tensor(x.layout.clone(), x.dtype, &memory), outcomes)
    }
}

impl Calls for Host {
    fn cholesky(&self, x: Tensor) -> Result<(Tensor, Vec<i32>)> {
        assert!(x.layout.is_contiguous());
        Ok(self.each(x, |x| potrf(x, self.batch.n, CHOLESKY)))
    }

    fn lu(&self, x: Tensor, pivots: &TensorType) -> Result<(Tensor, Tensor)> {
        assert_eq!(x.layout, by_columns(x.shape()));
        let (x, all) = self.each(x, |x| {
            let mut pivots = vec![0; self.batch.n];
            getrf(x, self.batch.n, &mut pivots);
            pivots
        });
        Ok((x, write(cpu(), &pivots.shape, &all.concat())?))
    }

    fn eigh(
        &self,
        x: Tensor,
        vectors: bool,
        values: &TensorType,
    ) -> Result<(Tensor, Tensor, Vec<i32>)> {
        assert_eq!(x.layout, by_columns(x.shape()));
        let (n, dtype) = (self.batch.n, x.dtype);
        let (v, all) = self.each(x, |memory| {
            let x = hermitian(memory, n, EIGH).concat();
            let x = tensor(Layout::contiguous(&[n, n]), dtype, &x);
            let prim = Prim::Linalg(Linalg::Eigh { vectors: true });
            let found = run(cpu(), &prim, &[Arg::borrowed(&x)]).expect("finite");
            let v = numbers_of(&found[1]);
            for (at, value) in memory.iter_mut().enumerate() {
                *value = if vectors {
                    v[at % n * n + at / n]
                } else {
                    c128::new(f64::NAN, 0.0)
                };
            }
            numbers_of(&found[0])
        });
        let w = tensor(
            Layout::contiguous(&values.shape),
            values.dtype,
            &all.concat(),
        );
        Ok((v, w, vec![0; self.batch.count]))
    }

    fn reflections(
        &self,
        call: &Reflections,
        x: Tensor,
        factors: &TensorType,
    ) -> Result<(Tensor, Tensor, Vec<i32>)> {
        assert_eq!(x.layout, by_columns(x.shape()));
        let (x, all) = self.each(x, |x| orthogonal::geqrf(call, x, self.hermitian));
        let factors = tensor(
            Layout::contiguous(&factors.shape),
            factors.dtype,
            &all.concat(),
        );
        Ok((x, factors, vec![self.verdict; self.batch.count]))
    }

    fn product(
        &self,
        call: &Reflections,
        x: Tensor,
        factors: &Tensor,
    ) -> Result<(Tensor, Vec<i32>)> {
        assert_eq!(x.layout, by_columns(x.shape()));
        let factors = numbers_of(factors);
        let next = std::cell::RefCell::new(factors.chunks(call.count as usize));
        let (x, _) = self.each(x, |x| {
            let factors = next.borrow_mut().next().expect("a matrix");
            orthogonal::orgqr(call, x, factors);
        });
        Ok((x, vec![self.verdict; self.batch.count]))
    }

    fn svd(
        &self,
        call: &Gesvd,
        x: Tensor,
        values: &TensorType,
        vectors: Option<[&TensorType; 2]>,
    ) -> Result<(Tensor, Option<[Tensor; 2]>, Vec<i32>)> {
        let dtype = x.dtype;
        let (_, all) = self.each(x, |x| orthogonal::gesvd(call, x, dtype));
        let gathered = |which: usize, ty: &TensorType| {
            let all: Vec<c128> = all.iter().flat_map(|found| found[which].clone()).collect();
            assert_eq!(all.len(), ty.size(), "{call:?}");
            tensor(Layout::contiguous(&ty.shape), ty.dtype, &all)
        };
        let vectors = vectors.map(|[left, right]| [gathered(1, left), gathered(2, right)]);
        let verdicts = vec![self.verdict; self.batch.count];
        Ok((gathered(0, values), vectors, verdicts))
    }

    fn eig(
        &self,
        x: Tensor,
        vectors: bool,
        values: &TensorType,
    ) -> Result<(Tensor, Option<Tensor>, Vec<i32>)> {
        assert_eq!(x.layout, by_columns(x.shape()));
        let (n, dtype) = (self.batch.n, x.dtype);
        let (v, all) = self.each(x, |x| general::geev(n, vectors, x, dtype));
        let w = tensor(
            Layout::contiguous(&values.shape),
            values.dtype,
            &all.concat(),
        );
        let verdicts = vec![self.verdict; self.batch.count];
        Ok((w, vectors.then_some(v), verdicts))
    }

    fn triangular_solve(&self, call: &Trsm, a: &Tensor, b: Tensor) -> Result<Tensor> {
        assert!(b.layout.is_contiguous());
        let all = Layout::contiguous(&[a.buffer.bytes() / a.dtype.itemsize()]);
        let memory = numbers_of(&Tensor {
            layout: all,
            ..a.clone()
        });
        let starts = std::cell::RefCell::new(starts(&a.layout).into_iter());
        let (x, _) = self.each(b, |b| {
            let start = starts.borrow_mut().next().expect("a matrix") as usize;
            trsm(call, &memory[a.layout.offset() + start..], b);
        });
        Ok(x)
    }
}

/// What the calls make of a primitive, and what the CPU makes of it.
fn both(op: Linalg, inputs: &[&Tensor]) -> (Result<Outputs>, Result<Outputs>) {
    let types: Vec<TensorType> = inputs.iter().map(|x| x.ty()).collect();
    let prim = Prim::Linalg(op);
    let outputs =
        tnp_backend::prim::infer(&prim, &types.iter().collect::<Vec<_>>()).expect("valid");
    let inputs: Vec<Arg<'_>> = inputs.iter().map(|x| Arg::borrowed(x)).collect();
    let batch = Batch::worth(inputs[0].tensor.shape()).expect("few matrices");
    let host = Host {
        batch,
        hermitian: true,
        verdict: 0,
    };
    let ours = solved(&host, batch, op, &inputs, &outputs);
    let ours = ours.map(|outputs| outputs.expect("it is not declined"));
    if let Ok(ours) = &ours {
        let types: Vec<TensorType> = ours.iter().map(Tensor::ty).collect();
        assert_eq!(types, outputs.to_vec(), "{op:?}");
    }
    (ours, run(cpu(), &prim, &inputs))
}

fn assert_same(op: Linalg, inputs: &[&Tensor]) {
    let (ours, theirs) = both(op, inputs);
    let (ours, theirs) = (ours.expect("solved"), theirs.expect("solved"));
    for (x, y) in ours.iter().zip(&theirs) {
        if x.dtype == DType::Int64 {
            let numbers = |x| read(x, i64::from_le_bytes).expect("on the CPU");
            assert_eq!(numbers(x), numbers(y), "{op:?}");
            continue;
        }
        for (x, y) in numbers_of(x).into_iter().zip(numbers_of(y)) {
            let same = |x: f64, y: f64| (x - y).abs() < 1e-8 || (x.is_nan() && y.is_nan());
            // Of a number that is lost either part says so.
            let lost = x.is_nan() && y.is_nan();
            assert!(
                lost || same(x.re, y.re) && same(x.im, y.im),
                "{op:?}: {x} {y}"
            );
        }
    }
}

/// Matrices one can do everything with, of a few layouts; what may not be read of them is spoiled.
fn matrices(draw: &mut Drawn, dtype: DType, batch: &[usize], n: usize) -> Tensor {
    let shape: Vec<usize> = batch.iter().copied().chain([n, n]).collect();
    let number = |draw: &mut Drawn| match dtype.is_complex() {
        true => number(draw),
        false => c128::new(number(draw).re, 0.0),
    };
    let columns = draw.below(2) == 0;
    let layout = if columns {
        by_columns(&shape)
    } else {
        Layout::contiguous(&shape)
    };
    let mut memory = Vec::new();
    for _ in 0..batch.iter().product() {
        let g: Vec<c128> = (0..n * n).map(|_| number(draw)).collect();
        for at in 0..n * n {
            let (i, j) = if columns {
                (at % n, at / n)
            } else {
                (at / n, at % n)
            };
            let product = sum(n, |k| g[i * n + k] * g[j * n + k].conj());
            memory.push(match i.cmp(&j) {
                // An imaginary part on the diagonal is not read.
                std::cmp::Ordering::Equal => {
                    product + c128::new(1.0, if dtype.is_complex() { 3.0 } else { 0.0 })
                }
                std::cmp::Ordering::Greater => product,
                std::cmp::Ordering::Less => c128::new(f64::INFINITY, f64::NAN),
            });
        }
    }
    tensor(layout, dtype, &memory)
}

/// Any square matrices.
fn squares(draw: &mut Drawn, dtype: DType, shape: &[usize]) -> Tensor {
    // No two of a size, which would leave the pivot open.
    let mut any = || number(draw) + c128::new(draw.below(9999) as f64 / 9999.0, 0.0);
    let memory: Vec<c128> = (0..shape.iter().product()).map(|_| any()).collect();
    tensor(Layout::contiguous(shape), dtype, &memory)
}

#[test]
fn results_are_those_of_the_cpu() {
    let mut draw = Drawn::new(6);
    for dtype in [DType::Float64, DType::Complex128] {
        for (batch, n) in [(&[][..], 1), (&[], 5), (&[2], 4), (&[2, 1, 2], 6)] {
            let x = matrices(&mut draw, dtype, batch, n);
            assert_same(Linalg::Cholesky, &[&x]);
            assert_same(Linalg::Eigh { vectors: true }, &[&x]);
            assert_same(Linalg::Eigh { vectors: false }, &[&x]);
            let shape: Vec<usize> = batch.iter().copied().chain([n, n]).collect();
            let x = squares(&mut draw, dtype, &shape);
            assert_same(Linalg::Lu, &[&x]);
            let wide: Vec<usize> = batch.iter().copied().chain([n, 3]).collect();
            let b = squares(&mut draw, dtype, &wide);
            for (lower, unit) in [(true, true), (false, true)] {
                assert_same(Linalg::TriangularSolve { lower, unit }, &[&x, &b]);
            }
            // With a diagonal that is read: that of the Hermitian matrices, whose upper triangle is none.
            let (lower, unit) = (true, false);
            let x = matrices(&mut draw, dtype, batch, n);
            assert_same(Linalg::TriangularSolve { lower, unit }, &[&x, &b]);
        }
    }
}

#[test]
fn what_is_lost_is_lost_as_on_the_cpu() {
    let mut draw = Drawn::new(7);
    for dtype in [DType::Float64, DType::Complex128] {
        for bad in [f64::NAN, f64::INFINITY] {
            let x = matrices(&mut draw, dtype, &[2], 3);
            let mut memory = numbers_of(&x);
            memory[9 + 3] = c128::new(bad, 0.0);
            let x = tensor(Layout::contiguous(&[2, 3, 3]), dtype, &memory);
            let (ours, theirs) = both(Linalg::Eigh { vectors: true }, &[&x]);
            for found in [&ours.expect("NaN")[0], &theirs.expect("NaN")[0]] {
                let w = numbers_of(found);
                assert!(
                    w[..3].iter().all(|w| w.re.is_finite()),
                    "the other matrix is fine"
                );
                assert!(w[3..].iter().any(|w| w.re.is_nan()));
            }
            match bad.is_nan() {
                true => {
                    let (ours, theirs) = both(Linalg::Cholesky, &[&x]);
                    for found in [&ours.expect("NaN")[0], &theirs.expect("NaN")[0]] {
                        let l = numbers_of(found);
                        assert!(
                            l[..9].iter().all(|l| l.re.is_finite()),
                            "the other matrix is fine"
                        );
                        assert!(l[9..].iter().any(|l| l.re.is_nan()));
                    }
                }
                false => assert_refused(Linalg::Cholesky, &[&x]),
            }
        }
    }
}

/// Both fail, and say the same.
fn assert_refused(op: Linalg, inputs: &[&Tensor]) {
    let (ours, theirs) = both(op, inputs);
    let (ours, theirs) = (ours.expect_err("refused"), theirs.expect_err("refused"));
    assert_eq!(ours.kind(), ErrorKind::LinAlg);
    assert!(
        theirs.message().ends_with(ours.message()),
        "{ours} {theirs}"
    );
}

#[test]
fn what_cannot_be_solved_is_the_error_of_the_cpu() {
    let mut draw = Drawn::new(8);
    for dtype in [DType::Float64, DType::Complex128] {
        let x = matrices(&mut draw, dtype, &[2], 3);
        let mut memory = numbers_of(&x);
        memory[9 + 4] = c128::new(-1.0, 0.0);
        assert_refused(
            Linalg::Cholesky,
            &[&tensor(Layout::contiguous(&[2, 3, 3]), dtype, &memory)],
        );
        let mut memory = numbers_of(&squares(&mut draw, dtype, &[2, 3, 3]));
        memory[9 + 8] = c128::default();
        let singular = tensor(Layout::contiguous(&[2, 3, 3]), dtype, &memory);
        let b = squares(&mut draw, dtype, &[2, 3, 1]);
        for lower in [false, true] {
            assert_refused(
                Linalg::TriangularSolve { lower, unit: false },
                &[&singular, &b],
            );
            assert_same(
                Linalg::TriangularSolve { lower, unit: true },
                &[&singular, &b],
            );
        }
    }
}
