//! General eigenvalues: the call as its documentation has it, and what is made of it.

use super::orthogonal::Matrix;
use super::*;

/// `geev`: eigenvalues, and eigenvectors (in the place of what is given, which is spoiled otherwise too). Those of real matrices are packed:
/// of two conjugate ones, the one with the positive imaginary part first, there is one column of real parts and one of imaginary parts.
pub(super) fn geev(n: usize, vectors: bool, memory: &mut [c128], dtype: DType) -> Vec<c128> {
    assert_eq!(memory.len(), n * n);
    let x = tensor(by_columns(&[n, n]), dtype, memory);
    let prim = Prim::Linalg(Linalg::Eig { vectors: true });
    let found = run(cpu(), &prim, &[Arg::borrowed(&x)]).expect("finite");
    let (w, v) = (numbers_of(&found[0]), numbers_of(&found[1]));
    let column = |j: usize| (0..n).map(|i| v[i * n + j]).collect::<Vec<_>>();
    let (mut values, mut columns) = (Vec::new(), Vec::new());
    for (j, &value) in w.iter().enumerate() {
        let part = |part: fn(c128) -> f64| {
            let parts = column(j).into_iter().map(part);
            parts.map(|x| c128::new(x, 0.0)).collect::<Vec<_>>()
        };
        match (dtype.is_complex(), value.im) {
            (true, _) => {
                values.push(value);
                columns.push(column(j));
            }
            (false, 0.0) => {
                values.push(value);
                columns.push(part(|x| x.re));
            }
            (false, im) if im > 0.0 => {
                values.extend([value, value.conj()]);
                columns.extend([part(|x| x.re), part(|x| x.im)]);
            }
            _ => {}
        }
    }
    match vectors {
        true => memory.copy_from_slice(&columns.concat()),
        false => memory.fill(c128::new(f64::NAN, 0.0)),
    }
    values
}

/// Matrices of a few sizes; among them one whose eigenvalues are all real, one where none is, and one where all are the same.
fn inputs(dtype: DType) -> Vec<Tensor> {
    let mut draw = Drawn::new(12);
    let mut all: Vec<Tensor> = [&[1, 1][..], &[5, 5], &[2, 4, 4], &[2, 1, 3, 7, 7]]
        .map(|shape| squares(&mut draw, dtype, shape))
        .into();
    for x in [
        [0.0, -1.0, 1.0, 0.0],
        [1.0, 2.0, 2.0, 1.0],
        [3.0, 0.0, 0.0, 3.0],
    ] {
        let x = x.map(|x| c128::new(x, 0.0));
        all.push(tensor(by_columns(&[2, 2]), dtype, &x));
    }
    all
}

#[test]
fn eigenvalues_and_vectors_are_those_of_the_matrix() {
    let mut pairs = 0;
    for dtype in [DType::Float64, DType::Complex128] {
        for x in &inputs(dtype) {
            let alone = both(Linalg::Eig { vectors: false }, &[x]).0.expect("found");
            let (ours, theirs) = both(Linalg::Eig { vectors: true }, &[x]);
            let (ours, theirs) = (ours.expect("found"), theirs.expect("found"));
            let (w, mut rest) = (numbers_of(&ours[0]), numbers_of(&theirs[0]));
            assert_eq!(numbers_of(&alone[0]), w);
            let n = x.shape()[x.shape().len() - 1];
            for (at, (x, v)) in Matrix::all(x).iter().zip(Matrix::all(&ours[1])).enumerate() {
                let (w, rest) = (&w[at * n..][..n], &mut rest[at * n..][..n]);
                let scaled = Matrix::new(n, n, |i, j| v.at(i, j) * w[j]);
                x.times(&v).assert_near(&scaled, "x v = v w");
                for (j, &value) in w.iter().enumerate() {
                    let column = || (0..n).map(|i| v.at(i, j));
                    let length: f64 = column().map(|x| x.norm_sqr()).sum();
                    assert!((length - 1.0).abs() < 1e-9, "{length}");
                    // The largest element, or one of those that are.
                    let largest = column().map(|x| x.norm()).fold(0.0, f64::max);
                    let real = |x: c128| x.norm() > largest - 1e-9 && x.im.abs() < 1e-9;
                    assert!(column().any(real), "{largest}");
                    // Eigenvalues have no order: each is one of those that are left.
                    let same = rest.iter().position(|&other| close(other, value));
                    rest[same.expect("an eigenvalue")] = c128::new(f64::NAN, 0.0);
                    pairs += usize::from(!dtype.is_complex() && value.im < 0.0);
                }
            }
        }
    }
    assert!(pairs > 5, "{pairs}");
}

#[test]
fn what_has_no_eigenvalues_is_the_error_of_the_cpu() {
    let mut draw = Drawn::new(13);
    for dtype in [DType::Float64, DType::Complex128] {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut memory = numbers_of(&squares(&mut draw, dtype, &[2, 3, 3]));
            memory[11] = c128::new(bad, 0.0);
            let x = tensor(Layout::contiguous(&[2, 3, 3]), dtype, &memory);
            for vectors in [false, true] {
                assert_refused(Linalg::Eig { vectors }, &[&x]);
            }
        }
    }
    let x = squares(&mut draw, DType::Float64, &[3, 3]);
    let error = orthogonal::failed(Linalg::Eig { vectors: true }, &x, 2);
    assert_eq!(error.message(), Property::Eigenvalues.error().message());
}
