//! A folder that another program empties. The file appears in it whole, under its last name.
//!
//! A label handed over like this is `unconfirmed`, always: that its file went away means that
//! some program took it, not that paper came out.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::super::boot::Boot;
use super::super::journal::sync_folder;
use super::super::label::{Label, Look, Verdict};
use crate::printing::printer::Status;

pub(super) fn look(folder: &str) -> Look {
    match fs::metadata(folder) {
        Err(e) => Look::new(Status::Unreachable, format!("{folder}: {e}")),
        Ok(found) if !found.is_dir() => {
            Look::new(Status::Faulty, format!("{folder}: not a folder"))
        }
        Ok(found) if found.permissions().readonly() => {
            Look::new(Status::Faulty, format!("{folder}: can't be written to"))
        }
        Ok(_) => Look::new(Status::Unknown, "a folder tells nothing"),
    }
}

pub(super) fn send(folder: &str, label: &Label, until: Boot) -> Verdict {
    let kind = if label.media_type == "application/pdf" { "pdf" } else { "zpl" };
    let name = format!("rastro-{}.{kind}", label.token);
    let last = Path::new(folder).join(&name);
    // A program that watches the folder looks for the ending, not for hidden names.
    let first = Path::new(folder).join(format!(".{name}.part"));
    let written = (|| {
        // The other program runs as another user.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&first)?;
        file.write_all(&label.bytes)?;
        file.sync_all()
    })();
    if let Err(e) = written {
        let _ = fs::remove_file(&first);
        return Verdict::failed(format!("{folder}: {e}; nothing handed over"));
    }
    if until.over() {
        let _ = fs::remove_file(&first);
        return Verdict::failed("the time to send it was over; nothing handed over");
    }
    if let Err(e) = fs::rename(&first, &last) {
        let _ = fs::remove_file(&first);
        return Verdict::failed(format!("{folder}: {e}; nothing handed over"));
    }
    let kept: io::Result<()> = sync_folder(&last);
    let doubt = kept.err().map_or_else(String::new, |e| format!(" ({e})"));
    Verdict::unconfirmed(format!("handed over as {name}{doubt}; a folder does not tell of paper"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::job::{LeaseToken, Outcome};

    fn soon() -> Boot {
        Boot::now().plus(std::time::Duration::from_secs(60))
    }

    fn label(media_type: &str) -> Label {
        Label {
            token: LeaseToken::new(),
            name: "x".into(),
            media_type: media_type.into(),
            bytes: b"^XA^XZ".to_vec(),
        }
    }

    #[test]
    fn a_file_appears_whole_and_is_unconfirmed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().to_str().unwrap();
        assert_eq!(look(folder).status, Status::Unknown);
        for (kind, end) in [("application/vnd.zebra.zpl", "zpl"), ("application/pdf", "pdf")] {
            let label = label(kind);
            let verdict = send(folder, &label, soon());
            assert_eq!(verdict.outcome, Outcome::Unconfirmed, "{}", verdict.evidence);
            let file = dir.path().join(format!("rastro-{}.{end}", label.token));
            assert_eq!(fs::read(file).unwrap(), label.bytes);
        }
        let late = send(folder, &label("application/pdf"), Boot::now());
        assert_eq!(late.outcome, Outcome::Failed, "{}", late.evidence);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no part is left");
    }

    #[test]
    fn a_folder_that_is_not_there_gets_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        assert_eq!(look(gone.to_str().unwrap()).status, Status::Unreachable);
        let verdict = send(gone.to_str().unwrap(), &label("application/pdf"), soon());
        assert_eq!(verdict.outcome, Outcome::Failed);
        let file = dir.path().join("file");
        fs::write(&file, b"").unwrap();
        assert_eq!(look(file.to_str().unwrap()).status, Status::Faulty);
    }
}
