import XCTest

@testable import Documents

/// Goal: an envelope that is held against an XSD as a whole is looked at once, and what each receipt is told of it does not grow with what others have. Method: receipts with and without faults.
final class XSDValidationTests: XCTestCase {
    private static let schema = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Batch"><xs:complexType><xs:sequence><xs:element name="r" minOccurs="0" maxOccurs="unbounded">\
        <xs:complexType><xs:sequence><xs:element name="n" type="xs:decimal" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="id"/><xs:attribute name="at"/></xs:complexType></xs:element>\
        <xs:element name="End" type="xs:date" minOccurs="0"/></xs:sequence></xs:complexType></xs:element></xs:schema>
        """

    private func errors(_ receipts: [String], end: String = "") throws -> [[Fault.Violation]] {
        let json = #"{"name":"t","version":1,"format":"xml","match":{"/Batch":{"exists":true}},"each":"/Batch/r","batch":"each","xsd":{"file":"b.xsd","at":"/Batch"},"receipt_id":"@id","issued_at":"@at","accept_from":null,"columns":{"n":{"path":"n","type":"VARCHAR"}}}"#
        let registry = TypeRegistry()
        try registry.put(try DocumentType(json: Array(json.utf8), files: ["b.xsd": Array(Self.schema.utf8)]))
        let records = receipts.enumerated().map { #"<r id="\#($0)" at="2020-01-01T00:00:00Z">\#($1)</r>"# }.joined()
        let reading = try DocumentReader(registry: registry).readXML(Array("<Batch>\(records)\(end)</Batch>".utf8), ReadingOptions(now: SampleFiles.now))
        return reading.receipts.map { result in
            if case .refused(let fault, _, _) = result { fault.errors } else { [] }
        }
    }

    func test_check_envelopeAsAWhole_tellsEachReceiptItsOwn_andOneOfTheOthers() throws {
        let errors = try errors(["<n>1</n>", "<n>x</n><n>2</n><n>y</n>", "<n>3</n>", "<n>z</n>"])
        XCTAssertEqual(
            errors.map { $0.map(\.pointer) }, [["/Batch/r[2]/n[1]"], ["/n[1]", "/n[3]", "/Batch/r[4]/n"], ["/Batch/r[2]/n[1]"], ["/n", "/Batch/r[2]/n[1]"]])
        XCTAssertEqual(Set(errors.joined().map(\.code)), ["xsd"])
        XCTAssertTrue(errors[0][0].message.hasPrefix("the envelope is not valid by its XSD: "), errors[0][0].message)
        XCTAssertTrue(errors[0][0].message.contains("'x'"), errors[0][0].message)
        XCTAssertFalse(errors[1][0].message.contains("envelope"), errors[1][0].message)
    }

    func test_check_faultOfNoReceipt_isToldToAll_andNoneIsToldToAValidEnvelope() throws {
        XCTAssertEqual(try errors(["<n>1</n>", "<n>2</n>"], end: "<End>never</End>").map { $0.map(\.pointer) }, [["/Batch/End"], ["/Batch/End"]])
        XCTAssertEqual(try errors(["<n>1</n>", "<n>2</n>"], end: "<End>2020-01-01</End>").map { $0.map(\.pointer) }, [[], []])
    }

    func test_check_manyFaultsOfManyReceipts_areToldOnce() throws {
        let errors = try errors((0..<2_000).map { $0.isMultiple(of: 20) ? "<n>x</n>" : "<n>1</n>" })
        XCTAssertEqual(errors.count, 2_000)
        // Each one of another's, and the faulty ones their own.
        XCTAssertEqual(errors.reduce(0) { $0 + $1.count }, 2_000 + 100)
    }
}
