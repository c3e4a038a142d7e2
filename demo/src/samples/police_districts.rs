//! The twelve police districts and the municipalities in each.
//!
//! By municipality number, for sample data; a few border municipalities really belong to a neighbour. Source:
//! Politiet, the districts since 2016, with the municipality numbers of 2024.

/// A district's name, as in the official figures, and how the numbers of its municipalities begin.
const DISTRICTS: [(&str, &[&str]); 12] = [
    ("Agder", &["42"]),
    ("Finnmark", &["56"]),
    ("Innlandet", &["34"]),
    ("Møre og Romsdal", &["15"]),
    ("Nordland", &["18"]),
    ("Oslo", &["0301", "3201", "3203"]),
    ("Sør-Vest", &["11"]),
    ("Sør-Øst", &["33", "39", "40"]),
    ("Troms", &["55"]),
    ("Trøndelag", &["50"]),
    ("Vest", &["46"]),
    ("Øst", &["31", "32"]),
];

/// The names, in the order of the official figures.
pub fn names() -> impl Iterator<Item = &'static str> {
    DISTRICTS.iter().map(|(name, _)| *name)
}

/// The district that a municipality belongs to: the longest prefix decides, so that 3201 is Oslo and not Øst.
pub fn district_of(municipality_number: &str) -> Option<&'static str> {
    DISTRICTS
        .iter()
        .flat_map(|(name, prefixes)| prefixes.iter().map(move |prefix| (*name, *prefix)))
        .filter(|(_, prefix)| municipality_number.starts_with(prefix))
        .max_by_key(|(_, prefix)| prefix.len())
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_decides() {
        assert_eq!(district_of("3201"), Some("Oslo"));
        assert_eq!(district_of("3205"), Some("Øst"));
        assert_eq!(district_of("9999"), None);
    }
}
