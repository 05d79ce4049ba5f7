//! What is asked of cuSOLVER and cuBLAS, held against what their documentation says of the calls.

use tnp_dtype::c128;

use super::*;
use crate::drawn::Drawn;

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

/// The Hermitian matrix of which one triangle is given, column by column; the other triangle is not read.
fn hermitian(memory: &[c128], n: usize, fill: c_int) -> Vec<Vec<c128>> {
    let given = |i: usize, j: usize| if fill == LOWER { i >= j } else { i <= j };
    let at = |i: usize, j: usize| match given(i, j) {
        true => memory[i + j * n],
        false => memory[j + i * n].conj(),
    };
    (0..n).map(|i| (0..n).map(|j| at(i, j)).collect()).collect()
}

/// `potrf`: writes `l` with `l lᴴ` the matrix, or `u` with `uᴴ u`, over the triangle that is read.
fn potrf(memory: &mut [c128], n: usize, fill: c_int) {
    let x = hermitian(memory, n, fill);
    let mut l = vec![vec![c128::default(); n]; n];
    for j in 0..n {
        for i in j..n {
            let rest = x[i][j] - sum(j, |k| l[i][k] * l[j][k].conj());
            l[i][j] = if i == j { rest.sqrt() } else { rest / l[j][j] };
        }
    }
    for j in 0..n {
        for i in j..n {
            match fill {
                LOWER => memory[i + j * n] = l[i][j],
                _ => memory[j + i * n] = l[i][j].conj(),
            }
        }
    }
}

/// `getrf`, column by column; pivots count from one.
fn getrf(memory: &mut [c128], n: usize, pivots: &mut [i64]) {
    for k in 0..n {
        let size = |i: &usize| memory[i + k * n].norm();
        let pivot = (k..n)
            .max_by(|i, j| size(i).total_cmp(&size(j)))
            .expect("a row");
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
        potrf(&mut memory, n, CHOLESKY);
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
    assert_eq!(Batch::worth(&[3, 3]), Some(Batch { count: 1, n: 3 }));
    assert_eq!(
        Batch::worth(&[2, 4, 100, 100]),
        Some(Batch { count: 8, n: 100 })
    );
    assert_eq!(Batch::worth(&[1000, 3, 3]), None);
    assert_eq!(Batch::worth(&[0, 3, 3]), None);
}
