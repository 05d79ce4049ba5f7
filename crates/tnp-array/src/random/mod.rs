//! `np.random`'s legacy generator on the host: seeding, state, and draws into slices.
//!
//! Everything here is bit-equal to NumPy's `RandomState`. Counter-based bits for devices and
//! traces are `tnp_backend::philox`.

mod functions;
mod integers;
mod keyed;
mod legacy;
mod mt19937;

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use tnp_backend::Result;

pub use functions::{
    High, Seed, exponential, get_state, normal, poisson, rand, randint, randn, random,
    random_sample, seed, set_state, standard_normal, uniform,
};
pub use integers::RandInt;
pub use keyed::{fold_in, key};
pub use legacy::{LegacyRng, LegacyState};
pub use mt19937::Mt19937;

/// A generator of one's own, as `np.random.RandomState(seed)`; shared between threads by reference.
///
/// # Examples
/// ```
/// use tnp_array::random::RandomState;
/// let state = RandomState::new(42).unwrap();
/// let mut draws = [0.0; 2];
/// state.lock().fill_random(&mut draws);
/// assert_eq!(draws, [0.3745401188473625, 0.9507143064099162]);
/// ```
#[derive(Debug)]
pub struct RandomState(Mutex<LegacyRng>);

impl RandomState {
    /// A generator seeded as `np.random.RandomState(seed)`.
    ///
    /// # Errors
    /// `seed` is 2**32 or more.
    pub fn new(seed: u64) -> Result<RandomState> {
        LegacyRng::from_seed(seed).map(RandomState::from)
    }

    /// A generator seeded from the operating system's randomness.
    pub fn from_entropy() -> RandomState {
        LegacyRng::from_entropy().into()
    }

    /// Exclusive use of the generator: draws made under one lock are consecutive.
    pub fn lock(&self) -> MutexGuard<'_, LegacyRng> {
        // Every state is a valid one, also that of a thread that panicked between draws.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts again from `seed`; a cached normal is dropped.
    ///
    /// # Errors
    /// `seed` is 2**32 or more; the generator is then as it was.
    pub fn seed(&self, seed: u64) -> Result<()> {
        *self.lock() = LegacyRng::from_seed(seed)?;
        Ok(())
    }
}

impl From<LegacyRng> for RandomState {
    fn from(rng: LegacyRng) -> RandomState {
        RandomState(Mutex::new(rng))
    }
}

/// The generator behind the functions of `np.random`: one per process, seeded by the system
/// until somebody calls `seed`.
pub fn global() -> &'static RandomState {
    static GLOBAL: LazyLock<RandomState> = LazyLock::new(RandomState::from_entropy);
    &GLOBAL
}
