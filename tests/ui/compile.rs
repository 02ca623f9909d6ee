//! What must not compile, and the message that says why: it names the mistake and the way out.

/// Compares against recorded messages of the compiler. `TRYBUILD=overwrite` records them again.
#[test]
fn what_must_not_compile_does_not_and_says_why() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
