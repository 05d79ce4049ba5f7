//! What bad input is told: operation, values, way out; and that nothing is lost or half-done.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;
use tnp::prelude::*;

fn line(text: &mut String, what: &str, result: tnp::Result<Array>) {
    let said = match result {
        Ok(x) => format!("NOT REFUSED: {x}"),
        Err(error) => error.to_string(),
    };
    writeln!(text, "{what}\n    {said}").unwrap();
}

fn x() -> Array {
    arange(6).unwrap().reshape([2, 3]).unwrap()
}

macro_rules! said {
    ($($what:expr;)*) => {{
        let mut text = String::new();
        $(line(&mut text, stringify!($what), (|| -> tnp::Result<Array> { Ok($what?) })());)*
        text
    }};
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
    sum: repeated axis
x.argmax(-3)
    argmax: axis -3 is out of bounds for array of dimension 2
cumsum(&x, 5)
    cumsum: axis 5 is out of bounds for array of dimension 2
sort(&x, 9)
    sort: axis 9 is out of bounds for array of dimension 2
x.transpose([0, 0])
    transpose: repeated axis in transpose
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
    reshape: can only specify one unknown dimension
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
    max: zero-size array to reduction operation maximum which has no identity
argmin(zeros([0, 3], ())?, 0)
    argmin: attempt to get argmin of an empty sequence
Array::from_vec(vec![1.0, 2.0], &[3])
    from_vec: cannot reshape array of size 2 into shape (3,)
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
    };
    insta::assert_snapshot!(text, @"
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
");
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
power(&x, -1)
    power: Integers to negative integer powers are not allowed.
Array::try_from(vec![vec![1, 2], vec![3]])
    array: setting an array element with a sequence. The requested array has an inhomogeneous shape: among 2 parts, one has shape (2,) and one (1,)
x.item::<i64>().map(|_| x.clone())
    item: can only convert an array of size 1 to a scalar, this one has shape (2, 3)
x.to_vec::<f32>().map(|_| x.clone())
    to_vec: the array is int64, not float32; convert it with `x.astype(Float32)`
x.truth().map(|_| x.clone())
    bool: the truth value of an array with more than one element (or none) is ambiguous; use `any` or `all`
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
    randint: low >= high
tnp::random::normal(0, -1, ())
    normal: scale < 0
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
    write("cut.npz", b"PK\x03\x04 and then nothing");
    let mut text = String::new();
    for name in [
        "missing.npy",
        "text.npy",
        "short.npy",
        "cut.npy",
        "huge.npy",
        "object.npy",
        "code.npy",
    ] {
        line(&mut text, name, load(path(name)));
    }
    line(
        &mut text,
        "cut.npz",
        tnp::load_npz(path("cut.npz")).map(|_| x()),
    );
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
cut.npz
    load: '/cut.npz': invalid Zip archive: Could not find EOCD
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

    let mut y = x();
    assert!(y.assign(s![0], ones([5], ())?).is_err());
    assert!(y.assign(s![[0, 9]], 1).is_err());
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever sizes, axes and positions: an answer or an error, never a panic.
    #[test]
    fn nothing_panics(
        shape in prop::collection::vec(0usize..4, 0..4),
        other in prop::collection::vec(0usize..4, 0..4),
        axis in -5isize..5,
        second in -5isize..5,
        at in -6i64..6,
        step in -3isize..4,
        dtype in prop::sample::select(DType::ALL.to_vec()),
    ) {
        let x = ones(&shape[..], dtype).unwrap();
        let y = ones(&other[..], Float64).unwrap();
        let target: Vec<isize> = other.iter().map(|&size| size as isize - 1).collect();
        let calls: Vec<Box<dyn Fn() -> tnp::Result<Array> + '_>> = vec![
            Box::new(|| add(&x, &y)),
            Box::new(|| subtract(&x, &y)),
            Box::new(|| matmul(&x, &y)),
            Box::new(|| dot(&x, &y)),
            Box::new(|| tensordot(&x, &y, 1)),
            Box::new(|| x.sum(axis)),
            Box::new(|| x.mean([axis, second])),
            Box::new(|| x.max(axis)),
            Box::new(|| x.argmin(axis)),
            Box::new(|| median(&x, axis)),
            Box::new(|| cumsum(&x, axis)),
            Box::new(|| sort(&x, axis)),
            Box::new(|| argsort(&x, axis)),
            Box::new(|| x.reshape(&target[..])),
            Box::new(|| x.transpose([axis, second])),
            Box::new(|| swapaxes(&x, axis, second)),
            Box::new(|| squeeze(&x, axis)),
            Box::new(|| expand_dims(&x, [axis, second])),
            Box::new(|| broadcast_to(&x, &other[..])),
            Box::new(|| concatenate([&x, &y], axis)),
            Box::new(|| stack([&x, &y], axis)),
            Box::new(|| split(&x, other.len(), axis)?.pop().ok_or(tnp::Error::value("none"))),
            Box::new(|| roll(&x, second, axis)),
            Box::new(|| flip(&x, axis)),
            Box::new(|| repeat(&x, at, axis)),
            Box::new(|| tile(&x, &other[..])),
            Box::new(|| pad(&x, (1, 2), "reflect")),
            Box::new(|| take(&x, at, axis)),
            Box::new(|| x.get(s![at])),
            Box::new(|| x.get(s![at.., ..at;step])),
            Box::new(|| x.get(s![.., newaxis, at])),
            Box::new(|| x.get(s![[at, 0], ..])),
            Box::new(|| x.set(s![at, ..], &y)),
            Box::new(|| diagonal(&x, at as isize)),
            Box::new(|| trace(&x, (), ())),
            Box::new(|| tril(&x, at as isize)),
            Box::new(|| diff(&x, ())),
            Box::new(|| searchsorted(&x, &y, ())),
            Box::new(|| nonzero(&x, ()).map(|mut all| all.pop().unwrap_or_else(|| x.clone()))),
            Box::new(|| x.astype(DType::ALL[other.len()])),
        ];
        for call in calls {
            if let Ok(result) = call() {
                prop_assert!(!result.to_string().is_empty());
            }
        }
    }
}
