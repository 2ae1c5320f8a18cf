import Server
import XCTest

/// Goal: nothing of a cluster can be set that does not work yet, and nothing half. Method: each fault alone, by the key that it is reported under.
final class PairSettingsTests: XCTestCase {
    private static let whole = [
        "TILL_CLUSTER_NODE": "a", "TILL_CLUSTER_PEER": "b@127.0.0.1:7002", "TILL_CLUSTER_LISTEN": "127.0.0.1:7001", "TILL_CLUSTER_WITNESS": "http://127.0.0.1:8090",
    ]

    private func faults(_ change: [String: String?]) -> [String] {
        let environment = Self.whole.merging(change.compactMapValues { $0 }) { $1 }.filter { change[$0.key] != .some(nil) }
        return SettingsReader.collect(file: nil, environment: environment, overrides: []).faults.map(\.key)
    }

    func test_cluster_whole_isTaken() {
        let (settings, faults) = SettingsReader.collect(file: nil, environment: Self.whole, overrides: [])
        XCTAssertEqual(faults, [])
        XCTAssertEqual(settings.pair.peer?.name, "b")
        XCTAssertEqual(settings.pair.peer?.port, 7002)
        XCTAssertFalse(settings.pair.degrades)
        XCTAssertEqual(Settings().pair.node, nil)
        XCTAssertEqual(self.faults(["TILL_POSTGRES_LISTEN": "127.0.0.1:5432"]), [])
        let tls = ["TILL_CLUSTER_TLS_CERT": "c", "TILL_CLUSTER_TLS_KEY": "k", "TILL_CLUSTER_TLS_CA": "a"]
        XCTAssertEqual(self.faults(tls.merging(["TILL_CLUSTER_PEER": "b@10.0.0.1:7002", "TILL_CLUSTER_LISTEN": "0.0.0.0:7001"]) { $1 }), [])
        XCTAssertEqual(self.faults(tls.merging(["TILL_CLUSTER_WITNESS": "https://witness.example:8090"]) { $1 }), [])
        XCTAssertEqual(self.faults(["TILL_STORAGE_URL": "s3://receipts/a"]), [])
        XCTAssertEqual(self.faults(["TILL_STORAGE_URL": "s3://receipts/a", "TILL_CLUSTER_WITNESS": nil, "TILL_CLUSTER_CONFIG": "s3://receipts/ab", "TILL_LOG_URL": "s3://receipts/log"]), [])
        XCTAssertEqual(self.faults(["TILL_CLUSTER_WITNESS": nil, "TILL_CLUSTER_CONFIG": "file:///object", "TILL_LOG_URL": "file:///log"]), [])
        XCTAssertEqual(self.faults(["TILL_LOG_URL": "file:///log"]), [], "a witness's pair may have slots, too")
    }

    func test_listen_null_standsAboveTheFile() {
        let file = #"{"cluster":{"node":"a","peer":"b@127.0.0.1:7002","listen":"127.0.0.1:7001","witness":"http://127.0.0.1:8090"}}"#
        func read(_ environment: [String: String]) -> (settings: Settings, faults: [SettingError]) {
            SettingsReader.collect(file: ("till.json", Array(file.utf8)), environment: environment, overrides: [])
        }
        XCTAssertEqual(read([:]).faults, [])
        let none = read(["TILL_CLUSTER_LISTEN": "null"])
        XCTAssertEqual(none.settings.pair.host, "")
        XCTAssertEqual(none.settings.pair.port, 0)
        XCTAssertEqual(none.faults.map(\.key), ["cluster.listen"])
        let all = ["NODE", "PEER", "LISTEN", "WITNESS"].map { ("TILL_CLUSTER_\($0)", "null") }
        XCTAssertEqual(read(Dictionary(uniqueKeysWithValues: all)).settings, Settings(), "there is no cluster")
    }

    func test_witness_password_isNotShown() {
        for (url, host) in [
            ("https://user:hunter2@witness.example:8090", "witness.example"), ("http://user:hunter2@[2001:db8::1]:8090/object", "2001:db8::1"), ("https://hunter2@witness.example", "witness.example"),
        ] {
            let environment = Self.whole.merging(["TILL_CLUSTER_WITNESS": url]) { $1 }
            let faults = SettingsReader.collect(file: nil, environment: environment, overrides: []).faults
            XCTAssertEqual(faults.map(\.key), ["cluster.witness"], url)
            XCTAssertTrue(faults.contains { $0.message.hasPrefix("\(host) is another machine's") }, "\(faults)")
            XCTAssertFalse(faults.contains { $0.description.contains("hunter2") }, "\(faults)")
        }
        // Only what stands behind the last @ of the authority is a host.
        for url in ["http://evil.example?@127.0.0.1/", "http://evil.example#@127.0.0.1/"] { XCTAssertEqual(faults(["TILL_CLUSTER_WITNESS": url]), ["cluster.witness"], url) }
    }

