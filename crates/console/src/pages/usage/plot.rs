//! Bars of calls by day and action, as numbers that the template writes into an SVG. The script of the page has no part in it.

use std::collections::BTreeMap;

/// Actions that have a colour of their own; all others share one.
const SERIES_MAX: usize = 5;

/// Size of the drawing, and of the margins for labels, in units of the SVG.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 10.0;

/// Part of a day's width that its bar takes.
const BAR: f64 = 0.72;

/// Lines of the scale above zero.
const LINES: u64 = 4;

/// Calls of one action on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Calls {
    /// From 1.
    pub(super) day: u8,
    pub(super) action: String,
    pub(super) count: u64,
}

/// A drawing and its table.
#[derive(Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Where the lines of the scale begin and end.
    pub(super) left: f64,
    pub(super) lines: Vec<Line>,
    pub(super) bars: Vec<Bar>,
    pub(super) days: Vec<DayLabel>,
    /// Names of the series, in the order of their colours.
    pub(super) series: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A line of the scale.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) y: f64,
    pub(super) value: u64,
}

/// A part of a bar: one series on one day.
#[derive(Debug, PartialEq)]
pub(super) struct Bar {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Number of its colour.
    pub(super) series: usize,
}

/// A day below the bars.
#[derive(Debug, PartialEq)]
pub(super) struct DayLabel {
    pub(super) x: f64,
    pub(super) day: u8,
}

/// A line of the table: the calls of a day, by series.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) day: u8,
    /// With two digits.
    pub(super) written: String,
    pub(super) counts: Vec<u64>,
    pub(super) total: u64,
}

impl Plot {
    /// Of the calls of a month with so many days. `None` if there are none.
    pub(super) fn of(calls: &[Calls], days: u8, others: &str) -> Option<Self> {
        let series = series_of(calls, others);
        let rows = rows_of(calls, &series);
        let most = rows.iter().map(|row| row.total).max().filter(|most| *most > 0)?;
        let scale = Scale { step: step_for(most), days };
        Some(Self {
            width: WIDTH,
            height: HEIGHT,
            left: LEFT,
            lines: (0..=LINES)
                .map(|line| scale.step.saturating_mul(line))
                .map(|value| Line { y: scale.y(value), value })
                .collect(),
            bars: rows.iter().flat_map(|row| scale.bars(row)).collect(),
            days: (1..=days).filter(|day| *day == 1 || day % 5 == 0).map(|day| scale.label(day)).collect(),
            series,
            rows,
        })
    }
}

/// The actions with the most calls, and one name for the others if there are any.
fn series_of(calls: &[Calls], others: &str) -> Vec<String> {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for Calls { action, count, .. } in calls {
        let total = totals.entry(action).or_default();
        *total = total.saturating_add(*count);
    }
    let mut actions: Vec<(&str, u64)> = totals.into_iter().collect();
    actions.sort_by_key(|(_, total)| std::cmp::Reverse(*total));
    let has_others = actions.len() > SERIES_MAX;
    let named = actions.iter().take(SERIES_MAX).map(|(action, _)| (*action).to_owned());
    named.chain(has_others.then(|| others.to_owned())).collect()
}

/// Days with calls, in order.
fn rows_of(calls: &[Calls], series: &[String]) -> Vec<Row> {
    let mut rows: BTreeMap<u8, Row> = BTreeMap::new();
    for Calls { day, action, count } in calls {
        let row = rows.entry(*day).or_insert_with(|| Row {
            day: *day,
            written: format!("{day:02}"),
            counts: vec![0; series.len()],
            total: 0,
        });
        let place = series.iter().position(|name| name == action).unwrap_or(series.len() - 1);
        row.counts[place] = row.counts[place].saturating_add(*count);
        row.total = row.total.saturating_add(*count);
    }
    rows.into_values().collect()
}

