//! What a recipient reads: the words of a message in one language.

use arki_words::Words;

use super::{Message, MessageContent};

/// The one placeholder: the reader's own page.
pub(super) const LINK: &str = "link";

/// A message as one recipient gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) language: String,
    pub(crate) subject: String,
    /// Plain text, lines ended by line feeds.
    pub(crate) text: String,
}

/// A message as its recipient sees it behind the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) language: String,
    pub(crate) languages: Vec<String>,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) why: String,
    pub(crate) what_stays: String,
    pub(crate) where_to_get_help: String,
    pub(crate) question: String,
    pub(crate) options: Vec<PageOption>,
    pub(crate) answered: bool,
    /// Whether the recipient may choose what to get.
    pub(crate) has_preferences: bool,
}

/// An answer to choose, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageOption {
    pub(crate) key: String,
    pub(crate) label: String,
}

/// The names in braces in a text, as in `{link}`. Braces around anything but a word are left alone.
pub(super) fn placeholders(text: &str) -> Vec<&str> {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
        .collect()
}

/// The words before the link to the page on which a recipient chooses what to get. They are ours, so they come in the
/// recipient's own language also where the message was not written in it.
fn way_out() -> Words {
    Words::new("fi", "Valitse, mitä saat meiltä, tai lopeta viestit:")
        .and("sv", "Välj vad du får av oss, eller få inga fler meddelanden:")
        .and("en", "Choose what you get from us, or get no more:")
}

/// The mail. The link comes at the end where the body has no place for it, and why it is told, what stays and where
/// to get help are paragraphs of their own: news without them is what people fear. `preferences` is the page of those
/// who may choose what to get; it is the last line, for programs that show no button for the header.
pub(crate) fn letter(
    message: &Message,
    language: &str,
    fallback: &str,
    link: &str,
    preferences: Option<&str>,
) -> Letter {
    let way_out = preferences.map(|page| format!("{} {page}", way_out().for_reader(language, fallback)));
    let MessageContent { kind: _, subject, body, why, what_stays, where_to_get_help, comprehension: _ } =
        &message.content;
    let language = language_of(body, language, fallback);
    let read = |words: &Words| words.for_reader(&language, fallback).replace("\r\n", "\n").trim().to_owned();
    let body_text = read(body);
    let has_link = placeholders(&body_text).contains(&LINK);
    let mut paragraphs = vec![body_text.replace("{link}", link)];
    paragraphs
        .extend([why, what_stays, where_to_get_help].into_iter().map(read).filter(|text| !text.is_empty()));
    if !has_link {
        paragraphs.push(link.to_owned());
    }
    paragraphs.extend(way_out);
    let subject = read(subject);
    Letter { language, subject, text: format!("{}\n", paragraphs.join("\n\n")) }
}

/// The page. `wished` is the language that the reader chose, empty for the recipient's own.
pub(crate) fn page(
    message: &Message,
    wished: &str,
    own: &str,
    fallback: &str,
    link: &str,
    answered: bool,
    has_preferences: bool,
) -> Page {
    let MessageContent { kind: _, subject, body, why, what_stays, where_to_get_help, comprehension } =
        &message.content;
    let (first, next) = if wished.is_empty() { (own, fallback) } else { (wished, own) };
    let language = language_of(body, first, next);
    let read = |words: &Words| words.for_reader(&language, fallback).to_owned();
    let options = comprehension
        .iter()
        .flat_map(|question| &question.options)
        .map(|option| PageOption { key: option.key.clone(), label: read(&option.label) });
    Page {
        languages: body.iter().map(|(language, _)| language.to_owned()).collect(),
        subject: read(subject),
        body: read(body).replace("{link}", link),
        why: read(why),
        what_stays: read(what_stays),
        where_to_get_help: read(where_to_get_help),
        question: comprehension.as_ref().map(|question| read(&question.text)).unwrap_or_default(),
        options: options.collect(),
        answered,
        has_preferences,
        language: language.clone(),
    }
}

/// The language in which a reader gets these words.
fn language_of(words: &Words, language: &str, fallback: &str) -> String {
    let text = words.for_reader(language, fallback);
    // The words were handed out by reference, so the very same one tells its language, also where two read alike.
    let found = words.iter().find(|(_, candidate)| std::ptr::eq(*candidate, text));
    found.map_or_else(|| fallback.to_owned(), |(language, _)| language.to_owned())
}

