//! Writes that share a transaction: what one of them fails at concerns nobody else.

use std::sync::{Arc, Mutex, mpsc};

use crate::support::both;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use rastro::db::{Access, BeforeCommit, Clock, Conn, Db, DbError, Staged, Touched, Tx};

/// Remembers what was sealed in groups that were committed.
#[derive(Default)]
struct Seals(Mutex<(Vec<uuid::Uuid>, Vec<Vec<uuid::Uuid>>)>);

impl BeforeCommit for Seals {
    fn seal(&self, _: &mut Conn, staged: &[Staged], _: &[Touched]) -> Result<(), DbError> {
        self.0.lock().unwrap().0 = staged.iter().map(|s| s.event).collect();
        Ok(())
    }
    fn committed(&self) {
        let mut seen = self.0.lock().unwrap();
        let group = std::mem::take(&mut seen.0);
        seen.1.push(group);
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What a write of the test does after it has written its row.
#[derive(Clone, Copy)]
enum Then {
    Succeed,
    Refuse,
    Panic,
    WriteAgain,
}

async fn write(db: Db, n: i32, then: Then) -> Result<i32, DbError> {
    db.write(move |tx| {
        let insert = || diesel::sql_query("INSERT INTO scratch (n) VALUES ($1)");
        insert().bind::<Integer, _>(n).execute(&mut **tx)?;
        let event = uuid::Uuid::from_u128(n.unsigned_abs().into());
        tx.stage(Staged { event, at: Clock::system().now(), body: "{}".into() });
        match then {
            Then::Succeed => Ok(n),
            Then::Refuse => Err(DbError::Corrupt("refused by a rule".into())),
            Then::Panic => panic!("on purpose"),
            // A key twice: on PostgreSQL this spoils the transaction until a rollback.
            Then::WriteAgain => {
                insert().bind::<Integer, _>(n).execute(&mut **tx)?;
                Ok(n)
            }
        }
    })
    .await
}

#[test]
fn a_write_that_fails_takes_nothing_of_its_group_with_it() {
    both(|lab| async move {
        // All of it: a capture of `lab.app` alone would drop the database's folder.
        let lab = lab;
        let url = lab.app.db.url().to_owned();
        let mut conn = Conn::open(&url, Access::Write).unwrap();
        conn.batch_execute("CREATE TABLE scratch (n INTEGER PRIMARY KEY)").unwrap();
        let seals = Arc::new(Seals::default());
        let db = Db::open(&url, seals.clone()).unwrap();

        // The writer is kept busy until all the others wait: then they are one group.
        let (open, gate) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let busy = db.clone();
        let first = tokio::spawn(async move {
            let wait = move |_: &mut Tx<'_>| {
                let _ = begun.send(());
                // Until the other end is gone: a second run would not wait.
                let _ = gate.recv();
                Ok::<(), DbError>(())
            };
            busy.write(wait).await
        });
        // In a group of its own, not in that of the others.
        tokio::task::spawn_blocking(move || has_begun.recv()).await.unwrap().unwrap();
        let plan = [
            Then::Succeed,
            Then::Refuse,
            Then::Succeed,
            Then::Panic,
            Then::WriteAgain,
            Then::Succeed,
        ];
        let mut waiting = vec![];
        for (n, then) in (1..).zip(plan) {
            let mut one = Box::pin(write(db.clone(), n, then));
            // Polled once, it is in the queue.
            assert!(futures_util::future::poll_immediate(&mut one).await.is_none());
            waiting.push(one);
        }
        drop(open);
        first.await.unwrap().unwrap();
        let answers = futures_util::future::join_all(waiting).await;

        assert_eq!(*answers[0].as_ref().unwrap(), 1);
        assert!(matches!(&answers[1], Err(DbError::Corrupt(m)) if m == "refused by a rule"));
        assert_eq!(*answers[2].as_ref().unwrap(), 3);
        assert!(matches!(answers[3], Err(DbError::Panicked)));
        assert!(answers[4].as_ref().unwrap_err().is_unique_violation());
        assert_eq!(*answers[5].as_ref().unwrap(), 6);
        let kept: Vec<Number> =
            diesel::sql_query("SELECT CAST(n AS BIGINT) AS n FROM scratch ORDER BY n")
                .load(&mut conn)
                .unwrap();
        assert_eq!(kept.iter().map(|r| r.n).collect::<Vec<_>>(), [1, 3, 6]);
        let sealed = seals.0.lock().unwrap().1.clone();
        let expected = [1, 3, 6].map(uuid::Uuid::from_u128).to_vec();
        assert!(sealed.contains(&expected), "as one group: {sealed:?}");

        // Alone in its group, a failing write leaves nothing either.
        assert!(write(db.clone(), 7, Then::Refuse).await.is_err());
        assert_eq!(write(db.clone(), 7, Then::Succeed).await.unwrap(), 7);
        db.close().await;
    });
}
