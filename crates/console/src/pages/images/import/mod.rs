//! Importing: a file that the browser sends, or one of a bucket. It is looked at first, and imported when the visitor has seen what it is.

mod report;
mod upload;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::assets;
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};
use report::Report;

texts! {
    /// Texts of the form.
    ImportTexts {
        title: "Import an image" | "导入镜像";
        images: "Images" | "镜像";
        about: "One disk becomes the system disk of a new image. It is imported as it is, not encrypted: encrypt it by copying the image." | "将一个磁盘文件导入为新镜像的系统盘。按原样导入，不加密；复制镜像时可加密。";
        place: "Where the disk is" | "磁盘文件位置";
        from_upload: "A file on this computer" | "本机文件";
        from_bucket: "An import directory or a bucket of the server" | "服务器的导入目录或存储空间";
        file: "Disk image file" | "磁盘镜像文件";
        file_hint: "It is read once for its digest, and then sent. What was sent is kept for a day: choose the same file to go on." | "先读取文件以计算摘要，然后上传。已上传的部分保留一天，再次选择同一文件即可续传。";
        no_script: "Sending a file needs scripts. Without them use the command line:" | "上传文件需要启用脚本。也可使用命令行：";
        is_here: "The file is on the server:" | "文件已上传到服务器：";
        reading: "Reading the file: {} %" | "正在读取文件：{} %";
        sending: "Sending: {} %" | "正在上传：{} %";
        stopped: "Stopped. What was sent is kept; press the button again to go on." | "已暂停。已上传的部分会保留，再次点击按钮可继续。";
        changed: "The server has other bytes than this file. Send it again." | "服务器收到的数据与文件不符，请重新上传。";
        stop: "Stop sending" | "暂停上传";
        progress: "Progress of sending" | "上传进度";
        bucket: "Bucket" | "存储空间（Bucket）";
        bucket_hint: "A name that the operator set up: serve --import-directory NAME=DIR, or [import_bucket.NAME] of server.toml." | "由管理员配置的名称：serve --import-directory NAME=DIR，或 server.toml 中的 [import_bucket.NAME]。";
        object: "File or object" | "文件或对象";
        object_hint: "Path below the directory, or name of the object." | "目录下的路径，或对象名称。";
        format: "Format" | "格式";
        detect: "Detect it" | "自动识别";
        about_image: "The new image" | "镜像信息";
        name: "Name" | "名称";
        name_hint: "2 to 128 characters, a letter first; letters, digits and . : _ -" | "2–128 个字符，以字母或中文开头，可包含数字和 . : _ -";
        description: "Description" | "描述";
        os: "Operating system" | "操作系统";
        platform: "Distribution" | "发行版";
        architecture: "Architecture" | "系统架构";
        boot_mode: "Boot mode" | "启动模式";
        check: "Check the file" | "检查文件";
        check_again: "Check again" | "重新检查";
        import: "Import" | "导入";
        back: "Cancel" | "取消";
        check_hint: "Checked before anything is stored: that the file is a disk image in a format that is read, its headers and tables, that it names no other file, that it is not encrypted, its size, and that the name is free." | "存储之前会检查：文件是否为可读取的磁盘镜像格式、文件头与数据表、是否引用其他文件、是否已加密、大小，以及名称是否可用。";
        many_disks: "Images with several disks are imported by the API or the command line." | "含多块磁盘的镜像请通过 API 或命令行导入。";
    }
}

/// Formats that are read, as the API writes them.
const FORMATS: [&str; 5] = ["QCOW2", "RAW", "VHD", "VHDX", "VMDK"];
const ARCHITECTURES: [&str; 3] = ["x86_64", "arm64", "i386"];
const BOOT_MODES: [&str; 3] = ["BIOS", "UEFI", "UEFI-Preferred"];

/// Fields of the form that are parameters of ImportImage.
const PARAMETERS: [&str; 6] = ["ImageName", "Description", "OSType", "Platform", "Architecture", "BootMode"];

#[derive(Template)]
#[template(path = "images/import.html")]
struct Import {
    shell: Shell,
    texts: &'static ImportTexts,
    fields: Fields,
    token: String,
    formats: Options,
    systems: Options,
    architectures: Options,
    boot_modes: Options,
    /// What the file is, once it was looked at.
    report: Option<Report>,
    trouble: Option<Trouble>,
    script: String,
}

