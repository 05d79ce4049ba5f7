//! NumPy's legacy distributions over MT19937, bit for bit; integers live in `integers.rs`.
//!
//! The order of draws and of every floating-point operation is NumPy's; logarithms and
//! exponentials are the platform's, as in NumPy.

use tnp_backend::{Error, Result};

use super::mt19937::{Mt19937, WORDS};

/// `np.random.RandomState` without its lock: MT19937 and the cached second normal.
///
/// Distributions fill a slice. Their parameters are slices too, of one value (a scalar) or of as
/// many as there are draws (a parameter array broadcast to the output).
#[derive(Clone)]
pub struct LegacyRng {
    pub(super) mt: Mt19937,
    gauss: Option<f64>,
}

/// What `np.random.get_state()` returns.
#[derive(Clone, Debug, PartialEq)]
pub struct LegacyState {
    /// The 624 words.
    pub key: Vec<u32>,
    /// Position of the next word, 624 when a new block is due.
    pub pos: usize,
    /// The normal that is already drawn and waits for the next call, if any.
    pub gauss: Option<f64>,
}

/// One parameter per draw, or one for all.
#[derive(Clone, Copy)]
pub(super) struct Param<'a, T>(&'a [T]);

impl<'a, T: Copy> Param<'a, T> {
    pub(super) fn new(name: &str, values: &'a [T], count: usize) -> Result<Self> {
        if values.len() == 1 || values.len() == count {
            return Ok(Param(values));
        }
        Err(Error::value(format!(
            "Output size {count} is not compatible with {} values of {name}",
            values.len()
        )))
    }

    #[inline]
    pub(super) fn at(self, i: usize) -> T {
        if self.0.len() == 1 {
            self.0[0]
        } else {
            self.0[i]
        }
    }

    fn is_scalar(self) -> bool {
        self.0.len() == 1
    }
}

/// The largest mean that `poisson` takes: int64's maximum less ten of its square roots.
const MAX_LAM: f64 = 9.223_372_006_484_771e18;

impl LegacyRng {
    /// `np.random.seed(seed)` for an integer below 2**32.
    ///
    /// # Errors
    /// `seed` is 2**32 or more.
    pub fn from_seed(seed: u64) -> Result<LegacyRng> {
        match u32::try_from(seed) {
            Ok(seed) => Ok(Mt19937::from_seed(seed).into()),
            Err(_) => Err(Error::value("Seed must be between 0 and 2**32 - 1")),
        }
    }

    /// `np.random.seed([...])`.
    ///
    /// # Errors
    /// The sequence is empty.
    pub fn from_key(seed: &[u32]) -> Result<LegacyRng> {
        Ok(Mt19937::from_key(seed)?.into())
    }

    /// `np.random.seed()`: from the operating system's randomness.
    pub fn from_entropy() -> LegacyRng {
        Mt19937::from_entropy().into()
    }

    /// `np.random.get_state()`.
    pub fn state(&self) -> LegacyState {
        LegacyState {
            key: self.mt.key().to_vec(),
            pos: self.mt.pos(),
            gauss: self.gauss,
        }
    }

    /// `np.random.set_state(state)`.
    ///
    /// # Errors
    /// The key has not 624 words or the position is beyond them.
    pub fn from_state(state: &LegacyState) -> Result<LegacyRng> {
        Ok(LegacyRng {
            mt: Mt19937::from_state(&state.key, state.pos)?,
            gauss: state.gauss,
        })
    }

    /// The next 64 bits of the stream, high word first.
    pub fn next_u64(&mut self) -> u64 {
        self.mt.next_u64()
    }

    /// `random_sample`, `rand`: doubles in [0, 1).
    pub fn fill_random(&mut self, out: &mut [f64]) {
        self.mt.fill_f64(out);
    }

    /// `standard_normal`, `randn`.
    pub fn fill_standard_normal(&mut self, out: &mut [f64]) {
        for slot in out {
            *slot = self.next_gauss();
        }
    }

