//! The label kinds there are: those built into the program, and those of a directory, which come
//! before them. Not pure: it reads a directory.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::model::Template;
use crate::labels::error::{Cause, LabelError};

include!(concat!(env!("OUT_DIR"), "/label_templates.rs"));

/// Several templates, each version of a kind once.
#[derive(Debug, Default, Clone)]
pub struct Templates(Vec<Arc<Template>>);

static EMBEDDED: LazyLock<Result<Templates, LabelError>> =
    LazyLock::new(|| Templates::read(FILES.iter().copied()));

impl Templates {
    /// The templates of `labels/`, as they were when the program was built.
    ///
    /// # Errors
    /// What is wrong with the first bad one; a test keeps it from being released.
    pub fn embedded() -> Result<&'static Self, LabelError> {
        EMBEDDED.as_ref().map_err(Clone::clone)
    }

    /// The embedded templates, and the `*.toml` files of `dir` before them: the same id and version
    /// stands in the embedded one's place, and a kind's newest is the directory's.
    ///
    /// # Errors
    /// What is wrong with the first bad file: its name, and the line where there is one.
    pub fn with_dir(dir: &Path) -> Result<Self, LabelError> {
        let mut local = Self::read_dir(dir)?;
        let mut all = Self::embedded()?.clone();
        for template in &mut local.0 {
            Arc::make_mut(template).local = true;
            all.0.retain(|t| (&t.id, t.version) != (&template.id, template.version));
        }
        all.0.append(&mut local.0);
        Ok(all)
    }

    /// Only the `*.toml` files of `dir`, by name.
    ///
    /// # Errors
    /// What is wrong with the first bad file: its name, and the line where there is one.
    pub fn read_dir(dir: &Path) -> Result<Self, LabelError> {
        let unreadable = |path: &Path, e: std::io::Error| {
            LabelError::of(&path.display().to_string(), "", Cause::Unreadable(e.to_string()))
        };
        let mut files = vec![];
        for entry in std::fs::read_dir(dir).map_err(|e| unreadable(dir, e))? {
            let path = entry.map_err(|e| unreadable(dir, e))?.path();
            if path.extension().is_some_and(|e| e == "toml") {
                let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
                files.push((path.display().to_string(), text));
            }
        }
        files.sort();
        Self::read(files.iter().map(|(f, t)| (f.as_str(), t.as_str())))
    }

    /// Reads (file name, text) pairs; files not called `*.toml` are left alone.
    ///
    /// # Errors
    /// What is wrong with the first bad one.
    pub fn read<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, LabelError> {
        let mut all = Self::default();
        for (file, source) in files.into_iter().filter(|(f, _)| f.ends_with(".toml")) {
            let template = Template::parse(file, source)?;
            if all.find(&template.id, template.version).is_some() {
                let name = format!("{} version {}", template.id, template.version);
                return Err(LabelError::of(file, "", Cause::Twice { name, line: 1 }));
            }
            all.0.push(Arc::new(template));
        }
        Ok(all)
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<Template>] {
        &self.0
    }
    /// The newest version of each kind, in the order of the files.
    pub fn newest(&self) -> impl Iterator<Item = &Arc<Template>> {
        let is_newest = |t: &&Arc<Template>| self.latest(&t.id).is_some_and(|n| Arc::ptr_eq(n, t));
        self.0.iter().filter(is_newest)
    }
    /// A version of a kind: labels printed years ago name theirs.
    pub fn find(&self, id: &str, version: i32) -> Option<&Arc<Template>> {
        self.0.iter().find(|t| t.id == id && t.version == version)
    }
    /// The newest version of a kind; a directory's comes before an embedded one.
    pub fn latest(&self, id: &str) -> Option<&Arc<Template>> {
        self.0.iter().filter(|t| t.id == id).max_by_key(|t| (t.local, t.version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded() -> &'static str {
        FILES.iter().find(|f| f.0 == "edta-50x25.toml").unwrap().1
    }
    fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        dir
    }

    #[test]
    fn a_version_is_there_once() {
        let e = Templates::read([("a.toml", embedded()), ("b.toml", embedded())]).unwrap_err();
        assert!(e.to_string().contains("edta-50x25 version"), "{e}");
    }

    #[test]
    fn a_directory_comes_before_what_is_built_in() {
        let ours = embedded().replace("width_mm  = 50.0", "width_mm  = 51.0");
        let all =
            Templates::with_dir(dir(&[("x.toml", &ours), ("note.txt", "no")]).path()).unwrap();
        assert_eq!(all.latest("edta-50x25").unwrap().media.width_mm, 51.0);
        assert_eq!(all.all().len(), Templates::embedded().unwrap().all().len());
        let older = ours.replace("version = 2", "version = 0");
        let all = Templates::with_dir(dir(&[("x.toml", &older)]).path()).unwrap();
        assert_eq!(all.latest("edta-50x25").unwrap().version, 0);
        assert_eq!(all.find("edta-50x25", 2).unwrap().media.width_mm, 50.0);
    }

    #[test]
    fn a_bad_file_is_named_with_its_line() {
        let broken = embedded().replace("margin_mm = 0.4", "margin = 0.4");
        let dir = dir(&[("bad.toml", &broken)]);
        let e = Templates::with_dir(dir.path()).unwrap_err().to_string();
        assert!(e.contains("bad.toml") && e.contains("line 12"), "{e}");
        let e = Templates::with_dir(&dir.path().join("none")).unwrap_err().to_string();
        assert!(e.contains("none: cannot be read: "), "{e}");
    }
}
