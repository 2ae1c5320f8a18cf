import Foundation
import Server
import XCTest

/// Goal: every key of the configuration reaches its setting, and every bad one is named. Method: the file of the documentation, and tables.
final class SettingsReaderTests: XCTestCase {
    private func read(_ file: String = "{}", _ environment: [String: String] = [:], _ overrides: [(String, String)] = []) throws -> Settings {
        try SettingsReader.read(
            file: ("till.json", Array(file.utf8)), environment: environment, overrides: overrides.map { (key: $0.0, value: $0.1) })
    }

    func test_documentedFile_givesTheDefaults() throws {
        let file = """
            {"listen": "127.0.0.1:8080", "public_url": null, "tls": {"cert": null, "key": null},
             "hot_days": 30, "compact_interval": "5m", "snapshot_keep": "7d", "memory_budget": "768MiB",
             "limits": {"document": "1MiB", "body": "64MiB", "query_time": "60s", "stream_time": "1h", "query_memory": "256MiB",
                        "queries": 8, "min_free": "1GiB"},
             "quarantine_days": 30, "quarantine_max_bytes": "1GiB", "outgoing": {"allow": []},
             "jwt": {"issuer": null, "audience": null, "jwks": null, "claim": "client_id"}, "log": {"format": "json", "level": "info"}}
            """
        XCTAssertEqual(try read(file), Settings())
        let registrar = """
            {"registrars": {"tax": {"url": "https://tax.example/receipts", "secret": "…", "status_url": null, "lock": "5m",
             "max_attempts": 10, "backoff_min": "1s", "backoff_max": "15m", "expires": "14d", "duplicate_window": "1d", "concurrency": 64}}}
            """
        let tax = try XCTUnwrap(try read(registrar).registrars["tax"])
        XCTAssertEqual(tax.backoffMax, 900)
        XCTAssertEqual(tax.expires, 14 * 86_400)
    }

