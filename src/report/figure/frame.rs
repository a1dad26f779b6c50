//! The frame of a figure: size, colours for light and dark pages, axes, and the text alternative.

use plotters::{
    chart::{ChartBuilder, ChartContext},
    coord::{Shift, types::RangedCoordf64},
    prelude::{Cartesian2d, DrawingArea, IntoDrawingArea as _, RGBColor, SVGBackend, Text},
    style::{
        Color as _, IntoFont as _, IntoTextStyle as _, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{Face, Image, bitmap::Bitmap, canvas::Canvas};
use crate::text::sanitize;

/// Errors of drawing into memory: we know of none, but plotters returns a `Result`.
pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A sheet or a part of one, in pixels.
pub(super) type Area<'a> = DrawingArea<Canvas<'a>, Shift>;

/// A chart with two linear axes.
pub(super) type Chart<'a, 'b> = ChartContext<'a, Canvas<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// A colour by meaning: the light variant is written into the figure, and the style sheet replaces it on dark
/// pages. The values are those of the console. Two shades that are equal on light pages differ in the last
/// bit so that the style sheet can distinguish them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shade {
    light: u32,
    dark: u32,
}

impl Shade {
    const fn new(light: u32, dark: u32) -> Self {
        Self { light, dark }
    }

    /// Returns the light colour, which plotters writes.
    pub(super) const fn ink(self) -> RGBColor {
        let [_, r, g, b] = self.light.to_be_bytes();
        RGBColor(r, g, b)
    }
}

pub(super) const PAPER: Shade = Shade::new(0xff_ffff, 0x12_1212);
pub(super) const TEXT: Shade = Shade::new(0x1c_1c1c, 0xe4_e4e4);
pub(super) const DIM: Shade = Shade::new(0x58_5858, 0x8a_8a8a);
pub(super) const FAINT: Shade = Shade::new(0xe0_e0e0, 0x30_3030);
pub(super) const TRAINING: Shade = Shade::new(0x00_5faf, 0x5f_afd7);
pub(super) const PRODUCTION: Shade = Shade::new(0xaf_5f00, 0xff_af00);
pub(super) const GOLDEN: Shade = Shade::new(0x00_0087, 0xaf_ffaf);
pub(super) const ALARM: Shade = Shade::new(0x87_0001, 0xff_5f00);
/// No rows, or too few of them.
pub(super) const EMPTY: Shade = Shade::new(0xf8_f8f8, 0x1a_1a1a);
/// The ramp for "more is worse", quietest step first.
pub(super) const HEAT: [Shade; 6] = [
    Shade::new(0xee_eeee, 0x26_2626),
    Shade::new(0xff_d7af, 0x00_5f87),
    Shade::new(0xd7_af5f, 0x5f_8787),
    Shade::new(0xaf_875f, 0xaf_af5f),
    Shade::new(0x00_5f87, 0xff_d700),
    Shade::new(0x00_005f, 0xff_ffd7),
];

const ALL: [Shade; 9] = [PAPER, TEXT, DIM, FAINT, TRAINING, PRODUCTION, GOLDEN, ALARM, EMPTY];

/// Size of small text, in plotters' pixels (a fifth larger than on the page).
const SMALL: u32 = 15;

/// Draws one figure.
///
/// Returns `None` if plotters could not draw it.
///
/// * `size`: width and height in pixels.
/// * `title`, `description`: the text alternative.
pub(super) fn sheet(
    face: Face,
    size: (u32, u32),
    title: &str,
    description: &str,
    paint: impl FnOnce(&Area<'_>) -> Drawn,
) -> Option<Image> {
    match face {
        Face::Svg => {
            let mut svg = String::new();
            painted(Canvas::Svg(SVGBackend::with_string(&mut svg, size)), paint)?;
            dressed(&svg, size, title, description).map(Image::Svg)
        }
        Face::Png => {
            let mut bitmap = Bitmap::new(size)?;
            painted(Canvas::Bitmap(&mut bitmap), paint)?;
            Some(Image::Png(bitmap.encoded()))
        }
    }
}

fn painted(canvas: Canvas<'_>, paint: impl FnOnce(&Area<'_>) -> Drawn) -> Option<()> {
    let area = canvas.into_drawing_area();
    area.fill(&PAPER.ink()).ok()?;
    paint(&area).ok()?;
    area.present().ok()
}

/// Adds the text alternative and the dark variant of the shades.
fn dressed(svg: &str, (width, height): (u32, u32), title: &str, description: &str) -> Option<String> {
    let rest = svg.split_once(">\n")?.1;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\">\n<title>{title}</title>\n<desc>{desc}</desc>\n<style>{style}</style>\n{rest}",
        title = escaped(title),
        desc = escaped(description),
        style = dark(),
    ))
}

