//! Sets and maps by array id: ids are distinct already, so a multiplication is hash enough.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use tnp_backend::IdHasher;

/// A set of arrays.
pub(crate) type Ids = HashSet<u64, BuildHasherDefault<IdHasher>>;

/// Something known of arrays.
pub(crate) type ById<V> = HashMap<u64, V, BuildHasherDefault<IdHasher>>;
