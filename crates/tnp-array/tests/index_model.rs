//! Indexing against a slow model that follows NumPy's prose: every position of the result is worked out by itself.

extern crate tnp_cpu;

use proptest::prelude::*;
use tnp_array::*;

/// An entry of an index expression, in plain data.
#[derive(Clone, Debug)]
enum Entry {
    Int(i64),
    Slice(Option<i64>, Option<i64>, i64),
    NewAxis,
    Ellipsis,
    Array(Vec<usize>, Vec<i64>),
    Mask(Vec<usize>, Vec<bool>),
}

/// What takes one axis (or, for new axes, none) of the array.
enum Part {
    /// Positions along the next axis: a dimension of the result.
    Along(Vec<usize>),
    New,
    /// An index array for the next axis.
    Indexed(Vec<usize>, Vec<i64>),
}

fn python_slice(start: Option<i64>, stop: Option<i64>, step: i64, size: i64) -> Vec<usize> {
    let place = |bound: Option<i64>, default: i64| match bound {
        None => default,
        Some(at) if at < 0 => at + size,
        Some(at) => at,
    };
    let mut positions = Vec::new();
    if step > 0 {
        let mut at = place(start, 0).max(0);
        while at < place(stop, size).min(size) {
            positions.push(at as usize);
            at += step;
        }
    } else {
        let mut at = place(start, size - 1).min(size - 1);
        while at > place(stop, -1).max(-1) {
            positions.push(at as usize);
            at += step;
        }
    }
    positions
}

fn counter(shape: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![vec![]];
    for &dim in shape {
        all = all
            .iter()
            .flat_map(|start: &Vec<usize>| (0..dim).map(move |i| [start.as_slice(), &[i]].concat()))
            .collect();
    }
    all
}

fn joined(shapes: &[&Vec<usize>]) -> Option<Vec<usize>> {
    let ndim = shapes.iter().map(|shape| shape.len()).max().unwrap_or(0);
    let mut out = vec![1; ndim];
    for shape in shapes {
        for (place, &dim) in out.iter_mut().rev().zip(shape.iter().rev()) {
            if dim != 1 && *place != 1 && *place != dim {
                return None;
            }
            if dim != 1 {
                *place = dim;
            }
        }
    }
    Some(out)
}

fn element(shape: &[usize], flat: &[i64], position: &[usize]) -> i64 {
    let skip = position.len() - shape.len();
    let mut at = 0;
    for (&dim, &i) in shape.iter().zip(&position[skip..]) {
        at = at * dim + if dim == 1 { 0 } else { i };
    }
    flat[at]
}

