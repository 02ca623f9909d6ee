//! A plot of lines over a logarithmic axis of counts.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::tables::thousands;
use super::{INK, WIDTH, color, write_notes};
use crate::failure::Failure;

/// One line.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) is_ours: bool,
    pub(super) is_baseline: bool,
}

/// The plot.
pub(super) struct Lines<'a> {
    pub(super) title: &'a str,
    pub(super) notes: &'a [String],
    pub(super) series: Vec<Line>,
}

const HEIGHT: u32 = 420;
/// The width of the space for the lines' names.
const LABELS: i32 = 260;

impl Lines<'_> {
    pub(super) fn draw(&self, file: &Path) -> Result<(), Failure> {
        let points = || self.series.iter().flat_map(|line| &line.points);
        let most = points().map(|(_, y)| *y).fold(0.0, f64::max);
        let left = points().map(|(x, _)| *x).fold(f64::INFINITY, f64::min);
        let right = points().map(|(x, _)| *x).fold(0.0, f64::max);
        let area = SVGBackend::new(file, (WIDTH, HEIGHT)).into_drawing_area();
        area.fill(&WHITE)?;
        let (plot, notes) = area.split_vertically(HEIGHT - 45);
        let mut chart = ChartBuilder::on(&plot)
            .caption(self.title, ("sans-serif", 18).into_font().color(&INK))
            .margin(8)
            .margin_right(LABELS)
            .set_label_area_size(LabelAreaPosition::Left, 50)
            .set_label_area_size(LabelAreaPosition::Bottom, 30)
            .build_cartesian_2d((left..right).log_scale(), 0.0..most * 1.1)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .x_labels(4)
            .x_label_formatter(&|count| thousands(&format!("{count:.0}")))
            .y_label_formatter(&|time| format!("{time:.0}"))
            .label_style(("sans-serif", 14).into_font().color(&INK))
            .draw()?;
        let name = ("sans-serif", 13).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
        for line in &self.series {
            let color = color(line.is_ours, line.is_baseline);
            let points = line.points.iter().copied();
            chart.draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?;
            chart.draw_series(points.map(|point| Circle::new(point, 3, color.filled())))?;
            if let Some(last) = line.points.last() {
                let label = Text::new(line.label.clone(), (10, 0), name.clone());
                plot.draw(&(EmptyElement::at(chart.backend_coord(last)) + label))?;
            }
        }
        write_notes(&notes, self.notes)?;
        area.present()?;
        Ok(())
    }
}
