//! What a benchmark run says: the table, the rows behind with their reasons, and the chapter around them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::Times;
use crate::shell::{Done, read};

const CHAPTER: &str = "docs/src/performance.md";
const REASONS: &str = "xtask/data/bench_reasons.txt";
const BEGIN: &str = "<!-- results: written by `cargo xtask bench --peers numpy` -->";
const END: &str = "<!-- end of results -->";
/// What two runs of one program differ by on a machine with neighbours.
const NOISE: f64 = 0.95;

/// A row and the best seconds of each side.
pub(super) struct Row {
    pub(super) group: String,
    /// Expression, dtypes and sizes.
    pub(super) name: String,
    pub(super) seconds: BTreeMap<String, f64>,
}

impl Row {
    pub(super) fn new(row: &Value, times: &Times) -> Row {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let seconds = times
            .iter()
            .filter_map(|(side, timing)| Some((side.clone(), timing["min"].as_f64()?)));
        Row {
            group: text("group"),
            name: text("name"),
            seconds: seconds.collect(),
        }
    }

    fn seconds(&self, side: &str, threads: usize) -> Option<f64> {
        self.seconds.get(&format!("{side}:{threads}")).copied()
    }

    /// NumPy's time over ours. Where NumPy has no threads its one serves for both.
    pub(super) fn ratio(&self, threads: usize) -> Option<f64> {
        let numpy = self.seconds("numpy", threads);
        let numpy = numpy.or_else(|| self.seconds("numpy", 1))?;
        Some(numpy / self.seconds("tnp", threads)?)
    }
}

/// A whole run.
pub(super) struct Run {
    pub(super) rows: Vec<Row>,
    /// What the peers say about themselves.
    pub(super) about: Vec<String>,
    pub(super) seconds: u64,
}

/// Three digits of a time, in the unit that suits it.
fn time_text(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds else {
        return String::new();
    };
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s => (s * 1e3, "ms"),
    };
    let digits = usize::from(value < 100.0) + usize::from(value < 10.0);
    format!("{value:.digits$} {unit}")
}

fn ratio_text(ratio: Option<f64>) -> String {
    match ratio {
        Some(ratio) if ratio < 1.0 => format!("**{ratio:.2}**"),
        Some(ratio) => format!("{ratio:.2}"),
        None => String::new(),
    }
}

fn name_text(name: &str) -> String {
    let (expression, about) = name.split_once("  # ").unwrap_or((name, ""));
    format!("`{expression}` {about}").trim_end().to_owned()
}

impl Run {
    /// Every row, a table for each category with the sides that timed it; ratios below one are bold.
    pub(super) fn table(&self) -> String {
        let groups = self.rows.chunk_by(|a, b| a.group == b.group);
        groups.map(group_table).collect()
    }

    /// For each category the number of rows, the geometric mean of the ratios, and how many rows are behind.
    fn summary(&self) -> String {
        let mut text = String::from(
            "| category | rows | mean ratio, 1T | lowest | behind | mean ratio, 2T | behind |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
        let mut groups: Vec<&str> = self.rows.iter().map(|row| row.group.as_str()).collect();
        groups.dedup();
        for group in groups.into_iter().chain(["all"]) {
            let ratios = |threads| -> Vec<f64> {
                let rows = self.rows.iter();
                rows.filter(|row| group == "all" || row.group == group)
                    .filter_map(|row| row.ratio(threads))
                    .collect()
            };
            let mean = |ratios: &[f64]| {
                let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
                (logs / ratios.len() as f64).exp()
            };
            let behind = |ratios: &[f64]| ratios.iter().filter(|ratio| **ratio < 1.0).count();
            let (one, two) = (ratios(1), ratios(2));
            let lowest = one.iter().copied().fold(f64::INFINITY, f64::min);
            let _ = writeln!(
                text,
                "| {group} | {} | {:.2} | {lowest:.2} | {} | {:.2} | {} |",
                one.len(),
                mean(&one),
                behind(&one),
                mean(&two),
                behind(&two),
            );
        }
        text
    }

    /// The rows slower than NumPy's on one thread or on two, with the reason.
    pub(super) fn behind(&self) -> Done<String> {
        let reasons = read(REASONS)?;
        let reasons: Vec<(&str, &str)> = reasons
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('|'))
            .map(|(pattern, reason)| (pattern.trim(), reason.trim()))
            .collect();
        let mut rows: Vec<(&Row, f64)> = self
            .rows
            .iter()
            .filter_map(|row| {
                let ratios = [1, 2].into_iter().filter_map(|threads| row.ratio(threads));
                Some((row, ratios.reduce(f64::min)?))
            })
            .filter(|(_, ratio)| *ratio < 1.0)
            .collect();
        rows.sort_by(|first, second| first.1.total_cmp(&second.1));
        let mut text =
            String::from("| row | ratio, 1T | ratio, 2T | reason |\n|---|--:|--:|---|\n");
        for (row, ratio) in rows {
            let whole = format!("{}: {}", row.group, row.name);
            let known = reasons.iter().find(|(pattern, _)| matches(&whole, pattern));
            let reason = match known {
                _ if ratio >= NOISE => "level within the noise",
                Some((_, reason)) => reason,
                None => "not examined",
            };
            let two = row.seconds("tnp", 2).and_then(|_| row.ratio(2));
            let _ = writeln!(
                text,
                "| {} | {} | {} | {reason} |",
                name_text(&row.name),
                ratio_text(row.ratio(1)),
                ratio_text(two),
            );
        }
        Ok(text)
    }

