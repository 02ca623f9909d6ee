//! A plot of bars that lie on top of each other, with their names to the left.

use std::path::Path;

use plotters::coord::ranged1d::SegmentValue;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{INK, WIDTH, color, write_notes};
use crate::failure::Failure;

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: f64,
    pub(super) is_ours: bool,
    pub(super) is_baseline: bool,
}

/// The plot.
pub(super) struct Bars<'a> {
    pub(super) title: &'a str,
    pub(super) notes: &'a [String],
    /// The bars from top to bottom.
    pub(super) rows: Vec<Bar>,
    pub(super) format: fn(f64) -> String,
}

const BAR: u32 = 30;
const LABELS: u32 = 380;

impl Bars<'_> {
    pub(super) fn draw(mut self, file: &Path) -> Result<(), Failure> {
        // The axis points up.
        self.rows.reverse();
        let count = self.rows.len();
        let most = self.rows.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let height = 110 + BAR * u32::try_from(count)?;
        let area = SVGBackend::new(file, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        let (plot, notes) = area.split_vertically(height - 45);
        let mut chart = ChartBuilder::on(&plot)
            .caption(self.title, ("sans-serif", 18).into_font().color(&INK))
            .margin(8)
            .margin_right(24)
            .set_label_area_size(LabelAreaPosition::Left, LABELS)
            .set_label_area_size(LabelAreaPosition::Bottom, 8)
            .build_cartesian_2d(0.0..most * 1.12, (0..count.saturating_sub(1)).into_segmented())?;
        let label = |segment: &SegmentValue<usize>| match segment {
            SegmentValue::CenterOf(at) => {
                self.rows.get(*at).map_or_else(String::new, |bar| bar.label.clone())
            }
            _ => String::new(),
        };
        chart
            .configure_mesh()
            .disable_mesh()
            .disable_x_axis()
            .axis_style(INK)
            .y_labels(count)
            .y_label_formatter(&label)
            .y_label_style(("sans-serif", 14).into_font().color(&INK))
            .draw()?;
        let number = ("sans-serif", 13).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
        for (at, bar) in self.rows.iter().enumerate() {
            let color = color(bar.is_ours, bar.is_baseline);
            let corners = [(0.0, SegmentValue::Exact(at)), (bar.value, SegmentValue::Exact(at + 1))];
            let mut drawn = Rectangle::new(corners, color.filled());
            drawn.set_margin(5, 5, 0, 0);
            chart.draw_series([drawn])?;
            let end = EmptyElement::at((bar.value, SegmentValue::CenterOf(at)));
            let value = Text::new((self.format)(bar.value), (6, 0), number.clone());
            chart.draw_series([end + value])?;
        }
        write_notes(&notes, self.notes)?;
        area.present()?;
        Ok(())
    }
}