    func test_precedence_commandLineOverEnvironmentOverFile() throws {
        XCTAssertEqual(try read(#"{"listen":"127.0.0.1:1"}"#).port, 1)
        XCTAssertEqual(try read(#"{"listen":"127.0.0.1:1"}"#, ["TILL_LISTEN": "[::1]:2"]).port, 2)
        XCTAssertEqual(try read(#"{"listen":"127.0.0.1:1"}"#, ["TILL_LISTEN": "[::1]:2"], [("listen", ":3")]).port, 3)
        XCTAssertEqual(try read("{}", ["TILL_LIMITS_QUERY_TIME": "500ms"]).limits.queryTime, 0.5)
        XCTAssertEqual(try read("{}", ["TILL_LIMITS": #"{"queries":3}"#]).limits.queries, 3)
        XCTAssertEqual(try read("{}", ["TILL_OUTGOING_ALLOW": #"["10.0.0.0/8"]"#]).outgoingAllow, ["10.0.0.0/8"])
        XCTAssertEqual(try read("{}", ["TILL_QUARANTINE_MAX_BYTES": "5GiB"]).quarantineByteCountMax, 5 << 30)
    }

    func test_placesThatDoNotGoTogether_areNamed() {
        func faults(_ environment: [String: String]) -> [String] { SettingsReader.collect(file: nil, environment: environment, overrides: []).faults.map(\.key) }
        for (environment, key) in [
            (["TILL_LOG_ACK": "sync"], "log.ack"),
            (["TILL_STORAGE_URL": "s3://receipts/a", "TILL_LOG_URL": "s3://receipts/a/"], "log.url"),
            (["TILL_STORAGE_URL": "s3://receipts", "TILL_LOG_URL": "s3://receipts/log"], "log.url"),
            (["TILL_STORAGE_URL": "s3://receipts/a/b", "TILL_LOG_URL": "s3://receipts/a"], "storage.url"),
            (["TILL_STORAGE_URL": "file:///srv/a", "TILL_EXPORTS_URL": "file:///srv/a/files"], "exports.url"),
        ] {
            XCTAssertEqual(faults(environment), [key], "\(environment)")
        }
        XCTAssertEqual(faults(["TILL_STORAGE_URL": "s3://receipts/a", "TILL_LOG_URL": "s3://receipts/ab", "TILL_LOG_ACK": "sync", "TILL_EXPORTS_URL": "s3://receipts/ab/files"]), [])
    }

    func test_badKeys_areNamed() {
        let files: [(file: String, key: String)] = [
            (#"{"listne":"x"}"#, "listne"), (#"{"limits":{"querytime":"5s"}}"#, "limits.querytime"), (#"{"limits":5}"#, "limits"),
            (#"{"limits":{"query_time":5}}"#, "limits.query_time"), (#"{"limits":{"query_time":"5 s"}}"#, "limits.query_time"),
            (#"{"limits":{"query_time":"-5s"}}"#, "limits.query_time"), (#"{"limits":{"body":"64MB"}}"#, "limits.body"),
            (#"{"memory_budget":"99999999999TiB"}"#, "memory_budget"), (#"{"hot_days":-1}"#, "hot_days"), (#"{"hot_days":1.5}"#, "hot_days"),
            (#"{"listen":"8080"}"#, "listen"), (#"{"listen":"::1:80"}"#, "listen"), (#"{"listen":"h:70000"}"#, "listen"), (#"{"listen":"h:+80"}"#, "listen"),
            (#"{"log":{"level":"loud"}}"#, "log.level"), (#"{"outgoing":{"allow":[1]}}"#, "outgoing.allow.0"),
            (#"{"registrars":{"tax":{}}}"#, "registrars.tax.url"), (#"{"registrars":{"tax":{"url":"http://x","colour":1}}}"#, "registrars.tax.colour"),
            (#"{"public_url":"till.example"}"#, "public_url"), (#"{"tls":{"cert":"a"}}"#, "tls.key"), (#"{"tls":{"key":"a"}}"#, "tls.cert"),
            (#"{"hot_days":"30"}"#, "hot_days"), (#"{"limits":{"queries":"8"}}"#, "limits.queries"), (#"{"memory_budget":"805306368"}"#, "memory_budget"),
            (#"{"registrars":{"tax":{"url":"http://x","secret":"s","max_attempts":"3"}}}"#, "registrars.tax.max_attempts"),
            (#"{"registrars":{"":{"url":"http://x","secret":"s"}}}"#, "registrars"), (#"{"endpoints":{"":{"url":"http://x","secret":"s"}}}"#, "endpoints"),
            (#"{"storage":{"url":"s3://bucket/p"},"iceberg":{"lent_role":"arn:"}}"#, "iceberg.lent_role"),
            (#"{"iceberg":{"lent_role":"arn:aws:iam::123456789012:role/readers"}}"#, "iceberg.lent_role"),
            (#"{"storage":{"url":"file:///w"},"iceberg":{"lent_role":"arn:aws:iam::123456789012:role/readers"}}"#, "iceberg.lent_role"),
            ("[]", "the file"), (#"{"hot_days":1,"hot_days":2}"#, "line 1, column 25"), ("{", "line 1, column 2"),
        ]
        for row in files {
            XCTAssertThrowsError(try read(row.file), row.file) { error in
                XCTAssertEqual((error as? SettingErrors)?.errors.first?.key, row.key, "\(row.file): \(error)")
            }
        }
        XCTAssertThrowsError(try read(#"{"registrars":{"tax":{"url":"http://x","secret":""}}}"#)) { error in
            XCTAssertEqual("\(error)", #"till.json: registrars.tax.secret: a string that is not empty is wanted, not """#)
        }
        XCTAssertThrowsError(try read("{}", ["TILL_HOT_DAYS": "many"])) { error in
            XCTAssertEqual("\(error)", #"TILL_HOT_DAYS: hot_days: an integer from 0 to 36500 is wanted, not "many""#)
        }
    }

    /// A fault goes to the log, and a secret stands in a query as well as before an @.
    func test_faultOfAURL_showsSchemeAndHostAlone() throws {
        for (url, shown) in [
            ("http://a.example/?token=abc def", "\"http://a.example…\""), ("http://a.example/abc/\u{7F}", "\"http://a.example…\""), ("ftp://a.example:21?abc", "\"ftp://a.example:21…\""),
            ("a.example?token=abc", "\"a.example…\""), ("http:///abc", "\"http://…\""), ("a.example", "\"a.example\""), ("http://abc@", "a string"),
            ("a.example/abc", "\"a.example…\""), ("https:/a.example/abc", "\"https:…\""), ("a.example/x@abc", "a string"),
        ] {
            XCTAssertThrowsError(try read(#"{"registrars":{"tax":{"url":"\#(url)","secret":"s"}}}"#), url) { error in
                XCTAssertTrue("\(error)".contains("registrars.tax.url: an http or https URL with a host is wanted, not \(shown)"), "\(error)")
                XCTAssertFalse("\(error)".contains("abc"), "\(error)")
            }
        }
    }

    /// Who misspelt a path, or a word with a mark in it, sees what they wrote.
    func test_faultOfWhatIsNoURLOfTheNet_showsAllOfIt() throws {
        for (file, shown) in [
            (#"{"registrars":{"tax":{"url":"file:///srv/x","secret":"s"}}}"#, #"not "file:///srv/x""#), (#"{"log":{"level":"loud?#"}}"#, #"not "loud?#""#),
            (#"{"log":{"level":"file:///srv/x"}}"#, #"not "file:///srv/x""#), (#"{"log":{"level":"http://a.example/x"}}"#, #"not "http://a.example…""#),
        ] {
            XCTAssertThrowsError(try read(file), file) { XCTAssertTrue("\($0)".contains(shown), "\($0)") }
        }
    }

    /// The environment has text only; what it says in JSON has numbers.
    func test_environment_digitsAreNumbers() throws {
        XCTAssertEqual(try read("{}", ["TILL_HOT_DAYS": "7"]).hotDays, 7)
        XCTAssertEqual(try read("{}", ["TILL_MEMORY_BUDGET": "805306368"]).memoryBudget, 805_306_368)
        XCTAssertEqual(try read(#"{"memory_budget":805306368}"#).memoryBudget, 805_306_368)
        XCTAssertThrowsError(try read("{}", ["TILL_LIMITS": #"{"queries":"3"}"#]))
    }

    func test_environment_membersOfRegistrars() throws {
        let file = #"{"registrars":{"tax":{"url":"https://a.example/"},"my-bank":{"url":"https://b.example/","secret":"of the file"}}}"#
        let settings = try read(file, ["TILL_REGISTRARS_TAX_SECRET": "s", "TILL_REGISTRARS_TAX_MAX_ATTEMPTS": "3", "TILL_REGISTRARS_TAX_STATUS_URL": "null", "TILL_REGISTRARS_MY_BANK_URL": "http://c.example/"])
        XCTAssertEqual(settings.registrars["tax"]?.secret, "s")
        XCTAssertEqual(settings.registrars["tax"]?.maxAttempts, 3)
        XCTAssertEqual(settings.registrars["my-bank"]?.url, "http://c.example/")
        XCTAssertEqual(settings.registrars["my-bank"]?.secret, "of the file")
        let whole = ["TILL_REGISTRARS": #"{"tax":{"url":"https://d.example/","secret":"t"}}"#, "TILL_REGISTRARS_TAX_LOCK": "7m"]
        XCTAssertEqual(try read(file.replacingOccurrences(of: "tax", with: "other").replacingOccurrences(of: #""https://a.example/""#, with: #""https://a.example/","secret":"o""#), whole).registrars.keys.sorted(), ["my-bank", "other", "tax"])
        XCTAssertEqual(try read("{}", whole).registrars["tax"]?.lock, 420)
        XCTAssertEqual(try read("{}", ["TILL_ENDPOINTS": #"{"e":{"url":"https://d.example/"}}"#, "TILL_ENDPOINTS_E_SECRET": "t"]).registrars["e"]?.secret, "t")
        for (environment, file, key, source) in [
            (["TILL_REGISTRARS_TAX_SECRET": "s"], "{}", "TILL_REGISTRARS_TAX_SECRET", nil),
            (["TILL_REGISTRARS_TAX_SECRETS": "s"], #"{"registrars":{"tax":{"url":"https://a.example/","secret":"s"}}}"#, "TILL_REGISTRARS_TAX_SECRETS", nil),
            (["TILL_REGISTRARS_TAX_LOCK": "soon"], #"{"registrars":{"tax":{"url":"https://a.example/","secret":"s"}}}"#, "registrars.tax.lock", "TILL_REGISTRARS_TAX_LOCK"),
            (["TILL_REGISTRARS_A_STATUS_URL": "http://x/"], #"{"registrars":{"a":{"url":"http://x/","secret":"s"},"a_status":{"url":"http://x/","secret":"s"}}}"#, "registrars.a.status_url", "TILL_REGISTRARS_A_STATUS_URL"),
        ] as [([String: String], String, String, String?)] {
            let faults = SettingsReader.collect(file: ("till.json", Array(file.utf8)), environment: environment, overrides: []).faults
            XCTAssertEqual(faults.map(\.key), [key], "\(environment): \(faults)")
            if let source { XCTAssertEqual(faults.first?.source, source) }
        }
    }

    func test_urls_haveAHost() {
        for url in ["http://", "http://x y", "https:///a", "http://x/?a", "http://:80", "x", "http://x/\u{7F}"] {
            let faults = SettingsReader.collect(file: nil, environment: ["TILL_PUBLIC_URL": url], overrides: []).faults
            XCTAssertEqual(faults.map(\.key), ["public_url"], url)
        }
        for url in ["http://x", "https://till.example:8443/base", "http://[::1]:8080"] { XCTAssertEqual(try read("{}", ["TILL_PUBLIC_URL": url]).publicURL, url) }
    }

    func test_environment_misspeltVariables_areNamed() throws {
        for name in ["TILL_HOT_DAY", "TILL_LIMITS_QUERYTIME", "TILL_LOG_LEVELS", "TILL_JWT_", "TILL_LISTEN_ON", "TILL_QUARANTINE"] {
            XCTAssertThrowsError(try read("{}", [name: "1"]), name) { error in
                let texts = (error as? SettingErrors)?.errors.map(\.description) ?? []
                XCTAssertEqual(texts.count, 1)
                XCTAssertTrue(texts.first?.hasPrefix("\(name): there is no such variable") ?? false, "\(texts)")
            }
        }
        // Others' own, and those that are no settings.
        _ = try read("{}", ["TILL_KEY": "k", "TILL_ADMIN_KEY": "a", "TILL_BINARY": "/b", "TILL": "x", "TILLED_HOT_DAYS": "1", "PATH": "/bin"])
    }

    func test_everyFault_isNamedAtOnce() {
        let file = #"""
            {"hot_days":-1,"colour":"red","limits":{"queries":0,"body":"much"},
             "registrars":{"tax":{"url":"ftp://x","lock":"long"},"stock":{"url":"https://s","secret":"whsec_!"}}}
            """#
        XCTAssertThrowsError(try read(file, ["TILL_LOG_LEVEL": "loud"], [("listen", "nowhere")])) { error in
            XCTAssertEqual(
                (error as? SettingErrors)?.errors.map(\.key),
                [
                    "hot_days", "colour", "limits.queries", "limits.body", "log.level", "registrars.tax.url", "registrars.tax.lock", "registrars.tax.secret",
                    "registrars.stock.secret", "listen",
                ], "\(error)")
        }
    }

    func test_registrar_twoSecrets() throws {
        let file = #"{"registrars":{"tax":{"url":"https://t","secret":"new","previous_secret":"old","previous_secret_until":"2026-12-01"}}}"#
        let tax = try XCTUnwrap(try read(file).registrars["tax"])
        XCTAssertEqual(tax.previousSecret, "old")
        XCTAssertEqual(tax.previousSecretUntil, 1_796_083_200_000_000)
        XCTAssertThrowsError(try read(file.replacingOccurrences(of: "2026-12-01", with: "soon")))
        XCTAssertThrowsError(try read(file.replacingOccurrences(of: #","previous_secret":"old""#, with: "")))
    }
}