#[cfg(test)]
mod tests {
    use arki_ids::MessageId;
    use chrono::DateTime;

    use super::super::{Comprehension, MessageKind, OptionOf};
    use super::*;

    fn message(body: &str) -> Message {
        let label =
            |key: &str, correct| OptionOf { key: key.to_owned(), label: Words::new("en", key), correct };
        let content = MessageContent {
            kind: MessageKind::Uncertainty,
            subject: Words::new("en", "The move").and("fi", "Muutto"),
            body: Words::new("en", body).and("fi", "Muutamme. {link}"),
            why: Words::new("en", "The lease ends.").and("fi", "Vuokrasopimus päättyy."),
            what_stays: Words::new("en", "Your team stays."),
            where_to_get_help: Words::default(),
            comprehension: Some(Comprehension {
                key: "understood".to_owned(),
                text: Words::new("en", "What stays?").and("fi", "Mikä säilyy?"),
                options: vec![label("team", true), label("address", false)],
            }),
        };
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Message::new(MessageId::random(), content, now).unwrap()
    }

    #[test]
    fn the_link_stands_where_the_body_says_and_else_at_the_end() {
        let inside = letter(&message("See {link} today."), "en", "en", "https://arki.example.org/m/t", None);
        assert_eq!(
            inside.text,
            "See https://arki.example.org/m/t today.\n\nThe lease ends.\n\nYour team stays.\n"
        );
        let after = letter(&message("We move."), "en", "en", "https://arki.example.org/m/t", None);
        assert_eq!(
            after.text,
            "We move.\n\nThe lease ends.\n\nYour team stays.\n\nhttps://arki.example.org/m/t\n"
        );
    }

    #[test]
    fn a_reader_gets_the_own_language_and_else_the_next_best() {
        let message = message("We move.");
        let read = |language: &str| letter(&message, language, "en", "L", None);
        assert_eq!((read("fi-FI").language.as_str(), read("fi-FI").subject.as_str()), ("fi", "Muutto"));
        // What was not written in Finnish comes in the tenant's language rather than not at all.
        assert_eq!(read("fi").text, "Muutamme. L\n\nVuokrasopimus päättyy.\n\nYour team stays.\n");
        assert_eq!((read("sv").language.as_str(), read("sv").subject.as_str()), ("en", "The move"));
    }

    #[test]
    fn who_may_choose_reads_last_where_and_in_the_own_language() {
        let message = message("We move.");
        let read = |language: &str, fallback: &str| letter(&message, language, fallback, "L", Some("P")).text;
        for (language, fallback, expected) in [
            ("fi-FI", "en", "\n\nValitse, mitä saat meiltä, tai lopeta viestit: P\n"),
            // The message itself is read in the tenant's language.
            ("sv", "fi", "\n\nVälj vad du får av oss, eller få inga fler meddelanden: P\n"),
            ("en", "fi", "\n\nL\n\nChoose what you get from us, or get no more: P\n"),
            ("de", "fr", "\n\nChoose what you get from us, or get no more: P\n"),
        ] {
            let text = read(language, fallback);
            assert!(text.ends_with(expected), "{text}");
            assert_eq!(text.matches('P').count(), 1, "{text}");
        }
    }

    #[test]
    fn the_page_offers_the_languages_of_the_message_and_keeps_the_right_answer_to_itself() {
        let message = message("We move.");
        let page = page(&message, "fi", "en", "en", "L", false, false);
        assert_eq!((page.language.as_str(), page.question.as_str()), ("fi", "Mikä säilyy?"));
        assert_eq!(page.languages, ["en", "fi"]);
        assert_eq!(page.options[0], PageOption { key: "team".to_owned(), label: "team".to_owned() });
        assert_eq!(super::page(&message, "sv", "fi", "en", "L", true, true).language, "fi");
    }

    #[test]
    fn braces_that_hold_no_name_are_text() {
        assert_eq!(placeholders("{link} {} {1} {Link} {a b} {other_one} {open"), ["link", "other_one"]);
    }
}
