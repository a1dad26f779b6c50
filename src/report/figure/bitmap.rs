//! A pixel canvas with a light background, at twice the figure's size so that text stays sharp. One
//! rasterizer with exact area coverage draws strokes, areas and letters; the same strokes give the same
//! bytes.

use std::f64::consts::TAU;

use ab_glyph::{Font as _, FontRef, OutlineCurve, Point, point};
use ab_glyph_rasterizer::Rasterizer;
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, FontTransform,
    text_anchor::{HPos, VPos},
};

use super::png;

/// Pixels per unit of the figure.
const SCALE: f32 = 2.0;

/// The font; see `assets/font/LICENSE` for its origin.
const FONT: &[u8] = include_bytes!("../../../assets/font/figures.ttf");

/// Corners of the polygon that approximates a disc.
const CORNERS: u8 = 24;

/// A pixel canvas.
pub(in crate::report) struct Bitmap {
    /// In units of the figure.
    size: (u32, u32),
    /// In pixels.
    width: usize,
    height: usize,
    /// Red, green, blue, row by row.
    pixels: Vec<u8>,
    font: FontRef<'static>,
}

impl Bitmap {
    /// Creates a white canvas; `None` if the font can't be read, which a test rules out.
    ///
    /// * `size`: width and height in units of the figure.
    pub(super) fn new(size: (u32, u32)) -> Option<Self> {
        let pixels = |units: u32| (units as f32 * SCALE) as usize;
        let (width, height) = (pixels(size.0), pixels(size.1));
        Some(Self {
            size,
            width,
            height,
            pixels: vec![0xff; 3 * width * height],
            font: FontRef::try_from_slice(FONT).ok()?,
        })
    }

    /// Size in units of the figure.
    pub(super) const fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Encodes the canvas as a PNG file.
    pub(super) fn encoded(&self) -> Vec<u8> {
        png::encoded(self.width, &self.pixels)
    }

    pub(super) fn rectangle(&mut self, from: BackendCoord, to: BackendCoord, color: BackendColor) {
        self.polygon(&[from, (to.0, from.1), to, (from.0, to.1)], color);
    }

    pub(super) fn polygon(&mut self, outline: &[BackendCoord], color: BackendColor) {
        let corners: Vec<Point> = outline.iter().map(|&at| scaled(at)).collect();
        self.fill(&closed(&corners), color);
    }

    pub(super) fn disc(&mut self, center: BackendCoord, radius: u32, color: BackendColor) {
        self.fill(&closed(&round(scaled(center), radius as f32 * SCALE)), color);
    }

    /// Draws a line with round joints.
    pub(super) fn stroke(&mut self, path: &[BackendCoord], width: u32, color: BackendColor) {
        let half = width as f32 * SCALE / 2.0;
        let points: Vec<Point> = path.iter().map(|&at| scaled(at)).collect();
        let mut outline = Vec::new();
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = ((to.x - from.x).powi(2) + (to.y - from.y).powi(2)).sqrt();
            if length > 0.0 {
                let side = point(-(to.y - from.y) / length * half, (to.x - from.x) / length * half);
                outline.extend(closed(&[from + side, to + side, to - side, from - side]));
            }
        }
        // Both ends stay flat.
        for &joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
            outline.extend(closed(&round(joint, half)));
        }
        self.fill(&outline, color);
    }

    /// Draws text at the position where the SVG would show it.
    pub(super) fn text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) {
        // The SVG uses this font size, and these distances of the baseline below the anchor.
        let em = style.size() as f32 / 1.24 * SCALE;
        let factor = em / self.font.units_per_em().unwrap_or(1000.0);
        let x_height = 0.547 * em;
        let line = match style.anchor().v_pos {
            VPos::Top => 0.76 * em,
            VPos::Center => 0.5 * x_height,
            VPos::Bottom => -0.5 * x_height,
        };
        let advance = |c: char| factor * self.font.h_advance_unscaled(self.font.glyph_id(c));
        let width: f32 = text.chars().map(advance).sum();
        let mut x = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -width / 2.0,
            HPos::Right => -width,
        };
        let origin = scaled(at);
        let transform = style.transform();
        let mut outline = Vec::new();
        for c in text.chars() {
            let place = |p: Point| {
                let (x, y) = (x + factor * p.x, line - factor * p.y);
                origin
                    + match transform {
                        FontTransform::None => point(x, y),
                        FontTransform::Rotate90 => point(-y, x),
                        FontTransform::Rotate180 => point(-x, -y),
                        FontTransform::Rotate270 => point(y, -x),
                    }
            };
            if let Some(glyph) = self.font.outline(self.font.glyph_id(c)) {
                outline.extend(glyph.curves.iter().map(|curve| match *curve {
                    OutlineCurve::Line(a, b) => OutlineCurve::Line(place(a), place(b)),
                    OutlineCurve::Quad(a, b, c) => OutlineCurve::Quad(place(a), place(b), place(c)),
                    OutlineCurve::Cubic(a, b, c, d) => {
                        OutlineCurve::Cubic(place(a), place(b), place(c), place(d))
                    }
                }));
            }
            x += advance(c);
        }
        self.fill(&outline, style.color());
    }

    /// Fills an outline, in pixels.
    fn fill(&mut self, outline: &[OutlineCurve], color: BackendColor) {
        let points = outline.iter().flat_map(|curve| match *curve {
            OutlineCurve::Line(a, b) => vec![a, b],
            OutlineCurve::Quad(a, b, c) => vec![a, b, c],
            OutlineCurve::Cubic(a, b, c, d) => vec![a, b, c, d],
        });
        let ends = points.filter(|p| p.x.is_finite() && p.y.is_finite()).fold(
            None,
            |ends: Option<(Point, Point)>, p| {
                let (low, high) = ends.unwrap_or((p, p));
                Some((point(low.x.min(p.x), low.y.min(p.y)), point(high.x.max(p.x), high.y.max(p.y))))
            },
        );
        let Some((low, high)) = ends else { return };
        let (left, top) = (low.x.floor(), low.y.floor());
        let (columns, lines) = (high.x.ceil() - left, high.y.ceil() - top);
        // A figure keeps its strokes on the canvas; an outline far outside is a mistake and must not exhaust
        // memory.
        if color.alpha == 0.0 || columns > 4.0 * self.width as f32 || lines > 4.0 * self.height as f32 {
            return;
        }
        let mut raster = Rasterizer::new(columns as usize + 2, lines as usize + 1);
        let here = |p: Point| point(p.x - left, p.y - top);
        for curve in outline {
            match *curve {
                OutlineCurve::Line(a, b) => raster.draw_line(here(a), here(b)),
                OutlineCurve::Quad(a, b, c) => raster.draw_quad(here(a), here(b), here(c)),
                OutlineCurve::Cubic(a, b, c, d) => raster.draw_cubic(here(a), here(b), here(c), here(d)),
            }
        }
        let (left, top) = (left as i64, top as i64);
        let (width, height) = (self.width as i64, self.height as i64);
        let (r, g, b) = color.rgb;
        raster.for_each_pixel_2d(|x, y, covered| {
            let (x, y) = (left + i64::from(x), top + i64::from(y));
            let covered = covered.min(1.0) * color.alpha as f32;
            if covered > 0.0 && (0..width).contains(&x) && (0..height).contains(&y) {
                let at = 3 * (y * width + x) as usize;
                for (channel, ink) in self.pixels[at..at + 3].iter_mut().zip([r, g, b]) {
                    let paper = f32::from(*channel);
                    *channel = (paper + (f32::from(ink) - paper) * covered).round() as u8;
                }
            }
        });
    }
}

