//! `randint` and what permutes: NumPy's masked rejection with its buffered 8- and 16-bit draws.

use tnp_backend::{Error, Result};

use super::legacy::{LegacyRng, Param};
use super::mt19937::Mt19937;

mod sealed {
    pub trait Sealed {}
}

/// The element types that [`LegacyRng::fill_randint`] can draw: `bool` and the integers.
pub trait RandInt: Copy + sealed::Sealed {
    /// NumPy's name of the dtype.
    #[doc(hidden)]
    const NAME: &'static str;
    /// Smallest and largest value.
    #[doc(hidden)]
    const RANGE: (i128, i128);
    /// One draw from `[low, low + span]`.
    #[doc(hidden)]
    fn draw(words: &mut Words<'_>, low: i128, span: u64, mask: u64) -> Self;
}

/// The stream, with the rest of the word that narrow draws are cut from.
///
/// One of these serves a whole call: NumPy drops what is left at the end of it.
#[doc(hidden)]
pub struct Words<'a> {
    mt: &'a mut Mt19937,
    rest: u32,
    left: u32,
}

impl Words<'_> {
    /// The next `bits` bits, low end first of each 32-bit word.
    #[inline]
    fn narrow(&mut self, bits: u32) -> u32 {
        if self.left == 0 {
            self.rest = self.mt.next_u32();
            self.left = 32 / bits - 1;
        } else {
            self.rest >>= bits;
            self.left -= 1;
        }
        self.rest & ((1 << bits) - 1)
    }

    #[inline]
    fn next(&mut self, bits: u32, span: u64) -> u64 {
        match bits {
            1 | 8 | 16 => u64::from(self.narrow(bits)),
            // 64-bit dtypes take one word whenever the range fits it.
            _ if span <= u64::from(u32::MAX) => u64::from(self.mt.next_u32()),
            _ => self.mt.next_u64(),
        }
    }

    #[inline]
    fn bounded(&mut self, bits: u32, span: u64, mask: u64) -> u64 {
        if span == 0 {
            return 0;
        }
        loop {
            let value = self.next(bits, span) & mask;
            if value <= span {
                return value;
            }
        }
    }
}

macro_rules! rand_ints {
    ($($t:ty, $bits:literal, $name:literal);* $(;)?) => {$(
        impl sealed::Sealed for $t {}
        impl RandInt for $t {
            const NAME: &'static str = $name;
            const RANGE: (i128, i128) = (<$t>::MIN as i128, <$t>::MAX as i128);
            #[inline]
            fn draw(words: &mut Words<'_>, low: i128, span: u64, mask: u64) -> $t {
                (low as $t).wrapping_add(words.bounded($bits, span, mask) as $t)
            }
        }
    )*};
}
rand_ints! {
    i8, 8, "int8"; i16, 16, "int16"; i32, 32, "int32"; i64, 64, "int64";
    u8, 8, "uint8"; u16, 16, "uint16"; u32, 32, "uint32"; u64, 64, "uint64";
}

impl sealed::Sealed for bool {}
impl RandInt for bool {
    const NAME: &'static str = "bool";
    const RANGE: (i128, i128) = (0, 1);
    #[inline]
    fn draw(words: &mut Words<'_>, low: i128, span: u64, mask: u64) -> bool {
        low + words.bounded(1, span, mask) as i128 != 0
    }
}

/// All bits up to the highest set one.
fn mask_of(span: u64) -> u64 {
    u64::MAX.checked_shr(span.leading_zeros()).unwrap_or(0)
}

impl LegacyRng {
    /// `randint(low, high, dtype=T)`: integers in [low, high), each bound one value or one per draw.
    ///
    /// # Errors
    /// A bound does not fit the dtype, `low >= high`, or a bound's length does not fit.
    pub fn fill_randint<T: RandInt>(
        &mut self,
        low: &[i128],
        high: &[i128],
        out: &mut [T],
    ) -> Result<()> {
        if out.is_empty() {
            // NumPy asks nothing of the bounds then.
            return Ok(());
        }
        let lows = Param::new("low", low, out.len())?;
        let highs = Param::new("high", high, out.len())?;
        let (min, max) = T::RANGE;
        if let Some(low) = low.iter().find(|&&l| l < min) {
            return Err(Error::value(format!(
                "low is out of bounds for {}: {low} < {min}",
                T::NAME
            )));
        }
        if let Some(high) = high.iter().find(|&&h| h > max + 1) {
            return Err(Error::value(format!(
                "high is out of bounds for {}: {high} > {}",
                T::NAME,
                max + 1
            )));
        }
        if let Some(i) = (0..low.len().max(high.len())).find(|&i| lows.at(i) >= highs.at(i)) {
            // NumPy's words for the bound a caller of `randint(high)` knows about.
            let zero = low.iter().all(|&l| l == 0);
            let (l, h) = (lows.at(i), highs.at(i));
            return Err(Error::value(if zero {
                format!("high <= 0: {h}")
            } else {
                format!("low >= high: {l} >= {h}")
            }));
        }
        let mut words = Words {
            mt: &mut self.mt,
            rest: 0,
            left: 0,
        };
        if low.len() == 1 && high.len() == 1 {
            let span = (high[0] - 1 - low[0]) as u64;
            let mask = mask_of(span);
            for slot in out {
                *slot = T::draw(&mut words, low[0], span, mask);
            }
            return Ok(());
        }
        for (i, slot) in out.iter_mut().enumerate() {
            let low = lows.at(i);
            let span = (highs.at(i) - 1 - low) as u64;
            *slot = T::draw(&mut words, low, span, mask_of(span));
        }
        Ok(())
    }

