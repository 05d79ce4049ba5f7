//! Every form that `s!` takes, and what types may stand in it.

mod common;

use common::{TestArray, array};
use tnp_shape::{Ellipsis, Index, NewAxis, newaxis, s};

const fn slice(start: Option<isize>, stop: Option<isize>, step: isize) -> Index<TestArray> {
    Index::Slice { start, stop, step }
}

/// Takes index expressions as functions of arrays do.
#[track_caller]
fn check(index: impl AsRef<[Index<TestArray>]>, expected: &[Index<TestArray>]) {
    assert_eq!(format!("{:?}", index.as_ref()), format!("{expected:?}"));
}

#[test]
fn forms_of_numpy() {
    use Index::{Ellipsis, Int, NewAxis};
    check(
        s![1, newaxis, 1..3, ...],
        &[Int(1), NewAxis, slice(Some(1), Some(3), 1), Ellipsis],
    );
    check(
        s![..;2, 5..2;-1],
        &[slice(None, None, 2), slice(Some(5), Some(2), -1)],
    );
    check(s![], &[]);
    check(s![-1], &[Int(-1)]);
    check(s![-1, -2,], &[Int(-1), Int(-2)]);
    check(s![..], &[slice(None, None, 1)]);
    check(s![.., ..,], &[slice(None, None, 1), slice(None, None, 1)]);
    check(s![...], &[Ellipsis]);
    check(s![..., 0], &[Ellipsis, Int(0)]);
    check(s![0, ...,], &[Int(0), Ellipsis]);
    check(s![newaxis], &[NewAxis]);
    check(s![None, newaxis,], &[NewAxis, NewAxis]);
    check(
        s![-3.., ..-1],
        &[slice(Some(-3), None, 1), slice(None, Some(-1), 1)],
    );
    check(s![-3..-1;1], &[slice(Some(-3), Some(-1), 1)]);
    check(s![..;-1], &[slice(None, None, -1)]);
    check(
        s![3..;-2, ..3;2, ..;],
        &[
            slice(Some(3), None, -2),
            slice(None, Some(3), 2),
            slice(None, None, 1),
        ],
    );
    check(
        s![1..=3, ..=-1, ..=-2],
        &[
            slice(Some(1), Some(4), 1),
            slice(None, None, 1),
            slice(None, Some(-1), 1),
        ],
    );
    check(
        s![5..=0;-1, 5..=2;-2],
        &[slice(Some(5), None, -1), slice(Some(5), Some(1), -2)],
    );
}

#[test]
fn expressions_of_any_integer() {
    let (i, n) = (2usize, 7u8);
    let list = [4usize, 6];
    let step = -2i64;
    check(s![i..-1], &[slice(Some(2), Some(-1), 1)]);
    check(s![i], &[Index::Int(2)]);
    check(s![&i, list[1]], &[Index::Int(2), Index::Int(6)]);
    check(s![i + 1..n - 1;step], &[slice(Some(3), Some(6), -2)]);
    check(
        s![-(i as isize)..list.len()],
        &[slice(Some(-2), Some(2), 1)],
    );
    check(
        s![list.iter().max().unwrap() - 1..],
        &[slice(Some(5), None, 1)],
    );
    check(
        s![Some(i)..None::<i32>;None::<i32>],
        &[slice(Some(2), None, 1)],
    );
    check(
        s![u64::MAX, i128::MIN],
        &[Index::Int(isize::MAX), Index::Int(isize::MIN)],
    );
    check(
        s![if i > 1 { 1 } else { 0 }, (i.min(3)), { i }],
        &[Index::Int(1), Index::Int(2), Index::Int(2)],
    );
    check(
        s![3_000_000_000_i64..],
        &[slice(Some(3_000_000_000), None, 1)],
    );
}

#[test]
fn values_that_are_entries() {
    let range = 1..4u16;
    check(
        s![range.clone(), (2..), (..-2i64), (1..=2), (..=5usize), (..)],
        &[
            slice(Some(1), Some(4), 1),
            slice(Some(2), None, 1),
            slice(None, Some(-2), 1),
            slice(Some(1), Some(3), 1),
            slice(None, Some(6), 1),
            slice(None, None, 1),
        ],
    );
    check(
        s![NewAxis, Ellipsis, { newaxis }],
        &[Index::NewAxis, Index::Ellipsis, Index::NewAxis],
    );
    check(
        s![Index::Int(3), slice(None, None, -1)],
        &[Index::Int(3), slice(None, None, -1)],
    );
}

#[test]
fn arrays_and_masks() {
    let rows = array(&[2], &[0, 1]);
    let boolean = common::mask(&[2], &[1, 0]);
    let index = s![
        &rows,
        ..,
        rows.clone(),
        &boolean,
        vec![1i64, 2],
        [true, false]
    ];
    let kinds: Vec<bool> = index
        .iter()
        .map(|entry| matches!(entry, Index::Mask(_)))
        .collect();
    assert_eq!(kinds, [false, false, false, true, false, true]);
    check(
        s![rows.clone(), 1..-1],
        &[Index::Array(rows), slice(Some(1), Some(-1), 1)],
    );
}

#[test]
fn expressions_are_values() {
    let corner = s![0, 0];
    check(&corner, &[Index::Int(0), Index::Int(0)]);
    check(Vec::from(corner.clone()), &[Index::Int(0), Index::Int(0)]);
    check(corner, &[Index::Int(0), Index::Int(0)]);
    let mut entries: Vec<Index<TestArray>> = vec![Index::Ellipsis];
    entries.extend(s![1..2]);
    check(&entries, &[Index::Ellipsis, slice(Some(1), Some(2), 1)]);
    check(&entries[1..], &[slice(Some(1), Some(2), 1)]);
}
