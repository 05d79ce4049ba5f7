//! `bench`: our benchmark rows beside those of peers, in turns in one run; a table, plots and the chapter on performance.

mod plot;
mod report;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::shell::{Done, cargo, output, program, python, root, run as run_command, target};

/// Peers that are Python libraries; `ndarray` is a crate, and in our own process.
const PYTHON_PEERS: [&str; 6] = ["numpy", "jax", "torch", "tf", "numexpr", "numba"];
/// What pins the threads of a Python peer and of whatever BLAS it came with.
const THREAD_VARIABLES: [&str; 5] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
];
/// The categories that NumPy uses threads in: elsewhere its time on one is its time on two.
const THREADED: [&str; 2] = ["matmul", "transformations"];

struct Options {
    peers: Vec<String>,
    quick: bool,
    filter: Option<String>,
}

fn options(arguments: &[&str]) -> Done<Options> {
    let mut options = Options {
        peers: Vec::new(),
        quick: false,
        filter: None,
    };
    let mut arguments = arguments.iter();
    while let Some(&argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next().copied();
            value.ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument {
            "--quick" => options.quick = true,
            "--filter" => options.filter = Some(value()?.to_owned()),
            "--peers" => options.peers = value()?.split(',').map(str::to_owned).collect(),
            other => return Err(format!("bench: no option '{other}'")),
        }
    }
    let known = |peer: &str| peer == "ndarray" || PYTHON_PEERS.contains(&peer);
    if let Some(peer) = options.peers.iter().find(|peer| !known(peer)) {
        return Err(format!(
            "no peer '{peer}': there are {}, ndarray",
            PYTHON_PEERS.join(", ")
        ));
    }
    Ok(options)
}

fn parse(text: &str) -> Done<Value> {
    serde_json::from_str(text).map_err(|error| format!("bench: {error}"))
}

/// A process that answers requests, a line of JSON each.
struct Worker {
    name: String,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start(name: &str, command: &mut Command) -> Done<Worker> {
        let failed = |error: std::io::Error| format!("{name} cannot be run: {error}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let requests = child.stdin.take();
        let answers = child.stdout.take().ok_or("a process without output")?;
        Ok(Worker {
            name: name.to_owned(),
            child,
            requests,
            answers: BufReader::new(answers),
        })
    }

    fn answer(&mut self) -> Done<Value> {
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(|error| format!("{}: {error}", self.name))?;
        if line.is_empty() {
            return Err(format!("{} stopped; its message is above", self.name));
        }
        parse(&line)
    }

    fn ask(&mut self, request: &Value) -> Done<Value> {
        if let Some(requests) = &mut self.requests {
            writeln!(requests, "{request}").map_err(|error| format!("{}: {error}", self.name))?;
        }
        self.answer()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without input a worker ends by itself.
        self.requests = None;
        let _ = self.child.wait();
    }
}

/// One column of the table: whose time, on how many threads, and which worker to ask.
struct Side {
    name: String,
    threads: usize,
    worker: usize,
}

impl Side {
    fn label(&self) -> String {
        format!("{}:{}", self.name, self.threads)
    }