    /// `normal(loc, scale)`.
    ///
    /// # Errors
    /// A `scale` is negative (minus zero included), or a parameter's length does not fit.
    pub fn fill_normal(&mut self, loc: &[f64], scale: &[f64], out: &mut [f64]) -> Result<()> {
        let loc = Param::new("loc", loc, out.len())?;
        let scale = not_negative("scale", scale, out.len())?;
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = loc.at(i) + scale.at(i) * self.next_gauss();
        }
        Ok(())
    }

    /// `uniform(low, high)`: doubles in [low, high).
    ///
    /// # Errors
    /// `high - low` is not finite, or a parameter's length does not fit.
    pub fn fill_uniform(&mut self, low: &[f64], high: &[f64], out: &mut [f64]) -> Result<()> {
        let lows = Param::new("low", low, out.len())?;
        let highs = Param::new("high", high, out.len())?;
        let pairs = low.len().max(high.len());
        if let Some(i) = (0..pairs).find(|&i| !(highs.at(i) - lows.at(i)).is_finite()) {
            return Err(Error::overflow(format!(
                "Range exceeds valid bounds: from {} to {}",
                lows.at(i),
                highs.at(i)
            )));
        }
        self.mt.fill_f64(out);
        for (i, slot) in out.iter_mut().enumerate() {
            let low = lows.at(i);
            *slot = low + (highs.at(i) - low) * *slot;
        }
        Ok(())
    }

    /// `exponential(scale)`.
    ///
    /// # Errors
    /// A `scale` is negative (minus zero included), or its length does not fit.
    pub fn fill_exponential(&mut self, scale: &[f64], out: &mut [f64]) -> Result<()> {
        let scale = not_negative("scale", scale, out.len())?;
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = scale.at(i) * -(1.0 - self.mt.next_f64()).ln();
        }
        Ok(())
    }

    /// `poisson(lam)`.
    ///
    /// # Errors
    /// A `lam` is negative, NaN or too large for int64, or its length does not fit.
    pub fn fill_poisson(&mut self, lam: &[f64], out: &mut [i64]) -> Result<()> {
        let lams = Param::new("lam", lam, out.len())?;
        if lams.is_scalar() && (lam[0] < 0.0 || lam[0].is_nan()) {
            return Err(Error::value(format!("lam < 0 or lam is NaN: {}", lam[0])));
        }
        if let Some(lam) = lam.iter().find(|&&l| l < 0.0) {
            return Err(Error::value(format!("lam < 0 or lam contains NaNs: {lam}")));
        }
        if let Some(lam) = lam.iter().find(|&&l| l > MAX_LAM || l.is_nan()) {
            return Err(Error::value(format!("lam value too large: {lam}")));
        }
        for (i, slot) in out.iter_mut().enumerate() {
            *slot = self.next_poisson(lams.at(i));
        }
        Ok(())
    }

    /// Marsaglia's polar method; of each pair the second is kept for the next call.
    fn next_gauss(&mut self) -> f64 {
        if let Some(kept) = self.gauss.take() {
            return kept;
        }
        loop {
            let x = 2.0 * self.mt.next_f64() - 1.0;
            let y = 2.0 * self.mt.next_f64() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.gauss = Some(factor * x);
                return factor * y;
            }
        }
    }

    fn next_poisson(&mut self, lam: f64) -> i64 {
        if lam >= 10.0 {
            self.poisson_rejection(lam)
        } else if lam == 0.0 {
            0
        } else {
            self.poisson_product(lam)
        }
    }

    /// Knuth's multiplication of uniforms, for small means.
    fn poisson_product(&mut self, lam: f64) -> i64 {
        let limit = (-lam).exp();
        let mut product = 1.0;
        let mut count = 0;
        loop {
            product *= self.mt.next_f64();
            if product <= limit {
                return count;
            }
            count += 1;
        }
    }

    /// PTRS: Hörmann, "The transformed rejection method for generating Poisson random variables",
    /// Insurance: Mathematics and Economics 12 (1993).
    fn poisson_rejection(&mut self, lam: f64) -> i64 {
        let log_lam = lam.ln();
        let b = 0.931 + 2.53 * lam.sqrt();
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let accept = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.mt.next_f64() - 0.5;
            let v = self.mt.next_f64();
            let us = 0.5 - u.abs();
            // The cast saturates where `us` is zero; MAX_LAM keeps k + 1 within int64 otherwise.
            let k = ((2.0 * a / us + b) * u + lam + 0.43).floor() as i64;
            if us >= 0.07 && v <= accept {
                return k;
            }
            if k < 0 || k == i64::MAX || (us < 0.013 && v > us) {
                continue;
            }
            let hat = v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln();
            if hat <= -lam + k as f64 * log_lam - log_gamma((k + 1) as f64) {
                return k;
            }
        }
    }
}

impl From<Mt19937> for LegacyRng {
    fn from(mt: Mt19937) -> LegacyRng {
        LegacyRng { mt, gauss: None }
    }
}

impl std::fmt::Debug for LegacyRng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "LegacyRng(MT19937, position {} of {WORDS})",
            self.mt.pos()
        )
    }
}

fn not_negative<'a>(name: &str, values: &'a [f64], count: usize) -> Result<Param<'a, f64>> {
    // NumPy tests the sign bit: minus zero is refused and NaN passes.
    if let Some(value) = (values.iter()).find(|v| !v.is_nan() && v.is_sign_negative()) {
        return Err(Error::value(format!("{name} < 0: {value}")));
    }
    Param::new(name, values, count)
}

/// ln Γ(x) by Stirling's series above 7 and the recurrence below (Zhang and Jin, "Computation of
/// Special Functions", 1996). The rejection test needs these roundings, not better ones.
fn log_gamma(x: f64) -> f64 {
    // B(2k) / (2k (2k - 1)) for k = 10 down to 1.
    const SERIES: [f64; 10] = [
        -1.3924322169059e+00,
        1.796443723688307e-01,
        -2.955065359477124e-02,
        6.41025641025641e-03,
        -1.917526917526918e-03,
        8.417508417508418e-04,
        -5.952380952380952e-04,
        7.936507936507937e-04,
        -2.777777777777778e-03,
        8.333333333333333e-02,
    ];
    const LN_TWO_PI: f64 = 1.8378770664093453;
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    let steps = if x < 7.0 { (7.0 - x) as i64 } else { 0 };
    let mut shifted = x + steps as f64;
    let inverse_square = (1.0 / shifted) * (1.0 / shifted);
    let series = SERIES[1..]
        .iter()
        .fold(SERIES[0], |sum, c| sum * inverse_square + c);
    let mut result = series / shifted + 0.5 * LN_TWO_PI + (shifted - 0.5) * shifted.ln() - shifted;
    for _ in 0..steps {
        result -= (shifted - 1.0).ln();
        shifted -= 1.0;
    }
    result
}
