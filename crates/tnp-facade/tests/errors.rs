//! What bad input is told: operation, values, way out; and that nothing is lost or half-done.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tnp::prelude::*;

#[macro_use]
mod said;

use said::line;

fn x() -> Array {
    arange(6).unwrap().reshape([2, 3]).unwrap()
}

#[test]
fn shapes_and_axes() {
    let (x, y) = (x(), ones([4, 5], ()).unwrap());
    let text = said! {
        add(&x, &y);
        where_(greater(&x, 2)?, &x, &y);
        matmul(&x, &y);
        dot(&x, &y);
        einsum("ij,jk", [&x, &y], ());
        concatenate([&x, &y], 0);
        stack([&x, &y], ());
        x.sum(2);
        x.sum([0, 0]);
        x.argmax(-3);
        cumsum(&x, 5);
        sort(&x, 9);
        x.transpose([0, 0]);
        swapaxes(&x, 0, 7);
        moveaxis(&x, [0, 1], [0]);
        squeeze(&x, 0);
        expand_dims(&x, 4);
        x.reshape([4, 2]);
        x.reshape([-1, -1]);
        x.reshape([-1, 4]);
        broadcast_to(&x, [2, 2]);
        zeros([2, -1], ());
        zeros([1usize << 40, 1 << 20], Float64);
        zeros([1usize << 44], Float64);
        split(&x, 4, 1).map(|mut parts| parts.remove(0));
        max(zeros([0], ())?, ());
        argmin(zeros([0, 3], ())?, 0);
        Array::from_vec(vec![1.0, 2.0], &[3]);
        x.mean([1, -1]);
        expand_dims(&x, [0, -4]);
        x.transpose([0]);
        moveaxis(&x, [0, 0], [0, 1]);
        diagonal(&x, Diagonal::offset(0).axes(1, -1));
        roll(&x, [1, 2, 3], [0, 1]);
        flip(&x, 2);
        repeat(&x, -1, 0);
        repeat(&x, [1, 2, 3], 0);
        tile(&x, [1, -2]);
        tensordot(&x, &y, 1);
        cross(&x, &y, ());
        sliding_window_view(&x, [3, 3], ());
        einsum("ij->ik", [&x], ());
        einsum("ij,jk", [&x], ());
        column_stack([&x, &y]);
        linspace(0, 1, Space::num(3).axis(4));
        broadcast_arrays([&x, &y]).map(|mut all| all.remove(0));
    };
    insta::assert_snapshot!(text, @r#"
add(&x, &y)
    add: operands could not be broadcast together with shapes (2,3) (4,5)
where_(greater(&x, 2)?, &x, &y)
    where: operands could not be broadcast together with shapes (2,3) (2,3) (4,5)
matmul(&x, &y)
    matmul: shapes (2, 3) and (4, 5) do not fit: 3 (axis 1 of the first) must equal 4 (axis 0 of the second)
dot(&x, &y)
    dot: shapes (2, 3) and (4, 5) do not fit: 3 (axis 1 of the first) must equal 4 (axis 0 of the second)
einsum("ij,jk", [&x, &y], ())
    einsum: operands could not be broadcast together with shapes (2, 3) (4, 5): sizes 3 and 4 under 'j'
concatenate([&x, &y], 0)
    concatenate: all the input array dimensions except for the concatenation axis must match exactly, but along dimension 1, the array at index 0 has size 3 and the array at index 1 has size 5
stack([&x, &y], ())
    stack: all input arrays must have the same shape, but one has (2, 3) and one (4, 5)
x.sum(2)
    sum: axis 2 is out of bounds for array of dimension 2
x.sum([0, 0])
    sum: repeated axis: 0 is named twice
x.argmax(-3)
    argmax: axis -3 is out of bounds for array of dimension 2
cumsum(&x, 5)
    cumsum: axis 5 is out of bounds for array of dimension 2
sort(&x, 9)
    sort: axis 9 is out of bounds for array of dimension 2
x.transpose([0, 0])
    transpose: repeated axis in transpose: 0 is named twice
swapaxes(&x, 0, 7)
    swapaxes: axis2: axis 7 is out of bounds for array of dimension 2
moveaxis(&x, [0, 1], [0])
    moveaxis: `source` and `destination` arguments must have the same number of elements, they have 2 and 1
squeeze(&x, 0)
    squeeze: cannot select an axis to squeeze out which has size not equal to one: axis 0 has size 2
expand_dims(&x, 4)
    expand_dims: axis 4 is out of bounds for array of dimension 3
x.reshape([4, 2])
    reshape: cannot reshape array of size 6 into shape (4,2)
x.reshape([-1, -1])
    reshape: can only specify one unknown dimension, not (-1,-1)
x.reshape([-1, 4])
    reshape: cannot reshape array of size 6 into shape (-1,4)
broadcast_to(&x, [2, 2])
    broadcast_to: operands could not be broadcast together with remapped shapes [original->remapped]: (2, 3) and requested shape (2, 2)
zeros([2, -1], ())
    zeros: negative dimensions are not allowed, -1 is one
zeros([1usize << 40, 1 << 20], Float64)
    zeros: array is too big; shape (1099511627776, 1048576) of float64 is larger than the maximum possible size
zeros([1usize << 44], Float64)
    zeros: Unable to allocate 140737488355328 bytes: the system has no more, for an array with shape (17592186044416,) and data type float64
split(&x, 4, 1).map(|mut parts| parts.remove(0))
    split: array split does not result in an equal division: 3 elements in 4 parts; use `array_split`
max(zeros([0], ())?, ())
    max: zero-size array to reduction operation maximum which has no identity: its shape is (0,); give `initial`
argmin(zeros([0, 3], ())?, 0)
    argmin: attempt to get argmin of an empty sequence: the shape is (0, 3)
Array::from_vec(vec![1.0, 2.0], &[3])
    from_vec: cannot reshape array of size 2 into shape (3,)
x.mean([1, -1])
    mean: repeated axis: 1 is named twice
expand_dims(&x, [0, -4])
    expand_dims: repeated axis: 0 is named twice
x.transpose([0])
    transpose: axes don't match array: 1 axes for an array of dimension 2
moveaxis(&x, [0, 0], [0, 1])
    moveaxis: repeated axis in `source` argument: 0 is named twice
diagonal(&x, Diagonal::offset(0).axes(1, -1))
    diagonal: axis1 and axis2 cannot be the same, both are 1
roll(&x, [1, 2, 3], [0, 1])
    roll: shape mismatch: 3 shifts and 2 axes cannot be broadcast together
flip(&x, 2)
    flip: axis 2 is out of bounds for array of dimension 2
repeat(&x, -1, 0)
    repeat: repeats may not contain negative values.
repeat(&x, [1, 2, 3], 0)
    repeat: operands could not be broadcast together with shape (2,) (3,)
tile(&x, [1, -2])
    tile: negative dimensions are not allowed, -2 is one
tensordot(&x, &y, 1)
    tensordot: shapes (2, 3) and (4, 5) do not fit: 3 (axis 1 of the first) must equal 4 (axis 0 of the second)
cross(&x, &y, ())
    cross: incompatible dimensions for cross product (dimension must be 2 or 3), shapes (2, 3) and (4, 5)
sliding_window_view(&x, [3, 3], ())
    sliding_window_view: window shape cannot be larger than input array shape: 3 on axis 0 of (2, 3)
einsum("ij->ik", [&x], ())
    einsum: einstein sum subscripts string included output subscript 'k' which never appeared in an input
einsum("ij,jk", [&x], ())
    einsum: fewer operands provided to einstein sum function than specified in the subscripts string: 1 for 'ij,jk'
column_stack([&x, &y])
    column_stack: all the input array dimensions except for the concatenation axis must match exactly, but along dimension 0, the array at index 0 has size 2 and the array at index 1 has size 4
linspace(0, 1, Space::num(3).axis(4))
    linspace: axis 4 is out of bounds for array of dimension 1
broadcast_arrays([&x, &y]).map(|mut all| all.remove(0))
    broadcast_arrays: operands could not be broadcast together with shapes (2,3) (4,5)
"#);
}

/// What no machine has: refused by size before anything is taken, or by the system.
#[test]
fn sizes_beyond_memory() {
    let one = ones([1], Float64).unwrap();
    let wide = broadcast_to(&one, [1usize << 44]).unwrap();
    let text = said! {
        full([1usize << 62, 8], 1, Int8);
        add(&wide, 1);
        wide.astype(Int8);
        tile(&one, [1usize << 40, 1 << 30]);
        repeat(array([1, 2], ())?, 1i64 << 50, 0);
        outer(&wide, &wide);
        concatenate([&wide, &wide], 0);
        pad(&one, 1usize << 50, "edge");
        eye(1usize << 40, ());
        arange((0, 1i64 << 60));
        arange((0.0, 1e300));
        tnp::random::rand([1usize << 60]);
    };
    insta::assert_snapshot!(text, @r#"
full([1usize << 62, 8], 1, Int8)
    full: array is too big; the number of elements of shape (4611686018427387904, 8) exceeds the maximum possible size
add(&wide, 1)
    add: Unable to allocate 140737488355328 bytes: the system has no more, for an array with shape (17592186044416,) and data type float64
wide.astype(Int8)
    astype: Unable to allocate 17592186044416 bytes: the system has no more, for an array with shape (17592186044416,) and data type int8
tile(&one, [1usize << 40, 1 << 30])
    tile: array is too big; the number of elements of shape (1099511627776, 1073741824) exceeds the maximum possible size
repeat(array([1, 2], ())?, 1i64 << 50, 0)
    repeat: Unable to allocate 9007199254740992 bytes: the system has no more, for an array with shape (2251799813685248,) and data type int32
outer(&wide, &wide)
    outer: array is too big; the number of elements of shape (17592186044416, 17592186044416) exceeds the maximum possible size
concatenate([&wide, &wide], 0)
    concatenate: Unable to allocate 281474976710656 bytes: the system has no more, for an array with shape (35184372088832,) and data type float64
pad(&one, 1usize << 50, "edge")
    pad: Unable to allocate 18014398509481992 bytes: the system has no more, for an array with shape (2251799813685249,) and data type float64
eye(1usize << 40, ())
    eye: Unable to allocate 8796093022208 bytes: the system has no more, for an array with shape (1099511627776,) and data type float64
arange((0, 1i64 << 60))
    arange: array is too big; shape (1152921504606846976,) of int64 is larger than the maximum possible size
arange((0.0, 1e300))
    arange: Maximum allowed size exceeded
tnp::random::rand([1usize << 60])
    rand: array is too big; shape (1152921504606846976,) of float64 is larger than the maximum possible size
"#);
}

#[test]
fn indices() {
    let x = x();
    let text = said! {
        x.get(s![2]);
        x.get(s![0, -4]);
        x.get(s![0, 0, 0]);
        x.get(s![..., ...]);
        x.get(s![array([true, false, true], ())?]);
        x.get(s![[0, 5]]);
        x.get(s![[0, 1], [0, 1, 2]]);
        x.get(s![array([0.5], ())?]);
        x.get(s![..;0]);
        x.set(s![0], array([1, 2], ())?);
        take(&x, [0, 9], 1);
        take_along_axis(&x, array([[7]], ())?, 1);
        x.at(s![3]).add(1);
        x.get(s![..;0, 0]);
        x.get(s![array([[true, false], [true, true]], ())?]);
        x.set(s![[0, 1], [0, 1]], array([1, 2, 3], ())?);
        x.set(s![0], 0.5).and_then(|_| x.astype(Int8)?.set(s![0], 300));
        x.astype(Int8)?.set(s![0, ..2], [1, 300]);
        compress([true, false, true], &x, 0);
        choose([0, 2], [array([1, 2], ())?, array([3, 4], ())?], IndexMode::Raise);
        put_along_axis(&x, array([[9]], ())?, 1, 1);
    };
    insta::assert_snapshot!(text, @r#"
x.get(s![2])
    get: index 2 is out of bounds for axis 0 with size 2
x.get(s![0, -4])
    get: index -4 is out of bounds for axis 1 with size 3
x.get(s![0, 0, 0])
    get: too many indices for array: array is 2-dimensional, but 3 were indexed
x.get(s![..., ...])
    get: an index can only have a single ellipsis ('...')
x.get(s![array([true, false, true], ())?])
    get: boolean index did not match indexed array along axis 0; size of axis is 2 but size of corresponding boolean axis is 3
x.get(s![[0, 5]])
    get: index 5 is out of bounds for axis 0 with size 2
x.get(s![[0, 1], [0, 1, 2]])
    get: shape mismatch: indexing arrays could not be broadcast together with shapes (2,) (3,)
x.get(s![array([0.5], ())?])
    get: arrays used as indices must be of integer (or boolean) type, this one is float64; convert it with `astype(Int64)`
x.get(s![..;0])
    get: slice step cannot be zero
x.set(s![0], array([1, 2], ())?)
    set: could not broadcast input array from shape (2,) into shape (3,)
take(&x, [0, 9], 1)
    take: index 9 is out of bounds for axis 1 with size 3
take_along_axis(&x, array([[7]], ())?, 1)
    take_along_axis: index 7 is out of bounds for axis 1 with size 3
x.at(s![3]).add(1)
    add: index 3 is out of bounds for axis 0 with size 2
x.get(s![..;0, 0])
    get: slice step cannot be zero
x.get(s![array([[true, false], [true, true]], ())?])
    get: boolean index did not match indexed array along axis 1; size of axis is 3 but size of corresponding boolean axis is 2
x.set(s![[0, 1], [0, 1]], array([1, 2, 3], ())?)
    set: shape mismatch: value array of shape (3,) could not be broadcast to indexing result of shape (2,)
x.set(s![0], 0.5).and_then(|_| x.astype(Int8)?.set(s![0], 300))
    set: integer 300 out of bounds for int8; convert the array or choose a wider dtype
x.astype(Int8)?.set(s![0, ..2], [1, 300])
    set: integer 300 out of bounds for int8; convert the array or choose a wider dtype
compress([true, false, true], &x, 0)
    compress: index 2 is out of bounds for axis 0 with size 2
choose([0, 2], [array([1, 2], ())?, array([3, 4], ())?], IndexMode::Raise)
    choose: invalid entry in choice array: 2 is none of 2 choices
put_along_axis(&x, array([[9]], ())?, 1, 1)
    put_along_axis: index 9 is out of bounds for axis 1 with size 3
"#);
}

#[test]
fn dtypes_and_modes() {
    let x = x();
    let halves = x.astype(Float32).unwrap();
    let text = said! {
        bitwise_and(&halves, 1);
        floor(x.astype(Complex64)?);
        less(&x, "text".parse::<f64>().unwrap_or(0.0)).and_then(|mask| subtract(&mask, &mask));
        negative(array([true], ())?);
        left_shift(&halves, &x);
        with_mode(Mode::Strict, || add(&x, &halves));
        with_mode(Mode::Safe, || add(&x, &halves));
        with_mode(Mode::Strict, || concatenate([&x, &halves], 0));
        add(array([1i8], ())?, 300);
        array(300, Int8);
        array(-1, UInt8);
        array([[1, 300]], UInt8);
        asarray(vec![1.0, f64::NAN], Int32);
        array([c64::new(1.0, 2.0)], Float32);
        power(&x, -1);
        Array::try_from(vec![vec![1, 2], vec![3]]);
        x.item::<i64>().map(|_| x.clone());
        x.to_vec::<f32>().map(|_| x.clone());
        x.truth().map(|_| x.clone());
        array(1, ())?.len().map(|_| x.clone());
        arange((0, 5, 0));
        linspace(0, 1, -1);
        "float128".parse::<DType>().map(|_| x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()));
        finfo(Int64).map(|_| x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()));
        tnp::random::randint(5, 5, (), ());
        tnp::random::normal(0, -1, ());
        tnp::random::poisson(-0.5, ());
        tnp::random::randint(0, 300, (), Int8);
        tnp::random::uniform(0, f64::INFINITY, ());
        with_mode(Mode::Strict, || x.set(s![0], &halves));
        where_(array([true], ())?, array([1u8], ())?, -1);
        full(3, 300, UInt8);
        invert(&halves);
        matmul(&x, 2);
        x.as_slice::<f32>().map(|_| x.clone());
        x.t()?.as_slice::<i64>().map(|_| x.clone());
        promote_types(UInt64, BFloat16).map(|_| x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()));
        with_mode(Mode::Strict, || result_type((&x, &halves))).map(|_| x.clone());
        iinfo(Float32).map(|_| x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()));
    };
    insta::assert_snapshot!(text, @r#"
bitwise_and(&halves, 1)
    bitwise_and: not supported for the input type float32; convert it to one of bool and integers (`x.astype(…)`)
floor(x.astype(Complex64)?)
    floor: not supported for the input type complex64; convert it to one of the real dtypes (`x.astype(…)`)
less(&x,
"text".parse::<f64>().unwrap_or(0.0)).and_then(|mask| subtract(&mask, &mask))
    subtract: boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or the logical_xor function instead
negative(array([true], ())?)
    negative: boolean negative, the `-` operator, is not supported, use the `!` operator or the logical_not function instead
left_shift(&halves, &x)
    left_shift: not supported for the input type float64; convert it to one of the integers (`x.astype(…)`)
with_mode(Mode::Strict, || add(&x, &halves))
    add: int64 and float32 are not promoted in Strict mode; convert one (`x.astype(Float32)`) or choose another mode
with_mode(Mode::Safe, || add(&x, &halves))
    add: int64 and float32 are not promoted in Safe mode; convert one (`x.astype(Float32)`) or choose another mode
with_mode(Mode::Strict, || concatenate([&x, &halves], 0))
    concatenate: int64 and float32 are not promoted in Strict mode; convert one (`x.astype(Float32)`) or choose another mode
add(array([1i8], ())?, 300)
    add: integer 300 out of bounds for int8; convert the array or choose a wider dtype
array(300, Int8)
    array: integer 300 out of bounds for int8; convert the array or choose a wider dtype
array(-1, UInt8)
    array: integer -1 out of bounds for uint8; convert the array or choose a wider dtype
array([[1, 300]], UInt8)
    array: integer 300 out of bounds for uint8; convert the array or choose a wider dtype
asarray(vec![1.0, f64::NAN], Int32)
    asarray: cannot convert float NaN to integer (int32)
array([c64::new(1.0, 2.0)], Float32)
    array: cannot convert complex 1+2j to float32; take its real part or use a complex dtype
power(&x, -1)
    power: Integers to negative integer powers are not allowed; convert the base to a float (`x.astype(Float64)`)
Array::try_from(vec![vec![1, 2], vec![3]])
    array: setting an array element with a sequence. The requested array has an inhomogeneous shape: among 2 parts, one has shape (2,) and one (1,)
x.item::<i64>().map(|_| x.clone())
    item: can only convert an array of size 1 to a scalar, this one has shape (2, 3)
x.to_vec::<f32>().map(|_| x.clone())
    to_vec: the array is int64, not float32; convert it with `x.astype(Float32)`
x.truth().map(|_| x.clone())
    bool: the truth value of an array of shape (2, 3), with more than one element (or none), is ambiguous; use `any` or `all`
array(1, ())?.len().map(|_| x.clone())
    len: len() of unsized object; a 0-d array has no axes
arange((0, 5, 0))
    arange: division by zero: the step is 0
linspace(0, 1, -1)
    linspace: Number of samples, -1, must be non-negative.
"float128".parse::<DType>().map(|_|
x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()))
    data type 'float128' not understood; the dtypes are bool, int8 … int64, uint8 … uint64, float16, bfloat16, float32, float64, complex64 and complex128