/// The shape of `x[entries]` and the flat position of each of its elements; `None` where NumPy raises.
fn model(shape: &[usize], entries: &[Entry]) -> Option<(Vec<usize>, Vec<usize>)> {
    let taken: usize = entries
        .iter()
        .map(|entry| match entry {
            Entry::Int(_) | Entry::Slice(..) | Entry::Array(..) => 1,
            Entry::Mask(shape, _) => shape.len(),
            Entry::NewAxis | Entry::Ellipsis => 0,
        })
        .sum();
    let spare = shape.len().checked_sub(taken)?;
    let mut entries = entries.to_vec();
    if !entries.iter().any(|entry| matches!(entry, Entry::Ellipsis)) {
        entries.push(Entry::Ellipsis);
    }
    let fancy = entries
        .iter()
        .any(|entry| matches!(entry, Entry::Array(..) | Entry::Mask(..)));
    let mut sizes = shape.iter().copied();
    let mut parts = Vec::new();
    let mut outside = false;
    for entry in entries {
        match entry {
            Entry::Int(at) => {
                let size = sizes.next()? as i64;
                let wrapped = if at < 0 { at + size } else { at };
                if !(0..size).contains(&wrapped) {
                    return None;
                }
                parts.push(Part::Indexed(vec![], vec![wrapped]));
            }
            Entry::Slice(start, stop, step) => parts.push(Part::Along(python_slice(
                start,
                stop,
                step,
                sizes.next()? as i64,
            ))),
            Entry::NewAxis => parts.push(Part::New),
            Entry::Ellipsis => {
                for _ in 0..spare {
                    parts.push(Part::Along((0..sizes.next()?).collect()));
                }
                // Even where it takes no axis, an ellipsis separates.
                if spare == 0 && fancy {
                    parts.push(Part::Along(vec![usize::MAX]));
                }
            }
            Entry::Array(of, flat) => {
                let size = sizes.next()? as i64;
                outside |= flat.iter().any(|&at| at >= size || at < -size);
                let flat = flat.iter().map(|&at| at.rem_euclid(size.max(1))).collect();
                parts.push(Part::Indexed(of, flat));
            }
            Entry::Mask(of, flat) => {
                for &dim in &of {
                    if sizes.next()? != dim {
                        return None;
                    }
                }
                let found: Vec<Vec<usize>> = counter(&of)
                    .into_iter()
                    .zip(&flat)
                    .filter_map(|(position, &holds)| holds.then_some(position))
                    .collect();
                for axis in 0..of.len() {
                    let line = found.iter().map(|at| at[axis] as i64).collect();
                    parts.push(Part::Indexed(vec![found.len()], line));
                }
            }
        }
    }
    let arrays: Vec<&Vec<usize>> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Indexed(shape, _) => Some(shape),
            Part::Along(_) | Part::New => None,
        })
        .collect();
    let index_shape = joined(&arrays)?;
    // Arrays that are broadcast away are not looked at.
    if outside && !index_shape.contains(&0) {
        return None;
    }
    let first = parts
        .iter()
        .position(|part| matches!(part, Part::Indexed(..)));
    let last = parts
        .iter()
        .rposition(|part| matches!(part, Part::Indexed(..)));
    let together = match (first, last) {
        (Some(first), Some(last)) => parts[first..=last]
            .iter()
            .all(|part| matches!(part, Part::Indexed(..))),
        _ => true,
    };
    let mut basic = Vec::new();
    let mut index_at = 0;
    for (at, part) in parts.iter().enumerate() {
        if Some(at) == first && together {
            index_at = basic.len();
        }
        match part {
            Part::Along(positions) if positions == &[usize::MAX] => {}
            Part::Along(positions) => basic.push(positions.len()),
            Part::New => basic.push(1),
            Part::Indexed(..) => {}
        }
    }
    let mut result = basic.clone();
    result.splice(index_at..index_at, index_shape.iter().copied());
    let positions = counter(&result)
        .into_iter()
        .map(|at| {
            let of_index = &at[index_at..index_at + index_shape.len()];
            let mut of_basic = at[..index_at]
                .iter()
                .chain(&at[index_at + index_shape.len()..]);
            let (mut flat, mut axis) = (0, 0);
            for part in &parts {
                let along = match part {
                    Part::New => {
                        of_basic.next();
                        continue;
                    }
                    Part::Along(positions) if positions == &[usize::MAX] => continue,
                    Part::Along(positions) => positions[*of_basic.next().unwrap()],
                    Part::Indexed(of, values) => element(of, values, of_index) as usize,
                };
                flat = flat * shape[axis] + along;
                axis += 1;
            }
            flat
        })
        .collect();
    Some((result, positions))
}

fn expression(entries: &[Entry]) -> Vec<Index<IndexArray>> {
    entries
        .iter()
        .map(|entry| match entry {
            Entry::Int(at) => Index::Int(*at as isize),
            Entry::Slice(start, stop, step) => Index::Slice {
                start: start.map(|at| at as isize),
                stop: stop.map(|at| at as isize),
                step: *step as isize,
            },
            Entry::NewAxis => Index::NewAxis,
            Entry::Ellipsis => Index::Ellipsis,
            Entry::Array(shape, flat) => Array::from_slice(flat, shape).unwrap().into_index(),
            Entry::Mask(shape, flat) => Array::from_slice(flat, shape).unwrap().into_index(),
        })
        .collect()
}

