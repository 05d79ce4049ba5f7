//! `book`: the pages in docs/ are all in the table of contents, no link in them or the README leads nowhere, and code that is said to be
//! quoted (`<!-- quoted from PATH -->` before the block) is in that file.

use std::path::Path;

use crate::shell::{Done, output, program, read, root};

pub(crate) fn run() -> Done {
    let listed = output(&mut program(
        "git",
        &[
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "*.md",
        ],
    ))?;
    let contents = read("docs/src/SUMMARY.md")?;
    let (mut problems, mut links, mut pages) = (Vec::new(), 0, 0);
    let mut quotes = 0;
    for page in listed.lines().filter(|page| root().join(page).is_file()) {
        pages += 1;
        let text = read(page)?;
        let folder = Path::new(page).parent().unwrap_or(Path::new(""));
        for target in targets(&text) {
            links += 1;
            if let Some(problem) = lost(page, &text, folder, target) {
                problems.push(problem);
            }
        }
        for (source, block) in quoted(&text) {
            quotes += 1;
            if !contains(&read(source)?, &block) {
                let first = block.lines().next().unwrap_or_default();
                problems.push(format!(
                    "{page}: the block that begins `{first}` is not in {source}"
                ));
            }
        }
        let Some(name) = page.strip_prefix("docs/src/") else {
            continue;
        };
        if name != "SUMMARY.md"
            && !targets(&contents).any(|target| target.trim_start_matches("./") == name)
        {
            problems.push(format!("{page}: not in docs/src/SUMMARY.md"));
        }
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    println!(
        "{links} links of {pages} pages lead somewhere; {quotes} blocks are as in the files they are quoted from"
    );
    Ok(())
}

/// Code blocks that say where they are from: the file and the text.
fn quoted(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let source = line
            .strip_prefix("<!-- quoted from ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        let Some(source) = source else { continue };
        let code = lines
            .by_ref()
            .skip(1)
            .take_while(|line| !line.starts_with("```"));
        blocks.push((source, code.collect::<Vec<&str>>().join("\n")));
    }
    blocks
}

/// Whether the lines of a block follow each other in a file, however far they are indented there.
fn contains(file: &str, block: &str) -> bool {
    let bare =
        |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).collect() };
    let (file, block) = (bare(file), bare(block));
    !block.is_empty() && file.windows(block.len()).any(|part| part == block)
}

/// What `](…)` points to outside of code blocks, addresses elsewhere left out.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    let prose = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    });
    let all = prose.flat_map(|line| {
        line.split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ']).next())
    });
    all.filter(|target| {
        !target.contains("://") && !target.starts_with("mailto:") && !target.is_empty()
    })
}

/// Why a link leads nowhere, if it does.
fn lost(page: &str, text: &str, folder: &Path, target: &str) -> Option<String> {
    let (file, heading) = target
        .split_once('#')
        .map_or((target, None), |(file, heading)| (file, Some(heading)));
    let path = folder.join(file);
    let other;
    let text = if file.is_empty() {
        text
    } else if root().join(&path).is_dir() {
        return None;
    } else {
        match read(&path) {
            Ok(found) => {
                other = found;
                &other
            }
            // Pictures are no text, but are there.
            Err(_) if root().join(&path).is_file() => return None,
            Err(_) => return Some(format!("{page}: the link to '{target}' leads nowhere")),
        }
    };
    let heading = heading?;
    let mut headings = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(anchor);
    let found = headings.any(|known| known == heading);
    (!found && !heading.starts_with('L'))
        .then(|| format!("{page}: no heading '{heading}' in '{target}'"))
}

/// A heading's anchor as mdBook and GitHub make it.
fn anchor(line: &str) -> String {
    let text = line.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|&c| c.is_alphanumeric() || c == ' ' || c == '-' || c == '_');
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
