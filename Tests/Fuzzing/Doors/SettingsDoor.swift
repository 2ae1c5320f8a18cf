import Documents
import Ingest
import Server

/// The configuration: `till.json`, a line `====`, then `NAME=value` of the environment and `key: value` of the command line.
extension Door {
    static let settings = Door(
        name: "settings", seeds: { SettingsSeeds.all.map { Array($0.utf8) } }, words: { SettingsSeeds.words },
        fuzz: { input in
            let lines = input.split(separator: 0x0A, omittingEmptySubsequences: false)
            let mark = lines.firstIndex { $0.elementsEqual("====".utf8) } ?? lines.endIndex
            let file = lines[..<mark].joined(separator: [0x0A])
            var (environment, overrides) = ([String: String](), [(key: String, value: String)]())
            for line in lines[mark...].dropFirst().prefix(200) {
                let text = String(decoding: line, as: UTF8.self)
                if let sign = text.firstIndex(of: "=") {
                    environment[String(text[..<sign])] = String(text[text.index(after: sign)...])
                } else if let colon = text.firstIndex(of: ":"), colon > text.startIndex {
                    overrides.append((String(text[..<colon]), String(text[text.index(after: colon)...])))
                }
            }
            let (settings, faults) = SettingsReader.collect(file: ("till.json", Array(file)), environment: environment, overrides: overrides)
            for fault in faults { precondition(!fault.key.isEmpty && !fault.message.isEmpty, "a fault without a key or a reason") }
            _ = try SettingsCheck.policy(settings)
            reckon(settings)
        })

    /// With what was taken a server reckons further.
    private static func reckon(_ settings: Settings) {
        let now: Int64 = 1_795_176_000_000_000
        for seconds in [settings.compactInterval, settings.snapshotKeep, settings.limits.queryTime, settings.limits.streamTime] {
            precondition(seconds > 0 && seconds.isFinite)
            _ = now + Int64(seconds * 1e6)
            _ = Int64(seconds * 1e9) + now * 1_000
        }
        for registrar in settings.registrars.values {
            let policy = RetryPolicy(
                backoffMinimum: Int64(registrar.backoffMin * 1e6), backoffMaximum: Int64(registrar.backoffMax * 1e6), attemptCountMax: registrar.maxAttempts)
            for attempts in [1, 2, 63, 64, .max] {
                let delay = policy.delay(afterAttempts: attempts, retryAfter: 5, fraction: 0.999)
                _ = now + delay
                precondition(delay >= 0, "a wait that ends before it begins")
            }
            _ = now + Int64(registrar.expires * 1e6) + Int64(registrar.duplicateWindow * 1e6) + Int64(registrar.lock * 1e6)
        }
        _ = Int64(settings.limits.memoryOfAll) * 2
    }
}

extension Settings.Limits {
    fileprivate var memoryOfAll: Int { document + body + queryMemory + minFree + requestMemory }
}

private enum SettingsSeeds {
    static let all = [
        #"{"listen":"[::1]:8080","public_url":"https://till.example","tls":{"cert":null,"key":null},"hot_days":30,"compact_interval":"5m","snapshot_keep":"7d","memory_budget":"768MiB","limits":{"document":"1MiB","body":"64MiB","query_time":"60s","stream_time":"1h","query_memory":"256MiB","queries":8,"min_free":"1GiB","connections":8192,"connections_per_address":100,"request_memory":"384MiB"},"quarantine_days":30,"quarantine_max_bytes":"1GiB","registrars":{"tax":{"url":"https://tax.example/receipts","secret":"whsec_AAAA","previous_secret":"b","previous_secret_until":"2026-12-01","status_url":null,"lock":"5m","max_attempts":10,"backoff_min":"1s","backoff_max":"15m","expires":"14d","duplicate_window":"1d","concurrency":64}},"outgoing":{"allow":["10.0.0.0/8:443","[::1]:80","host.example","fd00::/8"]},"jwt":{"issuer":"i","audience":"a","jwks":"https://i/keys","claim":"client_id"},"log":{"format":"json","level":"info"}}"#,
        "{}\n====\nTILL_LIMITS_QUERY_TIME=36500d\nTILL_REGISTRARS={\"t\":{\"url\":\"http://t\",\"secret\":\"s\",\"backoff_max\":\"36500d\"}}\nTILL_OUTGOING_ALLOW=[\"1.2.3.4/33\"]\nTILL_LIMITS={\"queries\":9}\nTILL_HOT_DAY=1\nlisten::0",
        "{\"hot_days\":-1,\"hot_day\":1,\"limits\":[],\"memory_budget\":\"9223372036854775807GiB\",\"log\":{\"level\":\"loud\"}}\n====\nTILL_LISTEN=127.0.0.1:70000\ntls.cert:x",
    ]
    static let words = [
        "36500d", "36501d", "9223372036854775807", "1ms", "0s", "-1", "1TiB", "1024TiB", "1125899906842624", "null", "TILL_", "====\n", "\"registrars\":{", "\"limits\":{", "/0", "/128", "[::]:",
        "::ffff:0:0/96", "whsec_", "\"secret\":", "\"url\":\"http://", "1e3",
    ]
}
