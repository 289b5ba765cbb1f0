//! Attribute definitions on the wire.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::attribute_service_server::AttributeService;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::{Failure, Input, time::timestamp};

use super::convert::{Mask, required};
use super::methods::methods;
use super::people::{read_kind, write_kind};
use super::status::failure;
use super::{Call, Grpc};
use crate::domain::attribute::{Change, Definition, Terms, Type};
use crate::domain::audience::Segment;
use crate::domain::etag;

methods! {
    AttributeService;
    create_attribute_definition:
        CreateAttributeDefinitionRequest -> CreateAttributeDefinitionResponse = create;
    get_attribute_definition: GetAttributeDefinitionRequest -> GetAttributeDefinitionResponse = get;
    list_attribute_definitions: ListAttributeDefinitionsRequest -> ListAttributeDefinitionsResponse = list;
    update_attribute_definition:
        UpdateAttributeDefinitionRequest -> UpdateAttributeDefinitionResponse = update;
    delete_attribute_definition:
        DeleteAttributeDefinitionRequest -> DeleteAttributeDefinitionResponse = delete;
}

const FIELD: &str = "attribute_definition";
const COLLECTION: &str = "attributeDefinitions/";
/// The longest name in one language, in characters.
const LONGEST_NAME: usize = 200;

/// What an update may change.
const CHANGEABLE: [&str; 8] = [
    "display_name",
    "allowed_values",
    "is_key",
    "is_personal_data",
    "is_segment",
    "kinds",
    "is_required",
    "is_retired",
];

async fn create(
    grpc: &Grpc,
    mut call: Call<pb::CreateAttributeDefinitionRequest>,
) -> Result<pb::CreateAttributeDefinitionResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let definition = required(FIELD, call.body.attribute_definition)?;
    let mut input = Input::default();
    let key = definition.key.clone();
    if key.is_empty() {
        input.refuse("attribute_definition.key", "must be given");
    }
    let of = input.given("attribute_definition.type", read_type(definition.r#type));
    let change = change(definition, &Mask::read(None, &CHANGEABLE)?)?;
    let of = input.finish(of)?;
    let Change {
        display_name,
        allowed_values,
        is_key,
        is_personal_data,
        is_segment,
        kinds,
        is_required,
        is_retired,
    } = change;
    let terms = Terms {
        display_name: display_name.unwrap_or_default(),
        allowed_values: allowed_values.unwrap_or_default(),
        is_key: is_key.unwrap_or_default(),
        is_personal_data: is_personal_data.unwrap_or_default(),
        is_segment: is_segment.unwrap_or_default(),
        kinds: kinds.unwrap_or_default(),
        is_required: is_required.unwrap_or_default(),
        is_retired: is_retired.unwrap_or_default(),
    };
    let created = grpc.directory.create_attribute_definition(&asked, key, of, terms).await;
    let created = created.map_err(|error| failure(error, FIELD))?;
    Ok(pb::CreateAttributeDefinitionResponse { attribute_definition: Some(render(created)) })
}

async fn get(
    grpc: &Grpc,
    call: Call<pb::GetAttributeDefinitionRequest>,
) -> Result<pb::GetAttributeDefinitionResponse, Failure> {
    let key = key("name", &call.body.name)?;
    let found = grpc.directory.get_attribute_definition(&call.caller, key).await;
    let found = found.map_err(|error| failure(error, ""))?;
    Ok(pb::GetAttributeDefinitionResponse { attribute_definition: Some(render(found)) })
}

async fn list(
    grpc: &Grpc,
    mut call: Call<pb::ListAttributeDefinitionsRequest>,
) -> Result<pb::ListAttributeDefinitionsResponse, Failure> {
    let paging = grpc.paging("attributeDefinitions", &mut call, |body| {
        (std::mem::take(&mut body.page_size), std::mem::take(&mut body.page_token))
    })?;
    let page = grpc.directory.list_attribute_definitions(&call.caller, &paging.page).await;
    let page = page.map_err(|error| failure(error, ""))?;
    Ok(pb::ListAttributeDefinitionsResponse {
        attribute_definitions: page.items.into_iter().map(render).collect(),
        next_page_token: grpc.next(page.next, &paging),
    })
}

async fn update(
    grpc: &Grpc,
    mut call: Call<pb::UpdateAttributeDefinitionRequest>,
) -> Result<pb::UpdateAttributeDefinitionResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    // Key and type can't be set, so that a mask of what was read and sent back passes over them.
    let mask = call.body.update_mask.map(|mut mask| {
        mask.paths.retain(|path| !matches!(path.as_str(), "key" | "type"));
        mask.paths.extend(mask.paths.is_empty().then(|| "etag".to_owned()));
        mask
    });
    let mask = Mask::read(mask, &CHANGEABLE)?;
    let definition = required(FIELD, call.body.attribute_definition)?;
    let key = key("attribute_definition.name", &definition.name)?.to_owned();
    let etag = definition.etag.clone();
    let change = change(definition, &mask)?;
    let updated = grpc.directory.update_attribute_definition(&asked, key, change, etag).await;
    let updated = updated.map_err(|error| failure(error, FIELD))?;
    Ok(pb::UpdateAttributeDefinitionResponse { attribute_definition: Some(render(updated)) })
}