fn bound(size: i64) -> impl Strategy<Value = Option<i64>> {
    prop_oneof![Just(None), (-size - 2..size + 3).prop_map(Some)]
}

/// An entry for an axis of a size; a few are out of bounds.
fn entry(size: usize) -> BoxedStrategy<Entry> {
    let n = size as i64;
    let near = -n - (n == 0) as i64..n.max(1);
    let step = prop_oneof![1..4i64, -3..0i64];
    let array_shape =
        prop::sample::select(vec![vec![], vec![2], vec![1], vec![3], vec![2, 1], vec![0]]);
    let index = near.clone();
    prop_oneof![
        2 => near.prop_map(Entry::Int),
        4 => (bound(n), bound(n), step).prop_map(|(a, b, c)| Entry::Slice(a, b, c)),
        3 => array_shape.prop_flat_map(move |shape| {
            let count = shape.iter().product::<usize>();
            (Just(shape), prop::collection::vec(index.clone(), count))
        }).prop_map(|(shape, flat)| Entry::Array(shape, flat)),
        2 => prop::collection::vec(prop::arbitrary::any::<bool>(), size)
            .prop_map(move |flat| Entry::Mask(vec![size], flat)),
    ]
    .boxed()
}

/// A shape and an expression for it.
fn case() -> impl Strategy<Value = (Vec<usize>, Vec<Entry>)> {
    prop::collection::vec(0usize..5, 0..5)
        .prop_flat_map(|shape| {
            let used = 0..=shape.len();
            (
                Just(shape),
                used,
                prop::arbitrary::any::<bool>(),
                0usize..3,
                prop::arbitrary::any::<prop::sample::Index>(),
            )
        })
        .prop_flat_map(|(shape, used, ellipsis, new, at)| {
            let leading = if ellipsis { at.index(used + 1) } else { used };
            let axes = (0..leading).chain(shape.len() - (used - leading)..shape.len());
            let entries: Vec<BoxedStrategy<Entry>> = axes.map(|axis| entry(shape[axis])).collect();
            (
                Just((shape, leading, ellipsis, new)),
                entries,
                prop::arbitrary::any::<prop::sample::Index>(),
            )
        })
        .prop_map(|((shape, leading, ellipsis, new), mut entries, at)| {
            if ellipsis {
                entries.insert(leading, Entry::Ellipsis);
            }
            for _ in 0..new {
                entries.insert(at.index(entries.len() + 1), Entry::NewAxis);
            }
            (shape, entries)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_and_writing_follow_the_model((shape, entries) in case()) {
        let size: usize = shape.iter().product();
        let flat: Vec<i32> = (0..size as i32).collect();
        let mut x = Array::from_slice(&flat, &shape).unwrap();
        let index = expression(&entries);
        let Some((result, positions)) = model(&shape, &entries) else {
            let error = x.get(&index).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::Index);
            prop_assert!(x.assign(&index, -1).is_err());
            prop_assert_eq!(x.to_vec::<i32>().unwrap(), flat);
            return Ok(());
        };
        let read = x.get(&index).unwrap();
        prop_assert_eq!(read.shape(), &result[..]);
        let expected: Vec<i32> = positions.iter().map(|&at| at as i32).collect();
        prop_assert_eq!(read.to_vec::<i32>().unwrap(), expected);
        drop(read);

        let values: Vec<f64> = (0..positions.len()).map(|i| -1.5 - i as f64).collect();
        let value = Array::from_slice(&values, &result).unwrap();
        let (mut written, mut added) = (flat.clone(), flat.clone());
        for (&at, &value) in positions.iter().zip(&values) {
            written[at] = value as i32;
            added[at] += 3 * value as i32;
        }
        let threefold = Array::from_slice(&values, &result).unwrap().astype(DType::Int32).unwrap() * 3;
        prop_assert_eq!(x.at(&index).add(&threefold).unwrap().to_vec::<i32>().unwrap(), added);
        x.assign(&index, &value).unwrap();
        prop_assert_eq!(x.to_vec::<i32>().unwrap(), written);
    }
}
