use crate::browser::judged_by;
use crate::lab::Lab;
use crate::long_list;

/// Shows what is refused, and how it is said: encrypted to plain, encrypted to another region, what a user has no right to; and that two people
/// see what the other does; and that a list of more than two thousand is read to its end.
#[test]
fn limits_are_explained() {
    let lab = Lab::new(37);
    long_list::fill(&lab, 2005);
    let server = lab.serve();
    judged_by("limits.js", &lab, &server);
    server.stop();
}

/// Shows that the wizard for material of one's own works with the openssl commands that it shows, as they stand, for each algorithm.
#[test]
fn material_is_brought_with_openssl() {
    let lab = Lab::new(41);
    let server = lab.serve();
    judged_by("byok.js", &lab, &server);
    server.stop();
}
