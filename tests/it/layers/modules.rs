//! The dependencies between source files: which file uses a name that another one defines.
//!
//! A path is resolved to the file that defines the item, through re-exports: `use crate::app::Model` leads to
//! `src/app/model.rs`, not to `src/app/mod.rs`. Unit tests and the modules that only they use are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::rust_files;

/// The names from the crate's root down to a module: `app`, `screen`, `drift`.
type Names = Vec<String>;

/// Maximum number of re-exports followed to a definition.
const HOPS: usize = 16;

/// An import, `use path as name`.
struct Import {
    path: Names,
    /// The local name; `*` for all names of the path.
    name: String,
    /// Whether it is a re-export.
    public: bool,
}

/// The names that a file imports, uses and defines.
struct Module {
    /// The module that `crate` refers to in it: the root, or a crate of the workspace.
    root: Names,
    imports: Vec<Import>,
    /// Paths of two names or more outside of imports.
    paths: Vec<Names>,
    /// Names of the items that it defines.
    defined: BTreeSet<String>,
}

/// All modules of the program with their files, one file per module.
pub(super) struct Modules {
    modules: BTreeMap<Names, Module>,
    files: BTreeMap<Names, String>,
}

impl Modules {
    /// Reads `src` and the crates of the workspace that `src` uses under a name of its own.
    pub(super) fn read(root: &Path) -> Self {
        let mut sources = Vec::new();
        let mut add = |folder: &Path, crate_name: Option<&str>| {
            for path in rust_files(folder) {
                let inner = path.strip_prefix(folder).expect("a file of the folder").display().to_string();
                let shown = path.strip_prefix(root).expect("a file of the package").display().to_string();
                sources.push((
                    crate_name.map(str::to_owned),
                    inner,
                    shown,
                    fs::read_to_string(&path).expect("text"),
                ));
            }
        };
        add(&root.join("src"), None);
        for entry in fs::read_dir(root.join("crates")).expect("crates").flatten() {
            add(&entry.path().join("src"), Some(&entry.file_name().to_string_lossy()));
        }
        Self::parse(sources)
    }

    /// Modules from files in memory: their paths below `src` and their texts.
    pub(super) fn from_texts(texts: &[(&str, &str)]) -> Self {
        let source =
            |(path, text): &(&str, &str)| (None, (*path).to_owned(), (*path).to_owned(), (*text).to_owned());
        Self::parse(texts.iter().map(source).collect())
    }

    fn parse(sources: Vec<(Option<String>, String, String, String)>) -> Self {
        let (mut modules, mut files, mut tests) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for (crate_name, inner, shown, text) in sources {
            let root: Names = crate_name.into_iter().collect();
            let mut names = root.clone();
            let inner = inner.trim_end_matches(".rs").replace('\\', "/");
            names.extend(
                inner.split('/').filter(|&n| !["mod", "lib", "main"].contains(&n)).map(str::to_owned),
            );
            let (module, of_tests) = Module::parse(root, &tokens(&text));
            tests.extend(of_tests.into_iter().map(|name| joined(&names, &[name])));
            modules.insert(names.clone(), module);
            files.insert(names, shown);
        }
        let is_test = |names: &Names| tests.iter().any(|test| names.starts_with(test));
        modules.retain(|names, _| !is_test(names));
        files.retain(|names, _| !is_test(names));
        Self { modules, files }
    }

    /// All pairs of a file that uses a name and the file that defines it. Facades are left out: a parent that
    /// re-exports the names of its children, and a child that uses its parents.
    pub(super) fn uses(&self) -> BTreeSet<(&str, &str)> {
        let mut uses = BTreeSet::new();
        for (names, module) in &self.modules {
            let imports = module.imports.iter().map(|import| (&import.path, import.public));
            for (path, public) in imports.chain(module.paths.iter().map(|path| (path, false))) {
                let Some(used) = self.definition(names, path, HOPS) else { continue };
                let is_facade = names.starts_with(&used) || public && used.starts_with(names);
                if !used.is_empty() && !is_facade {
                    uses.insert((self.files[names].as_str(), self.files[&used].as_str()));
                }
            }
        }
        uses
    }

