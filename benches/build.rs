//! Passes the compiler's version to the program.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var_os("RUSTC").expect("cargo names the compiler");
    let version =
        Command::new(compiler).arg("--version").output().expect("the compiler tells its version").stdout;
    println!("cargo:rustc-env=COMPILER={}", String::from_utf8_lossy(&version).trim());
    println!("cargo:rerun-if-changed=build.rs");
}
