//! The Mersenne Twister MT19937 and the ways NumPy seeds it; distributions live in `legacy.rs`.
//!
//! Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
//! pseudo-random number generator", ACM TOMACS 8 (1998), with their seeding of 2002.

use std::hash::{BuildHasher, Hasher};
use std::io::Read;

use tnp_backend::{Error, Result};

/// Words of state.
pub(crate) const WORDS: usize = 624;
const SHIFT: usize = 397;
const UPPER: u32 = 0x8000_0000;
const LOWER: u32 = 0x7fff_ffff;
const TWIST: u32 = 0x9908_b0df;

/// MT19937: 624 words of state and the position of the next one to be given out.
#[derive(Clone)]
pub struct Mt19937 {
    key: [u32; WORDS],
    pos: usize,
}

impl Mt19937 {
    /// Seeds from one word, as `np.random.seed(seed)` does.
    pub fn from_seed(seed: u32) -> Mt19937 {
        let mut key = [0; WORDS];
        key[0] = seed;
        for i in 1..WORDS {
            let last = key[i - 1];
            key[i] = (last ^ (last >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i as u32);
        }
        Mt19937 { key, pos: WORDS }
    }

    /// Seeds from a sequence of words, as `np.random.seed([...])` does.
    ///
    /// # Errors
    /// `seed` is empty.
    pub fn from_key(seed: &[u32]) -> Result<Mt19937> {
        if seed.is_empty() {
            return Err(Error::value("Seed must be non-empty"));
        }
        let mut mt = Mt19937::from_seed(19_650_218);
        let key = &mut mt.key;
        let (mut i, mut j) = (1, 0);
        let advance = |key: &mut [u32; WORDS], i: &mut usize| {
            *i += 1;
            if *i == WORDS {
                key[0] = key[WORDS - 1];
                *i = 1;
            }
        };
        let mix = |last: u32, factor: u32| (last ^ (last >> 30)).wrapping_mul(factor);
        for _ in 0..WORDS.max(seed.len()) {
            key[i] = (key[i] ^ mix(key[i - 1], 1_664_525))
                .wrapping_add(seed[j])
                .wrapping_add(j as u32);
            advance(key, &mut i);
            j = (j + 1) % seed.len();
        }
        for _ in 1..WORDS {
            key[i] = (key[i] ^ mix(key[i - 1], 1_566_083_941)).wrapping_sub(i as u32);
            advance(key, &mut i);
        }
        key[0] = UPPER;
        Ok(mt)
    }

    /// Seeds from the operating system's randomness.
    ///
    /// Where there is no `/dev/urandom`, the hasher keys that the standard library draws from the
    /// system serve, mixed with the clock.
    pub fn from_entropy() -> Mt19937 {
        let mut seed = [0u32; 16];
        let mut bytes = [0u8; 64];
        let urandom =
            std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut bytes));
        for (i, word) in seed.iter_mut().enumerate() {
            let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
            hasher.write_usize(i);
            if let Ok(now) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
                hasher.write_u128(now.as_nanos());
            }
            *word = hasher.finish() as u32;
            if urandom.is_ok() {
                let [a, b, c, d] = [0, 1, 2, 3].map(|k| bytes[4 * i + k]);
                *word ^= u32::from_le_bytes([a, b, c, d]);
            }
        }
        // A key of sixteen words is never refused.
        Mt19937::from_key(&seed).unwrap_or_else(|_| Mt19937::from_seed(seed[0]))
    }

    /// A generator at a known state, as `np.random.get_state()[1:3]` gives it.
    ///
    /// # Errors
    /// `key` has not 624 words, or `pos` is beyond 624.
    pub fn from_state(key: &[u32], pos: usize) -> Result<Mt19937> {
        let key: [u32; WORDS] = key.try_into().map_err(|_| {
            Error::value(format!(
                "state key must have length {WORDS}, got {}",
                key.len()
            ))
        })?;
        if pos > WORDS {
            return Err(Error::value(format!(
                "state position must be at most {WORDS}, got {pos}"
            )));
        }
        Ok(Mt19937 { key, pos })
    }

    /// The 624 words of state.
    pub fn key(&self) -> &[u32; WORDS] {
        &self.key
    }

    /// Position of the next word in the state; 624 when a new block is due.
    pub fn pos(&self) -> usize {
        self.pos
    }

    /// The next 32 bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.pos >= WORDS {
            self.refill();
        }
        let word = self.key[self.pos];
        self.pos += 1;
        temper(word)
    }

    /// The next 64 bits: the first word drawn is the high one.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    /// A double in [0, 1) with 53 random bits.
    #[inline]
    pub fn next_f64(&mut self) -> f64 {
        let high = self.next_u32();
        unit(high, self.next_u32())
    }

    /// Fills `out` with doubles in [0, 1): what as many calls of [`next_f64`](Self::next_f64) give.
    pub fn fill_f64(&mut self, mut out: &mut [f64]) {
        while !out.is_empty() {
            let count = out.len().min((WORDS - self.pos) / 2);
            if count == 0 {
                // One word is left, or none: this double begins or straddles a block.
                out[0] = self.next_f64();
                out = &mut out[1..];
                continue;
            }
            let (now, later) = out.split_at_mut(count);
            let words = &self.key[self.pos..self.pos + 2 * count];
            for (slot, pair) in now.iter_mut().zip(words.as_chunks::<2>().0) {
                *slot = unit(temper(pair[0]), temper(pair[1]));
            }
            self.pos += 2 * count;
            out = later;
        }
    }

    #[cold]
    fn refill(&mut self) {
        let key = &mut self.key;
        let twist = |a: u32, b: u32| {
            let y = (a & UPPER) | (b & LOWER);
            (y >> 1) ^ (TWIST & (y & 1).wrapping_neg())
        };
        // Two loops without wrapping indices, so that each becomes vector code.
        for i in 0..WORDS - SHIFT {
            key[i] = key[i + SHIFT] ^ twist(key[i], key[i + 1]);
        }
        for i in WORDS - SHIFT..WORDS - 1 {
            key[i] = key[i + SHIFT - WORDS] ^ twist(key[i], key[i + 1]);
        }
        key[WORDS - 1] = key[SHIFT - 1] ^ twist(key[WORDS - 1], key[0]);
        self.pos = 0;
    }
}

#[inline(always)]
fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

#[inline(always)]
fn unit(high: u32, low: u32) -> f64 {
    // 27 and 26 bits; both products and the sum are exact.
    (f64::from(high >> 5) * 67_108_864.0 + f64::from(low >> 6)) * (1.0 / 9_007_199_254_740_992.0)
}
