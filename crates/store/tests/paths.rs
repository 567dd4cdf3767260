//! Store paths, placeholders, contexts and narinfo files: expected values are the reference implementation's.

use frazil_store::context::ContextError;
use frazil_store::hash::{Algorithm, Hash, sha256};
use frazil_store::narinfo::NarInfo;
use frazil_store::path::{Method, Placeholder, check_name, hash_placeholder};
use frazil_store::{ContextElement, StoreDir, StorePath};

const ZEROS: &str = "00000000000000000000000000000000";

fn base(text: &str) -> StorePath {
    StorePath::from_base_name(text.as_bytes()).unwrap()
}

#[test]
fn names() {
    let message = |name: &[u8]| {
        check_name(name).err().map(|e| String::from_utf8_lossy(&e.message()).into_owned())
    };
    for good in ["a", "..a", ".a", "a+-._?=Z", "-", "a.drv", &"a".repeat(211)] {
        assert_eq!(message(good.as_bytes()), None);
    }
    let long = "a".repeat(212);
    let cases = [
        ("", "name must not be empty".to_owned()),
        (".", "name '.' is not valid".to_owned()),
        ("..", "name '..' is not valid".to_owned()),
        (
            ".-a",
            "name '.-a' is not valid: first dash-separated component must not be '.'".to_owned(),
        ),
        (
            "..-a",
            "name '..-a' is not valid: first dash-separated component must not be '..'".to_owned(),
        ),
        ("a b", "name 'a b' contains illegal character ' '".to_owned()),
        ("a\nb", "name 'a\nb' contains illegal character '\n'".to_owned()),
        ("é", "name 'é' contains illegal character '\u{fffd}'".to_owned()),
        (&long, format!("name '{long}' must be no longer than 211 characters")),
    ];
    for (name, expected) in cases {
        assert_eq!(message(name.as_bytes()), Some(expected));
    }
}

#[test]
fn texts() {
    let dir = StoreDir::default();
    let parse = |text: String| match dir.parse(text.as_bytes()) {
        Ok(path) => String::from_utf8(dir.print(&path)).unwrap(),
        Err(e) => e.to_string(),
    };
    let good = format!("/nix/store/{ZEROS}-a");
    assert_eq!(parse(good.clone()), good);
    // The separator is not looked at.
    assert_eq!(parse(format!("/nix/store/{ZEROS}xa")), format!("/nix/store/{ZEROS}xa"));
    for outside in ["/nix/store", "/foo", "foo", "", "/nix/storefoo/x"] {
        assert_eq!(parse(outside.to_owned()), format!("path '{outside}' is not in the Nix store"));
    }
    assert_eq!(parse(format!("{good}/b")), format!("path '{good}/b' is not in the Nix store"));
    assert_eq!(parse("/nix/store/abc".to_owned()), "'abc' is too short to be a valid store path");
    assert_eq!(
        parse(format!("/nix/store/{ZEROS}")),
        format!("'{ZEROS}' is too short to be a valid store path")
    );
    assert_eq!(
        parse(format!("/nix/store/{ZEROS}-")),
        format!("path '{ZEROS}-' is not a valid store path: name must not be empty")
    );
    let e = format!("{}e-a", &ZEROS[1..]);
    assert_eq!(
        parse(format!("/nix/store/{e}")),
        format!("store path '{e}' contains illegal base-32 character 'e'")
    );
    let below = format!("{good}/b/c");
    let (path, rest) = dir.parse_prefix(below.as_bytes()).unwrap();
    assert_eq!((path.name(), rest), (b"a".as_slice(), b"/b/c".as_slice()));
    assert_eq!(StoreDir::new(b"/x/y//").unwrap().as_bytes(), b"/x/y");
    assert!(StoreDir::new(b"x").is_none());
}

#[test]
fn text_objects() {
    let dir = StoreDir::default();
    let make = |text: &str, refs: &[StorePath], name: &str| {
        dir.make_text_path(&sha256([text.as_bytes()]), refs, name.as_bytes()).unwrap()
    };
    let builder = make("echo $out\n", &[], "builder.sh");
    assert_eq!(builder, base("9gysh0cyx9pzwhwabmibh63qn9n3gjbw-builder.sh"));
    let text = "see /nix/store/9gysh0cyx9pzwhwabmibh63qn9n3gjbw-builder.sh\n";
    assert_eq!(
        make(text, &[builder], "refs.txt"),
        base("a5h1l3ifj3mza76c2s6z0rmbpqysxdln-refs.txt")
    );
    let error = dir.make_text_path(&sha256([b"x".as_slice()]), [], b"a b").unwrap_err();
    assert_eq!(
        error.to_string(),
        "path 'dm85kbl5cy82j2dzvy1874s14y3salv3-a b' is not a valid store path: \
         name 'a b' contains illegal character ' '"
    );
}

#[test]
fn fixed_outputs_check_their_algorithm() {
    let dir = StoreDir::default();
    let error =
        dir.make_fixed_output_path(Method::Git, &Hash::zero(Algorithm::Md5), b"x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Git file ingestion must use SHA-1 or SHA-256 hash, but instead using: md5"
    );
    assert!(dir.make_fixed_output_path(Method::Text, &Hash::zero(Algorithm::Sha1), b"x").is_err());
    let path = dir.make_fixed_output_path(Method::Flat, &Hash::zero(Algorithm::Blake3), b"x");
    assert!(path.is_ok());
}

