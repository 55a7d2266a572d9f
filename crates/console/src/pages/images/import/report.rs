//! What the server found in a file that is to be imported.

use serde_json::Value;

use crate::calls::Refusal;
use crate::language::{Language, texts};
use crate::pages::images::PASSED;
use crate::shown::{bytes, text};

texts! {
    /// Texts of the report.
    ReportTexts {
        title: "The file can be imported" | "文件可以导入";
        nothing_stored: "No image is made yet." | "尚未创建镜像。";
        format: "Format" | "格式";
        size: "Size of the disk" | "磁盘容量";
        later: "It is looked at once it was fetched from the bucket." | "从存储空间取回后再检查内容。";
    }
}

/// A file that passed.
pub(super) struct Report {
    pub(super) texts: &'static ReportTexts,
    /// Of each disk format, empty where it is not known yet, and size.
    pub(super) disks: Vec<(String, String)>,
}

impl Report {
    /// The report of a dry run; `None` if it did not pass.
    pub(super) fn read(refusal: &Refusal, language: Language) -> Option<Self> {
        if refusal.code != PASSED {
            return None;
        }
        let checks: Vec<Value> = serde_json::from_str(refusal.checks.as_deref().unwrap_or("[]")).unwrap_or_default();
        let disks =
            checks.iter().filter_map(|check| Some((text(check, "format"), bytes(check["virtualBytes"].as_u64()?))));
        Some(Self { disks: disks.collect(), ..Self::empty(language) })
    }

    /// A report that names no disk.
    pub(super) fn empty(language: Language) -> Self {
        Self { texts: ReportTexts::of(language), disks: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dry run that passed says what each disk is; any other refusal is none.
    #[test]
    fn a_dry_run_is_a_report_when_it_passed() {
        let checks = r#"[{"check":"disk","result":"passed","format":"qcow2","virtualBytes":5368709120},{"check":"name","result":"passed"}]"#;
        let answer = |code: &str, checks: Option<&str>| Refusal {
            status: 400,
            code: code.to_owned(),
            message: String::new(),
            request_id: String::new(),
            denied: None,
            checks: checks.map(str::to_owned),
        };
        let read = |code, checks| Report::read(&answer(code, checks), Language::English).map(|report| report.disks);
        assert_eq!(read(PASSED, Some(checks)), Some(vec![("qcow2".to_owned(), "5 GiB".to_owned())]));
        assert_eq!(read(PASSED, None), Some(Vec::new()));
        assert_eq!(read("InvalidImageFormat.Malformed", Some(checks)), None);
    }
}
