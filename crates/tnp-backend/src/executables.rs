//! Executables by graph and device: each graph is compiled at most once on a device, for as long as it lives.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::{Device, Executable, Graph, Result};

type Key = (usize, Device);

struct Entry {
    graph: Weak<Graph>,
    executable: Arc<dyn Executable>,
}

/// Graphs are found by address: a multiplication spreads one well enough, and takes a tenth of the default's time.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u64(&mut self, part: u64) {
        // Knuth's multiplicative hashing, by the golden ratio.
        self.0 = (self.0.rotate_left(5) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u32(&mut self, part: u32) {
        self.write_u64(part.into());
    }

    fn write_usize(&mut self, part: usize) {
        self.write_u64(part as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Default)]
struct Cache {
    entries: HashMap<Key, Entry, BuildHasherDefault<AddressHasher>>,
    /// Dead entries are swept out when there are this many.
    sweep_at: usize,
}

static CACHE: RwLock<Option<Cache>> = RwLock::new(None);

/// The executable of a graph on a device. It is compiled at the first request and forgotten when the graph is gone.
///
/// # Errors
/// When the backend cannot compile the graph.
pub fn compiled(device: Device, graph: &Arc<Graph>) -> Result<Arc<dyn Executable>> {
    let key = (Arc::as_ptr(graph) as usize, device);
    if let Some(cache) = CACHE.read().unwrap_or_else(PoisonError::into_inner).as_ref()
        && let Some(entry) = cache.entries.get(&key)
        // The address of a graph that is gone may be another's by now.
        && entry.graph.strong_count() > 0
    {
        return Ok(entry.executable.clone());
    }
    let executable: Arc<dyn Executable> = device.backend().compile(device, graph)?.into();
    let mut cache = CACHE.write().unwrap_or_else(PoisonError::into_inner);
    let cache = cache.get_or_insert_default();
    if cache.entries.len() >= cache.sweep_at {
        cache
            .entries
            .retain(|_, entry| entry.graph.strong_count() > 0);
        cache.sweep_at = (2 * cache.entries.len()).max(64);
    }
    let entry = Entry {
        graph: Arc::downgrade(graph),
        executable: executable.clone(),
    };
    cache.entries.insert(key, entry);
    Ok(executable)
}