    fn request(&self, row: &Value, budget: f64) -> Value {
        if PYTHON_PEERS.contains(&self.name.as_str()) {
            return json!({ "row": row, "budget": budget });
        }
        json!({ "row": row["name"], "side": self.name, "threads": self.threads, "budget": budget })
    }
}

/// Builds the rows; gives the program that times ours.
pub(crate) fn ours() -> Done<PathBuf> {
    let build = ["build", "--release", "--quiet", "--package", "tnp-benches"];
    run_command(&mut cargo(&build))?;
    let name = format!("tnp-benches{}", std::env::consts::EXE_SUFFIX);
    Ok(target().join("release").join(name))
}

/// The Python that has a peer: NumPy's is that of the goldens, others get an environment each.
fn python_with(peer: &str) -> Done<PathBuf> {
    if peer == "numpy" {
        return python();
    }
    let (folder, package, module) = match peer {
        "tf" => (
            "target/venv-tensorflow".to_owned(),
            "tensorflow-cpu",
            "tensorflow",
        ),
        _ => (format!("target/venv-{peer}"), peer, peer),
    };
    let python = root().join(&folder).join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let has_it = python.exists() && {
        let mut import = program(&python, &["-c", &format!("import {module}, numpy")]);
        import
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !has_it {
        eprintln!("installing {peer} in {folder}");
        let base = if cfg!(windows) { "python" } else { "python3" };
        run_command(&mut program(base, &["-m", "venv", &folder]))?;
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "numpy",
            package,
        ];
        run_command(&mut program(&python, &install))?;
    }
    Ok(python)
}

/// All workers and the sides they serve, and what each peer says about itself.
fn sides(options: &Options) -> Done<(Vec<Worker>, Vec<Side>, Vec<String>)> {
    let ours = ours()?;
    let both = std::thread::available_parallelism().map_or(1, |count| count.get().min(2));
    let counts = if both > 1 { vec![1, both] } else { vec![1] };
    let mut workers = vec![Worker::start(
        "tnp-benches",
        &mut program(ours, &["--serve"]),
    )?];
    let mut sides = Vec::new();
    let mut about = Vec::new();
    let side = |name: &str, threads, worker| Side {
        name: name.to_owned(),
        threads,
        worker,
    };
    sides.extend(counts.iter().map(|&threads| side("tnp", threads, 0)));
    for peer in &options.peers {
        if peer == "ndarray" {
            sides.push(side(peer, 1, 0));
            continue;
        }
        let python = python_with(peer)?;
        for &threads in &counts {
            let mut command = program(&python, &["xtask/python/peers.py", peer]);
            for variable in THREAD_VARIABLES {
                command.env(variable, threads.to_string());
            }
            let mut worker = Worker::start(peer, &mut command)?;
            let introduction = worker.answer()?;
            if threads == 1 {
                about.extend(introduction.as_str().map(str::to_owned));
            }
            sides.push(side(peer, threads, workers.len()));
            workers.push(worker);
        }
    }
    Ok((workers, sides, about))
}

/// The best time of a row by side, `numpy:2` for instance.
type Times = BTreeMap<String, Value>;

/// Times a row on all sides in turns; better times than those known replace them.
fn time(
    row: &Value,
    workers: &mut [Worker],
    sides: &[&Side],
    quick: bool,
    times: &mut Times,
) -> Done {
    let (rounds, budget) = if quick { (2, 0.01) } else { (3, 0.03) };
    for round in 0..rounds {
        let mut order = sides.to_vec();
        if round % 2 == 1 {
            order.reverse();
        }
        for side in order {
            if side.name == "numpy"
                && side.threads > 1
                && !THREADED.contains(&row["group"].as_str().unwrap_or_default())
            {
                continue;
            }
            let timing = workers[side.worker].ask(&side.request(row, budget))?;
            let better = |best: &Value| timing["min"].as_f64() < best["min"].as_f64();
            if !timing.is_null() && times.get(&side.label()).is_none_or(better) {
                times.insert(side.label(), timing);
            }
        }
    }
    same_results(row, times)
}

/// Times of different things are no comparison: NumPy has to give a row the same dtype and as many axes, of the same
/// lengths but for what depends on random masks.
fn same_results(row: &Value, times: &Times) -> Done {
    let mut kinds = times
        .iter()
        .filter(|(side, _)| side.starts_with("tnp") || side.starts_with("numpy"))
        .map(|(_, timing)| (lengths(&timing["shape"]), &timing["dtype"]));
    let Some((shape, dtype)) = kinds.next() else {
        return Ok(());
    };
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 0.01 * a.max(*b);
    let same = |(other, other_dtype): &(Vec<f64>, &Value)| {
        *other_dtype == dtype && other.len() == shape.len() && shape.iter().zip(other).all(close)
    };
    match kinds.find(|kind| !same(kind)) {
        Some(other) => Err(format!(
            "{}: one side gives {shape:?} {dtype}, another {:?} {}",
            row["name"], other.0, other.1
        )),
        None => Ok(()),
    }
}

fn lengths(shape: &Value) -> Vec<f64> {
    let lengths = shape.as_array().into_iter().flatten();
    lengths.filter_map(Value::as_f64).collect()
}

/// Who times a row. NumPy times all; in a whole run the others time what they were made for, compiled and differentiated
/// programs, else it would take an hour.
fn asked<'a>(row: &Value, sides: &'a [Side], options: &Options) -> Vec<&'a Side> {
    let programs = row["programs"].as_object();
    let special = programs.is_some_and(|programs| !programs.is_empty());
    let all = options.filter.is_some() || special;
    let always = ["tnp", "numpy", "ndarray"];
    sides
        .iter()
        .filter(|side| all || always.contains(&side.name.as_str()))
        .collect()
}

