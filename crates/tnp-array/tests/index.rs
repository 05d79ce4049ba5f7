//! Indexing against NumPy's answers for hundreds of random expressions, on many dtypes and layouts; in-place writes, modes,
//! traces, devices, and the text of errors.

extern crate tnp_cpu;

use std::sync::Arc;

use serde_json::Value;
use tnp_array::*;
use tnp_backend::TensorType;
use tnp_backend::prim::{Axes, Prim};

fn numbers<T>(value: &Value, convert: fn(i64) -> T) -> Vec<T> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|n| convert(n.as_i64().unwrap())).collect()
}

fn sizes(value: &Value) -> Vec<usize> {
    numbers(value, |n| n as usize)
}

fn ints(value: &Value, shape: &[usize], dtype: DType) -> Array {
    let flat = numbers(value, |n| n);
    Array::from_vec(flat, shape).unwrap().astype(dtype).unwrap()
}

fn expression(row: &Value, index_dtype: DType) -> Vec<Index<IndexArray>> {
    let entries = row["index"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let (kind, what) = entry.as_object().unwrap().iter().next().unwrap();
            match kind.as_str() {
                "int" => Index::Int(what.as_i64().unwrap() as isize),
                "slice" => {
                    let bound = |at: usize| what[at].as_i64().map(|n| n as isize);
                    Index::Slice {
                        start: bound(0),
                        stop: bound(1),
                        step: bound(2).unwrap(),
                    }
                }
                "newaxis" => Index::NewAxis,
                "ellipsis" => Index::Ellipsis,
                "array" => ints(&what[1], &sizes(&what[0]), index_dtype).into_index(),
                _ => {
                    let flat: Vec<bool> = what[1]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|b| b.as_bool().unwrap())
                        .collect();
                    Array::from_vec(flat, &sizes(&what[0]))
                        .unwrap()
                        .into_index()
                }
            }
        })
        .collect()
}

fn transposed(x: &Array) -> Array {
    let permutation: Axes = (0..x.ndim()).rev().collect();
    bind1(&Prim::Transpose { permutation }, &mut [x.into()]).unwrap()
}

fn copied(x: &Array) -> Array {
    let y = bind1(&Prim::Cast { dtype: x.dtype() }, &mut [x.into()]).unwrap();
    assert!(y.tensor().unwrap().layout.is_contiguous());
    y
}

fn whole(step: isize) -> Index<IndexArray> {
    Index::Slice {
        start: None,
        stop: None,
        step,
    }
}

/// The same values in other layouts, each over a buffer of its own.
fn layouts(x: &Array) -> Vec<Array> {
    let backwards = vec![whole(-1); x.ndim()];
    let flipped = copied(&x.get(&backwards).unwrap()).get(&backwards).unwrap();
    let mut spread = zeros(
        x.shape().iter().map(|d| d * 2 + 1).collect::<Vec<_>>(),
        x.dtype(),
    )
    .unwrap();
    let every: Vec<Index<IndexArray>> = x
        .shape()
        .iter()
        .map(|&dim| Index::Slice {
            start: Some(1),
            stop: Some(1 + 2 * dim as isize),
            step: 2,
        })
        .collect();
    spread.assign(&every, x).unwrap();
    vec![
        copied(x),
        transposed(&copied(&transposed(x))),
        flipped,
        spread.get(&every).unwrap(),
    ]
}

#[track_caller]
fn check(found: &Array, expected: &Value, shape: &[usize], row: &Value) {
    assert_eq!(found.shape(), shape, "{row}");
    let expected = ints(expected, shape, found.dtype());
    assert_eq!(
        found.to_bytes().unwrap(),
        expected.to_bytes().unwrap(),
        "{row}"
    );
}

