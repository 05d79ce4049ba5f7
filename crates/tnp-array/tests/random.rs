//! The legacy generator against what NumPy 2.4.6 drew (`data/random_goldens.json`).

use serde_json::Value;
use tnp_array::random::{LegacyRng, RandInt, RandomState, global};

/// Something whose little-endian bytes NumPy's golden hash covers.
trait Draw: Copy {
    fn bytes(self) -> Vec<u8>;
    fn text(self) -> String;
}

macro_rules! draws {
    ($($t:ty),*) => {$(
        impl Draw for $t {
            fn bytes(self) -> Vec<u8> { self.to_le_bytes().to_vec() }
            fn text(self) -> String { self.to_string() }
        }
    )*};
}
draws!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Draw for bool {
    fn bytes(self) -> Vec<u8> {
        vec![u8::from(self)]
    }
    fn text(self) -> String {
        u8::from(self).to_string()
    }
}

impl Draw for f64 {
    fn bytes(self) -> Vec<u8> {
        self.to_le_bytes().to_vec()
    }
    fn text(self) -> String {
        format!("{:016x}", self.to_bits())
    }
}

fn fnv(bytes: impl Iterator<Item = u8>) -> String {
    let state = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{state:016x}")
}

struct Case(Value);

impl Case {
    fn rng(&self) -> LegacyRng {
        match &self.0["seed"] {
            Value::Array(words) => {
                let words: Vec<u32> = words.iter().map(|w| w.as_u64().unwrap() as u32).collect();
                LegacyRng::from_key(&words).unwrap()
            }
            seed => LegacyRng::from_seed(seed.as_u64().unwrap()).unwrap(),
        }
    }

    fn count(&self) -> usize {
        self.0["count"].as_u64().unwrap() as usize
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.0[name].as_array().unwrap();
        list.iter().map(|v| v.as_str().unwrap()).collect()
    }

    /// One value, or as many as there are draws, by repeating what the file lists.
    fn cycle<T: Copy>(&self, name: &str, parse: impl Fn(&str) -> T) -> Vec<T> {
        let values: Vec<T> = self.texts(name).into_iter().map(parse).collect();
        match values.len() {
            1 => values,
            _ => values.iter().copied().cycle().take(self.count()).collect(),
        }
    }

    fn floats(&self, name: &str) -> Vec<f64> {
        self.cycle(name, float)
    }

    fn integers(&self, name: &str) -> Vec<i128> {
        self.cycle(name, |s| s.parse().unwrap())
    }

    fn check<T: Draw>(&self, values: &[T]) {
        let mut label = self.0.clone();
        label["hash"].take();
        assert_eq!(values.len(), self.count(), "{label}");
        let first: Vec<String> = values.iter().take(6).map(|v| v.text()).collect();
        assert_eq!(first, self.texts("first"), "{label}");
        let hash = fnv(values.iter().flat_map(|v| v.bytes()));
        assert_eq!(hash, self.0["hash"].as_str().unwrap(), "{label}");
    }

    fn randint<T: RandInt + Draw + Default>(&self) {
        let mut out = vec![T::default(); self.count()];
        let (low, high) = (self.integers("low"), self.integers("high"));
        self.rng().fill_randint(&low, &high, &mut out).unwrap();
        self.check(&out);
    }
}

fn float(text: &str) -> f64 {
    f64::from_bits(u64::from_str_radix(text, 16).unwrap())
}

