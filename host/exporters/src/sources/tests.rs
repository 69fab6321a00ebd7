//! The order of sources, each kind of file, and damaged ones.

use super::{Environment, Known, Resolved, resolve_sources};
use loadwright_core::manifest::{ExporterManifest, Need};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

/// A folder `work` and a home, in which files are written.
struct Place {
    folder: TempDir,
    environment: Environment,
    variables: Option<Vec<String>>,
}

fn place(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("work/.keep", ""), ("home/.keep", "")].iter().chain(files) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let environment = Environment {
        variables: variables.iter().map(pair).collect(),
        folder: folder.path().join("work"),
        home: Some(folder.path().join("home")),
        flags: BTreeMap::new(),
    };
    Place { folder, environment, variables: None }
}

impl Place {
    fn resolve(
        &self,
        sources: Value,
        secrets: &[&str],
        options: Value,
    ) -> Result<Resolved, String> {
        let manifest = ExporterManifest::read(&json!({"sources": sources})).expect("a manifest");
        let need = |name: &&str| Need {
            name: (*name).to_owned(),
            reason: "to sign in".into(),
            hosts: Vec::new(),
        };
        let secrets: Vec<Need> = secrets.iter().map(need).collect();
        let options = options.as_object().expect("options");
        let defaults = Map::from_iter([("kept".into(), json!(1)), ("url".into(), json!("d"))]);
        let known = Known {
            manifest: &manifest,
            secrets: &secrets,
            variables: self.variables.as_deref(),
            options,
            defaults: &defaults,
        };
        resolve_sources(known, &self.environment)
    }

    /// The setting `x` of one source.
    fn one(&self, source: Value) -> Result<Option<Value>, String> {
        let resolved = self.resolve(json!({"x": [source]}), &[], json!({}))?;
        Ok(resolved.settings.get("x").cloned())
    }
}

#[test]
fn the_first_source_with_a_value_wins_and_options_come_before_all() {
    let mut place = place(
        &[
            ("work/w/settings", "[default]\nurl = ini-work\n"),
            ("home/c/settings", "[default]\nurl=ini-home"),
        ],
        &[("URL", "  from-env\n"), ("EMPTY", "  ")],
    );
    let sources = json!({"url": [
        {"flag": "host"}, {"env": "EMPTY"}, {"env": "GONE"}, {"env": "URL"},
        {"ini": "./w/settings", "section": "default", "key": "URL"},
        {"ini": "~/c/settings", "section": "default", "key": "url"},
    ]});
    let shown = |place: &Place, options| {
        let resolved = place.resolve(sources.clone(), &[], options).expect("settings");
        let origin = resolved.origins.first().map(ToString::to_string);
        (
            resolved.settings["url"].clone(),
            origin.unwrap_or_default(),
            resolved.settings["kept"].clone(),
        )
    };
    assert_eq!(shown(&place, json!({})), (json!("from-env"), "url: URL".into(), json!(1)));
    let option = shown(&place, json!({"url": "given"}));
    assert_eq!(option, (json!("given"), "url: --exporter-option …url".into(), json!(1)));
    place.environment.flags.insert("host".into(), "from-flag".into());
    assert_eq!(shown(&place, json!({})).0, json!("from-flag"));
    place.environment.flags.clear();
    place.environment.variables.clear();
    let (value, origin, _) = shown(&place, json!({}));
    assert!(value == "ini-work" && origin.ends_with("work/w/settings"), "{origin}");
    fs::remove_file(place.folder.path().join("work/w/settings")).expect("removed");
    assert_eq!(shown(&place, json!({})).0, json!("ini-home"));
    fs::remove_file(place.folder.path().join("home/c/settings")).expect("removed");
    assert_eq!(shown(&place, json!({})).0, json!("d"), "the schema's own value");
}

