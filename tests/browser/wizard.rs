//! The first run of a computer: from nothing to a till, in the browser.

use std::sync::Arc;

use domain::calendar::Clock;
use domain::id::Entropy;
use thirtyfour::prelude::*;
use zhucan::demo::chance::SeededEntropy;
use zhucan::demo::world::{ADMINISTRATOR, LIANHUA, SECOND_ADMINISTRATOR};

use crate::till::with_page;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_computer_is_enrolled_with_a_code_and_becomes_a_till() {
    with_page(async |page| {
        let folder = tempfile::tempdir().unwrap();
        let config = terminal::Config::new(folder.path().join("terminal"), "");
        let clock: Arc<dyn Clock> = page.host.clock.clone();
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(77));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (first, again) = (clock.clone(), entropy.clone());
        let running = tokio::spawn(async move {
            let never = std::future::pending();
            let config = terminal::enrol_in_browser(config, first.clone(), again.clone(), listener, never).await;
            let config = config.unwrap().unwrap();
            let listener = tokio::net::TcpListener::bind(address).await.unwrap();
            let till = terminal::Terminal::open(config, first, again).await.unwrap();
            till.serve(listener, std::future::pending()).await.unwrap();
        });

        page.driver.goto(format!("http://{address}/")).await?;
        page.says("body", "登记这台收银电脑").await?;
        let type_in = async |id: &str, text: &str| -> WebDriverResult<()> {
            let field = page.driver.find(By::Id(id.to_owned())).await?;
            field.clear().await?;
            field.send_keys(text).await
        };
        type_in("server", "office").await?;
        type_in("code", "AAAA").await?;
        page.press(Key::Enter).await?;
        page.says("#notice", "办公室地址不对").await?;
        type_in("server", &page.host.office.url()).await?;
        page.driver.find(By::Id("code")).await?.click().await?;
        page.press(Key::Enter).await?;
        page.says("#notice", "办公室没有接受这个登记码").await?;

        let administrator = page.host.desk(ADMINISTRATOR).await.unwrap();
        let code = administrator.enrolment_code(&page.host.canteens[LIANHUA]).await.unwrap();
        type_in("code", &code).await?;
        page.press(Key::Enter).await?;
        page.says("#enrolled", "请打电话给办公室").await?;
        let fingerprint = page.text("#fingerprint").await?;
        page.press(Key::Enter).await?;
        page.says("body", "等办公室确认本机").await?;
        assert!(page.text("body").await?.contains(&fingerprint), "the till shows what is compared");
        assert_eq!(terminal::kept_office(&folder.path().join("terminal")), Some(page.host.office.url()));
        let second = page.host.desk(SECOND_ADMINISTRATOR).await.unwrap();
        second.confirm_terminal(&page.host.canteens[LIANHUA], &fingerprint).await.unwrap();
        page.until("the till begins by itself", async || Ok(page.text("body").await?.contains("谁来收银？"))).await?;
        running.abort();
        Ok(())
    })
    .await;
}
