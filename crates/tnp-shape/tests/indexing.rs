//! Index plans against a slow model, views against plans, and the errors of index expressions.

mod common;

use common::{TestArray, array, mask, plan, positions, read};
use proptest::prelude::*;
use tnp_shape::{
    ErrorKind, Index, IndexPlan, Layout, broadcast_shapes, normalize_slice, ravel_index, s,
    unravel_index,
};

/// One entry, spelled out for the axes it takes.
enum Model {
    Int(usize),
    /// A result dimension; the positions it takes of its axis.
    Dimension(Vec<usize>),
    NewAxis,
    /// Index arrays, for as many axes.
    Arrays(Vec<TestArray>),
}

/// Shape and flat positions of `x[index]` as NumPy's manual tells it, coordinate by coordinate.
fn model(shape: &[usize], index: &[Index<TestArray>]) -> (Vec<usize>, Vec<usize>) {
    let takes = |entry: &Index<TestArray>| match entry {
        Index::Int(_) | Index::Slice { .. } | Index::Array(_) => 1,
        Index::Mask(mask) => mask.shape.len(),
        Index::NewAxis | Index::Ellipsis => 0,
    };
    let mut index = index.to_vec();
    let given: usize = index.iter().map(takes).sum();
    let whole = vec![
        Index::Slice {
            start: None,
            stop: None,
            step: 1
        };
        shape.len() - given
    ];
    // Whether entries that stood for no axes at all separate others: yes in NumPy, so an ellipsis leaves a mark.
    let ellipsis = index
        .iter()
        .position(|entry| matches!(entry, Index::Ellipsis));
    let marked = ellipsis.filter(|_| whole.is_empty());
    match ellipsis {
        Some(at) if !whole.is_empty() => drop(index.splice(at..=at, whole)),
        Some(_) => {}
        None => index.extend(whole),
    }
    let mut axis = 0;
    let mut entries = vec![];
    for entry in &index {
        let size = shape.get(axis).copied().unwrap_or(0);
        axis += takes(entry);
        entries.push(match entry {
            Index::Int(i) => Model::Int(i.rem_euclid(size as isize) as usize),
            Index::Slice { start, stop, step } => {
                Model::Dimension(python_slice(*start, *stop, *step, size))
            }
            Index::NewAxis => Model::NewAxis,
            Index::Ellipsis => Model::Dimension(vec![]),
            Index::Array(array) => Model::Arrays(vec![array.clone()]),
            Index::Mask(mask) if mask.shape.is_empty() => {
                // Takes no axis; only its length matters.
                Model::Arrays(vec![array(
                    &[mask.values[0] as usize],
                    &vec![0; mask.values[0] as usize],
                )])
            }
            Index::Mask(mask) => Model::Arrays(
                mask.nonzero()
                    .iter()
                    .map(|list| array(&[list.len()], list))
                    .collect(),
            ),
        });
    }
    let arrays = || {
        entries
            .iter()
            .filter_map(|e| {
                if let Model::Arrays(a) = e {
                    Some(a)
                } else {
                    None
                }
            })
            .flatten()
    };
    let shapes: Vec<&[usize]> = arrays().map(|a| a.shape.as_slice()).collect();
    let common = broadcast_shapes(&shapes).unwrap();
    let fancy = !shapes.is_empty();
    let advanced: Vec<usize> = (0..entries.len())
        .filter(|&e| {
            matches!(entries[e], Model::Arrays(_)) || fancy && matches!(entries[e], Model::Int(_))
        })
        .collect();
    let adjacent = advanced.windows(2).all(|pair| pair[1] == pair[0] + 1);
    // Labels of the result's dimensions: an entry, or (past all entries) a dimension of the index arrays.
    let mut labels: Vec<usize> = vec![];
    let index_labels = entries.len()..entries.len() + common.len();
    if fancy && !adjacent {
        labels.extend(index_labels.clone());
    }
    for (e, entry) in entries.iter().enumerate() {
        if adjacent && advanced.first() == Some(&e) && fancy {
            labels.extend(index_labels.clone());
        }
        if matches!(entry, Model::Dimension(_) | Model::NewAxis) && marked != Some(e) {
            labels.push(e);
        }
    }
    let result: Vec<usize> = (labels.iter())
        .map(|&label| match entries.get(label) {
            Some(Model::Dimension(positions)) => positions.len(),
            Some(_) => 1,
            None => common[label - entries.len()],
        })
        .collect();
    let values = (0..result.iter().product())
        .map(|flat| {
            let at = unravel_index(flat, &result).unwrap();
            let coordinate = |label: usize| at[labels.iter().position(|&l| l == label).unwrap()];
            let index_at: Vec<usize> = index_labels.clone().map(coordinate).collect();
            let mut source = vec![];
            for (e, entry) in entries.iter().enumerate() {
                match entry {
                    Model::Int(i) => source.push(*i),
                    Model::Dimension(positions) if marked != Some(e) => {
                        source.push(positions[coordinate(e)])
                    }
                    Model::Dimension(_) | Model::NewAxis => {}
                    Model::Arrays(_) if takes(&index[e]) == 0 => {}
                    Model::Arrays(arrays) => {
                        for array in arrays {
                            let size = shape[source.len()] as i64;
                            source.push(array.broadcast_at(&index_at).rem_euclid(size) as usize);
                        }
                    }
                }
            }
            ravel_index(&source, shape).unwrap()
        })
        .collect();
    (result, values)
}