/// 1, 2 or 5 with zeros, so that the lines of the scale reach beyond `most`.
fn step_for(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let step = power.saturating_mul(step);
            if step.saturating_mul(LINES) >= most {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// From days and calls to places of the drawing.
struct Scale {
    step: u64,
    days: u8,
}

impl Scale {
    fn y(&self, calls: u64) -> f64 {
        let part = calls as f64 / (self.step as f64 * LINES as f64);
        tenths((HEIGHT - BOTTOM) - part * (HEIGHT - BOTTOM - TOP))
    }

    fn day_width(&self) -> f64 {
        (WIDTH - LEFT) / f64::from(self.days.max(1))
    }

    fn x(&self, day: u8) -> f64 {
        LEFT + self.day_width() * f64::from(day.saturating_sub(1))
    }

    fn label(&self, day: u8) -> DayLabel {
        DayLabel { x: tenths(self.x(day) + self.day_width() / 2.0), day }
    }

    /// The series of a day, one upon the other.
    fn bars(&self, row: &Row) -> Vec<Bar> {
        let (width, mut below) = (self.day_width() * BAR, 0_u64);
        let mut bars = Vec::new();
        for (series, count) in row.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (bottom, top) = (self.y(below), self.y(below.saturating_add(*count)));
            let x = tenths(self.x(row.day) + (self.day_width() - width) / 2.0);
            bars.push(Bar { x, y: top, width: tenths(width), height: tenths(bottom - top), series });
            below = below.saturating_add(*count);
        }
        bars
    }
}

/// Rounded, so that pages are short.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(day: u8, action: &str, count: u64) -> Calls {
        Calls { day, action: action.to_owned(), count }
    }

    /// The scale reaches beyond the highest bar, in round steps, also at both ends of what can be counted.
    #[test]
    fn the_scale_has_round_steps() {
        for (most, wanted) in [(1, 1), (4, 1), (5, 2), (9, 5), (20, 5), (21, 10), (20_001, 10_000)] {
            assert_eq!(step_for(most), wanted, "{most}");
        }
        assert!(step_for(u64::MAX).saturating_mul(LINES) == u64::MAX);
    }

    /// Bars stand upon each other and end where the scale says; days are in their places; the table has the same numbers.
    #[test]
    fn bars_are_stacked() {
        let plot =
            Plot::of(&[calls(1, "Decrypt", 2), calls(1, "Encrypt", 2), calls(30, "Decrypt", 4)], 30, "x").unwrap();
        assert_eq!(plot.series, ["Decrypt", "Encrypt"]);
        assert_eq!(plot.lines.iter().map(|line| line.value).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        let (zero, top) = (plot.lines[0].y, plot.lines[4].y);
        let [first, second, last] = &plot.bars[..] else { panic!("three bars") };
        assert_eq!((first.y + first.height, second.y + second.height, second.y), (zero, first.y, top));
        assert_eq!((last.y, last.height), (top, zero - top));
        assert!(last.x > first.x && last.x + last.width <= WIDTH);
        let rows: Vec<_> = plot.rows.iter().map(|row| (row.day, row.counts.clone(), row.total)).collect();
        assert_eq!(rows, [(1, vec![2, 2], 4), (30, vec![4, 0], 4)]);
    }

    /// Actions beyond the colours are drawn together, and a month without calls has no drawing.
    #[test]
    fn rare_actions_are_drawn_together() {
        let many: Vec<Calls> = (1..=8_u8).map(|n| calls(2, &format!("Action{n}"), u64::from(n))).collect();
        let plot = Plot::of(&many, 28, "Others").unwrap();
        assert_eq!(plot.series, ["Action8", "Action7", "Action6", "Action5", "Action4", "Others"]);
        assert_eq!(plot.rows[0].counts, [8, 7, 6, 5, 4, 6]);
        assert_eq!((Plot::of(&[], 30, ""), Plot::of(&[calls(1, "a", 0)], 30, "")), (None, None));
        assert!(Plot::of(&[calls(1, "a", u64::MAX), calls(1, "b", u64::MAX)], 30, "").is_some());
    }
}
