//! Somebody who can write to the database changes the log, and is found.

use arki_test_support::on_each_database;
use sea_orm::ConnectionTrait;

use crate::audit::{entry, record, verified};
use crate::server::Server;

on_each_database!(whoever_changes_removes_swaps_or_adds_is_found, the_newest_entries_are_missed_too);

async fn written(server: &Server) {
    for number in 0..6 {
        let one = entry(server, &format!("apiKeys/{number}"), "directory.GetPerson");
        record(server, server.admin.caller.tenant, vec![one]).await.unwrap();
    }
}

async fn run(server: &Server, sql: &str) {
    // The pool that reads can't write on SQLite, so that the hand of the attacker is one of its own.
    let store = server.store().await;
    let sql = sql.to_owned();
    store
        .write("Tamper", move |tx| {
            let sql = sql.clone();
            Box::pin(async move {
                tx.execute_unprepared(&sql).await?;
                Ok::<_, arki_database::Error>(())
            })
        })
        .await
        .unwrap();
}

async fn whoever_changes_removes_swaps_or_adds_is_found(server: Server) {
    written(&server).await;
    assert!(verified(&server, &server.admin).await.is_whole);
    let tenant = server.admin.caller.tenant;
    let at = |sequence: u32| format!("WHERE tenant_id = '{tenant}' AND sequence = {sequence}");
    for (sql, undo, broken) in [
        (
            format!("UPDATE audit_entry SET subject = 'people/other' {}", at(3)),
            format!("UPDATE audit_entry SET subject = 'apiKeys/2' {}", at(3)),
            (3, "changed"),
        ),
        (
            format!("UPDATE audit_entry SET outcome = 'denied' {}", at(1)),
            format!("UPDATE audit_entry SET outcome = 'allowed' {}", at(1)),
            (1, "changed"),
        ),
        (
            format!("UPDATE audit_entry SET sequence = 60 {}", at(2)),
            format!("UPDATE audit_entry SET sequence = 2 {}", at(60)),
            (2, "missing"),
        ),
        (
            format!(
                "UPDATE audit_entry SET sequence = sequence + 1 WHERE tenant_id = '{tenant}' AND sequence = 6"
            ),
            format!(
                "UPDATE audit_entry SET sequence = sequence - 1 WHERE tenant_id = '{tenant}' AND sequence = 7"
            ),
            (6, "missing"),
        ),
    ] {
        run(&server, &sql).await;
        let verdict = verified(&server, &server.admin).await;
        assert!(!verdict.is_whole, "{sql}");
        assert_eq!((verdict.broken_sequence, verdict.problem.as_str()), broken, "{sql}");
        assert_eq!(verdict.entries, broken.0 - 1);
        run(&server, &undo).await;
        assert!(verified(&server, &server.admin).await.is_whole, "{undo}");
    }
    run(&server, &format!("DELETE FROM audit_entry {}", at(4))).await;
    let verdict = verified(&server, &server.admin).await;
    assert_eq!((verdict.broken_sequence, verdict.problem.as_str()), (4, "missing"));
}

async fn the_newest_entries_are_missed_too(server: Server) {
    written(&server).await;
    let tenant = server.admin.caller.tenant;
    run(&server, &format!("DELETE FROM audit_entry WHERE tenant_id = '{tenant}' AND sequence >= 5")).await;
    let verdict = verified(&server, &server.admin).await;
    assert_eq!((verdict.broken_sequence, verdict.problem.as_str()), (5, "missing"));
}