    /// The module that defines the item of a path in another module; none for items of other crates.
    fn definition(&self, module: &Names, path: &[String], hops: usize) -> Option<Names> {
        let (here, hops) = (self.modules.get(module)?, hops.checked_sub(1)?);
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => return self.below(&here.root, rest, hops),
            "self" => return self.below(module, rest, hops),
            "super" => return self.below(&module[..module.len().checked_sub(1)?].to_vec(), rest, hops),
            _ => {}
        }
        if let Some(import) = here.imports.iter().find(|import| import.name == *first && import.path != path)
        {
            return self.definition(module, &joined(&import.path, rest), hops);
        }
        let child = joined(module, &path[..1]);
        if self.modules.contains_key(&child) {
            return self.below(&child, rest, hops);
        }
        let of_workspace = vec![first.strip_prefix("coroner_")?.to_owned()];
        self.below(&of_workspace, rest, hops)
    }

    /// The module that defines the item of a path relative to a module.
    fn below(&self, module: &Names, path: &[String], hops: usize) -> Option<Names> {
        let here = self.modules.get(module)?;
        let Some((first, rest)) = path.split_first() else {
            return Some(module.clone());
        };
        if first == "super" {
            return self.definition(module, path, hops);
        }
        let child = joined(module, &path[..1]);
        if self.modules.contains_key(&child) {
            return self.below(&child, rest, hops);
        }
        if let Some(import) = here.imports.iter().find(|import| import.name == *first) {
            return self.definition(module, &joined(&import.path, rest), hops.checked_sub(1)?);
        }
        if !here.defined.contains(first) {
            for import in here.imports.iter().filter(|import| import.name == "*") {
                let from = self.definition(module, &import.path, hops.checked_sub(1)?);
                if let Some(from) = from.filter(|from| self.modules[from].defined.contains(first)) {
                    return Some(from);
                }
            }
        }
        Some(module.clone())
    }
}