finfo(Int64).map(|_|
x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()))
    finfo: data type int64 not inexact; use iinfo for integers
tnp::random::randint(5, 5, (), ())
    randint: low >= high: 5 >= 5
tnp::random::normal(0, -1, ())
    normal: scale < 0: -1
tnp::random::poisson(-0.5, ())
    poisson: lam < 0 or lam is NaN: -0.5
tnp::random::randint(0, 300, (), Int8)
    randint: high is out of bounds for int8: 300 > 128
tnp::random::uniform(0, f64::INFINITY, ())
    uniform: Range exceeds valid bounds: from 0 to inf
with_mode(Mode::Strict, || x.set(s![0], &halves))
    set: int64 and float32 are not promoted in Strict mode; convert one (`x.astype(Float32)`) or choose another mode
where_(array([true], ())?, array([1u8], ())?, -1)
    where: integer -1 out of bounds for uint8; convert the array or choose a wider dtype
full(3, 300, UInt8)
    full: integer 300 out of bounds for uint8; convert the array or choose a wider dtype
invert(&halves)
    invert: not supported for the input type float32; convert it to one of bool and integers (`x.astype(…)`)
matmul(&x, 2)
    matmul: Input operand 1 does not have enough dimensions (has 0, gufunc core with signature (n?,k),(k,m?)->(n?,m?) requires 1); for a number write `multiply`
