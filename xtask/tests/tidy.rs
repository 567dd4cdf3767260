//! The working tree is tidy; `cargo xtask tidy` says the same.

#[test]
fn the_tree_is_tidy() {
    let findings = xtask::tidy::check(&xtask::binary::repository()).expect("the tree can be read");
    assert!(findings.complaints.is_empty(), "\n{}", findings.complaints.join("\n"));
}
