//! The printout as SVG; one user unit is one dot.

use super::{Item, Printout, Run};
use crate::{
    escpos::{Align, CELL},
    raster::Bitmap,
};
use std::fmt::Write as _;

/// White paper around the printed area, in dots.
const MARGIN: u32 = 24;

impl Printout {
    /// A self-contained SVG drawing of the paper.
    #[must_use]
    pub fn svg(&self) -> String {
        let width = u32::from(self.paper.dots()) + 2 * MARGIN;
        let mut y = MARGIN;
        let mut body = String::new();
        for item in &self.items {
            y += self.draw(&mut body, item, y);
        }
        let height = y + MARGIN;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"'Noto Sans Mono CJK SC','Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei',monospace\" font-size=\"{CELL}\">\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>{body}</svg>\n"
        )
    }

    /// Draws one item with its top at `y` and tells its height.
    fn draw(&self, out: &mut String, item: &Item, y: u32) -> u32 {
        match item {
            Item::Line { align, runs, height } => {
                let mut x = self.left(*align, runs.iter().map(run_width).sum());
                for run in runs {
                    x = draw_run(out, run, x, y + u32::from(*height));
                }
                u32::from(*height)
            }
            Item::Picture { align, bitmap, across, down } => {
                let (across, down) = (u32::from(*across), u32::from(*down));
                let x = self.left(*align, u32::from(bitmap.stride()) * 8 * across);
                let path = dots_path(bitmap);
                let _ = write!(
                    out,
                    "<path transform=\"translate({x} {y}) scale({across} {down})\" shape-rendering=\"crispEdges\" d=\"{path}\"/>"
                );
                u32::from(bitmap.height()) * down
            }
            Item::Feed(dots) => u32::from(*dots),
            Item::Drawer => 0,
            Item::Cut => {
                let right = u32::from(self.paper.dots()) + 2 * MARGIN;
                let _ = write!(out, "<path d=\"M0 {y}H{right}\" stroke=\"#000\" stroke-dasharray=\"6 6\"/>");
                CELL.into()
            }
        }
    }

    fn left(&self, align: Align, width: u32) -> u32 {
        let room = u32::from(self.paper.dots()).saturating_sub(width);
        MARGIN
            + match align {
                Align::Left => 0,
                Align::Centre => room / 2,
                Align::Right => room,
            }
    }
}

/// Dots that a character takes at normal width.
fn width(c: char) -> u32 {
    u32::from(if c.is_ascii() { CELL / 2 } else { CELL })
}

fn run_width(run: &Run) -> u32 {
    run.text.chars().map(width).sum::<u32>() * u32::from(run.style.across)
}

/// Draws a run that starts at `x` and stands on the bottom of its line; gives the x where it ends.
fn draw_run(out: &mut String, run: &Run, mut x: u32, bottom: u32) -> u32 {
    let (across, down) = (u32::from(run.style.across), u32::from(run.style.down));
    let weight = if run.style.bold { " font-weight=\"700\"" } else { "" };
    for c in run.text.chars() {
        let width = width(c);
        if c != ' ' {
            let baseline = bottom - 3 - 3 * down.min(2);
            let _ = write!(
                out,
                "<text transform=\"translate({x} {baseline}) scale({across} {down})\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"{weight}>{}</text>",
                escaped(c)
            );
        }
        x += width * across;
    }
    x
}

fn dots_path(bitmap: &Bitmap) -> String {
    let mut path = String::new();
    for y in 0..bitmap.height() {
        let mut x = 0;
        while x < bitmap.stride() * 8 {
            let length = (x..bitmap.stride() * 8).take_while(|x| bitmap.is_black(*x, y)).count();
            if length > 0 {
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x = x.saturating_add(u16::try_from(length).unwrap_or(u16::MAX).max(1));
        }
    }
    path
}

fn escaped(c: char) -> String {
    match c {
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '&' => "&amp;".into(),
        c => c.to_string(),
    }
}