async fn delete(
    grpc: &Grpc,
    mut call: Call<pb::DeleteAttributeDefinitionRequest>,
) -> Result<pb::DeleteAttributeDefinitionResponse, Failure> {
    let asked = call.asked(|body| &mut body.request_id);
    let key = key("name", &call.body.name)?.to_owned();
    let deleted = grpc.directory.delete_attribute_definition(&asked, key, call.body.etag).await;
    deleted.map_err(|error| failure(error, ""))?;
    Ok(pb::DeleteAttributeDefinitionResponse {})
}

/// The segments by which an audience is chosen.
pub(super) fn segments(filters: Vec<pb::AttributeFilter>) -> Vec<Segment> {
    filters.into_iter().map(|pb::AttributeFilter { key, values }| Segment { key, values }).collect()
}

/// The segments of a list, each as KEY=VALUE. The bounds have refused texts without a sign of equality.
pub(super) fn told_segments(texts: &[String]) -> Vec<Segment> {
    let segment =
        |(key, value): (&str, &str)| Segment { key: key.to_owned(), values: vec![value.to_owned()] };
    texts.iter().filter_map(|text| text.split_once('=').map(segment)).collect()
}

fn key<'a>(field: &str, name: &'a str) -> Result<&'a str, Failure> {
    let key = name.strip_prefix(COLLECTION).filter(|key| !key.is_empty());
    key.ok_or_else(|| Failure::invalid_field(field, "must be of the form attributeDefinitions/KEY"))
}

/// What a definition in a request changes.
fn change(definition: pb::AttributeDefinition, mask: &Mask) -> Result<Change, Failure> {
    let pb::AttributeDefinition {
        name: _,
        key: _,
        display_name,
        r#type: _,
        allowed_values,
        is_key,
        is_personal_data,
        is_segment,
        kinds,
        is_required,
        is_retired,
        create_time: _,
        update_time: _,
        etag: _,
    } = definition;
    let mut input = Input::default();
    let mut read = Vec::with_capacity(kinds.len());
    for (index, kind) in kinds.into_iter().enumerate() {
        match read_kind(kind) {
            Some(kind) => read.push(kind),
            None => input.refuse(
                format!("attribute_definition.kinds[{index}]"),
                "must be a kind that people are stored as, such as PERSON_KIND_EMPLOYEE",
            ),
        }
    }
    let change = Change {
        display_name: mask.pick("display_name", || {
            input.texts("attribute_definition.display_name", display_name, LONGEST_NAME)
        }),
        allowed_values: mask.pick("allowed_values", || allowed_values),
        is_key: mask.pick("is_key", || is_key),
        is_personal_data: mask.pick("is_personal_data", || is_personal_data),
        is_segment: mask.pick("is_segment", || is_segment),
        kinds: mask.pick("kinds", || read),
        is_required: mask.pick("is_required", || is_required),
        is_retired: mask.pick("is_retired", || is_retired),
    };
    input.done()?;
    Ok(change)
}

fn render(definition: Definition) -> pb::AttributeDefinition {
    let Definition { key, of, terms, revision, create_time, update_time } = definition;
    let Terms {
        display_name,
        allowed_values,
        is_key,
        is_personal_data,
        is_segment,
        kinds,
        is_required,
        is_retired,
    } = terms;
    pb::AttributeDefinition {
        name: format!("{COLLECTION}{key}"),
        key,
        display_name: Some(LocalizedText { by_language: display_name }),
        r#type: write_type(of).into(),
        allowed_values,
        is_key,
        is_personal_data,
        is_segment,
        kinds: kinds.into_iter().map(|kind| write_kind(kind).into()).collect(),
        is_required,
        is_retired,
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: etag(revision),
    }
}

fn read_type(of: i32) -> Option<Type> {
    match pb::AttributeType::try_from(of).unwrap_or_default() {
        pb::AttributeType::Unspecified => None,
        pb::AttributeType::String => Some(Type::String),
        pb::AttributeType::Number => Some(Type::Number),
        pb::AttributeType::Boolean => Some(Type::Boolean),
        pb::AttributeType::Date => Some(Type::Date),
        pb::AttributeType::Choice => Some(Type::Choice),
    }
}

fn write_type(of: Type) -> pb::AttributeType {
    match of {
        Type::String => pb::AttributeType::String,
        Type::Number => pb::AttributeType::Number,
        Type::Boolean => pb::AttributeType::Boolean,
        Type::Date => pb::AttributeType::Date,
        Type::Choice => pb::AttributeType::Choice,
    }
}
