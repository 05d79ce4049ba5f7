//! Philox4x32-10: random bits as a pure function of key and position, the same on every device.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. What is
//! drawn from the bits (uniforms, normals, integers) is composition above the waist.

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
/// The golden ratio and √3 - 1 in 32 bits.
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: u32 = 10;
/// Blocks computed side by side.
const LANES: usize = 8;
/// Words of such a batch.
const BATCH: usize = 4 * LANES;

/// One block: the four words that `key` gives at `counter`.
///
/// # Examples
/// ```
/// use tnp_backend::philox::block;
/// assert_eq!(block([0, 0], [0; 4]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
/// ```
pub fn block(key: [u32; 2], counter: [u32; 4]) -> [u32; 4] {
    rounds::<1>(key, counter.map(|word| [word])).map(|[word]| word)
}

/// Fills `out` with words `first ..` of the stream that belongs to `key`.
///
/// Word `i` of a stream is word `i % 4` of the block whose 128-bit counter is `i / 4`, so any
/// part of the output can be made by anybody: `random_bits(key, 5, …)` gives what
/// `random_bits(key, 0, …)` gives from its sixth word on.
///
/// # Examples
/// ```
/// use tnp_backend::philox::random_bits;
/// let (mut whole, mut part) = ([0; 9], [0; 4]);
/// random_bits([1, 2], 0, &mut whole);
/// random_bits([1, 2], 5, &mut part);
/// assert_eq!(whole[5..], part);
/// ```
pub fn random_bits(key: [u32; 2], first: u64, out: &mut [u32]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was just asked.
        return unsafe { avx2::fill(key, first, out) };
    }
    fill(key, first, out, batch_portable);
}

/// A key of its own for each `data`, for example per call, per example of a batch or per step of a loop.
///
/// The blocks used here have the highest counter word set, which no stream of [`random_bits`]
/// reaches: derived keys are independent of the bits drawn from `key` itself.
pub fn fold_in(key: [u32; 2], data: u64) -> [u32; 2] {
    let [a, b, _, _] = block(key, [data as u32, (data >> 32) as u32, 0, u32::MAX]);
    [a, b]
}

/// `batch` fills whole batches, whose first block it is given.
#[inline(always)]
fn fill(
    key: [u32; 2],
    first: u64,
    out: &mut [u32],
    batch: impl Fn([u32; 2], u64, &mut [u32; BATCH]),
) {
    let at = |index: u64| block(key, [index as u32, (index >> 32) as u32, 0, 0]);
    let (mut next, skip) = (first / 4, (first % 4) as usize);
    let head = out.len().min((4 - skip) % 4);
    let (start, rest) = out.split_at_mut(head);
    if head > 0 {
        start.copy_from_slice(&at(next)[skip..skip + head]);
        next = next.wrapping_add(1);
    }
    let (batches, rest) = rest.as_chunks_mut::<BATCH>();
    for out in batches {
        batch(key, next, out);
        next = next.wrapping_add(LANES as u64);
    }
    for part in rest.chunks_mut(4) {
        part.copy_from_slice(&at(next)[..part.len()]);
        next = next.wrapping_add(1);
    }
}

fn batch_portable(key: [u32; 2], first: u64, out: &mut [u32; BATCH]) {
    let index: [u64; LANES] = std::array::from_fn(|lane| first.wrapping_add(lane as u64));
    let counter = [
        index.map(|i| i as u32),
        index.map(|i| (i >> 32) as u32),
        [0; LANES],
        [0; LANES],
    ];
    let words = rounds(key, counter);
    for (lane, block) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *block = words.map(|word| word[lane]);
    }
}

