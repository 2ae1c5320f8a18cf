import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a killed server has every acknowledged version of every document, once, in its order and numbered without gaps. Method: the real server is killed at
/// random moments while writers, each with identities of its own, post new values, the same again, batches and removals, and others compact; what it has
/// afterwards is what was acknowledged, and for the one call of each writer that had no answer either its versions or not.
///
/// `TILL_CRASH_ROUNDS` says how often.
final class VersionKillTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"},"grades":{"path":"/grades","columns":{"grade":{"path":"/g","type":"INTEGER"}}}}}
        """
    private static let settings = ["TILL_COMPACT_INTERVAL": "1s", "TILL_LIMITS_MIN_FREE": "1MiB"]

    func test_kill_keepsEveryAcknowledgedVersion() throws {
        let rounds = ProcessInfo.processInfo.environment["TILL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 5
        let server = try TillServer(environment: Self.settings)
        defer { server.remove() }
        XCTAssertEqual(try server.client().put("/v1/types/licence", Self.type).status, 201)
        let key = try server.key("board")
        var documents: [String: VersionWriter.Document] = [:]
        var acknowledged = 0
        for round in 0..<rounds {
            if round > 0 {
                let verify = try TillRun(["verify", "--data", server.data.path])
                XCTAssertEqual(verify.status, 0, "round \(round): \(verify.text)\(verify.error)")
                try server.start(environment: Self.settings)
                try settle(server, &documents, round)
            }
            let after = load(server, key, documents)
            acknowledged += after.values.map(\.versions.count).reduce(0, +) - documents.values.map(\.versions.count).reduce(0, +)
            documents = after
            if testRun?.failureCount ?? 0 > 0 { return }
        }
        try server.start(environment: Self.settings)
        try settle(server, &documents, rounds)
        _ = try server.client().call("POST", "/v1/admin/compact")
        try settle(server, &documents, rounds)
        XCTAssertGreaterThan(acknowledged, rounds * 20)
        print("killed \(rounds) times: \(acknowledged) versions of \(documents.count) documents acknowledged")
    }

    /// Writers and a compaction until the server is killed.
    private func load(_ server: TillServer, _ key: String, _ documents: [String: VersionWriter.Document]) -> [String: VersionWriter.Document] {
        let found = Mutex(documents)
        let port = server.port
        let group = DispatchGroup()
        for number in 0..<4 {
            DispatchQueue.global().async(group: group) {
                var writer = VersionWriter(HTTPClient(port: port, key: key), number, documents)
                writer.write()
                found.withLock { $0.merge(writer.documents) { $1 } }
            }
        }
        DispatchQueue.global().async(group: group) {
            let http = HTTPClient(port: port, key: TillServer.adminKey)
            while (try? http.call("POST", "/v1/admin/compact")) != nil { usleep(30_000) }
        }
        usleep(UInt32.random(in: 100_000...1_500_000))
        server.kill()
        group.wait()
        return found.withLock { $0 }
    }

    /// Compares what is there with what was acknowledged, and takes over what became of calls without an answer.
    private func settle(_ server: TillServer, _ documents: inout [String: VersionWriter.Document], _ round: Int) throws {
        let history = try rows(server, "SELECT receipt_id, version, removed, name, received_at, valid_to FROM licences_history ORDER BY receipt_id, version")
        let found = Dictionary(grouping: history) { $0[0] }
        for (id, document) in documents {
            let rows = found[id] ?? []
            let versions = rows.map { $0[2] == "true" ? nil : $0[3] }
            let possible = [document.versions] + (document.uncertain.map { [document.versions + [$0]] } ?? [])
            XCTAssertTrue(possible.contains(versions), "round \(round): \(id) has \(versions), acknowledged was \(document.versions), uncertain \(String(describing: document.uncertain))")
            XCTAssertEqual(rows.map { $0[1] }, (1...max(rows.count, 1)).prefix(rows.count).map(String.init), "round \(round): \(id)")
            XCTAssertEqual(rows.map { $0[5] }, rows.dropFirst().map { $0[4] } + (rows.isEmpty ? [] : [""]), "round \(round): \(id)")
            documents[id] = VersionWriter.Document(versions: versions)
        }
        XCTAssertEqual(Set(found.keys).subtracting(documents.keys), [], "round \(round)")
        let newest = try rows(server, "SELECT receipt_id, version, name FROM licences ORDER BY receipt_id")
        let expected = documents.compactMap { id, document in document.versions.last.flatMap { $0 }.map { [id, String(document.versions.count), $0] } }.sorted { $0[0] < $1[0] }
        XCTAssertEqual(newest, expected, "round \(round)")
    }

    private func rows(_ server: TillServer, _ query: String) throws -> [[String]] {
        let answer = try server.client().call(
            "POST", "/v1/sql", headers: [("Content-Type", "application/json"), ("Accept", "text/csv")], body: Array(#"{"query":"\#(query)"}"#.utf8))
        XCTAssertEqual(answer.status, 200, answer.text)
        return answer.text.split(whereSeparator: \.isNewline).dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }
}

/// Writes versions of its own identities, one call after the other, and notes what was acknowledged.
private struct VersionWriter {
    struct Document {
        /// Names in their order; nil for a removal.
        var versions: [String?] = []
        /// What a call without an answer would have added.
        var uncertain: String??
    }

    private(set) var documents: [String: Document] = [:]
    private let http: HTTPClient
    private let ids: [String]

    init(_ http: HTTPClient, _ number: Int, _ known: [String: Document]) {
        self.http = http
        ids = (0..<40).map { String(format: "L-%d-%02d", number, $0) }
        for id in ids { documents[id] = known[id] ?? Document() }
    }

    private static func body(_ id: String, _ name: String) -> String {
        #"{"schema":"licence/1","id":"\#(id)","name":"\#(name)","grades":[{"g":\#(name.count % 3)}],"note":"\#(String(repeating: "n", count: name.utf8.count * 40))"}"#
    }

    /// Until the server is gone.
    mutating func write() {
        for number in 0..<Int.max {
            let goesOn = switch number % 5 {
            case 3: remove(ids[Int.random(in: 0..<ids.count)])
            case 4: post(Array(ids.shuffled().prefix(10)))
            default: post([ids[Int.random(in: 0..<ids.count)]])
            }
            guard goesOn else { return }
        }
    }

    /// New values, and here and there the one that is the newest.
    private mutating func post(_ batch: [String]) -> Bool {
        let names = batch.map { id -> String in
            let last = documents[id]?.versions.last.flatMap { $0 }
            return Int.random(in: 0..<4) == 0 ? last ?? "new" : "n\(Int.random(in: 0..<1_000_000))"
        }
        let bodies = zip(batch, names).map(Self.body)
        for (id, name) in zip(batch, names) where documents[id]?.versions.last != .some(name) { documents[id]?.uncertain = .some(name) }
        let answer = batch.count == 1
            ? try? http.post("/v1/receipts", bodies[0]) : try? http.post("/v1/receipts", bodies.joined(separator: "\n"), type: "application/x-ndjson")
        guard let answer, answer.status < 300 else { return false }
        let lines = answer.text.split(separator: "\n")
        for (place, id) in batch.enumerated() {
            let status = batch.count == 1 ? answer.status : lines.count == batch.count ? (lines[place].contains("\"status\":201") ? 201 : lines[place].contains("\"status\":200") ? 200 : 0) : 0
            guard status == 200 || status == 201 else { return false }
            if status == 201 { documents[id]?.versions.append(names[place]) }
            documents[id]?.uncertain = nil
        }
        return true
    }

    private mutating func remove(_ id: String) -> Bool {
        guard let last = documents[id]?.versions.last else { return true }
        if last != nil { documents[id]?.uncertain = .some(nil) }
        guard let answer = try? http.call("DELETE", "/v1/receipts/\(id)?table=licences&client=board"), answer.status == 204 else { return false }
        if last != nil { documents[id]?.versions.append(nil) }
        documents[id]?.uncertain = nil
        return true
    }
}
