use std::fmt::Write as _;

use anyhow::Context as _;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

/// Writes `impl Bounds` for every message of Arki, from the `buf.validate` options of its fields.
pub(crate) fn generate(pool: &DescriptorPool) -> anyhow::Result<String> {
    let rules = pool.get_extension_by_name("buf.validate.field").context("buf.validate.field is missing")?;
    let mut out = String::new();
    for message in pool.all_messages().filter(|m| m.package_name().starts_with("arki.") && !m.is_map_entry())
    {
        let mut body = String::new();
        for field in message.fields() {
            let options = field.options();
            let rule = options.has_extension(&rules).then(|| options.get_extension(&rules).into_owned());
            let rule = rule.as_ref().and_then(Value::as_message);
            field_checks(&mut body, &message, &field, rule);
        }
        let (at, out_name) = if body.is_empty() { ("_at", "_out") } else { ("at", "out") };
        writeln!(
            out,
            "impl crate::Bounds for {} {{\n    fn violations(&self, {at}: &str, {out_name}: &mut Vec<crate::Violation>) {{\n{body}    }}\n}}",
            rust_path(&message)
        )?;
    }
    Ok(out)
}

/// Writes `impl Reason` for the `ErrorReason` of every package.
pub(crate) fn reasons(pool: &DescriptorPool) -> String {
    let mut out = String::new();
    for reason in pool.all_enums().filter(|e| e.name() == "ErrorReason") {
        let package = reason.package_name();
        let service = package.split('.').nth(1).unwrap_or_default();
        let domain = if service == "type" { "arki".to_owned() } else { format!("{service}.arki") };
        let path = format!("{}::ErrorReason", module_path(package));
        let _ = writeln!(
            out,
            "impl crate::Reason for {path} {{\n    fn reason(self) -> &'static str {{\n        let name = self.as_str_name();\n        name.strip_prefix(\"ERROR_REASON_\").unwrap_or(name)\n    }}\n    fn domain(self) -> &'static str {{\n        {domain:?}\n    }}\n}}"
        );
    }
    out
}

fn field_checks(
    body: &mut String,
    parent: &MessageDescriptor,
    field: &FieldDescriptor,
    rule: Option<&DynamicMessage>,
) {
    let name = field.name();
    let access = rust_field(name);
    let is_update = parent.fields().any(|f| f.name() == "update_mask");
    if let Some(oneof) = field.containing_oneof().filter(|o| !o.is_synthetic()) {
        let case = format!("{}::{}::{}", module_of(parent), upper_camel(oneof.name()), upper_camel(name));
        if let Kind::Message(message) = field.kind()
            && message.package_name().starts_with("arki.")
        {
            let _ = writeln!(
                body,
                "        if let Some({case}(value)) = &self.{} {{ crate::Bounds::violations(value, &crate::bounds::join(at, {name:?}), out); }}",
                rust_field(oneof.name())
            );
        }
        return;
    }
    let get = |rule: &DynamicMessage, key: &str| {
        rule.has_field_by_name(key).then(|| rule.get_field_by_name(key).map(|v| v.into_owned())).flatten()
    };
    let required = rule.and_then(|r| get(r, "required")).is_some();
    if field.is_map() {
        let is_text = |place: FieldDescriptor| place.kind() == Kind::String;
        if let Kind::Message(entry) = field.kind()
            && is_text(entry.map_entry_key_field())
            && is_text(entry.map_entry_value_field())
        {
            let _ = writeln!(body, "        crate::bounds::texts(&self.{access}, at, {name:?}, out);");
            if field.full_name() == "arki.type.v1.LocalizedText.by_language" {
                let _ =
                    writeln!(body, "        crate::bounds::languages(&self.{access}, at, {name:?}, out);");
            }
        }
        return;
    }
    if field.is_list() {
        let repeated = rule.and_then(|r| get(r, "repeated"));
        let repeated = repeated.as_ref().and_then(Value::as_message);
        if let Some(r) = repeated {
            let min = get(r, "min_items").and_then(|v| v.as_u64()).unwrap_or(0);
            let max = get(r, "max_items").and_then(|v| v.as_u64()).unwrap_or(u64::MAX);
            let _ = writeln!(
                body,
                "        crate::bounds::items(self.{access}.len(), {min}, {max}, at, {name:?}, out);"
            );
        }
        let items = repeated.and_then(|r| get(r, "items"));
        let items = items.as_ref().and_then(Value::as_message);
        let mut inner = String::new();
        value_checks(&mut inner, &field.kind(), items, "item", "&at", "\"\"", false);
        if !inner.is_empty() {
            let _ = writeln!(
                body,
                "        for (index, item) in self.{access}.iter().enumerate() {{\n            let at = crate::bounds::index(at, {name:?}, index);\n{inner}        }}"
            );
        }
        return;
    }
    match field.kind() {
        Kind::Message(message) => {
            if required && message.full_name() == "arki.type.v1.LocalizedText" {
                // Words that say nothing in every language are no words.
                let _ = writeln!(
                    body,
                    "        crate::bounds::words(self.{access}.as_ref(), at, {name:?}, out);"
                );
            } else if required {
                let _ = writeln!(
                    body,
                    "        if self.{access}.is_none() {{ crate::bounds::missing(at, {name:?}, out); }}"
                );
            }
            if message.package_name().starts_with("arki.") {
                if is_update && name != "update_mask" {
                    // An update checks only what it changes: the rest of the resource may be absent.
                    let _ = writeln!(
                        body,
                        "        if let Some(value) = &self.{access} {{ crate::bounds::masked(value, self.update_mask.as_ref(), at, {name:?}, out); }}"
                    );
                } else {
                    let _ = writeln!(
                        body,
                        "        if let Some(value) = &self.{access} {{ crate::Bounds::violations(value, &crate::bounds::join(at, {name:?}), out); }}"
                    );
                }
            } else if message.full_name() == "google.type.Date" {
                let _ = writeln!(
                    body,
                    "        if let Some(value) = &self.{access} {{ crate::bounds::date(value.year, value.month, value.day, at, {name:?}, out); }}"
                );
            } else if message.full_name() == "google.protobuf.Timestamp" {
                let _ = writeln!(
                    body,
                    "        if let Some(value) = &self.{access} {{ crate::bounds::timestamp(value, at, {name:?}, out); }}"
                );
            }
        }
        kind => {
            let optional = field.field_descriptor_proto().proto3_optional();
            let mut inner = String::new();
            let value = if optional { "value".to_owned() } else { format!("&self.{access}") };
            value_checks(&mut inner, &kind, rule, &value, "at", &format!("{name:?}"), required);
            if inner.is_empty() {
                return;
            }
            if optional {
                let _ = writeln!(body, "        if let Some(value) = &self.{access} {{\n{inner}        }}");
            } else {
                body.push_str(&inner);
            }
        }
    }
}

