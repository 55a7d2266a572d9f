use crate::browser::judged_by;
use crate::lab::Lab;

/// Shows of every page that can be reached, in each language, with markup in every text that may hold it: that it is text, that axe-core finds
/// nothing serious, that the page is there soon and small, that no link is dead, and that both languages have the same pages.
#[test]
fn every_page_is_sound_in_both_languages() {
    let lab = Lab::new(29);
    let server = lab.serve();
    judged_by("pages.js", &lab, &server);
    server.stop();
}