impl Module {
    /// Reads a file's tokens; also returns the names of its children that only tests use.
    fn parse(root: Names, tokens: &[String]) -> (Self, Vec<String>) {
        let mut module = Self { root, imports: Vec::new(), paths: Vec::new(), defined: BTreeSet::new() };
        let mut tests = Vec::new();
        // The number of open blocks, and the block depths at which modules within the file began.
        let (mut blocks, mut inline) = (0, Vec::new());
        let mut at = 0;
        while at < tokens.len() {
            let imports_before = module.imports.len();
            match tokens[at].as_str() {
                "mod" if tokens.get(at + 2).is_some_and(|t| t == "{") => inline.push(blocks),
                "{" => blocks += 1,
                "}" => {
                    blocks -= 1;
                    inline.pop_if(|began| *began == blocks);
                }
                _ => {}
            }
            if starts(&tokens[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
                let item = &tokens[at + 7..];
                if let Some(name) = item.iter().position(|t| t == "mod").map(|mod_at| &item[mod_at + 1])
                    && item.iter().position(|t| t == ";" || t == "{").is_some_and(|end| item[end] == ";")
                {
                    tests.push(name.clone());
                }
                at += 7 + item_length(item);
            } else if tokens[at] == "use" && !starts(&tokens[at + 1..], &["<"]) {
                let end = at + tokens[at..].iter().position(|t| t == ";").unwrap_or(tokens.len() - at);
                let public = at > 0 && ["pub", ")"].contains(&tokens[at - 1].as_str());
                module.import(&[], &tokens[at + 1..end], public);
                if !inline.is_empty() {
                    // The names that a module within the file imports are not imports of the file.
                    let imported = module.imports.split_off(imports_before);
                    let paths = imported.iter().map(|import| from_the_file(&import.path, inline.len()));
                    module.paths.extend(paths);
                }
                at = end;
            } else if is_name(&tokens[at]) && tokens.get(at + 1).is_some_and(|t| t == "::") {
                let mut path = vec![tokens[at].clone()];
                while starts(&tokens[at + 1..], &["::"]) && tokens.get(at + 2).is_some_and(|t| is_name(t)) {
                    path.push(tokens[at + 2].clone());
                    at += 2;
                }
                module.paths.push(from_the_file(&path, inline.len()));
                at += 1;
            } else {
                let defines = ["struct", "enum", "fn", "const", "static", "trait", "type", "union"];
                if defines.contains(&tokens[at].as_str()) {
                    module.defined.extend(tokens.get(at + 1).filter(|name| is_name(name)).cloned());
                }
                at += 1;
            }
        }
        (module, tests)
    }

    /// Adds the imports of one tree, `a::{b, c as d, e::*}`.
    fn import(&mut self, before: &[String], tree: &[String], public: bool) {
        let mut path = before.to_vec();
        let mut at = 0;
        while at < tree.len() {
            match tree[at].as_str() {
                "::" => {}
                "{" => {
                    let inside = &tree[at + 1..tree.len() - 1];
                    for branch in split_at_commas(inside) {
                        self.import(&path, branch, public);
                    }
                    return;
                }
                "as" => {
                    self.imports.push(Import { path, name: tree[at + 1].clone(), public });
                    return;
                }
                "*" => {
                    self.imports.push(Import { path, name: "*".to_owned(), public });
                    return;
                }
                "self" if at > 0 || !before.is_empty() => {}
                name => path.push(name.to_owned()),
            }
            at += 1;
        }
        if let Some(name) = path.last().cloned() {
            self.imports.push(Import { path, name, public });
        }
    }
}

/// A path in a module within a file, rewritten relative to the file.
///
/// * `depth`: the number of modules within the file that enclose it.
fn from_the_file(path: &[String], depth: usize) -> Names {
    let up = path.iter().take(depth).take_while(|name| *name == "super").count();
    let rest = &path[up..];
    let is_own = up > 0 && rest.first().is_none_or(|name| name != "super");
    if is_own { joined(&["self".to_owned()], rest) } else { rest.to_vec() }
}

fn joined(before: &[String], after: &[String]) -> Names {
    [before, after].concat()
}

fn starts(tokens: &[String], with: &[&str]) -> bool {
    tokens.len() >= with.len() && tokens.iter().zip(with).all(|(token, wanted)| token == wanted)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The number of tokens of the first item: up to its semicolon, or to the end of its block.
fn item_length(tokens: &[String]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn split_at_commas(tokens: &[String]) -> Vec<&[String]> {
    let mut depth = 0_usize;
    let at_top = |token: &String| {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        token == "," && depth == 0
    };
    tokens.split(at_top).filter(|branch| !branch.is_empty()).collect()
}

/// Names, `::` and single characters; no comments, strings or numbers.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with('"') || rest.starts_with("r\"") || rest.starts_with("r#") {
            text_length(rest)
        } else if c == '\'' {
            char_length(rest)
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else if name > 0 {
            if !c.is_numeric() {
                tokens.push(rest[..name].to_owned());
            }
            name
        } else {
            if !c.is_whitespace() {
                tokens.push(c.to_string());
            }
            c.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a string literal with its quotes, raw or not; of the prefix alone before a raw identifier.
fn text_length(rest: &str) -> usize {
    let marks = rest[1..].chars().take_while(|&c| c == '#').count();
    if let Some(inside) = rest.strip_prefix('r') {
        let Some(inside) = inside[marks..].strip_prefix('"') else { return 1 + marks };
        let end = format!("\"{}", "#".repeat(marks));
        return inside.find(&end).map_or(rest.len(), |at| 2 + marks + at + end.len());
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal with its quotes, or of the quote alone before a lifetime.
fn char_length(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), Some(escaped)) => {
            let from = 2 + escaped.len_utf8();
            rest[from..].find('\'').map_or(rest.len(), |at| from + at + 1)
        }
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}