fn value_checks(
    body: &mut String,
    kind: &Kind,
    rule: Option<&DynamicMessage>,
    value: &str,
    at: &str,
    name: &str,
    required: bool,
) {
    if let Kind::Message(message) = kind {
        if message.package_name().starts_with("arki.") {
            let _ = writeln!(body, "            crate::Bounds::violations({value}, {at}, out);");
        }
        return;
    }
    if let Kind::Enum(declared) = kind {
        let known = rule
            .and_then(|r| r.get_field_by_name("enum").map(|v| v.into_owned()))
            .is_some_and(|_| rule.is_some_and(|r| r.has_field_by_name("enum")));
        if known || required {
            let path = format!("{}::{}", module_path(declared.package_name()), declared.name());
            let _ = writeln!(
                body,
                "        crate::bounds::known(*({value}), {path}::try_from(*({value})).is_ok(), {required}, {at}, {name}, out);"
            );
        }
        return;
    }
    let Some(rule) = rule else { return };
    let part = |key: &str| {
        rule.has_field_by_name(key).then(|| rule.get_field_by_name(key).map(|v| v.into_owned())).flatten()
    };
    let limit = |rules: &DynamicMessage, key: &str| {
        rules.has_field_by_name(key).then(|| rules.get_field_by_name(key).map(|v| v.into_owned())).flatten()
    };
    if let Some(Value::Message(text)) = part("string") {
        let min = limit(&text, "min_len").and_then(|v| v.as_u64()).unwrap_or(0);
        let max = limit(&text, "max_len").and_then(|v| v.as_u64()).unwrap_or(u64::MAX);
        if min > 0 || max < u64::MAX {
            let _ =
                writeln!(body, "        crate::bounds::length({value}, {min}, {max}, {at}, {name}, out);");
        }
        if let Some(pattern) = limit(&text, "pattern").and_then(|v| v.as_str().map(str::to_owned)) {
            let _ = writeln!(
                body,
                "        {{\n            static PATTERN: crate::bounds::Pattern = crate::bounds::Pattern::new({pattern:?});\n            PATTERN.check({value}, {at}, {name}, out);\n        }}"
            );
        }
    }
    if let Some(Value::Message(bytes)) = part("bytes") {
        let min = limit(&bytes, "min_len").and_then(|v| v.as_u64()).unwrap_or(0);
        let max = limit(&bytes, "max_len").and_then(|v| v.as_u64()).unwrap_or(u64::MAX);
        let _ =
            writeln!(body, "        crate::bounds::bytes(({value}).len(), {min}, {max}, {at}, {name}, out);");
    }
    for (key, cast) in [("int32", "f64::from"), ("int64", ""), ("double", "")] {
        if let Some(Value::Message(number)) = part(key) {
            let bound = |key: &str| {
                limit(&number, key).and_then(|v| {
                    v.as_f64().or_else(|| v.as_i32().map(f64::from)).or_else(|| v.as_i64().map(|n| n as f64))
                })
            };
            let low = bound("gte").map_or("f64::NEG_INFINITY".to_owned(), |n| format!("{n:?}_f64"));
            let high = bound("lte").map_or("f64::INFINITY".to_owned(), |n| format!("{n:?}_f64"));
            let number = match key {
                "int64" => format!("(*({value})) as f64"),
                _ if cast.is_empty() => format!("*({value})"),
                _ => format!("{cast}(*({value}))"),
            };
            let _ =
                writeln!(body, "        crate::bounds::range({number}, {low}, {high}, {at}, {name}, out);");
        }
    }
}

fn module_path(package: &str) -> String {
    let parts: Vec<String> = package.split('.').map(rust_field).collect();
    format!("crate::contract::{}", parts.join("::"))
}

/// The path of a message's Rust type; messages of Arki are never nested.
fn rust_path(message: &MessageDescriptor) -> String {
    format!("{}::{}", module_path(message.package_name()), upper_camel(message.name()))
}

/// The module in which prost puts the oneofs of a message.
fn module_of(message: &MessageDescriptor) -> String {
    format!("{}::{}", module_path(message.package_name()), snake(message.name()))
}

fn rust_field(name: &str) -> String {
    match name {
        "type" | "do" | "enum" | "match" | "move" | "ref" | "use" | "where" | "in" | "for" | "loop"
        | "mod" => {
            format!("r#{name}")
        }
        _ => name.to_owned(),
    }
}

fn upper_camel(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_uppercase() && index > 0 {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}
