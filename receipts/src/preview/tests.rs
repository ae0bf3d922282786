use super::*;
use proptest::prelude::*;

fn line(text: &str, style: Style, align: Align, height: u16) -> Item {
    Item::Line { align, runs: vec![Run { text: text.into(), style }], height }
}

#[test]
fn reads_text_size_place_and_cut() {
    let bytes = b"\x1b@\x1c&\x1b3\x22\x1ba\x01\xce\xe7\xb2\xcd\n\x1ba\x00\x1d!\x01AB\n\x1d!\x00\x1dVB\x00";
    let tall = Style { down: 2, ..Style::default() };
    assert_eq!(
        interpret(bytes, Paper::Mm58).items,
        [
            line("午餐", Style::default(), Align::Centre, 34),
            line("AB", tall, Align::Left, 52),
            Item::Feed(102),
            Item::Cut,
        ]
    );
}

#[test]
fn long_lines_break_at_the_edge_of_the_paper() {
    let text = interpret("A".repeat(40).as_bytes(), Paper::Mm58).text();
    assert_eq!(text, format!("{}\n{}\n", "A".repeat(32), "A".repeat(8)));
}

#[test]
fn pictures_are_cut_off_at_the_edge_of_the_paper() {
    let mut bytes = b"\x1dv0\x03\x64\x00\x02\x00".to_vec();
    bytes.extend([0xff; 200]);
    let printout = interpret(&bytes, Paper::Mm58);
    let [Item::Picture { bitmap, across: 2, down: 2, .. }] = printout.items.as_slice() else {
        panic!("one picture: {printout:?}");
    };
    assert_eq!((bitmap.stride(), bitmap.height()), (48, 2));
}

#[test]
fn drawings_escape_their_text() {
    let svg = interpret(b"<&>\n", Paper::Mm80).svg();
    assert!(svg.contains(">&lt;</text>") && svg.contains(">&amp;</text>"), "{svg}");
}

/// Bytes in which commands are frequent.
fn printer_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => any::<u8>(),
        2 => prop::sample::select(b"\x1b\x1c\x1d\n!@a3dVv0kE&.W*p(D".to_vec()),
        1 => Just(0_u8),
    ];
    prop::collection::vec(byte, 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_bytes_print_something_or_nothing(bytes in printer_bytes(), wide in any::<bool>()) {
        let paper = if wide { Paper::Mm80 } else { Paper::Mm58 };
        let printout = interpret(&bytes, paper);
        let svg = printout.svg();
        prop_assert!(svg.ends_with("</svg>\n"));
        for text in printout.text().lines() {
            prop_assert!(crate::escpos::text_columns(text) <= 2 * paper.columns(), "{}", text);
        }
    }
}