#[test]
fn draws_are_those_of_numpy() {
    let text = include_str!("data/random_goldens.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(cases.len() > 100);
    for case in cases.into_iter().map(Case) {
        let mut rng = case.rng();
        let mut out = vec![0.0; case.count()];
        match case.0["function"].as_str().unwrap() {
            "random" => rng.fill_random(&mut out),
            "standard_normal" => rng.fill_standard_normal(&mut out),
            "mixed" => mixed(&mut rng, &mut out),
            "uniform" => rng
                .fill_uniform(&case.floats("low"), &case.floats("high"), &mut out)
                .unwrap(),
            "normal" => rng
                .fill_normal(&case.floats("loc"), &case.floats("scale"), &mut out)
                .unwrap(),
            "exponential" => rng
                .fill_exponential(&case.floats("scale"), &mut out)
                .unwrap(),
            "poisson" => {
                let mut out = vec![0; case.count()];
                rng.fill_poisson(&case.floats("lam"), &mut out).unwrap();
                case.check(&out);
                continue;
            }
            "permutation" => {
                case.check(&rng.permutation(case.integers("n")[0] as usize));
                continue;
            }
            "choice" => {
                let p: Option<Vec<f64>> = case
                    .0
                    .get("p")
                    .map(|_| case.texts("p").into_iter().map(float).collect());
                let replace = case.texts("replace") == ["1"];
                let n = case.integers("n")[0] as usize;
                let drawn = rng.choice(n, case.count(), replace, p.as_deref()).unwrap();
                case.check(&drawn);
                continue;
            }
            "randint:bool" => {
                case.randint::<bool>();
                continue;
            }
            "randint:int8" => {
                case.randint::<i8>();
                continue;
            }
            "randint:int16" => {
                case.randint::<i16>();
                continue;
            }
            "randint:int32" => {
                case.randint::<i32>();
                continue;
            }
            "randint:int64" => {
                case.randint::<i64>();
                continue;
            }
            "randint:uint8" => {
                case.randint::<u8>();
                continue;
            }
            "randint:uint16" => {
                case.randint::<u16>();
                continue;
            }
            "randint:uint32" => {
                case.randint::<u32>();
                continue;
            }
            "randint:uint64" => {
                case.randint::<u64>();
                continue;
            }
            other => panic!("no such function: {other}"),
        }
        case.check(&out);
    }
}

/// `randn(3) rand(5) randn(2) randint(0, 100, 7, "int8") rand(2000) randn(1)`, one after the other.
fn mixed(rng: &mut LegacyRng, out: &mut [f64]) {
    rng.fill_standard_normal(&mut out[..3]);
    rng.fill_random(&mut out[3..8]);
    rng.fill_standard_normal(&mut out[8..10]);
    let mut small = [0i8; 7];
    rng.fill_randint(&[0], &[100], &mut small).unwrap();
    for (slot, value) in out[10..17].iter_mut().zip(small) {
        *slot = f64::from(value);
    }
    rng.fill_random(&mut out[17..2017]);
    rng.fill_standard_normal(&mut out[2017..]);
}

#[test]
fn state_is_restored_with_its_cached_normal() {
    let mut rng = LegacyRng::from_seed(5).unwrap();
    rng.fill_standard_normal(&mut [0.0; 3]);
    let state = rng.state();
    assert!(state.gauss.is_some());
    let mut again = LegacyRng::from_state(&state).unwrap();
    let (mut a, mut b) = ([0.0; 4], [0.0; 4]);
    rng.fill_standard_normal(&mut a);
    again.fill_standard_normal(&mut b);
    assert_eq!(a, b);
    let mut short = state.clone();
    short.key.pop();
    assert!(
        LegacyRng::from_state(&short)
            .unwrap_err()
            .to_string()
            .contains("length 624, got 623")
    );
    let mut beyond = state;
    beyond.pos = 625;
    assert!(
        LegacyRng::from_state(&beyond)
            .unwrap_err()
            .to_string()
            .contains("at most 624, got 625")
    );
}

#[test]
fn filling_at_once_is_drawing_one_by_one() {
    // Odd positions: a double then straddles two blocks of state.
    for skip in 0..3 {
        let mut rng = LegacyRng::from_seed(9).unwrap();
        rng.fill_randint(&[0], &[1 << 20], &mut vec![0u32; skip])
            .unwrap();
        let mut one_by_one = rng.clone();
        let mut whole = vec![0.0; 1500];
        rng.fill_random(&mut whole);
        for value in whole {
            let mut one = [0.0];
            one_by_one.fill_random(&mut one);
            assert_eq!(value, one[0]);
        }
    }
}

#[test]
fn refusals_are_worded_as_numpys() {
    let mut rng = LegacyRng::from_seed(0).unwrap();
    let before = rng.state();
    let mut floats = [0.0; 2];
    let mut i8s = [0i8; 2];
    let mut i64s = [0i64; 2];
    let nan = f64::NAN;
    let refused = [
        (
            rng.fill_randint(&[5], &[2], &mut i8s),
            "low >= high: 5 >= 2",
        ),
        (rng.fill_randint(&[0], &[0], &mut i8s), "high <= 0: 0"),
        (
            rng.fill_randint(&[0], &[129], &mut i8s),
            "high is out of bounds for int8: 129 > 128",
        ),
        (
            rng.fill_randint(&[-129], &[1], &mut i8s),
            "low is out of bounds for int8: -129 < -128",
        ),
        (
            rng.fill_randint(&[0], &[3], &mut [false]),
            "high is out of bounds for bool: 3 > 2",
        ),
        (
            rng.fill_randint(&[1, 2], &[1, 5], &mut i64s),
            "low >= high: 1 >= 1",
        ),
        (
            rng.fill_randint(&[-1], &[1 << 64], &mut [0u64]),
            "low is out of bounds for uint64: -1 < 0",
        ),
        (
            rng.fill_randint(&[0], &[(1 << 64) + 1], &mut [0u64]),
            "high is out of bounds for uint64: 18446744073709551617 > 18446744073709551616",
        ),
        (
            rng.fill_uniform(&[0.0], &[f64::INFINITY], &mut floats),
            "Range exceeds valid bounds: from 0 to inf",
        ),
        (
            rng.fill_uniform(&[0.0; 3], &[1.0], &mut floats),
            "Output size 2 is not compatible with 3 values of low",
        ),
        (
            rng.fill_poisson(&[-1.0], &mut i64s),
            "lam < 0 or lam is NaN: -1",
        ),
        (
            rng.fill_poisson(&[nan], &mut i64s),
            "lam < 0 or lam is NaN: NaN",
        ),
        (
            rng.fill_poisson(&[1e19], &mut i64s),
            "lam value too large: 10000000000000000000",
        ),
        (
            rng.fill_poisson(&[1.0, -1.0], &mut i64s),
            "lam < 0 or lam contains NaNs: -1",
        ),
        (
            rng.fill_poisson(&[1.0, nan], &mut i64s),
            "lam value too large: NaN",
        ),
        (
            rng.fill_normal(&[0.0], &[-0.0], &mut floats),
            "scale < 0: -0",
        ),
        (rng.fill_exponential(&[-1.0], &mut floats), "scale < 0: -1"),
        (
            LegacyRng::from_seed(1 << 32).map(drop),
            "Seed must be between 0 and 2**32 - 1",
        ),
        (LegacyRng::from_key(&[]).map(drop), "Seed must be non-empty"),
        (
            rng.choice(0, 1, true, None).map(drop),
            "a must be greater than 0 unless no samples are taken",
        ),
        (
            rng.choice(5, 6, false, None).map(drop),
            "Cannot take a larger sample than population when 'replace=False'",
        ),
        (
            rng.choice(5, 1, true, Some(&[1.0])).map(drop),
            "'a' and 'p' must have same size",
        ),
        (
            rng.choice(2, 1, true, Some(&[1.0, 1.0])).map(drop),
            "probabilities do not sum to 1",
        ),
        (
            rng.choice(2, 1, true, Some(&[-1.0, 2.0])).map(drop),
            "probabilities are not non-negative",
        ),
        (
            rng.choice(2, 1, true, Some(&[nan, 2.0])).map(drop),
            "probabilities contain NaN",
        ),
        (
            rng.choice(2, 2, false, Some(&[0.0, 1.0])).map(drop),
            "Fewer non-zero entries in p than size",
        ),
    ];
    for (result, message) in refused {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
    assert_eq!(rng.state(), before, "a refused call draws nothing");
    rng.fill_randint(&[5], &[2], &mut [0i64; 0]).unwrap();
    rng.fill_normal(&[0.0], &[nan], &mut floats).unwrap();
    assert!(floats[0].is_nan());
}

#[test]
fn the_process_has_one_generator() {
    global().seed(7).unwrap();
    let mut values = [0.0; 2];
    global().lock().fill_random(&mut values);
    assert_eq!(values, [0.07630828937395717, 0.7799187922401146]);
    assert!(global().seed(u64::MAX).is_err());

    // Unseeded ones differ.
    let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
    RandomState::from_entropy().lock().fill_random(&mut a);
    RandomState::from_entropy().lock().fill_random(&mut b);
    assert_ne!(a, b);
}

#[test]
fn threads_share_a_generator_without_repeating_or_losing_draws() {
    let state = RandomState::new(1).unwrap();
    let mut drawn: Vec<u64> = std::thread::scope(|scope| {
        let draw = || {
            (0..500)
                .map(|_| state.lock().next_u64())
                .collect::<Vec<_>>()
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(draw)).collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .collect()
    });
    let mut rng = LegacyRng::from_seed(1).unwrap();
    let mut expected: Vec<u64> = (0..2000).map(|_| rng.next_u64()).collect();
    drawn.sort_unstable();
    expected.sort_unstable();
    assert_eq!(drawn, expected);
}