#[test]
fn reads_and_writes_what_numpy_does() {
    let text = include_str!("data/index_goldens.json");
    let rows: Vec<Value> = serde_json::from_str(text).unwrap();
    let dtypes = [
        DType::Int64,
        DType::Float32,
        DType::Complex128,
        DType::Int8,
        DType::Float16,
        DType::UInt16,
        DType::Complex64,
        DType::Float64,
        DType::BFloat16,
        DType::UInt32,
        DType::Int32,
        DType::Int16,
        DType::UInt64,
        DType::UInt8,
    ];
    let index_dtypes = [DType::Int64, DType::Int8, DType::Int32];
    assert!(rows.len() >= 700);
    for (number, row) in rows.iter().enumerate() {
        let dtype = dtypes[number % dtypes.len()];
        let index = expression(row, index_dtypes[number % 3]);
        let shape = sizes(&row["shape"]);
        let count = shape.iter().product::<usize>() as i64;
        let x = Array::from_vec((0..count).collect(), &shape)
            .unwrap()
            .astype(dtype)
            .unwrap();
        if let Some(error) = row.get("error") {
            let found = x.get(&index).unwrap_err();
            assert_eq!(found.kind(), ErrorKind::Index);
            let found = found.to_string();
            assert_eq!(found, format!("get: {}", error.as_str().unwrap()), "{row}");
            continue;
        }
        let result_shape = sizes(&row["result_shape"]);
        let size = result_shape.iter().product::<usize>() as i64;
        let made = |value: fn(i64) -> i64| {
            Array::from_vec((0..size).map(value).collect(), &result_shape)
                .unwrap()
                .astype(dtype)
                .unwrap()
        };
        let below = Array::from_vec(vec![-7i64], &[]).unwrap();
        for x in layouts(&x) {
            let before = x.to_bytes().unwrap();
            check(&x.get(&index).unwrap(), &row["result"], &result_shape, row);
            check(&x.set(&index, &below).unwrap(), &row["scalar"], &shape, row);
            let values = made(|i| -1 - i);
            check(
                &x.set(&index, &values).unwrap(),
                &row["values"],
                &shape,
                row,
            );
            let added = x.at(&index).add(made(|i| 100 + i)).unwrap();
            // NumPy's float16 and bfloat16 sums may be rounded between additions; here too, one at a time.
            if !matches!(dtype, DType::BFloat16) {
                check(&added, &row["added"], &shape, row);
            }
            if let Some(line) = row.get("line") {
                let value_shape = sizes(&line[0]);
                let len = value_shape.iter().product::<usize>() as i64;
                let value =
                    Array::from_vec((0..len).map(|i| -50 - i).collect(), &value_shape).unwrap();
                check(&x.set(&index, value).unwrap(), &line[1], &shape, row);
            }
            assert_eq!(x.to_bytes().unwrap(), before, "x changed: {row}");
            // In place, on a buffer that nobody else holds.
            let mut own = layouts(&x).swap_remove(number % 4);
            own.assign(&index, &values).unwrap();
            check(&own, &row["values"], &shape, row);
            own.at_mut(&index).set(&below).unwrap();
            check(&own, &row["scalar"], &shape, row);
        }
    }
}

fn arange(n: i64) -> Array {
    Array::from_vec((0..n).collect(), &[n as usize]).unwrap()
}

fn address(x: &Array) -> Option<*const u8> {
    x.tensor().unwrap().buffer.host_ptr()
}

#[test]
fn assign_is_in_place_when_nothing_else_holds_the_buffer() {
    let mut x = arange(100);
    let place = address(&x);
    x.assign(s![3..50;7], 0).unwrap();
    x.assign(s![[1, 2]], [5, 6]).unwrap();
    x.assign(s![vec![true; 100]], 1).unwrap();
    let few = Array::from_vec((0..100).map(|i| i == 40).collect(), &[100]).unwrap();
    x.assign(s![&few], 2).unwrap();
    x.at_mut(s![..]).add(1).unwrap();
    assert_eq!(address(&x), place);
    let kept = x.clone();
    x.assign(s![0], 9).unwrap();
    assert_ne!(address(&x), place);
    assert_eq!(kept.literal_at(&[0]).unwrap(), Literal::new(2i64));
}

#[test]
fn an_overlapping_source_is_read_before_it_is_written() {
    let mut x = arange(6);
    x.assign(s![1..], x.get(s![..-1]).unwrap()).unwrap();
    assert_eq!(x.to_vec::<i64>().unwrap(), [0, 0, 1, 2, 3, 4]);
    let mut x = arange(6);
    x.assign(s![..;-1], x.clone()).unwrap();
    assert_eq!(x.to_vec::<i64>().unwrap(), [5, 4, 3, 2, 1, 0]);
    let mut x = arange(4);
    x.assign(s![&x.clone()], x.get(s![..;-1]).unwrap()).unwrap();
    assert_eq!(x.to_vec::<i64>().unwrap(), [3, 2, 1, 0]);
}

