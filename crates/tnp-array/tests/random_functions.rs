//! `np.random`'s functions as arrays: shapes, dtypes, broadcasting and refusals. One test, since the generator is one.

extern crate tnp_cpu;

use tnp_array::random::{self, rand, randint, seed, uniform};
use tnp_array::{Array, DType, Result, array, with_prefer_float32};

fn f64s(x: Result<Array>) -> Vec<f64> {
    x.unwrap().to_vec().unwrap()
}

fn i64s(x: Result<Array>) -> Vec<i64> {
    x.unwrap().to_vec().unwrap()
}

/// NumPy 2.4.6 after `seed(7)`, call by call.
#[test]
fn functions_draw_numpys_numbers_in_numpys_shapes() {
    seed(7).unwrap();
    let x = rand([2, 1]).unwrap();
    assert_eq!((x.shape(), x.dtype()), (&[2, 1][..], DType::Float64));
    assert_eq!(x.to_vec::<f64>().unwrap(), RAND);
    assert_eq!(f64s(random::randn(3)), RANDN);
    // A column of lower and a row of upper bounds.
    let low = array([[0.0], [10.0]], ()).unwrap();
    let x = uniform(&low, [1.0, 2.0, 3.0], ()).unwrap();
    assert_eq!(x.shape(), [2, 3]);
    assert_eq!(x.to_vec::<f64>().unwrap(), UNIFORM);
    assert_eq!(i64s(random::poisson([1.0, 100.0], [2, 2])), POISSON);
    assert_eq!(i64s(randint(10, (), [4], ())), RANDINT);
    let x = randint(array([[0], [5]], ()).unwrap(), [10, 20], (), DType::UInt8).unwrap();
    assert_eq!(x.to_vec::<u8>().unwrap(), RANDINT_U8);
    let x = randint(0, 1_i128 << 64, [2], DType::UInt64).unwrap();
    assert_eq!(x.to_vec::<u64>().unwrap(), RANDINT_U64);
    let x = randint(0, 2, [8], DType::Bool).unwrap();
    assert_eq!(x.to_vec::<bool>().unwrap().map_bits(), RANDINT_BOOL);
    assert_eq!(f64s(random::normal(1.0, [1.0, 2.0], ())), NORMAL);
    assert_eq!(f64s(random::exponential(2.0, ())), EXPONENTIAL);
    assert_eq!(rand(()).unwrap().shape(), [0_usize; 0]);
    assert_eq!(rand([0, 3]).unwrap().shape(), [0, 3]);

    let state = random::get_state();
    let before = f64s(rand(5));
    random::set_state(&state).unwrap();
    assert_eq!(f64s(rand(5)), before);

    random::set_state(&state).unwrap();
    let narrow = with_prefer_float32(true, || rand(5)).unwrap();
    let rounded: Vec<f32> = before.iter().map(|&x| x as f32).collect();
    assert_eq!(narrow.to_vec::<f32>().unwrap(), rounded);

    let state = random::get_state();
    let refused: Vec<(Result<Array>, &str)> = vec![
        (
            rand(-1),
            "rand: negative dimensions are not allowed, -1 is one",
        ),
        (randint(5, 2, [2], ()), "randint: low >= high: 5 >= 2"),
        (randint(0, (), (), ()), "randint: high <= 0: 0"),
        (
            randint(0, 1000, (), DType::Int8),
            "randint: high is out of bounds for int8: 1000 > 128",
        ),
        (
            randint(0, (1_i128 << 64) + 1, (), DType::UInt64),
            "randint: high is out of bounds for uint64: 18446744073709551617 > 18446744073709551616",
        ),
        (
            randint(0, 5, (), DType::Float32),
            "randint: Unsupported dtype dtype('float32') for randint",
        ),
        (
            uniform([0.0, 1.0], 1.0, [3, 1]),
            "uniform: Output size (3, 1) is not compatible with broadcast dimensions of inputs (3, 2).",
        ),
        (
            uniform(0.0, f64::INFINITY, ()),
            "uniform: Range exceeds valid bounds: from 0 to inf",
        ),
        (
            random::poisson(-1.0, ()),
            "poisson: lam < 0 or lam is NaN: -1",
        ),
        (random::normal(0.0, -1.0, ()), "normal: scale < 0: -1"),
    ];
    for (result, message) in refused {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
    assert!(
        rand([1_i64 << 40, 1 << 40])
            .unwrap_err()
            .to_string()
            .contains("maximum possible size")
    );
    assert!(
        seed(-1)
            .unwrap_err()
            .to_string()
            .contains("between 0 and 2**32 - 1")
    );
    assert!(
        seed(&[0_u32; 0][..])
            .unwrap_err()
            .to_string()
            .contains("non-empty")
    );
    assert_eq!(random::get_state(), state, "a refused call draws nothing");

    seed([1, 2, 3]).unwrap();
    assert_eq!(f64s(rand(1)), SEEDED_BY_LIST);
    seed(()).unwrap();
    assert_ne!(f64s(rand(1)), SEEDED_BY_LIST);
}

trait MapBits {
    fn map_bits(self) -> Vec<u8>;
}

impl MapBits for Vec<bool> {
    fn map_bits(self) -> Vec<u8> {
        self.into_iter().map(u8::from).collect()
    }
}

const RAND: [f64; 2] = [0.07630828937395717, 0.7799187922401146];
const RANDN: [f64; 3] = [1.690525703800356, -0.4659373705408328, 0.0328201636785844];
const UNIFORM: [f64; 6] = [
    0.5011204636599379,
    0.1441022667195231,
    0.8053169403056135,
    5.50105749256996,
    4.566160031032476,
    4.373826747269372,
];
const POISSON: [i64; 4] = [1, 94, 0, 99];
const RANDINT: [i64; 4] = [5, 0, 0, 2];
const RANDINT_U8: [u8; 4] = [8, 1, 7, 14];
const RANDINT_U64: [u64; 2] = [10117853122000812582, 16770458354023168494];
const RANDINT_BOOL: [u8; 8] = [1, 0, 0, 1, 0, 0, 0, 1];
const NORMAL: [f64; 2] = [1.4075162829965078, -3.2902392391631414];
const EXPONENTIAL: [f64; 1] = [0.8846998552264811];
const SEEDED_BY_LIST: [f64; 1] = [0.6098612722867289];