/// Returns the style sheet that replaces the shades on dark pages.
fn dark() -> String {
    let mut rules = String::from("@media (prefers-color-scheme: dark) {");
    for shade in ALL.into_iter().chain(HEAT) {
        use std::fmt::Write as _;
        let (light, dark) = (shade.light, shade.dark);
        // Writing to a `String` can't fail.
        let _ = write!(
            rules,
            " [fill=\"#{light:06X}\"] {{ fill: #{dark:06x} }} [stroke=\"#{light:06X}\"] {{ stroke: #{dark:06x} }}"
        );
    }
    rules + " }"
}

/// Escapes text for XML and removes characters that XML or a terminal can't handle.
pub(in crate::report) fn escaped(text: &str) -> String {
    sanitize::terminal(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Returns a style for small text in a shade, anchored.
pub(super) fn small(shade: Shade, horizontal: HPos) -> TextStyle<'static> {
    ("sans-serif", SMALL).into_font().color(&shade.ink()).pos(Pos::new(horizontal, VPos::Center))
}

/// Draws the heading of a figure, with the names of its series in their shades on the right.
pub(super) fn heading(area: &Area<'_>, title: &str, series: &[(&str, Shade)]) -> Drawn {
    let (width, _) = area.dim_in_pixel();
    let style = ("sans-serif", 18).into_font().color(&TEXT.ink());
    area.draw(&Text::new(
        sanitize::terminal(title).into_owned(),
        (12, 10),
        style.pos(Pos::new(HPos::Left, VPos::Top)),
    ))?;
    let mut x = width as i32 - 14;
    for (name, shade) in series.iter().rev() {
        let name = sanitize::terminal(name);
        area.draw(&Text::new(name.as_ref(), (x, 18), small(*shade, HPos::Right)))?;
        x -= (name.chars().count() as f64 * 6.8) as i32;
        area.draw(&plotters::prelude::Rectangle::new([(x - 17, 13), (x - 6, 23)], shade.ink().filled()))?;
        x -= 30;
    }
    Ok(())
}

/// Descriptions of the axes.
pub(super) struct Axes<'a> {
    /// Range of x, and its name with the unit.
    pub(super) x: (f64, f64, &'a str),
    /// Range of y, and its name with the unit.
    pub(super) y: (f64, f64, &'a str),
    /// Formats a tick of x.
    pub(super) x_text: &'a dyn Fn(&f64) -> String,
    /// Formats a tick of y.
    pub(super) y_text: &'a dyn Fn(&f64) -> String,
}

impl Axes<'_> {
    /// Draws the axes below the heading.
    pub(super) fn draw<'b, 'c>(
        &self,
        area: &'b Area<'c>,
    ) -> Result<Chart<'b, 'c>, Box<dyn std::error::Error>> {
        let widened = |(low, high): (f64, f64)| {
            if high > low { low..high } else { low - 0.5..low + 0.5 }
        };
        let mut chart = ChartBuilder::on(area)
            .margin_top(36)
            .margin_right(24)
            .margin_bottom(8)
            .margin_left(10)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(widened((self.x.0, self.x.1)), widened((self.y.0, self.y.1)))?;
        let label = ("sans-serif", SMALL).with_color(DIM.ink()).into_text_style(area);
        let safe = |text: String| sanitize::terminal(&text).into_owned();
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(FAINT.ink())
            .light_line_style(plotters::style::TRANSPARENT)
            .axis_style(DIM.ink())
            .label_style(label.clone())
            .axis_desc_style(label)
            .x_labels(8)
            .y_labels(6)
            .x_label_formatter(&|x| safe((self.x_text)(x)))
            .y_label_formatter(&|y| safe((self.y_text)(y)))
            .x_desc(sanitize::terminal(self.x.2))
            .y_desc(sanitize::terminal(self.y.2))
            .draw()?;
        Ok(chart)
    }
}

/// Extends a range by a small margin.
pub(super) fn roomy(low: f64, high: f64) -> (f64, f64) {
    let room = if high > low { 0.08 * (high - low) } else { 0.5 * low.abs().max(1e-9) };
    (low - room, high + room)
}