x.as_slice::<f32>().map(|_| x.clone())
    as_slice: the array is int64, not float32; convert it with `x.astype(Float32)`
x.t()?.as_slice::<i64>().map(|_| x.clone())
    as_slice: the array is not contiguous; copy it with `to_vec` or `ascontiguousarray`
promote_types(UInt64,
BFloat16).map(|_|
x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()))
    promote_types: the DTypes uint64 and bfloat16 do not have a common DType; convert one (`x.astype(Float32)`)
with_mode(Mode::Strict, || result_type((&x, &halves))).map(|_| x.clone())
    result_type: int64 and float32 are not promoted in Strict mode; convert one (`x.astype(Float32)`) or choose another mode
iinfo(Float32).map(|_|
x.clone()).map_err(|error| tnp::Error::dtype(error.to_string()))
    iinfo: Invalid integer data type float32; use finfo for floating point
"#);
}

#[test]
fn devices_that_are_not_there() {
    let x = x();
    let text = said! {
        x.to("cuda:0");
        x.to("wgpu");
        x.to("cpu:7");
        x.to("abacus:0");
        with_device("gpu:0", || x.clone());
    };
    insta::assert_snapshot!(text, @r#"
x.to("cuda:0")
    device 'cuda:0': no backend 'cuda' in this program (there are: cpu); turn on the feature `cuda` of tnp
x.to("wgpu")
    device 'wgpu:0': no backend 'wgpu' in this program (there are: cpu); turn on the feature `wgpu` of tnp
x.to("cpu:7")
    device 'cpu:7': backend 'cpu' has cpu:0
x.to("abacus:0")
    device 'abacus:0': no backend 'abacus' in this program (there are: cpu); link the crate that provides it, or call `register`
with_device("gpu:0", || x.clone())
    device 'gpu:0': no backend 'gpu' in this program (there are: cpu); turn on the feature `cuda` or `wgpu` of tnp
"#);
}

/// With another logical device the answer above would differ: this process has one, a child of it two.
#[test]
fn operands_on_two_devices() {
    const ASKED: &str = "TNP_TEST_TWO_DEVICES";
    const NAME: &str = "operands_on_two_devices";
    if std::env::var_os(ASKED).is_none() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args([NAME, "--exact"])
            .env(ASKED, "1")
            .status();
        assert!(child.unwrap().success());
        return;
    }
    tnp::memory::set_logical_devices("cpu", 2).unwrap();
    let here = x();
    let there = here.to("cpu:1").unwrap();
    let mut kept = here.clone();
    let text = said! {
        add(&here, &there);
        matmul(&there, here.t()?);
        concatenate([&here, &there], 0);
        where_(greater(&here, 2)?, &there, 0);
        here.get(s![there.get(s![0, ..2])?]);
        kept.assign(s![0], there.get(s![0])?).map(|()| x());
        here.to("cpu:2");
        tnp::memory::set_logical_devices("cpu", 0).map(|()| x());
    };
    assert!(array_equal(&kept, x(), ()).unwrap());
    insta::assert_snapshot!(text, @r#"
add(&here, &there)
    add: the operands are on cpu:0 and cpu:1; move one (`x.to("cpu:0")`) or run inside `with_device`
matmul(&there, here.t()?)
    matmul: the operands are on cpu:1 and cpu:0; move one (`x.to("cpu:1")`) or run inside `with_device`
concatenate([&here, &there], 0)
    concatenate: the operands are on cpu:0 and cpu:1; move one (`x.to("cpu:0")`) or run inside `with_device`
where_(greater(&here, 2)?, &there, 0)
    where: the operands are on cpu:0 and cpu:1; move one (`x.to("cpu:0")`) or run inside `with_device`
here.get(s![there.get(s![0, ..2])?])
    get: the operands are on cpu:0 and cpu:1; move one (`x.to("cpu:0")`) or run inside `with_device`
kept.assign(s![0], there.get(s![0])?).map(|()| x())
    assign: the operands are on cpu:0 and cpu:1; move one (`x.to("cpu:0")`) or run inside `with_device`
here.to("cpu:2")
    device 'cpu:2': backend 'cpu' has cpu:0, cpu:1
tnp::memory::set_logical_devices("cpu", 0).map(|()| x())
    set_logical_devices: the CPU can show 1 to 16 devices, not 0
"#);
}

/// An archive of one stored member whose directory claims the sizes given, and no checksum worth the name.
fn zip(name: &str, data: &[u8], packed: u32, size: u32) -> Vec<u8> {
    let fields = |extra: &[u8]| {
        let mut bytes = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
        bytes.extend(packed.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend(extra);
        bytes.extend(name.as_bytes());
        bytes
    };
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend(fields(&[0; 2]));
    bytes.extend(data);
    let start = bytes.len() as u32;
    bytes.extend(b"PK\x01\x02\x14\x00");
    bytes.extend(fields(&[0; 16]));
    let length = bytes.len() as u32 - start;
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    bytes.extend(length.to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn files_that_lie() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, bytes: &[u8]| std::fs::write(path(name), bytes).unwrap();
    let npy = |header: &str, data: &[u8]| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    };
    write("text.npy", b"not an array at all");
    write("short.npy", b"\x93NUMPY");
    write(
        "cut.npy",
        &npy(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n",
            &[0; 16],
        ),
    );
    write(
        "huge.npy",
        &npy(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 8), }\n",
            &[0; 16],
        ),
    );
    write(
        "object.npy",
        &npy(
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
            &[0; 8],
        ),
    );
    write("code.npy", &npy("__import__('os').system('true')\n", &[]));
    let header = |descr: &str, fortran: &str, shape: &str| {
        format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
    };
    write(
        "order.npy",
        &npy(&header("'<f8'", "'yes'", "(1,)"), &[0; 8]),
    );
    write(
        "negative.npy",
        &npy(&header("'<f8'", "False", "(-1,)"), &[0; 8]),
    );
    write(
        "text8.npy",
        &npy(&header("'<U8'", "False", "(1,)"), &[0; 32]),
    );
    write("long.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{'descr'");
    write("future.npy", b"\x93NUMPY\x09\x00\x00\x00");
    write("cut.npz", b"PK\x03\x04 and then nothing");
    let good = npy(&header("'<f8'", "False", "(1,)"), &[0; 8]);
    let size = good.len() as u32;
    write("swollen.npz", &zip("x.npy", &good, size, u32::MAX - 1));
    write("overlap.npz", &zip("x.npy", &good, 1 << 30, 1 << 30));
    write("checksum.npz", &zip("x.npy", &good, size, size));
    write("member.npz", &zip("x.npy", b"no array", 8, 8));
    let mut text = String::new();
    for name in [
        "missing.npy",
        "text.npy",
        "short.npy",
        "cut.npy",
        "huge.npy",
        "object.npy",
        "code.npy",
        "order.npy",
        "negative.npy",
        "text8.npy",
        "long.npy",
        "future.npy",
    ] {
        line(&mut text, name, load(path(name)));
    }
    for name in [
        "cut.npz",
        "swollen.npz",
        "overlap.npz",
        "checksum.npz",
        "member.npz",
        "text.npy",
    ] {
        let read = tnp::load_npz(path(name)).and_then(|mut file| file.get("x"));
        line(&mut text, name, read);
    }
    let text = text.replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @r#"
missing.npy
    load: '/missing.npy': No such file or directory (os error 2)
text.npy
    load: '/text.npy': not an .npy file: it begins with 'not an' instead of '\x93NUMPY'
short.npy
    load: '/short.npy': EOF: reading magic string, expected 8 bytes got 6
cut.npy
    load: '/cut.npy': Failed to read all data for array. Expected (3,) = 3 elements, could only read 2 elements. (file seems not fully written?)
huge.npy
    load: '/huge.npy': array is too big: shape (4294967296, 4294967296, 8) of float64 needs more bytes than can be addressed
object.npy
    load: '/object.npy': object dtype '|O' is not supported: it would need pickle, which runs code; save numbers, for example a.astype('float64')
code.npy
    load: '/code.npy': Cannot parse header: expected a value at byte 0, found '_'
order.npy
    load: '/order.npy': fortran_order is not a valid bool: 'yes'
negative.npy
    load: '/negative.npy': negative dimensions are not allowed: shape (-1,)
text8.npy
    load: '/text8.npy': string dtype '<U8' is not supported: save numbers, or the codes that np.unique(a, return_inverse=True) gives
long.npy
    load: '/long.npy': Header info length (2147483647) is large and may not be safe to load securely: at most 10000 bytes are read
future.npy
    load: '/future.npy': we only support format version (1,0), (2,0), and (3,0), not (9, 0)
cut.npz
    load: '/cut.npz': not an .npz archive, or cut short (invalid Zip archive: Could not find EOCD)
swollen.npz
    load: '/swollen.npz': member 'x.npy' claims 4294967294 bytes, more than its 76 compressed ones can hold
overlap.npz
    load: '/overlap.npz': members claim 1073741824 bytes of an archive of 184: they overlap
checksum.npz
    load_npz: member 'x': Invalid checksum
member.npz
    load_npz: member 'x': not an .npy file: it begins with 'no arr' instead of '\x93NUMPY'
text.npy
    load: '/text.npy': not an .npz archive, or cut short (invalid Zip archive: Could not find EOCD)
"#);
}

