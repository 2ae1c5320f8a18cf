import ColumnStore
import Documents
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a page of an upload's errors takes no more than was asked for, in CSV as well, where each reason has all of its record's columns again. Method: records of many reasons, and a server
/// whose credentials may hold 256 KiB.
final class UploadErrorPagesTests: XCTestCase {
    private static func rejection(_ record: Int64, violationCount: Int, columnsByteCount: Int, receiptID: String? = "R") -> UploadRejection {
        let violations = (0..<violationCount).map { Fault.Violation(pointer: "/\(record)/f\($0)", code: "out-of-range", message: "not \"\($0)\"") }
        let columns = Array("{\"name\":\"\(String(repeating: "x", count: columnsByteCount))\"}".utf8)
        return UploadRejection(record: record, receiptID: receiptID, violations: violations, columns: columns)
    }

    private static func server(_ rejections: [UploadRejection]) throws -> TestServer {
        var limits = DoorLimits()
        (limits.memory.all, limits.memory.bodyByteCount) = (512 << 10, 1)
        let server = try TestServer(limits: limits)
        let upload = Upload(id: "u", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 0, expiresAt: 0)
        server.engine.state.withLock { state in
            state.upload = upload
            state.rejections = rejections
        }
        return server
    }

    /// What the answer before it held is given back a moment after that was read.
    private func settled(_ client: HTTPClient, _ path: String, _ form: String) throws -> HTTPClient.Answer {
        let answer: HTTPClient.Answer? = try Patience.value {
            let answer = try client.get(path, [("Accept", form)])
            return answer.status == 503 ? nil : answer
        }
        return try XCTUnwrap(answer)
    }

    func test_pagesOfCSV_haveAsManyRecordsAsFit_andComeToAll() throws {
        let (recordCount, violationCount) = (24, 20)
        let server = try Self.server((1...recordCount).map { Self.rejection(Int64($0), violationCount: violationCount, columnsByteCount: 1_500) })
        let client = server.client()
        var (lines, pageCount, path): ([String], Int, String?) = ([], 0, "/v1/uploads/u/errors")
        while let next = path, pageCount < 50 {
            let answer = try settled(client, next, "text/csv")
            guard answer.status == 200 else { return XCTFail(answer.text) }
            XCTAssertLessThan(answer.body.count, 256 << 10, "more than the credential may hold")
            let page = answer.body.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
            XCTAssertEqual(page.first, "record,receipt_id,pointer,code,message,columns\r")
            lines += page.dropFirst()
            path = answer.headers["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
            pageCount += 1
        }
        XCTAssertGreaterThan(pageCount, 1)
        XCTAssertEqual(lines.count, recordCount * violationCount)
        let places = lines.map { line in line.split(separator: ",").prefix(3).joined(separator: ",") }
        XCTAssertEqual(places, (1...recordCount).flatMap { record in (0..<violationCount).map { "\(record),\"R\",\"/\(record)/f\($0)\"" } })
        XCTAssertEqual(lines.last?.hasSuffix("x\"\"}\"\r"), true, "quotes are doubled")
        // In JSON each record has its columns once: all of them are one page.
        let whole = try JSONParser.parse(try settled(client, "/v1/uploads/u/errors", "application/json").body)
        XCTAssertEqual(whole["errors"]?.array?.count, recordCount)
        XCTAssertEqual(whole["next_cursor"], .null)
    }

    /// Whose lines may never be had, however few records come with it.
    func test_oneRecordThatIsNeverHad_isTooLarge() throws {
        let client = try Self.server([Self.rejection(1, violationCount: 100, columnsByteCount: 4_000), Self.rejection(2, violationCount: 1, columnsByteCount: 1)]).client()
        let answer = try settled(client, "/v1/uploads/u/errors", "text/csv")
        XCTAssertEqual(answer.status, 413, "\(answer.body.count) bytes")
        XCTAssertEqual(try settled(client, "/v1/uploads/u/errors", "application/x-ndjson").status, 200)
    }

    func test_bytesOfCSV_areThoseOfItsText() {
        for (violationCount, columnsByteCount, receiptID) in [(0, 10, "R"), (1, 0, nil), (3, 100, "\"\""), (7, 1_000, "R,\u{E9}")] as [(Int, Int, String?)] {
            let body = RejectionBody(rejection: Self.rejection(12_345, violationCount: violationCount, columnsByteCount: columnsByteCount, receiptID: receiptID))
            var text: [UInt8] = []
            body.appendCSV(to: &text)
            XCTAssertEqual(text.count, body.csvByteCount, "\(receiptID ?? "-")")
            XCTAssertEqual(text.filter { $0 == 0x0A }.count, violationCount)
        }
    }
}