    /// `shuffle`: permutes in place.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let span = last as u64;
            let mut words = Words {
                mt: &mut self.mt,
                rest: 0,
                left: 0,
            };
            items.swap(last, words.bounded(64, span, mask_of(span)) as usize);
        }
    }

    /// `permutation(count)`: the integers below `count` in random order.
    pub fn permutation(&mut self, count: usize) -> Vec<i64> {
        let mut items: Vec<i64> = (0..count as i64).collect();
        self.shuffle(&mut items);
        items
    }

    /// `choice(population, size, replace, p)`: indices into a population.
    ///
    /// # Errors
    /// The population is empty, the sample is larger than it (without replacement), or the
    /// probabilities are not as many, negative, NaN, or do not add up to one.
    pub fn choice(
        &mut self,
        population: usize,
        size: usize,
        replace: bool,
        p: Option<&[f64]>,
    ) -> Result<Vec<i64>> {
        if population == 0 && size != 0 {
            return Err(Error::value(
                "a must be greater than 0 unless no samples are taken",
            ));
        }
        if let Some(p) = p {
            check_probabilities(p, population)?;
        }
        if !replace && size > population {
            return Err(Error::value(
                "Cannot take a larger sample than population when 'replace=False'",
            ));
        }
        match (replace, p) {
            (true, None) => {
                let mut out = vec![0; size];
                self.fill_randint(&[0], &[population as i128], &mut out)?;
                Ok(out)
            }
            (false, None) => {
                let mut out = self.permutation(population);
                out.truncate(size);
                Ok(out)
            }
            (true, Some(p)) => Ok(self.weighted(p, size)),
            (false, Some(p)) => self.weighted_distinct(p, size),
        }
    }

    /// Indices drawn with the given weights, by inverting their running sum.
    fn weighted(&mut self, p: &[f64], size: usize) -> Vec<i64> {
        let mut sum = 0.0;
        let mut cdf: Vec<f64> = p
            .iter()
            .map(|w| {
                sum += w;
                sum
            })
            .collect();
        cdf.iter_mut().for_each(|c| *c /= sum);
        let mut draws = vec![0.0; size];
        self.fill_random(&mut draws);
        draws
            .iter()
            .map(|&u| cdf.partition_point(|&c| c <= u) as i64)
            .collect()
    }

    fn weighted_distinct(&mut self, p: &[f64], size: usize) -> Result<Vec<i64>> {
        if p.iter().filter(|&&w| w > 0.0).count() < size {
            return Err(Error::value("Fewer non-zero entries in p than size"));
        }
        let mut p = p.to_vec();
        let mut found = Vec::with_capacity(size);
        while found.len() < size {
            for index in self.weighted(&p, size - found.len()) {
                // A weight of zero is what this loop has already taken.
                if p[index as usize] != 0.0 {
                    p[index as usize] = 0.0;
                    found.push(index);
                }
            }
        }
        Ok(found)
    }
}

fn check_probabilities(p: &[f64], population: usize) -> Result<()> {
    if p.len() != population {
        return Err(Error::value("'a' and 'p' must have same size"));
    }
    // Kahan's compensated sum, as NumPy checks it.
    let (mut sum, mut lost) = (p.first().copied().unwrap_or(0.0), 0.0);
    for w in p.iter().skip(1) {
        let y = w - lost;
        let t = sum + y;
        lost = (t - sum) - y;
        sum = t;
    }
    if sum.is_nan() {
        return Err(Error::value("probabilities contain NaN"));
    }
    if p.iter().any(|&w| w < 0.0) {
        return Err(Error::value("probabilities are not non-negative"));
    }
    if (sum - 1.0).abs() > f64::EPSILON.sqrt() {
        return Err(Error::value("probabilities do not sum to 1"));
    }
    Ok(())
}