#[test]
fn nothing_is_half_done() -> tnp::Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.npy");
    save(&path, x())?;
    let before = std::fs::read(&path).unwrap();
    assert!(
        save(
            &path,
            Array::try_from(vec![vec![1], vec![]]).map_or_else(Operand::Failed, Operand::Owned)
        )
        .is_err()
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(save(folder.path().join("no/such/folder/x.npy"), x()).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let archive = folder.path().join("kept.npz");
    tnp::savez(&archive, [("x", x())])?;
    let before = std::fs::read(&archive).unwrap();
    let failed = || Operand::Failed(tnp::Error::value("no such value"));
    let members = || [("a", Operand::Owned(x())), ("b", failed())];
    assert!(tnp::savez(&archive, members()).is_err());
    assert!(tnp::savez_compressed(&archive, members()).is_err());
    assert!(tnp::savez(&archive, [("x", 1), ("x", 2)]).is_err());
    assert!(tnp::savez(folder.path().join("new.npz"), members()).is_err());
    assert_eq!(std::fs::read(&archive).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);

    // Long enough for several threads, the bad index last: what comes before it is not written either.
    let mut long = zeros([200_000], ())?;
    let mut indices: Vec<i64> = (0..200_000).collect();
    indices[199_999] = 200_000;
    assert!(long.assign(s![&indices[..]], 1).is_err());
    assert!(long.at_mut(s![&indices[..]]).add(1).is_err());
    assert!(!long.any(())?.truth()?);

    let mut y = x();
    assert!(y.assign(s![0], ones([5], ())?).is_err());
    assert!(y.assign(s![[0, 9]], 1).is_err());
    assert!(y.at_mut(s![[0, 0, 9]]).add(1).is_err());
    assert!(y.at_mut(s![0]).multiply(ones([5], ())?).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| y /= 2)).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| y &= 0.5)).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| y += 0.5)).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| y *= ones([4], Int64).unwrap())).is_err());
    assert!(array_equal(&y, x(), ())?);
    Ok(())
}

#[test]
fn an_integer_divided_by_zero_gives_zero_and_a_warning() -> tnp::Result<()> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static WARNED: AtomicUsize = AtomicUsize::new(0);
    tnp::set_warning_hook(Some(Box::new(|warning, _| {
        if warning == tnp::Warning::DivideByZero {
            WARNED.fetch_add(1, Ordering::Relaxed);
        }
    })));
    let quotient = floor_divide(array([7, -7], Int32)?, 0)?;
    tnp::set_warning_hook(None);
    assert_eq!(quotient.to_vec::<i32>()?, [0, 0]);
    assert!(WARNED.load(Ordering::Relaxed) > 0);
    Ok(())
}
