import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents

/// The built-in types, all in force together, over real documents: against golden tables that were made by reading those documents,
/// and over the samples of our own.
final class BuiltInTypesTests: XCTestCase {
    private static let now: Int64 = 1_795_176_000_000_000  // 2026-11-20T12:00:00Z

    // MARK: The files

    private static func files(_ folder: URL, _ suffix: String = "") throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isDirectoryKey])
            .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == false && $0.path.hasSuffix(suffix) }
            .sorted { $0.path < $1.path }
    }

    private static let types = Project.root.appendingPathComponent("types")
    private static let golden = Project.root.appendingPathComponent("Tests/Golden/types")
    private static var samples: URL { Project.shared.appendingPathComponent("samples") }

    private static func bytes(_ file: URL) throws -> [UInt8] { Array(try Data(contentsOf: file)) }

    /// Every built-in type in one registry, as a server has them.
    private static func reader() throws -> DocumentReader {
        let registry = TypeRegistry()
        for file in try files(types, ".json") {
            do {
                try registry.put(try DocumentType(json: try bytes(file)))
            } catch let error as TypeFileError {
                for reason in error.reasons { XCTFail("\(file.lastPathComponent) \(reason.pointer): \(reason.message)") }
            }
        }
        return DocumentReader(registry: registry)
    }

    private static func read(_ file: URL, _ reader: DocumentReader) throws -> [ReceiptResult] {
        let body = try bytes(file)
        let options = ReadingOptions(now: now)
        do {
            return try (file.pathExtension == "xml" ? reader.readXML(body, options) : reader.readJSON(body, options)).receipts
        } catch let problem as Fault {
            return [.refused(problem, type: nil, document: .own([]))]
        }
    }

    private struct Table {
        let format: String
        let documents: [[String: Any]]
        let all: [String: Any]

        init(_ file: URL) throws {
            let object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
            let table = try XCTUnwrap(object, file.lastPathComponent)
            format = try XCTUnwrap(table["format"] as? String)
            documents = try XCTUnwrap(table["documents"] as? [[String: Any]])
            all = try XCTUnwrap(table["all"] as? [String: Any])
        }
    }

    private func tables() throws -> [Table] {
        guard Project.hasShared else {
            if Project.isCI { XCTFail("the sample documents are missing: \(Self.samples.path)") }
            throw XCTSkip("the sample documents are missing: \(Self.samples.path)")
        }
        let tables = try Self.files(Self.golden, ".json").map { try Table($0) }
        XCTAssertEqual(tables.count, 13)
        return tables
    }

    // MARK: Comparing

    /// Codes of what is wrong with a refused document: of its errors, else the problem's own.
    private func codes(_ results: [ReceiptResult]) -> Set<String> {
        var codes: Set<String> = []
        for case .refused(let problem, _, _) in results {
            codes.formUnion(problem.errors.isEmpty ? [problem.code.rawValue] : problem.errors.map(\.code))
        }
        return codes
    }

    private func reasons(_ results: [ReceiptResult]) -> String {
        results.map { result in
            guard case .refused(let problem, _, _) = result else { return "accepted" }
            return problem.errors.isEmpty ? problem.detail : problem.errors.map { "\($0.pointer) \($0.code): \($0.message)" }.joined(separator: "; ")
        }.joined(separator: " | ")
    }

    private func form(_ receipt: ExtractedReceipt) throws -> [String: Any] {
        let fields = receipt.type.layout.fields
        let values = try receipt.type.layout.values(of: receipt.row)
        let members = zip(fields, values).map { JSONForm.quoted($0.name) + ":" + JSONForm.text($1, $0.type) }
        let columns = try JSONSerialization.jsonObject(with: Data("{\(members.joined(separator: ","))}".utf8))
        return [
            "type": receipt.type.name, "receipt_id": String(decoding: receipt.receiptID, as: UTF8.self),
            "issued_at": CivilDate.text(microseconds: receipt.issuedAt), "business_day": CivilDate.text(days: receipt.businessDay),
            "columns": columns,
        ]
    }

    /// Where two JSON values differ. Text by its bytes: Swift's equality would normalise.
    private func differences(_ expected: Any?, _ actual: Any?, at path: String) -> [String] {
        switch (expected, actual) {
        case (let left as [String: Any], let right as [String: Any]):
            return Set(left.keys).union(right.keys).sorted().filter { $0 != "index" }.flatMap {
                differences(left[$0], right[$0], at: "\(path)/\($0)")
            }
        case (let left as [Any], let right as [Any]) where left.count == right.count:
            return zip(left, right).enumerated().flatMap { differences($1.0, $1.1, at: "\(path)/\($0)") }
        case (let left as String, let right as String) where Array(left.utf8) == Array(right.utf8): return []
        case (is NSNull, is NSNull): return []
        case (let left as Bool, let right as Bool) where left == right: return []
        default: return ["\(path): \(actual.map { "\($0)" } ?? "nothing") instead of \(expected.map { "\($0)" } ?? "nothing")"]
        }
    }

    // MARK: Tests

    func test_typeFiles_allTogether_areTakenAndAgreeOnColumns() throws {
        let reader = try Self.reader()
        XCTAssertEqual(reader.registry.snapshot.types.count, try Self.files(Self.types, ".json").count)
        for file in try Self.files(Self.types, ".json") {
            let name = file.deletingPathExtension().lastPathComponent
            XCTAssertNotNil(reader.registry.snapshot[name], "\(file.lastPathComponent) does not hold the type of its name")
            XCTAssertEqual(reader.registry.snapshot[name]?.file.table, "receipts")
        }
    }

    func test_goldenDocuments_giveTheColumnsThatTheirReadersSaw() throws {
        let tables = try tables()
        let reader = try Self.reader()
        for table in tables {
            XCTAssertGreaterThanOrEqual(table.documents.count, min(5, table.all.count), table.format)
            for document in table.documents {
                let name = try XCTUnwrap(document["file"] as? String)
                let results = try Self.read(Self.samples.appendingPathComponent("\(table.format)/\(name)"), reader)
                if let refusal = document["refused"] as? [String: Any] {
                    let code = try XCTUnwrap(refusal["code"] as? String)
                    XCTAssertTrue(codes(results).contains(code), "\(table.format)/\(name) should be refused with \(code): \(reasons(results))")
                    continue
                }
                let expected = try XCTUnwrap(document["receipts"] as? [[String: Any]])
                XCTAssertEqual(results.count, expected.count, "\(table.format)/\(name)")
                for (expected, result) in zip(expected, results) {
                    guard case .accepted(let receipt) = result else {
                        XCTFail("\(table.format)/\(name) is refused: \(reasons([result]))")
                        continue
                    }
                    for difference in differences(expected, try form(receipt), at: "\(table.format)/\(name)") { XCTFail(difference) }
                }
            }
        }
    }

    func test_everySample_isAcceptedOrRefusedWithItsReason() throws {
        let tables = try tables()
        let reader = try Self.reader()
        for table in tables {
            let folder = Self.samples.appendingPathComponent(table.format)
            let names = try Self.files(folder).map(\.lastPathComponent).filter { $0 != "SOURCES.tsv" }
            XCTAssertEqual(Set(names), Set(table.all.keys), "\(table.format): the table lists other files than the folder has")
            for name in names {
                let results = try Self.read(folder.appendingPathComponent(name), reader)
                if let refusal = table.all[name] as? [String: Any] {
                    let code = try XCTUnwrap(refusal["refused"] as? String)
                    XCTAssertTrue(codes(results).contains(code), "\(table.format)/\(name) should be refused with \(code): \(reasons(results))")
                } else {
                    XCTAssertEqual(codes(results), [], "\(table.format)/\(name) should be accepted: \(reasons(results))")
                }
            }
        }
    }

    private func columns(_ text: String, _ type: String) throws -> [String: Any] {
        let receipts = try Self.reader().readXML(Array(text.utf8), ReadingOptions(now: Self.now)).receipts
        guard case .accepted(let receipt)? = receipts.first else { throw Fault(.internalError, reasons(receipts)) }
        XCTAssertEqual(receipt.type.name, type)
        let whole = try form(receipt)
        return (whole["columns"] as? [String: Any] ?? [:]).merging(["issued_at": whole["issued_at"] ?? ""]) { own, _ in own }
    }

    private static func invoice(country: String, time: String = "", taxes: String) -> String {
        """
        <Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" \
        xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ID>I-1</cbc:ID><cbc:IssueDate>2024-03-01</cbc:IssueDate>\(time)\
        <cac:AccountingSupplierParty><cac:Party><cac:PostalAddress><cac:Country><cbc:IdentificationCode>\(country)</cbc:IdentificationCode></cac:Country></cac:PostalAddress></cac:Party></cac:AccountingSupplierParty>\
        \(taxes)<cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="SAR">2070.00</cbc:PayableAmount></cac:LegalMonetaryTotal></Invoice>
        """
    }

    /// Saudi invoices say their tax twice in one currency: with its subtotals, and as what is reported.
    func test_taxOfUBL_isThatOfSubtotals_elseAllThatIsStated() throws {
        func total(_ amount: String, _ currency: String, isDivided: Bool) -> String {
            let divided = #"<cac:TaxSubtotal><cbc:TaxAmount currencyID="\#(currency)">\#(amount)</cbc:TaxAmount></cac:TaxSubtotal>"#
            return #"<cac:TaxTotal><cbc:TaxAmount currencyID="\#(currency)">\#(amount)</cbc:TaxAmount>\#(isDivided ? divided : "")</cac:TaxTotal>"#
        }
        for (taxes, wanted) in [
            (total("270.00", "SAR", isDivided: false) + total("270.00", "SAR", isDivided: true), "270.0000"), (total("200.00", "SAR", isDivided: true) + total("70.00", "SAR", isDivided: true), "270.0000"),
            (total("200.00", "SAR", isDivided: false) + total("70.00", "SAR", isDivided: false), "270.0000"), (total("72.00", "USD", isDivided: true) + total("270.00", "SAR", isDivided: false), "270.0000"),
        ] {
            let invoice = Self.invoice(country: "SA", taxes: taxes)
            XCTAssertEqual(try columns(invoice, "ubl-invoice")["tax_total"] as? String, wanted, taxes)
            XCTAssertEqual(try columns("<e><p>\(invoice)</p></e>", "ubl-invoice-envelope")["tax_total"] as? String, wanted, taxes)
        }
        XCTAssertTrue(try columns(Self.invoice(country: "SA", taxes: ""), "ubl-invoice")["tax_total"] is NSNull)
    }

    /// In an envelope an invoice is read as by itself.
    func test_zonesOfEnvelopes_areThoseOfTheirInvoices() throws {
        for (one, other) in [("ubl-invoice", "ubl-invoice-envelope"), ("gobl-invoice", "gobl-envelope")] {
            let zones = try [one, other].map { name -> [String: Any] in
                let file = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.types.appendingPathComponent("\(name).json"))) as? [String: Any]
                return try XCTUnwrap(file?["time_zone"] as? [String: Any], name)
            }
            XCTAssertGreaterThan((zones[0]["map"] as? [String: String])?.count ?? 0, 50, one)
            XCTAssertEqual(zones[0]["map"] as? [String: String], zones[1]["map"] as? [String: String], one)
            XCTAssertEqual(zones[0]["default"] as? String, zones[1]["default"] as? String, one)
        }
    }

    /// Of a country that the type knows a time without an offset is local there; of others it is UTC, by the type's default.
    func test_timesOfUBL_areOfTheSellersCountry() throws {
        for (country, wanted) in [("KR", "2024-03-01T14:30:00.000000Z"), ("VN", "2024-03-01T16:30:00.000000Z"), ("AR", "2024-03-02T02:30:00.000000Z"), ("AU", "2024-03-01T23:30:00.000000Z")] {
            let invoice = Self.invoice(country: country, time: "<cbc:IssueTime>23:30:00</cbc:IssueTime>", taxes: "")
            XCTAssertEqual(try columns(invoice, "ubl-invoice")["issued_at"] as? String, wanted, country)
            XCTAssertEqual(try columns("<e><p>\(invoice)</p></e>", "ubl-invoice-envelope")["issued_at"] as? String, wanted, country)
        }
    }

    func test_linesOfPOSLog_tellReturnsFromSales() throws {
        let lines = [
            "<Sale><ItemID>1</ItemID><ExtendedAmount>3.50</ExtendedAmount></Sale>", "<Return><ItemID>2</ItemID><ExtendedAmount>1.00</ExtendedAmount></Return>", "<Return><Description>x</Description></Return>",
            "<Return><ItemID/><Quantity>1</Quantity></Return>",
        ].map { "<LineItem>\($0)</LineItem>" }.joined()
        let text = """
            <POSLog xmlns="http://www.nrf-arts.org/IXRetail/namespace/"><Transaction><RetailStoreID>1</RetailStoreID><WorkstationID>1</WorkstationID><SequenceNumber>1</SequenceNumber>\
            <BeginDateTime>2025-05-09T07:58:12Z</BeginDateTime><RetailTransaction>\(lines)<Total TotalType="TransactionGrandAmount">2.50</Total></RetailTransaction></Transaction></POSLog>
            """
        let found = try columns(text, "arts-poslog")["lines"] as? [[String: Any]]
        XCTAssertEqual(found?.map { $0["is_return"] as? Bool }, [false, true, true, true])
        XCTAssertEqual(found?.map { $0["amount"] as? String }, ["3.5000", "1.0000", nil, nil])
    }

    func test_ownSamples_areAcceptedByTheTypeThatTheyAreNamedFor() throws {
        let reader = try Self.reader()
        let files = try Self.files(Self.types.appendingPathComponent("samples"))
        XCTAssertGreaterThanOrEqual(files.count, 2 * 13)
        for file in files {
            // name-1.json is of the type name.
            let name = file.deletingPathExtension().lastPathComponent.split(separator: "-").dropLast().joined(separator: "-")
            for result in try Self.read(file, reader) {
                guard case .accepted(let receipt) = result else {
                    XCTFail("\(file.lastPathComponent): \(reasons([result]))")
                    continue
                }
                XCTAssertEqual(receipt.type.name, name)
            }
        }
    }
}
