//! The kit's tests by name, and the program that runs them. They are known when it runs, and so is which of them cannot.

use std::process::ExitCode;
use std::sync::{PoisonError, RwLock};

use libtest_mimic::{Arguments, Completion, Trial};

use super::Kit;
use crate::rows::all_rows;

type Body = fn(&Kit);

/// Held alone by a test that has to be the only one of the program.
static QUIET: RwLock<()> = RwLock::new(());

/// A test: its name, how it runs, and whether it has to be the only one of the program meanwhile.
struct Test {
    name: &'static str,
    body: Body,
    alone: bool,
}

macro_rules! tests {
    ($($group:ident { $($test:ident $($alone:ident)?),+ $(,)? })+) => {
        const TESTS: &[Test] = &[$($(Test {
            name: concat!(stringify!($group), "::", stringify!($test)),
            body: Kit::$test,
            alone: tests!(@ $($alone)?),
        },)+)+];
    };
    (@) => { false };
    (@ alone) => { true };
}
tests! {
    registration { is_found_by_name, lists_its_devices, has_no_other_devices, keeps_its_name }
    memory {
        gives_back_what_it_took,
        gives_back_parts,
        holds_nothing,
        refuses_to_read_past_the_end,
        counts_its_memory,
        refuses_too_much,
        copies_to_other_devices_and_back,
    }
    operations {
        says_what_it_lacks,
        works_on_several_threads,
        sorts_long_lanes,
        combines_long_lanes,
        // Failures of other tests would be reported to this one.
        waits alone,
        fills_what_it_returns,
        // Copies of other tests would be counted in this one.
        prints_what_it_shows alone,
    }
    misuse {
        finds_indices_out_of_bounds,
        finds_writes_out_of_bounds,
        finds_blocks_out_of_bounds,
        keeps_devices_apart,
        refuses_other_memory,
        names_what_it_refuses,
    }
}

impl Kit {
    fn run(&self, test: &str, alone: bool, body: impl FnOnce(&Kit)) -> Completion {
        if let Some(reason) = self.ignored(test) {
            return Completion::ignored_with(reason);
        }
        if alone {
            let _alone = QUIET.write().unwrap_or_else(PoisonError::into_inner);
            body(self);
        } else {
            let _among_others = QUIET.read().unwrap_or_else(PoisonError::into_inner);
            body(self);
        }
        Completion::Completed
    }

    fn trials(&'static self, prefix: &str) -> Vec<Trial> {
        let trial = |test: String, alone: bool, body: Box<dyn FnOnce(&Kit) + Send>| {
            let name = format!("{prefix}{test}");
            Trial::ignorable_test(name, move || Ok(self.run(&test, alone, body)))
        };
        let mut trials: Vec<Trial> = (TESTS.iter())
            .map(|test| trial(test.name.to_owned(), test.alone, Box::new(test.body)))
            .collect();
        for category in all_rows() {
            let name = category.name;
            let rows = move |kit: &Kit| kit.rows(name);
            trials.push(trial(format!("rows::{name}"), false, Box::new(rows)));
            let laws = move |kit: &Kit| kit.laws(name);
            trials.push(trial(format!("laws::{name}"), false, Box::new(laws)));
        }
        let summary = Box::new(Kit::summary);
        trials.push(trial("summary".to_owned(), false, summary));
        trials
    }
}

/// Runs the tests of one kit, or of several, each under its name, with the options of `cargo test`: what [`crate::backend_tests!`] makes the
/// program of.
pub fn main(kits: impl IntoIterator<Item = (&'static str, Kit)>) -> ExitCode {
    let mut trials = Vec::new();
    for (name, kit) in kits {
        let prefix = match name {
            "" => String::new(),
            name => format!("{name}::"),
        };
        // The tests' threads hold it until the program ends.
        let kit: &'static Kit = Box::leak(Box::new(kit));
        trials.extend(kit.trials(&prefix));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The tests of a backend, as the program of a test target that has `harness = false`: `registration`, `memory`, `operations`, `misuse`, `rows`
/// (each category against NumPy), `laws` (each category under each transformation) and `summary`.
///
/// Takes a device's name, a [`Device`](tnp_backend::Device), a reference to a backend, or a [`Kit`](crate::kit::Kit) that also says what is
/// lacking; or several of them, each with a name for its tests: `backend_tests!(cpu = "cpu:0", mine = &MyBackend)`.
#[macro_export]
macro_rules! backend_tests {
    ($backend:expr $(,)?) => {
        $crate::backend_tests! { @ "", $backend }
    };
    ($($name:ident = $backend:expr),+ $(,)?) => {
        $crate::backend_tests! { @ $(stringify!($name), $backend),+ }
    };
    (@ $($name:expr, $backend:expr),+) => {
        /// Only there where the test runner of Rust took the place of the kit's.
        #[test]
        fn needs_harness_false() {
            panic!("the kit's tests do not run: Cargo.toml needs `[[test]] name = ..., harness = false` for this target");
        }

        fn main() -> ::std::process::ExitCode {
            #[allow(unused_imports)]
            use $crate::kit::Kit;
            $crate::kit::main([$(($name, $crate::kit::IntoKit::into_kit($backend))),+])
        }
    };
}
