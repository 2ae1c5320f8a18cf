import ColumnStore
import Documents
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

    /// - Parameters:
    ///   - bodyByteCountMax: a longer body is refused as a whole.
    ///   - statuses: of the lines that answer a call, by its number from 1 and its body's lines.
    private func send(
        _ texts: [String], contentType: String = "application/x-ndjson", header: String? = nil, bodyByteCountMax: Int = .max, _ statuses: @escaping @Sendable (_ call: Int, _ records: [String]) -> [Int]
    ) throws -> Outcome {
        let calls = Monitor(0)
        let server = TestHTTPServer { request in
            let call = calls.withLock { count -> Int in
                count += 1
                return count
            }
            guard request.body.count <= bodyByteCountMax else {
                return .init(status: 413, headers: [("Content-Type", "application/problem+json")], body: #"{"type":"/problems/too-large","status":413}"#)
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
        try sender.send(ImportSender.Batch(contentType: contentType, header: header.map { Array($0.utf8) }, records: records))
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

    /// As the API answers: an envelope by itself is a line for each of its receipts, and as a line among others none.
    private static func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
        let isOfLines = request.headers["content-type"] == "application/x-ndjson"
        let lines = String(decoding: request.body, as: UTF8.self).split(separator: "\n").flatMap { record -> [String] in
            guard record.contains("items") || record.hasPrefix("[") else { return [#"{"status":201}"#] }
            let refused = #"{"status":422,"problem":{"type":"/problems/invalid-document","errors":[{"pointer":"","code":"not-one-document","message":"said by the test"}]}}"#
            return isOfLines ? [refused] : [#"{"status":201}"#, #"{"status":201}"#]
        }
        if !isOfLines, lines.count == 1 { return .init(status: 201, headers: [("Content-Type", "application/json")], body: "{}") }
        return .init(headers: [("Content-Type", "application/x-ndjson")], body: lines.joined(separator: "\n") + "\n")
    }

    func test_valuesOfAJSONFile_onOneLineEach_areTakenWhateverTheyHold() throws {
        let (envelope, single, array) = (#"{"items":[1,2]}"#, #"{"id":1}"#, #"[{"id":1},{"id":2}]"#)
        // Known from the first of them, refused as a line behind another kind, and known before. Arrays are never tried as lines, and one envelope changes nothing for what comes
        // long after it.
        let all: [(texts: [String], isOfSeveral: Bool?, imported: Int, calls: Int)] = [
            ([envelope], nil, 2, 1), ([envelope, envelope, envelope], nil, 6, 3), ([single, single, envelope, single], nil, 5, 3), ([single, single], nil, 2, 2),
            ([single, single, single], false, 3, 1), ([envelope, envelope], true, 4, 2), ([single, array, array], nil, 5, 3), ([array, single, single, single], nil, 5, 3),
            ([single, envelope] + Array(repeating: single, count: 14_000), nil, 14_003, 10),
        ]
        for (number, one) in all.enumerated() {
            let calls = Monitor(0)
            let server = TestHTTPServer { request in
                calls.withLock { $0 += 1 }
                return Self.answer(request)
            }
            defer { server.close() }
            let path = "\(folder)/values-\(number).rejected.ndjson"
            let rejected = RejectedFile(path)
            defer { rejected.close() }
            let sender = ImportSender(clients: [try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil)], path: "/v1/receipts", rejected: rejected)
            var batcher = ImportBatcher(sender: sender)
            for (place, text) in one.texts.enumerated() { try batcher.add(place + 1, Array(text.utf8), form: .json, isOfSeveral: one.isOfSeveral) }
            try batcher.flush()
            let counts = try sender.finish()
            XCTAssertEqual(counts.imported, one.imported, "\(number)")
            XCTAssertEqual(counts.rejected, 0, "\(number)")
            XCTAssertEqual(calls.withLock { $0 }, one.calls, "\(number)")
            XCTAssertFalse(rejected.isThere, "\(number)")
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

    /// As of a proxy that lost the answer's body: what was taken is not known, and is not told as nothing.
    func test_answerThatLeavesRecordsOut_endsTheImport() throws {
        for count in 0...2 {
            let sent = try send(["a", "b", "c"]) { _, _ in Array(repeating: 201, count: count) }
            XCTAssertTrue(sent.failure?.contains("answered for \(count) of 3 records") ?? false, "\(count): \(sent.counts)")
            XCTAssertEqual(sent.rejected, [], "\(count)")
        }
        for count in 0...1 {
            let rows = try send(["1,2", "3,4"], contentType: "text/csv", header: "a,b") { _, _ in Array(repeating: 201, count: count) }
            XCTAssertTrue(rows.failure?.contains("answered for \(count) of 2 records") ?? false, "\(count): \(rows.counts)")
        }
    }

    /// It is none for each record.
    func test_answerToSeveralLines_thatIsOne_endsTheImport() throws {
        for status in [200, 201, 202] {
            let server = TestHTTPServer { _ in .init(status: status, headers: [("Content-Type", "application/json")], body: "{}") }
            defer { server.close() }
            let rejected = RejectedFile("\(folder)/one-\(status).rejected.ndjson")
            defer { rejected.close() }
            let sender = ImportSender(clients: [try APIClient(url: "http://127.0.0.1:\(server.port)", key: nil)], path: "/v1/receipts", rejected: rejected)
            try sender.send(ImportSender.Batch(contentType: "application/x-ndjson", records: [(number: 1, bytes: [0x61]), (number: 2, bytes: [0x62])]))
            XCTAssertThrowsError(try sender.finish(), "\(status)") { XCTAssertTrue("\($0)".contains("answered for 0 of 2 records"), "\($0)") }
        }
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

    /// As the store says of the documents behind those that have used up a body's work.
    func test_recordThatIsTooMuchWithOthers_goesWithFewer_andIsNotRejected() throws {
        let sent = try send(["a", "b", "c", "d", "e"]) { _, records in records.indices.map { $0 < 2 ? 201 : 413 } }
        let counts = try sent.counts.get()
        XCTAssertEqual([counts.imported, counts.repeated, counts.rejected, sent.callCount], [5, 0, 0, 3])
        XCTAssertEqual(sent.rejected, [])
        // One at a time.
        let slow = try send(["a", "b", "c", "d", "e"]) { _, records in records.indices.map { $0 == 0 ? 201 : 413 } }
        XCTAssertEqual(try slow.counts.get().imported, 5)
        XCTAssertEqual(slow.rejected, [])
    }

    func test_recordThatIsTooMuchAlone_isRejected() throws {
        let sent = try send(["good", "big", "bad", "fine"]) { _, records in records.map { $0 == "big" ? 413 : $0 == "bad" ? 422 : 201 } }
        let counts = try sent.counts.get()
        XCTAssertEqual([counts.imported, counts.repeated, counts.rejected, sent.callCount], [2, 0, 2, 2])
        XCTAssertEqual(sent.rejected.count, 2, "\(sent.rejected)")
        XCTAssertTrue(sent.rejected.contains { $0.contains(#""record":2"#) && $0.contains("of-413") }, "\(sent.rejected)")
        let envelope = try send(["<receipts/>"], contentType: "application/xml") { _, _ in [201, 413] }
        XCTAssertEqual(try envelope.counts.get().rejected, 1, "there is nobody to go without")
        XCTAssertEqual(envelope.callCount, 1)
    }

    /// Nobody knows whose lines they are.
    func test_recordsOfSeveralReceiptsThatAreTooMuchTogether_goInHalves() throws {
        let sent = try send(["a", "b"]) { _, records in records.count > 1 ? [201, 413, 413] : [200] }
        let counts = try sent.counts.get()
        XCTAssertEqual([counts.imported, counts.repeated, counts.rejected, sent.callCount], [0, 2, 0, 3])
        XCTAssertEqual(sent.rejected, [])
    }

    /// The server's `limits.body`, or a proxy's.
    func test_bodyThatIsTooLong_goesInHalves() throws {
        let sent = try send((1...8).map { "rec\($0)" }, bodyByteCountMax: 10) { _, records in records.map { _ in 201 } }
        let counts = try sent.counts.get()
        XCTAssertEqual([counts.imported, counts.repeated, counts.rejected, sent.callCount], [8, 0, 0, 7])
        XCTAssertEqual(sent.rejected, [])
        let rows = try send(["1,2", "3,4", "5,6"], contentType: "text/csv", header: "a,b", bodyByteCountMax: 8) { _, lines in
            lines.first == "a,b" ? lines.dropFirst().map { _ in 201 } : [422]
        }
        XCTAssertEqual(try rows.counts.get().imported, 3, "each with the header")
        let long = try send(["rec1", "a record that no body has room for", "rec3"], bodyByteCountMax: 10) { _, records in records.map { _ in 201 } }
        let kept = try long.counts.get()
        XCTAssertEqual([kept.imported, kept.repeated, kept.rejected], [2, 0, 1])
        XCTAssertTrue(long.rejected.first?.contains(#""record":2"#) ?? false, "\(long.rejected)")
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
