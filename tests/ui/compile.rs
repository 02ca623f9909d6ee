//! Code that must not compile, and the compiler's message, which names the mistake and the way out.

/// Compares with the recorded messages of the compiler. `TRYBUILD=overwrite` records them again.
#[test]
fn what_must_not_compile_does_not_and_says_why() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}
