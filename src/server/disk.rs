//! How much room there is where the server keeps its files, and an alarm before there is none.

use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::db::is_postgres;

/// From this share of the file system on there is an alarm.
const ALARM_PERCENT: u8 = 80;
/// How often the room is looked at.
const LOOK: Duration = Duration::from_secs(60);

/// The room on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    /// Whole percent that is used, as `df` counts: of what is not kept for root.
    pub used_percent: u8,
    /// Bytes that are left for this program.
    pub available: u64,
}

impl Space {
    fn of(blocks: u64, free: u64, available: u64, block: u64) -> Self {
        let used = blocks.saturating_sub(free);
        let all = used.saturating_add(available).max(1);
        // Rounded up: 79.1 % is 80.
        let percent = used.saturating_mul(100).div_ceil(all).min(100);
        let used_percent = u8::try_from(percent).unwrap_or(100);
        Self { used_percent, available: available.saturating_mul(block) }
    }
}

/// The room where `dir` is; nothing if that can't be told.
pub(super) fn space(dir: &Path) -> Option<Space> {
    let s = rustix::fs::statvfs(dir).ok()?;
    Some(Space::of(s.f_blocks, s.f_bfree, s.f_bavail, s.f_frsize))
}

/// Bytes of SQLite's write-ahead log.
pub(super) fn write_ahead_log(app: &App) -> Option<u64> {
    if is_postgres(app.db.url()) {
        return None;
    }
    let path = app.db.url().strip_prefix("sqlite://")?;
    Some(std::fs::metadata(format!("{path}-wal")).ok()?.len())
}

/// Logs an alarm each minute while the data directory's file system fills up.
pub async fn watch_disk(app: App) {
    loop {
        if let Some(space) = space(&app.settings.data_dir)
            && space.used_percent >= ALARM_PERCENT
        {
            let (used_percent, available) = (space.used_percent, space.available);
            tracing::warn!(used_percent, available, "the disk of the data directory fills up");
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_is_counted_as_df_does_and_rounded_up() {
        assert_eq!(Space::of(1000, 250, 200, 4096), Space { used_percent: 79, available: 819_200 });
        assert_eq!(Space::of(1000, 209, 209, 1).used_percent, 80);
        assert_eq!(Space::of(1000, 0, 0, 1).used_percent, 100);
        assert_eq!(Space::of(0, 0, 0, 1).used_percent, 0);
    }
}