    /// The chapter on performance with these results in it.
    pub(super) fn chapter(&self) -> Done<String> {
        let old = read(CHAPTER)?;
        let lost = || format!("{CHAPTER} has lost its marks `{BEGIN}` and `{END}`");
        let (before, rest) = old.split_once(BEGIN).ok_or_else(lost)?;
        let (_, after) = rest.split_once(END).ok_or_else(lost)?;
        let peers = self.about.join("; ");
        Ok(format!(
            "{before}{BEGIN}\n\
            Measured {} on {}; {peers}. The run took {} s.\n\n\
            ### By category\n\n{}\n\
            ![Sigmoid: time against size](sigmoid.svg)\n\n\
            ![NumPy's time over ours, every row](ratios.svg)\n\n\
            ### Rows behind\n\n{}\n\
            ### Every row\n\n{}\n{END}{after}",
            date(),
            machine(),
            self.seconds,
            self.summary(),
            self.behind()?,
            self.table(),
        ))
    }
}

fn group_table(rows: &[Row]) -> String {
    let names = [
        "tnp", "numpy", "ndarray", "jax", "torch", "tf", "numexpr", "numba",
    ];
    let timed = |side: &str| rows.iter().any(|row| row.seconds.contains_key(side));
    let shown: Vec<(&str, usize)> = [1, 2]
        .into_iter()
        .flat_map(|threads| names.map(|side| (side, threads)))
        .filter(|(side, threads)| timed(&format!("{side}:{threads}")))
        .collect();
    let compared = |&(side, threads): &(&str, usize)| {
        side == "tnp" && rows.iter().any(|row| row.ratio(threads).is_some())
    };
    let mut text = String::from("| row |");
    let mut rule = String::from("|---|");
    for column in &shown {
        // Writing to a string cannot fail.
        let _ = write!(text, " {}, {}T |", column.0, column.1);
        rule.push_str("--:|");
        if compared(column) {
            let _ = write!(text, " ratio, {}T |", column.1);
            rule.push_str("--:|");
        }
    }
    let group = rows.first().map_or("", |row| &row.group);
    text = format!("#### {group}\n\n{text}\n{rule}\n");
    for row in rows {
        let _ = write!(text, "| {} |", name_text(&row.name));
        for column in &shown {
            let _ = write!(text, " {} |", time_text(row.seconds(column.0, column.1)));
            if compared(column) {
                let _ = write!(text, " {} |", ratio_text(row.ratio(column.1)));
            }
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

/// Whether the parts between a pattern's `*` occur in the text in this order.
fn matches(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    pattern.split('*').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn date() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    civil(
        now.map_or(0, |since| since.as_secs() / 86_400)
            .cast_signed(),
    )
}

/// The date of a day counted from 1970-01-01: Howard Hinnant's `civil_from_days`.
fn civil(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
}

/// Processor, cores and system, as far as they can be told.
fn machine() -> String {
    let field = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with(key))?.to_owned();
        let (_, value) = line.split_once([':', '='])?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    let processor =
        field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let system =
        field("/etc/os-release", "PRETTY_NAME").unwrap_or_else(|| std::env::consts::OS.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
    let vectors = field("/proc/cpuinfo", "flags").map_or_else(String::new, |flags| {
        let has = |name: &str| flags.split(' ').any(|flag| flag == name);
        let best = ["avx512f", "avx2", "avx", "sse2"]
            .into_iter()
            .find(|name| has(name));
        best.map_or_else(String::new, |name| format!(", {name}"))
    });
    format!("{processor} ({cores} cores{vectors}), {system}")
}

#[cfg(test)]
mod tests {
    use super::{civil, matches};

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), "1970-01-01");
        assert_eq!(civil(19_782), "2024-02-29");
        assert_eq!(civil(20_778), "2026-11-21");
    }

    #[test]
    fn patterns_match_in_order() {
        assert!(matches(
            "sort: np.sort(x)  # int64 1024",
            "sort: np.sort*1024"
        ));
        assert!(!matches("sort: np.sort(x)  # int64 2^20", "sort: *1024"));
    }
}
