use super::text::{Kind, tokens};

/// A word of more letters than these is long.
const LONG: usize = 6;

/// How hard a text is to read: LIX, words per sentence plus long words per hundred words. Below 30 is very easy,
/// 30-40 easy, 40-50 middling, 50-60 hard, above very hard; 0 for a text without words.
///
/// Source: C. H. Björnsson, Läsbarhet, 1968. A sentence ends at a full stop, an exclamation or question mark, a
/// colon, or a line break; a text always has one. The full stop of an abbreviation counts as an end too.
pub fn readability(text: &str) -> f64 {
    let (mut words, mut long, mut sentences, mut open) = (0_u32, 0_u32, 0_u32, false);
    for token in tokens(text) {
        match token.kind {
            Kind::Word | Kind::Number => {
                words += 1;
                long +=
                    u32::from(token.folded.chars().filter(|letter| letter.is_alphabetic()).count() > LONG);
                open = true;
            }
            Kind::End | Kind::Colon => {
                sentences += u32::from(open);
                open = false;
            }
            Kind::Quote | Kind::Other => {}
        }
    }
    if words == 0 {
        return 0.0;
    }
    sentences += u32::from(open);
    f64::from(words) / f64::from(sentences) + 100.0 * f64::from(long) / f64::from(words)
}

#[cfg(test)]
mod tests {
    use super::readability;

    #[test]
    fn lix_is_words_per_sentence_plus_long_words_per_hundred() {
        for (text, lix) in [
            ("", 0.0),
            ("...", 0.0),
            ("Jag ringer.", 2.0),
            // 4 words in 2 sentences, none long.
            ("Soitan. Kysyn miten meni", 2.0),
            // 5 words in 1 sentence, 1 long: asiakkaalle.
            ("Soitan asiakkaalle ennen kuin lähden.", 5.0 + 20.0),
            // 6 letters are not long, 7 are.
            ("abcdef abcdefg", 2.0 + 50.0),
            // A decimal point ends no sentence.
            ("I call in 2.5 hours", 5.0),
        ] {
            assert!((readability(text) - lix).abs() < 1e-9, "{text:?} is {}", readability(text));
        }
    }
}
