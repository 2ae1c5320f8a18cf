import ColumnStore
import XCTest

@testable import Documents

/// The built-in type, from bytes to columns.
final class PosReceiptTests: XCTestCase {
    private let document =
        #"{"schema":"pos/1","id":"R-1","store":{"id":"S17","till":"3"},"issued_at":"2026-11-20T14:03:07+02:00","currency":"UAH","customer":"U0001234","lines":[{"code":"4820000000017","name":"Хліб","category":"bakery","qty":2,"price":32.50,"vat":20,"amount":65.00}],"total":65.00,"tax_total":10.83,"payment":{"type":"card"}}"#

    private func reader() throws -> DocumentReader {
        let registry = TypeRegistry()
        try registry.put(try SampleFiles.posReceipt())
        return DocumentReader(registry: registry)
    }

    private func read(_ text: String) throws -> ReceiptResult {
        let reading = try reader().readJSON(Array(text.utf8), ReadingOptions(now: SampleFiles.now))
        return try XCTUnwrap(reading.receipts.first)
    }

    private func accepted(_ text: String) throws -> ExtractedReceipt {
        switch try read(text) {
        case .accepted(let receipt): return receipt
        case .refused(let problem, _, _): throw problem
        }
    }

    private func violations(_ text: String) throws -> [String] {
        guard case .refused(let problem, _, _) = try read(text) else { return [] }
        return problem.errors.map { "\($0.pointer) \($0.code)" }
    }

    func test_readJSON_designsExample_givesItsColumns() throws {
        let receipt = try accepted(document)
        XCTAssertEqual(receipt.receiptID, Array("R-1".utf8))
        XCTAssertEqual(CivilDate.text(microseconds: receipt.issuedAt), "2026-11-20T12:03:07.000000Z")
        XCTAssertEqual(CivilDate.text(days: receipt.businessDay), "2026-11-20")
        XCTAssertEqual(receipt.document, .body(0..<document.utf8.count))
        let values = try receipt.type.layout.values(of: receipt.row)
        XCTAssertEqual(
            values.prefix(8),
            [
                .string("S17"), .string("3"), .string("U0001234"), .string("UAH"), .decimal(650_000), .decimal(108_300), .string("card"),
                .list([
                    .structure([
                        .string("4820000000017"), .string("Хліб"), .string("bakery"), .decimal(2_000_000), .decimal(32_500_000), .decimal(200_000),
                        .decimal(650_000),
                    ])
                ]),
            ])
    }

    func test_readJSON_faults_areAllReportedWithTheirPointers() throws {
        let bad = document.replacing("\"total\":65.00", with: "\"total\":\"sixty\"").replacing("\"qty\":2", with: "\"qty\":0.0000001")
            .replacing("\"currency\":\"UAH\"", with: "\"currency\":\"U\\u0000H\"")
        XCTAssertEqual(Set(try violations(bad)), ["/total not-a-number", "/lines/0/qty too-many-digits", "/currency nul-character"])
        XCTAssertTrue(try violations(document.replacing("\"id\":\"R-1\",", with: "")).contains("/id required"))
        XCTAssertEqual(try violations(document.replacing("2026-11-20T14", with: "2027-11-20T14")), ["/issued_at out-of-range"])
        XCTAssertEqual(try violations(document.replacing("\"id\":\"R-1\"", with: "\"id\":\"R\\n1\"")), ["/id bad-id"])
    }

    func test_readJSON_localTimes_followTheTypesZone() throws {
        func issued(_ time: String) throws -> String {
            let receipt = try accepted(document.replacing("2026-11-20T14:03:07+02:00", with: time))
            return CivilDate.text(microseconds: receipt.issuedAt) + " " + CivilDate.text(days: receipt.businessDay)
        }
        XCTAssertEqual(try issued("2026-06-01T00:30:15"), "2026-05-31T21:30:15.000000Z 2026-06-01")
        // The offset gives the instant, the type's zone the day.
        XCTAssertEqual(try issued("2026-05-31T22:30:00Z"), "2026-05-31T22:30:00.000000Z 2026-06-01")
        XCTAssertEqual(try issued("2026-10-25T03:30:00"), "2026-10-25T00:30:00.000000Z 2026-10-25")
        XCTAssertEqual(try issued("2026-11-20"), "2026-11-19T22:00:00.000000Z 2026-11-20")
        XCTAssertEqual(try issued("2026-11-20T01:02:03.123456789+02:00"), "2026-11-19T23:02:03.123456Z 2026-11-20")
        XCTAssertEqual(
            try violations(document.replacing("2026-11-20T14:03:07+02:00", with: "2026-03-29T03:30:00")), ["/issued_at no-such-local-time"])
    }

    func test_readJSON_array_givesEachElementsBytes() throws {
        let text = "[ \(document) ,\n{\"schema\":\"pos/2\"}]"
        let reading = try reader().readJSON(Array(text.utf8), ReadingOptions(now: SampleFiles.now))
        guard reading.receipts.count == 2, case .accepted(let receipt) = reading.receipts[0], case .refused(let problem, _, _) = reading.receipts[1] else {
            return XCTFail("\(reading)")
        }
        XCTAssertEqual(receipt.document, .body(2..<2 + document.utf8.count))
        XCTAssertEqual(problem.code, .unknownType)
    }

    func test_readJSON_ownSamples_areAccepted() throws {
        for file in try SampleFiles.files(in: SampleFiles.root.appendingPathComponent("types/samples")) where file.lastPathComponent.hasPrefix("pos-receipt-") {
            let checker = try TypeChecker(type: try SampleFiles.posReceipt(), now: SampleFiles.now)
            let (lines, hasErrors) = checker.check(file: file.lastPathComponent, try SampleFiles.bytes(file))
            XCTAssertFalse(hasErrors, lines.joined(separator: "\n"))
        }
    }
}
