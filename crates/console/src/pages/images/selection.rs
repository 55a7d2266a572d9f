//! Which images of a region the table shows, in which order.

use super::image::Image;
use crate::paging::page_number;
use crate::visit::Fields;

/// Rows of a page.
pub(super) const PAGE_SIZE: usize = 20;

/// What can be sorted by, as it stands in the address; with `-` before it, the other way round.
pub(super) const SORTS: [&str; 5] = ["name", "status", "size", "encryption", "created"];

/// The order if none is asked for: the newest first.
const SORT_DEFAULT: &str = "-created";

/// What the address asks for.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// A part of the name or of the id.
    pub(super) name: String,
    pub(super) status: String,
    /// `yes`, `no`, or empty.
    pub(super) encrypted: String,
    /// `own`, `shared`, or empty.
    pub(super) owner: String,
    /// One of [`SORTS`], maybe with `-`.
    pub(super) sort: String,
    pub(super) page: u64,
}

impl Selection {
    pub(super) fn read(query: &Fields) -> Self {
        let field = |name| query.get(name).to_owned();
        let sort = query.get("sort");
        let is_known = SORTS.contains(&sort.trim_start_matches('-'));
        Self {
            name: field("name"),
            status: field("status"),
            encrypted: field("encrypted"),
            owner: field("owner"),
            sort: if is_known { sort } else { SORT_DEFAULT }.to_owned(),
            page: page_number(query.get("page")),
        }
    }

    /// Whether not all images are shown.
    pub(super) fn is_filter(&self) -> bool {
        [&self.name, &self.status, &self.encrypted, &self.owner].iter().any(|field| !field.is_empty())
    }

    /// Names and values for an address, but for the page.
    pub(super) fn pairs(&self) -> [(&str, &str); 5] {
        [
            ("name", &self.name),
            ("status", &self.status),
            ("encrypted", &self.encrypted),
            ("owner", &self.owner),
            ("sort", &self.sort),
        ]
    }

    /// The images of the page that is asked for, and how many there are on all pages.
    pub(super) fn of(&self, mut images: Vec<Image>) -> (Vec<Image>, usize) {
        images.retain(|image| self.holds(image));
        self.order(&mut images);
        let total = images.len();
        let skipped = usize::try_from(self.page - 1).unwrap_or(usize::MAX).saturating_mul(PAGE_SIZE);
        (images.into_iter().skip(skipped).take(PAGE_SIZE).collect(), total)
    }

    fn holds(&self, image: &Image) -> bool {
        let yes_or_no = |wanted: &str, yes: &str, is: bool| wanted.is_empty() || (wanted == yes) == is;
        let part = self.name.to_lowercase();
        (image.name.to_lowercase().contains(&part) || image.id.contains(&part))
            && (self.status.is_empty() || image.is(&self.status))
            && yes_or_no(&self.encrypted, "yes", image.is_encrypted())
            && yes_or_no(&self.owner, "own", image.is_own)
    }

    fn order(&self, images: &mut [Image]) {
        match self.sort.trim_start_matches('-') {
            "name" => images.sort_by_key(|image| image.title().to_lowercase()),
            "status" => images.sort_by(|a, b| a.status.cmp(&b.status)),
            "size" => images.sort_by_key(Image::all_gib),
            "encryption" => images.sort_by_key(Image::is_encrypted),
            _ => images.sort_by(|a, b| a.created.at.cmp(&b.created.at)),
        }
        if self.sort.starts_with('-') {
            images.reverse();
        }
    }
}

/// A status as the API writes it: what the filter offers.
pub(super) const STATUSES: [&str; 6] =
    ["Available", "Creating", "Waiting", "CreateFailed", "UnAvailable", "Deprecated"];

#[cfg(test)]
mod tests {
    use super::super::image::tests::answered;
    use super::*;
    use crate::language::Language;
    use crate::pages::own_keys::KeyNames;

    fn images() -> Vec<Image> {
        let image = |(n, name, status, owner): (u32, &str, &str, &str)| {
            let mut image = answered();
            image["ImageId"] = format!("m-{n}").into();
            image["ImageName"] = name.into();
            image["Status"] = status.into();
            image["ImageOwnerAlias"] = owner.into();
            image["CreationTime"] = format!("2026-11-28T10:00:{n:02}Z").into();
            image["DiskDeviceMappings"]["DiskDeviceMapping"][1]["Encrypted"] = (n % 2 == 0).into();
            Image::read(&image, &KeyNames::default(), Language::English)
        };
        let all =
            [(1, "beta", "Available", "self"), (2, "Alpha", "Creating", "self"), (3, "gamma", "Available", "others")];
        all.into_iter().map(image).collect()
    }

    /// Each filter and each order, by the ids that it leaves.
    #[test]
    fn filters_and_orders_choose_rows() {
        for (query, wanted) in [
            ("", "m-3 m-2 m-1"),
            ("sort=created", "m-1 m-2 m-3"),
            ("sort=name", "m-2 m-1 m-3"),
            ("sort=-name", "m-3 m-1 m-2"),
            ("sort=colour", "m-3 m-2 m-1"),
            ("sort=-encryption&page=1", "m-2 m-3 m-1"),
            ("name=ALPH", "m-2"),
            ("name=m-3", "m-3"),
            ("status=Available", "m-3 m-1"),
            ("encrypted=yes", "m-2"),
            ("encrypted=no", "m-3 m-1"),
            ("owner=own", "m-2 m-1"),
            ("owner=shared", "m-3"),
            ("page=2", ""),
        ] {
            let selection = Selection::read(&Fields::read(query.as_bytes()).unwrap());
            let (rows, _) = selection.of(images());
            assert_eq!(rows.iter().map(|image| image.id.as_str()).collect::<Vec<_>>().join(" "), wanted, "{query}");
        }
    }

    /// A page has so many rows, and the number of all stays known.
    #[test]
    fn long_lists_page() {
        let many = || (0..9).flat_map(|_| images()).collect::<Vec<_>>();
        let on = |page: u64| Selection { page, ..Selection::read(&Fields::default()) }.of(many());
        assert_eq!((on(1).0.len(), on(2).0.len(), on(2).1), (PAGE_SIZE, 27 - PAGE_SIZE, 27));
    }
}
