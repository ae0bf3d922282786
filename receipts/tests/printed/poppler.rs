//! A second opinion on our PDF files: poppler's programs.

use crate::Outcome;
use std::{
    io::Write,
    process::{Command, Stdio},
};

/// A page as grey values, 0 black to 255 white, row by row.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) grey: Vec<u8>,
}

/// Text in reading order with the layout kept; pages end in a form feed.
pub(crate) fn text(pdf: &[u8]) -> Outcome<String> {
    Ok(String::from_utf8(run("pdftotext", &["-layout", "-", "-"], pdf)?)?)
}

/// Left, top, right and bottom edge of each word, in points, over all pages.
pub(crate) fn word_edges(pdf: &[u8]) -> Outcome<Vec<[f32; 4]>> {
    let html = String::from_utf8(run("pdftotext", &["-bbox", "-", "-"], pdf)?)?;
    let words = html.lines().filter(|line| line.trim_start().starts_with("<word"));
    words
        .map(|line| {
            let numbers: Vec<f32> =
                line.split('"').skip(1).step_by(2).take(4).map(str::parse).collect::<Result<_, _>>()?;
            Ok(<[f32; 4]>::try_from(numbers).map_err(|_| line.to_owned())?)
        })
        .collect()
}

/// One page, counted from 1, at so many dots to the inch.
pub(crate) fn picture(pdf: &[u8], page: u32, dpi: u32) -> Outcome<Picture> {
    let (page, dpi) = (page.to_string(), dpi.to_string());
    let bytes = run("pdftoppm", &["-gray", "-r", &dpi, "-f", &page, "-l", &page, "-"], pdf)?;
    let mut parts = bytes.splitn(4, u8::is_ascii_whitespace);
    let mut header = || -> Outcome<String> { Ok(String::from_utf8(parts.next().ok_or("short image")?.to_vec())?) };
    let (magic, width, height) = (header()?, header()?.parse()?, header()?.parse()?);
    let pixels = parts.next().and_then(|rest| rest.strip_prefix(b"255\n")).ok_or("not 8 bits deep")?;
    if magic != "P5" || pixels.len() != width * height {
        return Err("not a portable greymap".into());
    }
    Ok(Picture { width, height, grey: pixels.to_vec() })
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Outcome<Vec<u8>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program} (poppler-utils) is needed: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("no input")?;
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "writer")??;
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() && complaints.is_empty() { Ok(output.stdout) } else { Err(complaints.into()) }
}

impl Picture {
    /// Mean grey of the cells of a coarse grid, as digits 0 (white) to 9 (black): a picture that can be read in a diff.
    pub(crate) fn sketch(&self, columns: usize, rows: usize) -> String {
        let mut sketch = String::new();
        for row in 0..rows {
            for column in 0..columns {
                sketch.push(self.darkness((column, columns), (row, rows)));
            }
            sketch.push('\n');
        }
        sketch
    }

    fn darkness(&self, (column, columns): (usize, usize), (row, rows): (usize, usize)) -> char {
        let across = column * self.width / columns..(column + 1) * self.width / columns;
        let down = row * self.height / rows..(row + 1) * self.height / rows;
        let (mut ink, mut pixels) = (0, 0);
        for y in down {
            for x in across.clone() {
                ink += 255 - usize::from(self.grey[y * self.width + x]);
                pixels += 1;
            }
        }
        let level = ink * 20 / (255 * pixels.max(1));
        char::from_digit(u32::try_from(level.min(9)).unwrap_or(9), 10).unwrap_or('9')
    }

    /// Texts of the QR codes on the page.
    pub(crate) fn codes(&self) -> Vec<String> {
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, |x, y| self.grey[y * self.width + x]);
        image.detect_grids().iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
    }
}
