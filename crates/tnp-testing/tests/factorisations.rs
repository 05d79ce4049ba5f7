//! Factorisations on a device that has the core primitives alone give what the CPU's own give, up to signs and phases that no matrix decides.

extern crate tnp_cpu;

use num_complex::Complex;
use tnp_array::linalg as la;
use tnp_array::*;
use tnp_autodiff::{grad, jvp};
use tnp_backend::prim::{Linalg, Prim, Property, Singular};
use tnp_testing::counting;
use tnp_trace::function;
use tnp_vmap::vectorized_map;

const DTYPES: [DType; 4] = [
    DType::Float32,
    DType::Float64,
    DType::Complex64,
    DType::Complex128,
];
const SIDES: [usize; 5] = [0, 1, 2, 5, 8];

/// Numbers without a pattern.
fn numbers(shape: &[usize], dtype: DType) -> Result<Array> {
    let size: usize = shape.iter().product();
    let value = |i: usize| {
        let at = i as f64;
        let part = |x: f64| (x.sin() * 43758.5453).rem_euclid(1.0) * 2.0 - 1.0;
        Complex::new(part(at * 1.7 + 0.3), part(at * 2.9 + 1.1))
    };
    let whole = Array::from_vec((0..size).map(value).collect::<Vec<_>>(), shape)?;
    match dtype.is_complex() {
        true => whole.astype(dtype),
        false => real(&whole)?.astype(dtype),
    }
}

/// Square matrices of all sizes, alone and in batches.
fn squares(dtype: DType) -> Result<Vec<Array>> {
    let mut all = Vec::new();
    for n in SIDES {
        all.push(numbers(&[n, n], dtype)?);
        all.push(numbers(&[2, 3, n, n], dtype)?);
    }
    all.push(numbers(&[0, 3, 3], dtype)?);
    Ok(all)
}

/// Matrices of other shapes.
fn rectangles(dtype: DType) -> Result<Vec<Array>> {
    let shapes: [&[usize]; 9] = [
        &[5, 3],
        &[3, 5],
        &[2, 8, 5],
        &[2, 2, 5, 8],
        &[1, 4],
        &[4, 1],
        &[0, 3],
        &[3, 0],
        &[2, 0, 3],
    ];
    shapes.iter().map(|shape| numbers(shape, dtype)).collect()
}

fn on(device: Device, op: Linalg, inputs: &[&Array]) -> Result<Vec<Array>> {
    let inputs: Result<Vec<Array>> = inputs.iter().map(|x| x.to(device)).collect();
    let inputs = inputs?;
    let mut operands: Vec<Operand<'_>> = inputs.iter().map(Into::into).collect();
    let outputs = with_device(device, || bind(&Prim::Linalg(op), &mut operands))??;
    outputs.iter().map(|x| x.to("cpu:0")).collect()
}

/// The results of the CPU and those through the core primitives, of the same types.
fn both(op: Linalg, inputs: &[&Array]) -> Result<(Vec<Array>, Vec<Array>)> {
    let cpu = on(Device::new("cpu", 0)?, op, inputs)?;
    let core = on(counting::core_device()?, op, inputs)?;
    for (x, y) in cpu.iter().zip(&core) {
        let (x, y) = ((x.shape(), x.dtype()), (y.shape(), y.dtype()));
        assert_eq!(x, y, "{op:?} of {inputs:?}");
    }
    Ok((cpu, core))
}

fn values(x: &Array) -> Result<Vec<Complex<f64>>> {
    x.astype(DType::Complex128)?.to_vec()
}

/// A fit tolerance for matrices of numbers around one.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::Float32 | DType::Complex64 => 2e-4,
        _ => 1e-11,
    }
}

#[track_caller]
fn near(what: &str, x: &Array, y: &Array) -> Result<()> {
    assert_eq!(x.shape(), y.shape(), "{what}");
    let bound = tolerance(x.dtype());
    for (x, y) in values(x)?.into_iter().zip(values(y)?) {
        let same = x == y || (x.is_nan() && y.is_nan());
        let close = (x - y).norm() <= bound * y.norm().max(1.0);
        assert!(same || close, "{what}: {x} and {y}");
    }
    Ok(())
}