#[test]
fn a_setting_may_come_from_another_one_in_which_a_part_is_replaced() {
    let place = place(&[], &[("API", "http://box:8008/"), ("PAGES", "http://pages")]);
    // By name it stands before the setting that it comes from.
    let sources = |variable| {
        let port = json!({"setting": "url", "replace": ":8008", "by": ":8081"});
        json!({"files": [{"env": variable}, port], "url": [{"env": "API"}]})
    };
    let resolved = place.resolve(sources("NONE"), &[], json!({})).expect("settings");
    assert_eq!(resolved.settings["files"], "http://box:8081/");
    let from: Vec<String> = resolved.origins.iter().map(ToString::to_string).collect();
    assert_eq!(from, ["url: API", "files: url"]);
    let resolved = place.resolve(sources("PAGES"), &[], json!({})).expect("settings");
    assert_eq!(resolved.settings["files"], "http://pages");
    let other = json!({"url": "http://box:80"});
    let resolved = place.resolve(sources("NONE"), &[], other).expect("settings");
    assert_eq!(resolved.settings.get("files"), None);
    // Of the schema's default, too.
    let derived = json!({"files": [{"setting": "url", "replace": "d", "by": "e"}]});
    let resolved = place.resolve(derived, &[], json!({})).expect("settings");
    assert_eq!(resolved.settings["files"], "e");
}

#[test]
fn hosts_of_clearml_are_derived_from_that_of_its_api() {
    let manifest = include_str!("../../../../plugins/clearml/manifest.json");
    let manifest: Value = serde_json::from_str(manifest).expect("JSON");
    let manifest = ExporterManifest::read(&manifest["exporter"]).expect("a manifest");
    let none = Map::new();
    for (api, files, web) in [
        ("http://box:8008", Some("http://box:8081"), Some("http://box:8080")),
        (
            "https://api.lab.example",
            Some("https://files.lab.example"),
            Some("https://app.lab.example"),
        ),
        ("https://api.clear.ml", Some("https://files.clear.ml"), Some("https://app.clear.ml")),
        ("https://lab.example", None, None),
    ] {
        let defaults = Map::from_iter([("api_host".into(), api.into())]);
        let known = Known {
            manifest: &manifest,
            secrets: &[],
            variables: None,
            options: &none,
            defaults: &defaults,
        };
        let resolved = resolve_sources(known, &place(&[], &[]).environment).expect("settings");
        let of = |name| resolved.settings.get(name).and_then(Value::as_str);
        assert_eq!((of("files_host"), of("web_host")), (files, web), "{api}");
    }
}

#[test]
fn paths_begin_at_the_folder_the_home_or_a_variable() {
    let mut place = place(
        &[("work/a", "V=1"), ("home/b", "V=2"), ("other/c", "V=3")],
        &[("REL", "a"), ("TILDE", "~/b")],
    );
    let other = place.folder.path().join("other");
    place.environment.variables.insert("ABS".into(), other.display().to_string());
    let absolute = other.join("c").display().to_string();
    for (path, value) in [
        ("./a", "1"),
        ("~/b", "2"),
        ("$ABS/c", "3"),
        ("$REL", "1"),
        ("$TILDE", "2"),
        (&absolute, "3"),
    ] {
        assert_eq!(
            place.one(json!({"dotenv": path, "key": "V"})),
            Ok(Some(json!(value))),
            "{path}"
        );
    }
    for path in ["./none", "$NONE/c", "$REL/c", "/dev/null", "./none/x", "~/"] {
        assert_eq!(place.one(json!({"dotenv": path, "key": "V"})), Ok(None), "{path}");
    }
    place.environment.home = None;
    assert_eq!(place.one(json!({"dotenv": "~/b", "key": "V"})), Ok(None));
}

#[test]
fn secrets_come_from_netrc_by_the_url_of_a_setting_or_from_their_own_variable() {
    let netrc = "machine api.example:8443\n login user\n password key-of-port\nmachine api.example password key";
    let place = place(
        &[("home/.netrc", netrc)],
        &[("URL", "https://api.example:8443/x"), ("LOADWRIGHT_SECRET_OTHER_ONE", "own")],
    );
    let sources = json!({
        "url": [{"env": "URL"}],
        "secret:api-key": [{"env": "KEY"}, {"netrc": "$NETRC", "machine": "{setting:url}", "field": "password"},
            {"netrc": "~/.netrc", "machine": "{setting:url}", "field": "password"}],
    });
    let resolved =
        place.resolve(sources, &["api-key", "other-one", "gone"], json!({})).expect("secrets");
    assert_eq!(resolved.secrets["api-key"], "key-of-port");
    assert_eq!(resolved.secrets["other-one"], "own");
    assert_eq!(resolved.secrets.len(), 2);
    assert!(!resolved.settings.contains_key("secret:api-key"));
    let origins: Vec<String> = resolved.origins.iter().map(ToString::to_string).collect();
    assert!(origins[1].starts_with("secret:api-key: ") && origins[1].ends_with("home/.netrc"));
    assert_eq!(origins[2], "secret:other-one: LOADWRIGHT_SECRET_OTHER_ONE");
    assert!(!format!("{resolved:?}{origins:?}").contains("key-of-port"));
}

