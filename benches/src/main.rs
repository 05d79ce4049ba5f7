//! Times the benchmark rows, lists them, or serves times to `cargo xtask bench`, which asks its peers in turns.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tnp::Array;
use tnp_benches::{Peer, Program, Row, ndarray, rows, time};
use tnp_cpu::set_num_threads;

const HELP: &str = "\
usage: tnp-benches [OPTION]…      times every row, each for a moment

  --list             print the rows as JSON instead
  --serve            answer requests, a line of JSON each
  --filter TEXT      only the rows whose category or name has this in it
  --threads N        threads to use; all by default
  --budget SECONDS   time for each row, 0.1 by default
";

#[derive(Default)]
struct Options {
    list: bool,
    serve: bool,
    filter: String,
    threads: usize,
    budget: Option<f64>,
}

fn options() -> Result<Options, String> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next();
            value.ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--list" => options.list = true,
            "--serve" => options.serve = true,
            "--filter" => options.filter = value()?,
            "--threads" => options.threads = number(&value()?)?,
            "--budget" => options.budget = Some(number(&value()?)?),
            _ => return Err(HELP.to_owned()),
        }
    }
    Ok(options)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("'{text}' is no number"))
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// A question of `cargo xtask bench`.
#[derive(Deserialize)]
struct Request {
    /// The row's name.
    row: String,
    /// Whose time: `tnp` or `ndarray`.
    side: String,
    threads: usize,
    /// In seconds.
    budget: f64,
}

/// A row made ready, kept until another is asked for.
struct Ready<'a> {
    row: &'a Row,
    arrays: Vec<Array>,
    program: Program,
    /// Made when it is asked for; `None` inside when there is no way to write the row.
    ndarray: Option<Option<Peer>>,
}

impl<'a> Ready<'a> {
    fn new(row: &'a Row) -> Result<Ready<'a>, String> {
        Ok(Ready {
            row,
            arrays: row.arrays().map_err(text)?,
            program: row.program(),
            ndarray: None,
        })
    }

    fn answer(&mut self, request: &Request) -> Result<Value, String> {
        let budget = seconds(request.budget)?;
        if request.side == "ndarray" {
            let row = self.row;
            let peer = self.ndarray.get_or_insert_with(|| ndarray(row));
            let Some(peer) = peer else {
                return Ok(Value::Null);
            };
            let timing = time(budget, || {
                peer();
                Ok::<(), String>(())
            })?;
            return serde_json::to_value(timing).map_err(text);
        }
        set_num_threads(request.threads);
        let (run, arrays) = (&mut self.program, &mut self.arrays);
        let result = run(arrays).map_err(text)?;
        let (shape, dtype) = (result.shape().to_vec(), result.dtype().to_string());
        drop(result);
        let timing = time(budget, || {
            run(black_box(arrays)).map(|x| drop(black_box(x)))
        })
        .map_err(text)?;
        let mut answer = serde_json::to_value(timing).map_err(text)?;
        answer["shape"] = json!(shape);
        answer["dtype"] = json!(dtype);
        Ok(answer)
    }
}

fn seconds(number: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(number).map_err(|error| format!("budget: {error}"))
}

fn serve(rows: &[Row]) -> Result<(), String> {
    let mut ready: Option<Ready<'_>> = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line.map_err(text)?).map_err(text)?;
        if ready
            .as_ref()
            .is_none_or(|kept| kept.row.name != request.row)
        {
            let row = rows.iter().find(|row| row.name == request.row);
            let row = row.ok_or_else(|| format!("no row '{}'", request.row))?;
            // Memory for one row at a time.
            drop(ready.take());
            tnp_cpu::empty_cache();
            ready = Some(Ready::new(row)?);
        }
        if let Some(kept) = &mut ready {
            let answer = kept
                .answer(&request)
                .map_err(|error| format!("{}: {error}", request.row))?;
            writeln!(out, "{answer}").map_err(text)?;
            out.flush().map_err(text)?;
        }
    }
    Ok(())
}

fn run() -> Result<(), String> {
    let options = options()?;
    let mut rows = rows();
    if options.serve {
        return serve(&rows);
    }
    rows.retain(|row| row.group.contains(&options.filter) || row.name.contains(&options.filter));
    if options.list {
        println!("{}", serde_json::to_string(&rows).map_err(text)?);
        return Ok(());
    }
    for row in &rows {
        let mut request = Request {
            row: row.name.clone(),
            side: "tnp".to_owned(),
            threads: options.threads,
            budget: options.budget.unwrap_or(0.1),
        };
        let mut ready = Ready::new(row)?;
        let microseconds = |answer: Value| answer["min"].as_f64().map(|seconds| seconds * 1e6);
        let ours = microseconds(ready.answer(&request)?).unwrap_or(f64::NAN);
        "ndarray".clone_into(&mut request.side);
        let theirs = microseconds(ready.answer(&request)?)
            .map_or_else(String::new, |time| format!("{time:.3}"));
        println!("{ours:>12.3} us {theirs:>12}  {}", row.name);
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tnp-benches: {error}");
            ExitCode::FAILURE
        }
    }
}