impl Import {
    /// Whether the file is one of a bucket.
    fn is_of_bucket(&self) -> bool {
        of_bucket(&self.fields)
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/images/import", get(form).post(send)).merge(upload::routes())
}

async fn form(visit: Visit) -> Response {
    rendered(StatusCode::OK, &page(&visit, visit.query(), None, None))
}

/// First a dry run, whose report is shown; the second button imports.
async fn send(Posted { visit, fields }: Posted) -> Response {
    let mut parameters = parameters(&fields);
    if fields.get("step") == "import" {
        parameters.push(("ClientToken", fields.get("ClientToken")));
        return match visit.call(Product::Ecs, "ImportImage", &parameters).await {
            Ok(answer) => visit.go(format!("images/{}", text(&answer, "ImageId"))),
            Err(refusal) => refused(&visit, fields, &refusal),
        };
    }
    parameters.push(("DryRun", "true"));
    let report = match visit.call(Product::Ecs, "ImportImage", &parameters).await {
        Err(refusal) => Report::read(&refusal, visit.language).ok_or(refusal),
        // A dry run is always answered with a refusal, also when it passes.
        Ok(_) => Ok(Report::empty(visit.language)),
    };
    match report {
        Ok(report) => rendered(StatusCode::OK, &page(&visit, fields, Some(report), None)),
        Err(refusal) => refused(&visit, fields, &refusal),
    }
}

fn refused(visit: &Visit, fields: Fields, refusal: &Refusal) -> Response {
    visit.answer(Section::Images, Ok(page(visit, fields, None, Some(visit.told(refusal)))), Some(refusal))
}

fn page(visit: &Visit, fields: Fields, report: Option<Report>, trouble: Option<Trouble>) -> Import {
    let texts = ImportTexts::of(visit.language);
    let same = |words: &[&'static str], chosen: &str| choices(words.iter().map(|word| (*word, *word)), chosen);
    let formats = [("", texts.detect)].into_iter().chain(FORMATS.map(|format| (format, format)));
    Import {
        shell: visit.shell(Section::Images),
        texts,
        token: visit.form_token(&fields),
        formats: choices(formats, fields.get("Format")),
        systems: choices([("linux", "Linux"), ("windows", "Windows")], fields.get("OSType")),
        architectures: same(&ARCHITECTURES, fields.get("Architecture")),
        boot_modes: same(&BOOT_MODES, fields.get("BootMode")),
        fields,
        report,
        trouble,
        script: assets::upload_script(),
    }
}

fn of_bucket(fields: &Fields) -> bool {
    fields.get("from") == "bucket"
}

fn parameters(fields: &Fields) -> Vec<(&str, &str)> {
    let mut parameters = fields.given(&PARAMETERS);
    let mut of_disk = |parameter, field| match fields.get(field) {
        "" => {}
        value => parameters.push((parameter, value)),
    };
    if of_bucket(fields) {
        of_disk("DiskDeviceMapping.1.OSSBucket", "OSSBucket");
        of_disk("DiskDeviceMapping.1.OSSObject", "OSSObject");
    } else {
        of_disk("DiskDeviceMapping.1.UploadId", "UploadId");
    }
    of_disk("DiskDeviceMapping.1.Format", "Format");
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the place that is chosen is sent, whatever else was typed.
    #[test]
    fn a_disk_has_one_place() {
        for (form, wanted) in [
            (
                "from=bucket&OSSBucket=b&OSSObject=a.raw&UploadId=u-1&ImageName=n",
                "ImageName=n DiskDeviceMapping.1.OSSBucket=b DiskDeviceMapping.1.OSSObject=a.raw",
            ),
            (
                "from=upload&OSSBucket=b&UploadId=u-1&Format=RAW",
                "DiskDeviceMapping.1.UploadId=u-1 DiskDeviceMapping.1.Format=RAW",
            ),
            ("OSType=linux&csrf=x&step=check", "OSType=linux"),
        ] {
            let fields = Fields::read(form.as_bytes()).unwrap();
            let sent: Vec<String> = parameters(&fields).iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(sent.join(" "), wanted, "{form}");
        }
    }
}
