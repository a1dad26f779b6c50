//! The drawing target of figures: SVG, or pixels for readers that can't show SVG. Both receive the same
//! strokes, so each figure has a single drawing routine.

use std::io;

use plotters::prelude::SVGBackend;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::bitmap::Bitmap;

/// An SVG or pixels.
pub(in crate::report) enum Canvas<'a> {
    /// SVG text.
    Svg(SVGBackend<'a>),
    /// Pixels.
    Bitmap(&'a mut Bitmap),
}

type Drawn = Result<(), DrawingErrorKind<io::Error>>;

impl DrawingBackend for Canvas<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        match self {
            Self::Svg(svg) => svg.get_size(),
            Self::Bitmap(bitmap) => bitmap.size(),
        }
    }

    fn ensure_prepared(&mut self) -> Drawn {
        match self {
            Self::Svg(svg) => svg.ensure_prepared(),
            Self::Bitmap(_) => Ok(()),
        }
    }

    fn present(&mut self) -> Drawn {
        match self {
            Self::Svg(svg) => svg.present(),
            Self::Bitmap(_) => Ok(()),
        }
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.draw_pixel(at, color),
            Self::Bitmap(bitmap) => bitmap.rectangle(at, (at.0 + 1, at.1 + 1), color),
        }
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.draw_line(from, to, style),
            Self::Bitmap(bitmap) => bitmap.stroke(&[from, to], style.stroke_width(), style.color()),
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.draw_rect(from, to, style, fill),
            Self::Bitmap(bitmap) if fill => bitmap.rectangle(from, to, style.color()),
            Self::Bitmap(bitmap) => {
                let corners = [from, (to.0, from.1), to, (from.0, to.1), from];
                bitmap.stroke(&corners, style.stroke_width(), style.color());
            }
        }
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.draw_path(path, style),
            Self::Bitmap(bitmap) => {
                let points: Vec<_> = path.into_iter().collect();
                bitmap.stroke(&points, style.stroke_width(), style.color());
            }
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.draw_circle(center, radius, style, fill),
            // No figure has an open circle.
            Self::Bitmap(bitmap) => bitmap.disc(center, radius, style.color()),
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        outline: I,
        style: &S,
    ) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.fill_polygon(outline, style),
            Self::Bitmap(bitmap) => {
                let points: Vec<_> = outline.into_iter().collect();
                bitmap.polygon(&points, style.color());
            }
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        match self {
            Self::Svg(svg) => return svg.draw_text(text, style, at),
            Self::Bitmap(bitmap) => bitmap.text(text, style, at),
        }
        Ok(())
    }
}
