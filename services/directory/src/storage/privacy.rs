//! What each table of the directory holds of a person. A new table gets its line here, and a test fails until it has.

use arki_database::{Error, Tx};
use arki_ids::{PersonId, TenantId};
use arki_privacy::{Room, Rows};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

const OF_PERSON: &str = "person_id IN ({people})";

/// Every table, in the order in which a person is forgotten.
pub const ROOMS: &[Room] = &[
    Room::erased("membership", OF_PERSON),
    Room::erased("employment", OF_PERSON),
    Room::erased("person_attribute", OF_PERSON).hiding(&["key_value"]),
    Room::erased("person_identity", OF_PERSON),
    Room::erased("ambassador", OF_PERSON),
    Room::erased("scim_user_email", "user_id IN ({people})"),
    Room::erased("scim_user", "id IN ({people})"),
    Room::by_hand("scim_group_member", "user_id IN ({people})", "groups get another revision"),
    Room::by_hand("outcome", OF_PERSON, "its key is kept as a hash, and it forgets the person"),
    Room::by_hand("unit_version", "leader_id IN ({people})", "units are told without their leader"),
    Room::by_hand("role_binding", "", "bindings of the person, their address or their user name go"),
    Room::erased("consent", OF_PERSON),
    Room::erased("contact", OF_PERSON),
    Room::erased("contact_head", OF_PERSON),
    Room::kept(
        "suppression",
        "keyed hashes of addresses, so that a refusal is honoured when the person is gone",
    ),
    Room::no_person("contact_key"),
    Room::no_person("contact_rules"),
    Room::by_hand("crm_record", "", "what is remembered of the keys of the person goes, by those keys"),
    Room::by_hand("intake_delivery", "", "what waits of the person becomes done, with nothing in it"),
    Room::no_person("intake_endpoint"),
    Room::erased("pending_manager", OF_PERSON),
    Room::by_hand("import_run", "", "imports that have not ended are cancelled"),
    Room::by_hand("import_piece", "", "staged files go, whole: a piece tells of many people"),
    Room::by_hand("import_write", "", "goes with the staged file"),
    Room::by_hand("import_change", "", "goes with the staged file"),
    Room::by_hand("import_error", "", "goes with the staged file"),
    Room::erased("person_redirect", "survivor_id IN ({people})").hiding(&["revision"]),
    // Last, because it is what others hang on. Reports lose their manager by hand before.
    Room::erased("person", "id IN ({people})").hiding(&["email_key", "name_key"]),
    Room::by_hand("webhook_event", "", "bodies that name the person go"),
    Room::by_hand("webhook_delivery", "", "those of such bodies go with their attempts"),
    Room::no_person("webhook_attempt"),
    Room::no_person("webhook_endpoint"),
    Room::no_person("webhook_lane"),
    Room::no_person("tenant"),
    Room::no_person("unit"),
    Room::no_person("role"),
    Room::no_person("account"),
    Room::no_person("api_key"),
    Room::no_person("attribute_definition"),
    Room::no_person("ambassador_target"),
    Room::no_person("identity_provider"),
    Room::no_person("scim_group"),
    Room::no_person("serves_edge"),
    Room::no_person("workforce_figure"),
    Room::kept(
        "audit_entry",
        "names people by ids alone, which lead to nobody; the chain proves who read what",
    ),
    Room::no_person("audit_head"),
    Room::no_person("audit_segment"),
    Room::kept("erasure", "the proof; holds the id alone, which leads to nobody"),
    Room::no_person("erasure_confirmation"),
    Room::kept("erased_key", "keyed hashes, so that an import does not bring the person back"),
    Room::no_person("erasure_secret"),
    Room::no_person("retention_policy"),
    Room::no_person("purge"),
    Room::no_person("purge_part"),
];

/// Forgets the bodies of outgoing events that hold one of these texts, with their deliveries, but for the one that tells
/// of the erasure; and tells how many bodies there were.
pub async fn forget_webhooks(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Vec<Rows>, Error> {
    let backend = tx.get_database_backend();
    let holds = match backend {
        DbBackend::Postgres => "position($2 in body) > 0",
        _ => "instr(body, $2) > 0",
    };
    let mut counted = Vec::new();
    for person in people {
        let values: [Value; 3] = [
            tenant.to_string().into(),
            person.to_string().into_bytes().into(),
            format!("{}.v1", <arki_proto::event::v1::PersonErased as arki_events::Payload>::SUBJECT).into(),
        ];
        let told = format!(
            "SELECT id FROM webhook_event WHERE tenant_id = $1 AND {holds} AND id NOT IN \
             (SELECT event_id FROM webhook_delivery WHERE tenant_id = $1 AND event_type = $3)"
        );
        for (table, column) in [("webhook_delivery", "event_id"), ("webhook_event", "id")] {
            let sql = format!("DELETE FROM {table} WHERE tenant_id = $1 AND {column} IN ({told})");
            let done = tx.execute_raw(Statement::from_sql_and_values(backend, sql, values.clone())).await?;
            arki_privacy::add(&mut counted, table, done.rows_affected());
        }
    }
    Ok(counted)
}

/// Forgets the kept answers of imports: a report shows lines of its file. An import that is repeated changes nothing.
pub async fn forget_reports(tx: &Tx, tenant: TenantId) -> Result<Vec<Rows>, Error> {
    let sql = "DELETE FROM request_id WHERE tenant_id = $1 AND method LIKE 'Import%'";
    let values = [tenant.to_string().into()];
    let done = tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    let mut counted = Vec::new();
    arki_privacy::add(&mut counted, "request_id", done.rows_affected());
    Ok(counted)
}
