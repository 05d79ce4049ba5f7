//! The plots of a benchmark run as SVG: sigmoid's time against size, and every row's ratio by category.

use std::fmt::Write as _;

use super::report::Row;

const COLORS: [&str; 6] = [
    "#c1440e", "#e8935e", "#1f5fa8", "#2d8a57", "#7a5195", "#8a8a8a",
];

/// A drawing: the text of an SVG without its frame.
struct Drawing {
    width: f64,
    height: f64,
    body: String,
}

impl Drawing {
    fn text(&mut self, (x, y): (f64, f64), anchor: &str, size: u32, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" font-size="{size}">{text}</text>"#
        );
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let _ = writeln!(
            self.body,
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" {style}/>"#,
            from.0, from.1, to.0, to.1
        );
    }

    fn finish(self) -> String {
        let Drawing {
            width,
            height,
            body,
        } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" fill=\"#222\">\n\
            <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{body}</svg>\n"
        )
    }
}

/// An axis of powers: from the range of values to that of the drawing.
struct Log {
    values: (f64, f64),
    place: (f64, f64),
}

impl Log {
    fn at(&self, value: f64) -> f64 {
        let (low, high) = (self.values.0.ln(), self.values.1.ln());
        let share = (value.ln() - low) / (high - low);
        self.place.0 + share.clamp(0.0, 1.0) * (self.place.1 - self.place.0)
    }
}

const GRID: &str = r##"stroke="#ddd""##;

/// Time against the number of elements for `1/(1 + exp(-x))`, a line for each side.
pub(super) fn sigmoid(rows: &[Row]) -> String {
    let mut drawing = Drawing {
        width: 820.0,
        height: 520.0,
        body: String::new(),
    };
    let x = Log {
        values: (1.0, f64::from(1 << 24)),
        place: (80.0, 640.0),
    };
    let y = Log {
        values: (1e-8, 1.0),
        place: (460.0, 50.0),
    };
    drawing.text(
        (360.0, 28.0),
        "middle",
        17,
        "1/(1 + exp(-x)), float32, eager",
    );
    for power in [0, 5, 10, 15, 20, 24] {
        let at = x.at(f64::from(1 << power));
        drawing.line((at, y.place.0), (at, y.place.1), GRID);
        drawing.text((at, 478.0), "middle", 12, &format!("2^{power}"));
    }
    for (value, label) in [
        (1e-8, "10 ns"),
        (1e-7, "100 ns"),
        (1e-6, "1 µs"),
        (1e-5, "10 µs"),
        (1e-4, "100 µs"),
        (1e-3, "1 ms"),
        (1e-2, "10 ms"),
        (1e-1, "100 ms"),
        (1.0, "1 s"),
    ] {
        let at = y.at(value);
        drawing.line((x.place.0, at), (x.place.1, at), GRID);
        drawing.text((72.0, at + 4.0), "end", 12, label);
    }
    drawing.text((360.0, 506.0), "middle", 14, "elements");
    drawing.text((16.0, 40.0), "start", 14, "time");
    let rows: Vec<(f64, &Row)> = rows
        .iter()
        .filter(|row| row.group == "sigmoid")
        .map(|row| (size(&row.name), row))
        .collect();
    let mut sides: Vec<&String> = rows
        .iter()
        .flat_map(|(_, row)| row.seconds.keys())
        .collect();
    // Ours first.
    sides.sort_by_key(|side| (!side.starts_with("tnp"), *side));
    sides.dedup();
    for (index, side) in sides.into_iter().enumerate() {
        let color = COLORS[index % COLORS.len()];
        let points: Vec<(f64, f64)> = rows
            .iter()
            .filter_map(|(size, row)| Some((x.at(*size), y.at(*row.seconds.get(side)?))))
            .collect();
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            drawing.body,
            r#"<polyline points="{}" fill="none" stroke="{color}" stroke-width="2"/>"#,
            path.join(" ")
        );
        for (x, y) in points {
            let _ = writeln!(
                drawing.body,
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{color}"/>"#
            );
        }
        let at = 80.0 + 22.0 * index as f64;
        let style = format!(r#"stroke="{color}" stroke-width="3""#);
        drawing.line((660.0, at), (685.0, at), &style);
        let (name, threads) = side.split_once(':').unwrap_or((side, "1"));
        let plural = if threads == "1" { "thread" } else { "threads" };
        drawing.text(
            (692.0, at + 4.0),
            "start",
            12,
            &format!("{name}, {threads} {plural}"),
        );
    }
    drawing.finish()
}

fn size(name: &str) -> f64 {
    match name.rsplit_once("2^") {
        Some((_, power)) => power.parse().map_or(1.0, f64::exp2),
        None => 1.0,
    }
}

/// NumPy's time over ours on one thread, a dot for each row, a line of dots for each category.
pub(super) fn ratios(rows: &[Row]) -> String {
    let mut groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
    groups.dedup();
    let height = 110.0 + 34.0 * groups.len() as f64;
    let mut drawing = Drawing {
        width: 820.0,
        height,
        body: String::new(),
    };
    let x = Log {
        values: (0.25, 64.0),
        place: (120.0, 790.0),
    };
    let title = "NumPy's time / ours, one thread: right of 1 we are faster";
    drawing.text((455.0, 28.0), "middle", 17, title);
    for power in -2..=6 {
        let value = f64::from(power).exp2();
        let at = x.at(value);
        let style = if power == 0 {
            r##"stroke="#222""##
        } else {
            GRID
        };
        drawing.line((at, 44.0), (at, height - 56.0), style);
        drawing.text((at, height - 38.0), "middle", 12, &value.to_string());
    }
    drawing.text(
        (455.0, height - 12.0),
        "middle",
        14,
        "ratio (ends of the scale stand for what is beyond)",
    );
    for (index, group) in groups.into_iter().enumerate() {
        let y = 64.0 + 34.0 * index as f64;
        drawing.text((110.0, y + 4.0), "end", 13, group);
        let dots = rows
            .iter()
            .filter(|row| row.group == group)
            .filter_map(|row| Some((row, row.ratio(1)?)));
        for (number, (row, ratio)) in dots.enumerate() {
            let color = if ratio < 1.0 { COLORS[0] } else { COLORS[2] };
            // Dots of equal ratios lie beside each other.
            let offset = (number % 5) as f64 * 5.0 - 10.0;
            let name = row.name.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                drawing.body,
                r#"<circle cx="{:.1}" cy="{:.1}" r="3.5" fill="{color}" fill-opacity="0.6"><title>{name}: {ratio:.2}</title></circle>"#,
                x.at(ratio),
                y + offset
            );
        }
    }
    drawing.finish()
}
