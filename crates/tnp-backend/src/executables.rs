//! Executables by graph and device: each graph is compiled at most once on a device, for as long as it lives.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use crate::{Device, Executable, Graph, IdHasher, Result};

type Key = (usize, Device);

struct Entry {
    graph: Weak<Graph>,
    executable: Arc<dyn Executable>,
}

#[derive(Default)]
struct Cache {
    entries: HashMap<Key, Entry, BuildHasherDefault<IdHasher>>,
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
