//! Pages of PDF as programs of others draw and read them. A missing tool fails the test; tests that
//! need one leave it out where `RASTRO_SKIP` names `labels`.

use std::path::Path;
use std::process::{Command, Output};

use rastro::labels::Dpi;

/// Runs a tool; a tool that is not there is a failure, not a pass.
pub fn run(tool: &str, args: &[&str]) -> Output {
    Command::new(tool).args(args).output().unwrap_or_else(|e| {
        panic!("{tool} is needed ({e}): scripts/setup.sh test, or RASTRO_SKIP=labels leaves it out")
    })
}

/// What a tool wrote.
pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A page as `pdftoppm` draws it.
pub struct Page {
    width: usize,
    bytes: Vec<u8>,
    dpi: f64,
}

impl Page {
    /// Draws the first page of `pdf`.
    pub fn of(dir: &Path, pdf: &[u8], dpi: Dpi) -> Self {
        let (from, to) = (dir.join("page.pdf"), dir.join("page"));
        std::fs::write(&from, pdf).unwrap();
        let (number, from, out) =
            (dpi.number().to_string(), from.to_str().unwrap(), to.to_str().unwrap());
        let args = ["-r", &number, "-gray", "-png", "-singlefile", from, out];
        assert!(run("pdftoppm", &args).status.success());
        let file = std::io::BufReader::new(std::fs::File::open(dir.join("page.png")).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        // Grey, in as many channels as this version of the tool writes.
        let bytes = bytes.into_iter().step_by(info.color_type.samples()).collect();
        let width = usize::try_from(info.width).unwrap();
        Self { width, bytes, dpi: f64::from(dpi.number()) }
    }
    /// Whether a dot is dark.
    pub fn dark(&self, x: usize, y: usize) -> bool {
        self.bytes[y * self.width + x] < 128
    }
    /// The dot nearest to a place.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn dot(&self, mm: f64) -> usize {
        (mm * self.dpi / 25.4).round() as usize
    }
    /// The stretches of dark dots in a row, first and last.
    pub fn stretches(&self, y: usize) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = vec![];
        for x in (0..self.width).filter(|x| self.dark(*x, y)) {
            match found.last_mut() {
                Some((_, last)) if *last + 1 == x => *last = x,
                _ => found.push((x, x)),
            }
        }
        found
    }
}

/// Where the program that is not ours sees each code: text, left and top in dots.
pub fn seen(dir: &Path, pdf: &[u8], dpi: Dpi) -> Vec<(String, f64, f64)> {
    Page::of(dir, pdf, dpi);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/outside/py/bin/python");
    let script = root.join("tests/independent/place_of_codes.py");
    let picture = dir.join("page.png");
    let args = [script.to_str().unwrap(), picture.to_str().unwrap()];
    let told = run(python.to_str().unwrap(), &args);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let all: Vec<(String, f64, f64)> = serde_json::from_slice(&told.stdout).unwrap();
    assert!(!all.is_empty());
    all
}