fn adjoint(x: &Array) -> Result<Array> {
    conjugate(matrix_transpose(x)?)
}

/// An identity of the columns' number.
fn identity_of(x: &Array) -> Result<Array> {
    let whole = matmul(adjoint(x)?, x)?;
    la::matrix_power(whole, 0)
}

#[track_caller]
fn orthonormal(what: &str, x: &Array) -> Result<()> {
    near(what, &matmul(adjoint(x)?, x)?, &identity_of(x)?)
}

#[test]
fn cholesky_is_the_same() -> Result<()> {
    for dtype in DTYPES {
        for x in squares(dtype)? {
            let x = add(matmul(&x, adjoint(&x)?)?, la::matrix_power(&x, 0)?)?;
            let (cpu, core) = both(Linalg::Cholesky, &[&x])?;
            near("cholesky", &core[0], &cpu[0])?;
        }
    }
    Ok(())
}

#[test]
fn lu_has_the_same_pivots() -> Result<()> {
    for dtype in DTYPES {
        for x in squares(dtype)? {
            let (cpu, core) = both(Linalg::Lu, &[&x])?;
            near("lu", &core[0], &cpu[0])?;
            assert_eq!(core[1].to_vec::<i64>()?, cpu[1].to_vec::<i64>()?);
            assert_eq!(core[2].to_vec::<i64>()?, cpu[2].to_vec::<i64>()?);
        }
        // Without a pivot a column stays as it is.
        let singular = Array::from_vec(vec![1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 1.0, 5.0], &[3, 3])?;
        let (cpu, core) = both(Linalg::Lu, &[&singular.astype(dtype)?])?;
        near("singular", &core[0], &cpu[0])?;
    }
    Ok(())
}