/// Walks from the start until the stop is passed.
fn python_slice(start: Option<isize>, stop: Option<isize>, step: isize, size: usize) -> Vec<usize> {
    let size = size as isize;
    let resolve = |bound: isize| if bound < 0 { bound + size } else { bound };
    let (low, high) = if step > 0 { (0, size) } else { (-1, size - 1) };
    let mut at = start.map_or(if step > 0 { 0 } else { size - 1 }, |s| {
        resolve(s).clamp(low, high)
    });
    let stop = stop.map_or(if step > 0 { size } else { -1 }, |s| {
        resolve(s).clamp(low, high)
    });
    let mut found = vec![];
    while if step > 0 { at < stop } else { at > stop } {
        found.push(at as usize);
        at += step;
    }
    found
}

/// Raw choices, turned into a valid expression for a shape by `expression`.
type Choices = (Vec<usize>, Vec<(u8, isize, isize, isize, u64)>, bool);

fn choices() -> impl Strategy<Value = Choices> {
    let entry = (
        any::<u8>(),
        -7isize..8,
        -7isize..8,
        -3isize..4,
        any::<u64>(),
    );
    (
        prop::collection::vec(0usize..5, 0..5),
        prop::collection::vec(entry, 0..7),
        any::<bool>(),
    )
}

