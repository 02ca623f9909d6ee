//! The floors of `ARCHITECTURE.md`: no module imports from its own floor or one above, and no modules import each
//! other in a circle.
//!
//! The imports are read from `src`, without its tests. Imports between a parent and its children do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, iter};

type ModulePath = Vec<String>;
/// The imports among the children of each module: each child with the children that it imports from.
type Imports = BTreeMap<ModulePath, BTreeMap<String, BTreeSet<String>>>;

#[test]
fn no_module_imports_from_its_own_floor_or_one_above() {
    let floors = floors(&fs::read_to_string("ARCHITECTURE.md").unwrap());
    let modules = modules();
    let on_top: BTreeSet<&String> = modules.keys().filter_map(|path| path.first()).collect();
    assert_eq!(
        floors.keys().collect::<BTreeSet<_>>(),
        on_top,
        "the floors name each module of the root once"
    );
    for (module, imported) in &imports(&modules)[&ModulePath::new()] {
        for lower in imported {
            assert!(
                floors[lower] < floors[module],
                "`{module}` imports from `{lower}`, which is not below it"
            );
        }
    }
}

#[test]
fn no_modules_of_one_parent_import_each_other_in_a_circle() {
    for (parent, mut graph) in imports(&modules()) {
        // A module that imports from none of the remaining modules is below them.
        while let Some(lowest) = graph.keys().find(|module| graph[*module].is_empty()).cloned() {
            graph.remove(&lowest);
            for imported in graph.values_mut() {
                imported.remove(&lowest);
            }
        }
        assert!(graph.is_empty(), "a circle in `{}`: {graph:?}", parent.join("::"));
    }
}

/// Returns the height of each module. The first block after the heading lists the floors, the highest first.
fn floors(architecture: &str) -> BTreeMap<String, usize> {
    let (_, rest) = architecture.split_once("\n## Floors\n").unwrap();
    let block = rest.split("```").nth(1).unwrap();
    let lines = block.lines().skip(1).filter(|line| !line.trim().is_empty());
    let from_below = lines.collect::<Vec<_>>().into_iter().rev().enumerate();
    let named = from_below.flat_map(|(height, line)| line.split_whitespace().zip(iter::repeat(height)));
    named.map(|(module, height)| (module.to_owned(), height)).collect()
}

/// Returns the code of each module except the root.
fn modules() -> BTreeMap<ModulePath, String> {
    fn walk(folder: &Path, parent: &[String], modules: &mut BTreeMap<ModulePath, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let module = [parent, &[name]].concat();
            if path.is_dir() {
                walk(&path, &module, modules);
            } else if module != ["lib"] && path.extension().is_some_and(|extension| extension == "rs") {
                modules.insert(module, code(&fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut modules = BTreeMap::new();
    walk(Path::new("src"), &[], &mut modules);
    assert!(modules.len() > 50, "the sources are found");
    modules
}

/// Returns `text` without comments and tests.
fn code(text: &str) -> String {
    let tests = ["#[cfg(test)]\nmod tests", "#[cfg(all(test"];
    let ends =
        tests.iter().filter_map(|test| Some(text.find(test)? + text[text.find(test)?..].find("mod tests")?));
    let before_tests = &text[..ends.min().unwrap_or(text.len())];
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn imports(modules: &BTreeMap<ModulePath, String>) -> Imports {
    let mut imports = Imports::new();
    for (module, code) in modules {
        for target in targets(module, code) {
            let shared = module.iter().zip(&target).take_while(|(own, other)| own == other).count();
            let Some(child) = module.get(shared) else { continue };
            let graph = imports.entry(module[..shared].to_vec()).or_default();
            let known = |path: &[String]| modules.keys().any(|module| module.starts_with(path));
            if shared < target.len() && known(&target[..=shared]) {
                graph.entry(target[shared].clone()).or_default();
                graph.entry(child.clone()).or_default().insert(target[shared].clone());
            }
        }
    }
    imports
}

/// Returns the paths in `code` that begin with `crate` or `super`, as absolute paths.
fn targets(module: &[String], code: &str) -> Vec<ModulePath> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | ':' | '$')) {
                continue;
            }
            let mut rest = &code[at..];
            let mut base = module.to_vec();
            if let Some(after) = rest.strip_prefix("crate::") {
                (base, rest) = (Vec::new(), after);
            }
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            expand(&base, rest, &mut found);
        }
    }
    found
}

/// Collects the paths of `a::b` or of `{a::b, c}`. Each path ends at the first text that is not part of a path.
fn expand(base: &[String], text: &str, found: &mut Vec<ModulePath>) {
    if let Some(group) = text.strip_prefix('{') {
        let (mut depth, mut start) = (0, 0);
        for (at, c) in group.char_indices() {
            if depth == 0 && matches!(c, ',' | '}') {
                expand(base, group[start..at].trim(), found);
                start = at + 1;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => return,
                '}' => depth -= 1,
                _ => {}
            }
        }
        return;
    }
    let name_end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    if name_end == 0 {
        return found.push(base.to_vec());
    }
    let path = [base, &[text[..name_end].to_owned()]].concat();
    match text[name_end..].strip_prefix("::") {
        Some(rest) => expand(&path, rest, found),
        None => found.push(path),
    }
}

#[test]
fn paths_are_found_in_groups_too() {
    let module = ["a", "b"].map(str::to_owned);
    let code =
        "use crate::c::{D, e::{F, G}, h};\nuse super::g;\nuse xcrate::no;\nlet _ = super::super::h::i();";
    let found: BTreeSet<String> = targets(&module, code).iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["a::g", "c::D", "c::e::F", "c::e::G", "c::h", "h::i"].map(str::to_owned).into());
}