#[test]
fn basic_indexing_gives_views() {
    let x = arange(24);
    for y in [
        x.get(s![3]),
        x.get(s![2..9;3, newaxis]),
        x.get(s![..., ..;-1]),
    ] {
        assert_eq!(address(&y.unwrap()), address(&x));
    }
}

#[test]
fn a_failed_write_leaves_the_array_whole() {
    let mut x = arange(10);
    let place = address(&x);
    let before = x.to_vec::<i64>().unwrap();
    for error in [
        x.assign(s![[0, 1, 10]], 7).unwrap_err(),
        x.assign(s![[0, 1]], [1, 2, 3]).unwrap_err(),
        x.assign(s![..2], f64::NAN).unwrap_err(),
        x.assign(s![11], 1).unwrap_err(),
        x.at_mut(s![..]).add(0.5).unwrap_err(),
    ] {
        assert!(!error.message().is_empty());
        assert_eq!(x.to_vec::<i64>().unwrap(), before);
    }
    assert_eq!(address(&x), place);
}

#[test]
fn assignment_casts_as_numpy_does() {
    let x = Array::from_vec(vec![0i8; 3], &[3]).unwrap();
    assert_eq!(
        x.set(s![0], 2.9).unwrap().to_vec::<i8>().unwrap(),
        [2, 0, 0]
    );
    let wide = Array::from_vec(vec![300.5f64, -1.5, 3.0], &[3]).unwrap();
    assert_eq!(
        x.set(s![1..], wide.get(s![1..]).unwrap())
            .unwrap()
            .to_vec::<i8>()
            .unwrap(),
        [0, -1, 3]
    );
    let complex = Array::from_vec(vec![c128::new(1.0, 2.0)], &[1]).unwrap();
    let y = zeros(2, DType::Float32)
        .unwrap()
        .set(s![0], complex.get(s![0]).unwrap());
    assert_eq!(y.unwrap().to_vec::<f32>().unwrap(), [1.0, 0.0]);
    assert_eq!(
        x.set(s![0], true).unwrap().to_vec::<i8>().unwrap(),
        [1, 0, 0]
    );
}

#[test]
fn careful_modes_refuse_what_they_would_not_promote() {
    let x = zeros(3, DType::Float32).unwrap();
    let wide = ones(3, DType::Float64).unwrap();
    assert!(x.set(s![..], &wide).is_ok());
    for mode in [Mode::Safe, Mode::Strict] {
        let error = with_mode(mode, || x.set(s![..], &wide)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Type);
        assert!(with_mode(mode, || x.set(s![..], 1.5)).is_ok());
        assert!(with_mode(mode, || x.at(s![..]).add(&wide)).is_err());
    }
    assert!(with_mode(Mode::All, || x.set(s![..], &wide)).is_ok());
}

#[test]
fn repeated_places() {
    let x = zeros(3, DType::Float64).unwrap();
    let twice = s![[1, 1, 2]];
    let last = x.set(&twice, [1.0, 2.0, 3.0]).unwrap();
    assert_eq!(last.to_vec::<f64>().unwrap(), [0.0, 2.0, 3.0]);
    let at = x.at(&twice);
    let values = [5.0, -2.0, f64::NAN];
    let found = |y: Result<Array>| y.unwrap().to_vec::<f64>().unwrap();
    assert_eq!(found(at.subtract([5.0, -2.0, 1.0])), [0.0, -3.0, -1.0]);
    assert_eq!(found(at.maximum(values))[..2], [0.0, 5.0]);
    assert_eq!(found(at.minimum(values))[..2], [0.0, -2.0]);
    assert!(found(at.maximum(values))[2].is_nan() && found(at.minimum(values))[2].is_nan());
    assert_eq!(
        found(last.at(&twice).multiply([3.0, 2.0, 1.0])),
        [0.0, 12.0, 3.0]
    );
}

#[test]
fn masks_add_and_multiply() {
    let x = arange(6).get(s![..]).unwrap();
    let mask = Array::from_vec(vec![true, false, true, true, false, true], &[6]).unwrap();
    let added = x.at(s![&mask]).add(10).unwrap();
    assert_eq!(added.to_vec::<i64>().unwrap(), [10, 1, 12, 13, 4, 15]);
    let rows = Array::from_vec((0..6).collect::<Vec<i64>>(), &[2, 3]).unwrap();
    let scaled = rows
        .at(s![[false, true]])
        .multiply([[10, 100, 1000]])
        .unwrap();
    assert_eq!(scaled.to_vec::<i64>().unwrap(), [0, 1, 2, 30, 400, 5000]);
    let columns = rows.set(s![..., [true, false, true]], [[7], [8]]).unwrap();
    assert_eq!(columns.to_vec::<i64>().unwrap(), [7, 1, 7, 8, 4, 8]);
}

