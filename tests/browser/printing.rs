//! Slips as a cashier has to do with them: printed by themselves, printed again on a key, and marked then.

use std::path::Path;
use std::time::Duration;

use thirtyfour::prelude::*;

use crate::till::{Page, with_printer};

const ELDER: usize = 0;

/// The texts of all slips so far, in order, once there are so many.
async fn slips(folder: &Path, count: usize) -> Vec<String> {
    for _ in 0..200 {
        let files = std::fs::read_dir(folder).into_iter().flatten().map(|file| file.unwrap().path());
        let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "bin")).collect();
        if files.len() >= count {
            files.sort();
            let paper = receipts::slip::Paper::Mm58;
            return files
                .iter()
                .map(|path| receipts::preview::interpret(&std::fs::read(path).unwrap(), paper).text())
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{count} slips in {}", folder.display())
}

async fn printed_again(folder: &Path, count: usize) {
    let slips = slips(folder, count).await;
    assert_eq!(slips.len(), count);
    let [first, again] = [&slips[0], &slips[count - 1]];
    assert!(again.contains("补打") && again.contains("13.00"), "{again}");
    assert!(!first.contains("补打"), "only what is printed again is marked: {first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_printed_again_from_wherever_its_meal_stands_and_marked() {
    with_printer(async |page: &Page, folder: &Path| {
        page.sell(ELDER).await?;
        page.says("#main", "已打印").await?;
        slips(folder, 1).await;

        // The last sale, at once.
        page.letter("p").await?;
        printed_again(folder, 2).await;

        // The elder comes back and asks for it.
        page.host.clock.advance(60_000);
        page.scan(&page.card(ELDER)).await?;
        page.stage("duplicate").await?;
        tokio::time::sleep(crate::till::SETTLED).await;
        page.letter("p").await?;
        printed_again(folder, 3).await;
        page.press(Key::F2).await?;
        page.stage("idle").await?;

        // From today's meals.
        page.press(Key::F9).await?;
        page.says("#main", "今日记录").await?;
        page.press(Key::Down).await?;
        page.letter("p").await?;
        printed_again(folder, 4).await;

        assert_eq!(page.meals().await.len(), 1, "paper is not a meal");
        Ok(())
    })
    .await;
}
