//! The comments of the contract.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, EnumDescriptor, EnumValueDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor,
    MethodDescriptor, ServiceDescriptor,
};

/// Comments by file and place.
pub(crate) struct Comments {
    by_place: HashMap<(String, Vec<i32>), String>,
}

impl Comments {
    /// Reads the comments of all files.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        let mut by_place = HashMap::new();
        for file in pool.files() {
            let proto = file.file_descriptor_proto();
            for location in proto.source_code_info.iter().flat_map(|info| &info.location) {
                if let Some(comment) = &location.leading_comments {
                    by_place.insert((file.name().to_owned(), location.path.clone()), tidy(comment));
                }
            }
        }
        Self { by_place }
    }

    fn at(&self, file: &FileDescriptor, path: &[i32]) -> &str {
        self.by_place.get(&(file.name().to_owned(), path.to_vec())).map_or("", String::as_str)
    }

    pub(crate) fn of_service(&self, service: &ServiceDescriptor) -> &str {
        self.at(&service.parent_file(), service.path())
    }

    pub(crate) fn of_method(&self, method: &MethodDescriptor) -> &str {
        self.at(&method.parent_file(), method.path())
    }

    pub(crate) fn of_message(&self, message: &MessageDescriptor) -> &str {
        self.at(&message.parent_file(), message.path())
    }

    pub(crate) fn of_field(&self, field: &FieldDescriptor) -> &str {
        self.at(&field.parent_file(), field.path())
    }

    pub(crate) fn of_enum(&self, enumeration: &EnumDescriptor) -> &str {
        self.at(&enumeration.parent_file(), enumeration.path())
    }

    pub(crate) fn of_value(&self, value: &EnumValueDescriptor) -> &str {
        self.at(&value.parent_file(), value.path())
    }
}

/// A comment as running text: lines joined, paragraphs kept.
fn tidy(comment: &str) -> String {
    let mut text = String::with_capacity(comment.len());
    for line in comment.lines().map(str::trim) {
        if line.is_empty() {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push_str("\n\n");
            }
        } else {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push(' ');
            }
            text.push_str(line);
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The first sentence, without its full stop.
pub(crate) fn first_sentence(text: &str) -> &str {
    let end = text.find(". ").or_else(|| text.find(".\n")).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

/// A value that a comment gives as an example: `such as "goal.write"`. One with an ellipsis is a form, no value.
pub(crate) fn example(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("such as \"")?;
    let (value, _) = rest.split_once('"')?;
    (!value.is_empty() && !value.contains('…')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_become_running_text() {
        assert_eq!(tidy(" One line\n of two.\n\n A paragraph.\n"), "One line of two.\n\nA paragraph.");
        assert_eq!(first_sentence("Returns a goal. Or not."), "Returns a goal");
        assert_eq!(first_sentence("Returns a goal."), "Returns a goal");
    }

    #[test]
    fn examples_are_quoted_values() {
        assert_eq!(example("A scope, such as \"goal.write\"."), Some("goal.write"));
        assert_eq!(example("A name, such as \"goals/gol_…\"."), None);
        assert_eq!(example("A scope."), None);
    }
}