/// Gather, scatter and `nonzero` over enough elements that several threads share them.
#[test]
fn several_threads_find_and_move_what_one_does() {
    let n = 300_000usize;
    let scrambled = |i: usize| (i * 7919 + 13) % n;
    let x = Array::from_vec((0..n as i64).collect(), &[n]).unwrap();
    let index: Vec<i64> = (0..n).map(|i| scrambled(i) as i64 - n as i64).collect();
    let index = Array::from_vec(index, &[n]).unwrap();
    let mask: Vec<bool> = (0..n).map(|i| scrambled(i) % 3 == 0).collect();
    let mask = Array::from_vec(mask, &[n]).unwrap();
    let square = Array::from_vec((0..n as i64).collect(), &[300, 1000]).unwrap();
    let columns: Vec<i64> = (0..700).map(|i| (i * 37 % 1000) as i64 - 500).collect();
    let mut answers = Vec::new();
    for threads in [1, 4] {
        tnp_cpu::set_num_threads(threads);
        answers.push([
            x.get(s![&index]).unwrap().to_bytes().unwrap(),
            x.get(s![&mask]).unwrap().to_bytes().unwrap(),
            x.set(s![&index], &x).unwrap().to_bytes().unwrap(),
            square
                .get(s![.., columns.clone()])
                .unwrap()
                .to_bytes()
                .unwrap(),
            transposed(&square)
                .get(s![columns
                    .iter()
                    .map(|c| c.rem_euclid(300))
                    .collect::<Vec<_>>()])
                .unwrap()
                .to_bytes()
                .unwrap(),
        ]);
        let found = nonzero(&mask, ())
            .unwrap()
            .remove(0)
            .to_vec::<i64>()
            .unwrap();
        let expected: Vec<i64> = (0..n)
            .filter(|&i| scrambled(i) % 3 == 0)
            .map(|i| i as i64)
            .collect();
        assert_eq!(found, expected);
        let mut far = index.to_vec::<i64>().unwrap();
        far[250_000] = n as i64;
        far[270_000] = -5 - n as i64;
        let error = x.get(s![far]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("get: index {n} is out of bounds for axis 0 with size {n}")
        );
    }
    tnp_cpu::set_num_threads(0);
    assert_eq!(answers[0], answers[1]);
    let gathered: Vec<i64> = (0..n).map(|i| scrambled(i) as i64).collect();
    assert_eq!(
        x.get(s![&index]).unwrap().to_vec::<i64>().unwrap(),
        gathered
    );
}

#[test]
fn rust_indices_follow_the_array_to_its_device() {
    let cpu = Device::new("cpu", 0).unwrap();
    cpu.backend().set_logical_devices(2).unwrap();
    let x = arange(5).to("cpu:1").unwrap();
    let y = x.get(s![[3, 1]]).unwrap();
    assert_eq!(y.device().unwrap().to_string(), "cpu:1");
    assert_eq!(
        x.set(s![[true, false, false, false, true]], 9)
            .unwrap()
            .to_vec::<i64>()
            .unwrap(),
        [9, 1, 2, 3, 9]
    );
    assert_eq!(
        x.set(s![1..3], 9).unwrap().device().unwrap(),
        x.device().unwrap()
    );
    let elsewhere = Array::from_vec(vec![0i64], &[1]).unwrap();
    let error = x.get(s![&elsewhere]).unwrap_err();
    assert!(error.to_string().contains("cpu:1 and cpu:0"), "{error}");
}

/// Stands for a trace: every result is a box.
struct Recorder(ScopeId);

impl Frame for Recorder {
    fn scope(&self) -> ScopeId {
        self.0
    }
    fn name(&self) -> &'static str {
        "recorder"
    }
    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
        let types: Vec<TensorType> = inputs.iter().map(|x| x.as_array().unwrap().ty()).collect();
        let types: Vec<&TensorType> = types.iter().collect();
        let outputs = tnp_backend::prim::infer(prim, &types)?;
        Ok(outputs.into_iter().map(|ty| self.unknown(ty)).collect())
    }
}

impl Recorder {
    fn unknown(&self, ty: TensorType) -> Array {
        Array::from_boxed(Boxed {
            scope: self.0,
            ty,
            payload: Arc::new(()),
        })
    }
}