    func test_cluster_thatIsHalf_orDoesNotWorkYet_isRefused() {
        let cases: [(change: [String: String?], key: String)] = [
            (["TILL_CLUSTER_NODE": nil], "cluster.node"), (["TILL_CLUSTER_NODE": "A b"], "cluster.node"),
            (["TILL_CLUSTER_PEER": nil], "cluster.peer"), (["TILL_CLUSTER_PEER": "127.0.0.1:7002"], "cluster.peer"), (["TILL_CLUSTER_PEER": "a@127.0.0.1:7002"], "cluster.peer"),
            (["TILL_CLUSTER_PEER": "b@127.0.0.1:0"], "cluster.peer"), (["TILL_CLUSTER_PEER": "b@:7002"], "cluster.peer"), (["TILL_CLUSTER_PEER": "b@[]:7002"], "cluster.peer"),
            (["TILL_CLUSTER_PEER": "b@10.0.0.1:7002"], "cluster.peer"), (["TILL_CLUSTER_LISTEN": nil], "cluster.listen"), (["TILL_CLUSTER_LISTEN": "0.0.0.0:7001"], "cluster.listen"),
            (["TILL_CLUSTER_WITNESS": nil], "cluster.witness"), (["TILL_CLUSTER_WITNESS": "https://witness.example"], "cluster.witness"),
            (["TILL_CLUSTER_WITNESS": "http://127.0.0.1@evil.example/"], "cluster.witness"), (["TILL_CLUSTER_CONFIG": "file:///object"], "cluster.witness"),
            (["TILL_CLUSTER_TLS_CERT": "c"], "cluster.tls.key"), (["TILL_CLUSTER_TLS_CERT": "c", "TILL_CLUSTER_TLS_KEY": "k"], "cluster.tls.ca"),
            (["TILL_CLUSTER_TLS_CERT": "c", "TILL_CLUSTER_TLS_KEY": "k", "TILL_CLUSTER_PEER": "b@10.0.0.1:7002"], "cluster.peer"),
            (["TILL_CLUSTER_TLS_CERT": "c", "TILL_CLUSTER_TLS_KEY": "k", "TILL_CLUSTER_TLS_CA": "a", "TILL_CLUSTER_WITNESS": "http://witness.example"], "cluster.witness"),
            (["TILL_CLUSTER_WITNESS": nil, "TILL_CLUSTER_CONFIG": "file:///object"], "log.url"),
            (["TILL_STORAGE_URL": "s3://receipts/a", "TILL_LOG_URL": "s3://receipts/a/log"], "log.url"), (["TILL_STORAGE_URL": "file:///warehouse"], "storage.url"),
            (["TILL_STORAGE_URL": "s3://receipts/a", "TILL_CLUSTER_WITNESS": nil, "TILL_CLUSTER_CONFIG": "s3://receipts/a/ctl"], "cluster.config"),
            (["TILL_STORAGE_URL": "s3://receipts/a", "TILL_EXPORTS_URL": "s3://receipts/a/files"], "exports.url"),
            (["TILL_LOG_URL": "file:///log", "TILL_LOG_ACK": "sync"], "log.ack"), (["TILL_LOG_ACK": "sync"], "log.ack"),
        ]
        XCTAssertEqual(faults(["TILL_LOG_URL": "file:///log", "TILL_LOG_ACK": "async", "TILL_LOG_SEGMENT": "1s"]), [], "its archive gathers so long")
        for (change, key) in cases { XCTAssertTrue(faults(change).contains(key), "\(change): \(faults(change))") }
        XCTAssertEqual(faults(["TILL_STORAGE_URL": "x"]), [], "what is no URL at all is said by who opens the place, in its own words")
        for url in ["s3://receipts/files", "file:///exports"] { XCTAssertEqual(faults(["TILL_EXPORTS_URL": url]), [], url) }
    }
}