#[test]
fn triangles_are_solved() -> Result<()> {
    for dtype in DTYPES {
        for a in squares(dtype)? {
            let n = a.shape()[a.ndim() - 1];
            let a = add(&a, la::matrix_power(&a, 0)? * 3)?;
            for columns in [0, 1, 4] {
                let mut shape = a.shape().to_vec();
                shape.pop();
                shape.push(columns);
                let b = numbers(&shape, dtype)?;
                for (lower, unit) in [(true, true), (true, false), (false, true), (false, false)] {
                    let op = Linalg::TriangularSolve { lower, unit };
                    let (cpu, core) = both(op, &[&a, &b])?;
                    near(&format!("{op:?} of {n}"), &core[0], &cpu[0])?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn qr_has_the_same_signs() -> Result<()> {
    for dtype in DTYPES {
        for x in [squares(dtype)?, rectangles(dtype)?].concat() {
            for full in [false, true] {
                let (cpu, core) = both(Linalg::Qr { full }, &[&x])?;
                orthonormal("q", &core[0])?;
                near("qr", &matmul(&core[0], &core[1])?, &x)?;
                near("below r", &tril(&core[1], -1)?, &zeros_like(&core[1], ())?)?;
                if !dtype.is_complex() {
                    near("r", &core[1], &cpu[1])?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn hermitian_matrices_have_the_same_eigenvalues() -> Result<()> {
    for dtype in DTYPES {
        let mut all = squares(dtype)?;
        // Equal eigenvalues; none but zero.
        let ones = Array::from_vec(vec![1.0; 36], &[6, 6])?.astype(dtype)?;
        all.extend([zeros_like(&ones, ())?, la::matrix_power(&ones, 0)?, ones]);
        for x in all {
            let x = add(&x, adjoint(&x)?)?;
            let (cpu, core) = both(Linalg::Eigh { vectors: true }, &[&x])?;
            near("eigenvalues", &core[0], &cpu[0])?;
            let v = &core[1];
            orthonormal("eigenvectors", v)?;
            near(
                "a v = v w",
                &matmul(&x, v)?,
                &(v * expand_dims(&core[0], -2)?),
            )?;
            let (cpu, core) = both(Linalg::Eigh { vectors: false }, &[&x])?;
            near("eigenvalues alone", &core[0], &cpu[0])?;
        }
    }
    Ok(())
}

#[test]
fn singular_values_are_the_same() -> Result<()> {
    for dtype in DTYPES {
        let mut all = [squares(dtype)?, rectangles(dtype)?].concat();
        let ones = Array::from_vec(vec![1.0; 30], &[5, 6])?.astype(dtype)?;
        all.extend([zeros_like(&ones, ())?, ones]);
        for x in all {
            for vectors in [Singular::Thin, Singular::Full] {
                let (cpu, core) = both(Linalg::Svd { vectors }, &[&x])?;
                let (u, s, vh) = (&core[0], &core[1], &core[2]);
                near("singular values", s, &cpu[1])?;
                orthonormal("u", u)?;
                orthonormal("v", &adjoint(vh)?)?;
                if vectors == Singular::Thin {
                    let whole = matmul(u * expand_dims(s, -2)?, vh)?;
                    near("u s vᴴ", &whole, &x)?;
                }
            }
            let vectors = Singular::Values;
            let (cpu, core) = both(Linalg::Svd { vectors }, &[&x])?;
            near("singular values alone", &core[0], &cpu[0])?;
        }
    }
    Ok(())
}

#[test]
fn small_singular_values_are_accurate() -> Result<()> {
    // Of columns of very different lengths (a matrix of exact numbers and powers of two) each value is as accurate as the largest.
    let x = Array::from_vec(
        vec![
            1.0,
            2f64.powi(-60),
            0.0,
            1.0,
            -(2f64.powi(-60)),
            0.0,
            0.0,
            0.0,
            2f64.powi(-80),
        ],
        &[3, 3],
    )?;
    let vectors = Singular::Values;
    let core = on(counting::core_device()?, Linalg::Svd { vectors }, &[&x])?;
    let root = 2f64.sqrt();
    let expected = [root, root * 2f64.powi(-60), 2f64.powi(-80)];
    for (s, expected) in core[0].to_vec::<f64>()?.into_iter().zip(expected) {
        assert!((s / expected - 1.0).abs() < 1e-15, "{s} and {expected}");
    }
    Ok(())
}

#[test]
fn any_matrix_has_the_same_eigenvalues() -> Result<()> {
    for dtype in DTYPES {
        let mut all = squares(dtype)?;
        // The unit roots, on which steps without another shift get nowhere; and a rotation.
        let mut cycle = vec![0.0; 36];
        (0..6).for_each(|i| cycle[i * 6 + (i + 1) % 6] = 1.0);
        all.push(Array::from_vec(cycle, &[6, 6])?.astype(dtype)?);
        all.push(Array::from_vec(vec![0.0, -1.0, 1.0, 0.0], &[2, 2])?.astype(dtype)?);
        all.push(Array::from_vec(vec![2.0, 0.0, 0.0, 2.0], &[2, 2])?.astype(dtype)?);
        all.push(zeros_like(&numbers(&[4, 4], dtype)?, ())?);
        for x in all {
            let (cpu, core) = both(Linalg::Eig { vectors: true }, &[&x])?;
            let (w, v) = (&core[0], &core[1]);
            same_set(&cpu[0], w)?;
            near(
                "a v = v w",
                &matmul(x.astype(v.dtype())?, v)?,
                &(v * expand_dims(w, -2)?),
            )?;
            let length = la::norm(v, la::Norm::order(()).axes(-2))?;
            near("lengths", &length, &ones_like(&length, ())?)?;
            let (_, core) = both(Linalg::Eig { vectors: false }, &[&x])?;
            same_set(&cpu[0], &core[0])?;
        }
    }
    Ok(())
}

/// Eigenvalues have no order: each has a partner of its own.
#[track_caller]
fn same_set(x: &Array, y: &Array) -> Result<()> {
    let n = x.shape()[x.ndim() - 1];
    let (bound, mut x, y) = (tolerance(x.dtype()), values(x)?, values(y)?);
    if n == 0 {
        return Ok(());
    }
    for (x, y) in x.chunks_mut(n).zip(y.chunks(n)) {
        for y in y {
            let distance = |x: &Complex<f64>| (x - y).norm();
            let nearest = (0..n).min_by(|&i, &j| distance(&x[i]).total_cmp(&distance(&x[j])));
            let nearest = &mut x[nearest.unwrap_or(0)];
            assert!(
                distance(nearest) < bound * y.norm().max(1.0),
                "{y}, not {nearest}"
            );
            *nearest = Complex::new(f64::INFINITY, 0.0);
        }
    }
    Ok(())
}

#[test]
fn eigenvectors_of_a_defective_matrix_are_finite() -> Result<()> {
    let n = 8;
    let mut block = vec![0.0; n * n];
    for i in 0..n {
        block[i * n + i] = 3.0;
        if i + 1 < n {
            block[i * n + i + 1] = 1.0;
        }
    }
    for dtype in DTYPES {
        let x = Array::from_vec(block.clone(), &[n, n])?.astype(dtype)?;
        let core = on(
            counting::core_device()?,
            Linalg::Eig { vectors: true },
            &[&x],
        )?;
        near("w", &core[0], &(ones_like(&core[0], ())? * 3))?;
        let product = matmul(x.astype(core[1].dtype())?, &core[1])?;
        near(
            "a v = v w",
            &product,
            &(&core[1] * expand_dims(&core[0], -2)?),
        )?;
    }
    Ok(())
}

#[test]
fn what_cannot_be_factorised_says_so() -> Result<()> {
    let devices = [Device::new("cpu", 0)?, counting::core_device()?];
    let said = |f: &dyn Fn(&Array) -> Result<()>, x: &Array| -> Result<Vec<String>> {
        let mut all = Vec::new();
        for device in devices {
            let x = x.to(device)?;
            let outcome = with_device(device, || f(&x))?;
            all.push(match outcome {
                Ok(()) => "nothing".to_owned(),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::LinAlg, "{error}");
                    error.message().to_owned()
                }
            });
        }
        Ok(all)
    };
    for dtype in DTYPES {
        let indefinite = Array::from_vec(vec![1.0, 2.0, 2.0, 1.0], &[2, 2])?.astype(dtype)?;
        let text = "cholesky: Matrix is not positive definite";
        let f = |x: &Array| la::cholesky(x, ()).map(|_| ());
        assert_eq!(said(&f, &indefinite)?, [text; 2]);
        let zero = zeros_like(&indefinite, ())?;
        let f = |x: &Array| la::inv(x).map(|_| ());
        assert_eq!(said(&f, &zero)?, ["inv: Singular matrix"; 2]);
        let nan = Array::from_vec(vec![1.0, f64::NAN, 0.0, 1.0], &[2, 2])?.astype(dtype)?;
        let f = |x: &Array| la::svdvals(x).map(|_| ());
        assert_eq!(said(&f, &nan)?, ["svdvals: SVD did not converge"; 2]);
        let infinite =
            Array::from_vec(vec![1.0, f64::INFINITY, 0.0, 1.0], &[2, 2])?.astype(dtype)?;
        let f = |x: &Array| la::eigvals(x).map(|_| ());
        let text = "eigvals: Array must not contain infs or NaNs";
        assert_eq!(said(&f, &infinite)?, [text; 2]);
        // What NumPy answers with NaN.
        let vectors = Singular::Values;
        for (op, x) in [
            (Linalg::Svd { vectors }, &infinite),
            (Linalg::Eigh { vectors: false }, &nan.mt()?),
            (Linalg::Eigh { vectors: true }, &infinite.mt()?),
            (Linalg::Cholesky, &nan.mt()?),
        ] {
            let (cpu, core) = both(op, &[x])?;
            for (x, y) in core.iter().zip(&cpu) {
                near("NaN", &real(x)?, &real(y)?)?;
                assert!(isnan(x)?.any(())?.truth()?, "{op:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn compiled_functions_factorise_too() -> Result<()> {
    let device = counting::core_device()?;
    let solve = function(|x: &Array| {
        let (w, v) = la::eigh(x, ())?;
        add(
            matmul(&v * expand_dims(w, -2)?, matrix_transpose(&v)?)?,
            la::inv(x)?,
        )
    });
    let x = numbers(&[3, 5, 5], DType::Float64)?;
    let x = add(&x, matrix_transpose(&x)?)?;
    let expected = add(&x, la::inv(&x)?)?;
    let got = with_device(device, || solve.call(&x.to(device)?))??;
    near("compiled", &got.to("cpu:0")?, &expected)?;
    let zero = zeros_like(&x, ())?.to(device)?;
    let error = with_device(device, || solve.call(&zero))?.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LinAlg, "{error}");
    Ok(())
}

#[test]
fn requirements_can_be_mapped_and_differentiated() -> Result<()> {
    let x = numbers(&[4, 2, 2], DType::Float64)?;
    let require = |x: &Array, bound: f64| {
        let holds = greater(x.square()?.sum(())?, bound)?;
        let prim = Prim::Linalg(Linalg::Require(Property::Positive));
        bind1(&prim, &mut [Operand::Owned(holds), Operand::Borrowed(x)])
    };
    let kept = vectorized_map(|x: &Array| require(x, 0.0), &x)?;
    near("mapped", &kept, &x)?;
    // One example is enough to fail.
    let sums = sort(x.square()?.sum([1, 2])?, ())?.to_vec::<f64>()?;
    let error = vectorized_map(|x: &Array| require(x, sums[0]), &x).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LinAlg, "{error}");
    let gradient = grad(|x: &Array| require(x, 0.0)?.square()?.sum(()), &x)?;
    near("gradient", &gradient, &(&x * 2.0))?;
    let (_, change) = jvp(|x: &Array| require(x, 0.0)?.square(), &x, &x)?;
    near("change", &change, &(x.square()? * 2.0))
}

/// Values that NumPy 2.4.6 gives for matrices whose squares overflow, or are nothing.
#[test]
fn large_and_tiny_numbers_keep_their_values() -> Result<()> {
    let devices = [Device::new("cpu", 0)?, counting::core_device()?];
    let matrix = |values: [f64; 4]| Array::from_vec(values.to_vec(), &[2, 2]);
    let check = |what: &str, got: Array, expected: &[f64]| -> Result<()> {
        let got = got.to("cpu:0")?.to_vec::<f64>()?;
        assert_eq!(got.len(), expected.len(), "{what}");
        for (x, y) in got.iter().zip(expected) {
            // A number below the normal ones has few digits.
            let close = ((x - y) / y).abs() < 1e-13 || (x - y).abs() < 1e-322;
            assert!(close, "{what}: {got:?}, not {expected:?}");
        }
        Ok(())
    };
    for device in devices {
        let on = |x: Array| x.to(device);
        let (large, tiny) = (
            on(matrix([3e307, 1e307, 1e307, 2e307])?)?,
            on(matrix([3e-310, 1e-310, 1e-310, 2e-310])?)?,
        );
        let wide = on(matrix([1e300, 1e300, 0.0, 1e308])?)?;
        with_device(device, || -> Result<()> {
            check("svdvals", la::svdvals(&wide)?, &[1e308, 1e300])?;
            let few = [1.3819660112501052e307, 3.618033988749895e307];
            check("large", la::eigvalsh(&large, ())?, &few)?;
            check("large", flip(la::svdvals(&large)?, -1)?, &few)?;
            check("large", sort(real(la::eigvals(&large)?)?, ())?, &few)?;
            check("large", flip(la::svd(&large, ())?.1, -1)?, &few)?;
            check("large", la::eigh(&large, ())?.0, &few)?;
            let few = [1.3819660112501e-310, 3.61803398874987e-310];
            check("tiny", la::eigvalsh(&tiny, ())?, &few)?;
            check("tiny", flip(la::svdvals(&tiny)?, -1)?, &few)?;
            check("tiny", sort(real(la::eig(&tiny)?.0)?, ())?, &few)?;
            check("tiny", la::cond(&tiny, ())?, &[2.618033988749851])?;
            let x = on(matrix([4e307, 0.0, 0.0, 2e307])?)?;
            let inverse = la::diagonal(la::pinv(&x, ())?, 0)?;
            check(
                "pinv",
                inverse,
                &[2.5000000000000003e-308, 5.000000000000001e-308],
            )?;
            let x = on(matrix([1e-300, 2e-300, 3e-300, 4e-300])?)?;
            let expected = [-2e300, 1e300, 1.5e300, -5e299];
            check("pinv", la::pinv(&x, ())?, &expected)?;
            let least = on(Array::from_vec(vec![1e-320], &[1, 1])?)?;
            assert_eq!(la::pinv(&least, ())?.to_vec::<f64>()?, [f64::INFINITY]);
            Ok(())
        })??;
    }
    Ok(())
}
