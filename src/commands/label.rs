//! `rastro label`: whether every template fits every printer, and drawing labels outside the
//! server: scanner set-up sheets, cards, badges.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::label_bench::{self, Bench};
use super::{Failed, say};
use crate::labels::{self, Cells, Dpi, Fields, Format, Template, Templates, check};
use crate::printing;

/// Check label templates, draw labels.
#[derive(Debug, Args)]
pub(super) struct Label {
    #[command(subcommand)]
    command: LabelCommand,
}

#[derive(Debug, Subcommand)]
enum LabelCommand {
    /// Draw every template with its example and its longest values at 203, 300 and 600 dpi, and
    /// name all that does not fit.
    Check {
        /// Templates of one's own; they come before the built-in ones of the same id.
        dir: Option<PathBuf>,
    },
    /// Name the templates and their fields.
    List {
        /// Templates of one's own.
        dir: Option<PathBuf>,
    },
    /// Draw the page that tells how far a printer of sheets is off, as PDF.
    Calibrate(Calibrate),
    /// Draw labels into a file. Fields that are not given have the template's example.
    Draw(Draw),
    /// Draw many distinct labels of a tube, to be measured.
    #[command(hide = true)]
    Bench(Bench),
}

#[derive(Debug, Args)]
struct Draw {
    /// The template: `scanner-setup-letter`.
    template: String,
    /// The file; its ending says the format: .pdf, .zpl, .svg or .png
    file: PathBuf,
    /// Templates of one's own.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// A field's value; repeat for several.
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// The printer's resolution.
    #[arg(long, default_value_t = 300)]
    dpi: i64,
    /// So many of the same, in a PDF.
    #[arg(long, default_value_t = 1)]
    copies: usize,
    /// Cells of the first sheet that are used up.
    #[arg(long, default_value_t = 0)]
    skip: usize,
    #[command(flatten)]
    offset: Offset,
}

#[derive(Debug, Args)]
struct Calibrate {
    /// The template of a sheet: `sheet-a4-l7651`.
    template: String,
    /// The file, a PDF.
    file: PathBuf,
    /// Templates of one's own.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(flatten)]
    offset: Offset,
}

/// How far a printer is off; in a PDF.
#[derive(Debug, Args)]
struct Offset {
    /// Move everything on a page so far right, millimetres.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    offset_x: f64,
    /// Move everything on a page so far down, millimetres.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    offset_y: f64,
}

impl Offset {
    fn cells(&self, skip: usize) -> Cells {
        Cells { skip, offset_x_mm: self.offset_x, offset_y_mm: self.offset_y }
    }
}

pub(super) fn run(label: Label) -> Result<(), Failed> {
    match label.command {
        LabelCommand::Check { dir } => check_all(&templates(dir)?),
        LabelCommand::List { dir } => {
            list(&templates(dir)?);
            Ok(())
        }
        LabelCommand::Calibrate(calibrate) => calibration(&calibrate),
        LabelCommand::Draw(draw) => draw_one(&draw),
        LabelCommand::Bench(bench) => label_bench::run(&bench),
    }
}

fn templates(dir: Option<PathBuf>) -> Result<Templates, Failed> {
    Ok(match dir {
        Some(dir) => Templates::with_dir(&dir)?,
        None => Templates::embedded()?.clone(),
    })
}

fn check_all(templates: &Templates) -> Result<(), Failed> {
    match check::check(templates) {
        Ok(n) => {
            say(format!("{n} labels of {} templates drawn, all fit", templates.all().len()));
            Ok(())
        }
        Err(errors) => {
            for e in &errors {
                say(e.to_string());
            }
            Err(Failed::new(format!("{} things are wrong", errors.len())))
        }
    }
}

fn list(templates: &Templates) {
    for t in templates.newest() {
        say(format!("{} version {}: {}", t.id, t.version, t.field_names().join(", ")));
    }
}

fn draw_one(draw: &Draw) -> Result<(), Failed> {
    let all = templates(draw.dir.clone())?;
    let template = named(&all, &draw.template)?;
    let format = draw.file.extension().and_then(|e| e.to_str()).and_then(|e| e.parse().ok());
    let format: Format =
        format.ok_or_else(|| Failed::new("the file must end in .pdf, .zpl, .svg or .png"))?;
    let dpi = Dpi::from_number(draw.dpi)
        .ok_or_else(|| Failed::new("the resolution must be 203, 300 or 600"))?;
    let made = labels::layout(template, &fields(template, &draw.fields)?, dpi)?;
    let bytes = match format {
        Format::Pdf => labels::document(&vec![made; draw.copies], draw.offset.cells(draw.skip))?,
        _ => format.render(&made)?,
    };
    write(&draw.file, &bytes)
}

pub(super) fn named<'a>(all: &'a Templates, id: &str) -> Result<&'a Template, Failed> {
    all.latest(id)
        .map(AsRef::as_ref)
        .ok_or_else(|| Failed::new(format!("no template is called {id}")))
}

pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failed> {
    std::fs::write(file, bytes).map_err(|e| Failed::new(format!("{}: {e}", file.display())))
}

fn calibration(calibrate: &Calibrate) -> Result<(), Failed> {
    let all = templates(calibrate.dir.clone())?;
    let template = named(&all, &calibrate.template)?;
    let cells = calibrate.offset.cells(0);
    write(&calibrate.file, &printing::calibration(template, cells)?)
}

fn fields(template: &Template, given: &[String]) -> Result<Fields, Failed> {
    let mut fields = check::sample(template, false);
    for pair in given {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Failed::new(format!("--field {pair}: it must be NAME=VALUE")))?;
        fields = fields.with(name, value);
    }
    Ok(fields)
}