#[test]
fn a_host_of_netrc_belongs_to_its_password() {
    let netrc = "machine https://own.example/api login https://web.example password of-own";
    let mut place = place(&[("home/.netrc", netrc)], &[]);
    let entry = |field: &str, machine: &str| json!({"netrc": "~/.netrc", "machine": machine, "field": field});
    let sources = json!({
        "url": [{"env": "HOST"}, entry("machine", "")],
        "web": [entry("login", "{setting:url}")],
        "secret:key": [{"env": "KEY"}, entry("password", "{setting:url}")],
    });
    let mut found = |variables: &[(&str, &str)]| {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        place.environment.variables = variables.iter().map(pair).collect();
        let resolved = place.resolve(sources.clone(), &["key"], json!({})).expect("settings");
        let text =
            |name: &str| resolved.settings.get(name).map_or("", |it| it.as_str().unwrap_or(""));
        let key = resolved.secrets.get("key").map(String::as_str).unwrap_or_default();
        (text("url").to_owned(), text("web").to_owned(), key.to_owned())
    };
    let expected =
        |url: &str, web: &str, key: &str| (url.to_owned(), web.to_owned(), key.to_owned());
    let own = "https://own.example/api";
    assert_eq!(found(&[]), expected(own, "https://web.example", "of-own"));
    let same = "https://own.example";
    assert_eq!(found(&[("HOST", same)]), expected(same, "https://web.example", "of-own"));
    let other = "https://other.example";
    assert_eq!(found(&[("HOST", other)]), expected(other, "", ""), "the key is of another host");
    assert_eq!(found(&[("KEY", "given")]), expected("d", "", "given"), "the default host stays");
    let both = [("KEY", "given"), ("HOST", other)];
    assert_eq!(found(&both), expected(other, "", "given"));
}

#[test]
fn an_ini_file_is_read_as_configparser_does() {
    let text = "; c\n# c\n[other]\nbase_url = no\n[default]\nBase_URL : http://x:8080/a=b ; c \n\
                quoted = \"as it is\"\npath = C:\\new\nbase_url2=y\n";
    let place = place(&[("work/s", text)], &[]);
    let key = |key| place.one(json!({"ini": "./s", "section": "default", "key": key}));
    assert_eq!(key("base_url"), Ok(Some(json!("http://x:8080/a=b ; c"))));
    assert_eq!(key("quoted"), Ok(Some(json!("\"as it is\""))));
    assert_eq!(key("path"), Ok(Some(json!("C:\\new"))));
    assert_eq!(key("none"), Ok(None));
    assert_eq!(place.one(json!({"ini": "./s", "section": "none", "key": "x"})), Ok(None));
}

#[test]
fn yaml_values_keep_their_types_and_aliases_are_bounded() {
    let place = place(&[("work/y.yaml", "host: h\na: {b: [1, 2], c: true}\nn: ~\n")], &[]);
    let key = |key| place.one(json!({"yaml": "./y.yaml", "key": key}));
    assert_eq!(key("host"), Ok(Some(json!("h"))));
    assert_eq!(key("a.b"), Ok(Some(json!([1, 2]))));
    assert_eq!(key("a.c"), Ok(Some(json!(true))));
    assert_eq!((key("n"), key("host.x"), key("z")), (Ok(None), Ok(None), Ok(None)));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    fs::write(place.folder.path().join("work/y.yaml"), bomb).expect("written");
    assert!(key("a0").expect_err("a bomb").contains("y.yaml: "));
    for deep in ["[", "{", "{a: [", "- ", "? "] {
        let deep = format!("x:\n {}", deep.repeat(100_000));
        fs::write(place.folder.path().join("work/y.yaml"), deep).expect("written");
        assert!(key("x").is_err());
    }
}