#[test]
fn placeholders() {
    assert_eq!(hash_placeholder(b"out"), b"/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9");
    assert_eq!(hash_placeholder(b"dev"), b"/02qcpld1y6xhs5gz9bchpxaw0xdhmsp5dv88lh25r2ss44kh8dxz");
    assert_eq!(hash_placeholder(b""), b"/171rf4jhx57xqz3p7swniwkig249cif71pa08p80mgaf0mqz5bmr");
    let floating = base("q7ilzh4zcpj9nqws4f8idvg5zpi7z855-floating2.drv");
    let upstream = |output: &[u8]| Placeholder::of_output(&floating, output).render();
    assert_eq!(upstream(b"dev"), b"/1vi9r254xh0gcrvyggi0gi9vgvjsyrngq15f55h9ngidd5kvyvcd");
    assert_eq!(upstream(b"out"), b"/0ph6b5cb6rs61iqrr0d0gjprry2hhwj8ss78djb5zcqlfkhnr35q");
    let element = |text: &str| {
        ContextElement::parse(text.as_bytes()).unwrap().placeholder().unwrap().render()
    };
    let drv = "8rcnb5yq88ny6bfc7z918rg8y2swwnba-floattext.drv.drv";
    let once = element(&format!("!out!out!{drv}"));
    assert_eq!(once, b"/0aqdid9078zrzhnxj9q4c9fkn37vp8hcnb0hab1xwm0hm8iknbza");
    let twice = element(&format!("!out!drv!out!{drv}"));
    assert_eq!(twice, b"/1mhz265269lyqma6692zasw8nm8crzkr6hkz0wck8bfl1mc8svxy");
}

#[test]
fn context_elements() {
    let path = format!("{ZEROS}-a.drv");
    for text in
        [path.clone(), format!("={path}"), format!("!out!{path}"), format!("!out!dev!{path}")]
    {
        assert_eq!(ContextElement::parse(text.as_bytes()).unwrap().to_bytes(), text.as_bytes());
    }
    let nested = ContextElement::parse(format!("!out!b!a!{path}").as_bytes()).unwrap();
    let expected = ContextElement::Built {
        drv: base(&path),
        via: vec![b"a".to_vec(), b"b".to_vec()],
        output: b"out".to_vec(),
    };
    assert_eq!(nested, expected);
    assert_eq!(ContextElement::parse(b""), Err(ContextError::Empty));
    assert_eq!(ContextElement::parse(b"!out"), Err(ContextError::MissingBang));
    assert_eq!(ContextElement::parse(b"!"), Err(ContextError::MissingBang));
    assert!(matches!(ContextElement::parse(b"!!"), Err(ContextError::Path(_))));
    assert!(matches!(ContextElement::parse(b"=x"), Err(ContextError::Path(_))));
    let endless = format!("{}{path}", "!a".repeat(100_000) + "!");
    assert_eq!(ContextElement::parse(endless.as_bytes()), Err(ContextError::TooLong));
}

const NARINFO: &str = "\
StorePath: /nix/store/k7sw7p2i74k2bh41wkp32djkzl4w23xk-inputs.drv
URL: nar/0pgiisargg8sl89ki36gbqjyzn16snllc16s09cbcn5agc06pwf8.nar
Compression: none
FileHash: sha256:0pgiisargg8sl89ki36gbqjyzn16snllc16s09cbcn5agc06pwf8
FileSize: 1064
NarHash: sha256:0pgiisargg8sl89ki36gbqjyzn16snllc16s09cbcn5agc06pwf8
NarSize: 1064
References: 3bi8bxlakfvxm1g1y940j7mcjkchkaxk-plain.drv xqyq0n2n7p6phn0pz2cqqlm6qkn0qb03-text256.drv
Deriver: 3bi8bxlakfvxm1g1y940j7mcjkchkaxk-plain.drv
Sig: cache-1:AAAA
Sig: cache-2:BBBB
CA: text:sha256:1jg2fagvahmz2bcxv4s8nxy0zm3sn65p9qhvn2yz45d1kl7rqnxd
";

#[test]
fn narinfo() {
    let dir = StoreDir::default();
    let info = NarInfo::parse(&dir, NARINFO.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(info.to_bytes(&dir)).unwrap(), NARINFO);
    assert_eq!((info.nar_size, info.references.len(), info.signatures.len()), (1064, 2, 2));
    assert_eq!(
        String::from_utf8(info.fingerprint(&dir)).unwrap(),
        "1;/nix/store/k7sw7p2i74k2bh41wkp32djkzl4w23xk-inputs.drv;\
         sha256:0pgiisargg8sl89ki36gbqjyzn16snllc16s09cbcn5agc06pwf8;1064;\
         /nix/store/3bi8bxlakfvxm1g1y940j7mcjkchkaxk-plain.drv,\
         /nix/store/xqyq0n2n7p6phn0pz2cqqlm6qkn0qb03-text256.drv"
    );
    for end in 0..NARINFO.len() {
        let _ = NarInfo::parse(&dir, &NARINFO.as_bytes()[..end]);
    }
    for (from, to) in [
        ("NarSize: 1064", "NarSize: -1"),
        ("URL: ", "URL "),
        ("NarHash: ", "FileHash: "),
        ("-inputs", "/x"),
    ] {
        assert!(NarInfo::parse(&dir, NARINFO.replace(from, to).as_bytes()).is_err(), "{to}");
    }
    let bare = NARINFO.replace("Compression: none\n", "Extra: 1\n");
    assert_eq!(NarInfo::parse(&dir, bare.as_bytes()).unwrap().compression, b"bzip2");
}