fn expression((shape, entries, basic): &Choices) -> Vec<Index<TestArray>> {
    let (mut index, mut axis, mut ellipsis) = (vec![], 0, false);
    // One shape and the shapes that broadcast to it.
    let arrays: [&[usize]; 5] = [&[2], &[3, 2], &[1], &[3, 1], &[]];
    for &(kind, a, b, step, bits) in entries {
        // What follows an ellipsis has to fit behind it: let it take nothing that others need.
        match kind % if *basic { 6 } else { 10 } {
            0 => index.push(Index::NewAxis),
            1 if !ellipsis => {
                ellipsis = true;
                let rest = shape.len() - axis;
                axis += bits as usize % (rest + 1);
                index.push(Index::Ellipsis);
                // The rest is filled below, so that the ellipsis takes just these.
            }
            6 if bits % 3 == 0 => index.push(Index::Mask(mask(&[], &[1]))),
            _ if axis == shape.len() => {}
            2 | 3 if shape[axis] > 0 => {
                let size = shape[axis] as isize;
                index.push(Index::Int(
                    a.rem_euclid(size) - if b < 0 { size } else { 0 },
                ));
                axis += 1;
            }
            1..=5 => {
                let bound = |x: isize, bit: u64| (bits >> bit & 1 == 1).then_some(x);
                let step = if step == 0 { 1 } else { step };
                index.push(Index::Slice {
                    start: bound(a, 0),
                    stop: bound(b, 1),
                    step,
                });
                axis += 1;
            }
            6 => {
                let ndim = 1 + (bits as usize >> 3) % 2;
                let ndim = ndim.min(shape.len() - axis);
                let sizes = &shape[axis..axis + ndim];
                let size: usize = sizes.iter().product();
                // Two true elements at most, so that masks broadcast with arrays of size two.
                let mut values = vec![0; size];
                if size > 1 {
                    values[bits as usize % size] = 1;
                    values[(bits as usize % size + 1) % size] = 1;
                } else if size == 1 {
                    values[0] = 1;
                }
                index.push(Index::Mask(mask(sizes, &values)));
                axis += ndim;
            }
            _ => {
                let size = shape[axis] as i64;
                let own = if size == 0 {
                    &[0][..]
                } else {
                    arrays[bits as usize % 5]
                };
                let count: usize = own.iter().product();
                let values: Vec<i64> = (0..count as u64)
                    .map(|k| (bits >> (3 + 4 * k) & 15) as i64 % (2 * size) - size)
                    .collect();
                index.push(Index::Array(array(own, &values)));
                axis += 1;
            }
        }
    }
    if ellipsis {
        let missing = shape.len() - axis;
        index.extend(vec![
            Index::Slice {
                start: None,
                stop: None,
                step: 1
            };
            missing
        ]);
    }
    index
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn plans_agree_with_the_model(choices in choices()) {
        let shape = &choices.0;
        let index = expression(&choices);
        match read(shape, &index) {
            Ok(found) => prop_assert_eq!(found, model(shape, &index)),
            // Masks and arrays of empty axes need not broadcast together; nothing else may fail.
            Err(error) => prop_assert!(error.to_string().starts_with("shape mismatch"), "{}", error),
        }
    }

    #[test]
    fn views_agree_with_plans(choices in choices()) {
        let shape = &choices.0;
        let index = expression(&(shape.clone(), choices.1.clone(), true));
        let view = IndexPlan::basic_view(&index, &Layout::contiguous(shape)).unwrap().unwrap();
        let plan = plan(shape, &index).unwrap();
        prop_assert!(plan.is_basic());
        prop_assert_eq!(view.shape(), &plan.result_shape[..]);
        let seen: Vec<usize> = (0..view.size())
            .map(|flat| {
                let at = unravel_index(flat, view.shape()).unwrap();
                let moved: isize = at.iter().zip(view.strides()).map(|(&i, &s)| i as isize * s).sum();
                (view.offset() as isize + moved) as usize
            })
            .collect();
        prop_assert_eq!(seen, positions(&plan, &index));
        prop_assert!(view.offset() <= shape.iter().product());
    }

    #[test]
    fn slices_are_pythons(
        start in prop::option::of(-12isize..12), stop in prop::option::of(-12isize..12),
        step in (-12isize..12).prop_filter("a step", |step| *step != 0), size in 0usize..9,
    ) {
        let slice = normalize_slice(start, stop, step, size).unwrap();
        let taken: Vec<usize> = (0..slice.len as isize)
            .map(|k| (slice.start as isize + k * slice.step) as usize)
            .collect();
        prop_assert_eq!(taken, python_slice(start, stop, step, size));
        prop_assert!(slice.fits(size));
    }
}

#[test]
fn extreme_slices() {
    let slice = |start, stop, step| {
        let slice = normalize_slice(start, stop, step, 5).unwrap();
        (slice.start, slice.step, slice.len)
    };
    assert_eq!(
        slice(Some(isize::MIN), Some(isize::MAX), isize::MAX),
        (0, 1, 1)
    );
    assert_eq!(
        slice(Some(isize::MAX), Some(isize::MIN), isize::MIN),
        (4, 1, 1)
    );
    assert_eq!(slice(Some(isize::MAX), None, 1), (0, 1, 0));
    assert_eq!(slice(None, None, 2), (0, 2, 3));
}