pub(crate) fn run(arguments: &[&str]) -> Done {
    let options = options(arguments)?;
    let (mut workers, sides, about) = sides(&options)?;
    let ours = ours()?;
    let filter = options.filter.as_deref().unwrap_or_default();
    let listed = parse(&output(&mut program(
        &ours,
        &["--list", "--filter", filter],
    ))?)?;
    let rows: Vec<Value> = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter(|row| !(options.quick && row["slow"] == true))
        .cloned()
        .collect();
    if rows.is_empty() {
        return Err(format!("no row has '{filter}' in its category or name"));
    }
    let start = Instant::now();
    let (mut results, mut all_times) = (Vec::new(), Vec::new());
    let mut group = "";
    for (done, row) in rows.iter().enumerate() {
        let this = row["group"].as_str().unwrap_or_default();
        if this != group {
            group = this;
            let seconds = start.elapsed().as_secs();
            eprintln!("{seconds:>4} s  {done:>3} of {} rows  {group}", rows.len());
        }
        let mut times = Times::new();
        let asked = asked(row, &sides, &options);
        time(row, &mut workers, &asked, options.quick, &mut times)?;
        results.push(report::Row::new(row, &times));
        all_times.push(times);
    }
    // Rows that look slow get a second chance on all sides, at another moment: the machine may have been busy.
    let behind = |row: &report::Row| {
        [1, 2]
            .into_iter()
            .any(|n| row.ratio(n).is_some_and(|r| r < 1.0))
    };
    for ((row, result), times) in rows.iter().zip(&mut results).zip(&mut all_times) {
        if !options.quick && behind(result) {
            time(
                row,
                &mut workers,
                &asked(row, &sides, &options),
                false,
                times,
            )?;
            *result = report::Row::new(row, times);
        }
    }
    drop(workers);
    let run = report::Run {
        rows: results,
        about,
        seconds: start.elapsed().as_secs(),
    };
    let folder = root().join("bench-out");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let write = |path: PathBuf, text: &str| {
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write(folder.join("table.md"), &run.table())?;
    write(folder.join("sigmoid.svg"), &plot::sigmoid(&run.rows))?;
    write(folder.join("ratios.svg"), &plot::ratios(&run.rows))?;
    println!("{}", run.table());
    println!("{}", run.behind()?);
    let whole = options.filter.is_none() && !options.quick;
    if whole && options.peers.iter().any(|peer| peer == "numpy") {
        let docs = root().join("docs/src");
        write(docs.join("sigmoid.svg"), &plot::sigmoid(&run.rows))?;
        write(docs.join("ratios.svg"), &plot::ratios(&run.rows))?;
        write(docs.join("performance.md"), &run.chapter()?)?;
        println!("docs/src/performance.md and its plots are up to date");
    } else {
        println!("written to bench-out/; docs/src/performance.md is for whole runs beside NumPy");
    }
    Ok(())
}
