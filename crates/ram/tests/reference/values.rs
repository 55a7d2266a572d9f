//! Values of conditions, compared the slow way.

use std::net::IpAddr;

/// Wildcards by trying everything.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            like(rest.as_str(), text)
                || text.chars().next().is_some_and(|first| like(pattern, &text[first.len_utf8()..]))
        }
        Some(wanted) => text
            .chars()
            .next()
            .is_some_and(|first| (wanted == '?' || wanted == first) && like(rest.as_str(), &text[first.len_utf8()..])),
    }
}

/// Thousandths of a number such as `-12.5`; the generator writes no finer ones.
pub(crate) fn thousandths(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    Some((number * 1000.0).round() as i64)
}

/// Seconds since 1970 of `YYYY-MM-DDThh:mm:ss` and `Z` or `±hh:mm`, by counting days.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let (time, zone) = rest.split_at_checked(8)?;
    let numbers = |text: &str, by: char| text.split(by).map(str::parse).collect::<Result<Vec<i64>, _>>().ok();
    let (date, time) = (numbers(date, '-')?, numbers(time, ':')?);
    let offset = match zone.as_bytes().first()? {
        b'Z' => 0,
        sign => {
            let zone = numbers(&zone[1..], ':')?;
            (zone[0] * 60 + zone[1]) * if *sign == b'-' { -60 } else { 60 }
        }
    };
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let years: i64 = (1970..date[0]).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(date[0]) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days = years + lengths[..date[1] as usize - 1].iter().sum::<i64>() + date[2] - 1;
    Some(days * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2] - offset)
}

/// Whether the address begins with the bits of the block.
pub(crate) fn in_block(block: &str, address: &str) -> bool {
    let (network, prefix) = block.split_once('/').unwrap_or((block, "128"));
    let (Some(network), Some(address)) = (bits(network), bits(address)) else { return false };
    let len = prefix.parse::<usize>().unwrap().min(network.len());
    network.len() == address.len() && network[..len] == address[..len]
}

fn bits(address: &str) -> Option<String> {
    Some(match address.parse().ok()? {
        IpAddr::V4(v4) => v4.octets().iter().map(|byte| format!("{byte:08b}")).collect(),
        IpAddr::V6(v6) => v6.octets().iter().map(|byte| format!("{byte:08b}")).collect(),
    })
}

#[test]
fn the_slow_values_are_right() {
    assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
    assert_eq!(seconds("2000-03-01T00:00:00Z"), Some(951_868_800));
    assert_eq!(seconds("2026-11-27T08:00:00+08:00"), Some(1_795_737_600));
    assert_eq!(thousandths("-1.25"), Some(-1_250));
    assert!(in_block("10.0.0.0/8", "10.1.2.3") && !in_block("10.0.0.0/8", "11.0.0.0"));
    assert!(like("a*?c", "abbc") && !like("a*?c", "ac"));
}
