//! QR and singular values: the calls as their documentation has them, and what is made of them.

use tnp_backend::prim::Singular;

use super::*;

/// What the call says of memory: room for so many columns, and of them so many that are read.
fn leading(call: &Reflections, memory: &[c128]) -> usize {
    let ld = call.leading as usize;
    assert!(call.leading >= call.m && memory.len() >= ld * call.n.max(call.columns) as usize);
    ld
}

/// `x - factor v (vᴴ x)` of a column's elements from `k` on, where `v` is one at `k`.
fn reflect(column: &mut [c128], k: usize, v: &[c128], factor: c128) {
    let along: c128 = (column[k + 1..].iter().zip(v))
        .map(|(&x, v)| x * v.conj())
        .sum();
    let along = (column[k] + along) * factor;
    column[k] -= along;
    for (x, v) in column[k + 1..].iter_mut().zip(v) {
        *x -= v * along;
    }
}

/// `geqrf`: R on and above the diagonal, below it each reflection's vector but for its first element, which is one; their factors. The
/// adjoints of the reflections bring columns to R. LAPACK's make R's diagonal real; Hermitian ones, of which NVIDIA's documentation speaks,
/// are as good.
pub(super) fn geqrf(call: &Reflections, memory: &mut [c128], hermitian: bool) -> Vec<c128> {
    let (m, n, ld) = (call.m as usize, call.n as usize, leading(call, memory));
    assert_eq!(call.count, call.m.min(call.n), "{call:?}");
    let mut factors = Vec::new();
    for k in 0..m.min(n) {
        let (head, tail) = (memory[k + k * ld], &memory[k + 1 + k * ld..m + k * ld]);
        let done = tail.iter().all(|&x| x == c128::default()) && (hermitian || head.im == 0.0);
        if done {
            factors.push(c128::default());
            continue;
        }
        let squares = head.norm_sqr() + tail.iter().map(|x| x.norm_sqr()).sum::<f64>();
        let side = match hermitian && head != c128::default() {
            true => head / head.norm(),
            false => c128::new(1.0f64.copysign(head.re), 0.0),
        };
        let value = -side * squares.sqrt();
        let factor = (value - head) / value;
        let v: Vec<c128> = tail.iter().map(|x| x / (head - value)).collect();
        for j in k + 1..n {
            reflect(&mut memory[j * ld..j * ld + m], k, &v, factor.conj());
        }
        memory[k + k * ld] = value;
        memory[k + 1 + k * ld..m + k * ld].copy_from_slice(&v);
        factors.push(factor);
    }
    factors
}

/// `orgqr`: the first columns of the product of the reflections, which are read below the diagonal alone.
pub(super) fn orgqr(call: &Reflections, memory: &mut [c128], factors: &[c128]) {
    let (m, columns, ld) = (
        call.m as usize,
        call.columns as usize,
        leading(call, memory),
    );
    assert!(call.m >= call.columns && call.columns >= call.count && call.count >= 0);
    let mut q: Vec<Vec<c128>> = (0..columns)
        .map(|j| {
            let one = |i: usize| c128::new(if i == j { 1.0 } else { 0.0 }, 0.0);
            (0..m).map(one).collect()
        })
        .collect();
    for k in (0..call.count as usize).rev() {
        let v = &memory[k + 1 + k * ld..m + k * ld];
        for column in &mut q {
            reflect(column, k, v, factors[k]);
        }
    }
    for (j, column) in q.iter().enumerate() {
        memory[j * ld..j * ld + m].copy_from_slice(column);
    }
}

/// `gesvd`: singular values, and columns of U and of Vᴴ as the letter says, of a matrix that is not wide and is spoiled.
pub(super) fn gesvd(call: &Gesvd, memory: &mut [c128], dtype: DType) -> [Vec<c128>; 3] {
    let (m, n) = (call.m as usize, call.n as usize);
    assert!(m >= n && memory.len() == m * n, "{call:?}");
    assert_eq!(call.leading, [call.m, call.m, call.n]);
    let vectors = match call.job as u8 {
        b'N' => Singular::Values,
        b'S' => Singular::Thin,
        b'A' => Singular::Full,
        other => panic!("{other}"),
    };
    let x = tensor(by_columns(&[m, n]), dtype, memory);
    let prim = Prim::Linalg(Linalg::Svd { vectors });
    let found = run(cpu(), &prim, &[Arg::borrowed(&x)]).expect("finite");
    memory.fill(c128::new(f64::NAN, 0.0));
    let columns = |x: &Tensor| {
        let (rows, columns, x) = (x.shape()[0], x.shape()[1], numbers_of(x));
        let at = |at: usize| x[at % rows * columns + at / rows];
        (0..rows * columns).map(at).collect()
    };
    match &found[..] {
        [u, s, vh] => [numbers_of(s), columns(u), columns(vh)],
        _ => [numbers_of(&found[0]), Vec::new(), Vec::new()],
    }
}

