//! Hash texts: every expected value and message is what the reference implementation printed.

use frazil_store::hash::{self, Algorithm, Format, Hash, compress_hash, digest};

#[test]
fn all_forms_of_abc() {
    let table: [(Algorithm, [&str; 4]); 5] = [
        (
            Algorithm::Md5,
            [
                "900150983cd24fb0d6963f7d28e17f72",
                "3jgzhjhz9zjvbb0kyj7jc500ch",
                "kAFQmDzST7DWlj99KOF/cg==",
                "md5-kAFQmDzST7DWlj99KOF/cg==",
            ],
        ),
        (
            Algorithm::Sha1,
            [
                "a9993e364706816aba3e25717850c26c9cd0d89d",
                "kpcd173cq987hw957sx6m0868wv3x6d9",
                "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
                "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
            ],
        ),
        (
            Algorithm::Sha256,
            [
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s",
                "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
                "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            ],
        ),
        (
            Algorithm::Sha512,
            [
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
                "2gs8k559z4rlahfx0y688s49m2vvszylcikrfinm30ly9rak69236nkam5ydvly1ai7xac99vxfc4ii84hawjbk876blyk1jfhkbbyx",
                "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==",
                "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==",
            ],
        ),
        (
            Algorithm::Blake3,
            [
                "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
                "11cxppanr71mzl1xnyax8rccaj5milx2fx9vnvzk6la672nb6dv4",
                "ZDezrDhGUTP/tjt1JzqNtUjFWEZdedsD/TWcbNW9nYU=",
                "blake3-ZDezrDhGUTP/tjt1JzqNtUjFWEZdedsD/TWcbNW9nYU=",
            ],
        ),
    ];
    for (algorithm, [base16, nix32, base64, sri]) in table {
        let hash = digest(algorithm, b"abc");
        for (format, text) in [
            (Format::Base16, base16),
            (Format::Nix32, nix32),
            (Format::Base64, base64),
            (Format::Sri, sri),
        ] {
            assert_eq!(hash.to_text(format), text);
            assert_eq!(Hash::parse_any(text.as_bytes(), Some(algorithm)), Ok(hash));
            assert_eq!(Hash::parse_any(hash.to_prefixed(format).as_bytes(), None), Ok(hash));
        }
        assert_eq!(Hash::parse_sri(sri.as_bytes()), Ok(hash));
        assert_eq!(Hash::parse_any(base16.to_uppercase().as_bytes(), Some(algorithm)), Ok(hash));
        assert_eq!(Hash::parse_any(sri.trim_end_matches('=').as_bytes(), None), Ok(hash));
    }
}

#[test]
fn chunks_do_not_matter() {
    let bytes: Vec<u8> = (0..1000u32).map(|i| (i * 7) as u8).collect();
    for algorithm in Algorithm::ALL {
        let mut hasher = hash::Hasher::new(algorithm);
        bytes.chunks(37).for_each(|c| hasher.update(c));
        assert_eq!(hasher.finish(), digest(algorithm, &bytes));
    }
}

fn message(text: &str, algorithm: Option<Algorithm>) -> String {
    match Hash::parse_any(text.as_bytes(), algorithm) {
        Ok(hash) => hash.to_base16(),
        Err(e) => e.to_string(),
    }
}

#[test]
fn messages() {
    const UNKNOWN: &str = "expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'";
    let cases = [
        ("sha256-zz", "invalid SRI hash 'zz', length 1 != expected length 32"),
        ("sha256:zz", "hash 'zz' has wrong length for hash algorithm 'sha256'"),
        ("zz", "hash 'zz' does not include a type, nor is the type otherwise known from context"),
        ("foo:zz", &format!("unknown hash algorithm 'foo', {UNKNOWN}")),
        ("foo-zz", &format!("unknown hash algorithm 'foo', {UNKNOWN}")),
        ("MD5:zz", &format!("unknown hash algorithm 'MD5', {UNKNOWN}")),
        ("-:b", &format!("unknown hash algorithm '-', {UNKNOWN}")),
        (":b", &format!("unknown hash algorithm '', {UNKNOWN}")),
        ("a-b-c", &format!("unknown hash algorithm 'a', {UNKNOWN}")),
        ("md5:a:b", "hash 'a:b' has wrong length for hash algorithm 'md5'"),
        ("sha1:", "hash '' has wrong length for hash algorithm 'sha1'"),
        ("sha1-", "invalid SRI hash '', length 0 != expected length 20"),
        (
            "md5:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "invalid base16 hash 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', length 0 != expected length 16",
        ),
        (
            "md5:zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "invalid nix32 hash 'zzzzzzzzzzzzzzzzzzzzzzzzzz', length 17 != expected length 16",
        ),
        (
            "md5:eeeeeeeeeeeeeeeeeeeeeeeeee",
            "invalid nix32 hash 'eeeeeeeeeeeeeeeeeeeeeeeeee', length 0 != expected length 16",
        ),
        (
            "md5:!!!!!!!!!!!!!!!!!!!!!!==",
            "invalid Base64 hash '!!!!!!!!!!!!!!!!!!!!!!==', length 0 != expected length 16",
        ),
        (
            "md5:abababababababababababab",
            "invalid Base64 hash 'abababababababababababab', length 18 != expected length 16",
        ),
        ("md5-!!!", "invalid SRI hash '!!!', length 0 != expected length 16"),
        ("md5-YQ==", "invalid SRI hash 'YQ==', length 1 != expected length 16"),
        ("md5-ababababababababababab", "69b69b69b69b69b69b69b69b69b69b69"),
        ("md5-ababababababababababab=a", "69b69b69b69b69b69b69b69b69b69b69"),
        ("md5-ababababababababababah==", "69b69b69b69b69b69b69b69b69b69b6a"),
    ];
    for (text, expected) in cases {
        assert_eq!(message(text, None), expected);
    }
    assert_eq!(
        message("sha256:zz", Some(Algorithm::Sha1)),
        "hash 'sha256:zz' should have type 'sha1'"
    );
    assert_eq!(
        message("", Some(Algorithm::Sha1)),
        "hash '' has wrong length for hash algorithm 'sha1'"
    );
    let newlines = Hash::parse_any(b"md5-abababababababab\nababah==", None).unwrap();
    assert_eq!(newlines.to_nix32(), "3akfv6k6xnd6dvcscvnrlrpdk9");
    let format = Format::parse(b"foo").unwrap_err().to_string();
    assert_eq!(format, "unknown hash format 'foo', expect 'base16', 'base32', 'base64', or 'sri'");
}

#[test]
fn the_empty_text_is_the_zero_hash_where_the_algorithm_is_known() {
    let (hash, assumed) = Hash::parse_or_empty(b"", Some(Algorithm::Sha1)).unwrap();
    assert_eq!((hash.to_sri().as_str(), assumed), ("sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=", true));
    let error = Hash::parse_or_empty(b"", None).unwrap_err().to_string();
    assert_eq!(error, "empty hash requires explicit hash algorithm");
}

#[test]
fn encodings_come_back() {
    // A small linear congruential generator: the same bytes on every run.
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as u8
    };
    for length in 0..70 {
        let bytes: Vec<u8> = (0..length).map(|_| next()).collect();
        let nix32 = hash::nix32_encode(&bytes);
        assert_eq!(nix32.len(), hash::nix32_len(length));
        let decoded = hash::nix32_decode(nix32.as_bytes()).unwrap();
        assert_eq!(decoded[..], bytes, "{nix32}");
        assert_eq!(hash::base64_decode(hash::base64_encode(&bytes).as_bytes()).unwrap(), bytes);
    }
    for _ in 0..2000 {
        let text: Vec<u8> = (0..next() % 70).map(|_| next() % 128).collect();
        for algorithm in Algorithm::ALL {
            let _ = Hash::parse_any(&text, Some(algorithm));
        }
    }
    assert_eq!(compress_hash::<4>(&[1, 2, 3, 4, 16, 32]), [17, 34, 3, 4]);
}