fn scaled((x, y): BackendCoord) -> Point {
    point(x as f32 * SCALE, y as f32 * SCALE)
}

/// Returns the closed outline through some corners.
fn closed(corners: &[Point]) -> Vec<OutlineCurve> {
    let next = corners.iter().cycle().skip(1);
    corners.iter().zip(next).map(|(&a, &b)| OutlineCurve::Line(a, b)).collect()
}

/// Returns the corners of a disc, with the same orientation as the sides of a stroke, so that overlaps do not
/// cancel.
fn round(center: Point, radius: f32) -> Vec<Point> {
    (0..CORNERS)
        .map(|corner| {
            let (sin, cos) = (-TAU * f64::from(corner) / f64::from(CORNERS)).sin_cos();
            center + point(radius * cos as f32, radius * sin as f32)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use plotters::{
        prelude::IntoFont as _,
        style::{Color as _, RGBColor},
    };

    use super::*;

    fn ink(alpha: f64) -> BackendColor {
        BackendColor { alpha, rgb: (0, 100, 200) }
    }

    fn at(bitmap: &Bitmap, x: usize, y: usize) -> &[u8] {
        &bitmap.pixels[3 * (y * bitmap.width + x)..][..3]
    }

    #[test]
    fn areas_cover_what_they_enclose() {
        let mut bitmap = Bitmap::new((20, 10)).expect("a font");
        bitmap.rectangle((2, 2), (5, 4), ink(1.0));
        assert_eq!((at(&bitmap, 4, 4), at(&bitmap, 9, 7)), (&[0, 100, 200][..], &[0, 100, 200][..]));
        assert_eq!((at(&bitmap, 3, 4), at(&bitmap, 10, 7)), (&[255; 3][..], &[255; 3][..]));
        bitmap.rectangle((6, 2), (8, 4), ink(0.5));
        assert_eq!(at(&bitmap, 13, 5), [128, 178, 228]);
        // A line that turns back on itself does not cancel, and drawing outside the canvas is harmless.
        bitmap.stroke(&[(10, 5), (15, 5), (10, 5), (-50, 5)], 2, ink(1.0));
        assert_eq!(at(&bitmap, 24, 10), [0, 100, 200]);
        bitmap.disc((18, 8), 1, ink(1.0));
        assert_eq!(at(&bitmap, 36, 16), [0, 100, 200]);
        bitmap.polygon(&[(i32::MIN, 0), (i32::MAX, 0), (0, 9)], ink(1.0));
    }

    #[test]
    fn letters_are_there_and_missing_ones_are_boxes() {
        let style = ("sans-serif", 15).into_font().color(&RGBColor(0, 0, 0).to_rgba());
        let inked = |text: &str| {
            let mut bitmap = Bitmap::new((100, 30)).expect("a font");
            bitmap.text(text, &style, (10, 10));
            bitmap.pixels.iter().filter(|&&channel| channel < 128).count()
        };
        for text in ["a", "Größe", "W₁ ≥ −0.1 × σ²", "Ж", "身"] {
            assert!(inked(text) > 10, "{text}");
        }
        assert_eq!(inked(" "), 0);
        let missing = FontRef::try_from_slice(FONT).expect("a font").glyph_id('身');
        for c in "0123456789−+.,%·…→₁²×≤≥±äöüéλ".chars() {
            let font = FontRef::try_from_slice(FONT).expect("a font");
            assert_ne!(font.glyph_id(c), missing, "{c}");
        }
    }
}