#[test]
fn inside_a_trace_shapes_must_not_depend_on_values() {
    let recorder = Arc::new(Recorder(ScopeId::fresh()));
    with_frame(recorder.clone(), || {
        let x = recorder.unknown(TensorType::new(&[4, 3], DType::Float32));
        let mask = recorder.unknown(TensorType::new(&[4], DType::Bool));
        let index = recorder.unknown(TensorType::new(&[2], DType::Int32));
        assert_eq!(x.get(s![1, ..;-1]).unwrap().shape(), [3]);
        assert_eq!(x.get(s![&index, newaxis, 0]).unwrap().shape(), [2, 1]);
        assert_eq!(
            x.get(s![[true, false, true, true]]).unwrap().shape(),
            [3, 3]
        );
        let error = x.get(s![&mask]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Scope);
        assert!(error.to_string().contains("`size=`"), "{error}");
        assert!(
            nonzero(&mask, ())
                .unwrap_err()
                .to_string()
                .contains("`size=`")
        );
        assert_eq!(
            nonzero(&mask, NonZero::size(6).fill_value(-1)).unwrap()[0].shape(),
            [6]
        );
        assert_eq!(x.set(s![&mask], 0).unwrap().shape(), [4, 3]);
        assert_eq!(x.at(s![&mask]).add([1, 2, 3]).unwrap().shape(), [4, 3]);
        assert!(x.set(s![&mask], ones([4, 3], ()).unwrap()).is_err());
    });
}

#[test]
fn nonzero_with_a_stated_size() {
    let x = Array::from_vec(vec![0.0f32, 2.0, 0.0, -0.0, f32::NAN, 1.0], &[2, 3]).unwrap();
    let found = |options: NonZero| -> Vec<Vec<i64>> {
        let lines = nonzero(&x, options).unwrap();
        lines.iter().map(|line| line.to_vec().unwrap()).collect()
    };
    assert_eq!(found(().into()), [[0, 1, 1], [1, 1, 2]]);
    assert_eq!(found(2.into()), [[0, 1], [1, 1]]);
    assert_eq!(found(NonZero::size(5)), [[0, 1, 1, 0, 0], [1, 1, 2, 0, 0]]);
    let filled = NonZero::size(8).fill_value(9);
    assert_eq!(
        found(filled),
        [[0, 1, 1, 9, 9, 9, 9, 9], [1, 1, 2, 9, 9, 9, 9, 9]]
    );
}