/// One matrix, row by row.
pub(super) struct Matrix {
    rows: usize,
    columns: usize,
    x: Vec<c128>,
}

impl Matrix {
    pub(super) fn new(rows: usize, columns: usize, at: impl Fn(usize, usize) -> c128) -> Matrix {
        let x = (0..rows * columns)
            .map(|i| at(i / columns, i % columns))
            .collect();
        Matrix { rows, columns, x }
    }

    /// Those of a batch.
    pub(super) fn all(x: &Tensor) -> Vec<Matrix> {
        let [.., rows, columns] = *x.shape() else {
            panic!("{:?}", x.shape());
        };
        let of = |x: &[c128]| Matrix::new(rows, columns, |i, j| x[i * columns + j]);
        numbers_of(x).chunks(rows * columns).map(of).collect()
    }

    pub(super) fn at(&self, i: usize, j: usize) -> c128 {
        self.x[i * self.columns + j]
    }

    fn adjoint(&self) -> Matrix {
        Matrix::new(self.columns, self.rows, |i, j| self.at(j, i).conj())
    }

    pub(super) fn times(&self, other: &Matrix) -> Matrix {
        assert_eq!(self.columns, other.rows);
        let at = |i, j| sum(self.columns, |k| self.at(i, k) * other.at(k, j));
        Matrix::new(self.rows, other.columns, at)
    }

    pub(super) fn assert_near(&self, other: &Matrix, what: &str) {
        assert_eq!((self.rows, self.columns), (other.rows, other.columns));
        let near = self.x.iter().zip(&other.x).all(|(&x, &y)| close(x, y));
        assert!(near, "{what}: {:?} {:?}", self.x, other.x);
    }

    fn assert_orthonormal(&self, what: &str) {
        let one = |i, j| c128::new(if i == j { 1.0 } else { 0.0 }, 0.0);
        let gram = self.adjoint().times(self);
        gram.assert_near(&Matrix::new(self.columns, self.columns, one), what);
    }
}

const SHAPES: [&[usize]; 9] = [
    &[1, 1],
    &[1, 6],
    &[6, 1],
    &[5, 3],
    &[3, 5],
    &[4, 4],
    &[2, 6, 3],
    &[2, 3, 6],
    &[2, 1, 2, 5, 7],
];

/// Matrices of all shapes and both orders; some of them of low rank, some of exact zeros.
fn inputs(dtype: DType) -> Vec<Tensor> {
    let mut draw = Drawn::new(9);
    let mut all = Vec::new();
    for shape in SHAPES {
        let x = squares(&mut draw, dtype, shape);
        let zeros = vec![c128::default(); x.ty().size()];
        let ones = vec![c128::new(1.0, 0.0); x.ty().size()];
        for x in [numbers_of(&x), zeros, ones] {
            all.push(tensor(Layout::contiguous(shape), dtype, &x));
            all.push(tensor(by_columns(shape), dtype, &x));
        }
    }
    all
}

#[test]
fn q_and_r_are_those_of_reflections() {
    for dtype in [DType::Float64, DType::Complex128] {
        for (x, full) in inputs(dtype).iter().flat_map(|x| [(x, false), (x, true)]) {
            let op = Linalg::Qr { full };
            let batch = Batch::worth(x.shape()).expect("few matrices");
            let theirs = both(op, &[x]).1.expect("solved");
            for hermitian in [false, true] {
                let host = Host {
                    batch,
                    hermitian,
                    verdict: 0,
                };
                let ours = solved(&host, batch, op, &[Arg::borrowed(x)], &[]);
                let ours = ours.expect("solved").expect("not declined");
                let all = [&ours[0], &ours[1], &theirs[1]].map(Matrix::all);
                for (at, x) in Matrix::all(x).iter().enumerate() {
                    let [q, r, expected] = all.each_ref().map(|all| &all[at]);
                    q.assert_orthonormal("q");
                    q.times(r).assert_near(x, "q r");
                    for (i, j) in (0..r.rows * r.columns).map(|i| (i / r.columns, i % r.columns)) {
                        assert!(i <= j || r.at(i, j) == c128::default());
                        assert!(i != j || r.at(i, j).im == 0.0);
                    }
                    if !dtype.is_complex() {
                        r.assert_near(expected, "the signs of r");
                    }
                }
            }
        }
    }
}