/// Ten rounds over `N` blocks, word by word.
#[inline(always)]
fn rounds<const N: usize>(mut key: [u32; 2], mut words: [[u32; N]; 4]) -> [[u32; N]; 4] {
    for _ in 0..ROUNDS {
        let [c0, c1, c2, c3] = words;
        for lane in 0..N {
            let p0 = u64::from(MULTIPLIERS[0]) * u64::from(c0[lane]);
            let p1 = u64::from(MULTIPLIERS[1]) * u64::from(c2[lane]);
            words[0][lane] = (p1 >> 32) as u32 ^ c1[lane] ^ key[0];
            words[1][lane] = p1 as u32;
            words[2][lane] = (p0 >> 32) as u32 ^ c3[lane] ^ key[1];
            words[3][lane] = p0 as u32;
        }
        key[0] = key[0].wrapping_add(WEYL[0]);
        key[1] = key[1].wrapping_add(WEYL[1]);
    }
    words
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{BATCH, MULTIPLIERS, ROUNDS, WEYL};

    #[target_feature(enable = "avx2")]
    pub(super) fn fill(key: [u32; 2], first: u64, out: &mut [u32]) {
        super::fill(key, first, out, |key, first, out| batch(key, first, out));
    }

    /// Four blocks to a register, a word in the low half of each 64-bit lane; the high halves hold
    /// what the multiplication, which reads low halves alone, leaves there.
    #[target_feature(enable = "avx2")]
    fn batch(mut key: [u32; 2], first: u64, out: &mut [u32; BATCH]) {
        let [m0, m1] = MULTIPLIERS.map(|m| _mm256_set1_epi64x(i64::from(m)));
        let zero = _mm256_setzero_si256();
        let mut words = [0, 4].map(|group| {
            let steps = _mm256_set_epi64x(group + 3, group + 2, group + 1, group);
            let index = _mm256_add_epi64(_mm256_set1_epi64x(first as i64), steps);
            [index, _mm256_srli_epi64::<32>(index), zero, zero]
        });
        for _ in 0..ROUNDS {
            let [k0, k1] = key.map(|k| _mm256_set1_epi64x(i64::from(k)));
            words = words.map(|[c0, c1, c2, c3]| {
                let p0 = _mm256_mul_epu32(m0, c0);
                let p1 = _mm256_mul_epu32(m1, c2);
                let high = |product| _mm256_srli_epi64::<32>(product);
                let d0 = _mm256_xor_si256(_mm256_xor_si256(high(p1), c1), k0);
                let d2 = _mm256_xor_si256(_mm256_xor_si256(high(p0), c3), k1);
                [d0, p1, d2, p0]
            });
            key[0] = key[0].wrapping_add(WEYL[0]);
            key[1] = key[1].wrapping_add(WEYL[1]);
        }
        let (groups, _) = out.as_chunks_mut::<16>();
        for ([c0, c1, c2, c3], group) in words.into_iter().zip(groups) {
            // Pairs of words in each lane, then blocks in their order.
            let pair =
                |low, high| _mm256_blend_epi32::<0b10101010>(low, _mm256_slli_epi64::<32>(high));
            let (front, back) = (pair(c0, c1), pair(c2, c3));
            let even = _mm256_unpacklo_epi64(front, back);
            let odd = _mm256_unpackhi_epi64(front, back);
            let to = group.as_mut_ptr().cast::<__m256i>();
            // SAFETY: a group is 64 bytes, two registers; the stores need no alignment.
            unsafe {
                _mm256_storeu_si256(to, _mm256_permute2x128_si256::<0x20>(even, odd));
                _mm256_storeu_si256(to.add(1), _mm256_permute2x128_si256::<0x31>(even, odd));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that Random123 publishes for philox4x32-10.
    #[test]
    fn known_answers() {
        let pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
        let rows = [
            (
                [0, 0],
                [0; 4],
                [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
            ),
            (
                [u32::MAX; 2],
                [u32::MAX; 4],
                [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
            ),
            (
                [0xa4093822, 0x299f31d0],
                pi,
                [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            ),
        ];
        for (key, counter, expected) in rows {
            assert_eq!(block(key, counter), expected);
        }
    }

    #[test]
    fn any_part_of_the_stream_is_the_stream() {
        let key = [7, 11];
        // Across the carry into the counter's second word.
        let origin = 4 * (1u64 << 32) - 70;
        let whole: Vec<u32> = (origin..origin + 300)
            .map(|i| block(key, [(i / 4) as u32, (i >> 34) as u32, 0, 0])[(i % 4) as usize])
            .collect();
        for skip in 0..9 {
            for len in [0, 1, 2, 3, 5, 31, 32, 33, 64, 97, 200] {
                let (mut out, mut plain) = (vec![0; len], vec![0; len]);
                random_bits(key, origin + skip as u64, &mut out);
                fill(key, origin + skip as u64, &mut plain, batch_portable);
                assert_eq!(out, whole[skip..skip + len], "{len} words from {skip}");
                assert_eq!(plain, out);
            }
        }
    }

    #[test]
    fn the_stream_wraps() {
        let mut out = [0; 40];
        random_bits([3, 4], u64::MAX - 3, &mut out);
        let high = (u64::MAX / 4) as u32;
        assert_eq!(
            out[..4],
            block([3, 4], [high, ((u64::MAX / 4) >> 32) as u32, 0, 0])
        );
    }

    #[test]
    fn folded_keys_differ() {
        let keys: std::collections::HashSet<_> = (0..1000).map(|i| fold_in([1, 2], i)).collect();
        assert_eq!(keys.len(), 1000);
    }
}
