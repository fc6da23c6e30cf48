//! Makes Rust of the words in `src/words/<language>/**.txt`: the list of keys and, for the server,
//! a table for each language. What is missing, left over or has other placeholders in one language
//! than in English ends the build, with the file and the key.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = "src/words";
/// The folders of a language, in the order of the keys: what the browser's program says too, why
/// the server refuses, and what stands in pages alone.
const PARTS: [&str; 3] = ["live", "refusals", "pages"];
const ENGLISH: &str = "en";
const OTHERS: [&str; 1] = ["zh"];

/// What divides "one" from "more than one".
const FORMS: &str = " | ";

/// One text.
struct Text {
    key: String,
    forms: Vec<String>,
}

/// The texts of a file, in its order; by part and name of the file.
type Language = BTreeMap<(usize, String), Vec<Text>>;

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed={ROOT}");
    println!("cargo:rerun-if-changed=build.rs");
    let english = read(ENGLISH)?;
    let mut seen = BTreeSet::new();
    for text in english.values().flatten() {
        if !seen.insert(&text.key) {
            return Err(format!("{ROOT}/{ENGLISH}: {} is there twice", text.key));
        }
    }
    let mut tables = vec![(ENGLISH, in_order(&english, &english, ENGLISH)?)];
    for other in OTHERS {
        tables.push((other, in_order(&english, &read(other)?, other)?));
    }
    let out = env::var("OUT_DIR").map_err(|why| why.to_string())?;
    fs::write(Path::new(&out).join("words.rs"), code(&english, &tables))
        .map_err(|why| why.to_string())
}

fn read(language: &str) -> Result<Language, String> {
    let mut all = Language::new();
    for (part, folder) in PARTS.into_iter().enumerate() {
        let folder: PathBuf = [ROOT, language, folder].iter().collect();
        let entries =
            fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|why| why.to_string())?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let place = path.display().to_string();
            let text = fs::read_to_string(&path).map_err(|why| format!("{place}: {why}"))?;
            all.insert((part, name), parse(&text).map_err(|why| format!("{place}: {why}"))?);
        }
    }
    Ok(all)
}

fn parse(text: &str) -> Result<Vec<Text>, String> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        let (key, value) =
            line.split_once(" = ").ok_or_else(|| format!("no “Key = text”: {line}"))?;
        let key = key.trim();
        if !key.starts_with(|c: char| c.is_ascii_uppercase())
            || !key.chars().all(|c| c.is_ascii_alphanumeric())
        {
            return Err(format!("{key} is no key: they are written LikeThis"));
        }
        let forms: Vec<_> = value.trim().split(FORMS).map(str::to_owned).collect();
        if forms.len() > 2 || forms.iter().any(|form| form.contains('|') || form.is_empty()) {
            return Err(format!("{key}: one form, or “one{FORMS}more”"));
        }
        found.push(Text { key: key.to_owned(), forms });
    }
    Ok(found)
}

/// The placeholders of a text: of a plural `{n}` first, the others as they come.
fn placeholders(text: &Text) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    if text.forms.len() > 1 {
        found.push("n".to_owned());
    }
    for form in &text.forms {
        let mut rest = form.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after
                .split_once('}')
                .filter(|(name, _)| {
                    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase())
                })
                .ok_or_else(|| format!("{}: a placeholder is written {{name}}", text.key))?;
            if before.contains('}') {
                return Err(format!("{}: a brace closes that was not open", text.key));
            }
            if !found.iter().any(|it| it == name) {
                found.push(name.to_owned());
            }
            rest = after;
        }
        if rest.contains('}') {
            return Err(format!("{}: a brace closes that was not open", text.key));
        }
    }
    Ok(found)
}

/// The texts of one language in the order of the English keys, placeholders as the numbers of the
/// English ones.
fn in_order(
    english: &Language,
    language: &Language,
    name: &str,
) -> Result<BTreeMap<String, String>, String> {
    if let Some(file) = language.keys().find(|file| !english.contains_key(file)) {
        return Err(format!("{ROOT}/{name}: {}/{} is not in English", PARTS[file.0], file.1));
    }
    let mut table = BTreeMap::new();
    for (file, texts) in english {
        let place = format!("{ROOT}/{name}/{}/{}", PARTS[file.0], file.1);
        let here = language.get(file).ok_or_else(|| format!("{place} is missing"))?;
        if let Some(extra) = here.iter().find(|it| !texts.iter().any(|text| text.key == it.key)) {
            return Err(format!("{place}: {} is not in English", extra.key));
        }
        for text in texts {
            let mut same = here.iter().filter(|it| it.key == text.key);
            let other = same.next().ok_or_else(|| format!("{place}: {} is missing", text.key))?;
            if same.next().is_some() {
                return Err(format!("{place}: {} is there twice", text.key));
            }
            let names = placeholders(text)?;
            let others = placeholders(other)?;
            // Of how many it says, one form may say so in words.
            let set = |names: &[String]| -> BTreeSet<String> {
                names.iter().filter(|name| *name != "n" || text.forms.len() < 2).cloned().collect()
            };
            if set(&names) != set(&others) {
                return Err(format!("{place}: {} has other placeholders", text.key));
            }
            if name != ENGLISH && other.forms.len() > 1 {
                return Err(format!("{place}: {} has two forms; this language has one", text.key));
            }
            let mut words = other.forms.join("|");
            for (number, name) in names.iter().enumerate() {
                words = words.replace(&format!("{{{name}}}"), &format!("{{{number}}}"));
            }
            table.insert(text.key.clone(), words);
        }
    }
    Ok(table)
}

fn code(english: &Language, tables: &[(&str, BTreeMap<String, String>)]) -> String {
    let texts =
        || english.iter().flat_map(|((part, _), texts)| texts.iter().map(move |t| (*part, t)));
    let mut code = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(code, "/// Which text; each with what it is in English.");
    let _ = writeln!(code, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n#[repr(u16)]");
    let _ = writeln!(code, "pub enum Word {{");
    for (part, text) in texts() {
        let _ = writeln!(code, "    /// `{}`", text.forms.join(FORMS));
        if part == PARTS.len() - 1 {
            let _ = writeln!(code, "    #[cfg(feature = \"ssr\")]");
        }
        let _ = writeln!(code, "    {},", text.key);
    }
    let _ = writeln!(code, "}}\n");
    let count = |parts: usize| texts().filter(|(part, _)| *part < parts).count();
    let _ =
        writeln!(code, "/// From here on they are refusals…\nconst LIVE: usize = {};", count(1));
    let all = count(PARTS.len());
    let server = "#[cfg(feature = \"ssr\")]\nstatic";
    let _ = writeln!(code, "/// …and from here on they stand in pages alone.");
    let _ = writeln!(code, "const TOLD: usize = {};", count(2));
    let _ = writeln!(code, "/// Their names on the wire.\n{server} NAMES: [&str; {all}] = [");
    for (_, text) in texts() {
        let _ = writeln!(code, "    {:?},", snake(&text.key));
    }
    let _ = writeln!(
        code,
        "];\n/// By language and key.\n{server} TEXTS: [[&str; {all}]; {}] = [",
        tables.len()
    );
    for (_, table) in tables {
        let _ = writeln!(code, "    [");
        for (_, text) in texts() {
            let _ = writeln!(code, "        {:?},", table[&text.key]);
        }
        let _ = writeln!(code, "    ],");
    }
    let _ = writeln!(code, "];");
    code
}

/// `NameTaken` as `name_taken`.
fn snake(key: &str) -> String {
    let mut snake = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