#[test]
fn singular_values_and_vectors_are_those_of_the_matrix() {
    for dtype in [DType::Float64, DType::Complex128] {
        for x in &inputs(dtype) {
            let vectors = Singular::Values;
            assert_same(Linalg::Svd { vectors }, &[x]);
            for vectors in [Singular::Thin, Singular::Full] {
                let (ours, theirs) = both(Linalg::Svd { vectors }, &[x]);
                let (ours, theirs) = (ours.expect("solved"), theirs.expect("solved"));
                let (s, expected) = (numbers_of(&ours[1]), numbers_of(&theirs[1]));
                assert!(s.iter().zip(expected).all(|(&x, y)| close(x, y)));
                let (u, vh) = (Matrix::all(&ours[0]), Matrix::all(&ours[2]));
                for (at, x) in Matrix::all(x).iter().enumerate() {
                    let (u, vh, k) = (&u[at], &vh[at], x.rows.min(x.columns));
                    u.assert_orthonormal("u");
                    vh.adjoint().assert_orthonormal("v");
                    let scaled = Matrix::new(x.rows, k, |i, j| u.at(i, j) * s[at * k + j]);
                    let first = Matrix::new(k, x.columns, |i, j| vh.at(i, j));
                    scaled.times(&first).assert_near(x, "u s vᴴ");
                }
            }
        }
    }
}

#[test]
fn what_is_not_finite_has_no_singular_values() {
    let mut draw = Drawn::new(10);
    for dtype in [DType::Float64, DType::Complex128] {
        for shape in [[2, 3, 4], [2, 4, 3]] {
            let x = squares(&mut draw, dtype, &shape);
            let with = |bad: f64| {
                let mut memory = numbers_of(&x);
                memory[12 + 5] = c128::new(bad, 0.0);
                tensor(Layout::contiguous(&shape), dtype, &memory)
            };
            for vectors in [Singular::Values, Singular::Thin, Singular::Full] {
                let op = Linalg::Svd { vectors };
                assert_refused(op, &[&with(f64::NAN)]);
                let (ours, theirs) = both(op, &[&with(f64::INFINITY)]);
                let (ours, theirs) = (ours.expect("NaN"), theirs.expect("NaN"));
                for found in ours.iter().chain(&theirs) {
                    let found = numbers_of(found);
                    let (fine, lost) = found.split_at(found.len() / 2);
                    assert!(fine.iter().all(|x| x.re.is_finite()));
                    assert!(lost.iter().all(|x| x.re.is_nan()));
                }
            }
            // QR goes on with what it is given.
            let (ours, _) = both(Linalg::Qr { full: true }, &[&with(f64::NAN)]);
            for found in &ours.expect("NaN") {
                let found = numbers_of(found);
                let (fine, lost) = found.split_at(found.len() / 2);
                assert!(fine.iter().all(|x| x.re.is_finite()));
                assert!(lost.iter().any(|x| x.re.is_nan()));
            }
        }
    }
}

/// The error where the call says so of a matrix.
pub(super) fn failed(op: Linalg, x: &Tensor, verdict: i32) -> Error {
    let batch = Batch::worth(x.shape()).expect("one matrix");
    let host = Host {
        batch,
        hermitian: false,
        verdict,
    };
    let outputs = tnp_backend::prim::infer(&Prim::Linalg(op), &[&x.ty()]).expect("valid");
    let found = solved(&host, batch, op, &[Arg::borrowed(x)], &outputs);
    found.map(|_| ()).expect_err("a verdict")
}

#[test]
fn a_verdict_is_an_error() {
    let x = squares(&mut Drawn::new(11), DType::Float64, &[3, 3]);
    let vectors = Singular::Thin;
    let error = failed(Linalg::Svd { vectors }, &x, 2);
    assert_eq!(error.message(), Property::SingularValues.error().message());
    let error = failed(Linalg::Qr { full: false }, &x, -4);
    assert_eq!(error.kind(), ErrorKind::Device, "{error}");
    let text = "geqrf of cuSOLVER refused what it was given (info -4)";
    assert!(error.message().contains(text), "{error}");
}

#[test]
fn what_32_bits_do_not_count_is_declined() {
    let call = |m: usize, n: usize, full: bool| {
        let count = 1;
        Reflections::new(Batch { count, m, n }, full).map(|call| call.columns)
    };
    assert_eq!(call(1 << 20, 4, false), Some(4));
    assert_eq!(call(1 << 20, 4, true), None);
    assert_eq!(call(4, 1 << 20, true), Some(4));
    assert_eq!(call(1 << 16, 1 << 16, false), None);
    assert_eq!(call(1 << 32, 0, false), None);
}
