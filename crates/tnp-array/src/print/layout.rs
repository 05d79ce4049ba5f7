//! Brackets, rows, wrapped lines and summaries: where the texts of the elements go.

/// What an array's rows are laid out with.
pub(super) struct Layout<'a> {
    pub(super) shape: &'a [usize],
    /// The text of the element at an index.
    pub(super) element: &'a dyn Fn(&[usize]) -> String,
    pub(super) separator: &'a str,
    /// Elements shown at each end of an axis, if the array is summarised.
    pub(super) summary: Option<usize>,
}

const ELLIPSIS: &str = "...";

impl Layout<'_> {
    /// The whole text, for lines of a width (less than nothing is none) behind a prefix.
    pub(super) fn text(&self, width: isize, prefix: &str) -> String {
        // One more blank for the opening bracket.
        let indent = " ".repeat(prefix.chars().count() + 1);
        self.nested(&mut Vec::with_capacity(self.shape.len()), &indent, width)
    }

    fn nested(&self, index: &mut Vec<usize>, indent: &str, width: isize) -> String {
        let left = self.shape.len() - index.len();
        match left {
            0 => (self.element)(index),
            1 => self.row(index, indent, width),
            _ => self.rows(index, indent, width, left),
        }
    }

    /// The indices shown along an axis; `None` where the ellipsis stands.
    fn shown(&self, size: usize) -> Vec<Option<usize>> {
        match self.summary {
            // NumPy always shows the last item, even where no edge item is asked for.
            Some(edge) if edge.saturating_mul(2) < size => (0..edge)
                .map(Some)
                .chain([None])
                .chain((size - edge.max(1)..size).map(Some))
                .collect(),
            _ => (0..size).map(Some).collect(),
        }
    }

    /// One line of elements, wrapped where they do not fit.
    fn row(&self, index: &mut Vec<usize>, indent: &str, width: isize) -> String {
        let closing = count(self.separator.trim_end()).max(1);
        let mut lines = Lines {
            done: String::new(),
            line: indent.to_owned(),
            indent,
            width: width - closing as isize,
        };
        let shown = self.shown(self.shape[index.len()]);
        for (n, at) in shown.iter().enumerate() {
            match at {
                Some(i) => {
                    index.push(*i);
                    let word = (self.element)(index);
                    index.pop();
                    lines.add(&word);
                }
                None => lines.add(ELLIPSIS),
            }
            if n + 1 < shown.len() {
                lines.line.push_str(self.separator);
            }
        }
        lines.done.push_str(&lines.line);
        format!("[{}]", &lines.done[indent.len()..])
    }

    /// Rows of more than one dimension, each on lines of its own.
    fn rows(&self, index: &mut Vec<usize>, indent: &str, width: isize, left: usize) -> String {
        let between = format!("{}{}", self.separator.trim_end(), "\n".repeat(left - 1));
        let deeper = format!("{indent} ");
        let mut text = "[".to_owned();
        for (n, at) in self.shown(self.shape[index.len()]).into_iter().enumerate() {
            if n > 0 {
                text.push_str(&between);
                text.push_str(indent);
            }
            match at {
                Some(i) => {
                    index.push(i);
                    text.push_str(&self.nested(index, &deeper, width - 1));
                    index.pop();
                }
                None => text.push_str(ELLIPSIS),
            }
        }
        text.push(']');
        text
    }
}

/// Lines that are being filled with words.
struct Lines<'a> {
    done: String,
    line: String,
    indent: &'a str,
    width: isize,
}

impl Lines<'_> {
    /// Ends the line if so many more characters do not fit, unless it holds nothing yet.
    fn make_room(&mut self, characters: usize) -> bool {
        let used = count(&self.line);
        let wrap = (used + characters) as isize > self.width && used > self.indent.len();
        if wrap {
            self.end_line(self.indent.to_owned());
        }
        wrap
    }

    fn end_line(&mut self, next: String) {
        self.done.push_str(self.line.trim_end());
        self.done.push('\n');
        self.line = next;
    }

    /// Adds a word; one of several lines (from a formatter) hangs below its first.
    fn add(&mut self, word: &str) {
        let parts: Vec<&str> = word.lines().collect();
        if parts.len() <= 1 {
            self.make_room(count(word));
            self.line.push_str(word);
            return;
        }
        let widest = parts.iter().map(|part| count(part)).max().unwrap_or(0);
        let hanging = match self.make_room(widest) {
            true => self.indent.to_owned(),
            false => " ".repeat(count(&self.line)),
        };
        self.line.push_str(parts[0]);
        for part in &parts[1..] {
            self.end_line(format!("{hanging}{part}"));
        }
        let last = parts.last().map_or(0, |part| count(part));
        self.line.extend(std::iter::repeat_n(' ', widest - last));
    }
}

fn count(text: &str) -> usize {
    text.chars().count()
}
