//! `rastro label bench`: draws distinct labels of a tube, for a clock outside to measure
//! (`scripts/label_bench.py`).

use std::path::PathBuf;

use clap::Args;

use super::Failed;
use super::label::{named, write};
use crate::codes::{CodeKind, ContainerCode};
use crate::labels::{self, Cells, Dpi, Format, Layout, Templates, check};

/// What to draw.
#[derive(Debug, Args)]
pub(super) struct Bench {
    /// svg, png, zpl or pdf.
    format: Format,
    /// Where to: a file each; as PDF one file, with a page each.
    dir: PathBuf,
    /// How many labels to draw.
    #[arg(long, default_value_t = 2000)]
    labels: u32,
    /// The template's id; one of those built in.
    #[arg(long, default_value = "edta-50x25")]
    template: String,
    /// The printer's resolution.
    #[arg(long, default_value_t = 203)]
    dpi: i64,
}

pub(super) fn run(bench: &Bench) -> Result<(), Failed> {
    let template = named(Templates::embedded()?, &bench.template)?;
    let dpi = Dpi::from_number(bench.dpi)
        .ok_or_else(|| Failed::new("the resolution must be 203, 300 or 600"))?;
    let example = check::sample(template, false);
    let laid_out = |serial: u32| -> Result<Layout, Failed> {
        let code = ContainerCode::new(CodeKind::Primary, 7, serial)
            .ok_or_else(|| Failed::new("at most 999999 labels"))?;
        let fields = example
            .clone()
            .with("surname1", &format!("RODRÍGUEZ {serial}"))
            .with("identifier", &format!("Exp. EXP-{serial:06}"))
            .with("code", code.as_str())
            .with("code_text", &code.grouped());
        Ok(labels::layout(template, &fields, dpi)?)
    };
    let file = |name: String| bench.dir.join(format!("{name}.{}", bench.format));
    if bench.format == Format::Pdf {
        let all = (1..=bench.labels).map(laid_out).collect::<Result<Vec<Layout>, Failed>>()?;
        return write(&file("labels".into()), &labels::document(&all, Cells::default())?);
    }
    for serial in 1..=bench.labels {
        write(&file(serial.to_string()), &bench.format.render(&laid_out(serial)?)?)?;
    }
    Ok(())
}
