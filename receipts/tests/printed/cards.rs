//! Sheets of cards, read as a person and as a scanner would.

use crate::{Outcome, poppler};
use domain::calendar::UnixMs;
use receipts::card::{Card, CardSheet, render};
use receipts::{Fonts, PrintError};

fn number(n: usize) -> String {
    format!("91{n:022}")
}

fn sheet(count: usize) -> CardSheet {
    let names = ["王建国", "欧阳振华", "阿依古丽·买买提", "李四"];
    let card = |n: usize| Card {
        name: names[n % names.len()].into(),
        number: number(n),
        place: "福田街道福安社区长者食堂".into(),
        phone: "0755-82000000".into(),
        until: n.is_multiple_of(2).then(|| "2028-12-31".into()),
    };
    CardSheet {
        title: "长者助餐卡".into(),
        office: "福田区民政局".into(),
        cards: (0..count).map(card).collect(),
        made_at: UnixMs::new(1_772_420_400_000),
    }
}

#[test]
fn every_code_on_the_page_scans() -> Outcome {
    let fonts = Fonts::embedded()?;
    let pdf = render(&sheet(12), &fonts)?;
    let mut codes = poppler::picture(&pdf, 1, 200)?.codes();
    codes.sort();
    assert_eq!(codes, (0..10).map(number).collect::<Vec<_>>());
    let mut codes = poppler::picture(&pdf, 2, 150)?.codes();
    codes.sort();
    assert_eq!(codes, (10..12).map(number).collect::<Vec<_>>());
    let text = poppler::text(&pdf)?;
    assert_eq!(text.matches("长者助餐卡").count(), 12);
    assert_eq!(text.matches("王建国").count(), 3);
    assert!(text.contains("9100 0000 0000 0000 0000 0011"), "{text}");
    assert_eq!(text.matches("有效期至 2028-12-31").count(), 6);
    Ok(())
}

#[test]
fn cards_have_the_size_of_cards() -> Outcome {
    let pdf = render(&sheet(10), &Fonts::embedded()?)?;
    let words = poppler::word_edges(&pdf)?;
    let point = 72.0 / 25.4;
    assert!(words.iter().all(|[left, top, right, bottom]| {
        *left > 10.0 * point && *right < 200.0 * point && *top > 8.0 * point && *bottom < 289.0 * point
    }));
    // The crop marks at the left of a card are a card's height apart: dark pixels in a column that has nothing else.
    let picture = poppler::picture(&pdf, 1, 254)?;
    let column = 143;
    let mut rows: Vec<usize> = (0..picture.height).filter(|y| picture.grey[y * picture.width + column] < 200).collect();
    rows.dedup_by(|next, last| *next - *last < 5);
    assert_eq!(rows.len(), 10, "{rows:?}");
    assert!((538..=542).contains(&(rows[1] - rows[0])), "{rows:?}");
    Ok(())
}

#[test]
fn six_hundred_cards_are_small_and_quick() -> Outcome {
    let pdf = render(&sheet(600), &Fonts::embedded()?)?;
    assert!(pdf.len() < 1_000_000, "{} bytes", pdf.len());
    assert_eq!(pdf, render(&sheet(600), &Fonts::embedded()?)?, "equal cards give equal bytes");
    Ok(())
}

#[test]
fn what_cannot_be_printed_is_named() -> Outcome {
    let mut rare = sheet(1);
    rare.cards[0].name = "张𡋾".into();
    let error = render(&rare, &Fonts::embedded()?);
    assert_eq!(error, Err(PrintError::MissingGlyph { field: "张𡋾".into(), character: '𡋾' }));
    assert!(render(&sheet(0), &Fonts::embedded()?).is_err());
    assert_eq!(format!("{:?}", rare.cards[0]), "Card(…)", "a number is never in a log");
    Ok(())
}
