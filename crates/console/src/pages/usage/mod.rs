//! Usage and cost: calls of KMS by day and action, the free ones, prices, and what is left.

mod plot;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use serde_json::Value;

use self::plot::{Calls, Plot};
use crate::calls::Product;
use crate::language::{fill, texts};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{list, number, text};
use crate::visit::Visit;

texts! {
    /// Texts of the page.
    UsageTexts {
        title: "Usage and cost" | "用量与费用";
        about: "Calls of the key management service that this account made, or that were made for it, in all regions. Days are those of UTC." | "本账号在所有地域的密钥管理服务（KMS）调用，包括云服务代为发起的调用。日期按 UTC 计算。";
        month: "Month" | "月份";
        show: "Show" | "查看";
        calls_by_day: "Calls by day" | "每日调用次数";
        plot_about: "Bars of calls for each day of {}. The same numbers stand in the table." | "{} 每日调用次数柱状图，数据与表格一致。";
        day: "Day" | "日期";
        total: "Total" | "合计";
        others: "Others" | "其他";
        no_calls: "There were no calls in this month." | "该月没有调用。";
        free: "Free calls" | "免费额度";
        free_used: "{} of {} used" | "已使用 {} / {}";
        free_none: "This price rule has no free calls." | "该计费规则没有免费额度。";
        cost: "Cost of the month so far" | "本月累计费用";
        of_calls: "Calls" | "调用费用";
        sum: "Total" | "合计";
        balance: "Balance" | "余额";
        no_limit: "No limit" | "无限制";
        own_calls: "Calls on own keys and others" | "自有密钥及其他调用";
        service_calls: "Calls on service keys" | "服务密钥调用";
        prices: "Prices" | "价格";
        rule: "Price rule of {}, in {}" | "{} 年计费规则，货币 {}";
        price_of: "Per {} calls" | "每 {} 次调用";
        item: "Item" | "项目";
        price: "Price" | "价格";
        amount: "Amount" | "数量";
        key_day: "A key, for a day" | "每个密钥每天";
        version_day: "A version of a key, for a day" | "每个密钥版本每天";
        key_days: "Days of keys" | "密钥天数";
        service_key: "Service keys" | "服务密钥";
        nothing: "free" | "免费";
        no_money: "Nothing is paid here: the figures show what the vendor would charge. An account over its balance gets nothing new, and opens all it has." | "此处不产生实际扣费，仅按规则估算。超出余额的账号不能新建密钥或加密，但仍可解密已有数据。";
    }
}

#[derive(Template)]
#[template(path = "usage/usage.html")]
struct UsagePage {
    shell: Shell,
    texts: &'static UsageTexts,
    month: String,
    plot: Option<Plot>,
    free_calls: u64,
    free_quota: u64,
    service_calls: u64,
    own_calls: u64,
    key_days: u64,
    calls_amount: String,
    keys_amount: String,
    amount: String,
    balance: Option<String>,
    price: Price,
}

impl UsagePage {
    fn free_used(&self) -> String {
        fill(self.texts.free_used, &[&self.free_calls, &self.free_quota])
    }

    fn plot_about(&self) -> String {
        fill(self.texts.plot_about, &[&self.month])
    }
}

/// What things cost.
struct Price {
    /// Which rule, in words.
    rule: String,
    currency: String,
    per_calls: String,
    service_calls: String,
    own_calls: String,
    per_key: &'static str,
    key_day: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/usage", get(show))
}

async fn show(visit: Visit) -> Response {
    let query = visit.query();
    let month = Some(query.get("month")).filter(|month| !month.is_empty());
    let parameters: Vec<(&str, &str)> = month.map(|month| ("Month", month)).into_iter().collect();
    let page = visit.call(Product::Kms, "DescribeUsage", &parameters).await.map(|answer| page(&visit, &answer));
    visit.show(Section::Usage, page)
}

fn page(visit: &Visit, answer: &Value) -> UsagePage {
    let texts = UsageTexts::of(visit.language);
    let month = text(answer, "Month");
    let balance = Some(text(answer, "Balance")).filter(|balance| !balance.is_empty());
    UsagePage {
        shell: visit.shell(Section::Usage),
        plot: plot_of(answer, &month, texts),
        free_calls: number(answer, "FreeCalls"),
        free_quota: number(&answer["Price"], "FreeCalls"),
        service_calls: number(answer, "ServiceCalls"),
        own_calls: number(answer, "OwnCalls"),
        key_days: number(answer, "KeyDays"),
        calls_amount: short(&text(answer, "CallsAmount")),
        keys_amount: short(&text(answer, "KeysAmount")),
        amount: short(&text(answer, "Amount")),
        balance: balance.map(|balance| short(&balance)),
        price: Price::of(&answer["Price"], texts),
        month,
        texts,
    }
}

/// `None` for a month without calls.
fn plot_of(answer: &Value, month: &str, texts: &UsageTexts) -> Option<Plot> {
    let calls: Vec<Calls> = list(answer, "Days", "Day").iter().filter_map(calls_of).collect();
    let days = days_of(month)?;
    Plot::of(&calls, days, texts.others)
}

fn calls_of(day: &Value) -> Option<Calls> {
    let number_of_day = text(day, "Day").rsplit('-').next()?.parse().ok()?;
    Some(Calls { day: number_of_day, action: text(day, "Action"), count: number(day, "Calls") })
}

/// Days of a month such as `2026-11`.
fn days_of(month: &str) -> Option<u8> {
    let first: Date = format!("{month}-01").parse().ok()?;
    let one: Span = 1.month();
    let next = first.checked_add(one).ok()?;
    u8::try_from((next - first).get_days()).ok()
}

impl Price {
    fn of(price: &Value, texts: &'static UsageTexts) -> Self {
        let or_free = |price: String| {
            if price.trim_matches(['0', '.']).is_empty() { texts.nothing.to_owned() } else { short(&price) }
        };
        Self {
            rule: fill(texts.rule, &[&text(price, "Rule"), &text(price, "Currency")]),
            currency: text(price, "Currency"),
            per_calls: fill(texts.price_of, &[&number(price, "CallsPerPrice")]),
            service_calls: or_free(text(price, "ServiceCalls")),
            own_calls: or_free(text(price, "OwnCalls")),
            per_key: if price["KeyUnit"] == "Version" { texts.version_day } else { texts.key_day },
            key_day: or_free(text(price, "KeyDay")),
        }
    }
}

/// A decimal without zeros at its end, but with two digits behind the point.
fn short(amount: &str) -> String {
    let Some((whole, rest)) = amount.split_once('.') else { return amount.to_owned() };
    let rest = rest.trim_end_matches('0');
    format!("{whole}.{rest:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        for (amount, wanted) in
            [("0.000000", "0.00"), ("12.500000", "12.50"), ("0.000060", "0.00006"), ("-1.250000", "-1.25"), ("7", "7")]
        {
            assert_eq!(short(amount), wanted);
        }
    }

    #[test]
    fn months_have_their_days() {
        for (month, wanted) in [("2026-11", Some(30)), ("2024-02", Some(29)), ("2026-12", Some(31)), ("x", None)] {
            assert_eq!(days_of(month), wanted, "{month}");
        }
    }
}