#[test]
fn errors_say_what_is_wrong_and_what_to_do() {
    let x = Array::from_vec(vec![0i64; 12], &[3, 4]).unwrap();
    let bytes = Array::from_vec(vec![0i8; 3], &[3]).unwrap();
    let floats = Array::from_vec(vec![0.0, 1.0], &[2]).unwrap();
    let ragged = vec![vec![1, 2], vec![3]];
    let long = vec![true; 4];
    let none = zeros([0, 3], ()).unwrap();
    let errors: Vec<Error> = [
        x.get(s![3]).err(),
        x.get(s![0, -5]).err(),
        x.get(s![usize::MAX]).err(),
        x.get(s![[0, 3]]).err(),
        x.get(s![0, [[1], [-9]]]).err(),
        x.get(s![1, 2, 3]).err(),
        x.get(s![..., ...]).err(),
        x.get(s![..;0]).err(),
        x.get(s![&long]).err(),
        x.get(s![.., [[true]]]).err(),
        x.get(s![[0, 1], [0, 1, 2]]).err(),
        x.get(s![&floats]).err(),
        x.get(s![ragged]).err(),
        x.set(s![[0, 1], 0], [1, 2, 3]).err(),
        x.set(s![..2, 0], [1, 2, 3]).err(),
        bytes.set(s![[true, true, false]], [1, 2, 3]).err(),
        bytes.set(s![0], 300).err(),
        bytes.set(s![0], f64::NAN).err(),
        bytes.set(s![0], f64::INFINITY).err(),
        bytes.set(s![0], c128::new(0.0, 1.0)).err(),
        bytes.at(s![0]).add(1.5).err(),
        take(&x, [7], 0).err(),
        take(&x, &floats, 0).err(),
        take(&none, [0], Take::axis(0).mode(IndexMode::Wrap)).err(),
        take(&x, [0], 2).err(),
        take_along_axis(&x, [0], 0).err(),
        take_along_axis(&x, [[0.5]], 0).err(),
        take_along_axis(&x, vec![vec![0; 3]; 2], 0).err(),
        put_along_axis(&x, [[0]], [1, 2, 3, 4, 5], 0).err(),
        compress([[true]], &x, 0).err(),
        compress([false, false, false, true], &x, 0).err(),
        choose([2], [1, 2], IndexMode::Raise).err(),
        choose([-1], [1, 2], IndexMode::Raise).err(),
        nonzero(3, ()).err(),
        select([&x], [&x], 0).err(),
        select(Vec::<Array>::new(), Vec::<Array>::new(), 0).err(),
        select([&long], [1, 2], 0).err(),
        where_([true, false], [1, 2, 3], 0).err(),
    ]
    .into_iter()
    .map(|error| error.expect("each of these is an error"))
    .collect();
    let text: Vec<String> = errors.iter().map(|error| format!("{error:?}")).collect();
    insta::assert_snapshot!(text.join("\n"), @r"
    IndexError: get: index 3 is out of bounds for axis 0 with size 3
    IndexError: get: index -5 is out of bounds for axis 1 with size 4
    IndexError: get: index 9223372036854775807 is out of bounds for axis 0 with size 3
    IndexError: get: index 3 is out of bounds for axis 0 with size 3
    IndexError: get: index -9 is out of bounds for axis 1 with size 4
    IndexError: get: too many indices for array: array is 2-dimensional, but 3 were indexed
    IndexError: get: an index can only have a single ellipsis ('...')
    ValueError: get: slice step cannot be zero
    IndexError: get: boolean index did not match indexed array along axis 0; size of axis is 3 but size of corresponding boolean axis is 4
    IndexError: get: too many indices for array: array is 2-dimensional, but 3 were indexed
    IndexError: get: shape mismatch: indexing arrays could not be broadcast together with shapes (2,) (3,)
    IndexError: get: arrays used as indices must be of integer (or boolean) type, this one is float64; convert it with `astype(Int64)`
    IndexError: get: an index of nested sequences is ragged: its parts differ in length
    ValueError: set: shape mismatch: value array of shape (3,) could not be broadcast to indexing result of shape (2,)
    ValueError: set: could not broadcast input array from shape (3,) into shape (2,)
    ValueError: set: NumPy boolean array indexing assignment cannot assign 3 input values to the 2 output values where the mask is true
    OverflowError: set: integer 300 out of bounds for int8; convert the array or choose a wider dtype
    ValueError: set: cannot convert float NaN to integer (int8)
    OverflowError: set: cannot convert float infinity to integer (int8)
    TypeError: set: cannot convert complex 0+1j to int8; take its real part or use a complex dtype
    TypeError: add: Cannot cast ufunc 'add' output from dtype('float64') to dtype('int8') with casting rule 'same_kind'; convert the value with `astype`
    IndexError: take: index 7 is out of bounds for axis 0 with size 3
    TypeError: take: Cannot cast array data from dtype('float64') to dtype('int64') according to the rule 'safe'; convert the indices with `astype(Int64)`
    IndexError: take: cannot do a non-empty take from an empty axes.
    AxisError: take: axis 2 is out of bounds for array of dimension 2
    ValueError: take_along_axis: `indices` and `arr` must have the same number of dimensions; they have 1 and 2
    IndexError: take_along_axis: `indices` must be an integer array
    IndexError: take_along_axis: shape mismatch: indexing arrays could not be broadcast together with shapes (2,3) (1,4)
    ValueError: put_along_axis: shape mismatch: value array of shape (5,) could not be broadcast to indexing result of shape (1, 4)
    ValueError: compress: condition must be a 1-d array, it has shape (1, 1)
    IndexError: compress: index 3 is out of bounds for axis 0 with size 3
    ValueError: choose: invalid entry in choice array: 2 is none of 2 choices
    ValueError: choose: invalid entry in choice array: -1 is none of 2 choices
    ValueError: nonzero: Calling nonzero on 0d arrays is not allowed. Use `atleast_1d(x)` first; for a condition's value there is `truth`
    TypeError: select: invalid entry 0 in condlist: should be boolean ndarray, it is int64
    ValueError: select: select with an empty condition list is not possible
    ValueError: select: list of cases must be same length as list of conditions; there are 2 and 1
    ValueError: where: operands could not be broadcast together with shapes (2,) (3,) ()
    ");
}