#[test]
fn a_hocon_file_has_its_substitutions_and_no_includes() {
    let conf = "# clearml\napi {\n  api_server: \"http://h:8008\" // c\n  web_server = ${api.api_server}\"/web\"\n\
        credentials {\"access_key\" = \"A\", \"secret_key\" = ${?KEY}}\n  files_server: ${FILES}\n}\nsdk { a = [1, 2] }\n";
    let place = place(
        &[
            ("work/c.conf", conf),
            ("work/b.conf", &format!("{{ {conf} }}")),
            ("work/inc.conf", "stolen = 1"),
            ("work/i.conf", "include \"inc.conf\"\nx = 1"),
        ],
        &[("KEY", "secret\"key"), ("FILES", "http://h:8081")],
    );
    for file in ["./c.conf", "./b.conf"] {
        let key = |key| place.one(json!({"hocon": file, "key": key})).expect("a value");
        assert_eq!(key("api.api_server"), Some(json!("http://h:8008")));
        assert_eq!(key("api.web_server"), Some(json!("http://h:8008/web")));
        assert_eq!(key("api.credentials.secret_key"), Some(json!("secret\"key")));
        assert_eq!(key("api.files_server"), Some(json!("http://h:8081")));
        assert_eq!((key("sdk.a"), key("api.none")), (Some(json!([1, 2])), None));
    }
    let absolute = place.folder.path().join("work/inc.conf");
    for include in [
        "\"inc.conf\"".to_owned(),
        format!("file(\"{}\")", absolute.display()),
        format!("required(file(\"{}\"))", absolute.display()),
        "url(\"http://127.0.0.1:9/x\")".into(),
    ] {
        fs::write(place.folder.path().join("work/i.conf"), format!("include {include}\nx = 1"))
            .expect("written");
        let stolen = place.one(json!({"hocon": "./i.conf", "key": "stolen"}));
        assert!(!matches!(stolen, Ok(Some(_))), "{include}: {stolen:?}");
    }
}

#[test]
fn a_substitution_is_of_the_file_before_it_is_of_the_environment() {
    let conf = "KEY = of-file\na = ${KEY}\nb = ${OTHER}\nc = ${?NONE}\n";
    let place = place(
        &[("work/c.conf", conf)],
        &[("KEY", "of-environment"), ("OTHER", "of-environment"), ("UNNAMED", "stays")],
    );
    let key = |key| place.one(json!({"hocon": "./c.conf", "key": key})).expect("a value");
    assert_eq!(key("a"), Some(json!("of-file")));
    assert_eq!(key("b"), Some(json!("of-environment")), "as the SDK of ClearML has it");
    assert_eq!((key("c"), key("UNNAMED")), (None, None));
}

#[test]
fn a_clearml_conf_is_read_as_its_own_setup_writes_it() {
    let conf = "# ClearML SDK configuration file\napi {\n    # Notice: 'host' is the api server\n\
        \x20   api_server: http://localhost:8008\n    web_server: https://h.example/a?b=c # page\n\
        \x20   files_server = http://localhost:8081\n\
        \x20   credentials {\"access_key\": \"A\", \"secret_key\": \"B\"}\n}\nsdk {\n  x: \"http://y\"\n}\n";
    let place = place(&[("home/clearml.conf", conf)], &[]);
    let key = |key| place.one(json!({"hocon": "~/clearml.conf", "key": key})).expect("a value");
    assert_eq!(key("api.api_server"), Some(json!("http://localhost:8008")));
    assert_eq!(key("api.web_server"), Some(json!("https://h.example/a?b=c")));
    assert_eq!(key("api.files_server"), Some(json!("http://localhost:8081")));
    assert_eq!(key("api.credentials.secret_key"), Some(json!("B")));
    assert_eq!(key("sdk.x"), Some(json!("http://y")));
}

