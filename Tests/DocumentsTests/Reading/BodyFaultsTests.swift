import XCTest

@testable import Documents

/// Goal: the faults that a body's results hold together are bounded, and the first documents are told all of theirs. Method: documents of three hundred faults each, in one body and in many
/// that draw on one allowance.
final class BodyFaultsTests: XCTestCase {
    private let list = #""x":[\#(String(repeating: "0,", count: 299))0]"#

    private func reader(_ members: String) throws -> DocumentReader {
        let registry = TypeRegistry()
        let json =
            #"{"name":"j","version":1,"format":"json",\#(members),"receipt_id":"/id","issued_at":"/at","accept_from":null,"schema":{"properties":{"x":{"items":{"type":"string"}}}},"columns":{"a":{"path":"/a","type":"VARCHAR"}}}"#
        try registry.put(try DocumentType(json: Array(json.utf8)))
        return DocumentReader(registry: registry)
    }

    private func document(_ number: Int) -> String { #"{"id":"\#(number)","at":"2020-01-01T00:00:00Z",\#(list)}"# }

    private func check(_ results: [ReceiptResult], line: UInt = #line) {
        let faults = results.compactMap { result -> Fault? in
            if case .refused(let fault, _, _) = result { fault } else { nil }
        }
        XCTAssertEqual(faults.count, 500, line: line)
        XCTAssertEqual(faults.first?.errors.count, 300, line: line)
        XCTAssertEqual(faults.last?.errors.map(\.pointer), ["/x/0"], line: line)
        XCTAssertEqual(faults.last?.detail, "the document has 300 faults by the type j (the first of 300 is shown: the faults of this body are too many)", line: line)
        XCTAssertLessThan(faults.reduce(0) { $0 + $1.errors.count }, 130_000, line: line)
    }

    func test_readJSON_envelopeOfManyFaults_keepsTheFirstOfLaterReceipts() throws {
        let body = "{\"batch\":[" + (0..<500).map { document($0) }.joined(separator: ",") + "]}"
        check(try reader(#""match":{"/batch":{"exists":true}},"each":"/batch/*","batch":"each""#).readJSON(Array(body.utf8), ReadingOptions(now: SampleFiles.now)).receipts)
    }

    func test_readJSON_linesOfManyFaults_keepTheFirstOfLaterOnes() throws {
        let bodies = (0..<500).map { Array(document($0).utf8) }
        var options = ReadingOptions(now: SampleFiles.now)
        options.allowance = WorkAllowance(byteCount: bodies.reduce(0) { $0 + $1.count }, isOfManyDocuments: true)
        let readings = try reader(#""match":{"/id":{"exists":true}}"#).readJSON(bodies) { _ in options }
        check(try readings.flatMap { try $0.get().receipts })
    }
}