#[test]
fn errors_read_as_numpys() {
    let refuse = |index: &[Index<TestArray>], kind: ErrorKind, text: &str| {
        let error = plan(&[5, 6, 7], index).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
        let view = IndexPlan::basic_view(index, &Layout::contiguous(&[5, 6, 7]));
        let advanced = index
            .iter()
            .any(|entry| matches!(entry, Index::Array(_) | Index::Mask(_)));
        assert_eq!(view, if advanced { Ok(None) } else { Err(error) });
    };
    let (value, index) = (ErrorKind::Value, ErrorKind::Index);
    refuse(
        &s![0, 9],
        index,
        "index 9 is out of bounds for axis 1 with size 6",
    );
    refuse(
        &s![.., -9],
        index,
        "index -9 is out of bounds for axis 1 with size 6",
    );
    refuse(
        &s![..., 7],
        index,
        "index 7 is out of bounds for axis 2 with size 7",
    );
    refuse(
        &s![0, 0, 0, 0],
        index,
        "too many indices for array: array is 3-dimensional, but 4 were indexed",
    );
    refuse(
        &s![0, mask(&[6, 7, 1], &[1; 42])],
        index,
        "too many indices for array: array is 3-dimensional, but 4 were indexed",
    );
    refuse(
        &s![..., ...],
        index,
        "an index can only have a single ellipsis ('...')",
    );
    refuse(&s![..;0], value, "slice step cannot be zero");
    refuse(
        &s![0, array(&[2], &[1, 2]), array(&[3], &[1, 2, 3])],
        index,
        "shape mismatch: indexing arrays could not be broadcast together with shapes (2,) (3,)",
    );
    refuse(
        &s![mask(&[5, 2], &[0; 10])],
        index,
        "boolean index did not match indexed array along axis 1; size of axis is 6 but size of corresponding boolean axis is 2",
    );
    refuse(
        &s![mask(&[5, 6], &[0; 30]), array(&[2], &[1, 2])],
        index,
        "shape mismatch: indexing arrays could not be broadcast together with shapes (0,) (0,) (2,)",
    );
}

#[test]
fn masks_are_counted_after_all_are_checked() {
    let index = s![mask(&[5], &[1; 5]), mask(&[2], &[1; 2])];
    let count = |_, _: &TestArray| -> tnp_shape::Result<usize> { panic!("counted too early") };
    let error = IndexPlan::new(&index, &[5, 6], |a| &a.shape, count).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Index);
}

#[test]
fn values_broadcast_to_what_is_written() {
    let fit = |index: &[Index<TestArray>], value: &[usize]| {
        let plan = plan(&[5, 6, 7], index).unwrap();
        plan.broadcast_value(&Layout::contiguous(value))
            .map(|layout| layout.shape().to_vec())
    };
    assert_eq!(fit(&s![0], &[1, 1, 6, 7]).unwrap(), [6, 7]);
    assert_eq!(fit(&s![0], &[]).unwrap(), [6, 7]);
    assert_eq!(fit(&s![0, 0, 0], &[1]).unwrap(), [0; 0]);
    let text =
        |index: &[Index<TestArray>], value: &[usize]| fit(index, value).unwrap_err().to_string();
    assert_eq!(
        text(&s![0], &[3]),
        "could not broadcast input array from shape (3,) into shape (6,7)"
    );
    assert_eq!(
        text(&s![0], &[2, 1, 6, 7]),
        "could not broadcast input array from shape (2,1,6,7) into shape (6,7)"
    );
    assert_eq!(
        text(&s![array(&[2], &[0, 1])], &[3]),
        "shape mismatch: value array of shape (3,) could not be broadcast to indexing result of shape (2,6,7)"
    );
}