#[test]
fn damaged_files_are_errors_that_name_the_file() {
    let many = "a = \"xxxxxxxxxxxxxxxx\"\n".to_owned()
        + &(0..40).map(|at| format!("a{at} = ${{a}}${{a}}\n")).collect::<String>();
    let table = [
        ("ini", "[default\nx", "line 2"),
        ("ini", "[default]\nno value\n", "line "),
        ("yaml", "a: b: c", "line 1"),
        ("yaml", "a: [", "line "),
        ("hocon", "a : {]", ""),
        ("hocon", "a = ${none}", ""),
        ("hocon", "a = ${a}", ""),
        ("hocon", &many, "16 substitutions"),
        ("dotenv", "x='open", "line 1: a quote"),
        ("netrc", "machine", "line 1: `machine` has no value"),
    ];
    for (kind, text, named) in table {
        let place = place(&[("work/f", text)], &[]);
        let mut source = json!({kind: "./f"});
        for (kinds, member, value) in [
            ("ini", "section", "default"),
            ("ini yaml hocon dotenv", "key", "x"),
            ("netrc", "field", "password"),
        ] {
            if kinds.split(' ').any(|one| one == kind) {
                source[member] = json!(value);
            }
        }
        let error = place.one(source).expect_err(text);
        assert!(error.contains("work/f: ") && error.contains(named), "{kind} {text}: {error}");
    }
    let place = place(&[("work/long", &"#".repeat((1 << 20) + 1))], &[]);
    fs::write(place.folder.path().join("work/binary"), b"a=b\nc=\xff").expect("written");
    let error = |path| place.one(json!({"dotenv": path, "key": "x"})).expect_err(path);
    assert!(error("./long").contains("is longer than 1048576 bytes"));
    assert!(error("./binary").contains("line 2: is not UTF-8"));
}

#[test]
fn dotenv_values_are_unquoted() {
    let text = "# c\nexport A=plain # c\nB=\"two \\\"words\\\" #\"\nC='it is \\n'\nnonsense\nKEY=\"two\nlines A=no\"\nOPEN='x\nD=\nA2 = spaced \n";
    let place = place(&[("work/.env", text)], &[]);
    let key = |key| place.one(json!({"dotenv": "./.env", "key": key})).expect("a value");
    let expected = [
        ("A", "plain"),
        ("B", "two \"words\" #"),
        ("C", "it is \\n"),
        ("A2", "spaced"),
        ("KEY", "two\nlines A=no"),
    ];
    for (name, value) in expected {
        assert_eq!(key(name), Some(json!(value)), "{name}");
    }
    assert_eq!(key("D"), None);
}

#[test]
fn secrets_that_no_header_can_hold_are_refused_by_their_place() {
    for value in ["a\nb", "a\0b", &"x".repeat((16 << 10) + 1)] {
        let place = place(&[], &[("KEY", value)]);
        let error = place.resolve(json!({"secret:k": [{"env": "KEY"}]}), &["k"], json!({}));
        let error = error.expect_err("refused");
        assert!(error.starts_with("KEY: secret `k` holds") && !error.contains("xxx"), "{error}");
    }
}

#[test]
fn plugins_that_are_not_bundled_read_what_was_allowed_alone() {
    let mut place = place(
        &[("work/.env", "URL=from-file"), ("home/.netrc", "machine h password from-netrc")],
        &[("AWS_SECRET_ACCESS_KEY", "stolen"), ("HOOK_URL", "allowed"), ("KEY", "key")],
    );
    place.environment.flags.insert("hook".into(), "from-flag".into());
    place.variables = Some(vec!["HOOK_URL".into()]);
    let sources = json!({
        "stolen": [{"env": "AWS_SECRET_ACCESS_KEY"}, {"dotenv": "./.env", "key": "URL"}],
        "url": [{"dotenv": "./.env", "key": "URL"}, {"env": "HOOK_URL"}],
        "flag": [{"flag": "hook"}],
        "secret:key": [{"env": "KEY"}, {"netrc": "~/.netrc", "machine": "h"}],
    });
    let resolved = place.resolve(sources.clone(), &["key"], json!({})).expect("settings");
    assert_eq!(resolved.settings["url"], "allowed");
    assert_eq!(resolved.settings["flag"], "from-flag");
    assert!(!resolved.settings.contains_key("stolen") && resolved.secrets.is_empty());
    place.variables = Some(vec!["KEY".into()]);
    let resolved = place.resolve(sources, &["key"], json!({})).expect("settings");
    assert_eq!((resolved.secrets["key"].as_str(), &resolved.settings["url"]), ("key", &json!("d")));
}
