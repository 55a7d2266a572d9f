use crate::browser::judged_by;
use crate::lab::Lab;

/// Shows that forms of other sites, forms without their token and frames of other sites come to nothing, and that what is typed, sent or asked
/// for with markup in it is shown as text.
#[test]
fn other_sites_and_markup_come_to_nothing() {
    let lab = Lab::new(31);
    let server = lab.serve();
    judged_by("attacks.js", &lab, &server);
    server.stop();
}
