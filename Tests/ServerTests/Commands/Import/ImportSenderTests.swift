import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: a record counts as rejected only where something is wrong with it, and a store that takes nothing ends the import. Method: a server of a few lines, which answers each record by itself.
final class ImportSenderTests: XCTestCase {
    private var directory: TemporaryDirectory?
    private var folder = ""

    override func setUpWithError() throws {
        let made = try TemporaryDirectory()
        (directory, folder) = (made, made.path)
    }

    private struct Outcome {
        let counts: Result<ImportSender.Counts, any Error>
        let callCount: Int
        /// What was rejected, a line each.
        let rejected: [String]

        var failure: String? { if case .failure(let error) = counts { "\(error)" } else { nil } }
    }

    /// - Parameter statuses: of the lines that answer a call, by its number from 1 and its body's lines.
    private func send(
        _ texts: [String], contentType: String = "application/x-ndjson", _ statuses: @escaping @Sendable (_ call: Int, _ records: [String]) -> [Int]
    ) throws -> Outcome {
        let calls = Monitor(0)
        let server = TestHTTPServer { request in
            let call = calls.withLock { count -> Int in
                count += 1
                return count
            }
            let records = String(decoding: request.body, as: UTF8.self).split(separator: "\n").map(String.init)
            let lines = statuses(call, records).map { status in
                status < 300 ? #"{"status":\#(status)}"# : #"{"status":\#(status),"problem":{"type":"/problems/of-\#(status)","detail":"said by the test"}}"#
            }
            return .init(headers: [("Content-Type", "application/x-ndjson"), ("Retry-After", "0")], body: lines.joined(separator: "\n") + "\n")
        }
        defer { server.close() }
        let path = "\(folder)/\(UInt64.random(in: 0 ... .max)).rejected.ndjson"
        let rejected = RejectedFile(path)
        defer { rejected.close() }
        let sender = ImportSender(clients: [try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil)], path: "/v1/receipts", rejected: rejected)
        let records = texts.enumerated().map { (number: $0.offset + 1, bytes: Array($0.element.utf8)) }
        try sender.send(ImportSender.Batch(contentType: contentType, records: records))
        let counts = Result { try sender.finish() }
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return Outcome(counts: counts, callCount: calls.withLock { $0 }, rejected: text.split(separator: "\n").map(String.init))
    }

    func test_recordThatTheStoreDoesNotTake_endsTheImport_andIsNotRejected() throws {
        for status in [429, 503] {
            let sent = try send(["good", "unwanted", "bad"]) { _, records in records.map { $0 == "good" ? 201 : $0 == "bad" ? 422 : status } }
            XCTAssertTrue(sent.failure?.contains("record 2 was not taken") ?? false, "\(status): \(sent.counts)")
            XCTAssertTrue(sent.failure?.contains("of-\(status): said by the test") ?? false, "\(status): \(sent.counts)")
            XCTAssertGreaterThan(sent.callCount, 1, "\(status)")
            XCTAssertEqual(sent.rejected.count, 1, "\(status): \(sent.rejected)")
            XCTAssertTrue(sent.rejected.first?.contains(#""record":3"#) ?? false, "\(status): \(sent.rejected)")
        }
    }

    /// Whoever sends what must come after that.
    func test_settle_waitsForEveryAnswer() throws {
        let server = TestHTTPServer { _ in .init(headers: [("Content-Type", "application/x-ndjson")], body: #"{"status":201}"# + "\n") }
        defer { server.close() }
        let rejected = RejectedFile("\(folder)/settled.rejected.ndjson")
        defer { rejected.close() }
        let clients = try (0..<3).map { _ in try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil) }
        let sender = ImportSender(clients: clients, path: "/v1/receipts", rejected: rejected)
        for number in 1...20 {
            try sender.send(ImportSender.Batch(contentType: "application/x-ndjson", records: [(number: number, bytes: Array("a".utf8))]))
            guard number % 5 == 0 else { continue }
            try sender.settle()
            XCTAssertEqual(sender.counts.imported, number)
        }
        XCTAssertEqual(try sender.finish().imported, 20)
    }

    /// As a call that is answered so: nobody knows whether it will ever be better.
    func test_recordAtWhichTheStoreFails_endsTheImportAtOnce() throws {
        let sent = try send(["good", "unlucky", "bad"]) { _, records in records.map { $0 == "good" ? 201 : $0 == "bad" ? 422 : 500 } }
        XCTAssertTrue(sent.failure?.contains("of-500") ?? false, "\(sent.counts)")
        XCTAssertEqual(sent.callCount, 1)
        XCTAssertEqual(sent.rejected.count, 1)
    }

    func test_recordThatIsTakenLater_isCountedOnce() throws {
        let sent = try send(["a", "b", "c"]) { call, records in records.map { $0 == "b" && call < 4 ? 503 : 201 } }
        let counts = try sent.counts.get()
        XCTAssertEqual([counts.imported, counts.repeated, counts.rejected, sent.callCount], [3, 0, 0, 4])
        XCTAssertEqual(sent.rejected, [])
    }

    func test_envelopeOfWhichAReceiptIsTakenLater_goesAgainAsAWhole_andNoneIsRejected() throws {
        let later = try send(["<receipts/>"], contentType: "application/xml") { call, _ in call == 1 ? [201, 503] : [200, 201] }
        let counts = try later.counts.get()
        XCTAssertEqual([counts.imported, counts.repeated, counts.rejected, later.callCount], [1, 1, 0, 2])
        let never = try send(["<receipts/>"], contentType: "application/xml") { _, _ in [200, 503] }
        XCTAssertTrue(never.failure?.contains("of-503") ?? false, "\(never.counts)")
        XCTAssertEqual(never.rejected, [])
    }
}
